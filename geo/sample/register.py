"""enterprises.csv and what was planted in it, from arrays to columns of text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.sample.divisions import Places
from geo.sample.enterprises import (
    CLASS_PREFIX,
    CLASSES,
    ECONOMIC_TYPES,
    ENTERPRISE,
    INDIVIDUAL,
    INSTITUTION,
    ORGAN,
    OTHER_TYPES,
    PLATFORM_TRADES,
    SOCIAL,
    TRADES,
    Whereabouts,
    Workforce,
    missing,
)
from geo.sample.names import BRANDS, WORDS, choose, credit_codes, join, pick
from geo.sample.shape import CITY_NAME, LABEL, Floats, Ints
from geo.sample.streets import Edges, StreetNames
from geo.sample.unions import FORMS, JOINT, OWN, STATES, Planted, Unions, unorganised
from geo.sample.units import Addresses, Units

HOSTILE = f"</script><img src=x onerror=alert(1)>&\"'{LABEL}"
"""The name of one employer unit and of one station: every page must show it as text."""

BUSINESS = (
    ("存续（在营、开业、在册）", 0.80), ("在业", 0.13), ("歇业", 0.015), ("停业", 0.01),
    ("注销", 0.015), ("吊销，未注销", 0.01), ("", 0.02),
)  # fmt: skip
"""What a business register says of a unit's state, and how often; the last is not stated."""


@dataclass(frozen=True)
class Register:
    """The columns of enterprises.csv, in order, and the unit codes beside them."""

    columns: dict[str, Any]
    codes: Any


