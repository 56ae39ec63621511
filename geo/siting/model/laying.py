"""The compiled part of :mod:`geo.siting.model.merge`: rows into groups, and who dominates whom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.compiled import longer
from geo.siting.problem import Bytes, Floats, Ints, Longs

Words = npt.NDArray[np.uint64]
SERVED, BEYOND = -1, -2
"""Instead of a group: covered by what is kept; reached by nobody who is free (or weightless)."""


@njit(cache=True, nogil=True)
def lay(
    start: Longs,
    site: Ints,
    role: Bytes,
    first: Floats,
    second: Floats,
    counted: Floats,
    key_district: Ints,
    district: Ints,
    words: Words,
    sites: int,
    key: Words,
    slot: Ints,
    count: int,
    row: Longs,
    column: Ints,
    worth: Floats,
    group_district: Ints,
    base: Floats,
    base_district: Floats,
) -> tuple[Ints, Words, Ints, int, Longs, Ints, Floats, Ints]:  # pragma: no cover - compiled
    """Rows into groups by the hash of their free candidates; see :mod:`geo.siting.model.merge`.

    Returns the group of each row, and the table, grown where it was full.
    """
    points = len(start) - 1
    of = np.full(points, BEYOND, np.int32)
    for point in range(points):
        if first[point] <= 0.0 and second[point] <= 0.0:
            continue
        low, high = np.uint64(0), np.uint64(0)
        kept = free = 0
        for number in range(start[point], start[point + 1]):
            candidate = site[number]
            if role[candidate] == 0:
                free += 1
                low += words[candidate, 0]
                high += words[candidate, 1]
            elif role[candidate] == 1:
                kept += 1
        value, again, share = first[point], second[point], counted[point]
        if kept:
            base[0] += value
            if district[point] >= 0:
                base_district[district[point]] += share
            value, again, share = again, 0.0, 0.0
            if kept > 1:
                base[0] += value
                value = 0.0
            of[point] = SERVED
        if value <= 0.0 or free == 0:
            continue
        at = key_district[point]
        if at >= 0:
            low += words[sites + at, 0]
            high += words[sites + at, 1]
        if 2 * count >= len(slot):
            size = 2 * len(slot)
            wider = np.zeros((size, 2), np.uint64)
            fresh = np.full(size, -1, np.int32)
            for old in range(len(slot)):
                if slot[old] >= 0:
                    where = np.int64(key[old, 0] & np.uint64(size - 1))
                    while fresh[where] >= 0:
                        where = (where + 1) & (size - 1)
                    fresh[where] = slot[old]
                    wider[where, 0] = key[old, 0]
                    wider[where, 1] = key[old, 1]
            key, slot = wider, fresh
        mask = len(slot) - 1
        where = np.int64(low & np.uint64(mask))
        while slot[where] >= 0 and (key[where, 0] != low or key[where, 1] != high):
            where = (where + 1) & mask
        group = slot[where]
        if group < 0:
            group = count
            count += 1
            slot[where] = group
            key[where, 0] = low
            key[where, 1] = high
            if group == len(group_district):
                room = 2 * group
                row = longer(row, room + 1)
                group_district = longer(group_district, room)
                more = np.zeros((room, 3))
                for number in range(group):
                    for side in range(3):
                        more[number, side] = worth[number, side]
                worth = more
            end = row[group]
            if end + free > len(column):
                column = longer(column, 2 * (end + free))
            for number in range(start[point], start[point + 1]):
                if role[site[number]] == 0:
                    column[end] = site[number]
                    end += 1
            row[group + 1] = end
            group_district[group] = at
        worth[group, 0] += value
        worth[group, 1] += again
        worth[group, 2] += share
        of[point] = group
    return of, key, slot, count, row, column, worth, group_district


@njit(cache=True, nogil=True)
def thin(
    row: Longs,
    column: Ints,
    role: Bytes,
    first: Floats,
    second: Floats,
    counted: Floats,
    district: Ints,
    base: Floats,
    base_district: Floats,
) -> tuple[Ints, Longs, Ints, Floats]:  # pragma: no cover - compiled
    """As :func:`lay`, of groups, and without a search for those that have become alike: the group
    of each, rows of candidates, and (G, 3) what each is worth."""
    groups = len(row) - 1
    of = np.full(groups, BEYOND, np.int32)
    rows, columns = np.zeros(groups + 1, np.int64), np.empty(len(column), np.int32)
    worth = np.empty((groups, 3))
    count = end = 0
    for g in range(groups):
        kept, begin = 0, end
        for number in range(row[g], row[g + 1]):
            if role[column[number]] == 0:
                columns[end] = column[number]
                end += 1
            elif role[column[number]] == 1:
                kept += 1
        value, again, share = first[g], second[g], counted[g]
        if kept:
            of[g] = SERVED
            base[0] += value
            if district[g] >= 0:
                base_district[district[g]] += share
            value, again, share = again, 0.0, 0.0
            if kept > 1:
                base[0] += value
                value = 0.0
        if value <= 0.0 or end == begin:
            end = begin
            continue
        of[g] = count
        worth[count, 0], worth[count, 1], worth[count, 2] = value, again, share
        count += 1
        rows[count] = end
    return of, rows[: count + 1].copy(), columns[:end].copy(), worth[:count].copy()


@njit(cache=True, nogil=True)
def count(start: Longs, group: Ints, opened: Longs, groups: int) -> Ints:  # pragma: no cover
    """(G,) how many of some open candidates cover each group."""
    times = np.zeros(groups, np.int32)
    for j in opened:
        for number in range(start[j], start[j + 1]):
            times[group[number]] += 1
    return times


@njit(cache=True, nogil=True)
def dominators_of(
    start: Longs, group: Ints, row: Longs, column: Ints, cost: Floats
) -> Ints:  # pragma: no cover - compiled
    """(k,) who dominates each candidate; see :func:`geo.siting.model.merge.dominators`."""
    sites = len(start) - 1
    by = np.full(sites, -1, np.int32)
    for j in range(sites):
        rarest = group[start[j]]
        for number in range(start[j], start[j + 1]):
            g = group[number]
            if row[g + 1] - row[g] < row[rarest + 1] - row[rarest]:
                rarest = g
        size = start[j + 1] - start[j]
        for number in range(row[rarest], row[rarest + 1]):
            i = column[number]
            other = start[i + 1] - start[i]
            if i == j or other < size or cost[i] > cost[j]:
                continue
            if other == size and cost[i] == cost[j] and i > j:
                continue
            at, end = start[i], start[i + 1]
            inside = True
            for mine in range(start[j], start[j + 1]):
                while at < end and group[at] < group[mine]:
                    at += 1
                if at == end or group[at] != group[mine]:
                    inside = False
                    break
            if inside:
                by[j] = i
                break
    for j in range(sites):
        root = by[j]
        while root >= 0 and by[root] >= 0:
            root = by[root]
        by[j] = root
    return by
