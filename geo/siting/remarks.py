"""What is odd about a question but no mistake: told beside the plan."""

from __future__ import annotations

import numpy as np

from geo.siting.problem import FORCED, FREE, Sites


def remarks_of(sites: Sites, wanted: int | None, budget: float | None) -> list[str]:
    """Remarks in both languages: more sites wanted than candidates may be chosen, a budget below
    the cheapest of them.

    Args:
        sites: candidates and stations of today. wanted, budget: as asked; None: not asked.
    """
    told = []
    free = sites.fixed == FREE
    candidates = int((free | (sites.fixed == FORCED)).sum())
    if wanted is not None and wanted > candidates:
        told.append(
            f"要 {wanted} 个站，候选点只有 {candidates} 个。 "
            f"{wanted} sites are asked for; there are {candidates} candidates."
        )
    cheapest = float(np.min(sites.cost[free], initial=np.inf))
    if budget is not None and budget < cheapest < np.inf:
        told.append(
            f"预算 {budget:g} 低于最便宜的候选点（{cheapest:g}）。 "
            f"The budget of {budget:g} is below the cheapest candidate ({cheapest:g})."
        )
    return told
