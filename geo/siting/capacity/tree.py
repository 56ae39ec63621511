"""Branch and cut for maximum coverage within capacities.

Bounds are those of the linear relaxation with the cuts of :mod:`geo.siting.capacity.cuts`, its
prices multiplied out anew (:func:`above`), so that no bound rests on HiGHS's tolerances. What is
left of the gap is split not by single sites, of which dozens can stand for each other, but by how
many of a quarter's sites are open: at most two, or at least three. Of the splits that promise most,
some iterations of the simplex method say which is best (strong branching; Achterberg, Koch and
Martin, Operations Research Letters 33, 2005).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numba import njit
from scipy.optimize import linprog
from scipy.sparse import csr_array, diags_array

from geo.siting.capacity.cuts import found_cuts
from geo.siting.capacity.flows import Net, bath, kept
from geo.siting.capacity.linear import Duals, Linear, Split
from geo.siting.capacity.roomy import Asked, opened_with
from geo.siting.control import Control
from geo.siting.max_cover.descent import pick
from geo.siting.max_cover.fixing import cut_of, settled_by
from geo.siting.max_cover.lagrangian import outward
from geo.siting.model.moves import Flags
from geo.siting.model.narrowing import OPENED, SHUT
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import Bytes, Floats, Longs

ROOT_ROUNDS: Final = 40
ROUNDS: Final = 6
"""Of cuts: of all plans, and of a part."""
AT_ONCE: Final = 40
LEAST: Final = 2e-6
"""Of the bound, a cut has to be away from the solution."""
SETS, SINGLES = 3, 1
"""Splits that are tried before one is chosen. More make fewer parts, and each part dearer."""
ITERATIONS: Final = 60
STEPS: Final = 6_000
"""Of the heat bath after each part."""
HEATS: Final = (0.05, 0.12, 0.02)
MOST_BYTES: Final = 200_000_000
"""Of prices that are kept for the certificate; a search of hours has more."""
FREE: Final = 0
_LINPROG: Any = linprog


@dataclass(eq=False)
class Part:
    """A part of all plans: those that keep to its splits. No plan of it is above `bound`.

    vectors: prices, and what was good enough then, which settled some sites (`status`).
    """

    bound: float
    path: list[Split]
    status: Bytes
    vectors: list[tuple[Duals, float]] = field(default_factory=list)
    split: Split | None = None
    halves: list[Part] = field(default_factory=list)


class Search:
    """One search; `best` and `record` are the best plan so far, and get better in place."""

    def __init__(
        self, asked: Asked, best: Flags, record: Floats, bound: float, seed: int, control: Control
    ) -> None:
        """Nothing is searched yet; no plan is above `bound`."""
        self._asked, self._best, self._record = asked, best, record
        self._control, self._seed, self._count = control, seed, 0
        self._linear = Linear(asked, control)
        self._alike = _alike(asked.net)
        self._known: list[Longs] = []
        status = np.where(asked.free, FREE, OPENED).astype(np.int8)
        self.whole = Part(bound, [], status)
        self._open: list[tuple[float, int, Part]] = [(-bound, 0, self.whole)]
        self._ended = -np.inf
        self._bytes = 0
        self.told = True
        """Whether the parts' prices are all there, and so prove the bound."""

    @property
    def bound(self) -> float:
        """No plan is better."""
        still = max((-one[0] for one in self._open), default=-np.inf)
        return max(still, self._ended, float(self._record[0]))

    def step(self) -> bool:
        """Look into the part with the highest bound; False when there is nothing more to do."""
        if not self._open or self._control.stopped():
            return False
        part = self._open[0][2]
        if part.bound > self._cut():
            self._look_into(part)
            if self._control.stopped():
                return False
        heapq.heappop(self._open)
        if part.bound <= self._cut() or not self._halve(part):
            self._ended = max(self._ended, part.bound)
        if self._bytes > MOST_BYTES:
            self.told, part.vectors = False, []
        for half in part.halves:
            self._count += 1
            heapq.heappush(self._open, (-half.bound, self._count, half))
        return bool(self._open)

    def _cut(self) -> float:
        """What is no better need not be looked into."""
        value, unit = float(self._record[0]), self._asked.unit
        cut = cut_of(value, unit, self._control.gap)
        return cut if unit or not np.isfinite(value) else max(cut, value + 0.5 * slack(value))

    def _look_into(self, part: Part) -> None:
        """Its bound, as good as cuts make it; and plans near the best."""
        linear, whole = self._linear, part is self.whole
        linear.bind(part.status, part.path)
        value = linear.solve()
        least = LEAST * value if 0.0 < value < np.inf else 0.0
        for _ in range(ROOT_ROUNDS if whole else ROUNDS):
            if not self._cut() < value < np.inf or self._control.stopped():
                break
            opened, flow = linear.solution()
            cuts = found_cuts(self._asked.net, opened, flow, self._known, least, AT_ONCE)
            self._known = [cut.whom for cut in cuts]
            linear.add(cuts)
            before, value = value, linear.solve() if cuts else value
            if not cuts or before - value < (5.0 if whole else 50.0) * least:
                break
        if value == -np.inf:
            self._contradict(part)
        elif value < np.inf:
            self._price(part)
            self._take_in(linear.solution()[0])
            linear.forget()
        if part.bound > self._cut():
            self._warm_up()

    def _contradict(self, part: Part) -> None:
        """HiGHS says that it has no plan. Only what prices of the conditions prove is taken for
        proved; else its bound stays what it was."""
        taken = (part.status == OPENED) & (self._asked.free > 0)
        sides, cost = self._asked.sides, float(self._asked.net.cost[taken].sum())
        if taken.sum() > sides.most or cost > sides.budget + slack(sides.budget):
            part.bound = -np.inf
            return
        prices = contradiction(self._asked, part.status, part.path)
        if prices is not None and above(self._asked, prices, part.status)[0] <= 0.0:
            part.vectors.append((prices, self._cut()))
            part.bound = -np.inf

    def _take_in(self, opened: Floats) -> None:
        """A plan, where the solution is one."""
        asked, whole = self._asked, np.round(opened)
        if np.abs(opened - whole).max(initial=0.0) > 1e-6:
            return
        plan = np.flatnonzero((whole > 0) & (asked.free > 0)).astype(np.int64)
        now = opened_with(asked, plan, self._seed)
        if now.tally[0] > self._record[0] and kept(asked.net, now):
            self._record[0], self._best[:] = now.tally[0], now.opened

    def _price(self, part: Part) -> None:
        duals = self._linear.duals(part.path)
        raw, worth = above(self._asked, duals, part.status)
        part.vectors.append((duals, self._cut()))
        self._bytes += duals.price.nbytes
        part.bound = min(part.bound, outward(raw, self._asked.unit))
        # What cannot bring a better plan is settled for all parts of this one.
        left, free = left_by(self._asked, part.status), part.status == FREE
        keep, must = settled_by(self._asked.unit, left, raw, worth[free], self._cut())
        some = np.flatnonzero(free)
        part.status = part.status.copy()
        part.status[some[~keep]] = SHUT
        part.status[some[must]] = OPENED

    def _warm_up(self) -> None:
        """Plans near the best one, by a heat bath."""
        asked, number = self._asked, self._count
        plan = np.flatnonzero(self._best & asked.free).astype(np.int64)
        if not len(plan):
            return
        now = opened_with(asked, plan, self._seed + number)
        uneven = bool(np.isfinite(asked.sides.budget) and np.ptp(asked.net.cost) > 0)
        hot = HEATS[number % len(HEATS)] * float(self._record[0]) / len(plan)
        most, budget = asked.sides.most, asked.sides.budget
        heat = hot, 0.02 * hot
        bath(
            asked.net, now, asked.free, most, budget, uneven, STEPS, *heat, self._best, self._record
        )

    def _halve(self, part: Part) -> bool:
        """Split it in two; False where there is nothing to split, because its solution is whole."""
        linear = self._linear
        linear.bind(part.status, part.path)
        # With what was settled it may be at its end.
        value = linear.solve()
        if value == -np.inf:
            self._contradict(part)
        if not np.isfinite(value):
            return False
        opened, _ = linear.solution()
        self._take_in(opened)
        splits = self._candidates(opened, part)
        if value <= self._cut() or not splits:
            self._price(part)
            return False
        basis, best, chosen = linear.basis(), -np.inf, None
        reach = max(value - self._cut(), 1e-9)
        for who in splits:
            if self._control.stopped():
                break
            most = float(np.floor(opened[list(who)].sum()))
            fewer, more = Split(who, 1.0, most), Split(who, -1.0, -most - 1.0)
            less = [
                min(reach, max(0.0, value - linear.estimate(one, basis, ITERATIONS)))
                for one in (fewer, more)
            ]
            score = max(less[0], 1e-3 * reach) * max(less[1], 1e-3 * reach)
            if score > best:
                best, chosen = score, (fewer, more)
        if chosen is None:
            return False
        part.split = chosen[0]
        for one in chosen:
            status, path = part.status.copy(), part.path
            if len(one.who) == 1:
                status[one.who[0]] = SHUT if one.sign > 0 else OPENED
            else:
                path = [*path, one]
            part.halves.append(Part(part.bound, path, status, []))
        return True

    def _candidates(self, opened: Floats, part: Part) -> list[tuple[int, ...]]:
        """Sites that could be split by how many are open: those of cuts that bind, those alike,
        and single ones."""
        found: dict[tuple[int, ...], float] = {}
        dear = max((price for _, price in part.vectors[-1][0].cuts), default=1.0)
        for cut, price in part.vectors[-1][0].cuts:
            half = _half(opened[cut.who].sum())
            if half > 0.05:
                who = tuple(cut.who.tolist())
                found[who] = max(found.get(who, 0.0), half * (1.0 + price / dear))
        for some in self._alike(np.flatnonzero(opened > 1e-6)):
            half = _half(opened[some].sum())
            if half > 0.2:
                found.setdefault(tuple(some.tolist()), half)
        sets = sorted(found, key=lambda who: -found[who])[:SETS]
        between = np.flatnonzero((opened > 0.05) & (opened < 0.95))
        single = between[np.argsort(np.abs(opened[between] - 0.5), kind="stable")][:SINGLES]
        every = sets + [(int(j),) for j in single]
        if every:
            return every
        left = np.flatnonzero((opened > 1e-7) & (opened < 1 - 1e-7))
        return [(int(left[np.argmin(np.abs(opened[left] - 0.5))]),)] if len(left) else []


