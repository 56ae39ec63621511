"""How sure a plan is of each of its sites, and who stands in when a host says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.max_cover.annealing import NEVER, start_search, swap
from geo.siting.max_cover.solve import max_cover
from geo.siting.model.merge import merge
from geo.siting.model.moves import VALUE, board_of, met, state_of, walk
from geo.siting.model.sides import sides_of
from geo.siting.problem import (
    FORBIDDEN,
    FORCED,
    Answer,
    Bytes,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)


@dataclass(frozen=True, eq=False)
class Steady:
    """Attributes:
    often: (m,) in what share of the good plans each site is, 0 … 1.
    plans: how many different good plans were seen.
    least: what a plan has to cover to be good.
    """

    often: Floats
    plans: int
    least: float


@dataclass(frozen=True, eq=False)
class Ready:
    """The plan without one of its sites.

    Attributes:
        site: that says no. comes, goes: other sites that come in and leave.
        loss: what is covered less. bound: no plan without the site covers more.
        answer: the whole of it.
    """

    site: int
    comes: Longs
    goes: Longs
    loss: float
    bound: float
    answer: Answer


def how_often(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    plan: Longs,
    within: float = 0.01,
    walks: int = 200,
    seed: int = 0,
    over: Callable[[], bool] = lambda: False,
) -> Steady:
    """In what share of the good plans each site is.

    A heat bath wanders from the plan (:mod:`geo.siting.model.moves`); what it comes by that covers
    at least 1 - `within` of the best is a good plan, each counted once. A site in all of them
    cannot be done without; one in a tenth has many like it.

    Args:
        plan: a good one, among all sites. walks: how often it is looked where the bath is.
        over: asked each time; True: that was enough.

    Raises:
        Invalid: `within` not between 0 and 1, capacities, or a plan that breaks a condition.
    """
    if not 0 <= within < 1 or rules.capacities:
        raise Invalid(
            f"容差不能是 {within}，也不支持容量。 "
            f"The tolerance is {within}; capacities are not supported.",
            remedy="填写 0 到 1，如 0.01。 Give 0 to 1, such as 0.01.",
            field="within" if not rules.capacities else "capacities",
        )
    merged = merge(demand, sites, reach, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    sides = sides_of(merged, demand, sites, rules, forced)
    start = merged.local(plan)
    if sides.impossible or not sides.kept_by(merged, start):
        raise Invalid(
            "这个方案不满足条件。 The plan breaks a condition.",
            remedy="先求解，再分析方案。 Solve first.",
            field="plan",
        )
    search = start_search(merged, sides, start, seed)
    swap(search, start)
    best = search.value
    least = best - within * abs(best)
    board = board_of(merged, sides)
    home = state_of(board, search.best, seed)
    seen: dict[bytes, np.typing.NDArray[np.uint8]] = {}
    heat = within * max(best - merged.base, 1e-12) / max(4.0, np.sqrt(len(search.best) + 1.0))
    uneven = bool(np.isfinite(sides.budget) and np.ptp(sides.cost) > 0)
    steps = np.full(max(4, 2 * len(search.best)), -1, np.int32)
    nothing = np.zeros(len(merged.candidates), np.uint8)
    state = home
    for number in range(walks):
        if over():
            break
        if met(board, state) and merged.base + state.tally[VALUE] >= least - 1e-9:
            seen[state.opened.tobytes()] = state.opened.copy()
            heat *= 1.05
        else:
            # Too far: colder, and from home again.
            heat *= 0.8
            state = state_of(board, search.best, seed + number)
        record = np.array([np.inf])
        walk(
            board,
            state,
            sides.most,
            sides.budget,
            steps,
            heat,
            heat,
            uneven,
            nothing,
            record,
            NEVER,
        )
    often = np.zeros(len(sites))
    often[forced] = 1.0
    if seen:
        often[merged.candidates] = np.mean(list(seen.values()), axis=0)
    return Steady(often, len(seen), least)


def best_without(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    answer: Answer,
    site: int,
    control: Control,
    seed: int = 0,
    *,
    warm: Answer | None = None,
    with_certificate: bool = False,
) -> Ready | None:
    """The best plan without one site of a plan; `loss` is infinite where it is proved that none is
    left. None: none was found in time.

    Args:
        answer: to the same question; its warmth makes this a fraction of it. warm: what to begin
            from instead, such as a quicker answer to this very question.
    """
    edited = replace(sites, fixed=said_of(sites, site, FORBIDDEN))
    begin = warm or answer
    other = max_cover(
        demand,
        edited,
        reach,
        rules,
        control,
        seed,
        warm=begin,
        with_certificate=with_certificate,
    )
    if not other.found and other.status != "infeasible":
        return None
    if not other.found:
        none = np.empty(0, np.int64)
        return Ready(site, none, none, np.inf, -np.inf, other)
    rest = np.setdiff1d(answer.sites, [site])
    return Ready(
        site,
        np.setdiff1d(other.sites, rest).astype(np.int64),
        np.setdiff1d(rest, other.sites).astype(np.int64),
        answer.objective - other.objective,
        other.bound,
        other,
    )


def said_of(sites: Sites, site: int, state: int) -> Bytes:
    """(m,) the states of the sites when one of them is of another."""
    fixed = sites.fixed.copy()
    fixed[site] = state
    return fixed


def ready_replacements(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    answer: Answer,
    control: Control | None = None,
    seed: int = 0,
) -> list[Ready]:
    """For each site of a plan the best plan without it, so that one host's no has an answer ready.

    Args:
        answer: to the same question; its warmth makes each of these a fraction of it.
        control: gap and time limit of each; stopped, the rest is left out.

    Returns:
        In the order of the plan; forced sites are left out. Where no plan is left, `loss` is
        infinite.
    """
    found = []
    wanted = control or Control(gap=0.001)
    for site in answer.sites[sites.fixed[answer.sites] != FORCED].tolist():
        if wanted.asked_to_stop:
            break
        each = wanted.part(wanted.time_limit)
        one = best_without(demand, sites, reach, rules, answer, site, each, seed)
        found += [] if one is None else [one]
    return found
