"""`nuanyi siting close` and `move`: today's stations, files in, CHANGES.json out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.siting import options
from api.cli.siting.watching import STATUS, Said, until_written, watched

if TYPE_CHECKING:
    from geo.siting.files.changing import Kind
    from geo.siting.files.load import Problem

SHOWN = 20
Existing = Annotated[Path, typer.Option("--existing", help="现有站点 / the stations of today.")]
Count = Annotated[int, typer.Option("--count", min=1, help="几个站点 / how many stations.")]
Keep = Annotated[
    list[str] | None, typer.Option("--keep", help="不动的站点 / ids of stations that stay.")
]
Out = Annotated[Path, typer.Option("--out", help="写到 / where to write CHANGES.json.")]


def register(app: typer.Typer) -> None:
    """Hang the commands into `nuanyi siting`."""
    app.command("close")(close)
    app.command("move")(move)


def close(
    demand: options.Demand,
    existing: Existing,
    out: Out,
    count: Count = 1,
    keep: Keep = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    backup: options.Backup = 0.0,
    hours: options.Hours = None,
    day: options.Day = None,
    gap: options.Gap = 0.001,
    time_limit: options.TimeLimit = None,
    seed: options.Seed = 0,
) -> None:
    """关停哪几个站损失最小，有证明 / Which stations to close at the least loss, with a proof.

    Ctrl-C ends the search with the best so far; `siting check` checks CHANGES.json.

    Example: nuanyi siting close --demand D.csv --existing E.csv --count 2 --radius 500 --out C.json
    """
    asked = options.question(
        model="max-cover", sites=0, demand=demand, candidates=existing, radius=radius,
        metric=metric, distances=distances, streets=streets, crs=crs, steps=steps, backup=backup,
        hours=hours, day=day,
    )  # fmt: skip
    options.check_out(out, asked)
    problem = options.load(asked, standing=True)
    _change(problem, "close", count, keep, (gap, time_limit, seed), out)


def move(
    demand: options.Demand,
    candidates: options.Candidates,
    existing: Existing,
    out: Out,
    count: Count = 1,
    keep: Keep = None,
    forbid: options.Forbid = None,
    radius: options.Radius = None,
    metric: options.Metric = None,
    distances: options.Distances = None,
    streets: options.Streets = None,
    crs: options.CrsOption = "wgs84",
    steps: options.Steps = None,
    backup: options.Backup = 0.0,
    hours: options.Hours = None,
    day: options.Day = None,
    gap: options.Gap = 0.001,
    time_limit: options.TimeLimit = None,
    seed: options.Seed = 0,
) -> None:
    """把哪几个站迁到哪里覆盖最多 / Which few stations to move where, so that most are reached.

    At most --count of them move, to candidates. Ctrl-C ends the search with the best so far;
    `siting check` checks CHANGES.json.

    Example: nuanyi siting move --demand D --candidates C --existing E --radius 500 --out M.json
    """
    asked = options.question(
        model="max-cover", sites=0, demand=demand, candidates=candidates, existing=existing,
        radius=radius, metric=metric, distances=distances, streets=streets, crs=crs, steps=steps,
        backup=backup, forbid=forbid, hours=hours, day=day,
    )  # fmt: skip
    options.check_out(out, asked)
    _change(options.load(asked), "move", count, keep, (gap, time_limit, seed), out)


def _change(
    problem: Problem,
    kind: Kind,
    count: int,
    keep: list[str] | None,
    effort: tuple[float, float | None, int],
    out: Path,
) -> None:
    from geo.siting.control import Control
    from geo.siting.files import changing
    from geo.siting.files.plan import write

    gap, time_limit, seed = effort
    said = Said()
    control = Control(time_limit, gap, said)
    stay = list(dict.fromkeys(options.split(keep or ())))
    with until_written(control, said):
        found = watched(lambda: changing.change(problem, kind, count, stay, control, seed), said)
        told = changing.changes_of(problem, found, out.parent)
        write(told, out)
    _show(told, out)


def _show(told: dict[str, Any], out: Path) -> None:
    console.show_facts(
        f"{told['kind']} · {STATUS[told['status']]}",
        {
            "现在覆盖 / covered today": f"{told['before']:,.10g} / {told['demand']:,.10g}",
            "之后覆盖 / covered afterwards": f"{told['objective']:,.10g}",
            "界 / bound": f"{told['bound']:,.10g}",
            "差距 / gap": "–" if told["gap"] is None else f"{told['gap']:.3%}",
            "秒 / seconds": f"{told['seconds']:.2f}",
            "写到 / written to": str(out),
        },
    )
    console.show_table(
        "关停 / close" if told["kind"] == "close" else "迁走 / move away",
        [console.words("编号\nid"), console.number("单独关停少覆盖\nlost if it alone closes")],
        [(one["id"], f"{one['loss']:,.6g}") for one in told["close"][:SHOWN]],
    )
    if told["kind"] == "move":
        console.show_table(
            "迁到 / move to",
            [console.words("编号\nid"), console.number("成本\ncost")],
            [(one["id"], f"{one['cost']:,.6g}") for one in told["open"][:SHOWN]],
        )
    for note in [*told["relaxed"], *told["notes"]]:
        console.out.print(note, markup=False)
