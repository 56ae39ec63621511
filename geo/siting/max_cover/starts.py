"""Better plans: a heat bath from the best one; where there is work enough, from nothing, then part
by part, and all good ones together.

A cooling from the best plan ends near it again, and a longer one no better: plans of starts of
their own differ in whole quarters, and where they differ the best of both is soon found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.annealing import Search, anew, anneal
from geo.siting.max_cover.climbing import Level
from geo.siting.max_cover.lagrangian import folded
from geo.siting.max_cover.windows import Ground, Plan, by_parts, joined
from geo.siting.problem import Longs

FEW_STEPS: Final = 300
"""For each open site: with fewer a cooling from nothing is not worth its while."""
ENOUGH_STEPS: Final = 4_000
"""For each open site: with more, rather begin again."""
WIDE_COST: Final = 4
SIZE: Final = 8
"""Sites let go at a time in any good plan; in the best one DEEPER ones after another."""
DEEPER: Final = ((10, 2.0), (13, 4.0), (16, 8.0), (20, 16.0), (25, 32.0))
"""How many, and how many times the work each may take."""
GOOD: Final = 6
READY_DESCENTS: Final = 1_500
"""Steps of the prices until they tell of parts what they can."""
FLAT_DESCENTS: Final = 500
"""So few are enough where more of them hardly bring anything."""
MOST_PAIRS: Final = 1_000_000
MOST_SITES: Final = 1_000
"""More, and parts of a plan are not searched."""


def improve(search: Search, ground: Ground | None, steps: int) -> Plan | None:
    """Look for better plans with so many steps of the heat bath.

    Args:
        ground: what the parts of a plan are searched on; None: no parts.

    Returns:
        The best plan that was found on the ground; those of the heat bath are in the search.
    """
    if ground is None or not worth_parts(search, steps):
        anneal(search, steps)
        return None
    starts = -(-steps // (ENOUGH_STEPS * max(1, len(search.best))))
    for _ in range(starts):
        best = max(search.value, search.good[0][0] if search.good else -np.inf)
        if ground.control.stopped() or best - ground.merged.base >= search.enough[0]:
            break
        if search.rounds % 4 == 3 and 0 <= search.deep < len(DEEPER) and search.good:
            _deepen(search, ground)
            continue
        start = _start(search, ground, steps // starts)
        if np.isfinite(start.value):
            _take(search, ground, by_parts(ground, start, SIZE, 1.0, _seed(search), search.closed))
    return _plans(search, ground)[0] if search.good else None


def _start(search: Search, ground: Ground, steps: int) -> Plan:
    """A plan from nothing: of the candidates of the search, or every other time of all there are on
    the ground, by fewer steps, since each is dearer, where these are enough; what the relaxation
    leaves out is sometimes just what is wanted."""
    wide = search.rounds % 2 == 1 and ground.merged is not search.merged
    if wide and worth_parts(search, steps // WIDE_COST):
        steps //= WIDE_COST
        among = replace(search, merged=ground.merged, sides=ground.sides.stated)
    else:
        among = search
    sites, value = anew(among, steps)
    search.rounds = among.rounds
    return Plan(ground.merged.local(among.merged.candidates[sites].astype(np.int64)), value)


def worth_parts(search: Search, steps: int) -> bool:
    """Whether with so many steps parts of plans are looked at."""
    return steps >= FEW_STEPS * max(1, len(search.best))


def _seed(search: Search) -> int:
    return search.seed * 1009 + search.rounds


def _plans(search: Search, ground: Ground) -> list[Plan]:
    return [Plan(ground.merged.local(sites), value) for value, sites in search.good]


def _deepen(search: Search, ground: Ground) -> None:
    """The best plan by larger parts."""
    best = _plans(search, ground)[0]
    size, times = DEEPER[search.deep]
    search.deep += 1
    search.rounds += 1
    plan = by_parts(ground, best, size, times, _seed(search), search.closed)
    if plan.value > best.value:
        _take(search, ground, plan)


def ground_of(level: Level, search: Search) -> Ground | None:
    """What parts of the plans of a level are searched on: all its candidates, or those of its
    search where that is too much; None where these are, or where the prices are not good yet."""
    prices, flat = level.prices, level.flat > 0 and level.descents >= FLAT_DESCENTS
    price, floor, row = prices.group, prices.floor.copy(), prices.row.copy()
    ready = prices.solved or flat or level.descents >= READY_DESCENTS
    if not np.isfinite(prices.raw) or not ready or len(search.best) > MOST_SITES:
        return None
    if len(level.merged.group) <= MOST_PAIRS:
        return Ground(level.merged, level.sides, price, row, floor, Control())
    merged = search.merged
    if len(merged.group) > MOST_PAIRS or merged is level.merged:
        return None
    none = np.zeros(len(level.merged.candidates), np.bool_)
    price = folded(level.merged, price, floor, none, merged.of[0].astype(np.int64), len(merged))
    return Ground(merged, search.sides, price, row, floor, Control())


def end(baths: list[Search], grounds: list[Ground | None]) -> None:
    """They come to an end at once, whichever thread they are on."""
    for one, ground in zip(baths, grounds, strict=True):
        one.enough[0] = -np.inf
        if ground is not None:
            ground.control.stop()


def together(some: list[tuple[tuple[float, Longs], ...]]) -> tuple[tuple[float, Longs], ...]:
    """The good plans of several searches, the best first, each value once."""
    found: dict[float, Longs] = {}
    for good in some:
        for value, sites in good:
            found.setdefault(value, sites)
    return tuple(sorted(found.items(), key=lambda one: -one[0])[:GOOD])


def _take(search: Search, ground: Ground, plan: Plan) -> None:
    """Keep a plan among the good ones, and join them as long as that brings a better one."""
    while _kept(search, ground, plan) and len(search.good) > 1 and not ground.control.stopped():
        better = joined(ground, _plans(search, ground))
        if better is None:
            return
        plan = by_parts(ground, better, SIZE, 1.0, _seed(search), search.closed)


def _kept(search: Search, ground: Ground, plan: Plan) -> bool:
    """Whether it is one of the good plans now, and was not before."""
    if any(value == plan.value for value, _ in search.good):
        return False
    if search.deep > 0 and plan.value > search.good[0][0]:
        search.deep = 0
    sites = ground.merged.candidates[plan.sites].astype(np.int64)
    search.good = together([search.good, ((plan.value, sites),)])
    return any(one[1] is sites for one in search.good)
