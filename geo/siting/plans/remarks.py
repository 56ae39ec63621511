"""What is odd about a question but no mistake: told beside the plan."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from geo.siting.amounts import amount, need
from geo.siting.conditions import too_near
from geo.siting.names import Names
from geo.siting.problem import FORCED, FREE, Answer, Rules, Sites

NEARER: Final = "相距不足"
"""How the solver names pairs that stand too near: by their positions, which nobody knows."""


Remark = tuple[str, str]
"""The same in Chinese and in English: names of hosts may be in either, so that nobody could take
the two apart again."""


NONE_NEEDED: Final[Remark] = (
    "没有候选点能使结果更好：一个也不需要新建。",
    "No candidate makes it any better: none is needed.",
)


def none_chosen(model: str, wanted: int | None, *, helps: bool) -> Remark:
    """Why the best plan has no new site; `helps`: some candidate would reach somebody more."""
    if wanted == 0:
        return "要求的站点数是 0，没有新建。", "So it was asked for: no new site."
    if helps and model != "set-cover":
        return (
            "在这些条件下一个候选点也选不了。",
            "Under these conditions not one candidate can be chosen.",
        )
    return NONE_NEEDED


def halves(told: str) -> Remark:
    """A remark of a solver (`中文。 English.`) as two; it names no host, so it can be parted."""
    zh, found, en = told.partition("。 ")
    return (f"{zh}。", en) if found else (told, told)


def named_remarks(sites: Sites, rules: Rules, answer: Answer, names: Names) -> list[Remark]:
    """What the solver remarked of its plan, pairs of sites that stand nearer than asked by their
    names."""
    told = [halves(one) for one in answer.relaxed if NEARER not in one]
    if rules.spacing == "warn" and rules.spacing_metres:
        told += [(one.zh, one.en) for one in too_near(sites, rules, answer.sites, names)]
    return told


def idle_remark(facts: dict[str, Any], model: str) -> list[Remark]:
    """That some sites of a plan of maximum coverage add nobody: the number asked for is more than
    is needed."""
    idle = sum(1 for one in facts["sites"] if not one["adds_last"])
    if model != "max-cover" or not idle:
        return []
    fewer = "（或少于可公布的人数）" if facts["least"] else ""
    too_few = " (or fewer people than may be told)" if facts["least"] else ""
    zh = f"有 {idle} 个站点各自去掉后覆盖都不减少{fewer}：也许不需要这么多站点。"
    en = f"{idle} of the sites could each be left out and nobody{too_few} would be covered less"
    return [(zh, f"{en}: perhaps so many are not needed.")]


def remarks_of(sites: Sites, wanted: int | None, budget: float | None) -> list[Remark]:
    """More sites wanted than candidates may be chosen, a budget below the cheapest of them.

    Args:
        sites: candidates and stations of today. wanted, budget: as asked; None: not asked.
    """
    told = []
    free = sites.fixed == FREE
    candidates = int((free | (sites.fixed == FORCED)).sum())
    if wanted is not None and wanted > candidates:
        told.append(
            (
                f"要 {wanted} 个站，候选点只有 {candidates} 个。",
                f"{wanted} sites are asked for; there are {candidates} candidates.",
            )
        )
    cheapest = float(np.min(sites.cost[free], initial=np.inf))
    if budget is not None and budget < cheapest < np.inf:
        has, least = amount(budget), need(cheapest)
        told.append(
            (
                f"预算 {has} 低于最便宜的候选点（{least}）。",
                f"The budget of {has} is below the cheapest candidate ({least}).",
            )
        )
    return told
