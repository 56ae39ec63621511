"""`nuanyi coverage compare` and `series`: change over time, for a person and for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.coverage import As, Format, Parent, _write_csv

if TYPE_CHECKING:
    from geo.coverage.compare import AreaChangeFacts, ChangeAnswer
    from geo.coverage.series import Series, SeriesAnswer

MISSING = "–"
Area = Annotated[int | None, typer.Option(help="只看此区域（编号） / this area alone, by its id.")]
EVERYTHING = 1_000_000


def register(app: typer.Typer) -> None:
    """Hang the commands into the group `coverage`."""
    app.command()(compare)
    app.command()(series)


def compare(
    from_: Annotated[
        int | None, typer.Argument(metavar="FROM", help="前期版本 / the earlier edition.")
    ] = None,
    to: Annotated[int | None, typer.Argument(help="后期版本；默认现行 / the later one.")] = None,
    kind: Annotated[str, typer.Option(help="区域类型 / kind of area.")] = "subdistrict",
    area: Annotated[
        int | None, typer.Option(help="只看此区域 / this area alone, by its id.")
    ] = None,
    parent: Parent = None,
    measure: Annotated[
        str, typer.Option(help="表格中的指标 / the rate a table shows.")
    ] = "establishment",
    format_: As = Format.table,
) -> None:
    """两期对比：真实变化与迁移分开 / What changed between two editions, moves told apart.

    Without numbers: the edition in force against the last one of before its day. A pair is counted
    once and read afterwards. Example: nuanyi coverage compare 4 7 --kind district
    """
    from geo.coverage import pairs
    from geo.coverage.compare import compare as answer_of
    from geo.coverage.definitions import RATES
    from geo.errors import Invalid

    if measure not in RATES:
        raise Invalid(
            f"没有指标“{measure}”。 There is no rate '{measure}'.",
            remedy=f"可选 / Use one of {', '.join(RATES)}.",
            field="measure",
        )
    of = console.settings()
    with console.database(of) as database:
        with database.read(console.OPERATOR) as reader:
            pair = pairs.find_pair(reader, from_, to)
        pairs.ensure_counted(database, console.OPERATOR, pair, of, console.BarProgress())
        with database.read(console.OPERATOR) as reader:
            answer = answer_of(
                reader, pair, of, kind=kind, area_id=area, parent_id=parent, limit=EVERYTHING
            )
    if format_ is Format.json:
        console.show_json(asdict(answer))
    elif format_ is Format.csv:
        _write_csv(_lines([_flat(one) for one in [answer.whole, *answer.areas]]))
    else:
        _show_change(answer, measure)


def series(
    measure: Annotated[str, typer.Option(help="指标 / the rate.")] = "establishment",
    kind: Annotated[
        str | None, typer.Option(help="列出此类区域；默认全部合计 / kind of area; everything.")
    ] = None,
    area: Annotated[
        int | None, typer.Option(help="只看此区域 / this area alone, by its id.")
    ] = None,
    parent: Parent = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="预测到哪天 / the day of the forecast."),
    ] = None,
    format_: As = Format.table,
) -> None:
    """历期走势与预测 / A rate over all editions, and where it goes.

    Example: nuanyi coverage series --kind district --measure membership_unionised
    """
    from geo.coverage import past
    from geo.coverage.series import series as answer_of

    of = console.settings()
    with console.database(of) as database:
        past.ensure_laid(database, console.OPERATOR, of, console.BarProgress())
        with database.read(console.OPERATOR) as reader:
            answer = answer_of(
                reader,
                of,
                measure=measure,
                kind=kind,
                area_id=area,
                parent_id=parent,
                target_date=until.date() if until else None,
                limit=EVERYTHING,
            )
    if format_ is Format.json:
        console.show_json(asdict(answer))
    elif format_ is Format.csv:
        _write_csv(_lines([row for one in answer.series for row in _points(one)]))
    else:
        _show_series(answer)


def _show_change(answer: ChangeAnswer, measure: str) -> None:
    before, after = answer.before, answer.after
    everybody = [answer.whole, *answer.areas]
    console.show_table(
        f"版本 {before.id}（{before.as_of}）→ {after.id}（{after.as_of}） / editions",
        [
            console.words("区域\narea"),
            console.number("单位\nunits"),
            console.number("新/销/除\nnew/shut/gone"),
            console.number("迁入/出\nin/out"),
            console.number("新建工会\nfounded"),
            console.number("新覆盖/失去\nwon/lost"),
        ],
        [_units(one) for one in everybody],
    )
    console.show_table(
        "会员与比率 / members and rate",
        [
            console.words("区域\narea"),
            console.number("会员\nmembers"),
            console.number("其中实增\nreal"),
            console.number(f"{before.as_of}\nrate"),
            console.number(f"{after.as_of}\nrate"),
            console.number("百分点\npoints"),
            console.number("其中实变\nreal"),
        ],
        [_members(one, measure) for one in everybody],
    )
    rate = answer.whole.rates[measure]
    console.out.print(f"{rate.scope_zh}。{rate.scope}.", markup=False)
    for zh, en in answer.notes:
        console.out.print(f"· {zh} / {en}", markup=False)


def _step(one: AreaChangeFacts, name: str) -> str:
    return f"{one.counts.get(f'{name}_after', 0) - one.counts.get(f'{name}_before', 0):+,}"


def _units(one: AreaChangeFacts) -> tuple[object, ...]:
    of = one.counts
    won = of.get("newly_own", 0) + of.get("newly_joint", 0)
    return (
        _called(one),
        _step(one, "units"),
        f"{of.get('appeared', 0)}/{of.get('closed', 0)}/{of.get('unlisted', 0)}",
        f"{of.get('moved_in', 0)}/{of.get('moved_out', 0)}",
        of.get("unions_founded", 0),
        f"{won}/{of.get('lost_union', 0)}",
    )


def _members(one: AreaChangeFacts, measure: str) -> tuple[object, ...]:
    rate = one.rates[measure]
    return (
        _called(one),
        _step(one, "members"),
        f"{one.counts.get('members_real', 0):+,}",
        *(MISSING if value is None else f"{value:.1%}"
          for value in (rate.before.value, rate.after.value)),
        _points_of_percent(rate.change),
        _points_of_percent(rate.real),
    )  # fmt: skip


def _called(one: AreaChangeFacts | Series) -> str:
    area = one.area
    return "全部 / all" if area.kind == "whole" else area.name or area.code or f"#{area.id}"


def _points_of_percent(change: float | None) -> str:
    return MISSING if change is None else f"{change * 100:+.1f}"


def _show_series(answer: SeriesAnswer) -> None:
    days = [str(facts.as_of) for facts in answer.editions]
    console.show_table(
        f"{answer.definition.title_zh} / {answer.definition.title}",
        [
            console.words("区域\narea"),
            *[console.number(day.replace("-", "\n", 1)) for day in days],
            console.number("预测\nforecast"),
            console.short("达标\nreached"),
        ],
        [
            (
                _called(one),
                *[
                    MISSING
                    if point.share is None or point.share.value is None
                    else f"{point.share.value:.1%}"
                    for point in one.points
                ],
                MISSING if one.forecast.value is None else f"{one.forecast.value:.1%}",
                one.forecast.reaches_on or one.forecast.state,
            )
            for one in answer.series
        ],
    )
    if len(answer.series) == 1:
        of = answer.series[0].forecast
        console.out.print(f"· {of.assumption_zh} / {of.assumption_en}", markup=False)
        for point in answer.series[0].points:
            if point.reason:
                console.out.print(f"· {point.as_of}: {' / '.join(point.reason)}", markup=False)
    for zh, en in answer.notes:
        console.out.print(f"· {zh} / {en}", markup=False)


def _flat(one: AreaChangeFacts) -> dict[str, Any]:
    """A line for each area: its counts and what became of each rate."""
    found: dict[str, Any] = {
        name: getattr(one.area, name) for name in ("id", "name", "kind", "code", "parent_id")
    }
    found |= {name: count for name, count in one.counts.items() if "." not in name}
    for name, rate in one.rates.items():
        found[f"{name}_before"], found[f"{name}_after"] = rate.before.value, rate.after.value
        for part in ("change", "real", "composition"):
            found[f"{name}_{part}"] = getattr(rate, part)
    return found


def _points(one: Series) -> list[dict[str, Any]]:
    """A line for each area and edition."""
    return [
        {
            **{name: getattr(one.area, name) for name in ("id", "name", "kind", "code")},
            "edition_id": point.edition_id,
            "as_of": point.as_of,
            **({} if point.share is None else asdict(point.share)),
            "reason": "" if point.reason is None else " / ".join(point.reason),
        }
        for point in one.points
    ]


def _lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of the same columns: what one lacks is empty."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in names} for row in rows]
