"""`nuanyi siting check`: whether a plan holds."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.siting import options
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.siting.proofs.checked import Checked


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("check")(check)


def check(
    plan: Annotated[
        Path, typer.Argument(help="PLAN.json, CHANGES.json, ROBUST.json, proof.json。")
    ],
    demand: Annotated[
        Path | None, typer.Option(help="需求文件 / demand; by default that of the plan.")
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option(help="候选点 / candidates; by default that of the plan.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="界未经证明也算不成立 / a bound that is not proved fails too."
        ),
    ] = False,
) -> None:
    """核对方案 / Derive value, conditions and bound of a plan anew.

    From the files alone, by code that shares nothing with the solvers; of the proof.json of a saved
    plan from what stands in it. Exit code 1: the plan does not hold; with --strict also where the
    certificate alone does not prove its bound.

    Example: nuanyi siting check PLAN.json
    """
    from geo.siting.files.checkable import damage_told, read_checkable
    from geo.siting.proofs.proof_file import FORMAT, examine_proof

    told = read_checkable(plan)
    if told["format"] == FORMAT:
        for name, given in (("demand", demand), ("candidates", candidates)):
            if given is not None:
                raise _in_itself("proof.json", name)
        found: Checked = examine_proof(told)
    else:
        with damage_told(plan):
            found = _checked(told, plan.parent, demand, candidates)
    if as_json:
        facts = asdict(found) | {"holds": found.holds, "proved": found.proved}
        none = {n: None for n, one in facts.items() if isinstance(one, float) and not isfinite(one)}
        console.show_json(facts | none)
    else:
        _show(told, found)
    if not found.holds or (strict and not found.proved):
        raise typer.Exit(1)


def _checked(
    told: dict[str, Any], folder: Path, demand: Path | None, candidates: Path | None
) -> Checked:
    from geo.siting.files import cases, changing
    from geo.siting.files.checking import check_plan
    from geo.siting.files.plan import question_of

    if told["format"] == cases.FORMAT:
        if demand is not None:
            raise _in_itself("ROBUST.json", "demand")
        which = cases.cases_in(told, folder)
        question = {**told["question"], "demand": told["cases"][0]["demand"]}
        asked = question_of({"question": question}, folder)
        asked = replace(asked, candidates=candidates or asked.candidates)
        return cases.check_cases(told, cases.stacked(asked, which, options.load))
    asked = question_of(told, folder)
    asked = replace(asked, demand=demand or asked.demand, candidates=candidates or asked.candidates)
    if told["format"] == changing.FORMAT:
        standing = {"close": True, "move": False}[told["kind"]]
        return changing.check_changes(told, options.load(asked, standing=standing))
    return check_plan(told, options.load(asked))


def _in_itself(file: str, name: str) -> Invalid:
    return Invalid(
        f"{file} 自己说明数据，不用 --{name}。 A {file} says itself which data: no --{name}.",
        remedy="去掉它。 Leave it out.",
        field=name,
    )


def _told(value: float) -> str:
    return f"{value:,.10g}" if isfinite(value) else "–"


def _verdict(found: Checked) -> str:
    if not found.holds:
        return "方案不成立 / the plan does not hold"
    if not isfinite(found.value):
        return "没有方案 / no plan is claimed"
    if not found.proved:
        return "方案成立，所记的界未经证书证明 / the plan holds; no certificate proves its bound"
    return "方案成立 / the plan holds"


def _show(plan: dict[str, Any], found: Checked) -> None:
    console.show_facts(
        _verdict(found),
        {
            "模型 / model": next(plan[name] for name in ("model", "kind", "aim") if name in plan),
            "目标值（重新计算） / objective, derived anew": _told(found.value),
            "目标值（方案所记） / as stated": _told(found.stated),
            "界（证书所证） / bound that the certificate proves": (
                "没有证书 / no certificate" if found.bound is None else f"{found.bound:,.10g}"
            ),
            "界（方案所记） / bound as stated": (
                "–" if found.stated_bound is None else f"{found.stated_bound:,.10g}"
            ),
            "证书证明了所记的界 / the certificate proves the bound stated": (
                "是 yes" if found.proved else "否 no"
            ),
            "问题 / what is wrong": found.broken,
            "说明 / to be known": found.notes,
        },
    )
