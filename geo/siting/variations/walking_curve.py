"""The curve of the walking models: the least walk, or the least longest walk, with 1, 2, … P sites.

Each number begins from the plan before it; and what no plan of p sites is below, no plan of fewer
is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

import numpy as np

from geo.siting.centre.solve import p_centre
from geo.siting.control import Control
from geo.siting.median import p_median
from geo.siting.problem import Covering, Demand, Longs, Rules, Sites
from geo.siting.variations.curve import Curve, numbers_to

LEAST_SECONDS: Final = 0.05


def walk_curve(
    model: Literal["p-median", "p-centre"],
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    most: int,
    control: Control | None = None,
    seed: int = 0,
) -> Curve:
    """The least walk for every number of new sites up to `most`.

    Args:
        model: "p-median": total walk, people times metres; "p-centre": the longest one, metres.
        rules: as for the model; its `p` is not looked at.
        most: P; numbers below that of the forced sites are left out.
        control: its gap is good enough for each number, its time limit is for all of them: each has
            what is left, shared among those to come.

    Returns:
        `bound` is what no plan of so many sites is below; numbers too few to serve everybody have
        no value and the bound 0.

    Raises:
        Invalid: see the models; `most` below 1.

    Cost: the model once for each number, from a good plan.
    """
    control = control or Control(gap=0.001)
    control.begin()
    numbers = numbers_to(most, sites)
    value, bound = np.full(len(numbers), np.nan), np.zeros(len(numbers))
    plans: list[Longs] = []
    solver = p_median if model == "p-median" else p_centre
    before: Longs | None = None
    for number, p in enumerate(numbers.tolist()):
        seconds = None
        if control.time_limit is not None:
            seconds = max(LEAST_SECONDS, control.left / (len(numbers) - number))
        answer = solver(
            demand, sites, reach, replace(rules, p=p), control.part(seconds), seed,
            warm=before, with_certificate=False,
        )  # fmt: skip
        plans.append(answer.sites)
        if answer.found:
            value[number], bound[number] = answer.objective, answer.bound
            before = answer.sites
    bound = np.maximum.accumulate(bound[::-1])[::-1]
    # A plan of fewer sites is one of more; rules on the sites may ask for more of them, not fewer.
    for number in range(1, len(numbers)):
        if value[number - 1] < value[number]:
            value[number], plans[number] = value[number - 1], plans[number - 1]
    return Curve(numbers, value, bound, plans, control.seconds)