def register(
    where: Whereabouts,
    work: Workforce,
    unions: Unions,
    subdistrict: Ints,
    units: Units,
    places: Places,
    addresses: Addresses,
    planted: Planted,
    seed: int,
) -> Register:
    """Writes out every row; a few values are missing, a few rows have no coordinates, a few units
    are dormant or closed."""
    rng = np.random.default_rng([seed, 12])
    n = len(where.block)
    row = np.arange(n)
    name = _unit_names(work, rng)
    name = choose(row == n // 3, HOSTILE, join(name, LABEL))
    bare = pc.replace_substring(name, LABEL, "")
    district = places.district_code[subdistrict].astype("U6")
    codes = credit_codes(np.array(CLASS_PREFIX)[work.unit_class], district, row)

    unlocated, named = missing(rng, n, 0.006), missing(rng, n, 0.007)
    unlocated &= where.shell < 0
    named &= (where.unit >= 0) & (where.shell < 0)
    address = _address_text(where, subdistrict, units, places, addresses, named, rng)
    nowhere = unlocated | named
    lon, lat = (pa.array(where.lonlat[:, axis], mask=nowhere) for axis in (0, 1))

    union_name, union_code = _union_text(unions, bare, subdistrict, units, places, district, rng)
    organised = np.isin(unions.state, (OWN, JOINT))
    economic = np.array(ECONOMIC_TYPES, dtype=object)[work.unit_class]
    other = (work.unit_class == ENTERPRISE) & (rng.random(n) < 0.25)
    economic[other] = np.array(OTHER_TYPES, dtype=object)[rng.integers(0, 4, int(other.sum()))]
    platform = np.isin(work.trade, PLATFORM_TRADES)
    unsaid = missing(rng, n, 0.3) & ~platform
    founded = pc.strftime(
        pa.array(np.maximum(unions.founded, 0).astype("datetime64[D]")), format="%Y/%m/%d"
    )
    columns = {
        "序号": row + 1,
        "单位名称": name,
        "单位统一社会信用代码": codes,
        "单位地址": address,
        "单位所在政区": pick(places.full_name, subdistrict),
        "单位性质类别": pick(CLASSES, work.unit_class),
        "经济类型": pa.array(economic, pa.string()),
        "单位所属行业": pick([industry for _, industry, _ in TRADES], work.trade),
        "职工人数": pa.array(work.employees, mask=missing(rng, n, 0.03)),
        "工会名称": union_name,
        "工会统一社会信用代码": union_code,
        "上级工会名称": choose(
            organised, pick(places.full_name + "总工会" + LABEL, subdistrict), None
        ),
        "建会日期": choose(organised & ~missing(rng, n, 0.02), founded, None),
        "基层工会类型": choose(organised, pick(FORMS, unions.state), None),
        "会员人数": pa.array(unions.members, mask=missing(rng, n, 0.04)),
        "新就业形态劳动者人数": pa.array(work.new_employment, mask=unsaid),
        "新就业形态会员人数": pa.array(unions.new_members, mask=unsaid),
        "建会状态": choose(unions.state < 4, pick(STATES, unions.state), None),
        "登记状态": _business_states(where, planted, seed),
        "经度": lon,
        "纬度": lat,
    }
    return Register(columns, codes)


def _business_states(where: Whereabouts, planted: Planted, seed: int) -> Any:
    """What the business register says: some dormant or closed, a few not stated. What is planted to
    be found is in operation."""
    rng = np.random.default_rng([seed, 18])
    n = len(where.block)
    state = rng.choice(len(BUSINESS), n, p=[share for _, share in BUSINESS])
    state[(planted.cluster >= 0) | (where.shell >= 0)] = 0
    return choose(state < len(BUSINESS) - 1, pick([word for word, _ in BUSINESS], state), None)


def _unit_names(work: Workforce, rng: np.random.Generator) -> Any:
    """Names without the label: place word, business word, trade, legal form."""
    n = len(work.trade)
    place, brand = rng.integers(0, len(WORDS), n), rng.integers(0, len(BRANDS), n)
    forms = ("有限公司", "有限责任公司", "股份有限公司", "商行", "经营部")
    form = rng.choice(3, n, p=[0.88, 0.08, 0.04])
    form = np.where(work.unit_class == INDIVIDUAL, rng.integers(3, 5, n), form)
    ordinary = join(
        pick(WORDS, place), pick(BRANDS, brand), pick([w for w, _, _ in TRADES], work.trade),
        pick(forms, form),
    )  # fmt: skip
    public = ("公共事务中心", "实验学校", "社区卫生服务中心", "图书馆", "环境卫生管理所")
    institution = join(CITY_NAME, pick(WORDS, place), pick(public, brand % len(public)))
    organ = join(CITY_NAME, pick(WORDS, place), "事务管理局")
    social = join(CITY_NAME, pick(WORDS, place), pick(BRANDS, brand), "社会工作服务中心")
    text = choose(work.unit_class == INSTITUTION, institution, ordinary)
    text = choose(work.unit_class == ORGAN, organ, text)
    return choose(work.unit_class == SOCIAL, social, text)


def _address_text(
    where: Whereabouts,
    subdistrict: Ints,
    units: Units,
    places: Places,
    addresses: Addresses,
    named: Any,
    rng: np.random.Generator,
) -> Any:
    """Division, street, number; the building or park for most that are in one (and for all of
    `named`), without its label, as people write it."""
    n = len(where.block)
    number = where.block * 37 % 180 + 1 + 2 * rng.integers(0, 6, n)
    # One address for all that register in mass there.
    number = np.where(where.shell >= 0, where.block * 37 % 180 + 1, number)
    text = join(
        pick(places.full_name, subdistrict), pick(addresses.street, where.block), number, "号"
    )
    bare = [name.removesuffix(LABEL) for name in units.name]
    told = (where.unit >= 0) & (named | (rng.random(n) < 0.7))
    floor = rng.integers(1, 25, n)
    with_unit = join(
        text, pick([*bare, ""], where.unit % (len(bare) + 1)), floor, "层",
        floor * 100 + rng.integers(1, 30, n), "室",
    )  # fmt: skip
    shell = join(text, "集群注册地址")
    return choose(where.shell >= 0, shell, choose(told, with_unit, text))


def _union_text(
    unions: Unions,
    bare: Any,
    subdistrict: Ints,
    units: Units,
    places: Places,
    district: Any,
    rng: np.random.Generator,
) -> tuple[Any, Any]:
    """Names and credit codes of unions. All units of a joint union state the same; an eighth of
    the joint unions and a tenth of the others have no code of their own."""
    n, m = len(subdistrict), len(units.kind)
    own_name = join(bare, "工会委员会", LABEL)
    joint_names = [
        *(f"{name.removesuffix(LABEL)}联合工会{LABEL}" for name in units.name),
        *(f"{name}小微企业联合工会{LABEL}" for name in places.full_name),
    ]
    name = choose(
        unions.state == OWN, own_name,
        choose(unions.state == JOINT, pick(joint_names, unions.joint), None),
    )  # fmt: skip
    # Below 10^8 and apart from the units' own numbers, so that no code comes twice.
    own_code = credit_codes(np.full(n, "81"), district, np.arange(n) + 20_000_000)
    total = m + len(places.code)
    joint_codes = credit_codes(
        np.full(total, "81"), np.full(total, "990101"), np.arange(total) + 40_000_000
    )
    without = rng.random(total) < 0.125
    joint_code = joint_codes.take(pa.array(unions.joint, mask=unions.joint < 0))
    has_joint_code = (unions.state == JOINT) & ~without[unions.joint]
    code = choose(
        (unions.state == OWN) & ~missing(rng, n, 0.1),
        own_code,
        choose(has_joint_code, joint_code, None),
    )
    return name, code


def truth_of(
    register_: Register,
    where: Whereabouts,
    unions: Unions,
    work: Workforce,
    planted: Planted,
    units: Units,
    edges: Edges,
    names: StreetNames,
) -> dict[str, Any]:
    """What was planted: places without unions and mass registrations, by credit code."""
    none = unorganised(unions)
    clusters = []
    for number, (fact, rows) in enumerate(
        zip(planted.facts, _rows_of(planted.cluster, len(planted.facts)), strict=True)
    ):
        without = rows[none[rows]]
        unit = fact["unit"]
        name = fact["name"] or _strip_name(edges, names, fact["edge"])
        kind = {"whole_unit": "整体", "part_of_unit": "局部", "street_strip": "沿街"}[fact["kind"]]
        clusters.append(
            {
                "id": number + 1,
                "name": f"{name.removesuffix(LABEL)}（{kind}）{LABEL}",
                "kind": fact["kind"],
                "unit_code": str(units.code[unit]) if unit >= 0 else None,
                "units": len(rows),
                "units_without_union": len(without),
                "employees": int(work.employees[rows].sum()),
                "centre": _middle(where.lonlat[without]),
                "enterprises": register_.codes.take(pa.array(without)).to_pylist(),
            }
        )
    shells = []
    shell_rows = _rows_of(where.shell, int(where.shell.max(initial=-1)) + 1)
    for number, rows in enumerate(shell_rows):
        lon, lat = where.lonlat[rows[0]].tolist()
        shells.append(
            {
                "id": number + 1,
                "address": register_.columns["单位地址"][int(rows[0])].as_py(),
                "lon": lon,
                "lat": lat,
                "units": len(rows),
                "enterprises": register_.codes.take(pa.array(rows)).to_pylist(),
            }
        )
    return {"clusters": clusters, "shells": shells}


def _rows_of(group: Ints, count: int) -> list[Ints]:
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(count + 1))
    return [order[a:b] for a, b in pairwise(bounds.tolist())]


def _strip_name(edges: Edges, names: StreetNames, edge: int) -> str:
    along = bool(edges.along_row[edge])
    line, at = (edges.j, edges.i) if along else (edges.i, edges.j)
    number = names.number(line[edge : edge + 1], at[edge : edge + 1], along)
    return str(names.words[number[0]])


def _middle(lonlat: Floats) -> list[float]:
    return [float(x) for x in np.round(np.median(lonlat, axis=0), 6)]