def _half(total: float) -> float:
    part = total - np.floor(total)
    return float(min(part, 1.0 - part))


def _alike(net: Net) -> Callable[[Longs], list[Longs]]:
    """Sites around each of some that share much of their reach with it."""
    pairs = csr_array(
        (np.ones(len(net.column)), net.column, net.row), (len(net.people), len(net.capacity))
    )
    by_site = (pairs.T @ diags_array(net.people)).tocsr()

    def around(some: Longs) -> list[Longs]:
        shared = (by_site[some] @ pairs).toarray()
        reach: Floats = np.asarray(by_site.sum(axis=1)).ravel()
        less = np.minimum(reach[some][:, None], reach[None, :])
        return [
            np.flatnonzero(one >= share * of)
            for share in (0.3, 0.6)
            for one, of in zip(shared, less, strict=True)
        ]

    return around


def left_by(asked: Asked, status: Bytes) -> Sides:
    """What a part leaves free to choose: number, costs and budget."""
    taken = (status == OPENED) & (asked.free > 0)
    return replace(
        asked.sides,
        most=max(0, asked.sides.most - int(taken.sum())),
        cost=asked.net.cost[status == FREE],
        budget=max(0.0, asked.sides.budget - float(asked.net.cost[taken].sum())),
    )


def above(asked: Asked, duals: Duals, status: Bytes) -> tuple[float, Floats]:
    """(L, (k,) what each site earns) at some prices: those of cuts are paid by the pairs inside and
    given to the sites."""
    net = asked.net
    less, worth = np.zeros(len(net.column)), np.zeros(len(net.capacity))
    raw = float(net.people @ duals.price + net.limit @ duals.row)
    for cut, price in duals.cuts:
        less[cut.pairs] += price
        worth[cut.who] += price * cut.takes
        raw += price * cut.limit
    for split, price in duals.splits:
        worth[list(split.who)] -= split.sign * price
        raw += price * split.most
    owner = np.repeat(np.arange(len(worth)), np.diff(net.side_start))
    np.subtract.at(worth, owner, duals.row[net.side_row] * net.side_coefficient)
    _earn(net, duals.price.astype(np.float64), less, worth)
    left, free = left_by(asked, status), status == FREE
    raw += float(worth[status == OPENED].sum())
    inner = np.empty(int(free.sum()))
    raw += pick(worth[free], left.cost, left.most, left.budget, left.by_number, inner)
    return raw, worth


