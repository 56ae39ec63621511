"""The nearest stations of every junction, whoever they let in: most questions need no search then.

Whoever stands on a chain leaves it by one of its ends, or stays on it. So the nearest stations are
among those of the two ends and those of the chain, merged by metres and tested in place; and they
are certain as long as they are nearer than the last that an end knows of. Where too few of the
known ones pass the filters, the search answers (:mod:`geo.walking.search`).

Sixteen bytes a station and junction; made once for an edition, beside whatever goes on.
"""

from __future__ import annotations

import math
import threading

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.arrays import (
    ITEM_BITS,
    KNOWN,
    Feet,
    Flags,
    Floats,
    Hours,
    Ints,
    Records,
    Streets,
)
from geo.walking.label_search import label_junctions, seeds_of
from geo.walking.labels import buckets_of, costs_of, passing
from geo.walking.queues import steps
from geo.walking.search import UNKNOWN, hours_state
from geo.walking.stations import StationsOnStreets

KNOWN_STATIONS = 16
"""Known of each junction: with half of them open, five are among them nearly always."""
UNSURE = -2
"""What :func:`look_around` returns where only a search can tell."""


def survey(stations: StationsOnStreets, count: int = KNOWN_STATIONS) -> None:
    """Make the table of a network's stations; questions that are asked from now on use it.

    Args:
        stations: with the graph they lie on.
        count: stations a junction.

    Cost: some three seconds for 200,000 junctions; 16 bytes a junction and station. Other threads
    run meanwhile.
    """
    streets, feet = stations.graph.streets, stations.feet
    costs = costs_of(stations, "metres")
    good = passing(stations)
    seeds = seeds_of(streets, feet, costs, good, np.inf)
    metres, rank = label_junctions(
        streets.link_start, streets.link_to, costs.link, *seeds, count, np.inf,
        *buckets_of(costs.link, seeds[1]),
    )  # fmt: skip
    known = np.zeros(metres.shape, KNOWN)
    known["metres"], known["position"] = metres, -1
    found = rank >= 0
    known["position"][found] = stations.records.position_of_rank[rank[found]]
    order = np.flatnonzero(found.ravel())
    order = order[np.argsort(metres.ravel()[order], kind="stable")]
    known["seconds"] = _seconds(
        streets, stations.records, metres, rank, order, stations.graph.pace.on_streets
    )
    stations.vicinity = known


def survey_soon(stations: StationsOnStreets) -> threading.Thread:
    """:func:`survey` beside whatever goes on; until it is done, questions are searched."""
    thread = threading.Thread(target=survey, args=(stations,), name="survey", daemon=True)
    thread.start()
    return thread


