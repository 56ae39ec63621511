"""`nuanyi siting demand`: people outdoors, estimated where nobody has counted them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from api.cli.siting import options
from api.cli.siting.hosts import AsJson, Commit, Out, one_way, write_to

if TYPE_CHECKING:
    from geo.siting.inputs.people import Estimate
    from geo.siting.inputs.weights import Weights

app = typer.Typer(
    help="估算需求：权重可查、可逐项关闭 / demand by a stated model.", no_args_is_help=True
)
Without = Annotated[
    list[str] | None,
    typer.Option("--without", help="关闭的来源，逗号分隔 / sources to switch off."),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option("--weights", help="自定权重文件（仿 people.toml） / weights of your own."),
]


@app.command()
def sources(without: Without = None, weights: WeightsFile = None, as_json: AsJson = False) -> None:
    """每项来源的权重、依据与人数 / Each source: its weight, its reason, its people.

    Sources of fewer people than may be shown (NUANYI_PRIVACY_PEOPLE) tell neither people nor count.

    Example: nuanyi siting demand sources --without main_streets
    """
    told = _weights(without, weights)
    of = console.settings()
    from geo.siting.inputs.people import estimate

    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        made = estimate(reader, told, console.BarProgress())
    if as_json:
        console.show_json(_facts(made, of.privacy_people))
        return
    console.show_table(
        f"需求来源 / sources of demand (people.toml {told.version})",
        [console.short("来源\nsource"), console.words("计数\ncount"),
         console.number("权重\nweight"), console.number("高峰人数\npeople"),
         console.words("依据\nreason")],
        [
            (
                name,
                "关闭 / off" if name in told.off else _count(made, name, of.privacy_people),
                f"{source.weight:g}",
                f"{made.people(name):,.0f}" if made.may_tell(name, of.privacy_people) else None,
                source.why_zh,
            )
            for name, source in told.sources.items()
        ],
    )  # fmt: skip
    for dataset in made.without:
        console.out.print(f"{dataset}: 没有启用的数据 / nothing in force", markup=False)


@app.command()
def make(
    without: Without = None,
    weights: WeightsFile = None,
    out: Out = None,
    commit: Commit = False,
) -> None:
    """估算需求 / Estimate demand; write a file or put it in force.

    It is an edition of demand like any other, whose source says that it is estimated.
    Example: nuanyi siting demand make --commit
    """
    from geo.imports.options import ImportOptions
    from geo.imports.run import import_file
    from geo.siting.inputs.people import estimate, write_demand

    one_way(out, commit=commit)
    told = _weights(without, weights)
    of = console.settings()
    with console.database(of) as database:
        with database.read(console.OPERATOR) as reader:
            made = estimate(reader, told, console.BarProgress())
        cells = made.cells()
        if out is not None:
            write_to(out, lambda path: write_demand(cells, path))
        elif len(cells):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "demand.csv"
                write_demand(cells, path)
                off = f"; without {', '.join(sorted(told.off))}" if told.off else ""
                import_options = ImportOptions(
                    crs="wgs84",
                    commit=True,
                    source=f"估算 / estimate (people.toml {told.version}{off})",
                )
                import_file(
                    database, console.OPERATOR, of, "demand", path, import_options,
                    console.BarProgress(),
                )  # fmt: skip
    console.show_facts(
        "估算的需求 / estimated demand",
        {
            "方格与人群 / cells and groups": len(cells),
            "工作日高峰人数 / people, busiest hour of a workday": (
                round(float(cells.workday.sum(axis=0).max())) if len(cells) else 0
            ),
            "写到 / written to": str(out) if out is not None else "需求数据 / demand, in force",
        },
    )


def _weights(without: Iterable[str] | None, path: Path | None) -> Weights:
    from geo.siting.inputs.weights import read_weights

    return read_weights(path).without(list(options.split(without or ())))


def _count(made: Estimate, name: str, least: float) -> str:
    if name not in made.places:
        return "没有数据 / no data"
    if not made.may_tell(name, least):
        return f"少于 {least:g} 人，不显示 / fewer than {least:g} people"
    places, per = made.places[name], made.weights.sources[name].per
    words = {"employee": "人 employees", "place": "处 places", "kilometre": "公里 km"}
    missing = f"（缺 {places.missing} missing）" if places.missing else ""
    return f"{places.count.sum():,.6g} {words[per]}{missing}"


def _facts(made: Estimate, least: float) -> dict[str, object]:
    shown = {name: made.may_tell(name, least) for name in made.weights.sources}
    return {
        "version": made.weights.version,
        "least": least,
        "off": sorted(made.weights.off),
        "without_data": made.without,
        "sources": [
            {
                **source.model_dump(by_alias=True),
                "name": name,
                "on": name not in made.weights.off,
                "places": len(made.places[name]) if shown[name] else None,
                "count": float(made.places[name].count.sum()) if shown[name] else None,
                "missing": made.places[name].missing if shown[name] else None,
                "people": made.people(name) if shown[name] else None,
            }
            for name, source in made.weights.sources.items()
        ],
    }
