"""The compiled loops of :mod:`geo.siting.median.interchange`."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from geo.siting.problem import Floats, Ints, Longs

TINY: Final = 1e-9
ALONE: Any = np.bool_(False)
TOWARDS: Any = np.bool_(True)
"""Not plain truth values: for each literal that it is given Numba compiles a function anew."""


@njit(cache=True, nogil=True)
def greedy(
    row: Longs,
    column: Ints,
    metres: Floats,
    start: Longs,
    group: Ints,
    length: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    most: int,
    budget: float,
) -> Longs:  # pragma: no cover - compiled
    """Open what saves most (for its cost, within a budget) until the number is full."""
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
def _walk(
    row: Longs,
    column: Ints,
    metres: Floats,
    start: Longs,
    group: Ints,
    length: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    budget: float,
    most: int,
    plan: Longs,
    target: Longs,
    towards: bool,
) -> float:  # pragma: no cover - compiled
    """Swap until nothing gains (`towards` false), or all the way to `target`, whatever it costs;
    `plan` becomes the best one met, and its value is returned."""
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
                best_plan[:] = plan
    if towards:
        plan[:] = best_plan
        return best_value
    return value


@njit(cache=True, nogil=True)
def interchange(
    row: Longs,
    column: Ints,
    metres: Floats,
    start: Longs,
    group: Ints,
    length: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    budget: float,
    most: int,
    plan: Longs,
) -> float:  # pragma: no cover - compiled
    """Swap until nothing gains; `plan` is changed, its value returned."""
    _walk(
        row,
        column,
        metres,
        start,
        group,
        length,
        weight,
        far,
        cost,
        budget,
        most,
        plan,
        plan,
        ALONE,
    )
    is_open = np.zeros(len(cost), np.bool_)
    for j in plan:
        if j >= 0:
            is_open[j] = True
    # Summed anew: the sums of many swaps drift.
    value = 0.0
    for i in range(len(weight)):
        near = far[i]
        for at in range(row[i], row[i + 1]):
            if is_open[column[at]]:
                near = min(near, metres[at])
                break
        value += weight[i] * near
    return value


@njit(cache=True, nogil=True)
def keep(
    plans: Any,
    values: Floats,
    plan: Longs,
    value: float,
) -> None:  # pragma: no cover - compiled
    """Into the elite, if it is better than the last and no plan of it is the same."""
    last = len(values) - 1
    if value >= values[last]:
        return
    ordered = np.sort(plan)
    for e in range(len(values)):
        if values[e] == value and (np.sort(plans[e]) == ordered).all():
            return
    at = last
    while at > 0 and values[at - 1] > value:
        values[at] = values[at - 1]
        plans[at, :] = plans[at - 1, :]
        at -= 1
    values[at] = value
    plans[at, :] = plan


@njit(cache=True, nogil=True)
def explore(
    row: Longs,
    column: Ints,
    metres: Floats,
    start: Longs,
    group: Ints,
    length: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    budget: float,
    most: int,
    plans: Any,
    values: Floats,
    rounds: int,
    seed: int,
) -> None:  # pragma: no cover - compiled
    """Rounds of relinking two plans of the elite, or of shaking one."""
    np.random.seed(seed)  # noqa: NPY002 - compiled, of this thread
    sites = len(cost)
    for _ in range(rounds):
        known = 0
        while known < len(values) and values[known] < np.inf:
            known += 1
        if known == 0:
            return
        one = np.random.randint(0, known)  # noqa: NPY002
        other = np.random.randint(0, known)  # noqa: NPY002
        plan = plans[one].copy()
        apart = 0
        if one != other:
            for j in plan:
                if j >= 0 and not (plans[other] == j).any():
                    apart += 1
        if apart >= 4 and np.random.random() < 0.5:  # noqa: NPY002
            reached = _walk(
                row, column, metres, start, group, length, weight, far, cost, budget, most, plan,
                plans[other], TOWARDS,
            )  # fmt: skip
            if not np.isfinite(reached):
                continue
        else:
            size = 0
            used = 0.0
            for j in plan:
                if j >= 0:
                    size += 1
                    used += cost[j]
            if size == 0 or size >= sites:
                return
            shaken = 1 + np.random.randint(0, max(2, min(40, size // 3)))  # noqa: NPY002
            for _ in range(shaken):
                r = np.random.randint(0, size)  # noqa: NPY002
                j = np.random.randint(0, sites)  # noqa: NPY002
                if (plan == j).any() or used - cost[plan[r]] + cost[j] > budget:
                    continue
                used += cost[j] - cost[plan[r]]
                plan[r] = j
        value = interchange(
            row, column, metres, start, group, length, weight, far, cost, budget, most, plan
        )
        keep(plans, values, plan, value)
