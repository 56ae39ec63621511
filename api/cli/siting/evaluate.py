"""`nuanyi siting evaluate`: what a given set of sites covers, and what each more would add."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from api.cli import console
from api.cli.siting import options
from geo.errors import Invalid

LISTED = 10


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("evaluate")(evaluate)


def evaluate(
    demand: options.Demand,
    candidates: options.Candidates,
    at: Annotated[
        list[str] | None, typer.Option("--at", help="站点编号，逗号分隔 / ids of the sites.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="取该方案的站点 / the sites of a PLAN.json.")
    ] = None,
    existing: options.Existing = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    backup: options.Backup = 0.0,
    hours: options.Hours = None,
    day: options.Day = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """给定站点能覆盖多少、再加谁最好 / What given sites cover, and what each more would add.

    Example: nuanyi siting evaluate --demand D.csv --candidates C.csv --radius 500 --at C3,C8
    """
    from geo.siting.evaluate import Evaluator
    from geo.siting.files.plan import read
    from geo.siting.files.serving import named, sites_of

    if (at is None) == (plan is None):
        raise Invalid(
            "用 --at 或 --plan 给出站点，二者取一。 Give the sites by --at or by --plan.",
            remedy="如 --at C3,C8 / such as --at C3,C8",
            field="at",
        )
    ids = read(plan)["sites"] if plan is not None else list(options.split(at or ()))
    problem = options.load(
        options.question(
            model="max-cover", sites=0, demand=demand, candidates=candidates, existing=existing,
            radius=radius, metric=metric, distances=distances, streets=streets, crs=crs,
            steps=steps, backup=backup, hours=hours, day=day,
        )
    )  # fmt: skip
    chosen = sites_of(problem, [str(one) for one in ids])
    found = Evaluator(problem.demand, problem.sites, problem.reach, problem.rules).evaluate(chosen)
    best = np.argsort(-found.gain, kind="stable")
    best = best[found.gain[best] > 0]
    told: dict[str, Any] = {
        "covered": found.value,
        "before": found.kept,
        "demand": float(problem.demand.weight.sum()),
        "sites": [
            {"id": name, "adds_last": float(found.loss[one]), "alone": float(found.alone[one])}
            for name, one in zip(named(problem.site_ids, chosen), chosen.tolist(), strict=True)
        ],
        "gains": [
            {"id": name, "gain": float(found.gain[one])}
            for name, one in zip(named(problem.site_ids, best), best.tolist(), strict=True)
        ],
        "notes": problem.notes,
    }
    if as_json:
        console.show_json(told)
        return
    console.show_facts(
        "覆盖 / covered",
        {
            "覆盖 / covered": f"{found.value:,.10g}",
            "现有站点已覆盖 / by today's stations": f"{found.kept:,.10g}",
            "需求 / demand": f"{told['demand']:,.10g}",
        },
    )
    console.show_table(
        "站点 / sites",
        [console.short("编号\nid"), console.number("不可替代\nadds last"),
         console.number("单独增加\nalone")],
        [(one["id"], f"{one['adds_last']:,.6g}", f"{one['alone']:,.6g}") for one in told["sites"]],
    )  # fmt: skip
    console.show_table(
        f"再加一个 / one more (前 {LISTED} / the first {LISTED})",
        [console.short("编号\nid"), console.number("增加\ngain")],
        [(one["id"], f"{one['gain']:,.6g}") for one in told["gains"][:LISTED]],
    )
    for note in problem.notes:
        console.out.print(note, markup=False)
