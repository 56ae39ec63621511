"""`nuanyi siting hosts`, `units` and `candidates`: who could take a station."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid
from maps.texts import named


class Agreed(StrEnum):
    """What a host said."""

    yes = "yes"
    no = "no"
    unknown = "unknown"


AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]
Area = Annotated[
    int | None, typer.Option("--area", help="只看此区域（编号） / only in this area, by its id.")
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="最多几行 / how many at most.")]
Out = Annotated[Path | None, typer.Option("--out", help="写成导入文件 / write a file to import.")]
Commit = Annotated[
    bool, typer.Option("--commit", help="直接导入并启用 / import it and put it in force.")
]


def register(app: typer.Typer) -> None:
    """Hang the commands into `nuanyi siting`."""
    app.command("hosts")(hosts)
    app.command("units")(units)
    app.command("candidates")(candidates)


def hosts(
    agreed: Annotated[Agreed | None, typer.Option(help="是否同意 / what they said.")] = None,
    area: Area = None,
    text: Annotated[
        str | None, typer.Option("--text", help="名称或地址 / part of the name, address or chain.")
    ] = None,
    least_area: Annotated[
        float | None, typer.Option("--least-area", min=0, help="最小面积（㎡） / floor area.")
    ] = None,
    not_assessed: Annotated[
        bool, typer.Option("--not-assessed", help="只看还没去看过的 / where nobody went to look.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """可设站的场所：面积、水、厕所、意愿与现场评估 / Hosts that could take a station.

    Example: nuanyi siting hosts --agreed yes --least-area 12
    """
    from geo.siting.inputs.hosts import HostFilter, count_hosts, list_hosts

    chosen = HostFilter(
        agreed=None if agreed is None else agreed.value,
        area_id=area,
        text=text,
        least_square_metres=least_area,
        assessed=False if not_assessed else None,
    )
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = list_hosts(reader, chosen, limit=limit)
        counts = count_hosts(reader, chosen)
    if as_json:
        told = [asdict(one) | {"missing": one.missing} for one in found]
        console.show_json({"hosts": told, "counts": counts})
        return
    console.show_table(
        f"候选场所 / hosts ({len(found)} / {counts['hosts']})",
        [console.words("名称\nname"), console.words("类型\nkind"), console.number("㎡"),
         console.short("水\nwater"), console.short("厕\nWC"), console.short("同意\nagreed"),
         console.number("六有\n6 haves"), console.short("来源\nsource")],
        [
            (
                one.name,
                named("host_type", one.host_type).zh,
                one.floor_square_metres,
                _mark(one.water),
                _mark(one.toilet),
                _mark(one.agreed),
                None if one.six_haves is None else f"{one.six_haves}/6",
                "登记" if one.source == "register" else "生成",
            )
            for one in found
        ],
    )  # fmt: skip
    console.out.print(
        "空格为不详 / blank: not known. 六有：现场评估 / by the assessment on the spot.",
        markup=False,
    )


def units(
    employees: Annotated[int, typer.Option(min=1, help="职工不少于 / least employees.")] = 100,
    metres: Annotated[
        float, typer.Option(min=0, help="多近算有 / so near counts as its own.")
    ] = 100.0,
    area: Area = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """百人以上单位尚无驿站（同步建站） / Large units without a station.

    Example: nuanyi siting units --employees 200
    """
    from geo.siting.inputs.hosts import units_without_station

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = units_without_station(
            reader, least_employees=employees, metres=metres, area_id=area, limit=limit
        )
    if as_json:
        console.show_json(asdict(found))
        return
    console.show_table(
        f"尚无驿站的单位 / units without a station ({len(found.units)} / {found.total})",
        [console.words("单位\nunit"), console.number("职工\nemployees"),
         console.words("最近驿站\nnearest"), console.number("直线米数\nmetres")],
        [
            (
                one.name,
                f"{one.employees:,}",
                one.nearest_station or "–",
                "–" if one.nearest_metres is None else f"{one.nearest_metres:,.0f}",
            )
            for one in found.units
        ],
    )  # fmt: skip
    console.out.print(
        f"{employees} 人以上单位 {found.of_units} 家，其中 {found.unlocated} 家没有位置，未判断。 "
        f"{found.of_units} units have {employees} employees or more; {found.unlocated} without a "
        "place are not judged.",
        markup=False,
    )


def candidates(
    spacing: Annotated[
        float,
        typer.Option(help="间距（米） / metres apart, and from the others."),
    ] = 300.0,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="public_place 或 street_corner / only these kinds."),
    ] = None,
    out: Out = None,
    commit: Commit = False,
) -> None:
    """生成候选点：公共场所与路口，均作标记 / Generate candidates; marked as generated.

    They join the register (--commit), or are written as a file. Nobody there has been asked.
    Example: nuanyi siting candidates --spacing 400 --out generated.csv
    """
    from geo.imports.options import ImportOptions
    from geo.imports.run import import_file
    from geo.siting.inputs.generated import KINDS, generate, write_candidates

    one_way(out, commit=commit)
    of = console.settings()
    with console.database(of) as database:
        with database.read(console.OPERATOR) as reader:
            found = generate(
                reader,
                spacing_metres=spacing,
                kinds=kind or KINDS,
                progress=console.BarProgress(),
            )
        by_kind = {name: sum(one.kind == name for one in found) for name in KINDS}
        if out is not None:
            write_to(out, lambda path: write_candidates(found, path))
        elif found:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "generated.csv"
                write_candidates(found, path)
                options = ImportOptions(
                    crs="wgs84", add=True, commit=True, source="生成的候选点 / generated candidates"
                )
                import_file(
                    database, console.OPERATOR, of, "candidate_sites", path, options,
                    console.BarProgress(),
                )  # fmt: skip
    console.show_facts(
        "生成的候选点 / generated candidates",
        {
            **{f"{named('candidate_source', n).zh} / {n}": many for n, many in by_kind.items()},
            "写到 / written to": str(out) if out is not None else "候选场所登记册 / the register",
        },
    )


def one_way(out: Path | None, *, commit: bool) -> None:
    """Either a file or the database.

    Raises:
        Invalid: both or neither.
    """
    if (out is None) != commit:
        raise Invalid(
            "用 --out 写成文件，或用 --commit 直接启用，二者取一。 "
            "Write a file with --out, or put it in force with --commit.",
            remedy="先用 --out 看一看。 Try --out first.",
            field="out",
        )


def write_to(out: Path, write: Callable[[Path], Any]) -> None:
    """Write a file.

    Raises:
        Invalid: there is no such folder, or no right to write.
    """
    try:
        write(out)
    except OSError as error:
        raise Invalid(
            f"{out} 无法写入。 {out} cannot be written: {error.strerror}.",
            remedy="请检查文件夹与权限。 Check the folder and its permissions.",
            field="out",
        ) from error


def _mark(value: bool | None) -> str:
    return "" if value is None else ("是" if value else "否")
