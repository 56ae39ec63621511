"""The conditions on sites of :mod:`geo.siting.model.sides` for models without merged coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo.errors import Invalid
from geo.siting.median.walks import Walks
from geo.siting.model.merge import Merged
from geo.siting.model.sides import Sides, sides_of
from geo.siting.problem import Covering, Demand, Ints, Longs, Reach, Rules, Sites


class Conditions:
    """From what is left of a problem to the conditions on its candidates."""

    def __init__(self, demand: Demand, sites: Sites, rules: Rules) -> None:
        none, nobody = np.empty(0), np.empty(0, np.int32)
        begin = np.zeros(len(sites) + 1, np.int64)
        districts = 1 + int(demand.district.max(initial=-1))
        self._empty = Merged(
            nobody, begin, nobody, np.zeros(1, np.int64), nobody, none, none, none, nobody,
            sites.cost, 0.0, np.zeros(districts), 0.0, True, np.empty((0, 0), np.int32),
        )  # fmt: skip
        self._demand = demand
        self._sites = sites
        self._rules = replace(
            rules, district_least_share={}, share=None, steps=(), backup=0.0, unserved_metres=None
        )

    def __call__(self, walks: Walks) -> Sides:
        """Of walks."""
        return self.of_candidates(walks.candidates, walks.opened)

    def of_candidates(self, candidates: Longs | Ints, opened: Longs) -> Sides:
        """Of candidates by their positions among all, when new sites `opened` stand already."""
        here = replace(self._empty, candidates=candidates.astype(np.int32))
        return sides_of(here, self._demand, self._sites, self._rules, opened)


def check_reach(demand: Demand, sites: Sites, reach: Covering) -> None:
    """Refuse a reach of other points.

    Raises:
        Invalid: it is of another number of candidates, or of demand that does not exist.
    """
    if not isinstance(reach, Reach):
        return
    last = int(reach.demand.max(initial=-1))
    if len(reach) != len(sites) or last >= len(demand):
        raise Invalid(
            f"可达关系有 {len(reach)} 个候选点，应为 {len(sites)} 个。 "
            f"The reach is of {len(reach)} candidates and demand up to {last}; "
            f"there are {len(sites)} and {len(demand)}.",
            remedy="用同一批需求点和候选点计算可达关系。 Compute the reach from the same points.",
            field="reach",
        )
