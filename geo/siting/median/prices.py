"""The Lagrangian bound of the p-median, by a deflected subgradient.

With a price lambda_i (metres) for serving point i, the demand that each point be served once falls
away:

    L(lambda) = sum_i w_i lambda_i - max { sum_j gain_j x_j },
    gain_j = sum_i w_i max(0, lambda_i - d_ij),       lambda_i <= far_i,

is below every plan's walk for any prices (weak duality); the inner maximum is a sort (p sites) or
Dantzig's fractional knapsack (budget). Cornuejols, Fisher and Nemhauser, Management Science 23,
1977; Beasley, EJOR 65, 1993; the direction is deflected as in Camerini, Fratta and Maffioli, Math.
Programming Study 3, 1975. The greatest L is the bound of the linear relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.median.walks import Walks
from geo.siting.problem import Bytes, Floats, Ints, Longs

OUTWARD: Final = 1e-11
CLOSED: Final = 1


@dataclass(eq=False)
class Prices:
    """Prices and what they prove.

    Attributes:
        price: (N,) metres. raw: L of them.
        gain: (k,) reduced gains at them. share: (k,) how often each was chosen of late, 0 … 1: near
            the linear relaxation's plan.
        theta: how far the next step goes.
    """

    price: Floats
    raw: float
    gain: Floats
    share: Floats
    theta: float = 1.0
    direction: Floats = field(default_factory=lambda: np.zeros(0))


def inward(value: float, unit: float) -> float:
    """No more than `value` even if its sums were rounded; then up to a multiple of `unit`, since no
    plan lies in between (unit 0: any value can be)."""
    below = value - OUTWARD * abs(value) - 1e-9
    # Never -0.0.
    return float(np.ceil(below / unit - 1e-7) * unit) + 0.0 if unit else below


def starting_prices(walks: Walks, near: Floats, mean: float = 1.0) -> Prices:
    """Prices from a plan in which each group walks `near`."""
    price = np.minimum(near * mean + 1.0, walks.far)
    return Prices(
        price, -np.inf, np.zeros(walks.sites), np.zeros(walks.sites), 1.0, np.zeros(len(walks))
    )


def ascend(
    walks: Walks,
    prices: Prices,
    state: Bytes,
    most: int,
    budget: float,
    target: float,
    steps: int,
    patience: int = 40,
) -> None:
    """So many steps up from `prices`, in place.

    Args:
        state: (k,) 0 free, 1 closed.
        target: the best plan's value: the step is Polyak's towards it.
        steps: each a pass over the pairs within the prices, some 2 ns a pair.
        patience: steps without much of a rise before the step is made shorter.
    """
    record = np.array([prices.raw, prices.theta])
    rise(
        walks.row,
        walks.column,
        walks.metres,
        walks.weight,
        walks.far,
        walks.cost,
        state,
        most,
        budget,
        prices.price,
        prices.direction,
        prices.gain,
        prices.share,
        record,
        target,
        np.inf,
        steps,
        patience,
    )
    prices.raw, prices.theta = float(record[0]), float(record[1])


@njit(cache=True, nogil=True)
def threshold(
    gain: Floats,
    state: Bytes,
    most: int,
    room: Floats,
) -> tuple[float, float]:  # pragma: no cover - compiled
    """The `most`-th largest gain of the free and the one after it; 0 where there is none."""
    size = 0
    for j in range(len(gain)):
        if state[j] == 0 and gain[j] > 0.0:
            room[size] = gain[j]
            size += 1
    if most <= 0:
        top = 0.0
        for a in range(size):
            top = max(top, room[a])
        return np.inf, top
    if size <= most:
        return 0.0, 0.0
    low, high = 0, size - 1
    k = most - 1
    while low < high:
        pivot = room[(low + high) // 2]
        a, b = low, high
        while a <= b:
            while room[a] > pivot:
                a += 1
            while room[b] < pivot:
                b -= 1
            if a <= b:
                room[a], room[b] = room[b], room[a]
                a += 1
                b -= 1
        if k <= b:
            high = b
        elif k >= a:
            low = a
        else:
            break
    following = 0.0
    for a in range(k + 1, size):
        following = max(following, room[a])
    return room[k], following


@njit(cache=True, nogil=True)
def choose(
    gain: Floats,
    state: Bytes,
    cost: Floats,
    most: int,
    budget: float,
    room: Floats,
    taken: Floats,
) -> float:  # pragma: no cover - compiled
    """The inner maximum: `taken` (k,) 0 … 1; returns its worth."""
    taken[:] = 0.0
    total = 0.0
    if not np.isfinite(budget):
        bar, _ = threshold(gain, state, most, room)
        size = 0
        for j in range(len(gain)):
            if state[j] == 0 and gain[j] > bar and gain[j] > 0.0:
                taken[j] = 1.0
                total += gain[j]
                size += 1
        if bar > 0.0 and bar < np.inf:
            for j in range(len(gain)):
                if size >= most:
                    break
                if state[j] == 0 and gain[j] == bar:
                    taken[j] = 1.0
                    total += gain[j]
                    size += 1
        return total
    # Only so many that both limits allow: the lesser of two upper bounds.
    by_cost = 0.0
    left = budget
    low, high, needs = 0.0, 0.0, 0.0
    for j in range(len(gain)):
        if state[j] == 0 and gain[j] > 0.0 and cost[j] <= budget + 1e-9:
            high = max(high, gain[j] / max(cost[j], 1e-12))
            needs += cost[j]
    if needs <= budget:
        high = 0.0
    # The rate of gain for cost above which all is paid for, to the last bit.
    while True:
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        spent = 0.0
        for j in range(len(gain)):
            dear = state[j] != 0 or cost[j] > budget + 1e-9
            if not dear and gain[j] > middle * max(cost[j], 1e-12):
                spent += cost[j]
        if spent <= budget:
            high = middle
        else:
            low = middle
    for at_rate in range(2):
        for j in range(len(gain)):
            if state[j] != 0 or gain[j] <= 0.0 or cost[j] > budget + 1e-9 or taken[j] > 0.0:
                continue
            if (gain[j] > high * max(cost[j], 1e-12)) != (at_rate == 0):
                continue
            if at_rate == 1 and gain[j] < low * max(cost[j], 1e-12) * (1.0 - 1e-12):
                continue
            part = min(1.0, max(0.0, left) / cost[j]) if cost[j] > 0 else 1.0
            taken[j] = part
            by_cost += part * gain[j]
            left -= part * cost[j]
    if most < len(gain):
        bar, _ = threshold(gain, state, most, room)
        by_number = 0.0
        size = 0
        for j in range(len(gain)):
            if state[j] == 0 and gain[j] > bar and gain[j] > 0.0:
                by_number += gain[j]
                size += 1
        if bar > 0.0 and bar < np.inf:
            by_number += bar * (most - size)
        if by_number < by_cost:
            for j in range(len(gain)):
                taken[j] = 1.0 if state[j] == 0 and gain[j] > bar and gain[j] > 0.0 else 0.0
                if state[j] == 0 and gain[j] == bar and bar > 0.0 and size < most:
                    taken[j] = 1.0
                    size += 1
            return by_number
    return by_cost


@njit(cache=True, nogil=True)
def rise(
    row: Longs,
    column: Ints,
    metres: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    state: Bytes,
    most: int,
    budget: float,
    price: Floats,
    direction: Floats,
    best_gain: Floats,
    share: Floats,
    record: Floats,
    target: float,
    enough: float,
    steps: int,
    patience: int,
) -> None:  # pragma: no cover - compiled
    """The steps of :func:`ascend`; record: L, theta. Ends at an L above `enough`."""
    points, sites = len(weight), len(cost)
    here = price.copy()
    gain = np.zeros(sites)
    room = np.empty(sites)
    taken = np.zeros(sites)
    step = np.zeros(points)
    best, theta = record[0], record[1]
    stale = 0
    for _ in range(steps):
        gain[:] = 0.0
        total = 0.0
        for i in range(points):
            level, w = here[i], weight[i]
            total += w * level
            for at in range(row[i], row[i + 1]):
                if metres[at] >= level:
                    break
                gain[column[at]] += w * (level - metres[at])
        bound = total - choose(gain, state, cost, most, budget, room, taken)
        if bound > best:
            if best == -np.inf or bound > best + 1e-3 * abs(target - best):
                stale = 0
            else:
                stale += 1
            best = bound
            copy_into(price, here)
            copy_into(best_gain, gain)
            if best > enough:
                break
        else:
            stale += 1
        if stale >= patience:
            theta *= 0.8
            stale = 0
            if theta < 1e-4:
                break
        for j in range(sites):
            share[j] = 0.95 * share[j] + 0.05 * taken[j]
        square = 0.0
        inner = 0.0
        length = 0.0
        for i in range(points):
            level = here[i]
            served = 0.0
            for at in range(row[i], row[i + 1]):
                if metres[at] >= level:
                    break
                served += taken[column[at]]
            up = 1.0 - served
            if up > 0.0 and level >= far[i]:
                up = 0.0
            step[i] = up
            inner += weight[i] * up * direction[i]
            length += weight[i] * direction[i] * direction[i]
        beta = 0.0
        if inner < 0.0 and length > 0.0:
            beta = min(3.0, -1.5 * inner / length)
        for i in range(points):
            direction[i] = step[i] + beta * direction[i]
            square += weight[i] * direction[i] * direction[i]
        if square <= 1e-12:
            break
        go = theta * max(target - bound, 1e-6 * abs(target)) / square
        for i in range(points):
            least = far[i] if row[i] == row[i + 1] else min(far[i], metres[row[i]])
            here[i] = min(far[i], max(least, here[i] + go * direction[i]))
    record[0] = best
    record[1] = theta
