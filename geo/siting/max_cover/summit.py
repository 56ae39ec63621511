"""The last rung of :mod:`geo.siting.max_cover.ladder`: the tree; HiGHS where that was not
enough."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, Final

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.climbing import Climb, Level, done, glimpse, lower, tell, vector_here
from geo.siting.max_cover.lagrangian import descend
from geo.siting.max_cover.proof import Branch, Vector, spread, vector_of
from geo.siting.max_cover.starts import (
    ENOUGH_STEPS,
    MOST_PAIRS,
    MOST_SITES,
    end,
    ground_of,
    improve,
)
from geo.siting.max_cover.tree import Tree
from geo.siting.max_cover.trunk import Trunk
from geo.siting.model import exact
from geo.siting.model.merge import Merged

MOST_PARTS: Final = 10**9
TREE_WORK: Final = 3e7
"""Pairs times parts of a tree before HiGHS is asked, if the model is small: some 0.5 μs each."""
LOOK, LOOK_WITH_GAP = 16, 4
"""After this share of them HiGHS is asked at once, unless the bound came half of the way down: a
tree grows so fast with each step of its bound that the rest would not be enough. Later where a gap
is good enough: there the tree is mostly sooner, and the next question like it begins from it."""
AGAIN_PARTS: Final = 12
AGAIN_TRIES: Final = 1
NEAR: Final = 0.25
"""Of the way down, so much is left where another tree may prove what HiGHS found."""
KEPT_BYTES: Final = 64_000_000
"""Of a tree that is kept for the next question."""
WATCH_SECONDS: Final = 0.05
AT_ONCE: Final = 100
"""Steps of the prices, between two looks whether HiGHS has ended."""
SMALL_GROUPS: Final = 12_000
SMALL_PAIRS: Final = 400_000


def small(merged: Merged) -> bool:
    """Whether HiGHS may be asked about it."""
    return len(merged) <= SMALL_GROUPS and len(merged.group) <= SMALL_PAIRS


def search_exactly(
    found: Climb,
    level: Level,
    control: Control,
    trunk: Trunk | None,
    tree: Tree | None = None,
    *,
    proof: bool,
) -> None:
    """The tree; HiGHS where that was not enough; the tree once more to prove what HiGHS found.

    Args:
        trunk: the splits of a question that was all but the same, told for the first level.
        tree: what has grown from it on this level.
        proof: whether the tree's proof is wanted, told for the first level.
    """
    work = look = MOST_PARTS
    if small(level.merged):
        work = look = max(20, int(TREE_WORK / max(1, len(level.merged.group))))
        if trunk is None:
            look = max(20, work // (LOOK_WITH_GAP if control.gap else LOOK))
    begin = found.bound
    if tree is None:
        tree = _replanted(found, level, control, trunk)
    else:
        tree.beat(found.value, level.search.best)
    ended = _grow(found, level, control, tree, look, work)
    found.by = "tree"
    if not ended and not done(found, level.merged.unit, control):
        before, bound = found.value, found.bound
        _ask_highs(found, level, control)
        near = bound - found.value <= NEAR * (begin - found.value)
        if found.by == "highs" and found.value > before and near and not control.stopped():
            again = _tree_of(found, level, control)
            if _grow(found, level, control, again, work, work):
                tree, found.by = again, "tree"
    _leave(found, level, tree, proof=proof)


def grow_again(
    found: Climb, level: Level, control: Control, trunk: Trunk, *, proof: bool
) -> Tree | None:
    """The tree of a question that was all but the same, and a few parts more. If that is not
    enough the tree; its better plan is taken, not yet its bound."""
    tree = _replanted(found, level, control, trunk)
    ended = tree.search(control, tree.parts + AGAIN_PARTS)
    _take_plan(found, level, control, tree)
    if not (ended or tree.near_enough(control)):
        return tree
    _take_bound(found, control, tree)
    if ended and not np.isfinite(found.value):
        found.infeasible = True
    found.by = "tree"
    _leave(found, level, tree, proof=proof)
    return None


def _grow(found: Climb, level: Level, control: Control, tree: Tree, look: int, parts: int) -> bool:
    """So many `parts` of a tree, or `look` where it does not converge; whether it ended."""

    def told() -> None:
        _take_plan(found, level, control, tree)
        _take_bound(found, control, tree)

    begin = found.bound
    ended = tree.search(control, look, told)
    if not ended and begin - found.bound >= 0.5 * (begin - found.value * (1.0 + control.gap)):
        ended = tree.search(control, parts, told)
    told()
    if ended and not np.isfinite(found.value):
        found.infeasible = True
    return ended


def _replanted(found: Climb, level: Level, control: Control, trunk: Trunk | None) -> Tree:
    """A tree that begins where another question's ended, if one did."""
    tree = _tree_of(found, level, control)
    if trunk is not None:
        # Where to split is known: a part costs a third without the search for it.
        tree.tries = AGAIN_TRIES
        tree.replant(trunk.through(level.into, len(level.merged)), control)
    return tree


