"""`nuanyi coverage`: rates, where to send people, counting anew."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid
from maps.style import percent
from maps.texts import named

if TYPE_CHECKING:
    from geo.coverage.rates import AreaCoverage, CoverageAnswer, Rate

app = typer.Typer(help="建会率、入会率 / union coverage as rates.", no_args_is_help=True)


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


Kind = Annotated[str, typer.Option(help="区域类型 / kind of area.")]
Parent = Annotated[
    int | None, typer.Option(help="只看此区域之下（编号） / only below this area, by its id.")
]
As = Annotated[Format, typer.Option("--format", help="输出格式 / how to print it.")]


@app.command()
def rates(
    kind: Kind = "subdistrict",
    parent: Parent = None,
    measure: Annotated[
        str, typer.Option(help="表格中的指标与排序 / the rate a table shows and is sorted by.")
    ] = "establishment",
    format_: As = Format.table,
) -> None:
    """各区域的比率、目标与缺口 / Rates of areas, with target and gap.

    The table shows one rate, the largest gap first; CSV has a line for each area and rate, JSON all
    there is. Example: nuanyi coverage rates --kind district --measure membership_unionised
    """
    from geo.coverage.rates import RATES, area_rates

    if measure not in RATES:
        raise Invalid(
            f"没有指标“{measure}”。 There is no rate '{measure}'.",
            remedy=f"可选 / Use one of {', '.join(RATES)}.",
            field="measure",
        )
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        answer = area_rates(reader, kind, of, parent_id=parent)
        if format_ is Format.json:
            console.show_json(_as_json(answer))
        elif format_ is Format.csv:
            _write_csv(
                {**_of_area(area), **_flat(rate, area)}
                for area in [answer.whole, *answer.areas]
                for rate in area.rates.values()
            )
        else:
            _show_rates(answer, measure)


@app.command()
def visits(
    kind: Kind = "subdistrict",
    parent: Parent = None,
    limit: Annotated[int, typer.Option(min=1, help="几个 / how many.")] = 10,
    format_: As = Format.table,
) -> None:
    """蹲点：先去哪里，为什么 / Where to send people, and why."""
    from geo.coverage.visits import MEASURE
    from geo.coverage.visits import visits as ranking

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found, answer = ranking(reader, kind, of, parent_id=parent, limit=limit)
    told = [
        {**_of_area(one.area), **{k: v for k, v in asdict(one).items() if k != "area"}}
        for one in found
    ]
    if format_ is Format.json:
        console.show_json({"visits": told, "measure_zh": MEASURE[0], "measure_en": MEASURE[1]})
    elif format_ is Format.csv:
        _write_csv(told)
    else:
        console.show_table(
            f"蹲点 / visits · {answer.enterprises.as_of}",
            [
                console.number("\n#"),
                console.number("缺口职工\nworkers"),
                console.words("原因\nreason"),
            ],
            [
                (one.rank, f"{one.gap_workers:,}", f"{one.reason_zh}\n{one.reason_en}")
                for one in found
            ],
        )
        for line in MEASURE:
            console.out.print(f"{line}。" if line is MEASURE[0] else f"{line}.", markup=False)


@app.command()
def recount(
    check: Annotated[
        bool, typer.Option(help="只核对，不写入 / only compare, write nothing.")
    ] = False,
) -> None:
    """按现行阈值重新汇总各区域 / Count all areas anew, with the thresholds in force.

    What is kept is exact and recounted by itself when thresholds change; this is for certainty.
    Exit code 1 when --check finds a difference.
    """
    from geo.coverage.recount import recount as again

    of = console.settings()
    with console.database(of) as database:
        differences = again(database, console.OPERATOR, of, console.BarProgress(), write=not check)
    if not differences:
        console.out.print("汇总与明细完全一致 / the counts are exactly those of the units")
        return
    console.show_table(
        "不一致 / differences",
        [
            console.short("区域\narea"),
            console.short("列\ncolumn"),
            console.number("原有\nkept"),
            console.number("应为\ncounted"),
        ],
        [(one.area_id or "全部 / all", one.column, one.kept, one.counted) for one in differences],
    )
    if check:
        raise typer.Exit(1)
    console.out.print("已更正 / corrected")


def _show_rates(answer: CoverageAnswer, measure: str) -> None:
    title = named("measure", measure)
    areas = sorted(answer.areas, key=lambda area: area.rank_gap[measure] or len(answer) + 1)
    console.show_table(
        f"{title.zh} / {title.en} · {answer.enterprises.as_of}",
        [
            console.words("区域\narea"),
            console.number("比率\nrate"),
            console.number("分子/分母\nof"),
            console.number("目标\ntarget"),
            console.number("缺口\ngap"),
            console.number("排名\nrank"),
            console.number("另计\napart"),
        ],
        [_row(area, area.rates[measure], measure) for area in [*areas, answer.whole]],
    )
    rate = answer.whole.rates[measure]
    console.out.print(f"{rate.scope_zh}。{rate.scope}.", markup=False)
    if rate.target is not None:
        console.out.print(
            f"目标依据：{rate.target_source_zh}。Target: {rate.target_source}.", markup=False
        )


def _row(area: AreaCoverage, rate: Rate, measure: str) -> tuple[Any, ...]:
    apart = sum(count for name, count in area.set_apart.items() if name != "employees")
    few = "*" if rate.small_denominator else ""
    return (
        "全部 / all" if area.kind == "whole" else area.name or f"#{area.id}",
        "无数据" if rate.value is None else f"{percent(rate.value, target=rate.target)}{few}",
        f"{rate.numerator:,}/{rate.denominator:,}",
        percent(rate.target),
        "" if rate.gap is None else f"{rate.gap:,}",
        area.rank[measure] or "",
        f"{apart:,}" if apart else "",
    )


def _of_area(area: AreaCoverage) -> dict[str, Any]:
    return {name: getattr(area, name) for name in ("id", "name", "kind", "code", "parent_id")}


def _flat(rate: Rate, area: AreaCoverage) -> dict[str, Any]:
    told = {"rate": rate.name, **asdict(rate)}
    del told["name"]
    return {
        **told,
        "rank": area.rank[rate.name],
        "rank_gap": area.rank_gap[rate.name],
        **{f"set_apart_{name}": count for name, count in area.set_apart.items()},
    }


def _as_json(answer: CoverageAnswer) -> dict[str, Any]:
    return {
        "kind": answer.kind,
        "edition_id": answer.enterprises.id,
        "area_edition_id": answer.area_edition.id,
        "as_of": answer.enterprises.as_of.isoformat(),
        "whole": asdict(answer.whole),
        "areas": [asdict(area) for area in answer.areas],
    }


def _write_csv(rows: Sequence[Mapping[str, Any]] | Any) -> None:
    """Lines for a spreadsheet, on standard output. A cell that a spreadsheet would take for a
    formula is text."""
    buffer = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(buffer, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    sys.stdout.write(buffer.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
