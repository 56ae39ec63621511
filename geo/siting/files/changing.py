"""Which of today's stations to close or move: on plain files, and as CHANGES.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.evaluate import Evaluator
from geo.siting.files.checking import check_plan
from geo.siting.files.load import Problem
from geo.siting.files.plan import asked_of
from geo.siting.files.serving import named, number, sites_of
from geo.siting.files.tables import places_of
from geo.siting.problem import EXISTING, FREE, Answer, Bools, Floats, Longs, Rules, gap_of
from geo.siting.proofs.checked import Checked
from geo.siting.variations.changes import best_moves, closing, gone_and_come, moving, which_to_close

Kind = Literal["close", "move"]
FORMAT: Final = "nuanyi-changes-1"


@dataclass(frozen=True, eq=False)
class Changed:
    """What goes and what comes.

    Attributes:
        kind, count: as asked. keep: ids of stations that were to stay.
        gone, come: positions of the stations that close or move, those missed least first, and of
            the candidates that they move to.
        loss: (m,) people lost when one station alone closes. before, after: people covered.
        answer: of the search; its bound is what no other choice covers more than.
    """

    kind: Kind
    count: int
    keep: tuple[str, ...]
    gone: Longs
    come: Longs
    loss: Floats
    before: float
    after: float
    answer: Answer


def change(
    problem: Problem, kind: Kind, count: int, keep: Sequence[str], control: Control, seed: int = 0
) -> Changed:
    """Close so many stations, or move at most so many, so that most stay or become covered.

    Args:
        problem: its existing stations are today's; its conditions on new sites are not looked at.
        keep: ids of stations that stay where they are.

    Raises:
        Invalid: no such station, or fewer than shall be closed or moved.

    Cost: a plan of maximum coverage, and two passes over the pairs.
    """
    may = _may(problem, keep)
    rules = _plain(problem.rules)
    given = (problem.demand, problem.sites, problem.reach, rules, count, control, seed, may)
    answer = which_to_close(*given) if kind == "close" else best_moves(*given)
    existing = problem.sites.fixed == EXISTING
    evaluator = Evaluator(
        problem.demand,
        replace(problem.sites, fixed=np.full(len(existing), FREE, np.int8)),
        problem.reach,
        rules,
    )
    today = evaluator.evaluate(np.flatnonzero(existing).astype(np.int64))
    closing_of = count if kind == "close" else None
    gone, come = gone_and_come(answer, existing, may, today.loss, closing_of)
    standing = np.union1d(np.setdiff1d(np.flatnonzero(existing), gone), come).astype(np.int64)
    after = evaluator.evaluate(standing).value
    return Changed(kind, count, tuple(keep), gone, come, today.loss, today.value, after, answer)


def changes_of(problem: Problem, changed: Changed, folder: Path) -> dict[str, Any]:
    """The answer as CHANGES.json; `folder`: where it will be, its files are named from there."""
    answer, loss = changed.answer, changed.loss
    existing = np.flatnonzero(problem.sites.fixed == EXISTING)
    ids = dict(zip(existing.tolist(), named(problem.site_ids, existing), strict=True))
    cost = problem.sites.cost[changed.come]
    bound = max(answer.bound, changed.after)
    return {
        "format": FORMAT,
        "kind": changed.kind,
        "status": answer.status,
        "count": changed.count,
        "close": [{"id": ids[at], "loss": number(float(loss[at]))} for at in changed.gone.tolist()],
        "open": [
            {"id": name, "cost": number(float(much))}
            for name, much in zip(named(problem.site_ids, changed.come), cost, strict=True)
        ],
        "cost": number(float(cost.sum())),
        "demand": number(float(problem.demand.weight.sum())),
        "before": number(changed.before),
        "objective": number(changed.after),
        "bound": number(bound),
        "gap": number(gap_of(changed.after, bound)),
        "keep": list(changed.keep),
        "seconds": round(answer.seconds, 3),
        "seed": answer.seed,
        "relaxed": answer.relaxed,
        "notes": problem.notes,
        "stations": [
            {"id": ids[at], "loss": number(float(loss[at]))}
            for at in existing[np.argsort(loss[existing], kind="stable")].tolist()
        ],
        "question": asked_of(problem, folder),
        "certificate": answer.certificate,
    }


def check_changes(told: Mapping[str, Any], problem: Problem) -> Checked:
    """Check CHANGES.json against its files, as :func:`geo.siting.files.checking.check_plan` does a
    plan: what stands afterwards is a plan of the question that the change asks.

    Raises:
        Invalid: it names stations or candidates that are in no file.
    """
    may = _may(problem, [str(one) for one in told["keep"]])
    kind, count = told["kind"], int(told["count"])
    pose = {"close": closing, "move": moving}[kind]
    sites, rules = pose(problem.sites, _plain(problem.rules), count, may)
    gone, come = (
        sites_of(problem, [str(one["id"]) for one in told[name]]) for name in ("close", "open")
    )
    opened = np.union1d(np.setdiff1d(np.flatnonzero(may), gone), come).astype(np.int64)
    plan = dict(told) | {"sites": named(problem.site_ids, opened)}
    # How many may change is told in its own words: to the solver it is a limit on a chain.
    conditions = replace(rules, p=None, per_chain_most=None)
    found = check_plan(plan, replace(problem, sites=sites, rules=rules), conditions)
    stays = named(problem.site_ids, gone[~may[gone]])
    return replace(found, broken=[*_miscounted(kind, count, gone, come, stays), *found.broken])


def _miscounted(
    kind: Kind, count: int, gone: Longs, come: Longs, stays: Sequence[str]
) -> Iterator[str]:
    """What is wrong with how many go and come, and with who goes although it `stays`."""
    if kind == "close" and len(gone) != count:
        yield (
            f"关闭 {len(gone)} 个站点，应为 {count} 个。 "
            f"{len(gone)} stations close; {count} are asked for."
        )
    if kind == "move" and len(gone) > count:
        yield (
            f"迁移 {len(gone)} 个站点，至多 {count} 个。 "
            f"{len(gone)} stations move; at most {count} may."
        )
    if kind == "move" and len(come) > len(gone):
        yield (
            f"新开 {len(come)} 处，只迁走 {len(gone)} 个站点。 "
            f"{len(come)} sites come, but only {len(gone)} stations go."
        )
    if stays:
        yield f"站点 {'、'.join(stays)} 不能调整。 {', '.join(stays)} cannot close or move."


def _plain(rules: Rules) -> Rules:
    """How people count; conditions are about new sites."""
    return Rules(steps=rules.steps, backup=rules.backup)


def _may(problem: Problem, keep: Sequence[str]) -> Bools:
    """(m,) stations of today that are not to stay."""
    existing: Bools = problem.sites.fixed == EXISTING
    places = places_of(keep, problem.site_ids)
    unknown = [name for name, one in zip(keep, places, strict=True) if one < 0 or not existing[one]]
    if unknown:
        raise Invalid(
            f"没有现有站点 {'、'.join(unknown)}。 There is no station {', '.join(unknown)}.",
            remedy="编号以现有站点文件为准。 The ids are those of the file of stations.",
            field="keep",
        )
    may = existing.copy()
    may[places] = False
    return may
