"""The compiled part of :mod:`geo.siting.capacity.solve`: who is served by whom, by augmenting
paths.

Demand may be split between sites, so a plan is worth a maximal flow: demand to sites within reach,
sites within their capacity (Ford and Fulkerson, Canadian Journal of Mathematics 8, 1956).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.model.moves import NOISE_REACHES, Flags, Words, uniform
from geo.siting.problem import Floats, Ints, Longs

EPSILON = 1e-9
LIFT = 1e15


class Net(NamedTuple):
    """Groups by site (start, group, with the place of each pair among the groups' pairs: `at`),
    sites by group (row, column), people of each group, capacities, costs, and side rows."""

    start: Longs
    group: Ints
    at: Longs
    row: Longs
    column: Ints
    people: Floats
    capacity: Floats
    cost: Floats
    side_start: Longs
    side_row: Ints
    side_coefficient: Floats
    limit: Floats


class Served(NamedTuple):
    """A plan: open sites, people over each pair (by group), served of each group, load of each
    site, use of each row; `tally` = served, open free sites, their cost; `random` as in moves."""

    opened: Flags
    amount: Floats
    served: Floats
    load: Floats
    used: Floats
    tally: Floats
    random: Words


@njit(cache=True, nogil=True)
def draw(now: Served) -> float:  # pragma: no cover - compiled
    """Uniform in (0, 1): the same splitmix64 as the moves'."""
    return float(uniform(now.random))


@njit(cache=True, nogil=True)
def take_in(net: Net, now: Served, j: int) -> None:  # pragma: no cover - compiled
    """Site j, open, serves as many as it can; others hand over to it where they can serve more."""
    for number in range(net.start[j], net.start[j + 1]):
        g = net.group[number]
        more = min(net.people[g] - now.served[g], net.capacity[j] - now.load[j])
        if more > EPSILON:
            now.amount[net.at[number]] += more
            now.served[g] += more
            now.load[j] += more
            now.tally[0] += more
    sites = len(net.capacity)
    came = np.empty(sites, np.int64)
    took, gave = np.empty(sites, np.int64), np.empty(sites, np.int64)
    queue = np.empty(sites, np.int64)
    seen = np.zeros(sites, np.uint8)
    known = np.zeros(len(net.people), np.uint8)
    while net.capacity[j] - now.load[j] > EPSILON:
        seen[:] = 0
        known[:] = 0
        seen[j] = 1
        queue[0] = j
        head, tail = 0, 1
        end, last = -1, np.int64(-1)
        while head < tail and end < 0:
            s = queue[head]
            head += 1
            for number in range(net.start[s], net.start[s + 1]):
                g = net.group[number]
                if net.people[g] - now.served[g] > EPSILON:
                    end, last = s, net.at[number]
                    break
                if known[g]:
                    continue
                known[g] = 1
                for pair in range(net.row[g], net.row[g + 1]):
                    i = net.column[pair]
                    if not seen[i] and now.opened[i] and now.amount[pair] > EPSILON:
                        seen[i] = 1
                        came[i], took[i], gave[i] = s, net.at[number], pair
                        queue[tail] = i
                        tail += 1
        if end < 0:
            return
        low, high = 0, len(net.row) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if net.row[middle] <= last:
                low = middle
            else:
                high = middle
        more = min(net.capacity[j] - now.load[j], net.people[low] - now.served[low])
        s = np.int64(end)
        while s != j:
            more = min(more, now.amount[gave[s]])
            s = came[s]
        now.amount[last] += more
        now.served[low] += more
        s = np.int64(end)
        while s != j:
            now.amount[gave[s]] -= more
            now.amount[took[s]] += more
            s = came[s]
        now.load[j] += more
        now.tally[0] += more


@njit(cache=True, nogil=True)
def put(net: Net, now: Served, j: int) -> None:  # pragma: no cover - compiled
    """Open free site j."""
    now.opened[j] = 1
    now.tally[1] += 1.0
    now.tally[2] += net.cost[j]
    for number in range(net.side_start[j], net.side_start[j + 1]):
        now.used[net.side_row[number]] += net.side_coefficient[number]
    take_in(net, now, j)


@njit(cache=True, nogil=True)
def leave(net: Net, now: Served, j: int) -> None:  # pragma: no cover - compiled
    """Close site j; others take in whom they can."""
    now.opened[j] = 0
    now.tally[1] -= 1.0
    now.tally[2] -= net.cost[j]
    for number in range(net.side_start[j], net.side_start[j + 1]):
        now.used[net.side_row[number]] -= net.side_coefficient[number]
    for number in range(net.start[j], net.start[j + 1]):
        pair = net.at[number]
        now.served[net.group[number]] -= now.amount[pair]
        now.tally[0] -= now.amount[pair]
        now.amount[pair] = 0.0
    now.load[j] = 0.0
    # Only sites with room that share a group, directly or not, can: these are asked.
    asked = np.zeros(len(net.capacity), np.uint8)
    for number in range(net.start[j], net.start[j + 1]):
        g = net.group[number]
        for pair in range(net.row[g], net.row[g + 1]):
            i = net.column[pair]
            if not asked[i] and now.opened[i] and net.capacity[i] - now.load[i] > EPSILON:
                asked[i] = 1
                take_in(net, now, i)


@njit(cache=True, nogil=True)
def fill(
    net: Net, now: Served, free: Flags, most: int, budget: float, heat: float, power: float
) -> None:  # pragma: no cover - compiled
    """Open what would serve most of those not served, until nothing more fits."""
    sites = len(net.capacity)
    score = np.empty(sites)
    while now.tally[1] < most:
        best, chosen = 0.0, -1
        for j in range(sites):
            score[j] = -1.0
            if now.opened[j] or not free[j] or now.tally[2] + net.cost[j] > budget + 1e-9:
                continue
            worth, forbidden = 0.0, False
            for number in range(net.side_start[j], net.side_start[j + 1]):
                r, a = net.side_row[number], net.side_coefficient[number]
                if a > 0.0 and now.used[r] + a > net.limit[r] + 1e-9:
                    forbidden = True
                if a < 0.0 and now.used[r] > net.limit[r] + 1e-9:
                    worth += LIFT
            if forbidden:
                continue
            gain = 0.0
            for number in range(net.start[j], net.start[j + 1]):
                g = net.group[number]
                gain += net.people[g] - now.served[g]
            worth += min(gain, net.capacity[j])
            if power > 0.0:
                worth /= max(net.cost[j], 1e-9) ** power
            score[j] = worth
            if worth > best:
                best, chosen = worth, j
        if chosen < 0 or best <= EPSILON:
            return
        if heat > 0.0:
            loudest = -np.inf
            for j in range(sites):
                if score[j] > 0.0 and score[j] >= best - NOISE_REACHES * heat:
                    noisy = score[j] - heat * np.log(-np.log(draw(now)))
                    if noisy > loudest:
                        loudest, chosen = noisy, j
        put(net, now, chosen)


@njit(cache=True, nogil=True)
def kept(net: Net, now: Served) -> bool:  # pragma: no cover - compiled
    """Whether every row is kept to."""
    return not (now.used > net.limit + 1e-9).any()


@njit(cache=True, nogil=True)
def bath(
    net: Net,
    now: Served,
    free: Flags,
    most: int,
    budget: float,
    uneven: bool,
    steps: int,
    hot: float,
    cold: float,
    best: Flags,
    record: Floats,
) -> None:  # pragma: no cover - compiled
    """A heat bath: close one, open what serves most, take it back unless its draw allows it."""
    sites = len(net.capacity)
    amount, served, load = now.amount.copy(), now.served.copy(), now.load.copy()
    used, tally, opened = now.used.copy(), now.tally.copy(), now.opened.copy()
    some = np.empty(sites, np.int64)
    for step in range(steps):
        heat = hot * (cold / hot) ** (step / steps) if hot > 0.0 else 0.0
        size = 0
        for j in range(sites):
            if now.opened[j] and free[j]:
                some[size] = j
                size += 1
        if size == 0:
            return
        copy_into(amount, now.amount)
        copy_into(served, now.served)
        copy_into(load, now.load)
        copy_into(used, now.used)
        copy_into(tally, now.tally)
        copy_into(opened, now.opened)
        leave(net, now, some[min(size - 1, int(draw(now) * size))])
        power = 1.0 if uneven and draw(now) < 0.5 else 0.0
        fill(net, now, free, most, budget, heat if power == 0.0 else 0.0, power)
        if now.tally[0] < tally[0] + heat * np.log(draw(now)) - 1e-9:
            copy_into(now.amount, amount)
            copy_into(now.served, served)
            copy_into(now.load, load)
            copy_into(now.used, used)
            copy_into(now.tally, tally)
            copy_into(now.opened, opened)
        elif now.tally[0] > record[0] + 1e-9 and kept(net, now):
            record[0] = now.tally[0]
            copy_into(best, now.opened)


@njit(cache=True, nogil=True)
def knapsacks(
    net: Net, price: Floats, row_price: Floats, worth: Floats, load: Floats, order: Longs
) -> None:  # pragma: no cover - compiled
    """(k,) what each site earns from the groups that pay best, within its capacity."""
    worth[:] = 0.0
    load[:] = 0.0
    for g in order:
        gain = 1.0 - price[g]
        if gain <= 0.0:
            break
        for pair in range(net.row[g], net.row[g + 1]):
            j = net.column[pair]
            more = min(net.capacity[j] - load[j], net.people[g])
            if more > 0.0:
                worth[j] += gain * more
                load[j] += more
    for j in range(len(worth)):
        for number in range(net.side_start[j], net.side_start[j + 1]):
            worth[j] -= row_price[net.side_row[number]] * net.side_coefficient[number]


@njit(cache=True, nogil=True)
def offered(
    net: Net, price: Floats, taken: Floats, order: Longs
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """(G,) people that the sites taken would serve of each group, (R,) use of the rows."""
    load = np.zeros(len(taken))
    served = np.zeros(len(price))
    used = np.zeros(len(net.limit))
    for g in order:
        if price[g] >= 1.0:
            break
        for pair in range(net.row[g], net.row[g + 1]):
            j = net.column[pair]
            if taken[j] > 0.0:
                more = min(net.capacity[j] - load[j], net.people[g])
                if more > 0.0:
                    load[j] += more
                    served[g] += more * taken[j]
    for j in range(len(taken)):
        if taken[j] > 0.0:
            for number in range(net.side_start[j], net.side_start[j + 1]):
                used[net.side_row[number]] += net.side_coefficient[number] * taken[j]
    return served, used


@njit(cache=True, nogil=True)
def sent_by_points(
    weight: Floats, home: Longs, group: Longs, people: Floats, least: Floats
) -> tuple[Longs, Longs, Floats]:  # pragma: no cover - compiled
    """What groups send, sent by their points one after the other: (point, flow, people).

    Args:
        weight, home: people and group of the points, ascending by group. group, people: of each
            flow, ascending by group. least: of each group, fewer people than adding and
            subtracting leaves there.
    """
    most = len(weight) + len(people)
    point, flow = np.empty(most, np.int64), np.empty(most, np.int64)
    sent = np.empty(most)
    count = at = 0
    left = 0.0
    for number in range(len(people)):
        mine, rest = group[number], people[number]
        if number == 0 or group[number - 1] != mine:
            # Each group begins anew: a rounding in one sends nobody of the next elsewhere.
            at = np.searchsorted(home, mine)
            left = weight[at] if at < len(weight) else 0.0
        while rest > least[mine] and at < len(weight) and home[at] == mine:
            many = min(rest, left)
            if many > least[mine]:
                point[count], flow[count], sent[count] = at, number, many
                count += 1
            rest -= many
            left -= many
            if left <= least[mine]:
                at += 1
                left = weight[at] if at < len(weight) else 0.0
    return point[:count], flow[:count], sent[:count]
