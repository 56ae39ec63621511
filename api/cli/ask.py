"""`nuanyi nearest` and `nuanyi map`: the answers, without a server."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid
from maps.texts import Both, named

if TYPE_CHECKING:
    from geo.coordinates import Crs
    from geo.walking.answers import NearestAnswer, NearStation

NOTED_METRES = 20  # a way off the street that is worth a word

maps = typer.Typer(help="地图文件 / maps as files.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang the commands of this module into the command line."""
    # A negative longitude is a number, not an option.
    app.command(context_settings={"ignore_unknown_options": True})(nearest)
    app.add_typer(maps, name="map")


def nearest(
    lon: Annotated[float, typer.Argument(help="经度 / longitude.")],
    lat: Annotated[float, typer.Argument(help="纬度 / latitude.")],
    k: Annotated[int, typer.Option("-k", help="几个 / how many.")] = 5,
    crs: Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02 or bd09.")] = "wgs84",
    kinds: Annotated[str, typer.Option(help="驿站类型，逗号分隔 / kinds, with commas.")] = "",
    services: Annotated[str, typer.Option(help="所需服务，逗号分隔 / services wanted.")] = "",
    open_: Annotated[
        str, typer.Option("--open", help="arrival、any 或时刻 / arrival, any or an ISO time.")
    ] = "arrival",
    max_m: Annotated[float, typer.Option(help="步行上限（米） / at most so many metres.")] = 3000,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """最近的驿站，按真实步行距离 / The nearest stations by real walking distance.

    Example: nuanyi nearest 101.0 40.2 --services drinking_water,meal_heating
    """
    system, rule = _crs(crs), open_rule(open_)
    of = console.settings()
    from geo.walking.finder import Finder

    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        answer = Finder.load(reader, of, console.BarProgress()).nearest(
            lon,
            lat,
            k=k,
            crs=system,
            kinds=_list(kinds),
            services=_list(services),
            open_rule=rule,
            max_metres=max_m,
        )
    if as_json:
        console.show_json(asdict(answer))
    else:
        _show(answer)


def _show(answer: NearestAnswer) -> None:
    columns = [
        console.number("分钟\nmin"),
        console.number("米\nm"),
        console.words("驿站与服务\nstation, services"),
        console.words("开放\nhours"),
    ]
    console.show_table(
        f"最近的驿站 / nearest stations ({answer.as_of:%Y-%m-%d %H:%M})",
        columns,
        [
            (f"{near.minutes:.0f}", f"{near.metres:,.0f}", _station(near), _hours(near))
            for near in answer.stations
        ],
    )
    for note in answer.notes:
        console.out.print(note, markup=False)


def _station(near: NearStation) -> str:
    services = "、".join(named("service", name).zh for name in near.station["services"] or ())
    lines = [near.station["name"], near.station["address"], services]
    if near.off_street_metres >= NOTED_METRES and not near.straight_line:
        lines.append(f"其中 {near.off_street_metres:.0f} 米离路 / m off the street")
    return "\n".join(line for line in lines if line)


def _hours(near: NearStation) -> str:
    state: Both = named("hours", near.hours_state)
    lines = [f"{state.zh} / {state.en}", near.station["hours_text"]]
    return "\n".join(line for line in lines if line)


def open_rule(text: str) -> Any:
    """`arrival`, `any`, or the ISO time that is meant.

    Raises:
        Invalid: neither.
    """
    if text in ("arrival", "any"):
        return text
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            f"'{text}' 不是开放规则。 It is no rule for opening hours.",
            remedy="Use arrival, any, or a time such as 2026-11-21T12:40.",
            field="open",
        ) from error


def _crs(text: str) -> Crs:
    if text not in ("wgs84", "gcj02", "bd09"):
        raise Invalid(
            f"'{text}' 不是坐标系。 It is not a coordinate system.",
            remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
            field="crs",
        )
    return text  # type: ignore[return-value]


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


@maps.command("coverage")
def map_coverage(
    out: Annotated[Path, typer.Option(help="写入的 HTML 文件 / the HTML file to write.")],
    kind: Annotated[
        str | None,
        typer.Option(help="区域类型，默认乡镇街道 / kind of area, by default subdistricts."),
    ] = None,
    measure: Annotated[
        str, typer.Option(help="着色的比率 / the rate to colour by.")
    ] = "establishment",
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
) -> None:
    """工会覆盖地图，一个可离线打开的文件 / The coverage map: one file that opens offline."""
    of = console.settings()
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先创建，或另选位置。 Make it first, or choose another place.",
        )
    from maps.coverage.gather import page as coverage_page

    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        page = coverage_page(reader, of, kind=kind, measure=measure, language=language)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Invalid(
            f"无法写入 {out}。 {out} cannot be written: {error.strerror}.",
            remedy="请用 --out 另选位置。 Choose another place with --out.",
        ) from error
    console.out.print(f"已写入 / written: {out} ({len(page) / 1e6:.1f} MB)", markup=False)
