"""A plan that a search begins from: PLAN.json of another question, its sites found again by id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from geo.errors import Invalid
from geo.siting.files.load import Problem
from geo.siting.files.tables import places_of
from geo.siting.problem import EXISTING, FORBIDDEN, Longs

NAMED: Final = 5


def begin_from(problem: Problem, plan: Mapping[str, Any]) -> Longs:
    """Positions of the sites of a plan that may still be chosen; `problem.notes` tells of the
    others.

    Args:
        plan: PLAN.json as :func:`geo.siting.files.plan.read` gives it.

    Raises:
        Invalid: a search that begins from no plan.
    """
    for option, given in (
        ("--then-walk", problem.question.then_walk),
        ("--capacity", problem.rules.capacities and problem.question.model == "max-cover"),
    ):
        if given:
            raise Invalid(
                f"有 {option} 时不能从已有方案开始。 "
                f"With {option} a search cannot begin from a plan.",
                remedy="去掉 --warm。 Leave out --warm.",
                field="warm",
            )
    ids = [str(one) for one in plan["sites"]]
    places = places_of(ids, problem.site_ids)
    state = np.where(places >= 0, problem.sites.fixed[places], -1)
    for bad, zh, en in (
        (places < 0, "不在候选点中", "are no candidates"),
        (state == EXISTING, "已是现有站点", "are existing stations"),
        (state == FORBIDDEN, "现为禁选", "are forbidden now"),
    ):
        if bad.any():
            gone = [ids[one] for one in np.flatnonzero(bad)[:NAMED]]
            more = " …" if bad.sum() > NAMED else ""
            problem.notes.append(
                f"起始方案有 {int(bad.sum())} 个站点{zh}，已略去：{'、'.join(gone)}{more}。 "
                f"{int(bad.sum())} sites of the plan to begin from {en} and were left out: "
                f"{', '.join(gone)}{more}."
            )
    kept = (places >= 0) & (state != EXISTING) & (state != FORBIDDEN)
    found: Longs = np.unique(places[kept])
    return found
