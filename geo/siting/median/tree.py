"""A search tree over open or closed candidates, with the Lagrangian bound at each node.

Depth first; a node takes its parent's prices, climbs some steps, settles what its bound settles and
branches on the candidate that the prices choose about half of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.median.prices import Prices, choose, rise, threshold
from geo.siting.median.walks import Walks
from geo.siting.problem import Bytes, Floats, Ints, Longs

MOST_BYTES: Final = 400_000_000
STEPS: Final = 40


@dataclass(eq=False)
class Tree:
    """A tree that can be grown piece by piece.

    Attributes:
        finished: nothing is left to search. overgrown: it ran out of memory.
        bound: least bound of what is left to search.
        nodes: looked at so far.
        found: the best plan met, by positions among the candidates, if it is as good as the goal in
            this problem; `value` its value here.
    """

    walks: Walks
    most: int

    def __init__(self, walks: Walks, prices: Prices, most: int) -> None:
        self.walks = walks
        self.most = most
        room = walks.sites + len(walks) * 8
        depth = int(min(2 * walks.sites + 4, MOST_BYTES // max(1, room)))
        self._state = np.zeros((depth, walks.sites), np.int8)
        self._price = np.zeros((depth, len(walks)))
        self._bound = np.full(depth, -np.inf)
        self._price[0] = prices.price
        self._bound[0] = prices.raw
        self._share = prices.share.copy()
        self._record = np.array([1.0, 0.0, 0.0])
        self._plan = np.zeros(walks.sites, np.int8)

    @property
    def finished(self) -> bool:
        """Nothing is left to search."""
        return bool(self._record[0] == 0) and not self.overgrown

    @property
    def overgrown(self) -> bool:
        """It ran out of memory; some of it is not searched."""
        return bool(self._record[2] > 0)

    @property
    def nodes(self) -> int:
        """Looked at so far."""
        return int(self._record[1])

    @property
    def bound(self) -> float:
        """The least bound of what is left to search."""
        size = int(self._record[0])
        return float(self._bound[:size].min()) if size else np.inf

    def grow(self, goal: float, nodes: int) -> Longs | None:
        """Look at so many nodes more, or until a plan of `goal` or better is met: that plan."""
        walks = self.walks
        met = _grow(
            walks.row,
            walks.column,
            walks.metres,
            walks.weight,
            walks.far,
            walks.cost,
            self.most,
            goal,
            self._state,
            self._price,
            self._bound,
            self._share,
            self._record,
            self._plan,
            nodes,
            STEPS,
        )
        return np.flatnonzero(self._plan).astype(np.int64) if met else None


@njit(cache=True, nogil=True)
def _grow(
    row: Longs,
    column: Ints,
    metres: Floats,
    weight: Floats,
    far: Floats,
    cost: Floats,
    most: int,
    goal: float,
    states: Any,
    prices: Any,
    bounds: Floats,
    share: Floats,
    record: Floats,
    plan: Bytes,
    nodes: int,
    steps: int,
) -> bool:  # pragma: no cover - compiled
    points, sites = len(weight), len(cost)
    size = int(record[0])
    state = np.zeros(sites, np.int8)
    price = np.empty(points)
    here = np.empty(points)
    gain = np.zeros(sites)
    room = np.empty(sites)
    taken = np.zeros(sites)
    direction = np.zeros(points)
    told = np.empty(2)
    tolerance = 1e-9 * abs(goal)
    met = False
    for _ in range(nodes):
        if size == 0:
            break
        size -= 1
        record[1] += 1
        if bounds[size] > goal + tolerance:
            continue
        copy_into(state, states[size])
        copy_into(price, prices[size])
        cut = False
        left = 0
        free = 0
        for again in range(3):
            left = most
            free = 0
            for j in range(sites):
                if state[j] == 2:
                    left -= 1
                elif state[j] == 0:
                    free += 1
            for i in range(points):
                here[i] = far[i]
                for at in range(row[i], row[i + 1]):
                    if state[column[at]] == 2:
                        here[i] = min(far[i], metres[at])
                        break
                price[i] = min(price[i], here[i])
            if left < 0:
                # More have to be open than may be.
                cut = True
            if left <= 0 or free == 0:
                break
            direction[:] = 0.0
            told[0] = -np.inf
            told[1] = 0.5 if again == 0 else 0.2
            rise(
                row, column, metres, weight, here, cost, state, left, np.inf, price, direction,
                gain, share, told, goal + 0.02 * abs(goal - bounds[size]), goal + tolerance,
                steps, 6,
            )  # fmt: skip
            if told[0] > goal + tolerance:
                cut = True
                break
            bar, following = threshold(gain, state, left, room)
            slack = goal - told[0] + tolerance
            changed = 0
            for j in range(sites):
                if state[j] != 0:
                    continue
                if gain[j] < bar:
                    if bar - gain[j] > slack:
                        state[j] = 1
                        changed += 1
                elif gain[j] - following > slack:
                    state[j] = 2
                    changed += 1
            if changed == 0 or (again > 0 and changed < 3):
                break
        left = most
        free = 0
        for j in range(sites):
            if state[j] == 2:
                left -= 1
            elif state[j] == 0:
                free += 1
        if cut or left < 0:
            continue
        # The plan the prices choose, with whatever is open.
        taken[:] = 0.0
        if left > 0:
            choose(gain, state, cost, left, np.inf, room, taken)
        value = 0.0
        for i in range(points):
            near = far[i]
            for at in range(row[i], row[i + 1]):
                j = column[at]
                if state[j] == 2 or taken[j] > 0:
                    near = min(near, metres[at])
                    break
            value += weight[i] * near
        if value <= goal + tolerance:
            for j in range(sites):
                plan[j] = 1 if state[j] == 2 or taken[j] > 0 else 0
            met = True
        if left <= 0 or free == 0:
            if met:
                break
            continue
        # The most chosen: closing it costs most, opening it settles most.
        branch = -1
        most_chosen = -1.0
        for j in range(sites):
            if state[j] == 0:
                chosen = share[j] if share[j] < 0.99 else -0.5
                if chosen > most_chosen:
                    most_chosen = chosen
                    branch = j
        if size + 2 > len(bounds):
            record[2] = 1.0
            size += 1
            break
        bar, following = threshold(gain, state, left, room)
        up = told[0] + max(0.0, bar - gain[branch]) if gain[branch] < bar else told[0]
        down = told[0] + max(0.0, gain[branch] - following) if gain[branch] >= bar else told[0]
        for which in range(2):
            copy_into(states[size], state)
            copy_into(prices[size], price)
            states[size, branch] = 1 if which == 0 else 2
            bounds[size] = down if which == 0 else up
            size += 1
        if met:
            break
    record[0] = size
    return met
