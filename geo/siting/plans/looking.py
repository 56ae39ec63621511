"""What a solver goes on with while nobody asks it for anything: how sure its last plans are of each
site, the best plan without it, and answers to what a planner is likely to ask next.

In small steps: a job that comes is begun at once, and what was begun is taken up after it. A host's
no is the edit that is sure to come; so each chosen site's is answered ahead, proved and with its
certificate; then one site more and one fewer, each site locked, and other candidates put in, those
first that add most (:meth:`geo.siting.plans.remembering.Memory.answered`).
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from geo.errors import DomainError
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.plans.remembering import MOST_PLANS, Memory
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, FREE, Answer, Floats, Rules, Sites
from geo.siting.solving import Problem
from geo.siting.variations.steady import Ready, Steady, best_without, how_often, said_of

SOON_SECONDS: Final = 4.0
"""So much work goes to plans without each site before any of them is proved."""
MOST_SECONDS: Final = 120.0
"""So much work a plan is worth."""
QUICK_SECONDS: Final = 1.0
THOROUGH_SECONDS: Final = 10.0
"""For one site: a plan first, then its proof."""
QUICK_GAP: Final = 0.001
WITHIN: Final = 0.01
MOST_PAIRS: Final = 2_000_000
TOO_LARGE: Final = (
    "规模太大，没有分析每个站点有多确定。",
    "Too large a question to look how sure each site is.",
)
NOT_YET: Final = (
    "还没有分析每个站点有多确定。",
    "It has not been looked yet how sure each site is.",
)
BROKEN: Final = (
    "因程序错误没有分析每个站点有多确定；详情见服务日志。",
    "By a mistake of the program it was not looked how sure each site is; the server's log tells.",
)


@dataclass(frozen=True, eq=False)
class Afterwards:
    """What was found out about a plan.

    Attributes:
        often: (m,) in what share of the good plans each site is; None: not known.
        plans: how many good plans were seen, none of which covers less than 1 - `within` of it.
        ready: of sites of the plan the best plan without each; of those that there was time for.
        left: of how many more there was none yet. looking: whether more may come.
        why_not: in both languages why nothing is known.
    """

    often: Floats | None = None
    plans: int = 0
    within: float = WITHIN
    ready: list[Ready] = field(default_factory=list)
    left: int = 0
    looking: bool = False
    why_not: tuple[str, str] | None = None

    @property
    def left_out(self) -> tuple[str, str] | None:
        """What is not known, and why, in both languages; None: all is."""
        if self.why_not is not None or not self.left:
            return self.why_not
        n = self.left
        if self.looking:
            return (
                f"还在计算没有另外 {n} 个站点时的最好方案。",
                f"The best plan without {n} more of the sites is being worked out.",
            )
        return (
            f"有 {n} 个站点没有时间算出没有它时的最好方案。",
            f"There was no time for the best plan without {n} of the sites.",
        )


@dataclass(frozen=True, eq=False)
class Around:
    """What was found around a plan, by its number; None: nothing is told of such plans. `last`:
    nothing more comes of it. `mistake`: what went wrong, for the log."""

    number: int
    found: Afterwards | None
    last: bool
    mistake: str = ""


def looked_at(problem: Problem, answer: Answer) -> bool:
    """Whether it is looked around such a plan: of maximum coverage, of some sites."""
    return problem.model == "max-cover" and answer.found and len(answer.sites) > 0


class Look:
    """One plan, looked around in steps.

    Args:
        number: of the plan. answer: to the problem, with its warmth. gap: what was asked for.
    """

    def __init__(
        self, number: int, problem: Problem, answer: Answer, gap: float, seed: int
    ) -> None:
        """Nothing is known yet."""
        self.number = number
        self._problem = problem
        self._answer = answer
        self._gap = gap
        self._seed = seed
        self._steady: Steady | None = None
        # Which plans are as good within capacities nobody knows without serving everybody anew.
        self._walked = problem.rules.capacities
        self._ready: dict[int, Ready] = {}
        self._tried: set[int] = set()
        self._proved: set[int] = set()
        self._seconds = 0.0
        self._told = 0
        self._news = False
        self._full = False
        self._looking = True
        self._others = self._other_edits()
        self._other: tuple[Sites, Rules] | None = None

    def step(self, control: Control, memory: Memory) -> Around | None:
        """Do a little more, unless it is stopped; what there is to tell.

        Cost: mostly below a second; THOROUGH_SECONDS at most.
        """
        if self._problem.reach.pairs > MOST_PAIRS:
            told = Afterwards(why_not=TOO_LARGE)
            return Around(self.number, told, last=True)
        began = time.perf_counter()
        try:
            more = self._go_on(control, memory)
        except Exception as error:  # noqa: BLE001  whatever it is, the plan is worth more
            # Conditions that the walk of the plans does not know are no mistake.
            strange = isinstance(error, DomainError)
            mistake = "" if strange else traceback.format_exc()
            if self._walked:
                return replace(self.last_words(), mistake=mistake)
            broken = None if strange else Afterwards(why_not=BROKEN)
            return Around(self.number, broken, last=True, mistake=mistake)
        self._seconds += time.perf_counter() - began
        if not more:
            return self.last_words()
        if self._looking and self._all_known(memory):
            self._looking = False
            return self._words(last=False)
        # After 1, 4, 9 … seconds of work.
        if self._news and self._seconds > (self._told + 1) ** 2:
            return self._words(last=False)
        return None

    def last_words(self) -> Around:
        """What is known, of which there will be no more."""
        return self._words(last=True)

    @property
    def _sites(self) -> list[int]:
        """Those that may say no."""
        chosen = self._answer.sites
        may: list[int] = chosen[self._problem.sites.fixed[chosen] != FORCED].tolist()
        return may

    def _words(self, *, last: bool) -> Around:
        self._told += 1
        self._news = False
        left = len(self._sites) - len(self._ready)
        known = self._steady
        found = Afterwards(
            None if known is None else known.often,
            0 if known is None else known.plans,
            WITHIN,
            list(self._ready.values()),
            left,
            looking=self._looking and not last,
            why_not=None if self._walked else NOT_YET,
        )
        return Around(self.number, found, last=last)

    def _go_on(self, control: Control, memory: Memory) -> bool:
        """One step; whether any is left."""
        problem, answer = self._problem, self._answer
        arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
        if not self._walked:
            found = how_often(
                *arrays, answer.sites, WITHIN, seed=self._seed, over=lambda: control.asked_to_stop
            )
            if not control.asked_to_stop:
                self._steady, self._walked = found, True
                self._news = True
            return True
        if self._seconds > MOST_SECONDS:
            return False
        goes_on = self._goes_on(memory)
        for site in self._sites:
            if site not in self._tried and (self._seconds <= SOON_SECONDS or not goes_on):
                quick = control.part(QUICK_SECONDS, QUICK_GAP)
                quick.exact = False
                self._take(best_without(*arrays, answer, site, quick, self._seed), control)
                if not control.asked_to_stop:
                    self._tried.add(site)
                return True
        if not goes_on:
            return False
        for site in self._sites:
            if site not in self._proved:
                self._prove(site, control, memory)
                return True
        self._other = self._other or next(self._others, None)
        if self._other is None:
            return False
        sites, rules = self._other
        thorough = control.part(THOROUGH_SECONDS, self._gap)
        with contextlib.suppress(DomainError):
            ahead = max_cover(
                problem.demand, sites, problem.reach, rules, thorough, self._seed, warm=answer
            )
            self._full |= not control.asked_to_stop and not memory.keep_edit(
                self.number, sites, rules, ahead
            )
        if not control.asked_to_stop:
            self._other = None
        return True

    def _goes_on(self, memory: Memory) -> bool:
        """Whether it is of use to answer more than what is told of the plan: not of one that was
        stopped, or ended by the clock; nor where it would not be kept."""
        proved = self._answer.status in ("optimal", "gap reached")
        return proved and not self._full and memory.remembers(self.number)

    def _all_known(self, memory: Memory) -> bool:
        """Whether nothing that is told of the plan will change any more."""
        if not self._walked:
            return False
        done = self._proved if self._goes_on(memory) else self._tried
        return done.issuperset(self._sites)

    def _prove(self, site: int, control: Control, memory: Memory) -> None:
        """The best plan without a site, to the gap that was asked for, with its certificate."""
        problem, known, begin = self._problem, self._ready.get(site), self._answer
        if known is not None and known.answer.status == "infeasible":
            self._proved.add(site)
            return
        if known is not None:
            begin = replace(begin, sites=known.answer.sites)
        one = best_without(
            problem.demand,
            problem.sites,
            problem.reach,
            problem.rules,
            self._answer,
            site,
            control.part(THOROUGH_SECONDS, self._gap),
            self._seed,
            warm=begin,
            with_certificate=True,
        )
        if control.asked_to_stop:
            return
        self._proved.add(site)
        self._take(one, control)
        if one is not None and one.answer.found:
            edited = replace(problem.sites, fixed=said_of(problem.sites, site, FORBIDDEN))
            kept = memory.keep_edit(self.number, edited, problem.rules, one.answer)
            self._full |= not kept

    def _take(self, one: Ready | None, control: Control) -> None:
        if one is None or control.asked_to_stop:
            return
        before = self._ready.get(one.site)
        # Another of as many people is no news.
        if before is None or one.answer.objective > before.answer.objective:
            self._news = True
        # Prices and certificate are large; those that are of use the memory has.
        lean = replace(one.answer, warmth=None, certificate=None)
        self._ready[one.site] = replace(one, answer=lean)

    def _other_edits(self) -> Iterator[tuple[Sites, Rules]]:
        sites, rules = self._problem.sites, self._problem.rules
        if rules.p is not None:
            yield sites, replace(rules, p=rules.p + 1)
            if rules.p > 1:
                yield sites, replace(rules, p=rules.p - 1)
        for site in self._sites:
            yield replace(sites, fixed=said_of(sites, site, FORCED)), rules
        for site in self._candidates():
            yield replace(sites, fixed=said_of(sites, site, FORCED)), rules

    def _candidates(self) -> list[int]:
        """Those that are not in the plan, by whom they would add."""
        sites, reach, weight = self._problem.sites, self._problem.reach, self._problem.demand.weight
        site = np.repeat(np.arange(len(sites)), np.diff(reach.start))
        stands = sites.fixed == EXISTING
        stands[self._answer.sites] = True
        left = np.ones(len(weight), np.bool_)
        left[reach.demand[stands[site]]] = False
        adds = np.bincount(site, (weight * left)[reach.demand], len(sites))
        may = np.flatnonzero((sites.fixed == FREE) & ~stands)
        order: list[int] = may[np.argsort(-adds[may], kind="stable")].tolist()
        return order


class Looks:
    """The last few plans that it is still looked around, the newest first."""

    def __init__(self, memory: Memory) -> None:
        """None yet; what is found for later questions is kept in the memory."""
        self._memory = memory
        self._waiting: deque[Look] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, look: Look) -> list[Around]:
        """One more; the last words of those that this is too much for."""
        gone = [one for one in self._waiting if one.number == look.number]
        for one in gone:
            self._waiting.remove(one)
        self._waiting.appendleft(look)
        told = []
        while len(self._waiting) > MOST_PLANS:
            told.append(self._waiting.pop().last_words())
        return told

    def step(self, control: Control) -> Around | None:
        """A step of the newest; what there is to tell."""
        told = self._waiting[0].step(control, self._memory)
        if told is not None and told.last:
            self._waiting.popleft()
        return told


__all__ = ["BROKEN", "NOT_YET", "Afterwards", "Around", "Look", "Looks", "looked_at"]
