"""`nuanyi import DATASET FILE`: a dry run unless committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.imports.options import ImportReport

app = typer.Typer(
    help="导入文件：默认只检查，--commit 才写入 / Import a file: a dry run unless --commit.",
    no_args_is_help=True,
)

PAIRS_SHOWN = 10

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
Add = Annotated[bool, typer.Option("--add", help="叠加到现行版本 / lay over what is in force.")]
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
        raise Invalid(
            "--commit 与 --draft 只能选一个。 --commit and --draft exclude each other.",
            remedy="请只给出一个。 Give one of them.",
        )
    if crs not in (None, "wgs84", "gcj02", "bd09"):
        raise Invalid(
            f"'{crs}' 不是坐标系。 It is not a coordinate system.",
            remedy="可用 / use wgs84, gcj02 (高德 Amap, 腾讯 Tencent), bd09 (百度 Baidu).",
            field="crs",
        )
    # What reads files is heavy; `--help` does without.
    from geo.imports import activation
    from geo.imports.options import ImportOptions
    from geo.imports.run import check_path, import_file
    from geo.stations.duplicates import list_duplicates

    options = ImportOptions(
        crs=crs,  # type: ignore[arg-type]
        as_of=as_of.date() if as_of else None,
        mapping=mapping_of(mapping or []),
        kind=kind,
        layer=layer,
        add=add,
        commit=commit,
        draft=draft,
        rejects=rejects,
        keep_private=keep_private,
    )
    if options.as_of and options.as_of > activation.today():
        raise Invalid(
            f"数据日期 {options.as_of} 在将来。 {options.as_of} lies in the future.",
            remedy="请检查 --as-of。 Check --as-of.",
        )
    check_path(file)
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
    if report.dataset == "streets":
        out.print(
            f"道路 ways {report.read:,} = 可步行 walkable {report.accepted:,} + 未纳入 left out "
            f"{report.rejected:,}"
        )
    else:
        out.print(
            f"读取 read {report.read:,} = 接收 accepted {report.accepted:,} + 拒绝 rejected "
            f"{report.rejected:,}"
        )
    if report.carried_over:
        out.print(f"沿用现行版本 carried over {report.carried_over:,}")
    for note in report.notes:
        out.print("· " + note, markup=False)
    show_problems(report.problems, report.problems_in_all)
    if report.rejects:
        # A path is copied: it is not broken where the line ends.
        out.print(f"拒绝行已写入 / rejected rows: {report.rejects}", markup=False, soft_wrap=True)
    if duplicates:
        console.show_table(
            f"可能重复的站点 {len(duplicates):,} 对，未合并 / pairs that may be one, not merged",
            [
                console.words("站点\nstation"),
                console.words("另一站点\nthe other"),
                console.number("米\nm"),
                console.words("理由\nreason"),
            ],
            [
                (pair["name"], pair["other_name"], f"{pair['metres']:.0f}", pair["reason"])
                for pair in duplicates[:PAIRS_SHOWN]
            ],
        )
        if len(duplicates) > PAIRS_SHOWN:
            out.print(
                f"以上为最像的 {PAIRS_SHOWN} 对；--json 列出全部 / the {PAIRS_SHOWN} likest; "
                "--json lists all"
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


def show_problems(problems: Sequence[dict[str, Any]], in_all: int) -> None:
    """The first faults of the rows of a file, told by reason."""
    if not problems:
        return
    out = console.out
    out.print("\n问题 / problems", style="bold")
    for (column, reason, remedy), examples in _by_reason(problems).items():
        out.print(f"{column}：{reason}", markup=False)
        out.print(f"  {examples}", markup=False)
        out.print(f"  → {remedy}", markup=False)
    if in_all > len(problems):
        out.print(
            f"以上为前 {len(problems)} 个，共 {in_all:,} 个 / the first "
            f"{len(problems)} of {in_all:,}"
        )
    out.print()


def _by_reason(problems: Sequence[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    """Equal faults told once, with the rows and values that have them."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in problems:
        key = (
            one["column"],
            f"{one['reason_zh']} / {one['reason']}",
            f"{one['remedy_zh']} / {one['remedy']}",
        )
        value = f" {one['value']}" if one["value"] else ""
        found.setdefault(key, []).append(f"第 {one['row']} 行{value}")
    return {key: "；".join(examples) for key, examples in found.items()}


def mapping_of(pairs: list[str]) -> dict[str, str]:
    """What `--map FIELD=COLUMN` says, field -> column."""
    found = {}
    for pair in pairs:
        field, mark, column = pair.partition("=")
        if not mark or not field.strip() or not column.strip():
            raise Invalid(
                f"--map {pair} 不是“字段=列名”。 It is not FIELD=COLUMN.",
                remedy="例如 / for instance --map name=单位全称",
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
    """区划、园区、商圈、楼宇、市场 / Divisions, parks, buildings and other areas."""
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
