"""`nuanyi import DATASET FILE`: a dry run unless committed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli import console
from geo.errors import Invalid
from geo.imports import activation
from geo.imports.options import ImportOptions, ImportReport
from geo.imports.run import import_file
from geo.stations.duplicates import list_duplicates

app = typer.Typer(
    help="导入文件：默认只检查，--commit 才写入 / Import a file: a dry run unless --commit.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="文件 / the file.")]
CrsOption = Annotated[
    str | None,
    typer.Option("--crs", help="坐标系 wgs84、gcj02 或 bd09 / coordinate system; must be said."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="数据日期 / the date the file speaks for."),
]
Mapping = Annotated[
    list[str] | None, typer.Option("--map", help="字段=列名，可多次 / FIELD=COLUMN, repeatable.")
]
Kind = Annotated[
    str | None, typer.Option("--kind", help="整个文件的类型 / kind of all rows of the file.")
]
Layer = Annotated[str | None, typer.Option("--layer", help="图层或工作表 / layer or sheet.")]
Add = Annotated[
    bool, typer.Option("--add", help="叠加到现行版本之上 / lay over the edition in force.")
]
Rejects = Annotated[
    Path | None, typer.Option("--rejects", help="拒绝行写入的文件 / file of the rejected rows.")
]
Commit = Annotated[bool, typer.Option("--commit", help="写入并启用 / store and put in force.")]
Draft = Annotated[bool, typer.Option("--draft", help="写入但不启用 / store as a draft.")]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]


def _import(
    dataset: str,
    file: Path,
    crs: str | None,
    as_of: datetime | None,
    mapping: list[str] | None,
    kind: str | None,
    layer: str | None,
    add: bool,
    rejects: Path | None,
    commit: bool,
    draft: bool,
    as_json: bool,
    keep_private: bool = False,
) -> None:
    if commit and draft:
        raise Invalid("--commit and --draft exclude each other.", remedy="Give one of them.")
    if crs not in (None, "wgs84", "gcj02", "bd09"):
        raise Invalid(
            f"'{crs}' is not a coordinate system.",
            remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
            field="crs",
        )
    options = ImportOptions(
        crs=crs,  # type: ignore[arg-type]
        as_of=as_of.date() if as_of else None,
        mapping=_mapping(mapping or []),
        kind=kind,
        layer=layer,
        add=add,
        commit=commit,
        draft=draft,
        rejects=rejects,
        keep_private=keep_private,
    )
    if options.as_of and options.as_of > activation.today():
        raise Invalid(f"{options.as_of} lies in the future.", remedy="Check --as-of.")
    of = console.settings()
    with console.database(of) as database:
        report = import_file(
            database, console.OPERATOR, of, dataset, file, options, console.BarProgress()
        )
        duplicates = []
        if report.stored and report.edition is not None and dataset == "stations":
            with database.read(console.OPERATOR) as reader:
                duplicates = list_duplicates(reader, report.edition.id)
    if as_json:
        console.show_json({**vars(report), "duplicates": duplicates})
    else:
        say(report, duplicates)
    if report.rejected and dataset != "streets":
        raise typer.Exit(1)


def say(report: ImportReport, duplicates: list[dict[str, object]]) -> None:
    """What an import did, for a person."""
    out = console.out
    out.print(
        f"读取 read {report.read:,} = 接收 accepted {report.accepted:,} + 拒绝 rejected "
        f"{report.rejected:,}；未定位 unlocated {report.unlocated:,}"
    )
    if report.carried_over:
        out.print(f"沿用现行版本 carried over {report.carried_over:,}")
    for note in report.notes:
        out.print("· " + note, markup=False)
    if report.problems:
        console.show_table(
            "问题举例 / examples of problems",
            ["行 row", "列 column", "值 value", "原因 reason", "办法 remedy"],
            [
                (
                    problem["row"],
                    problem["column"],
                    problem["value"],
                    f"{problem['reason_zh']} / {problem['reason']}",
                    f"{problem['remedy_zh']} / {problem['remedy']}",
                )
                for problem in report.problems
            ],
        )
    if report.rejects:
        out.print(f"拒绝行已写入 / rejected rows: {report.rejects}", markup=False)
    if duplicates:
        console.show_table(
            "可能重复的站点（未合并） / stations that may be one place (not merged)",
            ["", "", "米 m", "理由 reason"],
            [
                (pair["name"], pair["other_name"], pair["metres"], pair["reason"])
                for pair in duplicates[:20]
            ],
        )
    if report.same_as is not None:
        out.print(
            f"同一文件已是第 {report.same_as.id} 版，未改动 / the same file is edition "
            f"{report.same_as.id} already; nothing changed"
        )
    elif report.edition is not None:
        state = "已启用 / in force" if report.edition.state == "active" else "草稿 / draft"
        out.print(f"第 {report.edition.id} 版 / edition {report.edition.id}: {state}")
    else:
        out.print("仅检查，未写入；加 --commit 写入 / dry run, nothing stored; --commit stores it")


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        field, mark, column = pair.partition("=")
        if not mark or not field.strip() or not column.strip():
            raise Invalid(
                f"--map {pair} is not FIELD=COLUMN.", remedy="For instance --map name=单位全称."
            )
        found[field.strip()] = column.strip()
    return found


@app.command()
def stations(
    file: File, crs: CrsOption = None, as_of: AsOf = None, map_: Mapping = None, kind: Kind = None,
    layer: Layer = None, add: Add = False, rejects: Rejects = None, commit: Commit = False,
    draft: Draft = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """驿站及其他站点 / Warm stations and the other five kinds."""
    _import("stations", file, crs, as_of, map_, kind, layer, add, rejects, commit, draft, as_json)


@app.command()
def areas(
    file: File, crs: CrsOption = None, as_of: AsOf = None, map_: Mapping = None, kind: Kind = None,
    layer: Layer = None, add: Add = False, rejects: Rejects = None, commit: Commit = False,
    draft: Draft = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """区划、园区、商圈、楼宇、市场 / Divisions, parks, commercial districts, buildings, markets."""
    _import("areas", file, crs, as_of, map_, kind, layer, add, rejects, commit, draft, as_json)


@app.command()
def enterprises(
    file: File, crs: CrsOption = None, as_of: AsOf = None, map_: Mapping = None,
    layer: Layer = None, add: Add = False, rejects: Rejects = None, commit: Commit = False,
    draft: Draft = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """用人单位与工会（只计人数，不收名册） / Employer units and their unions; counts only."""
    _import(
        "enterprises", file, crs, as_of, map_, None, layer, add, rejects, commit, draft, as_json
    )


@app.command()
def streets(
    file: File, as_of: AsOf = None, commit: Commit = False, draft: Draft = False,
    keep_private: Annotated[
        bool, typer.Option("--keep-private", help="保留私有道路并标记 / keep private ways, marked.")
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """步行路网（.osm.pbf 或 .osm） / The walkable streets of an OpenStreetMap extract."""
    _import(
        "streets", file, None, as_of, None, None, None, False, None, commit, draft, as_json,
        keep_private,
    )  # fmt: skip


@app.command("candidate-sites")
def candidate_sites(
    file: File, crs: CrsOption = None, as_of: AsOf = None, map_: Mapping = None,
    layer: Layer = None, add: Add = False, rejects: Rejects = None, commit: Commit = False,
    draft: Draft = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """可设站的场所 / Hosts that could take a station."""
    _import(
        "candidate_sites", file, crs, as_of, map_, None, layer, add, rejects, commit, draft, as_json
    )


@app.command()
def demand(
    file: File, crs: CrsOption = None, as_of: AsOf = None, map_: Mapping = None,
    layer: Layer = None, add: Add = False, rejects: Rejects = None, commit: Commit = False,
    draft: Draft = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """户外劳动者分时分布 / People outdoors, by hour."""
    _import("demand", file, crs, as_of, map_, None, layer, add, rejects, commit, draft, as_json)
