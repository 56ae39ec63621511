"""A plan made better part by part: a few neighbouring sites are let go, all others stay, and what
is best in their place is searched exactly.

POPMUSIC: Taillard and Voß, in Essays and Surveys in Metaheuristics, 2002. Several plans are joined
in the same way, when only sites that one of them opens may be opened: tour merging, Cook and
Seymour, INFORMS J. Computing 15, 2003. Both see what exchanges of one or two sites never do, at the
cost of a small exact search each: some 20 ms where ten of a hundred sites are let go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from geo.siting.control import Control
from geo.siting.max_cover.fixing import settled
from geo.siting.max_cover.lagrangian import Prices, descend, folded, outward, priced
from geo.siting.max_cover.proof import vector_of
from geo.siting.max_cover.tree import STEPS as TREE_STEPS
from geo.siting.max_cover.tree import Tree
from geo.siting.model.merge import Merged, reduced
from geo.siting.model.sides import Sides
from geo.siting.problem import Bools, Floats, Longs

FIRST_STEPS, STEPS, ROUNDS = (0, 30), 120, 6
"""Of the prices of a part, each time before sites of it are settled: at first a look only, which
leaves much less for the others."""
WORK: Final = 2e5
"""Parts times pairs of the tree of a window, some 0.5 μs each; what needs more is left as it is."""
LEAST_PARTS: Final = 8
JOINED: Final = 10.0
"""Times that for plans that are joined."""
NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Ground:
    """A problem, and prices that are near the best for it.

    Attributes:
        price: (G,) of its groups; row: (R,), floor: (D,) of its conditions.
        control: what ends it at once; its gap is 0.
    """

    merged: Merged
    sides: Sides
    price: Floats
    row: Floats
    floor: Floats
    control: Control


@dataclass(frozen=True, eq=False)
class Plan:
    """Sites, ascending positions among the candidates, and their value, the base included."""

    sites: Longs
    value: float


def by_parts(
    ground: Ground, plan: Plan, size: int, times: float, seed: int, closed: set[bytes]
) -> Plan:
    """The plan, better or as it is, when no `size` sites that are neighbours can be exchanged for
    others to any gain, as far as a small tree tells.

    Args:
        size: sites let go at a time. times: how much WORK each may take. seed: of their order.
        closed: windows that brought nothing, with the sites around them; more are put to them, and
            none of them is searched again: most neighbours let the same sites go, and most good
            plans are the same in most quarters.

    Cost: at most one window a site, and again around each that was exchanged.
    """
    draw = np.random.default_rng(seed)
    waiting = set(plan.sites.tolist())
    order = draw.permutation(plan.sites).tolist()
    near = _neighbours(ground.merged, plan.sites)
    while order and not ground.control.stopped():
        site = order.pop()
        if site not in waiting:
            continue
        waiting.remove(site)
        window = _window(near, plan.sites, site, size)
        name = _name(ground, near, plan.sites, window, times)
        if name in closed:
            continue
        better = _exchanged(ground, plan, window, times)
        if better is None:
            if not ground.control.stopped():
                closed.add(name)
            continue
        near = _neighbours(ground.merged, better.sites)
        new = np.isin(better.sites, plan.sites, invert=True)
        # Only windows that hold one of the new sites, or one beside them, can have changed.
        beside = better.sites[new | (near[new].sum(axis=0) > 0)]
        plan = better
        waiting.intersection_update(plan.sites.tolist())
        again = [one for one in beside.tolist() if one not in waiting]
        waiting.update(again)
        order += draw.permutation(again).tolist()
    return plan


def joined(ground: Ground, plans: Iterable[Plan]) -> Plan | None:
    """The best plan of sites that some of the plans open, if it is better than each of them, as far
    as a small tree tells; or None."""
    known = sorted(plans, key=lambda one: -one.value)
    keep = np.zeros(len(ground.merged.candidates), np.bool_)
    for one in known:
        keep[one.sites] = True
    return _searched(ground, known[0], keep, np.zeros_like(keep), JOINED)


def _neighbours(merged: Merged, plan: Longs) -> Floats:
    """(p, p) how much the sites of a plan have to do with each other: candidates that share groups
    with both, by what these are worth."""
    pairs = len(merged.group)
    shape = (len(merged.candidates), len(merged))
    covers = csr_matrix((np.ones(pairs), merged.group, merged.start), shape)
    worth = csr_matrix((merged.first[merged.group], merged.group, merged.start), shape)
    overlap = worth[plan] @ covers.T
    found: Floats = (overlap @ overlap.T).toarray()
    np.fill_diagonal(found, 0.0)
    return found


def _window(near: Floats, plan: Longs, site: int, size: int) -> Longs:
    """The site, and those that have most to do with it and with each other."""
    at = int(np.searchsorted(plan, site))
    chosen = [at]
    pull = near[at].copy()
    while len(chosen) < size:
        pull[chosen] = 0.0
        following = int(np.argmax(pull))
        if pull[following] <= 0.0:
            break
        chosen.append(following)
        pull += near[following]
    window: Longs = plan[np.sort(chosen)]
    return window


def _name(ground: Ground, near: Floats, plan: Longs, window: Longs, times: float) -> bytes:
    """A window, what else its search depends on, and how much was spent on it, in 16 bytes: there
    are a hundred thousand of them in some minutes."""
    beside = plan
    if ground.sides.plain and not np.isfinite(ground.sides.budget):
        beside = plan[near[np.searchsorted(plan, window)].sum(axis=0) > 0.0]
    some = ground.merged.candidates[np.concatenate((window, beside))]
    told = f"{times:g} {len(window)} ".encode() + some.astype(np.int32).tobytes()
    return blake2b(told, digest_size=16).digest()


def _exchanged(ground: Ground, plan: Plan, window: Longs, times: float) -> Plan | None:
    stay = np.zeros(len(ground.merged.candidates), np.bool_)
    stay[plan.sites] = True
    stay[window] = False
    return _searched(ground, plan, np.ones_like(stay), stay, times)


def _searched(ground: Ground, plan: Plan, keep: Bools, opened: Bools, times: float) -> Plan | None:
    """A better plan than `plan` among those that open all of `opened` and otherwise only some of
    `keep`, for so many times WORK; None: there is none, or it was not found."""
    here, sides, price = ground.merged, ground.sides, ground.price
    standing = NONE
    mine = here.candidates[plan.sites]
    for steps in (*FIRST_STEPS, *(STEPS,) * ROUNDS):
        smaller = reduced(here, keep & ~opened, opened)
        fixed = np.flatnonzero(opened).astype(np.int64)
        sides = sides.narrowed(here, smaller, fixed)
        standing = np.concatenate((standing, here.candidates[fixed].astype(np.int64)))
        if sides.impossible or not len(smaller.candidates) or ground.control.stopped():
            return None
        into = smaller.of[0].astype(np.int64)
        price = folded(here, price, ground.floor, opened, into, len(smaller))
        here = smaller
        prices = Prices(price, ground.row, ground.floor)
        if steps:
            prices.taken = np.isin(here.candidates, mine).astype(np.float64)
            enough = plan.value + 0.5 * here.unit
            prices, profit = descend(here, sides, prices, steps, enough)
        else:
            prices.raw, profit = priced(here, sides, prices)
        if outward(prices.raw, here.unit) <= plan.value:
            return None
        price = prices.group
        keep, opened = settled(here, sides, prices.raw, profit, plan.value)
        if steps == STEPS and (~keep | opened).sum() < 0.2 * len(keep):
            break
    begin = vector_of(here, prices.group, prices.row, prices.floor)
    tree = Tree(here, sides, begin, None, plan.value, standing=standing)
    # It begins from prices that are all but the best.
    tree.first_steps = TREE_STEPS
    parts = max(LEAST_PARTS, int(times * WORK / max(1, len(here.group))))
    tree.search(ground.control, parts, alone=True)
    if tree.plan is None or not tree.value > plan.value:
        return None
    sites = np.concatenate((standing, here.candidates[tree.plan].astype(np.int64)))
    found = ground.merged.local(sites)
    # Again from the weights themselves: sums kept step by step drift in the last digits.
    value = ground.merged.value(found)
    return Plan(found, value) if value > plan.value else None
