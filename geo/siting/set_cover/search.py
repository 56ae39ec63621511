"""A small search that decides whether so many sites can cover everything."""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.siting.problem import Floats, Ints, Longs


@njit(cache=True, nogil=True)
def search(
    row: Longs,
    column: Ints,
    start: Longs,
    group: Ints,
    price: Floats,
    most: int,
    nodes: int,
) -> tuple[int, Longs]:  # pragma: no cover - compiled
    """Whether `most` candidates can cover every group: 1 and who, 0, or -1 when it gave up.

    `price` (G,): of any candidate's groups together at most 1, so that what is uncovered costs at
    least its prices (weak duality). Branches on the group with the fewest candidates left.
    """
    groups, sites = len(row) - 1, len(start) - 1
    times = np.zeros(groups, np.int64)
    banned = np.zeros(sites, np.int64)
    chosen = np.full(most + 1, -1, np.int64)
    pick = np.full(most + 2, -1, np.int64)
    place = np.zeros(most + 2, np.int64)
    owed = 0.0
    open_groups = groups
    for g in range(groups):
        owed += price[g]
    depth = 0
    seen = 0
    entering = True
    while True:
        if entering:
            seen += 1
            if seen > nodes:
                return -1, chosen
            if open_groups == 0:
                chosen[depth:] = -1
                return 1, chosen
            dead = depth >= most or owed > most - depth + 1e-6
            best, fewest = -1, sites + 1
            if not dead:
                for g in range(groups):
                    if times[g] > 0:
                        continue
                    some = 0
                    for at in range(row[g], row[g + 1]):
                        if banned[column[at]] == 0:
                            some += 1
                            if some >= fewest:
                                break
                    if some < fewest:
                        fewest = some
                        best = g
                        if some <= 1:
                            break
                dead = fewest == 0
            if dead:
                depth -= 1
                if depth < 0:
                    return 0, chosen
                entering = False
                continue
            pick[depth] = best
            place[depth] = row[best]
        else:
            # Back from a child: its candidate is closed for the brothers to come.
            j = chosen[depth]
            for at in range(start[j], start[j + 1]):
                g = group[at]
                times[g] -= 1
                if times[g] == 0:
                    owed += price[g]
                    open_groups += 1
            banned[j] = depth + 1
            place[depth] += 1
        # The next candidate of this depth's group.
        g = pick[depth]
        while place[depth] < row[g + 1] and banned[column[place[depth]]] != 0:
            place[depth] += 1
        if place[depth] >= row[g + 1]:
            for at in range(row[g], row[g + 1]):
                if banned[column[at]] == depth + 1:
                    banned[column[at]] = 0
            depth -= 1
            if depth < 0:
                return 0, chosen
            entering = False
            continue
        j = column[place[depth]]
        chosen[depth] = j
        for at in range(start[j], start[j + 1]):
            g = group[at]
            if times[g] == 0:
                owed -= price[g]
                open_groups -= 1
            times[g] += 1
        depth += 1
        entering = True