@njit(cache=True, nogil=True)
def _seconds(
    streets: Streets,
    records: Records,
    metres: Floats,
    rank: Ints,
    order: npt.NDArray[np.int64],
    pace: float,
) -> npt.NDArray[np.float32]:  # pragma: no cover - compiled
    """(J, count) how long the shortest ways take: each goes on from that of a neighbour, which is
    shorter and so was done before; those over links of no length take another round."""
    junctions, count = metres.shape
    out = np.full((junctions, count), np.nan, np.float32)
    left = len(order)
    before = left + 1
    while 0 < left < before:
        before = left
        left = 0
        for entry in order:
            junction, place = entry // count, entry % count
            if not np.isnan(out[junction, place]):
                continue
            whole, who = metres[junction, place], rank[junction, place]
            best = np.inf
            for number in range(streets.link_start[junction], streets.link_start[junction + 1]):
                link = records.links[number]
                for position in range(link.first, link.last):
                    there = records.places[position]
                    if there.rank != who:
                        continue
                    along, along_seconds = there.metres, there.seconds
                    if link.side:
                        along = link.metres - along
                        along_seconds = link.seconds - along_seconds
                    if abs(max(along, 0.0) + there.off - whole) < 1e-6:
                        best = min(best, along_seconds + there.off / pace)
                to = int(link.to)
                for other in range(count):
                    if rank[to, other] == who:
                        ahead = out[to, other]
                        if ahead >= 0 and abs(metres[to, other] + link.metres - whole) < 1e-6:
                            best = min(best, ahead + link.seconds)
                        break
            if best == np.inf:
                left += 1
            else:
                out[junction, place] = best
    return out


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def look_around(
    vicinity: npt.NDArray[np.void],
    streets: Streets,
    feet: Feet,
    records: Records,
    admitted: Flags,
    hours: Hours,
    when: Floats,
    minute: float,
    start_chain: int,
    start_metres: float,
    start_seconds: float,
    off_street: float,
    pace: float,
    k: int,
    limit: float,
    seen: Ints,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
) -> int:  # pragma: no cover - compiled
    """What :func:`geo.walking.search.search` finds, from the table; :data:`UNSURE` where that does
    not reach. Arguments as there; `seen` is room for positions."""
    count, places = vicinity.shape[1], records.places
    first, last = feet.chain_start[start_chain], feet.chain_start[start_chain + 1]
    if 2 * count + last - first > len(seen):
        return UNSURE
    with_hours, only_open = len(hours.row_pattern) > 0, when[2] != 0.0
    off_seconds = off_street / pace
    to_a, seconds_a = off_street + start_metres, off_seconds + start_seconds
    to_b = off_street + (streets.chain_metres[start_chain] - start_metres)
    seconds_b = off_seconds + (streets.chain_seconds[start_chain] - start_seconds)
    known_a = vicinity[streets.chain_end[start_chain, 0]]
    known_b = vicinity[streets.chain_end[start_chain, 1]]
    # Whatever an end does not know of is at least as far as the last it knows.
    sure = np.inf
    if known_a[count - 1].position >= 0:
        sure = to_a + known_a[count - 1].metres
    if known_b[count - 1].position >= 0:
        sure = min(sure, to_b + known_b[count - 1].metres)
    size = number = at_a = at_b = 0
    own = last - first
    own_done = np.uint64(0)
    while True:
        here, position, took = np.inf, -1, 0.0
        source = 0
        if at_a < count and known_a[at_a].position >= 0:
            here, position = to_a + known_a[at_a].metres, known_a[at_a].position
            took, source = seconds_a + known_a[at_a].seconds, 1
        if at_b < count and known_b[at_b].position >= 0:
            there = to_b + known_b[at_b].metres
            if there < here:
                here, position = there, known_b[at_b].position
                took, source = seconds_b + known_b[at_b].seconds, 2
        which = -1
        for one in range(own):
            if own_done >> np.uint64(one) & np.uint64(1):
                continue
            place = places[first + one]
            there = off_street + abs(place.metres - start_metres) + place.off
            if there < here:
                here, position, source, which = there, first + one, 3, one
                took = off_seconds + abs(place.seconds - start_seconds) + place.off / pace
        if position < 0 or here > limit:
            if sure <= limit:
                return UNSURE
            return number
        if number == k and steps(here) > steps(found_metres[k - 1]):
            return number
        if here >= sure:
            return UNSURE
        if source == 1:
            at_a += 1
        elif source == 2:
            at_b += 1
        else:
            own_done |= np.uint64(1) << np.uint64(which)
        if not admitted[position]:
            continue
        again = False
        for one in range(size):
            if seen[one] == position:
                again = True
                break
        if again:
            continue
        seen[size] = position
        size += 1
        station = feet.on_chain[position]
        state = UNKNOWN
        if with_hours:
            at = minute + (took / 60.0 if when[0] else 0.0)
            state = hours_state(hours, station, math.floor(at), int(when[1]))
            if only_open and state != 1 and not (state == UNKNOWN and when[3]):
                continue
        # Equally far, to the steps of the search's queue: by rank.
        key = steps(here) << ITEM_BITS | places[position].rank
        at_place = number
        while at_place > 0:
            other = found[at_place - 1]
            if steps(found_metres[at_place - 1]) << ITEM_BITS | feet.rank[other] <= key:
                break
            at_place -= 1
        if at_place == k:
            continue
        for one in range(min(number, k - 1), at_place, -1):
            found[one] = found[one - 1]
            found_metres[one] = found_metres[one - 1]
            found_seconds[one] = found_seconds[one - 1]
            found_state[one] = found_state[one - 1]
        found[at_place] = station
        found_metres[at_place] = here
        found_seconds[at_place] = took
        found_state[at_place] = state
        number = min(number + 1, k)
