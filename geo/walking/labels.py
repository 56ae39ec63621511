"""Whole-city jobs: the nearest station, or the k nearest, of every place of the network at once.

One search from all stations together labels the junctions; the bends between two junctions follow
from the labels of both ends and the stations in between. Both are exact: whoever is among the k
nearest of a bend by way of an end is among the k nearest of that end, or k others come before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.walking.arrays import Feet, Flags, Floats, Ints
from geo.walking.label_search import (
    Costs,
    label_junctions,
    label_vertices,
    nearest_of_junctions,
    nearest_of_vertices,
    seeds_of,
)
from geo.walking.stations import StationsOnStreets

By = Literal["metres", "seconds"]
Singles = npt.NDArray[np.float32]

MOST = 64
"""Labels a place; what is left to hand on is kept as bits of one word."""
BUCKETS_A_LINK = 4.0
"""Buckets that a street of average length spans: more make fewer corrections and more steps."""
MOST_BUCKETS = 1 << 20


@dataclass(frozen=True, eq=False)
class NearestOfAll:
    """The nearest station of J junctions and V vertices (bends, and both ends of each chain).

    `station` is -1 and `cost` infinite where there is none; costs are metres or seconds, as asked.
    """

    junction_cost: Floats
    junction_station: Ints
    vertex_cost: Floats
    vertex_station: Ints


@dataclass(frozen=True, eq=False)
class Labels:
    """The k nearest stations of J junctions and V vertices, (J, k) and (V, k), the nearest first,
    equals in the order of their rank; filled up with station -1 at an infinite cost. Costs of
    vertices are float32: exact to a millimetre up to 8 km, to a centimetre up to 80.
    """

    junction_cost: Floats
    junction_station: Ints
    vertex_cost: Singles
    vertex_station: Ints


def nearest_of_every_node(
    stations: StationsOnStreets,
    *,
    limit: float = np.inf,
    by: By = "metres",
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
) -> NearestOfAll:
    """The nearest station of every junction and of every bend.

    Args:
        stations: with the graph they lie on.
        limit: the longest way in the unit of `by`, off-street metres of the station included.
        by: the shortest way in metres, or the quickest in seconds (steps are slower).
        allow: (S,) which stations count; all by default.
        required, any_of: bits of the stations' `features`: all of the former, one of the latter.

    Raises:
        Invalid: a mask that does not fit, or a limit that is not a positive number.

    Cost: one pass over the network, some 0.1 µs a bend.
    """
    streets, feet = stations.graph.streets, stations.feet
    _check_limit(limit)
    good = passing(stations, allow, required, any_of)
    costs = costs_of(stations, by)
    cost, rank = junctions_nearest(stations, costs, good, float(limit))
    vertex_cost, vertex_rank = nearest_of_vertices(
        streets, feet, costs, good, float(limit), cost, rank
    )
    return NearestOfAll(
        cost, _stations_of(feet, rank), vertex_cost, _stations_of(feet, vertex_rank)
    )


def labels_of_every_node(
    stations: StationsOnStreets,
    k: int = 5,
    *,
    limit: float = np.inf,
    by: By = "metres",
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
) -> Labels:
    """The k nearest stations of every junction and of every bend.

    Args:
        k: how many, at most 64; the rest as :func:`nearest_of_every_node`.

    Raises:
        Invalid: as there, or k out of range.

    Cost: some 0.1 µs a label; 8 k bytes a bend.
    """
    if not 1 <= k <= MOST:
        raise Invalid(f"k is {k}.", remedy=f"Ask for 1 to {MOST} labels.", field="k")
    streets, feet = stations.graph.streets, stations.feet
    _check_limit(limit)
    good = passing(stations, allow, required, any_of)
    costs = costs_of(stations, by)
    seeds = seeds_of(streets, feet, costs, good, float(limit))
    cost, rank = label_junctions(
        streets.link_start,
        streets.link_to,
        costs.link,
        *seeds,
        k,
        float(limit),
        *buckets_of(costs.link, seeds[1]),
    )
    vertex_cost, vertex_rank = label_vertices(streets, feet, costs, good, float(limit), cost, rank)
    return Labels(cost, _stations_of(feet, rank), vertex_cost, _stations_of(feet, vertex_rank))


def junctions_nearest(
    stations: StationsOnStreets, costs: Costs, good: Flags, limit: float
) -> tuple[Floats, Ints]:
    """(J,) cost to the nearest station that is `good`, and its rank (-1: none within `limit`)."""
    streets = stations.graph.streets
    seeds = seeds_of(streets, stations.feet, costs, good, float(limit))
    return nearest_of_junctions(
        streets.link_start,
        streets.link_to,
        costs.link,
        *seeds,
        float(limit),
        *buckets_of(costs.link, seeds[1]),
    )


# ---------------------------------------------------------------------- what goes in
def costs_of(stations: StationsOnStreets, by: By) -> Costs:
    """The network's costs in metres or in seconds."""
    streets, feet = stations.graph.streets, stations.feet
    if by == "metres":
        return Costs(
            streets.link_metres,
            streets.chain_metres,
            streets.vertex_metres,
            feet.metres,
            feet.off_street,
        )
    return Costs(
        streets.link_seconds,
        streets.chain_seconds,
        streets.vertex_seconds,
        feet.seconds,
        feet.off_street / stations.graph.pace.on_streets,
    )


def passing(
    stations: StationsOnStreets,
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
) -> Flags:
    """(S,) 1 for the stations that pass the filters and stand on the network.

    Raises:
        Invalid: a mask of another length.
    """
    features = stations.feet.features
    good = (stations.feet.chain >= 0) & ((features & np.uint64(required)) == np.uint64(required))
    if any_of:
        good &= (features & np.uint64(any_of)) != 0
    if allow is not None:
        if len(allow) != len(stations):
            raise Invalid(f"A mask of {len(allow)} for {len(stations)} stations.", field="allow")
        good &= np.asarray(allow, np.bool_)
    flags: Flags = good.view(np.uint8)
    return flags


def _check_limit(limit: float) -> None:
    if not limit >= 0:
        raise Invalid(f"The limit {limit} is not a positive number.", field="limit")


def _stations_of(feet: Feet, rank: Ints) -> Ints:
    """Ranks as indices of stations; -1 stays."""
    # The last entry of the table is what -1 means.
    return np.append(feet.by_rank, np.int32(-1))[rank]


def buckets_of(link: Floats, seeds: Floats) -> tuple[float, int]:
    """Width of a bucket and how many are needed: no step may pass a whole turn of them."""
    longest = max(float(link.max(initial=0.0)), float(seeds.max(initial=0.0)))
    width = float(link.mean()) / BUCKETS_A_LINK if len(link) else 1.0
    width = max(width, longest / MOST_BUCKETS, 1e-6)
    return width, int(longest / width) + 2
