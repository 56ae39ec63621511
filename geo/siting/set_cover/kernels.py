"""The compiled loops of :mod:`geo.siting.set_cover.covers`: domination, greedy, subgradient."""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.problem import Bools, Floats, Ints, Longs


@njit(cache=True, nogil=True)
def inside(
    row: Longs,
    column: Ints,
    start: Longs,
    group: Ints,
    cost: Floats,
    most_work: int,
) -> Bools:  # pragma: no cover - compiled
    """Without costs: sets that contain another one. With costs: sets that lie within another one
    that is no dearer. Of equal ones the first stays."""
    sets, items = len(row) - 1, len(start) - 1
    rows = len(cost) == 0
    gone = np.zeros(sets, np.bool_)
    mark = np.full(items, -1, np.int64)
    work = 0
    for a in range(sets):
        if gone[a]:
            continue
        size = row[a + 1] - row[a]
        if size == 0:
            # An empty group cannot be covered and stays; an empty candidate is of no use.
            gone[a] = not rows
            continue
        pivot = column[row[a]]
        for at in range(row[a], row[a + 1]):
            mark[column[at]] = a
            item = column[at]
            if start[item + 1] - start[item] < start[pivot + 1] - start[pivot]:
                pivot = item
        for other in range(start[pivot], start[pivot + 1]):
            b = group[other]
            longer = row[b + 1] - row[b]
            if b == a or gone[b] or longer < size:
                continue
            if not rows and cost[b] > cost[a]:
                continue
            same = longer == size
            if rows and same and b < a:
                continue
            if not rows and same and b > a and cost[b] == cost[a]:
                continue
            common = 0
            for at in range(row[b], row[b + 1]):
                if mark[column[at]] == a:
                    common += 1
            work += longer
            if common == size:
                if rows:
                    gone[b] = True
                else:
                    gone[a] = True
                    break
        if work > most_work:
            break
    return gone


@njit(cache=True, nogil=True)
def enough(
    row: Longs,
    column: Ints,
    weight: Floats,
    kind: Ints,
    target: Floats,
    whole: bool,
    opened: Bools,
) -> bool:  # pragma: no cover - compiled
    """Whether the open candidates cover what must be."""
    got = np.zeros(len(target))
    for g in range(len(weight)):
        hit = False
        for at in range(row[g], row[g + 1]):
            if opened[column[at]]:
                hit = True
                break
        if hit:
            got[0] += weight[g]
            if kind[g] >= 0:
                got[1 + kind[g]] += weight[g]
        elif whole:
            return False
    if whole:
        return True
    return bool((got >= target - 1e-9 * np.maximum(1.0, np.abs(target))).all())


@njit(cache=True, nogil=True)
def _worth(
    g: int, weight: Floats, kind: Ints, missing: Floats, small: float, whole: bool
) -> float:  # pragma: no cover - compiled
    if whole:
        return 1.0
    worth = weight[g] if missing[0] > small else 0.0
    if kind[g] >= 0 and missing[1 + kind[g]] > small:
        worth += weight[g]
    return worth


@njit(cache=True, nogil=True)
def complete(
    row: Longs,
    column: Ints,
    start: Longs,
    group: Ints,
    cost: Floats,
    weight: Floats,
    kind: Ints,
    target: Floats,
    whole: bool,
    opened: Bools,
    price: Floats,
    dearest: Longs,
) -> bool:  # pragma: no cover - compiled
    """Greedy: open the best for its price until all is covered that must be, then close what is not
    needed, the dearest first (`dearest`: all by falling cost). `opened` is changed; False where it
    cannot be covered."""
    groups, sites = len(weight), len(cost)
    times = np.zeros(groups, np.int64)
    missing = target.copy()
    uncovered = groups
    for j in range(sites):
        if opened[j]:
            for at in range(start[j], start[j + 1]):
                times[group[at]] += 1
    for g in range(groups):
        if times[g] > 0:
            uncovered -= 1
            missing[0] -= weight[g]
            if kind[g] >= 0:
                missing[1 + kind[g]] -= weight[g]
    small, short_of = 1.0, 0.0
    for one in target:
        small = max(small, abs(one))
    small *= 1e-9
    gain = np.zeros(sites)
    # What a group is worth changes when a target is met: then all is counted anew.
    unmet = -1
    while True:
        now, short_of = 0, 0.0
        for one in missing:
            now += one > small
            short_of += max(0.0, one)
        if not (uncovered > 0 if whole else now > 0):
            break
        if now != unmet:
            unmet = now
            gain[:] = 0.0
            for g in range(groups):
                if times[g] == 0:
                    worth = _worth(g, weight, kind, missing, small, whole)
                    for at in range(row[g], row[g + 1]):
                        gain[column[at]] += worth
        best = -1
        most = 0.0
        for j in range(sites):
            if opened[j] or gain[j] <= small:
                continue
            worth = gain[j]
            if not whole:
                worth = min(worth, short_of)
            score = worth / max(price[j], 1e-9)
            if score > most:
                most = score
                best = j
        if best < 0:
            return False
        opened[best] = True
        before = missing.copy()
        for at in range(start[best], start[best + 1]):
            g = group[at]
            times[g] += 1
            if times[g] == 1:
                worth = _worth(g, weight, kind, before, small, whole)
                for pair in range(row[g], row[g + 1]):
                    gain[column[pair]] -= worth
                uncovered -= 1
                missing[0] -= weight[g]
                if kind[g] >= 0:
                    missing[1 + kind[g]] -= weight[g]
    for j in dearest:
        if not opened[j]:
            continue
        needed = False
        lost = np.zeros(len(target))
        for at in range(start[j], start[j + 1]):
            g = group[at]
            if times[g] == 1:
                if whole:
                    needed = True
                    break
                lost[0] += weight[g]
                if kind[g] >= 0:
                    lost[1 + kind[g]] += weight[g]
        if not whole:
            for t in range(len(target)):
                if lost[t] > 0 and missing[t] + lost[t] > small:
                    needed = True
        if needed:
            continue
        opened[j] = False
        for at in range(start[j], start[j + 1]):
            g = group[at]
            times[g] -= 1
            if times[g] == 0:
                missing[0] += weight[g]
                if kind[g] >= 0:
                    missing[1 + kind[g]] += weight[g]
    return True


