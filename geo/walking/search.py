"""The search itself: bounded Dijkstra over junctions, with every filter tested in place.

Junctions and stations share one queue, ordered by metres from the person. When a junction is
reached for good, the stations on the chains that touch it join the queue with their whole distance;
when a station comes out, no shorter way to it exists, so its walking time is known and it can be
asked whether it is open on arrival. The k-th station that passes ends the search. On equal metres
junctions come before stations, and stations in the order of their rank.

Exact: Dijkstra's argument holds for the network in which every station and the person are nodes at
their feet; chains only leave out nodes where nothing can happen.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import (
    ITEM_BITS,
    Flags,
    Floats,
    Hours,
    Ints,
    Records,
    Scratch,
)
from geo.walking.queues import aims_of, keep_least, pop, push, steps

CLOSED, OPEN, UNKNOWN = 0, 1, 2
"""State of a station's hours on arrival."""
SURE = 2
"""In `admitted`: see :func:`search`."""


@njit(cache=True, nogil=True, forceinline=True)
def hours_state(
    hours: Hours, row: int, minute: int, before_closing: int
) -> int:  # pragma: no cover - compiled
    """Whether a station is open at a minute of the horizon and for so many minutes after it."""
    pattern = hours.row_pattern[row]
    if pattern < 0:
        return UNKNOWN
    certain = True
    for ahead in range(before_closing + 1):
        byte, bit = (minute + ahead) >> 3, (minute + ahead) & 7
        if byte >= hours.open.shape[1]:
            certain = False
        elif not hours.open[pattern, byte] >> bit & 1:
            if not hours.unknown[pattern, byte] >> bit & 1:
                return CLOSED
            certain = False
    return OPEN if certain else UNKNOWN


