"""`nuanyi coverage stations`: who can walk to an open public station, area by area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from pydantic import ValidationError

from api.cli import console
from geo.errors import Invalid

if TYPE_CHECKING:
    from api.coverage.walking_words import (
        PocketsAnswer,
        StationsCoverage,
        WalkShare,
        WalksOfArea,
    )

MISSING = "–"


def register(app: typer.Typer) -> None:
    """Hang the command into `nuanyi coverage`."""
    app.command("stations")(stations)


def stations(
    kind: Annotated[str, typer.Option(help="区域类型 / kind of area.")] = "subdistrict",
    day: Annotated[str, typer.Option(help="workday、monday 至 sunday / which day.")] = "workday",
    hour: Annotated[
        int | None, typer.Option(help="0–23；不给则不论开放时间 / without it: whatever the hours.")
    ] = None,
    minutes: Annotated[
        str, typer.Option(help="步行分钟数，逗号分隔 / walking times, with commas.")
    ] = "5,10,15",
    area: Annotated[
        int | None, typer.Option(help="逐小时看这个区域（编号） / hour by hour, of this area.")
    ] = None,
    pockets: Annotated[
        bool, typer.Option("--pockets", help="列出空白区 / where nobody reaches a station.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """驿站覆盖：步行可达开放驿站的劳动者占比 / Who can walk to an open public station.

    Example: nuanyi coverage stations --day saturday --hour 12
    """
    of = console.settings()
    from api.coverage.pockets import pockets_of, told_pockets
    from api.coverage.stations import grounds, told
    from api.coverage.walking_words import PocketsQuestion, WalksQuestion
    from api.service import Service
    from geo.walking.finder import Finder

    times = [part for part in minutes.replace("，", ",").split(",") if part.strip()]
    try:
        asked = WalksQuestion.model_validate(
            {"kind": kind, "day": day, "hour": hour, "minutes": times, "area_id": area}
        )
        holes = PocketsQuestion.model_validate(
            {"kind": kind, "day": day, "hour": hour, "minutes": times[-1] if times else 15}
        )
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        raise Invalid(
            f"--{name} 不可用。 --{name} cannot be used: {fault['msg']}.", field=name
        ) from error
    with console.database(of) as database:
        with database.read(console.OPERATOR) as reader:
            finder = Finder.load(reader, of, console.BarProgress())
        service = Service(of, database, lambda: finder)
        try:
            answer: Any = (
                told_pockets(*pockets_of(service, console.OPERATOR, holes), holes)
                if pockets
                else told(service, *grounds(service, console.OPERATOR, asked), asked)
            )
        finally:
            service.register.close()
    if as_json:
        console.show_json(answer.model_dump(mode="json"))
    elif pockets:
        _show_pockets(cast("PocketsAnswer", answer))
    else:
        _show(cast("StationsCoverage", answer))


def _show(answer: StationsCoverage) -> None:
    when = f"{answer.day} {answer.date}" + ("" if answer.hour is None else f" {answer.hour:02d}:00")
    columns = [console.number(f"{time} 分钟\nmin") for time in answer.minutes]
    who = {"outdoor_workers": "户外劳动者 outdoor workers", "employees": "职工 employees"}
    console.show_table(
        f"驿站覆盖 / stations ({when}; {answer.stations_open} / {answer.stations} 站开放 open; "
        f"{who.get(answer.people or '', MISSING)})",
        [console.words("区域\narea"), console.number("人数\nworkers"), *columns,
         console.number("重复覆盖\noverlap")],
        [
            ("全部 / everything", _count(answer.whole.workers), *_shares(answer.whole.shares),
             _count(answer.whole.overlap)),
            *(
                (_name(one), _count(one.workers), *_shares(one.shares), _count(one.overlap))
                for one in answer.areas
            ),
        ],
    )  # fmt: skip
    names = {one.id: _name(one) for one in answer.areas}
    console.show_table(
        "均衡 / equity",
        [console.number("分钟\nmin"), console.number("基尼系数\nGini"),
         console.words("最低\nworst"), console.words("最高\nbest")],
        [
            (one.minutes, MISSING if one.gini is None else f"{one.gini:.3f}",
             names.get(one.worst or -1, MISSING), names.get(one.best or -1, MISSING))
            for one in answer.equity
        ],
    )  # fmt: skip
    if answer.area is not None:
        console.show_table(
            f"逐小时 / by hour: {_name(answer.area)}",
            [console.number("时\nhour"), console.number("开放\nopen"),
             console.number("人数\nworkers"), *columns],
            [
                (one.hour, one.stations_open, _count(one.workers), *_shares(one.shares))
                for one in answer.by_hour
            ],
        )  # fmt: skip
    for note in answer.notes:
        console.out.print(note, markup=False)


def _show_pockets(answer: PocketsAnswer) -> None:
    console.show_table(
        f"空白区 / pockets ({len(answer.pockets)} / {answer.total}; {answer.workers:,.0f} / "
        f"{answer.of_workers:,.0f})",
        [console.number("人数\nworkers"), console.words("区域\narea"),
         console.short("位置\nplace"), console.words("最近驿站\nnearest"),
         console.number("步行米数\nmetres")],
        [
            (
                _count(one.workers),
                one.area or MISSING,
                f"{one.lon:.4f},{one.lat:.4f}",
                one.nearest_station or MISSING,
                MISSING if one.nearest_metres is None else f"{one.nearest_metres:,.0f}",
            )
            for one in answer.pockets
        ],
    )  # fmt: skip
    for note in answer.notes:
        console.out.print(note, markup=False)


def _name(one: WalksOfArea) -> str:
    return one.name or one.code or str(one.id)


def _shares(shares: list[WalkShare]) -> list[str]:
    return [MISSING if one.share is None else f"{one.share:.1%}" for one in shares]


def _count(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}"
