"""p-centre: the sites from which the longest walk is shortest, with a proven bound.

min max_i min_{j open} d_ij with at most p sites (Hakimi, Operations Research 12, 1964). The answer
is one of the distances given; for each it is a set cover whether p sites are enough, so bisection
(Minieka, SIAM Review 12, 1970; Elloumi, Labbé and Pochet, INFORMS J. on Computing 16, 2004):
between what the prices of the covers prove and the best plan known.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from geo.errors import Invalid
from geo.siting.centre.proof import proof_of
from geo.siting.checks import check_problem
from geo.siting.control import Control
from geo.siting.median.conditions import Conditions, check_reach
from geo.siting.median.solve import check_walking, left_out
from geo.siting.median.walks import Walks, walks_of
from geo.siting.model import exact
from geo.siting.model.sides import Sides
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    Answer,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
    Status,
    gap_of,
)
from geo.siting.set_cover.covers import Cover, cover_of, first_prices, shrunk
from geo.siting.set_cover.model import model_of
from geo.siting.set_cover.search import search

STEPS: Final = 300
NODES: Final = 20_000
QUICK_NODES: Final = 500
QUICK_STEPS: Final = 100
PROOF_SECONDS: Final = 5.0
GREEDY, QUICK, EXACT = 0, 1, 2


def p_centre(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control | None = None,
    seed: int = 0,
    *,
    warm: Longs | None = None,
    with_certificate: bool = True,
) -> Answer:
    """The plan with the least longest walk, in metres.

    Args:
        demand, sites: n points and m candidates; points of no weight do not matter, others all
            alike.
        reach: with distances; pairs that are not in it do not exist.
        rules: `p` new sites; conditions on the sites. `budget` as one of them.
        control: time limit, gap, who is told.
        seed: as told in the answer; nothing here is drawn by lot.
        warm: a plan to begin from, positions among the sites.

    Returns:
        `objective` is the longest walk, `bound` what no plan is below: both distances given.
        Points that neither a candidate nor a site reaches are left out and told in `relaxed`.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; pairs without distances; rules that
            speak of coverage or capacities.

    Cost: some ten set covers of at most n groups.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    check_reach(demand, sites, reach)
    check_walking(rules)
    for name, given in (
        ("capacities", rules.capacities),
        ("unserved_metres", rules.unserved_metres is not None),
    ):
        if given:
            raise Invalid(
                f"p-中心模型不支持 {name}。 The p-centre does not take {name}.",
                remedy="去掉该条件，或改用 p-median。 Leave it out, or use the p-median.",
                field=name,
            )
    everyone = Demand.of((demand.weight > 0).astype(np.float64), district=demand.district)
    walks = walks_of(everyone, sites, reach, rules)
    relaxed = left_out(walks, demand)
    sides = Conditions(demand, sites, rules)(walks)
    nothing = np.empty(0, np.int64)
    if sides.impossible:
        relaxed.extend(sides.impossible)
        return Answer(
            "infeasible", 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    found = _Bisection(walks, sides, control).run(
        None if warm is None else walks.local(np.asarray(warm, np.int64))
    )
    relaxed.extend(found.relaxed)
    if found.opened is None:
        status: Status = "infeasible" if found.infeasible else _unfinished(control)
        relaxed.append(
            "这么少的站点不能让每个可达的需求点都在可达范围内。 "
            "So few sites cannot reach every demand point that some candidate reaches; allow more."
            if found.infeasible
            else "没有在时限内找到方案。 No plan was found in time."
        )
        return Answer(
            status, 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    gap = gap_of(found.value, found.bound)
    status = (
        "optimal" if gap == 0 else "gap reached" if gap <= control.gap else _unfinished(control)
    )
    plan = found.names()
    answer = Answer(
        status, found.value, found.bound, gap, plan, control.seconds, seed, relaxed, control.history
    )
    if with_certificate:
        answer.certificate = {
            "model": "p-centre",
            "sites": plan.tolist(),
            "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
            "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
            "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
            "p": rules.p,
            "value": found.value,
            "bound": found.bound,
            **proof_of(
                found.cover, found.bound, walks, sides, everyone, reach, _seconds_for_proof(control)
            ),
        }
    answer.seconds = control.seconds
    return answer


def _seconds_for_proof(control: Control) -> float:
    return PROOF_SECONDS if np.isinf(control.left) else max(0.2, min(PROOF_SECONDS, control.left))


def _unfinished(control: Control) -> Status:
    return "stopped" if control.asked_to_stop or control.time_limit is None else "time limit"


class _Bisection:
    """Between a bound and a plan, over the distances there are."""

    def __init__(self, walks: Walks, sides: Sides, control: Control) -> None:
        self.walks = walks
        self.sides = sides
        self.control = control
        self.ruled = len(sides.limit) > 0 or np.isfinite(sides.budget)
        self.most = sides.most
        self.opened: Longs | None = None
        self.value = np.inf
        self.bound = 0.0
        self.infeasible = False
        self.relaxed: list[str] = []
        self.owner = np.repeat(np.arange(len(walks), dtype=np.int64), np.diff(walks.row))

    def names(self) -> Longs:
        """The plan among all sites, forced ones included."""
        opened = self.opened if self.opened is not None else np.empty(0, np.int64)
        chosen = self.walks.candidates[opened].astype(np.int64)
        return np.sort(np.concatenate((self.walks.opened, chosen)))

    def run(self, warm: Longs | None) -> _Bisection:
        """To the end, or until it is time."""
        walks = self.walks
        # Whoever has a site nearer than all candidates walks there anyway.
        usual = walks.far[~walks.must]
        fixed = float(usual[np.diff(walks.row)[~walks.must] == 0].max(initial=0.0))
        distances = np.unique(np.concatenate((walks.metres, usual, np.array([fixed]))))
        distances = distances[distances >= self._least(fixed)]
        if not len(walks):
            # Nobody has to be served: it is the conditions alone that ask for sites.
            if self.ruled:
                self.infeasible = self._decide(0.0) is False
            else:
                self.opened, self.value = np.empty(0, np.int64), 0.0
            return self
        self.bound = float(distances[0])
        if not self.ruled:
            self._offer(self._farthest_first())
            if warm is not None and len(warm) <= self.most:
                self._offer(warm)
        low, high = -1, self._place(distances)
        if not np.isfinite(self.value) and self._decide(float(distances[high])) is False:
            self.infeasible = True
            return self
        # First by what is decided at once, then whatever it takes.
        for effort in (EXACT,) if self.ruled else (GREEDY, QUICK, EXACT):
            begin, end = low, min(high, self._place(distances))
            while end - begin > 1 and not self.control.stopped():
                middle = (begin + end) // 2
                verdict = self._decide(float(distances[middle]), effort)
                if verdict:
                    end = min(middle, self._place(distances))
                    continue
                if verdict is None and effort == EXACT:
                    return self
                # Not proved: then only a guess where to go on.
                begin = middle
                if verdict is False:
                    low = max(low, middle)
                    self._raise(float(distances[low + 1]))
            high = min(high, self._place(distances))
            if self._close():
                break
        return self

    def _farthest_first(self) -> Longs:
        """A site for whoever is farthest, again and again (Gonzalez, Theoretical Computer Science
        38, 1985): the first plan."""
        walks = self.walks
        start, group, length = walks.by_site
        near = walks.far.copy()
        opened: list[int] = []
        while len(opened) < self.most:
            i = int(np.argmax(near))
            if near[i] <= 0 or walks.row[i] == walks.row[i + 1]:
                break
            j = int(walks.column[walks.row[i]])
            if j in opened:
                break
            opened.append(j)
            mine = slice(start[j], start[j + 1])
            near[group[mine]] = np.minimum(near[group[mine]], length[mine])
        return np.array(opened, np.int64)

    def _close(self) -> bool:
        return np.isfinite(self.value) and gap_of(self.value, self.bound) <= self.control.gap

    def _place(self, distances: Floats) -> int:
        if not np.isfinite(self.value):
            return len(distances) - 1
        return int(np.searchsorted(distances, self.value))

    def _least(self, fixed: float) -> float:
        """Nobody walks less than to the nearest there is."""
        walks = self.walks
        filled = np.diff(walks.row) > 0
        first = walks.metres[walks.row[:-1][filled]]
        return max(fixed, float(np.minimum(first, walks.far[filled]).max(initial=0.0)))

    def _raise(self, bound: float) -> None:
        bound = min(bound, self.value)
        if bound > self.bound:
            self.bound = bound
            self._tell()

    def _tell(self) -> None:
        if np.isfinite(self.value):
            self.control.improved(self.value, self.bound, self.names())

    def _offer(self, opened: Longs) -> None:
        near = self.walks.nearest(opened)
        if (self.walks.must & (near >= self.walks.far)).any():
            return
        worst = float(near.max(initial=0.0))
        if worst < self.value or self.opened is None:
            self.value, self.opened = worst, np.sort(opened)
            self._tell()

    def cover(self, radius: float) -> tuple[Cover, Longs]:
        """Who still needs a site within the radius, and the groups they are."""
        walks = self.walks
        needy = (walks.far > radius) | walks.must
        near = (walks.metres <= radius) & needy[self.owner]
        row = np.concatenate(
            (
                np.zeros(1, np.int64),
                np.cumsum(np.bincount(self.owner[near], minlength=len(walks))[needy]),
            )
        )
        cover = cover_of(row, walks.column[near], np.ones(walks.sites))
        return cover, np.flatnonzero(needy).astype(np.int64)

    def _decide(self, radius: float, effort: int = EXACT) -> bool | None:
        """Whether the conditions allow a plan with nobody beyond the radius; None: not known."""
        given, _ = self.cover(radius)
        if (np.diff(given.row) == 0).any():
            return False
        if self.ruled:
            return self._by_model(given, np.arange(self.walks.sites))
        if not len(given):
            self._offer(np.empty(0, np.int64))
            return True
        if effort == GREEDY:
            some = np.zeros(len(given.cost), np.bool_)
            if given.complete(some, given.cost) and some.sum() <= self.most:
                self._offer(np.flatnonzero(some).astype(np.int64))
                return True
            return None
        cover, left = shrunk(given)
        prices = first_prices(cover)
        cover.ascend(prices, self.most + 1e-6, STEPS if effort == EXACT else QUICK_STEPS)
        if prices.value <= self.most:
            self._offer(left[np.flatnonzero(prices.plan)].astype(np.int64))
            return True
        if prices.raw > self.most + 1e-6:
            return False
        # Prices of which no candidate's groups owe more than 1 bound every part of the search.
        owed = np.bincount(
            np.repeat(np.arange(len(cover.cost)), np.diff(cover.start)), prices.price[cover.group]
        )
        fair = prices.price / max(1.0, float(owed.max(initial=0.0)))
        told, chosen = search(
            cover.row,
            cover.column,
            cover.start,
            cover.group,
            fair,
            self.most,
            NODES if effort == EXACT else QUICK_NODES,
        )
        if told == 1:
            self._offer(left[chosen[chosen >= 0]].astype(np.int64))
            return True
        if told == 0:
            return False
        return self._by_model(cover, left) if effort == EXACT else None

    def _by_model(self, cover: Cover, left: Any) -> bool | None:
        """HiGHS: the fewest sites, or a plan that keeps to the rows."""
        if not self.control.exact:
            return None
        sides = self.sides if self.ruled else None
        nobody = np.zeros(self.walks.sites, np.bool_)
        model = model_of(cover, np.asarray(left, np.int64), sides, nobody)
        if not self.ruled:
            model["unit"] = 1.0
        try:
            told = exact.solve_model(model, self.control)
        except (OSError, RuntimeError) as error:
            self.relaxed.append(
                f"精确搜索未能完成：{error} The exact search did not finish: {error}"
            )
            return None
        if told is None:
            return None
        if told["x"] is not None:
            opened = np.asarray(left)[np.flatnonzero(told["x"][: len(left)] > 0.5)]
            if self.ruled or len(opened) <= self.most:
                self._offer(opened.astype(np.int64))
                return True
        if told["infeasible"]:
            return False
        if not self.ruled and -float(told["bound"]) > self.most + 1e-6:
            return False
        return None
