"""How long each place walks to its quickest station, and how long to another one.

Who has two stations within the walking time still has one when one of them closes: that is overlap.
One search labels the junctions with their two quickest stations; a place's own follow from the
labels of both ends of its street and the stations upon it. Exact: whoever is among a place's two by
way of an end is among that end's two, or two others come before it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.walking.arrays import Feet, Flags, Floats, Ints, Streets
from geo.walking.label_search import Costs, label_junctions, seeds_of
from geo.walking.labels import buckets_of, costs_of
from geo.walking.reach.places import Places, Singles
from geo.walking.stations import StationsOnStreets


def seconds_to_two(
    stations: StationsOnStreets, places: Places, good: Flags, limit: float
) -> Floats:
    """(n, 2) seconds from each place to the two stations that are quickest to walk to.

    The first column is :func:`geo.walking.reach.places.seconds_to_station`; the second is of
    another station, wherever it stands.

    Args:
        stations: with the graph the places were laid on.
        places: n of them.
        good: (S,) which stations count.
        limit: seconds; what is farther is infinite, and so is what lies off the network.

    Cost: one search over the streets within the limit, twice that for a single station, and some
    100 ns a place.
    """
    streets, feet = stations.graph.streets, stations.feet
    costs = costs_of(stations, "seconds")
    seeds = seeds_of(streets, feet, costs, good, float(limit))
    cost, rank = label_junctions(
        streets.link_start,
        streets.link_to,
        costs.link,
        *seeds,
        2,
        float(limit),
        *buckets_of(costs.link, seeds[1]),
    )
    return _of_places(
        streets,
        feet,
        costs,
        good,
        cost,
        rank,
        places.chain,
        places.seconds,
        places.off_seconds,
        float(limit),
    )


@njit(cache=True, nogil=True)
def _of_places(
    streets: Streets,
    feet: Feet,
    costs: Costs,
    good: Flags,
    junction: Floats,
    junction_rank: Ints,
    chain: Ints,
    seconds: Singles,
    off: Singles,
    limit: float,
) -> Floats:  # pragma: no cover - compiled
    quickest = np.full((len(chain), 2), np.inf)
    for place in range(len(chain)):
        on = chain[place]
        if on < 0:
            continue
        # A place's foot is kept as float32: it must not lie beyond the chain's end.
        here = min(np.float64(seconds[place]), costs.chain[on])
        first, second = np.inf, np.inf
        whose = -1
        for side in range(2):
            end = streets.chain_end[on, side]
            walk = here if side == 0 else costs.chain[on] - here
            for label in range(2):
                rank = junction_rank[end, label]
                if rank < 0:
                    break
                value = junction[end, label] + walk
                if rank == whose:
                    first = min(first, value)
                elif value < first:
                    second = first
                    first, whose = value, rank
                elif value < second:
                    second = value
        for position in range(feet.chain_start[on], feet.chain_start[on + 1]):
            station = feet.on_chain[position]
            if not good[station]:
                continue
            rank = feet.rank[station]
            value = abs(costs.along[station] - here) + costs.off[station]
            if rank == whose:
                first = min(first, value)
            elif value < first:
                second = first
                first, whose = value, rank
            elif value < second:
                second = value
        first += off[place]
        second += off[place]
        if first <= limit:
            quickest[place, 0] = first
        if second <= limit:
            quickest[place, 1] = second
    return quickest
