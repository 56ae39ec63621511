"""`nuanyi siting solve`: files in, PLAN.json out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.siting import options
from api.cli.siting.watching import STATUS, Said, until_written, watched

if TYPE_CHECKING:
    from geo.siting.control import Control
    from geo.siting.files.load import Problem
    from geo.siting.problem import Answer, Longs


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("solve")(solve)


def solve(
    demand: options.Demand,
    candidates: options.Candidates,
    out: Annotated[Path, typer.Option("--out", help="写到 / where to write PLAN.json.")],
    model: Annotated[
        str, typer.Option(help="模型 / max-cover, set-cover, p-median, p-centre.")
    ] = "max-cover",
    existing: options.Existing = None,
    sites: options.Sites = None,
    budget: options.Budget = None,
    share: Annotated[
        str | None, typer.Option("--share", help="比例 / share to cover, for set-cover.")
    ] = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    backup: options.Backup = 0.0,
    capacity: options.Capacity = None,
    area_share: options.AreaShare = None,
    area_sites: options.AreaSites = None,
    per_area: options.PerArea = None,
    spacing: options.Spacing = 0.0,
    spacing_rule: options.SpacingRule = "forbid",
    open_24h: options.Open24h = 0,
    per_chain: options.PerChain = None,
    force: options.Force = None,
    forbid: options.Forbid = None,
    hours: options.Hours = None,
    day: options.Day = None,
    then_walk: Annotated[
        bool,
        typer.Option("--then-walk", help="再求步行 / of those that cover most, the least walk."),
    ] = False,
    unserved: Annotated[
        float | None,
        typer.Option("--unserved", min=0, help="够不着的 / metres they count as walking."),
    ] = None,
    gap: options.Gap = 0.001,
    time_limit: options.TimeLimit = None,
    seed: options.Seed = 0,
    warm: Annotated[
        Path | None, typer.Option("--warm", help="从此方案开始 / begin from a PLAN.json.")
    ] = None,
    assignment: Annotated[
        bool, typer.Option("--assignment", help="归属 / also write whom each point goes to.")
    ] = False,
    certificate: Annotated[
        bool | None,
        typer.Option(help="证书 / also write the proof; by default up to a million points."),
    ] = None,
) -> None:
    """求解选址，写出带证明的方案 / Solve a siting question of files; the plan comes with its proof.

    Columns: demand `id,x,y,weight` (or lon,lat), candidates `id,x,y,cost,...`; CSV, XLSX, GeoJSON
    or GeoPackage. Ctrl-C ends the search with the best plan so far. Exit code 1: no plan is
    possible; PLAN.json and the screen say why. --then-walk: coverage first, then the least walk.
    --warm begins from the sites of a plan made before, found again by their ids.

    Example: nuanyi siting solve --demand D.csv --candidates C.csv --sites 9 --radius 500 --out P
    """
    asked = options.question(
        model=model, demand=demand, candidates=candidates, existing=existing, sites=sites,
        budget=budget, share=share, radius=radius, metric=metric, distances=distances,
        streets=streets, crs=crs, steps=steps, backup=backup, capacity=capacity,
        area_share=area_share, area_sites=area_sites, per_area=per_area, spacing=spacing,
        open_24h=open_24h, per_chain=per_chain, force=force, forbid=forbid, hours=hours, day=day,
        spacing_rule=spacing_rule, then_walk=then_walk, unserved=unserved,
    )  # fmt: skip
    options.check_out(out, asked, per_area)
    from geo.siting.control import Control
    from geo.siting.files.beginning import begin_from
    from geo.siting.files.plan import has_plan, plan_of, read, why_not, write

    known = None if warm is None else read(warm)
    problem = options.load(asked)
    start = None if known is None else begin_from(problem, known)
    said = Said()
    control = Control(time_limit, gap, said)
    with until_written(control, said):
        answer, walk = watched(lambda: _solved(problem, control, seed, certificate, start), said)
        explained = None if has_plan(answer) else why_not(problem)
        plan = plan_of(
            problem, answer, folder=out.parent, explained=explained, assigned=assignment, walk=walk
        )
        write(plan, out)
    _show(plan, out)
    if not has_plan(answer):
        raise typer.Exit(1)


def _solved(
    problem: Problem, control: Control, seed: int, certified: bool | None, warm: Longs | None
) -> tuple[Answer, Answer | None]:
    """The answer, and the walk where it is asked for."""
    from geo.siting.files.plan import solve as by_model
    from geo.siting.files.plan import solve_then_walk

    if problem.question.then_walk:
        both = solve_then_walk(problem, control, seed, certified=certified)
        return both.cover, both.walk
    return by_model(problem, control, seed, certified=certified, warm=warm), None


def _show(plan: dict[str, Any], out: Path) -> None:
    console.show_facts(
        f"{plan['model']} · {STATUS[plan['status']]}",
        {
            "目标值 / objective": _told(plan["objective"]),
            "界 / bound": _told(plan["bound"]),
            "差距 / gap": "–" if plan["gap"] is None else f"{plan['gap']:.3%}",
            **_walked(plan.get("walk")),
            "新站 / new sites": len(plan["sites"]),
            "成本 / cost": _told(plan["cost"]),
            "覆盖 / covered": _covered(plan.get("coverage")),
            "秒 / seconds": f"{plan['seconds']:.2f}",
            "写到 / written to": str(out),
        },
    )
    for note in [*plan["relaxed"], *plan["notes"]]:
        console.out.print(note, markup=False)
    if "infeasible" in plan:
        for language in ("zh", "en"):
            if plan["infeasible"][language]:
                console.out.print(plan["infeasible"][language], markup=False)


def _walked(told: dict[str, Any] | None) -> dict[str, str]:
    if told is None:
        return {}
    gap = "–" if told["gap"] is None else f"{told['gap']:.3%}"
    return {"步行合计 / walk in all": f"{_told(told['objective'])} ({gap})"}


def _covered(told: dict[str, Any] | None) -> str:
    if told is None or told["share"] is None:
        return "–"
    return f"{_told(told['after'])} / {_told(told['demand'])} ({told['share']:.1%})"


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"
