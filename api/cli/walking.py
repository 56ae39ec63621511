"""`nuanyi route` and `nuanyi along`: the way to a station, and the stations along a way."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.ask import open_rule
from geo.coordinates import CRS_NAMES
from geo.errors import Invalid
from maps.texts import named

if TYPE_CHECKING:
    from geo.coordinates import Crs
    from geo.walking.along import AlongAnswer, AlongStation
    from geo.walking.routes import RouteAnswer


def register(app: typer.Typer) -> None:
    """Hang the commands of this module into the command line."""
    # A negative longitude is a number, not an option.
    app.command(context_settings={"ignore_unknown_options": True})(route)
    app.command(context_settings={"ignore_unknown_options": True})(along)


def route(
    lon: Annotated[float, typer.Argument(help="经度 / longitude.")],
    lat: Annotated[float, typer.Argument(help="纬度 / latitude.")],
    station_id: Annotated[int, typer.Argument(help="站点编号（接口中的 id） / id of the station.")],
    crs: Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02 or bd09.")] = "wgs84",
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """怎么走到驿站，逐步说明 / The way to a station, step by step.

    Example: nuanyi route 101.0 40.2 4821930177623114
    """
    system = _crs(crs)
    of = console.settings()
    from geo.walking.facts import load_facts
    from geo.walking.finder import Finder
    from geo.walking.routes import route_to

    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of, console.BarProgress())
        edition = finder.network_edition
        facts = None if edition is None else load_facts(reader, of, edition)
        answer = route_to(finder, lon, lat, station_id, crs=system, facts=facts)
    if as_json:
        console.show_json(_route_facts(answer))
    else:
        _show_route(answer)


def along(
    lon: Annotated[float | None, typer.Argument(help="起点经度 / longitude of the start.")] = None,
    lat: Annotated[float | None, typer.Argument(help="起点纬度 / latitude of the start.")] = None,
    to_lon: Annotated[float | None, typer.Argument(help="终点经度 / longitude of the end.")] = None,
    to_lat: Annotated[float | None, typer.Argument(help="终点纬度 / latitude of the end.")] = None,
    line: Annotated[
        Path | None,
        typer.Option(
            help="代替起终点：一条线的 GeoJSON 文件 / instead: a GeoJSON file with a LineString."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="几个 / how many.")] = 5,
    crs: Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02 or bd09.")] = "wgs84",
    kinds: Annotated[str, typer.Option(help="驿站类型，逗号分隔 / kinds, with commas.")] = "",
    services: Annotated[str, typer.Option(help="所需服务，逗号分隔 / services wanted.")] = "",
    open_: Annotated[
        str, typer.Option("--open", help="arrival、any 或时刻 / arrival, any or an ISO time.")
    ] = "arrival",
    max_detour_m: Annotated[float, typer.Option(help="绕行上限（米） / longest detour.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """沿途驿站，绕行最少的在前 / Stations along my way, those of the least detour first.

    Example: nuanyi along 101.0 40.2 101.02 40.21 --services drinking_water
    """
    system = _crs(crs)
    ends = (lon, lat, to_lon, to_lat)
    places = None if line is None else _line(line)
    if (None in ends) if places is None else ends != (None,) * 4:
        raise Invalid(
            "请给出起点和终点，或用 --line 给出一条线。 Give both ends, or a line with --line.",
            remedy="nuanyi along 101.0 40.2 101.02 40.21",
        )
    of = console.settings()
    from geo.walking.along import along as between
    from geo.walking.along import along_line
    from geo.walking.finder import Finder
    from geo.walking.wanted import wanted

    what = wanted(k=k, kinds=_words(kinds), services=_words(services), open_rule=open_rule(open_))
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of, console.BarProgress())
        if places is not None:
            answer = along_line(finder, places, what, max_detour=max_detour_m, crs=system)
        else:
            assert lon is not None
            assert lat is not None
            assert to_lon is not None
            assert to_lat is not None
            answer = between(
                finder, (lon, lat), (to_lon, to_lat), what, max_detour=max_detour_m, crs=system
            )
    if as_json:
        console.show_json(asdict(answer))
    else:
        _show_along(answer)


# ---------------------------------------------------------------------- reading
def _crs(text: str) -> Crs:
    for name in CRS_NAMES:
        if text == name:
            return name
    raise Invalid(
        f"“{text}”不是坐标系。 '{text}' is not a coordinate system.",
        remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
        field="crs",
    )


def _words(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _line(path: Path) -> list[list[float]]:
    """The positions of a LineString, bare or in a Feature or in a collection of one.

    Raises:
        Invalid: the file holds none.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, IndexError):
        found = json.loads(path.read_text("utf-8"))
        if found["type"] == "FeatureCollection":
            [found] = found["features"]
        if found["type"] == "Feature":
            found = found["geometry"]
        if found["type"] == "LineString":
            return [[float(place[0]), float(place[1])] for place in found["coordinates"]]
    raise Invalid(
        f"{path} 中没有一条线。 {path} holds no line.",
        remedy='{"type": "LineString", "coordinates": [[101.0, 40.2], [101.02, 40.21]]}',
        field="line",
    )


