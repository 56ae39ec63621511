"""`nuanyi nearest` and `nuanyi map`: the answers, without a server."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import console
from geo.coordinates import Crs
from geo.errors import Invalid
from geo.walking.finder import Finder
from maps.coverage.gather import page as coverage_page

maps = typer.Typer(help="地图文件 / maps as files.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Hang the commands of this module into the command line."""
    app.command()(nearest)
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
    """最近的驿站，按真实步行距离 / The nearest stations by walking. Negative numbers: put -- first.

    Example: nuanyi nearest 101.0 40.2 --services drinking_water,meal_heating
    """
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of)
        answer = finder.nearest(
            lon,
            lat,
            k=k,
            crs=_crs(crs),
            kinds=_list(kinds),
            services=_list(services),
            open_rule=open_rule(open_),
            max_metres=max_m,
        )
    if as_json:
        console.show_json(asdict(answer))
        return
    console.show_table(
        f"最近的驿站 / nearest stations ({answer.as_of:%Y-%m-%d %H:%M})",
        ["分钟 min", "米 m", "离路 off street", "名称 name", "开放 hours", "", "服务 services"],
        [
            (
                f"{near.minutes:.0f}",
                f"{near.metres:,.0f}" + (" 直线 straight" if near.straight_line else ""),
                f"{near.off_street_metres:.0f}",
                near.station["name"],
                near.station["hours_text"],
                near.hours_state,
                "、".join(near.station["services"]),
            )
            for near in answer.stations
        ],
    )
    for note in answer.notes:
        console.out.print(note, markup=False)


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
            f"'{text}' is no rule for opening hours.",
            remedy="Use arrival, any, or a time such as 2026-11-21T12:40.",
            field="open",
        ) from error


def _crs(text: str) -> Crs:
    if text not in ("wgs84", "gcj02", "bd09"):
        raise Invalid(
            f"'{text}' is not a coordinate system.",
            remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
            field="crs",
        )
    return text  # type: ignore[return-value]


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


@maps.command("coverage")
def map_coverage(
    out: Annotated[Path, typer.Option(help="写入的 HTML 文件 / the HTML file to write.")],
    kind: Annotated[str, typer.Option(help="区域类型 / kind of area.")] = "subdistrict",
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
) -> None:
    """工会覆盖地图，一个可离线打开的文件 / The coverage map: one file that opens offline."""
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        page = coverage_page(reader, of, kind=kind, language=language)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}.") from error
    console.out.print(f"已写入 / written: {out} ({len(page) / 1e6:.1f} MB)")
