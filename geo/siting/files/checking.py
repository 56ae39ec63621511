"""Whether a plan holds: value, conditions and bound, derived anew from its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from geo.siting.amounts import amount
from geo.siting.files.asked import FILES
from geo.siting.files.load import Problem
from geo.siting.files.plan import FORMAT, why_not
from geo.siting.files.restating import stated_otherwise
from geo.siting.files.serving import hash_of, question_in, served, sites_of
from geo.siting.names import Names
from geo.siting.problem import Longs, Rules
from geo.siting.proofs.bounds import UNREADABLE, proved_walk
from geo.siting.proofs.checked import UNREAD, Checked, examined, of_another
from geo.siting.stated import standing_with

WALK_ALONE: Final = (
    "步行合计的界以文件所记为准，没有证书。 "
    "The bound of the walk is as the file states it; it carries no certificate."
)
NOT_DERIVED: Final = (
    "“无可行方案”没有证书，也没有推出原因。 "
    "That there is no plan carries no certificate, and no reason for it was found anew."
)
WALK_PROVED: Final = (
    "步行合计的界由证书证明。 The certificate of the walk proves the bound that is stated."
)


def check_plan(
    plan: Mapping[str, Any], problem: Problem, conditions: Rules | None = None
) -> Checked:
    """Check a plan against its files; see :func:`geo.siting.proofs.checked.examined`.

    Raises:
        InvalidFile: the plan names sites that are in no file.
    """
    if plan.get("status") == "infeasible":
        return _infeasible(plan, problem)
    opened = sites_of(problem, [str(one) for one in plan["sites"]])
    stated, bound = plan["objective"], plan.get("bound")
    found = examined(
        question_in(problem),
        opened,
        Names(problem.districts, problem.chains, problem.site_ids.to_pylist()),
        plan.get("certificate"),
        float("nan") if stated is None else float(stated),
        None if bound is None else float(bound),
        conditions,
    )
    broken = [*_changed(plan, problem), *found.broken]
    if plan.get("format") == FORMAT:
        if stated is None:
            broken.append("没有写目标值。 The plan does not state its objective.")
        broken += stated_otherwise(plan, problem, opened)
    if plan.get("walk") is None:
        return replace(found, broken=broken)
    wrong, notes = _walk(plan["walk"], problem, opened)
    return replace(found, broken=[*broken, *wrong], notes=[*found.notes, *notes])


def _infeasible(plan: Mapping[str, Any], problem: Problem) -> Checked:
    """That there is no plan carries no certificate; why there is none is derived anew."""
    nothing = float("nan")
    broken = _changed(plan, problem)
    if plan["sites"]:
        broken.append("“无可行方案”却有站点。 It says that there is no plan, and names sites.")
    explained = why_not(problem)
    notes = [f"{one.zh}。 {one.en[:1].upper()}{one.en[1:]}." for one in explained.reasons]
    return Checked(nothing, nothing, None, None, broken, notes=notes or [NOT_DERIVED])


def _walk(told: Mapping[str, Any], problem: Problem, opened: Longs) -> tuple[list[str], list[str]]:
    """What is wrong with what the plan states of how far the covered people walk to the nearest
    site; and what its bound stands on."""
    both = standing_with(problem.sites, opened)
    _, metres, share = served(problem, both)
    walked = float((problem.demand.weight * metres)[share > 0].sum())
    near = 1e-6 * max(1.0, walked)
    bound = None if told.get("bound") is None else float(told["bound"])
    broken = []
    if not abs(walked - float(told["objective"])) <= near:
        broken.append(
            f"步行合计应为 {amount(walked)}。 The covered people walk {amount(walked)} in all."
        )
    if bound is not None and not bound <= walked + near:
        broken.append(
            "所记的步行的界与方案矛盾。 The bound of the walk as stated contradicts the plan."
        )
    if told.get("certificate") is None:
        return broken, [WALK_ALONE] if bound else []
    try:
        covered = float((problem.demand.weight * share).sum())
        proved, wrong = proved_walk(question_in(problem), told["certificate"], covered)
    except UNREADABLE:
        return [*broken, UNREAD], []
    broken += [of_another(name) for name in wrong]
    if proved is None or bound is None:
        return broken, []
    if proved > walked + near:
        broken.append("步行的证书与方案矛盾。 The certificate of the walk contradicts the plan.")
    # What the search proved further by splitting and by leaving sites out, prices do not tell.
    told_so = (
        WALK_PROVED
        if proved >= bound - near
        else (
            f"步行合计的证书证明不少于 {amount(proved)}，其余是搜索所得。 "
            f"The certificate of the walk proves {amount(proved)}; the rest of its bound is by "
            "search."
        )
    )
    return broken, [told_so]


def _changed(plan: Mapping[str, Any], problem: Problem) -> list[str]:
    stated = plan["question"].get("sha256", {})
    return [
        f"{getattr(problem.question, name).name} 已改变。 "
        f"{getattr(problem.question, name).name} is not the file the plan was made from."
        for name in FILES
        if getattr(problem.question, name) is not None
        and stated.get(name) not in (None, hash_of(getattr(problem.question, name)))
    ]
