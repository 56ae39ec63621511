"""Employer units: where they stand, how large they are, what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.sample.blocks import SLOTS, Blocks
from geo.sample.divisions import Places
from geo.sample.plane import Plane
from geo.sample.shape import CityShape, Flags, Floats, Ints
from geo.sample.streets import NORMAL, Edges
from geo.sample.units import BUILDING, COMMERCIAL, MARKET, PARK, Units

STREET = 4  # beside PARK, COMMERCIAL, MARKET, BUILDING: how a unit is housed
_SHARE = {PARK: 0.17, COMMERCIAL: 0.10, MARKET: 0.06, BUILDING: 0.38, STREET: 0.29}
_TYPICAL = {PARK: 9.0, COMMERCIAL: 4.5, MARKET: 2.2, BUILDING: 5.5, STREET: 3.2}
_SPREAD = 1.4  # of the logarithm of the head count: two thirds below ten, one in a thousand > 500

ENTERPRISE, STATE_OWNED, INDIVIDUAL, INSTITUTION, ORGAN, SOCIAL = range(6)
CLASSES = ("非公有制企业", "国有企业", "个体工商户", "事业单位", "机关", "社会组织")
CLASS_PREFIX = ("91", "91", "92", "12", "11", "52")
ECONOMIC_TYPES = ("私营企业", "国有独资公司", "个体", "事业单位", "机关", "民办非企业单位")
OTHER_TYPES = ("其他有限责任公司", "股份有限公司", "港澳台商投资企业", "外商投资企业")

TRADES: tuple[tuple[str, str, tuple[int, int, int, int, int]], ...] = (
    # word in the name, section of GB/T 4754, weight in park, commercial, market, building, street
    ("电子", "制造业", (14, 0, 1, 2, 0)),
    ("机械", "制造业", (16, 0, 1, 1, 1)),
    ("食品", "制造业", (9, 2, 8, 0, 3)),
    ("服饰", "批发和零售业", (4, 14, 14, 2, 8)),
    ("商贸", "批发和零售业", (6, 18, 40, 14, 22)),
    ("餐饮管理", "住宿和餐饮业", (2, 26, 8, 3, 20)),
    ("酒店", "住宿和餐饮业", (0, 5, 0, 2, 3)),
    ("物流", "交通运输、仓储和邮政业", (12, 0, 6, 3, 3)),
    ("信息科技", "信息传输、软件和信息技术服务业", (12, 4, 0, 22, 2)),
    ("商务咨询", "租赁和商务服务业", (4, 6, 2, 16, 4)),
    ("人力资源", "租赁和商务服务业", (2, 2, 0, 6, 2)),
    ("生物科技", "科学研究和技术服务业", (8, 0, 0, 6, 0)),
    ("装饰工程", "建筑业", (3, 3, 8, 7, 6)),
    ("置业", "房地产业", (1, 3, 0, 5, 2)),
    ("物业服务", "房地产业", (2, 4, 4, 4, 5)),
    ("家政服务", "居民服务、修理和其他服务业", (0, 3, 2, 2, 8)),
    ("文化传媒", "文化、体育和娱乐业", (2, 6, 0, 6, 3)),
    ("健康管理", "卫生和社会工作", (1, 3, 2, 2, 4)),
    ("快递服务", "交通运输、仓储和邮政业", (2, 1, 2, 1, 3)),
    ("外卖配送", "居民服务、修理和其他服务业", (0, 2, 1, 1, 2)),
    ("出行服务", "交通运输、仓储和邮政业", (1, 0, 0, 1, 1)),
)
PLATFORM_TRADES = (18, 19, 20)
"""Courier, food delivery and ride hailing: where new-employment workers are."""


@dataclass(frozen=True)
class Whereabouts:
    """Where each employer unit stands; -1 for none. n rows.

    `building`: the office building; `outer`: the park, commercial district or marketplace around;
    `edge`: the street whose side it stands at; `shell`: the mass-registration address.
    """

    lonlat: Floats
    block: Ints
    building: Ints
    outer: Ints
    edge: Ints
    shell: Ints
    housing: Ints

    @property
    def unit(self) -> Ints:
        """The smallest unit that holds it."""
        return np.where(self.building >= 0, self.building, self.outer)


@dataclass(frozen=True)
class Workforce:
    """True head counts and trades; what a register states may lack some."""

    employees: Ints
    unit_class: Ints
    trade: Ints
    new_employment: Ints


def settle(
    plane: Plane, edges: Edges, blocks: Blocks, units: Units, shape: CityShape, seed: int
) -> Whereabouts:
    """Places all employer units; mass registrations are copies of one address. Shuffled rows."""
    rng = np.random.default_rng([seed, 8])
    n = shape.enterprises - shape.shell_enterprises
    available = [k for k in _SHARE if k == STREET or (units.kind == k).any()]
    share = np.array([_SHARE[k] for k in available])
    housing = np.array(available)[rng.choice(len(available), n, p=share / share.sum())]

    block = np.empty(n, dtype=np.int64)
    slot = np.zeros(n, dtype=np.int64)
    edge = np.full(n, -1, dtype=np.int64)
    local = np.empty((n, 2))
    corner = np.empty((n, 2))

    here = housing == BUILDING
    pick = _heavy(rng, len(units.building_slots), int(here.sum()), 0.6)
    block[here], slot[here] = units.building_slots[pick].T
    for kind in (PARK, COMMERCIAL, MARKET):
        here = housing == kind
        if here.any():
            numbers = np.flatnonzero(units.kind == kind)
            unit = numbers[_heavy(rng, len(numbers), int(here.sum()), 0.5)]
            block[here] = _block_in(units.of_block, unit, rng)
            slot[here] = rng.integers(0, len(SLOTS), int(here.sum()))
    indoors = housing != STREET
    corner[indoors], local[indoors] = _indoors(blocks, block[indoors], slot[indoors], rng)

    street = ~indoors
    edge[street], block[street], local[street] = _along_streets(
        plane, edges, blocks, int(street.sum()), rng
    )
    corner[street] = 0
    at = np.stack([blocks.i[block], blocks.j[block]], axis=-1) + corner + local
    lonlat = plane.lonlat(at[:, 0], at[:, 1])
    building = np.where(indoors, units.of_slot[block, slot], -1)
    outer = units.of_block[block]
    # A unit housed in an office building inside a park counts for both.
    housing = np.where(building >= 0, BUILDING, housing)

    copies, shell = _mass_registrations(building, outer, shape, rng)
    rows = np.concatenate([np.arange(n), copies])
    order = rng.permutation(len(rows))
    rows = rows[order]
    shell = np.concatenate([np.full(n, -1), shell])[order]
    edge = np.where(shell >= 0, -1, edge[rows])
    return Whereabouts(
        lonlat[rows], block[rows], building[rows], outer[rows], edge, shell, housing[rows]
    )


def _heavy(rng: np.random.Generator, items: int, count: int, spread: float) -> Ints:
    """`count` draws of items whose weights are lognormal: few large, many small."""
    if not count:
        return np.empty(0, dtype=np.int64)
    weight = rng.lognormal(0, spread, items)
    return np.asarray(rng.choice(items, count, p=weight / weight.sum()), dtype=np.int64)


def _block_in(of_block: Ints, unit: Ints, rng: np.random.Generator) -> Ints:
    """A random block of each unit."""
    order = np.argsort(of_block, kind="stable")
    first = np.searchsorted(of_block[order], unit)
    last = np.searchsorted(of_block[order], unit, side="right")
    return np.asarray(order[first + (rng.random(len(unit)) * (last - first)).astype(int)])


def _indoors(
    blocks: Blocks, block: Ints, slot: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Positions in the buildings of blocks: half of them at one of the one to four addresses the
    building has, as geocoders give them. South-west corner and offset, in block coordinates."""
    addresses = rng.uniform(0.15, 0.85, (len(blocks.i), len(SLOTS), 4, 2))
    doors = rng.integers(1, 5, (len(blocks.i), len(SLOTS)))
    which = (rng.random(len(block)) * doors[block, slot]).astype(int)
    stacked = rng.random(len(block)) < 0.5
    inside = np.where(
        stacked[:, None], addresses[block, slot, which], rng.uniform(0.1, 0.9, (len(block), 2))
    )
    usable = Blocks(blocks.i * 0, blocks.j * 0, blocks.kind, np.maximum(blocks.turn, 0),
                    blocks.sides)  # fmt: skip
    box = usable.slots(np.arange(len(blocks.i)))[block, slot]
    return box[:, :2], inside * (box[:, 2:] - box[:, :2])


