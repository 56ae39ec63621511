"""What is left of a problem when some candidates are opened and some shut; compiled.

Beside :func:`geo.siting.model.merge.reduced`, which also merges what has become alike: dearer, and
worth it once for a level of the ladder, not for each part of a tree.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.siting.model.moves import Board
from geo.siting.problem import Bytes, Floats, Ints, Singles

OPENED, SHUT = 1, 2


@njit(cache=True, nogil=True)
def covers_of(board: Board, status: Bytes) -> Ints:  # pragma: no cover - compiled
    """(G,) how many opened candidates cover each group."""
    covers = np.zeros(len(board.first), np.int32)
    for j in range(len(status)):
        if status[j] == OPENED:
            for number in range(board.start[j], board.start[j + 1]):
                covers[board.group[number]] += 1
    return covers


@njit(cache=True, nogil=True)
def propagate(
    board: Board, status: Bytes, most: int, budget: float
) -> bool:  # pragma: no cover - compiled
    """Shut what the rows, the number or the budget forbid; False where no plan is left."""
    rows = len(board.limit)
    changed = True
    while changed:
        changed = False
        least = np.zeros(rows)
        left, spent = most, 0.0
        for j in range(len(status)):
            if status[j] == SHUT:
                continue
            for number in range(board.side_start[j], board.side_start[j + 1]):
                a = board.side_coefficient[number]
                if status[j] == OPENED:
                    least[board.side_row[number]] += a
                else:
                    least[board.side_row[number]] += min(a, 0.0)
            if status[j] == OPENED:
                left -= 1
                spent += board.cost[j]
        if left < 0 or spent > budget + 1e-9 * max(1.0, abs(budget)):
            return False
        for r in range(rows):
            if least[r] > board.limit[r] + 1e-9:
                return False
        for j in range(len(status)):
            if status[j] != 0:
                continue
            shut = left == 0 or spent + board.cost[j] > budget + 1e-9 * max(1.0, abs(budget))
            for number in range(board.side_start[j], board.side_start[j + 1]):
                r, a = board.side_row[number], board.side_coefficient[number]
                if a > 0.0 and least[r] + a > board.limit[r] + 1e-9:
                    shut = True
            if shut:
                status[j] = SHUT
                changed = True
    return True


@njit(cache=True, nogil=True)
def narrow(
    board: Board, status: Bytes, base: float, whole: bool
) -> tuple[Board, Ints, Ints, float]:  # pragma: no cover - compiled
    """What is left of a problem: its board, which candidates and groups these are, and the worth
    of what is open."""
    sites, groups = len(status), len(board.first)
    covers = covers_of(board, status)
    limit = board.limit.copy()
    floor = board.floor.copy()
    for j in range(sites):
        if status[j] == OPENED:
            for number in range(board.side_start[j], board.side_start[j + 1]):
                limit[board.side_row[number]] -= board.side_coefficient[number]
    met = np.zeros(groups, np.int32)
    pairs = 0
    for j in range(sites):
        if status[j] != 0:
            continue
        for number in range(board.start[j], board.start[j + 1]):
            g = board.group[number]
            live = covers[g] == 0 or (covers[g] == 1 and board.second[g] > 0.0)
            if live:
                met[g] += 1
                pairs += 1
    place = np.full(groups, -1, np.int32)
    which = np.empty(groups, np.int32)
    size = 0
    for g in range(groups):
        if covers[g] >= 1:
            base += board.first[g]
            if board.district[g] >= 0:
                floor[board.district[g]] -= board.counted[g]
        if covers[g] >= 2:
            base += board.second[g]
        if met[g] > 0:
            place[g] = size
            which[size] = g
            size += 1
    for d in range(len(floor)):
        floor[d] = max(0.0, floor[d])
    first, second, counted = np.empty(size), np.empty(size), np.empty(size)
    district = np.empty(size, np.int32)
    row = np.zeros(size + 1, np.int64)
    for at in range(size):
        g = which[at]
        row[at + 1] = row[at] + met[g]
        district[at] = board.district[g]
        if covers[g] == 0:
            first[at], second[at], counted[at] = board.first[g], board.second[g], board.counted[g]
        else:
            first[at], second[at], counted[at] = board.second[g], 0.0, 0.0
    start = np.zeros(sites + 1, np.int64)
    group = np.empty(pairs, np.int32)
    column = np.empty(pairs, np.int32)
    filled = row[:-1].copy()
    who = np.empty(sites, np.int32)
    cost = np.empty(sites)
    side_start = np.zeros(sites + 1, np.int64)
    side_row = np.empty(len(board.side_row), np.int32)
    side_coefficient = np.empty(len(board.side_row))
    kept = end = sides = 0
    for j in range(sites):
        if status[j] != 0:
            continue
        begin = end
        for number in range(board.start[j], board.start[j + 1]):
            at = place[board.group[number]]
            if at >= 0:
                group[end] = at
                column[filled[at]] = kept
                filled[at] += 1
                end += 1
        if end == begin and not whole:
            status[j] = SHUT
            continue
        for number in range(board.side_start[j], board.side_start[j + 1]):
            side_row[sides] = board.side_row[number]
            side_coefficient[sides] = board.side_coefficient[number]
            sides += 1
        who[kept] = j
        cost[kept] = board.cost[j]
        kept += 1
        start[kept] = end
        side_start[kept] = sides
    smaller = Board(
        start[: kept + 1].copy(),
        group,
        row,
        column,
        first,
        second,
        board.dear,
        board.slot,
        counted,
        district,
        cost[:kept].copy(),
        side_start[: kept + 1].copy(),
        side_row[:sides].copy(),
        side_coefficient[:sides].copy(),
        limit,
        floor,
    )
    return smaller, who[:kept].copy(), which[:size].copy(), base


@njit(cache=True, nogil=True)
def to_levels(
    board: Board, which: Ints, price: Floats, sides: Floats, level: Singles
) -> None:  # pragma: no cover
    """Levels of some prices into `level` of the whole problem; see
    :mod:`geo.siting.max_cover.proof`."""
    for at in range(len(which)):
        first, second = board.first[at], board.second[at]
        if board.district[at] >= 0:
            first += sides[len(board.limit) + board.district[at]] * board.counted[at]
        if price[at] <= second and second > 0.0:
            level[which[at]] = price[at] / second
        elif first > second:
            level[which[at]] = 1.0 + max(0.0, price[at] - second) / (first - second)
        else:
            level[which[at]] = 1.0


@njit(cache=True, nogil=True)
def from_levels(
    board: Board, which: Ints, sides: Floats, level: Singles
) -> Floats:  # pragma: no cover - compiled
    """(G,) prices of some levels."""
    price = np.empty(len(which))
    for at in range(len(which)):
        t = float(level[which[at]])
        first, second = board.first[at], board.second[at]
        if board.district[at] >= 0:
            first += sides[len(board.limit) + board.district[at]] * board.counted[at]
        price[at] = min(t, 1.0) * second + max(t - 1.0, 0.0) * (first - second)
    return price
