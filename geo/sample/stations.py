"""Stations of all six kinds, with the hours, gaps and duplicates that real lists have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from geo.sample.blocks import COMPOUND, SLOTS, Blocks
from geo.sample.divisions import Places
from geo.sample.names import WORDS, choose, join, pick
from geo.sample.plane import METRES_LAT, METRES_LON, Plane
from geo.sample.register import HOSTILE
from geo.sample.shape import AS_OF, LABEL, CityShape, Flags, Floats, Ints
from geo.sample.streets import NORMAL, Edges
from geo.sample.units import BUILDING, PARK, Addresses, Units

KINDS = ("暖心驿站", "工会服务站", "职工之家", "母婴关爱室", "爱心托管班", "司机之家")
_KIND_SHARE = (0.72, 0.09, 0.07, 0.06, 0.03, 0.03)

HOURS: tuple[tuple[str, float], ...] = (
    ("24小时", 11),
    ("24小时开放", 3),
    ("全天开放", 2),
    ("00:00-24:00", 1),
    ("08:00-20:00", 9),
    ("8:00-18:00", 7),
    ("08:30-17:30", 6),
    ("9:00—21:00", 4),
    ("０８：００－１８：００", 1),
    ("每天 06:30-22:00", 4),
    ("周一至周日 9:00-21:00", 4),
    ("周一至周五 08:30-12:00,13:00-17:30", 9),
    ("周一至周五8:30-12:00、13:30-17:30", 4),
    ("周一至周五 9:00-17:00，周六 9:00-12:00", 3),
    ("周一至周六 9:00-18:00，周日休息", 3),
    ("工作日 9:00-18:00", 6),
    ("工作日开放", 3),
    ("工作日8:30-17:30，节假日休息", 3),
    ("早8点到晚8点", 3),
    ("上午8:30-11:30，下午2:00-5:30", 3),
    ("上午九点至下午五点", 1),
    ("夏季 07:00-21:00，冬季 08:00-19:00", 2),
    ("5月-10月 6:00-22:00；11月-4月 7:00-20:00", 1),
    ("07:00-次日02:00", 1),
    ("18:00-08:00", 1),
    ("10:00-14:00 16:00-20:00", 1),
    ("周二闭馆，其余 9:00-17:00", 1),
    ("与网点营业时间一致", 1),
    ("以现场公告为准", 1),
    ("电话预约", 0.5),
    ("灵活开放", 0.5),
)
"""As they are written in the street, with how often. A few cannot be understood: seasons without
months, 其余, and the last four, which state no hours at all."""

SERVICES = (
    "饮水", "热水", "热饭", "冰箱", "休息", "空调", "暖气", "如厕", "充电", "换电", "无线网络",
    "急救药品", "AED", "针线包", "雨具", "工具", "阅读", "淋浴", "洗衣", "停车", "母婴设施",
    "法律援助", "入会服务",
)  # fmt: skip
_CHANCE = np.array(
    [  # of each service, for each kind
        [.95, .70, .80, .35, .95, .80, .55, .45, .85, .15, .55, .75, .12, .55, .50, .25, .30, .04,
         .02, .05, .05, .10, .20],
        [.95, .60, .30, .20, .90, .85, .55, .60, .70, .05, .60, .60, .15, .40, .35, .15, .50, .02,
         .01, .15, .20, .90, .95],
        [.90, .60, .30, .30, .95, .85, .60, .70, .60, .02, .60, .50, .15, .20, .20, .10, .85, .15,
         .05, .20, .20, .50, .60],
        [.85, .60, .20, .60, .85, .80, .50, .50, .30, .00, .40, .30, .05, .10, .05, .00, .15, .00,
         .00, .05, 1.0, .00, .05],
        [.90, .50, .30, .30, .80, .85, .60, .80, .20, .00, .50, .60, .05, .10, .05, .00, .80, .00,
         .00, .05, .10, .00, .05],
        [.95, .90, .80, .40, .98, .85, .60, .90, .90, .20, .60, .70, .20, .30, .30, .40, .20, .80,
         .70, .98, .05, .10, .20],
    ]
)  # fmt: skip
_HOSTS = (
    ("便民银行网点", "邻里便利店", "飞雁快递网点", "党群服务中心", "康民药房", "讯桥通信营业厅",
     "环卫作息点", "社区卫生服务站")
)  # fmt: skip
_BRANDS = ("工会户外劳动者服务站点", "暖心驿站", "爱心驿站", "劳动者港湾")
ACCESS = ("所有户外劳动者", "工会会员", "内部职工")
METHODS = ("直接进入", "扫码进入", "刷脸进入", "密码进入", "工会App")


@dataclass(frozen=True)
class Stations:
    """The columns of stations.csv, and pairs of numbers that are one place listed twice."""

    columns: dict[str, Any]
    duplicates: list[list[str]]


def open_stations(
    plane: Plane,
    edges: Edges,
    blocks: Blocks,
    units: Units,
    places: Places,
    addresses: Addresses,
    shape: CityShape,
    seed: int,
) -> Stations:
    """Places the stations beside streets, in office buildings and parks, a few behind the walls
    of compounds. One in 25 is the second listing of another one under a second network's brand."""
    rng = np.random.default_rng([seed, 13])
    total = shape.stations
    twice = total // 25
    n = total - twice
    kind = rng.choice(len(KINDS), n, p=_KIND_SHARE)
    lonlat, block, unit = _where(plane, edges, blocks, units, kind, rng)
    host = rng.integers(0, len(_HOSTS), n)
    word = rng.permutation(n) % len(WORDS) if n <= len(WORDS) else rng.integers(0, len(WORDS), n)
    hours = rng.choice(len(HOURS), n, p=np.array([w for _, w in HOURS]) / sum(w for _, w in HOURS))
    open_to_all = np.isin(kind, (0, 1, 5))
    access = np.where(
        open_to_all,
        rng.choice(3, n, p=[0.90, 0.07, 0.03]),
        rng.choice(3, n, p=[0.35, 0.35, 0.30]),
    )
    method = np.where(access == 0, rng.choice(5, n, p=[.72, .14, .02, .10, .02]),
                      rng.choice(5, n, p=[.2, .3, .2, .1, .2]))  # fmt: skip
    area = np.round(rng.lognormal(3.2, 0.6, n))
    brand = np.where(kind == 0, rng.integers(0, len(_BRANDS), n), -1)
    services = rng.random((n, len(SERVICES))) < _CHANCE[kind]

    # Second listings: the other network writes its own name, and stands some metres beside.
    again = rng.choice(np.flatnonzero(kind == 0), twice, replace=twice > int((kind == 0).sum()))
    rows = np.concatenate([np.arange(n), again])
    copy = np.arange(total) >= n
    shift = rng.normal(0, 12, (total, 2)) / (METRES_LON, METRES_LAT)
    lonlat = np.round(lonlat[rows] + np.where(copy[:, None], shift, 0), 7)
    brand = np.where(copy, (brand[rows] + 1) % len(_BRANDS), brand[rows])
    hours_text = pick([text for text, _ in HOURS], hours[rows])
    order = rng.permutation(total)

    number = np.empty(total, dtype=np.int64)
    number[order] = np.arange(total) + 1
    label = np.array([f"演示-ZD{k:06d}" for k in number.tolist()], dtype=object)
    kind, block, unit, host, word, method, access, area, services = (
        column[rows] for column in (kind, block, unit, host, word, method, access, area, services)
    )
    subdistrict = places.subdistrict(lonlat)
    name = _names(kind, word, host, brand, copy, unit, units, rng)
    name = choose(number == total // 2, HOSTILE, name)
    named = (unit >= 0) & ~copy & (rng.random(total) < 0.15)
    nowhere = named | (rng.random(total) < 0.006)
    verified = AS_OF - timedelta(days=1)
    days = (np.datetime64(verified) - rng.integers(0, 700, total)).astype("datetime64[D]")
    graded = (kind == 0) & (rng.random(total) < 0.6)
    star = rng.choice([1, 2, 3, 4, 5], total, p=[0.05, 0.30, 0.43, 0.17, 0.05])
    columns = {
        "编号": pa.array(label, pa.string()),
        "名称": name,
        "类型": pick(KINDS, kind),
        "地址": _addresses(block, unit, named, subdistrict, units, places, addresses, rng),
        "区县": pick(places.district_name, subdistrict),
        "经度": pa.array(lonlat[:, 0], mask=nowhere),
        "纬度": pa.array(lonlat[:, 1], mask=nowhere),
        "服务设施": _joined(services),
        "开放时间": choose(rng.random(total) < 0.03, None, hours_text),
        "开放对象": choose(rng.random(total) < 0.01, None, pick(ACCESS, access)),
        "进入方式": pick(METHODS, method),
        "管理单位": pick(places.full_name + "总工会" + LABEL, subdistrict),
        "依托单位": choose(rng.random(total) < 0.1, None, join(pick(_HOSTS, host), LABEL)),
        "品牌": pick(_BRANDS, brand),
        "联系电话": join("000-", rng.integers(10_000_000, 99_999_999, total)),
        "容纳人数": pa.array((area * 0.6).astype(int), mask=rng.random(total) < 0.05),
        "面积": pa.array(area, mask=rng.random(total) < 0.05),
        "星级": pa.array(star, mask=~graded),
        "核实日期": choose(rng.random(total) < 0.04, None, pa.array(days.astype(str), pa.string())),
    }
    columns = {key: pa.array(column).take(pa.array(order)) for key, column in columns.items()}
    pairs = np.stack([label[again], label[n:]], axis=-1)
    return Stations(columns, pairs.tolist())


def beside_streets(
    plane: Plane, edges: Edges, blocks: Blocks, count: int, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Random positions a few metres beside ordinary streets, more on main roads and in the
    centre: longitude and latitude, and a block beside each."""
    number = np.full((plane.cells + 1, plane.cells + 1), -1, dtype=np.int64)
    number[blocks.i, blocks.j] = np.arange(len(blocks.i))
    block = number[edges.i, edges.j]
    usable = np.flatnonzero((edges.crossing == NORMAL) & (block >= 0))
    weight = np.array([1.0, 1.6, 1.6, 1.3])[edges.rank[usable]]
    weight *= np.exp(-1.2 * plane.rim(edges.i[usable], edges.j[usable]))
    edge = usable[rng.choice(len(usable), count, p=weight / weight.sum())]
    along, off = rng.uniform(0.1, 0.9, count), rng.uniform(0.06, 0.12, count)
    row = edges.along_row[edge]
    u = edges.i[edge] + np.where(row, along, off)
    v = edges.j[edge] + np.where(row, off, along)
    return plane.lonlat(u, v), block[edge]


def _where(
    plane: Plane, edges: Edges, blocks: Blocks, units: Units, kind: Ints, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """Positions, blocks and organising units (-1 for none)."""
    n = len(kind)
    lonlat, block = beside_streets(plane, edges, blocks, n, rng)
    unit = np.full(n, -1, dtype=np.int64)
    dice = rng.random(n)
    indoors = (dice < 0.12) | (~np.isin(kind, (0, 5)) & (dice < 0.5))
    hosts = np.flatnonzero(np.isin(units.kind, (BUILDING, PARK)))
    if len(hosts):
        chosen = rng.choice(hosts, int(indoors.sum()))
        block[indoors] = units.block[chosen]
        unit[indoors] = chosen
        west, south, east, north = units.boxes[chosen].T
        s = np.where(units.kind[chosen] == BUILDING, rng.uniform(0.2, 0.8, len(chosen)), 0.02)
        lonlat[indoors] = plane.lonlat(west + s * (east - west), south + 0.3 * (north - south))
    walled = np.flatnonzero((blocks.kind == COMPOUND) & (blocks.turn >= 0))
    behind = ~indoors & (dice > 0.94)
    if len(walled):
        block[behind] = rng.choice(walled, int(behind.sum()))
        spot = SLOTS[4, [0, 1]] + rng.uniform(0, 0.3, (int(behind.sum()), 2))
        lonlat[behind] = plane.lonlat(
            blocks.i[block[behind]] + spot[:, 0], blocks.j[block[behind]] + spot[:, 1]
        )
    return lonlat, block, unit


def _names(
    kind: Ints,
    word: Ints,
    host: Ints,
    brand: Ints,
    copy: Flags,
    unit: Ints,
    units: Units,
    rng: np.random.Generator,
) -> Any:
    """Names with the label: host or building or place word, then what the network calls it."""
    bare = [name.removesuffix(LABEL) for name in units.name]
    place = choose(
        unit >= 0,
        pick([*bare, ""], unit % (len(bare) + 1)),
        choose(
            (rng.random(len(kind)) < 0.4) & ~copy,
            join(pick(WORDS, word), pick(_HOSTS, host)),
            pick(WORDS, word),
        ),
    )
    what = choose(brand >= 0, pick(_BRANDS, np.maximum(brand, 0)), pick(KINDS, kind))
    return join(place, what, LABEL)


def _addresses(
    block: Ints,
    unit: Ints,
    named: Flags,
    subdistrict: Ints,
    units: Units,
    places: Places,
    addresses: Addresses,
    rng: np.random.Generator,
) -> Any:
    bare = [name.removesuffix(LABEL) for name in units.name]
    number = block * 37 % 180 + 1 + 2 * rng.integers(0, 6, len(block))
    text = join(pick(places.full_name, subdistrict), pick(addresses.street, block), number, "号")
    inside = join(text, pick([*bare, ""], unit % (len(bare) + 1)), "一层")
    return choose((unit >= 0) & (named | (rng.random(len(block)) < 0.7)), inside, text)


def _joined(services: Flags) -> Any:
    """Row by row the names of the services that hold, joined by the Chinese enumeration comma."""
    row, service = np.nonzero(services)
    offsets = np.searchsorted(row, np.arange(len(services) + 1))
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pick(SERVICES, service))
    return pa.compute.binary_join(lists, "、")