def _tree_of(found: Climb, level: Level, control: Control) -> Tree:
    # The best plan may be none of this level's: then only better ones are asked for.
    tree = Tree(
        level.merged,
        level.sides,
        vector_of(level.merged, level.prices.group, level.prices.row, level.prices.floor),
        level.search.best if np.isfinite(level.search.value) else None,
        found.value,
        control.gap,
        level.opened,
    )
    tree.cut = max(tree.cut, found.cut)
    return tree


def _take_plan(found: Climb, level: Level, control: Control, tree: Tree) -> None:
    if tree.plan is not None and tree.value > level.search.value:
        level.search.best, level.search.value = tree.plan, tree.value
        tell(found, level, control)


def _take_bound(found: Climb, control: Control, tree: Tree) -> None:
    found.cut = max(found.cut, tree.cut)
    lower(found, max(tree.bound, found.least), control)


def _leave(found: Climb, level: Level, tree: Tree, *, proof: bool) -> None:
    """What a tree leaves behind: for the next question, and for who checks this one."""
    if tree.bytes < KEPT_BYTES:
        found.trunk = Trunk.of(tree.root, level.into, level.before, level.weight)
    if not proof:
        return
    if found.by == "tree" and tree.bound > found.bound:
        # What is claimed, the prices of the level prove alone; they settle nothing.
        found.proof.vectors.append(replace(vector_here(level), cut=0.0))
    _attach(found, level, tree.root)


def _meanwhile(
    found: Climb,
    level: Level,
    job: Future[exact.Exact],
    pool: ThreadPoolExecutor,
    control: Control,
) -> None:
    """Go on looking for better plans as long as a search in another process does."""
    # A level of its own: what becomes of it depends on the clock.
    here, search = replace(level), level.search
    too_many = len(here.merged.group) > MOST_PAIRS or len(search.best) > MOST_SITES
    if too_many or not np.isfinite(search.value):
        return
    while not job.done():
        ground = ground_of(here, search)
        if ground is None:
            here.prices, _ = descend(here.merged, here.sides, here.prices, AT_ONCE)
            here.descents += AT_ONCE
            continue
        search.enough = np.array([np.inf])
        steps = ENOUGH_STEPS * max(1, len(search.best))
        other = pool.submit(improve, search, ground, steps)
        both: list[Future[Any]] = [job, other]
        while not wait(both, WATCH_SECONDS, FIRST_COMPLETED).done:
            glimpse(found, level, search, control)
        if not other.done():
            end([search], [ground])
        plan = other.result()
        if plan is not None and plan.value > search.value:
            search.best, search.value = plan.sites, plan.value


def _attach(found: Climb, level: Level, root: Branch) -> None:
    """The tree's proof goes on where the levels' ended, told for the groups of the first level."""
    waiting = [(root, found.proof)]
    while waiting:
        here, into = waiting.pop()
        for one in here.vectors:
            top = spread(one.level.astype(np.float64), level.into, level.before)
            into.vectors.append(Vector(top.astype(np.float32), one.row, one.floor, one.cut))
        into.site = here.site
        if here.opened is not None and here.shut is not None:
            into.opened, into.shut = Branch(), Branch()
            waiting += [(here.opened, into.opened), (here.shut, into.shut)]


def _ask_highs(found: Climb, level: Level, control: Control) -> None:
    """HiGHS in its own process, and better plans meanwhile: for who has to end before it does."""
    stands = level.search.best, level.search.value
    start = level.search.best if np.isfinite(level.search.value) else None
    with ThreadPoolExecutor(2) as pool:
        job = pool.submit(exact.solve, level.merged, level.sides, start, control)
        _meanwhile(found, level, job, pool, control)
        try:
            result = job.result()
        except (OSError, RuntimeError) as error:
            # The plan and the bound so far stand; an answer with a gap is better than none.
            words = f"精确搜索未能完成：{error} The exact search did not finish: {error}"
            found.relaxed.append(words)
            tell(found, level, control)
            return
    if result.finished:
        # What was found meanwhile depends on the clock; HiGHS' own plan is as good.
        level.search.best, level.search.value = stands
    tell(found, level, control)
    before = found.bound
    if result.infeasible:
        if np.isfinite(found.value):
            lower(found, found.least, control)
        else:
            found.infeasible = True
    else:
        if result.opened is not None and level.sides.stated.kept_by(level.merged, result.opened):
            value = level.merged.value(result.opened)
            if value > level.search.value:
                level.search.best, level.search.value = result.opened, value
            tell(found, level, control)
        # HiGHS keeps its rows to 1e-6; whole units leave room for that, others are told with it.
        unit = level.merged.unit
        bound = result.bound + (1e-6 * max(1.0, abs(result.bound)) if not unit else 1e-4)
        if result.finished and not unit:
            bound = result.bound
        bound = float(np.floor(bound / unit) * unit) if unit else bound
        lower(found, max(bound, found.least), control)
    if found.bound < before:
        found.by = "highs"
