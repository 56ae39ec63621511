"""Hosts that could take a station, and people outdoors by hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from geo.sample.blocks import Blocks
from geo.sample.divisions import Places
from geo.sample.names import WORDS, choose, join, pick
from geo.sample.plane import Plane
from geo.sample.shape import LABEL, CityShape, Floats, Ints
from geo.sample.stations import beside_streets
from geo.sample.streets import Edges
from geo.sample.units import Addresses

_HOSTS: tuple[tuple[str, str, float, float, float, str], ...] = (
    # kind, word in the name, share, cost in yuan, floor in square metres, usual hours
    ("便利店", "便利店", 0.26, 6_000, 9, "24小时"),
    ("银行网点", "支行营业厅", 0.14, 9_000, 14, "周一至周五 09:00-17:00，周六 09:30-16:00"),
    ("快递网点", "快递服务部", 0.16, 7_000, 12, "07:30-20:30"),
    ("党群服务中心", "党群服务中心", 0.12, 16_000, 32, "工作日 8:30-17:30"),
    ("药店", "大药房", 0.09, 6_500, 8, "08:00-22:00"),
    ("餐馆", "快餐店", 0.09, 5_500, 10, "每天 06:30-21:00"),
    ("通信营业厅", "通信营业厅", 0.06, 8_000, 14, "9:00-18:00"),
    ("加油站", "加油站", 0.04, 14_000, 22, "24小时"),
    ("公共机构", "文化站", 0.04, 18_000, 40, "周二至周日 9:00-17:00"),
)
_CHAINS = ("邻里荷", "晴家", "云杉", "翠福", "雁达")

_HAS_WATER = (0.7, 0.9, 0.6, 1.0, 0.8, 1.0, 0.8, 0.9, 1.0)
_HAS_TOILET = (0.3, 0.6, 0.3, 1.0, 0.2, 0.8, 0.4, 0.9, 1.0)
_POINTS = (
    *("统一标识", "布局合理", "设施完善", "功能齐全", "制度健全", "上图", "专人管理", "宣传到位"),
    *("饮水", "热饭", "桌椅", "空调", "急救箱", "厕所", "面积达标"),
)
"""Of the assessment form; see `assessed` in geo/files/choices.toml."""

GROUPS = ("快递员", "外卖骑手", "环卫工人", "司机", "户外劳动者")
_GROUP_SHARE = (0.30, 0.32, 0.18, 0.13, 0.07)
DAYS = ("工作日", "周末", "不限")
_HOUR = np.arange(24)


def _peaks(*peaks: tuple[float, float, float], base: float = 0.0) -> Floats:
    """Sum of bell curves over the hours of a day: (hour, half width, height)."""
    curve = np.full(24, base)
    for hour, width, height in peaks:
        away = np.minimum(np.abs(_HOUR - hour), 24 - np.abs(_HOUR - hour))
        curve += height * np.exp(-0.5 * (away / width) ** 2)
    return curve


_CURVES = np.stack(
    [
        _peaks((9.5, 1.5, 1.0), (15.0, 2.0, 0.8), (18.5, 1.2, 0.5), base=0.02),
        _peaks((11.8, 1.0, 1.0), (18.2, 1.2, 0.95), (21.5, 1.5, 0.35), base=0.06),
        _peaks((5.0, 1.3, 1.0), (14.0, 1.8, 0.55), base=0.03),
        _peaks((8.0, 1.5, 0.8), (13.0, 2.5, 0.4), (18.0, 1.6, 0.9), (23.0, 1.5, 0.3), base=0.1),
        _peaks((10.0, 2.5, 0.8), (15.5, 2.5, 0.8), base=0.02),
    ]
)
_WEEKEND = np.array([0.75, 1.15, 0.9, 0.85, 0.5])


def candidate_sites(
    plane: Plane,
    edges: Edges,
    blocks: Blocks,
    places: Places,
    addresses: Addresses,
    shape: CityShape,
    seed: int,
) -> dict[str, Any]:
    """The columns of candidate_sites.csv."""
    rng = np.random.default_rng([seed, 14])
    n = shape.candidate_sites
    lonlat, block = beside_streets(plane, edges, blocks, n, rng)
    kind = rng.choice(len(_HOSTS), n, p=[share for _, _, share, _, _, _ in _HOSTS])
    subdistrict = places.subdistrict(lonlat)
    chain = np.where(np.isin(kind, (0, 1, 2, 4, 6)), rng.integers(0, len(_CHAINS), n), -1)
    cost = np.array([host[3] for host in _HOSTS])[kind] * rng.lognormal(0, 0.35, n)
    floor = np.maximum(4, np.array([host[4] for host in _HOSTS])[kind] * rng.lognormal(0, 0.3, n))
    agreed = rng.choice(3, n, p=[0.55, 0.10, 0.35])
    word = pick(WORDS, rng.integers(0, len(WORDS), n))
    brand = choose(chain >= 0, pick(_CHAINS, np.maximum(chain, 0)), "")
    return {
        "编号": pa.array([f"演示-HX{k + 1:06d}" for k in range(n)]),
        "名称": join(brand, word, pick([host[1] for host in _HOSTS], kind), LABEL),
        "类型": pick([host[0] for host in _HOSTS], kind),
        "连锁品牌": pick([chain + LABEL for chain in _CHAINS], chain),
        "地址": join(
            pick(places.full_name, subdistrict),
            pick(addresses.street, block),
            block * 37 % 180 + 1 + 2 * rng.integers(0, 6, n),
            "号",
        ),
        "经度": lonlat[:, 0],
        "纬度": lonlat[:, 1],
        "建设成本": (np.round(cost / 100) * 100).astype(int),
        "容纳人数": np.maximum(2, floor * 0.5).astype(int),
        "面积": np.round(floor, 1),
        "营业时间": pick([host[5] for host in _HOSTS], kind),
        "是否同意": choose(agreed < 2, pick(("是", "否"), np.minimum(agreed, 1)), None),
        **_seen(kind, floor, rng),
    }


def _seen(kind: Ints, floor: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """What somebody saw at the hosts: of three in ten water and toilet are not known, and to six in
    ten nobody went to look."""
    n = len(kind)
    told = {}
    for name, shares in (("是否有水", _HAS_WATER), ("厕所", _HAS_TOILET)):
        has = rng.random(n) < np.array(shares)[kind]
        told[name] = choose(rng.random(n) < 0.7, pick(("否", "是"), has.astype(int)), None)
    met = rng.random((n, len(_POINTS))) < rng.uniform(0.2, 0.9, n)[:, None]
    met[:, -1] = floor >= 12
    looked = rng.random(n) < 0.4
    told["现场评估"] = pa.array(
        [
            "、".join(np.array(_POINTS)[row].tolist()) or "无" if seen else None
            for row, seen in zip(met, looked, strict=True)
        ],
        pa.string(),
    )
    return told


def demand(
    plane: Plane, edges: Edges, blocks: Blocks, shape: CityShape, seed: int
) -> dict[str, Any]:
    """The columns of demand.csv: one row a place, group and kind of day; a fifth of the places is
    on few busy streets. Couriers and riders count working days and weekends apart."""
    rng = np.random.default_rng([seed, 15])
    n = shape.demand
    # Working day and weekend rows of one place stand one after another.
    group = np.empty(n, dtype=np.int64)
    pairs = -(-n // 2)
    of_pair = rng.choice(len(GROUPS), pairs, p=_GROUP_SHARE)
    group = np.repeat(of_pair, 2)[:n]
    apart = np.isin(group, (0, 1))
    second = np.arange(n) % 2 == 1
    day = np.where(apart, second.astype(int), 2)
    spot, _ = beside_streets(plane, edges, blocks, n, rng)
    place = np.where(apart & second, np.arange(n) - 1, np.arange(n))
    weight = rng.lognormal(1.3, 0.9, n)[place]
    noise = rng.uniform(0.75, 1.25, (n, 24))
    factor = np.where(day == 1, _WEEKEND[group], 1.0)
    people = np.round(_CURVES[group] * weight[:, None] * factor[:, None] * noise, 1)
    columns: dict[str, Any] = {
        "编号": join("演示数据-XQ", pa.array([f"{k + 1:07d}" for k in range(n)])),
        "经度": spot[place, 0],
        "纬度": spot[place, 1],
        "人群": pick(GROUPS, group),
        "日类型": pick(DAYS, day),
    }
    return columns | {f"h{hour}": people[:, hour] for hour in range(24)}
