"""`nuanyi siting robust`: one plan for several files of demand or kinds of days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.siting import options
from api.cli.siting.watching import STATUS, Said, until_written, watched
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.siting.variations.robust import Aim

Demands = Annotated[
    list[Path], typer.Option("--demand", help="需求文件，可给多个 / demand, more than once.")
]


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("robust")(robust)


def robust(
    demand: Demands,
    candidates: options.Candidates,
    out: Annotated[Path, typer.Option("--out", help="写到 / where to write ROBUST.json.")],
    days: Annotated[
        list[str] | None, typer.Option("--days", help="日子 / workday,weekend of each file.")
    ] = None,
    aim: Annotated[
        str, typer.Option(help="目标 / worst-share, least-regret or mean.")
    ] = "worst-share",
    existing: options.Existing = None,
    sites: options.Sites = None,
    budget: options.Budget = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    area_share: options.AreaShare = None,
    area_sites: options.AreaSites = None,
    per_area: options.PerArea = None,
    spacing: options.Spacing = 0.0,
    open_24h: options.Open24h = 0,
    per_chain: options.PerChain = None,
    force: options.Force = None,
    forbid: options.Forbid = None,
    hours: options.Hours = None,
    gap: options.Gap = 0.001,
    time_limit: options.TimeLimit = None,
    seed: options.Seed = 0,
) -> None:
    """多份需求或多种日子共用的方案 / One plan for several files of demand, or kinds of days.

    Every kind of day of every file is a case. worst-share: the smallest share reached in any case
    is as large as can be; least-regret: of what a plan for that case alone reaches; mean: the mean
    share. Ctrl-C ends the search with the best so far; `siting check` checks ROBUST.json.

    Example: nuanyi siting robust --demand D --days workday,weekend --candidates C --sites 9 --out R
    """
    from geo.siting.control import Control
    from geo.siting.files import cases
    from geo.siting.files.plan import write

    wanted = _aim(aim)
    which = cases.cases_of(demand, [_day(one) for one in options.split(days or ())])
    asked = options.question(
        model="max-cover", demand=demand[0], candidates=candidates, existing=existing, sites=sites,
        budget=budget, radius=radius, metric=metric, distances=distances, streets=streets, crs=crs,
        steps=steps, area_share=area_share, area_sites=area_sites, per_area=per_area,
        spacing=spacing, open_24h=open_24h, per_chain=per_chain, force=force, forbid=forbid,
        hours=hours,
    )  # fmt: skip
    for one in demand:
        options.check_out(out, replace(asked, demand=one), per_area)
    laid_out = cases.stacked(asked, which, options.load)
    said = Said()
    control = Control(time_limit, gap, said)
    with until_written(control, said):
        found = watched(lambda: cases.solve_cases(laid_out, wanted, control, seed), said)
        told = cases.robust_of(laid_out, found, wanted, out.parent)
        write(told, out)
    _show(told, [one.name for one in which], out)
    if told["objective"] is None:
        raise typer.Exit(1)


def _aim(text: str) -> Aim:
    from geo.siting.files.cases import AIMS

    for one in AIMS:
        if text.replace("-", " ") == one:
            return one
    raise Invalid(
        f"没有目标“{text}”。 There is no aim '{text}'.",
        remedy="可选 / Use worst-share, least-regret or mean.",
        field="aim",
    )


def _day(text: str) -> str:
    if text not in options.DAYS:
        raise options.no_such_day(text, "days")
    return text


def _show(told: dict[str, Any], names: list[str], out: Path) -> None:
    console.show_facts(
        f"{told['aim']} · {STATUS[told['status']]}",
        {
            "目标值 / objective": _share(told["objective"]),
            "界 / bound": _share(told["bound"]),
            "差距 / gap": "–" if told["gap"] is None else f"{told['gap']:.3%}",
            "新站 / new sites": len(told["sites"]),
            "成本 / cost": f"{told['cost']:,.10g}",
            "秒 / seconds": f"{told['seconds']:.2f}",
            "写到 / written to": str(out),
        },
    )
    if told["objective"] is not None:
        console.show_table(
            "各情景 / cases",
            [console.words("情景\ncase"), console.number("需求\ndemand"),
             console.number("覆盖\ncovered"), console.number("比例\nshare"),
             console.number("单独最优\nalone")],
            [
                (name, f"{one['total']:,.6g}", f"{one['covered']:,.6g}", _share(one["share"]),
                 f"{one['alone']:,.6g}")
                for name, one in zip(names, told["cases"], strict=True)
            ],
        )  # fmt: skip
    for note in [*told["relaxed"], *told["notes"]]:
        console.out.print(note, markup=False)
    for language in ("zh", "en"):
        if told.get("infeasible", {}).get(language):
            console.out.print(told["infeasible"][language], markup=False)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.4%}"
