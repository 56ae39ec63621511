"""What a plan of files states beside its sites, value and bound, against what follows from its
files: whoever reads PLAN.json relies on each of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from geo.siting.files.facts import facts_of
from geo.siting.files.load import Problem
from geo.siting.problem import Longs, gap_of
from geo.siting.proofs.checked import same

STATUSES: Final = "optimal", "gap reached", "time limit", "stopped", "infeasible"
CLOSE: Final = 1e-6
NOT_COMPARED: Final = ("assignment",)
"""With capacities: who goes where is one of many ways that are as good."""


def stated_otherwise(plan: Mapping[str, Any], problem: Problem, opened: Longs) -> list[str]:
    """What is wrong with what a plan states, a sentence for each field; fields that it leaves out
    state nothing.

    Cost: as writing the plan.
    """
    derived = facts_of(problem, opened, assigned=plan.get("assignment") is not None)
    if problem.rules.capacities:
        derived = {name: value for name, value in derived.items() if name not in NOT_COMPARED}
    wrong = [
        f"{place} 与重新推导的不符。 {place} is not what follows from the files."
        for name, value in derived.items()
        if name in plan and (place := _differs(plan[name], value, name)) is not None
    ]
    return [*wrong, *_of_the_bound(plan), *_twice(plan)]


def _of_the_bound(plan: Mapping[str, Any]) -> Iterator[str]:
    """Whether status and gap are those of value and bound."""
    status = plan.get("status")
    if status is not None and status not in STATUSES:
        yield f"没有这样的状态：{status}。 There is no status {status!r}."
    value, bound, gap = plan.get("objective"), plan.get("bound"), plan.get("gap")
    if value is None or bound is None:
        if status == "optimal":
            yield "没有界，不能说最优。 Without a bound nothing is optimal."
        return
    apart = gap_of(float(value), float(bound))
    if status == "optimal" and apart > CLOSE:
        yield "目标值与界不同，不是最优。 Value and bound differ: that is not optimal."
    if gap is not None and abs(float(gap) - apart) > CLOSE * max(1.0, apart):
        yield f"差距应为 {apart:.6g}。 The gap is {apart:.6g}."


def _twice(plan: Mapping[str, Any]) -> Iterator[str]:
    sites = [str(one) for one in plan["sites"]]
    again = sorted({one for one in sites if sites.count(one) > 1}) if len(sites) < 10_000 else []
    if again:
        yield f"站点 {again[0]} 写了两次。 The site {again[0]} is named twice."


def _differs(stated: Any, derived: Any, where: str) -> str | None:
    """Where two values differ by more than sums in another order do; None: nowhere."""
    if isinstance(derived, Mapping):
        if not isinstance(stated, Mapping):
            return where
        pairs = [(stated.get(name), value, f"{where}.{name}") for name, value in derived.items()]
    elif isinstance(derived, list):
        if not isinstance(stated, list) or len(stated) != len(derived):
            return where
        pairs = [
            (one, other, f"{where}.{number}")
            for number, (one, other) in enumerate(zip(stated, derived, strict=True))
        ]
    elif _number(stated) and _number(derived):
        return None if same(float(stated), float(derived)) else where
    else:
        return None if stated == derived else where
    return next((told for pair in pairs if (told := _differs(*pair)) is not None), None)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
