"""The ground of a scan: addresses in their pools, their neighbours, whole units; no states yet.

An *address* is a distinct place (of one set of pools). A *pool* is what a cluster may not reach
beyond: a park, commercial district or marketplace; outside these a functional area, outside that a
building; a street outside any unit, or all the ground outside. An address may
lie in several pools, where parks overlap or along a street: a *node* is an address in one pool, and
it has neighbours there only. So a place is found whichever of its pools it belongs to, and the
choice between overlapping finds is made by what stands out most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.clusters import levels, neighbours
from geo.clusters.rules import ScanRules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

WIDE, PLACE, BUILDING = range(3)
OUTSIDE = -1
"""Pool of what lies in no unit."""


@dataclass(frozen=True)
class Scene:
    """N enterprises to scan, all with a place and a known state; U organising units.

    x, y (N,) metres in a plane; employees (N,) NaN where not stated; stratum (N,) number of the
    subdistrict × size band; bands how many bands there are. Pairs (M,) say which unit holds which
    enterprise. `rank` (U,) of units: WIDE for functional areas, PLACE for parks, commercial
    districts and marketplaces, BUILDING; street (N,) a key of the street an
    address names, 0 for none.
    """

    x: Floats
    y: Floats
    employees: Floats
    stratum: Integers
    bands: int
    pair_enterprise: Integers
    pair_unit: Integers
    rank: npt.NDArray[np.int8]
    street: Integers

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Ground:
    """A addresses, V nodes, W whole units with enough enterprises to be one."""

    order: Integers  # (N,) enterprises by address
    address: Integers  # (N,) address of each enterprise
    start: Integers  # (A + 1,) offsets into order
    stratum: Small  # (N,) in that order
    workers: Floats  # (N,) in that order, 0 where not stated
    units: Floats  # (A,) enterprises at each
    node_address: Small  # (V,)
    node_pool: Integers  # (V,) unit; OUTSIDE; or -2 - street key's rank
    near: Small  # (V, nearest)
    many: Small  # (V,)
    window: npt.NDArray[np.int8]  # (V,)
    edge_start: Integers
    edge_ends: Small
    whole_unit: Integers  # (W,)
    whole_start: Integers  # (W + 1,) offsets into whole_address
    whole_address: Small

    @property
    def addresses(self) -> int:
        """How many addresses there are."""
        return len(self.start) - 1


def lay(scene: Scene, rules: ScanRules, threads: int = 1) -> Ground:
    """Prepare the ground; some 4 s for a million enterprises on two threads."""
    count = len(scene)
    pooled = _pool_pairs(scene)
    address, first = _addresses(scene, pooled)
    addresses = len(first)
    order = np.argsort(address, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(address, minlength=addresses))])
    node_address, node_pool = _nodes(scene, pooled, address, first)
    x, y = scene.x[first[node_address]], scene.y[first[node_address]]
    sorted_, cell = neighbours.cell_order(node_pool, x, y)
    node_address, node_pool = node_address[sorted_], node_pool[sorted_]
    x, y = x[sorted_], y[sorted_]
    pools, pool_start = np.unique(node_pool, return_index=True)
    reach = np.where(pools >= 0, rules.reach_inside, rules.reach_street)
    place = (x, y, cell, np.append(pool_start, len(x)).astype(np.int64), reach)
    near, many = neighbours.nearest(*place, rules.nearest, threads)
    edge_start, edge_ends = levels.joined(neighbours.around(*place, threads))
    units = np.diff(start).astype(np.float64)
    window = levels.windows(near, many, units[node_address], rules.smooth_units)
    whole_unit, whole_start, whole_address = _whole(scene, address, addresses, rules.least_units)
    assert len(order) == count
    return Ground(
        order=order,
        address=address,
        start=start.astype(np.int64),
        stratum=scene.stratum[order].astype(np.int32),
        workers=np.nan_to_num(scene.employees[order]),
        units=units,
        node_address=node_address.astype(np.int32),
        node_pool=node_pool,
        near=near,
        many=many,
        window=window,
        edge_start=edge_start,
        edge_ends=edge_ends,
        whole_unit=whole_unit,
        whole_start=whole_start,
        whole_address=whole_address,
    )


def _pool_pairs(scene: Scene) -> tuple[Integers, Integers]:
    """(enterprise, pool): its parks, districts and markets; without any its functional areas;
    without any its building."""
    rank = scene.rank[scene.pair_unit]
    taken = np.zeros(len(rank), dtype=bool)
    housed = np.zeros(len(scene), dtype=bool)
    for wanted in (PLACE, WIDE, BUILDING):
        here = (rank == wanted) & ~housed[scene.pair_enterprise]
        taken |= here
        housed[scene.pair_enterprise[here]] = True
    return scene.pair_enterprise[taken], scene.pair_unit[taken]


def _mixed(keys: Integers) -> npt.NDArray[np.uint64]:
    """Keys spread over 64 bits (the finaliser of SplitMix64), so that sums tell sets apart."""
    with np.errstate(over="ignore"):
        value = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def _addresses(scene: Scene, pooled: tuple[Integers, Integers]) -> tuple[Integers, Integers]:
    """The address of each enterprise, and one enterprise of each address."""
    kinds = np.zeros(len(scene), dtype=np.uint64)
    with np.errstate(over="ignore"):
        np.add.at(kinds, scene.pair_enterprise, _mixed(scene.pair_unit))
        loose = np.ones(len(scene), dtype=bool)
        loose[pooled[0]] = False
        kinds[loose] += _mixed(scene.street[loose])
    order = np.lexsort((kinds, scene.y, scene.x))
    new = np.ones(len(order), dtype=bool)
    sorted_x, sorted_y, sorted_kind = scene.x[order], scene.y[order], kinds[order]
    new[1:] = (
        (sorted_x[1:] != sorted_x[:-1])
        | (sorted_y[1:] != sorted_y[:-1])
        | (sorted_kind[1:] != sorted_kind[:-1])
    )
    address = np.empty(len(order), dtype=np.int64)
    address[order] = np.cumsum(new) - 1
    return address, order[new]


def _nodes(
    scene: Scene, pooled: tuple[Integers, Integers], address: Integers, first: Integers
) -> tuple[Integers, Integers]:
    """Address and pool of every node."""
    lead = np.zeros(len(scene), dtype=bool)
    lead[first] = True
    enterprise, pool = pooled
    taken = lead[enterprise]
    enterprise, pool = enterprise[taken], pool[taken]
    loose = lead.copy()
    loose[enterprise] = False
    alone = np.flatnonzero(loose)
    named = alone[scene.street[alone] != 0]
    _, street = np.unique(scene.street[named], return_inverse=True)
    owner = np.concatenate([enterprise, alone, named])
    pools = np.concatenate([pool, np.full(len(alone), OUTSIDE), -2 - street])
    return address[owner], pools.astype(np.int64)


def _whole(
    scene: Scene, address: Integers, addresses: int, least: int
) -> tuple[Integers, Integers, Small]:
    """The addresses of every unit that holds enough enterprises to be a cluster."""
    size = np.bincount(scene.pair_unit, minlength=len(scene.rank))
    taken = size[scene.pair_unit] >= least
    many = np.int64(max(addresses, 1))
    key = np.sort(scene.pair_unit[taken] * many + address[scene.pair_enterprise[taken]])
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    unit, where = key // max(addresses, 1), key % max(addresses, 1)
    units, start = np.unique(unit, return_index=True)
    return units, np.append(start, len(key)).astype(np.int64), where.astype(np.int32)