def contradiction(asked: Asked, status: Bytes, path: list[Split]) -> Duals | None:
    """Prices at which conditions and splits cost more than all that can be served, where no plan
    keeps to them (Farkas, Journal für die reine und angewandte Mathematik 124, 1902)."""
    net, left = asked.net, left_by(asked, status)
    rows, sites = len(net.limit), len(net.capacity)
    owner = np.repeat(np.arange(sites), np.diff(net.side_start))
    limit = np.concatenate((net.limit, [one.most for one in path], [0.0]))
    if len(limit) == 1:
        return None
    # The last column: by how much one of them has to be broken. The last row is kept to.
    sizes = [len(one.who) for one in path]
    free = np.flatnonzero(status == FREE)
    counts = np.ones(len(free)) if left.by_number else left.cost
    limit[-1] = left.most if left.by_number else left.budget
    broken = np.arange(len(limit) - 1)
    splits_row = rows + np.repeat(np.arange(len(path)), sizes)
    row = (net.side_row, splits_row, broken, np.full(len(free), len(limit) - 1))
    column = (
        owner,
        np.array([j for one in path for j in one.who], np.int64),
        np.full(len(broken), sites),
        free,
    )
    value = (
        net.side_coefficient,
        np.repeat([one.sign for one in path], sizes),
        -np.ones(len(broken)),
        counts,
    )
    matrix = csr_array(
        (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
        (len(limit), sites + 1),
    )
    bounds = [*((float(one == OPENED), float(one != SHUT)) for one in status), (0.0, None)]
    found = _LINPROG(
        np.append(np.zeros(sites), 1.0),
        A_ub=matrix,
        b_ub=limit,
        bounds=bounds,
        method="highs",
    )
    if not found.success or found.fun <= 1e-7:
        return None
    dear = np.maximum(0.0, -found.ineqlin.marginals[:-1])
    dear *= 1.01 * (float(net.people.sum()) + 1.0) / found.fun
    splits = [(one, float(much)) for one, much in zip(path, dear[rows:], strict=True) if much > 0]
    return Duals(np.ones(len(net.people)), dear[:rows], [], splits)


@njit(cache=True, nogil=True)
def _earn(
    net: Net, price: Floats, less: Floats, worth: Floats
) -> None:  # pragma: no cover - compiled
    """Each site serves those who pay best, within its capacity."""
    for j in range(len(worth)):
        low, high = net.start[j], net.start[j + 1]
        gain = np.empty(high - low)
        for i in range(low, high):
            gain[i - low] = 1.0 - price[net.group[i]] - less[net.at[i]]
        left = net.capacity[j]
        for i in np.argsort(-gain):
            if gain[i] <= 0.0 or left <= 0.0:
                break
            much = min(left, net.people[net.group[low + i]])
            worth[j] += gain[i] * much
            left -= much
