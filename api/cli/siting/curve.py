"""`nuanyi siting curve`: the best for every number of sites, with a bound beside each."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import numpy as np
import typer

from api.cli import console
from api.cli.siting import options
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.siting.curve import Curve
    from geo.siting.files.load import Problem


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("curve")(curve)


def curve(
    demand: options.Demand,
    candidates: options.Candidates,
    up_to: Annotated[
        int, typer.Option("--up-to", min=1, help="到几个新站 / up to so many sites.")
    ] = 50,
    existing: options.Existing = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    backup: options.Backup = 0.0,
    area_share: options.AreaShare = None,
    area_sites: options.AreaSites = None,
    per_area: options.PerArea = None,
    spacing: options.Spacing = 0.0,
    open_24h: options.Open24h = 0,
    per_chain: options.PerChain = None,
    force: options.Force = None,
    forbid: options.Forbid = None,
    hours: options.Hours = "6-22",
    day: options.Day = None,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", min=0, help="时限 / at most so many seconds."),
    ] = None,
    seed: Annotated[int, typer.Option(help="随机种子 / seed.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="写到 / to a .csv or .json file.")
    ] = None,
) -> None:
    """预算曲线 / The best plan and a bound for every number of sites.

    Example: nuanyi siting curve --demand D.csv --candidates C.csv --radius 500 --up-to 40
    """
    asked = options.question(
        model="max-cover", sites=up_to, demand=demand, candidates=candidates, existing=existing,
        radius=radius, metric=metric, distances=distances, streets=streets, crs=crs, steps=steps,
        backup=backup, area_share=area_share, area_sites=area_sites, per_area=per_area,
        spacing=spacing, open_24h=open_24h, per_chain=per_chain, force=force, forbid=forbid,
        hours=hours, day=day,
    )  # fmt: skip
    from geo.siting.curve import curve as of_all
    from geo.siting.problem import Control

    problem = options.load(asked)
    found = of_all(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        up_to,
        Control(time_limit),
        seed,
    )
    _write(problem, found, out)


def _write(problem: Problem, found: Curve, out: Path | None) -> None:
    from geo.siting.files.serving import named

    rows = [
        {
            "sites": int(number),
            "value": None if np.isnan(value) else float(value),
            "bound": float(bound),
            "gap": None if np.isnan(value) or not value else float((bound - value) / value),
            "chosen": named(problem.site_ids, plan),
        }
        for number, value, bound, plan in zip(
            found.p, found.value, found.bound, found.plans, strict=True
        )
    ]
    try:
        if out is not None and out.suffix.lower() == ".json":
            body = {"seconds": round(found.seconds, 3), "notes": problem.notes, "points": rows}
            out.write_text(json.dumps(body, ensure_ascii=False) + "\n", encoding="utf-8")
        elif out is not None:
            with out.open("w", encoding="utf-8", newline="") as stream:
                _table(stream, rows)
        else:
            _table(sys.stdout, rows)
    except OSError as error:
        raise Invalid(
            f"{out} 无法写入。 {out} cannot be written: {error.strerror}.",
            remedy="请检查文件夹与权限。 Check the folder and its permissions.",
            field="out",
        ) from error
    for note in problem.notes:
        console.err.print(note, markup=False)


def _table(stream: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        told = " ".join(row["chosen"])
        # A cell that a spreadsheet would take for a formula is text.
        guarded = f"'{told}" if told.startswith(("=", "+", "-", "@")) else told
        writer.writerow({**row, "chosen": guarded})