@njit(cache=True, nogil=True)
def ascend(
    row: Longs,
    column: Ints,
    start: Longs,
    group: Ints,
    cost: Floats,
    weight: Floats,
    kind: Ints,
    target: Floats,
    whole: bool,
    price: Floats,
    duty: Floats,
    best_left: Floats,
    plan: Bools,
    record: Floats,
    enough: float,
    steps: int,
    dearest: Longs,
) -> None:  # pragma: no cover - compiled
    """Steps up the Lagrangian

        L(u, mu) = mu · target + sum_g min(0, u_g - (mu_0 + mu_kind) w_g)
                 + sum_j min(0, c_j - sum_{g of j} u_g)

    (covers of everything: sum_g u_g in place of the first two) with greedy plans on the way.
    record: bound, value of the best plan, theta. Ends at a bound of `enough`."""
    groups, sites, targets = len(weight), len(cost), len(target)
    here = price.copy()
    hold = duty.copy()
    left = np.zeros(sites)
    step = np.zeros(groups)
    up = np.zeros(targets)
    before = np.zeros(groups)
    opened = np.zeros(sites, np.bool_)
    best, value, theta = record[0], record[1], record[2]
    stale = 0
    scale = 0.0
    for g in range(groups):
        scale += weight[g] * weight[g]
    scale = max(scale, 1e-12) / max(1, groups)
    for number in range(steps):
        for j in range(sites):
            left[j] = cost[j]
        bound = 0.0
        for g in range(groups):
            for at in range(row[g], row[g + 1]):
                left[column[at]] -= here[g]
        for t in range(targets):
            if not whole:
                bound += hold[t] * target[t]
        for g in range(groups):
            if whole:
                bound += here[g]
                step[g] = 1.0
            else:
                worth = hold[0] * weight[g]
                if kind[g] >= 0:
                    worth += hold[1 + kind[g]] * weight[g]
                step[g] = 0.0
                if here[g] < worth:
                    bound += here[g] - worth
                    step[g] = 1.0
        if not whole:
            for t in range(targets):
                up[t] = target[t]
            for g in range(groups):
                if step[g] > 0:
                    up[0] -= weight[g]
                    if kind[g] >= 0:
                        up[1 + kind[g]] -= weight[g]
        for j in range(sites):
            opened[j] = left[j] < 0.0
            if left[j] < 0.0:
                bound += left[j]
                for at in range(start[j], start[j + 1]):
                    step[group[at]] -= 1.0
        if bound > best:
            if bound > best + 1e-3 * abs(value - best) or best == -np.inf:
                stale = 0
            best = bound
            copy_into(price, here)
            copy_into(duty, hold)
            copy_into(best_left, left)
        stale += 1
        if number % 10 == 0:
            ok = complete(
                row, column, start, group, cost, weight, kind, target, whole, opened,
                np.maximum(left, 0.001 * cost) if number else cost, dearest,
            )  # fmt: skip
            if ok:
                total = 0.0
                for j in range(sites):
                    if opened[j]:
                        total += cost[j]
                if total < value - 1e-9:
                    value = total
                    copy_into(plan, opened)
        if best >= enough or best >= value - 1e-9:
            break
        if stale >= 20:
            theta *= 0.7
            stale = 0
            if theta < 1e-3:
                break
        square = 0.0
        for g in range(groups):
            before[g] = step[g] + 0.6 * before[g]
            square += before[g] * before[g]
        if not whole:
            for t in range(targets):
                square += up[t] * up[t] / scale
        if square <= 1e-12:
            break
        goal = value if np.isfinite(value) else abs(bound) * 1.5 + 1.0
        go = theta * max(goal * 1.01 - bound, 1e-3 * abs(goal)) / square
        for g in range(groups):
            here[g] = max(0.0, here[g] + go * before[g])
        if not whole:
            for t in range(targets):
                hold[t] = max(0.0, hold[t] + go * up[t] / scale)
    record[0] = best
    record[1] = value
    record[2] = theta