def _along_streets(
    plane: Plane, edges: Edges, blocks: Blocks, count: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """Shop fronts along streets, more on main roads and in the centre: edge, block, position in
    the block (a tenth of a block from the street's line, clear of walls)."""
    number = np.full((plane.cells + 2, plane.cells + 2), -1, dtype=np.int64)
    number[blocks.i + 1, blocks.j + 1] = np.arange(len(blocks.i))
    ahead = number[edges.i + 1, edges.j + 1]  # north of a row's edge, east of a column's
    back = np.where(edges.along_row, number[edges.i + 1, edges.j], number[edges.i, edges.j + 1])
    usable = np.flatnonzero((edges.crossing == NORMAL) & ((ahead >= 0) | (back >= 0)))
    rank = np.array([1.0, 2.5, 3.0, 1.6])[edges.rank[usable]]
    weight = rank * np.exp(-1.5 * plane.rim(edges.i[usable], edges.j[usable]))
    weight *= rng.lognormal(0, 0.9, len(usable))
    edge = usable[rng.choice(len(usable), count, p=weight / weight.sum())]
    forward = rng.random(count) < 0.5
    forward = np.where(ahead[edge] < 0, False, np.where(back[edge] < 0, True, forward))
    block = np.where(forward, ahead[edge], back[edge])
    along = np.where(
        rng.random(count) < 0.4,
        (rng.integers(1, 9, count) + 0.0) / 9,
        rng.uniform(0.08, 0.92, count),
    )
    off = np.where(forward, 0.10, 0.90)
    row = edges.along_row[edge][:, None]
    return edge, block, np.where(row, np.stack([along, off], 1), np.stack([off, along], 1))


def _mass_registrations(
    building: Ints, outer: Ints, shape: CityShape, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """集群注册: rows to copy the address of, and the number of the mass-registration address."""
    if not shape.shell_addresses:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    free = np.flatnonzero(outer < 0)
    _, one_each = np.unique(
        np.where(building[free] >= 0, building[free], -free - 2), return_index=True
    )
    source = rng.choice(free[one_each], shape.shell_addresses, replace=False)
    weight = rng.lognormal(0, 0.6, shape.shell_addresses)
    extra = rng.multinomial(
        shape.shell_enterprises - 50 * shape.shell_addresses, weight / weight.sum()
    )
    shell = np.repeat(np.arange(shape.shell_addresses), 50 + extra)
    return source[shell], shell


def staff(where: Whereabouts, seed: int) -> Workforce:
    """Head counts, classes and trades."""
    rng = np.random.default_rng([seed, 9])
    n = len(where.block)
    shell = where.shell >= 0
    dice = rng.random(n)
    small_trade = np.isin(where.housing, (MARKET, STREET)) & (rng.random(n) < 0.25)
    unit_class = np.where(small_trade, INDIVIDUAL, ENTERPRISE)
    unit_class[dice < 0.085] = STATE_OWNED
    unit_class[dice < 0.05] = SOCIAL
    unit_class[dice < 0.03] = INSTITUTION
    unit_class[dice < 0.008] = ORGAN
    unit_class[shell] = ENTERPRISE

    typical = np.array([_TYPICAL[k] for k in range(5)])[where.housing]
    typical *= np.array([1.0, 3.0, 0.4, 5.0, 5.0, 0.8])[unit_class]
    employees = np.floor(typical * rng.lognormal(0, _SPREAD, n)).astype(np.int64)
    employees = np.clip(employees, 1, 9_000)
    employees[unit_class == INDIVIDUAL] = np.minimum(employees[unit_class == INDIVIDUAL], 12)
    employees[shell] = rng.choice(3, int(shell.sum()), p=[0.5, 0.35, 0.15])

    weight = np.array([row for _, _, row in TRADES], dtype=float)
    trade = np.empty(n, dtype=np.int64)
    for housing in range(5):
        here = where.housing == housing
        p = weight[:, housing] / weight[:, housing].sum()
        trade[here] = rng.choice(len(TRADES), int(here.sum()), p=p)
    trade[shell] = rng.choice([4, 9, 8], int(shell.sum()))
    public = np.isin(unit_class, (INSTITUTION, ORGAN, SOCIAL))
    platform = np.isin(trade, PLATFORM_TRADES) & ~public
    employees[platform] = np.maximum(employees[platform], rng.integers(2, 12, platform.sum()))
    new = np.where(platform, np.floor(employees * rng.lognormal(0.7, 0.6, n)), 0).astype(np.int64)
    return Workforce(employees, unit_class, trade, new)


def missing(rng: np.random.Generator, n: int, share: float) -> Flags:
    """Which of n rows lack a value."""
    return np.asarray(rng.random(n) < share)


def subdistricts(where: Whereabouts, places: Places) -> Ints:
    """Number of the subdistrict of each row."""
    spots, which = np.unique(where.lonlat, axis=0, return_inverse=True)
    return np.asarray(places.subdistrict(spots)[which.ravel()])
