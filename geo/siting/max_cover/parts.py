"""The compiled part of :mod:`geo.siting.max_cover.tree`: some of all plans, bounded, settled and
split."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from geo.compiled import copy_into, order_of
from geo.siting.max_cover.descent import run_down, shift
from geo.siting.max_cover.lagrangian import OUTWARD
from geo.siting.model.moves import Board
from geo.siting.model.narrowing import (
    OPENED,
    SHUT,
    from_levels,
    narrow,
    propagate,
    to_levels,
)
from geo.siting.problem import Bytes, Floats, Ints, Longs, Singles

ROUNDS = 6
TRIES = 8
TRY_STEPS: Any = np.int64(12)
"""Not a plain 12: for each literal that it is given Numba compiles a function anew."""
ONCE: Any = np.int64(1)
FAR: Any = np.float64(0.3)
LEAST_FAR = 0.05
"""How far a site is opened or shut that all but is: so little says nothing of a whole one."""
INFEASIBLE = -1e300


@njit(cache=True, nogil=True)
def left_to(
    board: Board, status: Bytes, most: int, budget: float, sites: int
) -> tuple[int, float]:  # pragma: no cover - compiled
    """How many more sites may be opened, of so many, and for how much."""
    opened, spent = 0, 0.0
    for j in range(len(status)):
        if status[j] == OPENED:
            opened += 1
            spent += board.cost[j]
    return min(most - opened, sites), max(0.0, budget - spent)


@njit(cache=True, nogil=True)
def settle(
    profit: Floats,
    cost: Floats,
    who: Ints,
    status: Bytes,
    raw: float,
    need: float,
    most: int,
    budget: float,
    by_number: bool,
) -> int:  # pragma: no cover - compiled
    """Open or shut what no plan worth `need` does otherwise; how many. As
    :func:`geo.siting.max_cover.fixing.settled`."""
    above = raw + OUTWARD * abs(raw) + 1e-9
    sites = len(who)
    gone = 0
    if by_number:
        order = order_of(-profit)
        most = min(most, sites)
        last = max(0.0, profit[order[most - 1]]) if most > 0 else np.inf
        following = max(0.0, profit[order[most]]) if most < sites else 0.0
        inside = 0
        for number in range(most):
            inside += profit[order[number]] > 0.0
        for number in range(sites):
            i = order[number]
            if number < most and profit[i] > 0.0:
                if above - (profit[i] - following) < need:
                    status[who[i]] = OPENED
                    gone += 1
            elif above - ((last if inside == most else 0.0) - profit[i]) < need:
                status[who[i]] = SHUT
                gone += 1
        return gone
    ratio = np.full(sites, -np.inf)
    for i in range(sites):
        if profit[i] > 0.0 and cost[i] <= budget + 1e-9:
            ratio[i] = profit[i] / cost[i] if cost[i] > 0.0 else np.inf
    left, critical = budget * (1.0 + 1e-12) + 1e-9, 0.0
    for i in order_of(-ratio):
        if ratio[i] == -np.inf:
            break
        if cost[i] > left:
            critical = ratio[i]
            break
        left -= cost[i]
    for i in range(sites):
        gain = profit[i] - critical * cost[i]
        if above + min(0.0, gain) < need:
            status[who[i]] = SHUT
            gone += 1
        elif above - max(0.0, gain) < need:
            status[who[i]] = OPENED
            gone += 1
    return gone


@njit(cache=True, nogil=True)
def bounded(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    values: Floats,
    theta: float,
    target: float,
    steps: int,
    enough: float,
    profit: Floats,
    often: Floats,
) -> tuple[float, Floats, float]:  # pragma: no cover - compiled
    """So many steps down from `values`: the least L, where, and the next step's length."""
    shift(board, values, -1.0)
    best = values.copy()
    scale = np.ones(len(values))
    groups, rows = len(board.first), len(board.limit)
    total = 0.0
    for g in range(groups):
        total += board.first[g]
    mean = total / groups if groups else 1.0
    typical = total / max(1, len(board.cost))
    for r in range(rows):
        scale[groups + r] = max(1.0, typical / max(mean, 1e-300))
    floor = 0.0
    for d in range(len(board.floor)):
        floor = max(floor, board.floor[d])
    if floor > 0.0:
        scale[groups + rows :] = 1.0 / max(mean * floor * 0.1, 1e-300)
    record = np.array([np.inf, theta, 0.0])
    run_down(
        board,
        base,
        most,
        budget,
        by_number,
        values,
        best,
        np.zeros(len(values)),
        scale,
        record,
        profit,
        often,
        target,
        steps,
        enough,
        1e-5,
    )
    shift(board, best, 1.0)
    return record[0], best, record[1]


@njit(cache=True, nogil=True)
def glance(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    whole: bool,
    need: float,
    status: Bytes,
    level: Singles,
    sides: Floats,
) -> float:  # pragma: no cover - compiled
    """L of a part at given prices, and what they settle, in `status`."""
    if not propagate(board, status, most, budget):
        return INFEASIBLE
    here, who, which, worth = narrow(board, status, base, whole)
    values = np.concatenate((from_levels(here, which, sides, level), sides))
    profit, often = np.empty(len(who)), np.full(len(who), -1.0)
    room, money = left_to(board, status, most, budget, len(who))
    raw, _, _ = bounded(
        here, worth, room, money, by_number, values, FAR, need, ONCE, need, profit, often
    )
    if raw + OUTWARD * abs(raw) + 1e-9 >= need and len(who):
        settle(profit, here.cost, who, status, raw, need, room, money, by_number)
    return raw


