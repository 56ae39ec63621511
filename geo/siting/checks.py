"""What is no siting question is refused before anything is computed, with what to do about it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from geo.errors import Invalid
from geo.siting.problem import EXISTING, FREE, Demand, Floats, Rules, Sites


def check_problem(demand: Demand, sites: Sites, rules: Rules) -> None:
    """Refuse what is no siting question, whatever the model.

    Raises:
        Invalid: no candidates, weights or costs that are negative or no numbers, rules that say
            nothing or contradict themselves; always with what to do.
    """
    if not len(sites):
        raise Invalid(
            "没有候选点。 There are no candidates.",
            remedy="至少提供一个候选点。 Give at least one candidate site.",
            field="candidates",
        )
    _check_numbers(demand.weight, "weight", "需求权重", "the demand's weights")
    _check_numbers(sites.cost, "cost", "候选点成本", "the candidates' costs")
    if sites.capacity is not None:
        _check_numbers(sites.capacity, "capacity", "候选点容量", "the candidates' capacities")
    elif rules.capacities:
        raise Invalid(
            "候选点没有容量。 The candidates have no capacities.",
            remedy="提供容量列，或不要求容量。 Give capacities, or do not ask for them.",
            field="capacity",
        )
    if ((sites.fixed < FREE) | (sites.fixed > EXISTING)).any():
        raise Invalid(
            "候选点的固定状态无效。 A candidate's fixed state is not one of 0 to 3.",
            remedy="0 可选、1 必选、2 禁选、3 现有。 0 free, 1 forced, 2 forbidden, 3 existing.",
            field="fixed",
        )
    if rules.p is not None and rules.p < 0:
        raise Invalid(
            f"站点数不能是 {rules.p}。 The number of sites is {rules.p}.",
            remedy="填写不小于 0 的整数。 Give 0 or more.",
            field="p",
        )
    if rules.budget is not None and not (0 <= rules.budget < np.inf):
        raise Invalid(
            f"预算不能是 {rules.budget}。 The budget is {rules.budget}.",
            remedy="填写不小于 0 的数。 Give a number of 0 or more.",
            field="budget",
        )
    if not 0 <= rules.backup <= 1:
        raise Invalid(
            f"二次覆盖的权重不能是 {rules.backup}。 The weight of backup is {rules.backup}.",
            remedy="填写 0 到 1。 Give 0 to 1.",
            field="backup",
        )
    _check_steps(rules.steps)
    for district, share in rules.district_least_share.items():
        if not 0 <= share <= 1:
            raise Invalid(
                f"街道 {district} 的最低覆盖率不能是 {share}。 "
                f"The least share of district {district} is {share}.",
                remedy="填写 0 到 1。 Give 0 to 1.",
                field="district_least_share",
            )


def _check_steps(steps: tuple[tuple[float, float], ...]) -> None:
    metres = [step[0] for step in steps]
    shares = [step[1] for step in steps]
    rising = all(a < b for a, b in pairwise(metres))
    falling = all(a >= b for a, b in pairwise(shares))
    inside = all(0 <= share <= 1 for share in shares) and all(reach >= 0 for reach in metres)
    if not (rising and falling and inside):
        told = ",".join(f"{far:g}:{part:g}" for far, part in steps)
        raise Invalid(
            f"覆盖分级无效：{told}。 The steps of coverage do not fit: {told}.",
            remedy="距离递增、比例递减，如 (500, 1), (1000, 0.5)。 "
            "Metres rise and shares fall, such as (500, 1), (1000, 0.5).",
            field="steps",
        )


def _check_numbers(values: Floats, name: str, zh: str, en: str) -> None:
    bad = ~(values >= 0) | ~np.isfinite(values)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise Invalid(
            f"{zh}有 {int(bad.sum())} 个不是不小于 0 的数，"
            f"第一个在第 {row + 1} 行：{values[row]}。 "
            f"{int(bad.sum())} of {en} are not numbers of 0 or more, the first in row {row + 1}: "
            f"{values[row]}.",
            remedy="改正或删除这些行。 Correct these rows or leave them out.",
            field=name,
        )
