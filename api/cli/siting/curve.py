"""`nuanyi siting curve`: the best for every number of sites, or for many budgets or shares, with a
bound beside each."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import numpy as np
import typer

from api.cli import console
from api.cli.siting import options
from api.cli.siting.watching import Said, until_written, watched
from geo.errors import Invalid

MOST_POINTS = 1_000

if TYPE_CHECKING:
    from geo.siting.files.load import Problem
    from geo.siting.variations.curve import Curve


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi siting`."""
    app.command("curve")(curve)


def curve(
    demand: options.Demand,
    candidates: options.Candidates,
    model: Annotated[
        str, typer.Option(help="模型 / max-cover, set-cover, p-median, p-centre.")
    ] = "max-cover",
    up_to: Annotated[
        int, typer.Option("--up-to", min=1, help="到几个新站 / up to so many sites.")
    ] = 50,
    budgets: Annotated[
        list[str] | None,
        typer.Option("--budgets", help="预算 / in place of numbers: 10,20,30 or 0:500:20."),
    ] = None,
    shares: Annotated[
        list[str] | None,
        typer.Option("--shares", help="比例 / for set-cover: 50%,60%."),
    ] = None,
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
    hours: options.Hours = None,
    day: options.Day = None,
    time_limit: options.TimeLimit = None,
    seed: options.Seed = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="写到 / to a .csv or .json file.")
    ] = None,
) -> None:
    """预算曲线 / The best plan and a bound for every number of sites, budget or share.

    --budgets FROM:TO:STEP or a list asks for budgets; set-cover tells how many sites each of
    --shares needs, and that fewer do not do (sites and no fewer than, `at_least`). What cannot be
    done says `why`. Ctrl-C ends the search with the best plans so far.

    Example: nuanyi siting curve --demand D.csv --candidates C.csv --radius 500 --up-to 40
    """
    money = list(_numbers(budgets or (), "budgets"))
    wanted = list(_numbers(shares or (), "shares"))
    _check(model, money, wanted, backup)
    asked = options.question(
        model="max-cover" if model == "set-cover" else model,
        sites=None if money else up_to, budget=max(money, default=None),
        demand=demand, candidates=candidates, existing=existing, radius=radius, metric=metric,
        distances=distances, streets=streets, crs=crs, steps=steps,
        backup=backup, area_share=area_share, area_sites=area_sites, per_area=per_area,
        spacing=spacing, open_24h=open_24h, per_chain=per_chain, force=force, forbid=forbid,
        hours=hours, day=day,
    )  # fmt: skip
    from geo.siting.control import Control
    from geo.siting.files.curving import points_of, shares_of
    from geo.siting.variations import curve as curves
    from geo.siting.variations.walking_curve import walk_curve

    if out is not None:
        options.check_out(out, asked, per_area)
    problem = options.load(asked)
    most = max(1, min(up_to, problem.candidates))
    control = Control(time_limit, 0.001)
    given = (problem.demand, problem.sites, problem.reach, problem.rules)

    def work() -> Curve:
        if model in ("p-median", "p-centre"):
            return walk_curve(
                "p-median" if model == "p-median" else "p-centre", *given, most, control, seed
            )
        if money:
            return curves.budget_curve(*given, money, control, seed)
        return curves.curve(*given, most, control, seed)

    said = Said()
    with until_written(control, said):
        found = watched(work, said)
        rows = points_of(problem, found)
        if model == "set-cover":
            rows = shares_of(problem, found, rows, wanted)
        _write(problem, rows, found.seconds, out)


def _check(model: str, money: Sequence[float], shares: Sequence[float], backup: float) -> None:
    """Refuse what does not belong together."""
    from geo.siting.fields import takers
    from geo.siting.files.asked import unused

    if backup and model not in takers("backup"):
        raise unused("--backup", "backup", model)
    if money and model != "max-cover":
        raise Invalid(
            f"模型 {model} 没有按预算的曲线。 The model {model} has no curve by budget.",
            remedy="去掉 --budgets，或用 max-cover。 Leave out --budgets, or use max-cover.",
            field="budgets",
        )
    if (model == "set-cover") != bool(shares):
        raise Invalid(
            "集合覆盖的曲线按比例，别的模型不用。 "
            "A curve of set-cover is by --shares; other models do not take them.",
            remedy="如 --model set-cover --shares 0.5,0.6,0.7 / such as that.",
            field="shares",
        )
    if any(not 0 <= share <= 1 for share in shares):
        raise Invalid(
            "比例应在 0 到 1 之间。 A share is between 0 and 1.",
            remedy="如 0.8 或 80%。 Such as 0.8 or 80%.",
            field="shares",
        )


def _numbers(values: Sequence[str], field: str) -> Iterator[float]:
    """Numbers of a list and of FROM:TO:STEP; of shares also percentages."""
    for part in options.split(values):
        ends = part.replace("：", ":").split(":")
        if len(ends) == 3:
            first, last, step = (options.number(one, field) for one in ends)
            if not step > 0 or not last >= first or (last - first) / step > MOST_POINTS:
                raise Invalid(
                    f"“{part}”应写作 起:止:步长。 '{part}' should be FROM:TO:STEP.",
                    remedy=f"至多 {MOST_POINTS} 个。 At most {MOST_POINTS} of them.",
                    field=field,
                )
            yield from np.arange(first, last + step * 1e-9, step).tolist()
        else:
            yield (options.share_of if field == "shares" else options.number)(part, field)


def _write(
    problem: Problem, rows: Sequence[Mapping[str, Any]], seconds: float, out: Path | None
) -> None:
    try:
        if out is not None and out.suffix.lower() == ".json":
            body = {"seconds": round(seconds, 3), "notes": problem.notes, "points": rows}
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
    for note in [*problem.notes, *dict.fromkeys(row["why"] for row in rows if row["why"])]:
        console.err.print(note, markup=False)


def _table(stream: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        told = " ".join(row["chosen"])
        # A cell that a spreadsheet would take for a formula is text.
        guarded = f"'{told}" if told.startswith(("=", "+", "-", "@")) else told
        writer.writerow({**row, "chosen": guarded})
