"""`nuanyi places`: a place by its name, without a server."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.coordinates import Crs
    from geo.places.search import Place


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(places)


def places(
    query: Annotated[
        str, typer.Argument(help="地名、拼音、首字母、门牌号 / name, pinyin, initials or address.")
    ],
    limit: Annotated[int, typer.Option(help="几个 / how many.", min=1, max=20)] = 8,
    near: Annotated[
        str | None, typer.Option(help="经度,纬度：近者在前 / lon,lat: nearer ones first.")
    ] = None,
    crs: Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02 or bd09.")] = "wgs84",
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")] = False,
) -> None:
    """查找地点：驿站、区域、道路、楼宇 / Places by name: stations, areas, streets, buildings.

    Example: nuanyi places renminlu
    """
    from geo.coordinates import CRS_NAMES, from_wgs84, to_wgs84
    from geo.places.holder import Places
    from geo.places.search import find_or_point

    if crs not in CRS_NAMES:
        raise Invalid(
            f"'{crs}' 不是坐标系。 It is not a coordinate system.",
            remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
            field="crs",
        )
    system: Crs = crs
    beside = None
    if near is not None:
        lon, lat = to_wgs84(*_pair(near), system)
        beside = float(lon), float(lat)
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = find_or_point(Places.load(reader), query, limit=limit, near=beside, crs=system)
    at = [from_wgs84(one.lon, one.lat, system) for one in found.places]
    if as_json:
        rows = [
            {**asdict(one), "lon": round(float(x), 7), "lat": round(float(y), 7)}
            for one, (x, y) in zip(found.places, at, strict=True)
        ]
        console.show_json({"places": rows, "notes": found.notes, "crs": system})
        return
    console.show_table(
        "地点 / places",
        [
            console.words("名称\nname"),
            console.short("类型\nkind"),
            console.words("所在\nwhere"),
            console.number("经度,纬度\nlon,lat"),
        ],
        [
            (one.name, _kind(one), one.detail, f"{x:.5f},{y:.5f}")
            for one, (x, y) in zip(found.places, at, strict=True)
        ],
    )
    for note in found.notes:
        console.out.print(note, markup=False)


def _kind(place: Place) -> str:
    return place.type or place.kind


def _pair(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        lon, lat = 999.0, 999.0
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise Invalid(
            "--near 不是位置。 --near is no position.",
            remedy="写成“经度,纬度”。 Give longitude,latitude, such as 113.665,34.757.",
            field="near",
        )
    return lon, lat
