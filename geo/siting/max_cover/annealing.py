"""Better plans: best one-swaps until none is left, then a heat bath
(:mod:`geo.siting.model.moves`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from geo.siting.max_cover.greedy import greedy
from geo.siting.model.merge import Merged
from geo.siting.model.moves import VALUE, Board, State, board_of, met, state_of, walk
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs

SWAP_ROUNDS = 50
NEVER = np.array([np.nan])
"""No plan is good enough to end with: nothing compares with it."""
HOT, COOLED = (0.03, 0.06, 0.012), 0.08
"""Where coolings begin, in turn, in mean losses of an open site; and what is left at their end."""
DEAR, LEAST_DEAR = 3.0, 1.0
"""What a unit short of a floor counts at first, and at least."""


@dataclass(eq=False)
class Search:
    """A search that goes on from where it was.

    Attributes:
        best, value: the best plan that keeps to all conditions (value -inf: none yet).
        temperature: of the next round, in the unit of the weights.
        good: plans of starts of their own, the best first: value and sites, among all sites.
        deep: how often the best of them was searched by larger parts; below 0: never to be.
        closed: parts of plans that were searched for nothing
        (:func:`geo.siting.max_cover.windows.by_parts`).
    """

    merged: Merged
    sides: Sides
    seed: int
    best: Longs
    value: float
    prices: Floats
    temperature: float = 0.0
    rounds: int = 0
    good: tuple[tuple[float, Longs], ...] = ()
    deep: int = 0
    closed: set[bytes] = field(default_factory=set)
    enough: Floats = field(default_factory=lambda: np.array([np.inf]))
    """What a plan under way need not exceed, without the base; made less while it goes on, it ends
    it: -inf at once."""
    under_way: tuple[np.typing.NDArray[np.uint8], Floats] | None = None
    """The best plan of the round that goes on, and what it is worth without the base; written by
    another thread, so that the two need not belong together."""


def start_search(merged: Merged, sides: Sides, start: Longs, seed: int) -> Search:
    """A search from a plan, given by positions among the candidates; it may break conditions."""
    search = Search(merged, sides, seed, start, -np.inf, np.where(sides.floor > 0, DEAR, 0.0))
    if sides.kept_by(merged, start):
        search.value = merged.value(start)
    return search


def swap(search: Search, start: Longs, rounds: int = SWAP_ROUNDS) -> Longs:
    """The best one-swaps, site by site, until a whole round finds none; the plan it ends with.

    Cost: a round visits every open site once: the overlap of its groups, and the candidates.
    """
    board, state = state_at(search, start)
    best, record = _record(search)
    for _ in range(rounds):
        drops = np.flatnonzero(state.opened).astype(np.int32)
        if not _walk(search, board, state, drops, 0.0, 0.0, best, record, NEVER):
            break
    _keep(search, best, record, board, state)
    ended: Longs = np.flatnonzero(state.opened).astype(np.int64)
    return ended


def anneal(search: Search, steps: int) -> float:
    """One cooling of so many steps, from the best plan; returns the best value, base included.

    It starts at a share of the mean loss of an open site and cools to a fiftieth of that; the
    rounds alternate between warmer and cooler starts. What is missed of the floors of districts is
    a penalty, which becomes dearer from round to round where a floor is missed. A plan worth
    `search.enough` ends it.
    """
    parts = 8 if (search.sides.floor > 0).any() else 1
    start = search.best
    best, record = search.under_way = _record(search)
    for part in range(parts):
        board, state = state_at(search, start)
        if part == 0:
            worth = search.merged.value(search.best) - search.merged.base
            share = HOT[search.rounds % 3]
            search.temperature = share * max(worth, 1e-12) / max(1, len(search.best))
        hot = search.temperature * COOLED ** (part / parts)
        cold = search.temperature * COOLED ** ((part + 1) / parts)
        drops = np.full(max(1, steps // parts), -1, np.int32)
        _walk(search, board, state, drops, hot, cold, best, record, search.enough)
        start = np.flatnonzero(state.opened).astype(np.int64)
        _reprice(search, state)
        if record[0] >= search.enough[0]:
            break
    _keep(search, best, record, board, state)
    swap(search, search.best)
    search.rounds += 1
    return search.value


def anew(search: Search, steps: int) -> tuple[Longs, float]:
    """A plan of one cooling of so many steps from the greedy one, so hot at first that it may end
    anywhere; and its value, -inf: none that keeps to all conditions."""
    start = greedy(search.merged, search.sides)
    board, state = state_at(search, start)
    best, record = np.zeros(len(search.merged.candidates), np.uint8), np.array([-np.inf])
    search.under_way = best, record
    loss = max(search.merged.value(start) - search.merged.base, 1e-12) / max(1, len(start))
    hot = max(HOT) * loss
    drops = np.full(max(1, steps), -1, np.int32)
    _walk(search, board, state, drops, hot, COOLED * hot, best, record, search.enough)
    plan = np.flatnonzero(best).astype(np.int64)
    other = replace(search, best=plan, value=-np.inf)
    if search.sides.kept_by(search.merged, plan):
        other.value = search.merged.value(plan)
    swap(other, plan)
    search.rounds += 1
    return other.best, other.value


def _walk(
    search: Search,
    board: Board,
    state: State,
    drops: np.typing.NDArray[np.int32],
    hot: float,
    cold: float,
    best: np.typing.NDArray[np.uint8],
    record: Floats,
    enough: Floats,
) -> int:
    uneven = bool(np.isfinite(search.sides.budget) and np.ptp(search.sides.cost) > 0)
    return int(
        walk(
            board,
            state,
            search.sides.most,
            search.sides.budget,
            drops,
            hot,
            cold,
            uneven,
            best,
            record,
            enough,
        )
    )


def state_at(search: Search, start: Longs) -> tuple[Board, State]:
    """What the kernels read and change, with the sites `start` open."""
    board = board_of(search.merged, search.sides, search.prices)
    return board, state_of(board, start, search.seed * 1009 + search.rounds)


def _record(search: Search) -> tuple[np.typing.NDArray[np.uint8], Floats]:
    best = np.zeros(len(search.merged.candidates), np.uint8)
    best[search.best] = 1
    return best, np.array([search.value - search.merged.base])


def _keep(
    search: Search,
    best: np.typing.NDArray[np.uint8],
    record: Floats,
    board: Board,
    state: State,
) -> None:
    if state.tally[VALUE] > record[0] and met(board, state):
        best, record = state.opened, state.tally[VALUE : VALUE + 1]
    plan = np.flatnonzero(best).astype(np.int64)
    # Again from the weights themselves: sums kept step by step drift in the last digits.
    if np.isfinite(record[0]) and search.sides.kept_by(search.merged, plan):
        value = search.merged.value(plan)
        if value > search.value:
            search.best, search.value = plan, value
    elif not np.isfinite(search.value):
        search.best = np.flatnonzero(state.opened).astype(np.int64)


def _reprice(search: Search, state: State) -> None:
    floor = search.sides.floor
    asked = floor > 0
    missed = asked & (state.share < floor)
    dear = np.where(missed, search.prices * 1.5, np.maximum(LEAST_DEAR, search.prices * 0.9))
    search.prices = dear * asked
