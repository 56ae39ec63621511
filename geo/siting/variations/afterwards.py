"""After the search: how often each site is in a good plan, and the best plan without it.

Done by the process that searched, as long as it takes little time; where it would not, or somebody
waits to stop, the answer says that it was left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from geo.errors import DomainError
from geo.siting.control import Control
from geo.siting.problem import FORCED, Answer, Floats
from geo.siting.solving import Problem
from geo.siting.variations.steady import Ready, how_often, ready_replacements

SECONDS: Final = 4.0
"""So long it may take in all; never longer than the search was given."""
MOST_PAIRS: Final = 2_000_000
MOST_SITES: Final = 60
WITHIN: Final = 0.01
EACH_SECONDS: Final = 1.0
EACH_GAP: Final = 0.001


@dataclass(frozen=True, eq=False)
class Afterwards:
    """What was found out about a plan.

    Attributes:
        often: (m,) in what share of the good plans each site is; None: not known.
        plans: how many good plans were seen, none of which covers less than 1 - `within` of it.
        ready: of sites of the plan the best plan without each; of those that there was time for.
        left_zh, left_en: what was left out, and why.
    """

    often: Floats | None = None
    plans: int = 0
    within: float = WITHIN
    ready: list[Ready] = field(default_factory=list)
    left_zh: str = ""
    left_en: str = ""


def afterwards(
    problem: Problem, answer: Answer, search: Control, seed: int, seconds: float = SECONDS
) -> Afterwards | None:
    """Look around a plan of maximum coverage.

    Args:
        answer: to the problem, with its warmth. search: stops this as well.
        seconds: at most, but for what was begun.

    Returns:
        None where this is not asked of such plans: another model, capacities, no sites.
    """
    if problem.model != "max-cover" or problem.rules.capacities or not len(answer.sites):
        return None
    if search.asked_to_stop:
        return Afterwards(
            left_zh="求解被停止，没有分析每个站点有多确定。",
            left_en="The search was stopped: it was not looked how sure each site is.",
        )
    if problem.reach.pairs > MOST_PAIRS:
        return Afterwards(
            left_zh="规模太大，没有分析每个站点有多确定。",
            left_en="Too large a question to look how sure each site is.",
        )
    clock = Control(seconds)
    clock.begin()

    def over() -> bool:
        return clock.stopped() or search.asked_to_stop

    arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
    try:
        found = how_often(*arrays, answer.sites, WITHIN, seed=seed, over=over)
    except DomainError:  # conditions that its walk does not know: nothing to tell
        return None
    mine = answer.sites[problem.sites.fixed[answer.sites] != FORCED]
    each = Control(EACH_SECONDS, EACH_GAP, exact=False)
    ready = [] if len(mine) > MOST_SITES else ready_replacements(
        *arrays, answer, each, seed, over=over
    )  # fmt: skip
    left = len(mine) - len(ready)
    return Afterwards(
        found.often,
        found.plans,
        WITHIN,
        ready,
        f"有 {left} 个站点没有时间算出没有它时的最好方案。" if left else "",
        f"There was no time for the best plan without {left} of the sites." if left else "",
    )


__all__ = ["Afterwards", "Ready", "afterwards"]