# ---------------------------------------------------------------------- showing
def _route_facts(answer: RouteAnswer) -> dict[str, Any]:
    route = answer.route
    return {
        "station_id": answer.station["id"],
        "station": answer.station["name"],
        "metres": round(route.metres, 1),
        "minutes": round(route.seconds / 60, 1),
        "off_street_metres": round(route.off_street_metres, 1),
        "stairs_metres": round(route.stairs_metres, 1),
        "straight_line": route.straight_line,
        "uncertain": route.uncertain,
        "hours_state": answer.hours_state,
        "line": {"type": "LineString", "coordinates": route.line.tolist()},
        "steps": [asdict(step) for step in route.steps],
        "notes": answer.notes,
        "crs": answer.crs,
        "network_edition": answer.network_edition,
        "station_edition": answer.station_edition,
    }


def _show_route(answer: RouteAnswer) -> None:
    from maps.routes import spoken

    route = answer.route
    minutes = f"{route.seconds / 60:.0f}"
    state = named("hours", answer.hours_state)
    console.out.print(
        f"{answer.station['name']}: {route.metres:,.0f} 米 / m, {minutes} 分钟 / min, "
        f"{state.zh} / {state.en}",
        markup=False,
    )
    rows = []
    for number, step in enumerate(route.steps, 1):
        told = spoken(step, answer.station["name"])
        rows.append((number, f"{step.metres:,.0f}", f"{told.zh}\n{told.en}"))
    columns = [
        console.number("步\nstep"),
        console.number("米\nm"),
        console.words("怎么走\nwhat to do"),
    ]
    console.show_table("路线 / the way", columns, rows)
    if route.stairs_metres >= 1:
        console.out.print(f"其中台阶 / of it stairs: {route.stairs_metres:.0f} 米 / m")
    for note in answer.notes:
        console.out.print(note, markup=False)


def _show_along(answer: AlongAnswer) -> None:
    columns = [
        console.number("绕行米\ndetour m"),
        console.number("走到分钟\nmin to it"),
        console.words("驿站与服务\nstation, services"),
        console.words("开放\nhours"),
    ]
    console.show_table(
        f"沿途驿站 / stations along the way ({answer.direct_metres:,.0f} m)",
        columns,
        [
            (f"{one.detour_metres:,.0f}", f"{one.near.minutes:.0f}", _station(one), _hours(one))
            for one in answer.stations
        ],
    )
    for note in answer.notes:
        console.out.print(note, markup=False)


def _station(one: AlongStation) -> str:
    station = one.near.station
    services = "、".join(named("service", name).zh for name in station["services"] or ())
    return "\n".join(line for line in (station["name"], station["address"], services) if line)


def _hours(one: AlongStation) -> str:
    state = named("hours", one.near.hours_state)
    return "\n".join(
        line for line in (f"{state.zh} / {state.en}", one.near.station["hours_text"]) if line
    )