@njit(cache=True, nogil=True)
def work(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    whole: bool,
    target: float,
    need: float,
    steps: int,
    tries: int,
    status: Bytes,
    level: Singles,
    sides: Floats,
    said_level: Singles,
    said_sides: Floats,
    known: Floats,
    tried: Floats,
) -> tuple[float, int, int, Floats]:  # pragma: no cover - compiled
    """Bound, settle and split one part.

    Args:
        target, need: the best plan's value, and what a better one is worth at least.
        tries: candidates that are tried for a split.
        status: (k,) changed in place. level, sides: prices to begin from; afterwards the last.
        said_level, said_sides: (ROUNDS, …) the vectors that were used.
        known, tried: (k, 2) see :func:`split`.

    Returns:
        The least L; how many vectors were used; the candidate to split on, -1: none is left;
        and (k,) how dear each is, for a plan.
    """
    liking = np.full(len(status), -1.0)
    least, used, theta = np.inf, 0, 0.3
    for number in range(ROUNDS):
        if not propagate(board, status, most, budget):
            return INFEASIBLE, used, -1, liking
        here, who, which, worth = narrow(board, status, base, whole)
        groups, sites = len(which), len(who)
        values = np.concatenate((from_levels(here, which, sides, level), sides))
        profit, often = np.empty(sites), np.full(sites, -1.0)
        room, money = left_to(board, status, most, budget, sites)
        raw, best, theta = bounded(
            here, worth, room, money, by_number, values, theta, target, steps, need, profit, often
        )
        copy_into(sides, best[groups:])
        to_levels(here, which, best[:groups], sides, level)
        # Again at the levels as they are told, to the last digit.
        again = np.concatenate((from_levels(here, which, sides, level), sides))
        doing = often.copy()
        raw, best, _ = bounded(
            here, worth, room, money, by_number, again, theta, target, ONCE, need, profit, doing
        )
        copy_into(said_level[used], level)
        copy_into(said_sides[used], sides)
        used += 1
        least = min(least, raw)
        for i in range(sites):
            liking[who[i]] = often[i] + 1e-9 * profit[i] / (1.0 + abs(raw))
        if raw + OUTWARD * abs(raw) + 1e-9 < need or sites == 0:
            return least, used, -1, liking
        gone = settle(profit, here.cost, who, status, raw, need, room, money, by_number)
        if gone == 0 or (number > 0 and gone < 0.1 * sites):
            break
    if not propagate(board, status, most, budget):
        return INFEASIBLE, used, -1, liking
    return (
        least,
        used,
        split(
            board,
            base,
            most,
            budget,
            by_number,
            whole,
            target,
            tries,
            status,
            level,
            sides,
            liking,
            least,
            known,
            tried,
        ),
        liking,
    )


@njit(cache=True, nogil=True)
def split(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    whole: bool,
    target: float,
    tries: int,
    status: Bytes,
    level: Singles,
    sides: Floats,
    liking: Floats,
    least: float,
    known: Floats,
    tried: Floats,
) -> int:  # pragma: no cover - compiled
    """The candidate whose two sides lower the bound most, of a few that are undecided.

    `known` (k, 2): how much opening and shutting each lowered the bound elsewhere, for a whole site
    more or less, where that was tried often enough, else -1; `tried` (k, 2) takes what is tried
    here (reliability branching: Achterberg, Koch and Martin, Operations Research Letters 33,
    2005)."""
    distance = np.full(len(status), np.inf)
    free = 0
    for j in range(len(status)):
        if status[j] == 0:
            distance[j] = abs(liking[j] - 0.5)
            free += 1
    if free == 0:
        return -1
    order = order_of(distance)
    best, chosen = -1.0, order[0]
    if tries == 1:
        return int(chosen)
    for number in range(min(tries, free)):
        j = order[number]
        drops = np.empty(2)
        for side in range(2):
            trial = status.copy()
            trial[j] = OPENED if side == 0 else SHUT
            drops[side] = least - target + 1.0
            if not propagate(board, trial, most, budget):
                continue
            far = max(LEAST_FAR, 1.0 - liking[j] if side == 0 else liking[j])
            if known[j, side] >= 0.0:
                drops[side] = max(1e-6 * drops[side], min(drops[side], known[j, side] * far))
                continue
            here, who, which, worth = narrow(board, trial, base, whole)
            values = np.concatenate((from_levels(here, which, sides, level), sides))
            profit, often = np.empty(len(who)), np.full(len(who), -1.0)
            room, money = left_to(board, trial, most, budget, len(who))
            raw, _, _ = bounded(
                here,
                worth,
                room,
                money,
                by_number,
                values,
                0.3,
                target,
                TRY_STEPS,
                target,
                profit,
                often,
            )
            tried[j, side] = max(0.0, least - raw) / far
            drops[side] = max(1e-6 * (least - target + 1.0), min(drops[side], least - raw))
        if drops[0] * drops[1] > best:
            best, chosen = drops[0] * drops[1], j
    return int(chosen)


def rows_of(status: Bytes, value: int) -> Longs:
    """Positions with that status."""
    found: Longs = np.flatnonzero(status == value).astype(np.int64)
    return found