# `when` holds: whether walking counts, minutes before closing, whether open is demanded, whether
# unknown passes then. `minute` is the moment asked for, counted from the horizon's first midnight.
NO_HOURS = np.array([0.0, 0.0, 0.0, 0.0])


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def search(
    records: Records,
    scratch: Scratch,
    admitted: Flags,
    few: Ints,
    hours: Hours,
    when: Floats,
    minute: float,
    x: float,
    y: float,
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
    """The k nearest stations of one foot on the network, into the `found` arrays.

    Args:
        admitted: (number of stations on streets,) in the order of `records.places`: 0 for those
            that do not pass the filters without time, 2 for those that are sure to pass the hours
            too, whenever one arrives; only these may narrow the search. Else 1.
        few: where these are not 0, when they are few: streets that lead to none of them, as the
            crow flies, are not walked (the lower bound of A*: Hart, Nilsson & Raphael 1968, IEEE
            Trans. SSC 4). Empty: the search does not look ahead.
        when, minute: see :data:`NO_HOURS`.
        x, y: the person on the plane of `records`.

    Returns:
        How many were found within `limit` metres, off-street metres of both ends included.
    """
    junctions = len(records.link_start) - 1
    link_start, links, places = records.link_start, records.links, records.places
    states, queue = scratch.state, scratch.queue
    position_of_rank = records.position_of_rank
    best, best_item = scratch.best_metres, scratch.best_item
    scratch.generation[0] += 1
    stamp = scratch.generation[0]
    with_hours, only_open = len(hours.row_pattern) > 0, when[2] != 0.0
    off_seconds = off_street / pace
    size = known = count = 0
    aim, aim_plane, junction_plane = scratch.aim, scratch.aim_plane, records.junction_plane
    aims = -1
    if len(few):
        aims = aims_of(records.place_plane, aim, aim_plane, few, x, y, limit)
        if aims == 0:
            return 0
    # On the person's own chain one need not go by its ends.
    chain = records.chains[start_chain]
    for position in range(chain.first, chain.last):
        if not admitted[position]:
            continue
        place = places[position]
        there = off_street + abs(place.metres - start_metres) + place.off
        if there > limit:
            continue
        item = junctions + position
        state = states[item]
        state.stamp = stamp
        state.metres = there
        state.seconds = off_seconds + abs(place.seconds - start_seconds) + place.off / pace
        push(queue, size, there, junctions + place.rank)
        size += 1
        if admitted[position] == SURE and k <= len(best):
            known = keep_least(best, best_item, known, k, item, there)
            if known == k:
                limit = min(limit, best[k - 1])
    for side in range(2):
        along, along_seconds, item = start_metres, start_seconds, int(chain.start)
        if side:
            along = chain.metres - along
            along_seconds = chain.seconds - along_seconds
            item = int(chain.end)
        there = off_street + along
        state = states[item]
        if there > limit or (state.stamp == stamp and state.metres <= there):
            continue
        state.stamp = stamp
        state.metres = there
        state.seconds = off_seconds + along_seconds
        push(queue, size, there, item)
        size += 1
    while size > 0 and count < k:
        entry = queue[0]
        item = int(entry & ((1 << ITEM_BITS) - 1))
        size -= 1
        pop(queue, size)
        place_of = item
        if item >= junctions:
            place_of = junctions + position_of_rank[item - junctions]
        state = states[place_of]
        if entry >> ITEM_BITS > steps(state.metres):
            continue  # a shorter way was found since
        metres, seconds = state.metres, state.seconds
        if item >= junctions:
            # Done with, whatever way to it is still queued or yet to be found.
            state.metres = -1.0
            for number in range(aims):
                if aim[number] == place_of - junctions:
                    aims -= 1
                    aim[number] = aim[aims]
                    aim_plane[number, 0] = aim_plane[aims, 0]
                    aim_plane[number, 1] = aim_plane[aims, 1]
                    break
            station = places[place_of - junctions].station
            open_state = UNKNOWN
            if with_hours:
                at = minute + (seconds / 60.0 if when[0] else 0.0)
                open_state = hours_state(hours, station, math.floor(at), int(when[1]))
                if only_open and open_state != OPEN and not (open_state == UNKNOWN and when[3]):
                    continue
            found[count] = station
            found_metres[count] = metres
            found_seconds[count] = seconds
            found_state[count] = open_state
            count += 1
            continue
        if aims == 0:
            break
        for number in range(link_start[item], link_start[item + 1]):
            link = links[number]
            for position in range(link.first, link.last):
                if not admitted[position]:
                    continue
                place = places[position]
                along, along_seconds = place.metres, place.seconds
                if link.side:
                    along = link.metres - along
                    along_seconds = link.seconds - along_seconds
                there = metres + along + place.off
                thither = junctions + position
                state = states[thither]
                if there > limit or (state.stamp == stamp and state.metres <= there):
                    continue
                state.stamp = stamp
                state.metres = there
                state.seconds = seconds + along_seconds + place.off / pace
                push(queue, size, there, junctions + place.rank)
                size += 1
                if admitted[position] == SURE and k <= len(best):
                    known = keep_least(best, best_item, known, k, thither, there)
                    if known == k:
                        limit = min(limit, best[k - 1])
            there = metres + link.metres
            thither = int(link.to)
            state = states[thither]
            if there > limit or (state.stamp == stamp and state.metres <= there):
                continue
            if aims > 0:
                here_x, here_y = junction_plane[thither, 0], junction_plane[thither, 1]
                left = (limit - there + 1.0) ** 2
                leads = False
                for ahead in range(aims):
                    to_x, to_y = aim_plane[ahead, 0] - here_x, aim_plane[ahead, 1] - here_y
                    if to_x * to_x + to_y * to_y <= left:
                        leads = True
                        break
                if not leads:
                    continue
            state.stamp = stamp
            state.metres = there
            state.seconds = seconds + link.seconds
            push(queue, size, there, thither)
            size += 1
    return count


@njit(cache=True, nogil=True)
def haversine(
    lon: Floats, lat: Floats, at_lon: float, at_lat: float
) -> Floats:  # pragma: no cover - compiled
    """Metres on a sphere, within 0.6 % of the ellipsoid: to order candidates, never to answer."""
    out = np.empty(len(lon))
    here = math.radians(at_lat)
    for i in range(len(lon)):
        there = math.radians(lat[i])
        a = math.sin((there - here) / 2) ** 2
        b = math.sin(math.radians(lon[i] - at_lon) / 2) ** 2
        chord = math.sqrt(a + math.cos(here) * math.cos(there) * b)
        out[i] = 2 * 6371008.8 * math.asin(min(1.0, chord))
    return out
