"""The compiled loops of :mod:`geo.siting.median.interchange`."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.problem import Floats, Ints, Longs

TINY: Final = 1e-9


class Ground(NamedTuple):
    """The pairs of some walks by both sides, as plain arrays; see :class:`Walks`."""

    row: Longs
    column: Ints
    metres: Floats
    start: Longs
    group: Ints
    length: Floats
    weight: Floats
    far: Floats
    cost: Floats


@njit(cache=True, nogil=True)
def greedy(ground: Ground, most: int, budget: float) -> Longs:  # pragma: no cover - compiled
    """Open what saves most (for its cost, within a budget) until the number is full."""
    row, column, metres, start, group, length, weight, far, cost = ground
    sites = len(cost)
    near = far.copy()
    gain = np.zeros(sites)
    for j in range(sites):
        for at in range(start[j], start[j + 1]):
            gain[j] += weight[group[at]] * max(0.0, far[group[at]] - length[at])
    plan = np.empty(most, np.int64)
    size = 0
    left = budget
    taken = np.zeros(sites, np.bool_)
    limited = np.isfinite(budget)
    while size < most:
        best = -1
        most_gain = 0.0
        for j in range(sites):
            if taken[j] or cost[j] > left + TINY:
                continue
            worth = gain[j] / max(cost[j], 1e-12) if limited else gain[j]
            if worth > most_gain:
                most_gain = worth
                best = j
        if best < 0:
            break
        taken[best] = True
        plan[size] = best
        size += 1
        left -= cost[best]
        for at in range(start[best], start[best + 1]):
            i = group[at]
            before, now = near[i], length[at]
            if now >= before:
                continue
            near[i] = now
            for pair in range(row[i], row[i + 1]):
                if metres[pair] >= before:
                    break
                gain[column[pair]] -= weight[i] * (before - max(now, metres[pair]))
    return plan[:size].copy()


@njit(cache=True, nogil=True)
def _look(
    i: int,
    row: Longs,
    column: Ints,
    metres: Floats,
    far: Floats,
    slot: Longs,
    first: Longs,
    second: Longs,
    near: Floats,
    after: Floats,
) -> None:  # pragma: no cover - compiled
    first[i] = -1
    second[i] = -1
    near[i] = far[i]
    after[i] = far[i]
    for at in range(row[i], row[i + 1]):
        if slot[column[at]] >= 0:
            if first[i] < 0:
                first[i] = slot[column[at]]
                near[i] = metres[at]
            else:
                second[i] = slot[column[at]]
                after[i] = metres[at]
                break


@njit(cache=True, nogil=True)
def _count(
    i: int,
    sign: float,
    row: Longs,
    column: Ints,
    metres: Floats,
    weight: Floats,
    first: Longs,
    near: Floats,
    after: Floats,
    gain: Floats,
    loss: Floats,
    extra: Any,
) -> None:  # pragma: no cover - compiled
    worth = sign * weight[i]
    r, one, two = first[i], near[i], after[i]
    if r >= 0:
        loss[r] += worth * (two - one)
        for at in range(row[i], row[i + 1]):
            far_off = metres[at]
            if far_off >= two:
                break
            if far_off < one:
                gain[column[at]] += worth * (one - far_off)
                extra[r, column[at]] += worth * (two - one)
            else:
                extra[r, column[at]] += worth * (two - far_off)
    else:
        for at in range(row[i], row[i + 1]):
            gain[column[at]] += worth * (one - metres[at])


@njit(cache=True, nogil=True)
def swap(
    ground: Ground, budget: float, most: int, plan: Longs, target: Longs, towards: bool
) -> float:  # pragma: no cover - compiled
    """Swap until nothing gains (`towards` false), or all the way to `target`, whatever it costs;
    `plan` becomes the best one met, and its value is returned."""
    row, column, metres, start, group, length, weight, far, cost = ground
    points, sites = len(weight), len(cost)
    slot = np.full(sites, -1, np.int64)
    size = 0
    used = 0.0
    for number in range(len(plan)):
        if plan[number] >= 0:
            slot[plan[number]] = size
            plan[size] = plan[number]
            used += cost[plan[size]]
            size += 1
    plan[size:] = -1
    first = np.empty(points, np.int64)
    second = np.empty(points, np.int64)
    near = np.empty(points)
    after = np.empty(points)
    gain = np.zeros(sites)
    loss = np.zeros(max(1, most))
    extra = np.zeros((max(1, most), sites))
    value = 0.0
    for i in range(points):
        _look(i, row, column, metres, far, slot, first, second, near, after)
        _count(i, 1.0, row, column, metres, weight, first, near, after, gain, loss, extra)
        value += weight[i] * near[i]
    wanted = np.ones(sites, np.bool_)
    if towards:
        wanted[:] = False
        for j in target:
            if j >= 0:
                wanted[j] = True
    best_value = np.inf if towards else value
    best_plan = plan.copy()
    limited = np.isfinite(budget)
    ends = 0.0
    if towards:
        for number in range(size):
            if not wanted[plan[number]]:
                ends += 1
    walked = 0
    swaps = 0
    while swaps < 20 * (sites + 10):
        least = -np.inf if towards else TINY * max(1.0, abs(value))
        best_in, best_out = -1, -1
        if size < most:
            for j in range(sites):
                if (
                    slot[j] < 0
                    and wanted[j]
                    and gain[j] > least
                    and used + cost[j] <= budget + TINY
                ):
                    least = gain[j]
                    best_in = j
        if best_in < 0 or limited:
            for r in range(size):
                if towards and wanted[plan[r]]:
                    continue
                spare = budget - used + cost[plan[r]] + TINY
                for j in range(sites):
                    worth = gain[j] - loss[r] + extra[r, j]
                    if (
                        worth > least
                        and slot[j] < 0
                        and wanted[j]
                        and (not limited or cost[j] <= spare)
                    ):
                        least = worth
                        best_in = j
                        best_out = r
        if best_in < 0:
            break
        swaps += 1
        leaving = -1
        if best_out < 0:
            best_out = size
            size += 1
        else:
            leaving = plan[best_out]
            used -= cost[leaving]
            slot[leaving] = -1
        used += cost[best_in]
        plan[best_out] = best_in
        # Whom it concerns: those who lose their first or second, and those near the new one.
        touched = np.zeros(points, np.bool_)
        for at in range(start[best_in], start[best_in + 1]):
            if length[at] < after[group[at]]:
                touched[group[at]] = True
        slot[best_in] = best_out
        for i in range(points):
            if leaving >= 0 and (first[i] == best_out or second[i] == best_out):
                touched[i] = True
            if touched[i]:
                _count(i, -1.0, row, column, metres, weight, first, near, after, gain, loss, extra)
        if leaving >= 0:
            loss[best_out] = 0.0
            extra[best_out, :] = 0.0
        for i in range(points):
            if touched[i]:
                value -= weight[i] * near[i]
                _look(i, row, column, metres, far, slot, first, second, near, after)
                _count(i, 1.0, row, column, metres, weight, first, near, after, gain, loss, extra)
                value += weight[i] * near[i]
        if towards:
            walked += 1
            # Not the ends, nor what lies beside them: the interchange would lead back there.
            inside = walked * 4 >= ends and walked * 4 <= 3 * ends
            if inside and value < best_value:
                best_value = value
                copy_into(best_plan, plan)
    if towards:
        copy_into(plan, best_plan)
        return best_value
    return value
