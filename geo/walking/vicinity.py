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
    Flags,
    Floats,
    Hours,
    Ints,
    Records,
    Scratch,
    Streets,
)
from geo.walking.label_search import label_junctions, seeds_of
from geo.walking.labels import buckets_of, costs_of, passing
from geo.walking.queues import steps
from geo.walking.search import OPEN, UNKNOWN, hours_state
from geo.walking.stations import StationsOnStreets

KNOWN_STATIONS = 16
"""Known of each junction: with half of them open, five are among them nearly always."""
SAME_METRES = 1e-6
"""Two ways that differ by less are one."""
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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def look_around(
    vicinity: npt.NDArray[np.void],
    known: int,
    records: Records,
    scratch: Scratch,
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
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
) -> int:  # pragma: no cover - compiled
    """What :func:`geo.walking.search.search` finds, from the table; :data:`UNSURE` where that does
    not reach. Arguments as there; the table has `known` stations a junction, one after another."""
    places, seen, who = records.places, scratch.seen, scratch.best_item
    if k > len(who) or 2 * known > len(seen):
        return UNSURE
    chain = records.chains[start_chain]
    on_arrival, stay, only_open, unknown_passes = when[0], int(when[1]), when[2], when[3]
    with_hours = len(hours.row_pattern) > 0
    off_seconds = off_street / pace
    number = 0
    # Along the chain itself, from the person outwards: nobody goes by its ends where the straight
    # way is shorter.
    right, high = chain.first, chain.last
    while right < high:
        middle = (right + high) >> 1
        if places[middle].metres < start_metres:
            right = middle + 1
        else:
            high = middle
    left = right - 1
    while True:
        position, gap = -1, limit
        if left >= chain.first:
            position, gap = left, start_metres - places[left].metres
        if right < chain.last and (position < 0 or places[right].metres - start_metres < gap):
            position, gap = right, places[right].metres - start_metres
        if position < 0 or off_street + gap > limit:
            break
        if number == k and steps(off_street + gap) > steps(found_metres[k - 1]):
            break
        if position == left:
            left -= 1
        else:
            right += 1
        if not admitted[position]:
            continue
        place = places[position]
        here = off_street + gap + place.off
        if here > limit:
            continue
        took = off_seconds + abs(place.seconds - start_seconds) + place.off / pace
        state = UNKNOWN
        if with_hours:
            at = minute + (took / 60.0 if on_arrival else 0.0)
            state = hours_state(hours, place.station, math.floor(at), stay)
            if only_open and state != OPEN and not (state == UNKNOWN and unknown_passes):
                continue
        number = _enter(
            places, who, found_metres, found_seconds, found_state, number, k,
            position, here, took, state,
        )  # fmt: skip
    # By its ends, both in one order, so that each station is met the shorter way first.
    to_a, seconds_a = off_street + start_metres, off_seconds + start_seconds
    to_b = off_street + (chain.metres - start_metres)
    seconds_b = off_seconds + (chain.seconds - start_seconds)
    at_a, at_b = chain.start * known, chain.end * known
    last_a, last_b = at_a + known - 1, at_b + known - 1
    # Whatever an end does not know of is at least as far as the last it knows.
    sure = math.inf
    if vicinity[last_a].position >= 0:
        sure = to_a + vicinity[last_a].metres
    if vicinity[last_b].position >= 0:
        sure = min(sure, to_b + vicinity[last_b].metres)
    size = 0
    while True:
        here, position, took = math.inf, -1, 0.0
        from_a = False
        if at_a <= last_a and vicinity[at_a].position >= 0:
            here, position = to_a + vicinity[at_a].metres, vicinity[at_a].position
            took, from_a = seconds_a + vicinity[at_a].seconds, True
        if at_b <= last_b and vicinity[at_b].position >= 0:
            there = to_b + vicinity[at_b].metres
            if there < here:
                here, position = there, vicinity[at_b].position
                took, from_a = seconds_b + vicinity[at_b].seconds, False
        bound = min(here, sure)
        if bound > limit or (number == k and steps(bound) > steps(found_metres[k - 1])):
            break
        if here >= sure or position < 0:
            number = UNSURE
            break
        if from_a:
            at_a += 1
        else:
            at_b += 1
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
        place = places[position]
        if chain.first <= position < chain.last:
            straight = off_street + abs(place.metres - start_metres) + place.off
            if straight <= here + SAME_METRES:
                continue
            # Shorter round about: it may stand farther back already, or have been closed then.
            number = UNSURE
            break
        state = UNKNOWN
        if with_hours:
            at = minute + (took / 60.0 if on_arrival else 0.0)
            state = hours_state(hours, place.station, math.floor(at), stay)
            if only_open and state != OPEN and not (state == UNKNOWN and unknown_passes):
                continue
        number = _enter(
            places, who, found_metres, found_seconds, found_state, number, k,
            position, here, took, state,
        )  # fmt: skip
    for one in range(number):
        found[one] = places[who[one]].station
    return number


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _enter(
    places: npt.NDArray[np.void],
    who: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
    number: int,
    k: int,
    position: int,
    here: float,
    took: float,
    state: int,
) -> int:  # pragma: no cover - compiled
    """Put a station into its place among the `number` nearest so far, at most k: by metres in the
    steps of the search's queue, equals by rank. Returns how many there are now."""
    key = steps(here) << ITEM_BITS | places[position].rank
    at = number
    while at > 0:
        if steps(found_metres[at - 1]) << ITEM_BITS | places[who[at - 1]].rank <= key:
            break
        at -= 1
    if at == k:
        return number
    for one in range(min(number, k - 1), at, -1):
        who[one] = who[one - 1]
        found_metres[one] = found_metres[one - 1]
        found_seconds[one] = found_seconds[one - 1]
        found_state[one] = found_state[one - 1]
    who[at] = position
    found_metres[at] = here
    found_seconds[at] = took
    found_state[at] = state
    return min(number + 1, k)
