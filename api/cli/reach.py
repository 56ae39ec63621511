"""`nuanyi reach`: service areas in numbers, and as a file for drawing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from geo.errors import Invalid

if TYPE_CHECKING:
    from api.reach.shares import Reach, ReachShare

MISSING = "–"


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(reach)


def reach(
    minutes: Annotated[
        str, typer.Option(help="步行分钟数，逗号分隔 / walking times, with commas.")
    ] = "5,10,15",
    at: Annotated[
        str | None,
        typer.Option(help="时刻、今天的钟点或 any / an ISO time, an hour of today, or any; now."),
    ] = None,
    by_hour: Annotated[
        bool, typer.Option("--by-hour", help="逐小时 / every hour of the day too.")
    ] = False,
    area: Annotated[
        int | None, typer.Option(help="只计这个区域的人 / only people in this area (its id).")
    ] = None,
    by_area: Annotated[
        str | None,
        typer.Option(help="并列出这类区域 / also each area of this kind, such as subdistrict."),
    ] = None,
    kinds: Annotated[str, typer.Option(help="驿站类型，逗号分隔 / kinds, with commas.")] = "",
    services: Annotated[str, typer.Option(help="所需服务，逗号分隔 / services wanted.")] = "",
    access: Annotated[str, typer.Option(help="谁可以进，逗号分隔 / who may come in.")] = "",
    min_grade: Annotated[int, typer.Option(help="至少几星 / at least so many stars.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="把范围图形写成 GeoJSON / write the outlines as GeoJSON.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """服务范围：步行可达开放驿站的人数占比 / The share of people within a walk of an open station.

    Example: nuanyi reach --at 2026-11-24T12:00 --by-hour --by-area subdistrict
    """
    of = console.settings()
    import numpy as np

    from api.reach.asked import editions_of
    from api.reach.outlines import features
    from api.reach.shares import told
    from geo.areas.queries import get_area
    from geo.walking import reach as reaching
    from geo.walking.finder import OFFERED_ACCESS, Finder

    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of, console.BarProgress())
        question = reaching.Question.asked(
            at,
            datetime.now(UTC),
            finder.zone,
            minutes=_numbers(minutes),
            kinds=_list(kinds),
            services=_list(services),
            access=_list(access) or OFFERED_ACCESS,
            min_grade=min_grade,
            by_hour=by_hour,
            area_id=area,
            by_area=by_area,
        )
        areas = area is not None or by_area is not None
        found = editions_of(reader, finder, areas=areas, people=True)
        keeper = reaching.Keeper()
        counts = reaching.counting(finder, question)
        people = reaching.gather(reader, keeper, finder.graph, question, found)
        answer = told(finder, counts, question, people, found, of.small_denominator)
        if out is not None:
            good = counts.sure[counts.row(question.hour)].astype(np.uint8)
            boundary = None if area is None else get_area(reader, area).area.boundary
            drawn = reaching.outlines(keeper, finder, good, question.minutes, boundary=boundary)
            _write(out, features(drawn, question, "wgs84", found))
    if as_json:
        console.show_json(answer.model_dump(mode="json"))
    else:
        _show(answer)


def _show(answer: Reach) -> None:
    when = f"{answer.day}" + ("" if answer.hour is None else f" {answer.hour:02d}:00")
    of = answer.stations
    console.show_table(
        f"服务范围 / service areas ({when}; {answer.stations_open} / {of} 站开放 open)",
        [
            console.number("分钟\nmin"),
            console.number("户外劳动者\noutdoor workers"),
            console.number("占比\nshare"),
            console.number("至多\nat most"),
            console.number("职工\nemployees"),
            console.number("占比\nshare"),
        ],
        [
            (
                one.minutes,
                _of(one.workers_reached, one.workers),
                _percent(one.share),
                _percent(one.share_at_most),
                _of(one.employees_reached, one.employees),
                _percent(one.employee_share),
            )
            for one in answer.shares
        ],
    )
    times = [one.minutes for one in answer.shares]
    columns = [console.number(f"{time} 分钟\nmin") for time in times]
    if answer.by_hour is not None:
        console.show_table(
            "逐小时 / by hour",
            [console.number("时\nhour"), console.number("开放\nopen"), *columns],
            [(one.hour, one.stations_open, *_shares(one.shares)) for one in answer.by_hour],
        )
    if answer.areas is not None:
        console.show_table(
            "各区域 / by area",
            [console.words("区域\narea"), *columns],
            [(one.name or one.code or one.id, *_shares(one.shares)) for one in answer.areas],
        )
    for note in answer.notes:
        console.out.print(note, markup=False)


def _shares(shares: list[ReachShare]) -> list[str]:
    return [_percent(one.share) for one in shares]


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{share:.1%}"


def _of(part: float | None, whole: float | None) -> str:
    return MISSING if part is None or whole is None else f"{part:,.0f} / {whole:,.0f}"


def _list(text: str) -> list[str]:
    """Words with Chinese or Latin commas."""
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in _list(text)]
    except ValueError:
        raise Invalid(
            "minutes 须为整数。 `--minutes` takes whole numbers.",
            remedy="例如 / for instance 5,10,15.",
            field="minutes",
        ) from None


def _write(out: Path, body: bytes) -> None:
    try:
        out.write_bytes(body)
    except OSError as error:
        raise Invalid(
            f"无法写入 {out}。 {out} cannot be written: {error.strerror}.",
            remedy="请用 --out 另选位置。 Choose another place with --out.",
        ) from error
    console.out.print(f"已写入 / written: {out}", markup=False)
