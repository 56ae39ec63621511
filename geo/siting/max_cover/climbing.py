"""Where the ladder of :mod:`geo.siting.max_cover.ladder` stands: the best plan, the bound, what is
left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.annealing import Search
from geo.siting.max_cover.lagrangian import Prices, outward
from geo.siting.max_cover.proof import Branch, Vector, levels, spread
from geo.siting.max_cover.trunk import Trunk
from geo.siting.model.merge import Merged
from geo.siting.model.shares import Share, broken, sharpened
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import Floats, Longs, Status, gap_of

MOST_ROWS: Final = 400


@dataclass(eq=False)
class Climb:
    """Where the ladder stands.

    Attributes:
        best: positions among all sites of the new sites, those fixed before included.
        seen: a better plan of a heat bath that still goes on, and its value: for who watches.
        value, bound: of the best plan (-inf: none that keeps to the rules), and over all plans.
        proof: what the bound follows from, on the groups of the problem as it was given.
        cut: sites were settled for plans better than this only, so no bound is below it.
        by: who proved it last: "prices", "tree" or "highs" (which leaves no proof behind).
        prices: the first level's, taken: how much of each of all sites the relaxation opens there
            (empty: not known), and trunk: the splits of the tree, all for a warm start.
        rows: prices of the rows, the last ones.
        shares: rows that follow from the floors, behind the others, in terms of all sites.
    """

    best: Longs
    value: float
    bound: float
    proof: Branch = field(default_factory=Branch)
    by: str = "prices"
    prices: Vector | None = None
    taken: Floats = field(default_factory=lambda: np.zeros(0))
    infeasible: bool = False
    relaxed: list[str] = field(default_factory=list)
    cut: float = -np.inf
    trunk: Trunk | None = None
    shares: list[Share] = field(default_factory=list)
    rows: Floats = field(default_factory=lambda: np.zeros(0))
    seen: tuple[float, Longs] = (-np.inf, np.zeros(0, np.int64))

    @property
    def least(self) -> float:
        """No bound may be below it."""
        return max(self.value, self.cut)


@dataclass(eq=False)
class Level:
    """The problem with some candidates settled: `opened` are among all sites; `into` (G,) the group
    here of each group of the first level, whose levels are `before` where that is none, and whose
    worth is `weight`. `core`: a search among some of the candidates only, chosen when the bound was
    `cored`; `flat`: cycles for which the prices are left alone, after `descents` steps of them."""

    merged: Merged
    sides: Sides
    opened: Longs
    prices: Prices
    search: Search
    profit: Floats
    into: Longs
    before: Floats
    weight: Floats
    core: Search | None = None
    cored: float = np.inf
    flat: int = 0
    descents: int = 0


def vector_here(level: Level) -> Vector:
    """The level's prices, told for the groups of the first."""
    here = levels(level.merged, level.prices.group, level.prices.floor)
    return Vector(
        spread(here, level.into, level.before), level.prices.row.copy(), level.prices.floor.copy()
    )


def keep_prices(found: Climb, level: Level) -> None:
    """For a question like this one: the prices of the first level, what the relaxation opens."""
    found.prices = vector_here(level)
    sites = level.merged.candidates
    if len(level.prices.taken) == len(sites):
        found.taken = np.zeros(int(sites.max(initial=-1)) + 1)
        found.taken[sites] = level.prices.taken


class Found(Protocol):
    """What is known of a problem, whether most or least is wanted."""

    infeasible: bool
    value: float
    bound: float


def status_of(found: Found, unit: float, control: Control) -> Status:
    """How it ended; `unit` is what all values are multiples of, 0: none."""
    if found.infeasible:
        return "infeasible"
    if abs(found.bound - found.value) <= (0.5 * unit if unit else slack(found.value)):
        return "optimal"
    if gap_of(found.value, found.bound) <= control.gap:
        return "gap reached"
    # Without a limit of time it is the patience that ends, when no exact search is wanted.
    return "stopped" if control.asked_to_stop or control.time_limit is None else "time limit"


def done(found: Climb, unit: float, control: Control) -> bool:
    """Whether there is nothing more to do, or no more time."""
    return (
        found.infeasible
        or status_of(found, unit, control) in {"optimal", "gap reached"}
        or (control.stopped())
    )


def take_bound(found: Climb, level: Level, control: Control) -> None:
    """What a level's prices prove."""
    bound = outward(level.prices.raw, level.merged.unit)
    # What was settled is no part of any better plan; so no plan is above the larger of the two.
    lower(found, max(bound, found.least), control)


def lower(found: Climb, bound: float, control: Control) -> None:
    """A bound that may be a better one."""
    if bound < found.bound:
        found.bound = bound
        _show(found, control)


def _show(found: Climb, control: Control) -> None:
    value, plan = found.value, found.best
    if found.seen[0] > value:
        value, plan = found.seen
    if np.isfinite(value):
        control.improved(value, max(found.bound, value), plan)


def glimpse(found: Climb, level: Level, search: Search, control: Control) -> None:
    """Show a better plan of a heat bath that still goes on; nothing else depends on it."""
    under_way, merged = search.under_way, search.merged
    most = max(found.value, found.seen[0])
    if under_way is None or not under_way[1][0] + merged.base > most:
        return
    plan = np.flatnonzero(under_way[0]).astype(np.int64)
    value = merged.value(plan) if search.sides.kept_by(merged, plan) else -np.inf
    if value > most:
        sites = np.concatenate((level.opened, merged.candidates[plan].astype(np.int64)))
        found.seen = value, np.sort(sites)
        _show(found, control)


def tell(found: Climb, level: Level, control: Control) -> None:
    """A plan of a level's search that may be a better one."""
    search = level.search
    if search.value <= found.value:
        return
    found.value = search.value
    chosen = level.merged.candidates[search.best].astype(np.int64)
    found.best = np.sort(np.concatenate((level.opened, chosen)))
    found.bound = max(found.bound, found.value)
    _show(found, control)


def sharpen(found: Climb, level: Level) -> int:
    """Rows that the level's prices break are put behind its conditions; how many."""
    if not (level.sides.floor > 0).any() or not len(level.prices.taken):
        return 0
    new = broken(level.merged, level.sides, level.prices.taken)
    if len(level.sides.limit) + len(new) > MOST_ROWS or not new:
        return 0
    level.sides = sharpened(level.sides, new)
    row = np.concatenate((level.prices.row, np.zeros(len(new))))
    level.prices = replace(level.prices, row=row, solved=False, stand=None)
    for share in new:
        beside = np.concatenate((level.opened, level.merged.candidates[share.beside]))
        found.shares.append(replace(share, beside=beside.astype(np.int64)))
    return len(new)


def padded(branch: Branch, rows: int) -> None:
    """Prices of 0 for rows that came later, in all of a proof."""
    waiting = [branch]
    while waiting:
        here = waiting.pop()
        for one in here.vectors:
            one.row = np.concatenate((one.row, np.zeros(rows - len(one.row))))
        waiting += [half for half in (here.opened, here.shut) if half is not None]
