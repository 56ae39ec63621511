"""Places with people, laid on the streets, and how long each walks to its nearest station."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.arrays import Feet, Flags, Floats, Ints, Longs, Streets
from geo.walking.graph import WalkingGraph
from geo.walking.label_search import Costs
from geo.walking.labels import costs_of, junctions_nearest
from geo.walking.stations import StationsOnStreets

Singles = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
ANY_DAY, WORKDAY, WEEKEND = 0, 1, 2
DAY_CLASSES = ("any", "workday", "weekend")


@dataclass(frozen=True, eq=False)
class Places:
    """n places, ordered by chain, so that neighbours lie side by side in memory.

    Attributes:
        ids: (n,) int64, whatever the caller knows them by.
        chain: (n,) int32; -1 is farther from any street than the graph's cap: nobody knows how one
            walks from there.
        seconds: (n,) from the start of the chain to the place's foot.
        off_seconds: (n,) from the place to its foot.
        people: (h, n) float32: for each hour of the day, or one row for all of them.
        day: (n,) uint8, position in :data:`DAY_CLASSES`: on which kind of day they are there.
    """

    ids: Longs
    chain: Ints
    seconds: Singles
    off_seconds: Singles
    people: Singles
    day: Flags

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def lay(
        cls,
        graph: WalkingGraph,
        ids: Longs,
        lon: Floats,
        lat: Floats,
        people: Singles,
        day: Flags | None = None,
    ) -> Places:
        """Lay n places in WGS 84 degrees on the streets. Cost: a microsecond a place."""
        snapped = graph.snap(lon, lat)
        order = np.lexsort((snapped.seconds, snapped.chain))
        day = np.zeros(len(ids), np.uint8) if day is None else day
        return cls(
            ids=np.asarray(ids, np.int64)[order],
            chain=snapped.chain[order],
            seconds=snapped.seconds[order].astype(np.float32),
            off_seconds=(snapped.off_street[order] / graph.pace.on_streets).astype(np.float32),
            people=np.ascontiguousarray(people[:, order], np.float32),
            day=np.asarray(day, np.uint8)[order],
        )

    def there(self, day_class: int) -> Bools:
        """(n,) which places have people on such a day."""
        there: Bools = (self.day == ANY_DAY) | (self.day == day_class)
        return there

    def at_hour(self, hour: int | None, there: Bools) -> Floats:
        """(n,) people at an hour (None: on average over the day) at the places that are `there`."""
        if len(self.people) == 1:
            row = self.people[0].astype(np.float64)
        elif hour is None:
            row = self.people.mean(axis=0, dtype=np.float64)
        else:
            row = self.people[hour].astype(np.float64)
        return np.where(there, row, 0.0)


def cut_off(places: Places, stations: StationsOnStreets) -> Bools:
    """(n,) places on streets from which no station at all can be walked to, whatever its hours."""
    streets = stations.graph.streets
    served = np.zeros(len(streets.part_small) + 1, bool)
    part = stations.part
    served[part[part >= 0]] = True
    on = places.chain >= 0
    found = np.zeros(len(places), bool)
    found[on] = ~served[streets.chain_part[places.chain[on]]]
    return found


def seconds_to_station(
    stations: StationsOnStreets, places: Places, good: Flags, limit: float
) -> Floats:
    """(n,) seconds from each place to the station that is quickest to walk to.

    The quickest way is taken, not the shortest one: 15 minutes are 15 minutes, and steps are
    slower. Off-street metres of both ends are part of it.

    Args:
        stations: with the graph the places were laid on.
        places: n of them.
        good: (S,) which stations count; see :func:`geo.walking.labels.passing`.
        limit: seconds; what is farther is infinite, and so is what lies off the network.

    Cost: one search over the streets within the limit, and some 50 ns a place.
    """
    costs = costs_of(stations, "seconds")
    junction, _ = junctions_nearest(stations, costs, good, limit)
    return _of_places(
        stations.graph.streets,
        stations.feet,
        costs,
        good,
        junction,
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
    chain: Ints,
    seconds: Singles,
    off: Singles,
    limit: float,
) -> Floats:  # pragma: no cover - compiled
    quickest = np.full(len(chain), np.inf)
    for place in range(len(chain)):
        on = chain[place]
        if on < 0:
            continue
        # A place's foot is kept as float32: it must not lie beyond the chain's end.
        here = min(np.float64(seconds[place]), costs.chain[on])
        least = min(
            junction[streets.chain_end[on, 0]] + here,
            junction[streets.chain_end[on, 1]] + (costs.chain[on] - here),
        )
        for position in range(feet.chain_start[on], feet.chain_start[on + 1]):
            station = feet.on_chain[position]
            if good[station]:
                least = min(least, abs(costs.along[station] - here) + costs.off[station])
        least += off[place]
        if least <= limit:
            quickest[place] = least
    return quickest
