"""What a question about ways names, looked up in a finder: places, a station."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.coordinates import Crs, check_range, geodesic_metres, to_wgs84
from geo.errors import Invalid, NotFound
from geo.walking.arrays import Floats

if TYPE_CHECKING:
    from geo.walking.finder import Finder

FARTHEST_METRES = 50_000.0
"""As the crow flies. Nobody walks farther, and a search without end is of no use to anybody."""
STRAIGHT = (
    "此处没有可走的路网，距离为直线距离，实际步行更远 / No way over streets is known here: the "
    "distance is a straight line, the real walk is longer."
)


def station_number(finder: Finder, station_id: int) -> int:
    """The index of a station in a finder.

    Raises:
        NotFound: it has none of that id with a place.
    """
    number = finder.number_of.get(station_id)
    if number is None:
        raise NotFound(
            f"没有编号 {station_id} 的驿站，或它没有位置。 There is no station {station_id}, or "
            "nobody knows where it is.",
            remedy="名单可能已更新，按名称重新查找（/api/stations?text=…）。 The list may have "
            "changed: look the station up by its name (/api/stations?text=…).",
        )
    return number


def asked_place(
    finder: Finder, lon: float, lat: float, crs: Crs, *, field: str
) -> tuple[float, float]:
    """A place of a question in WGS 84; what is wrong with it is told of `field`.

    Raises:
        Invalid: the coordinate system does not exist, or the position is none on Earth.
        OutsideServiceArea: no street and no station anywhere near.
    """
    try:
        return finder.place(lon, lat, crs)
    except Invalid as error:
        if error.field != "crs":
            error.field = field
        raise


def asked_line(finder: Finder, places: Floats, crs: Crs, *, field: str) -> tuple[Floats, Floats]:
    """(p, 2) places of a question as longitude and latitude in WGS 84.

    Raises:
        Invalid, OutsideServiceArea: as :func:`asked_place`, for any of them.
    """
    asked_place(finder, float(places[0, 0]), float(places[0, 1]), crs, field=field)
    try:
        check_range(places[:, 0], places[:, 1])
        lon, lat = to_wgs84(places[:, 0], places[:, 1], crs)
        check_range(lon, lat, finder.bounds)
    except Invalid as error:
        error.field = field
        raise
    return np.atleast_1d(lon), np.atleast_1d(lat)


def check_near(
    lon: float, lat: float, to_lon: float, to_lat: float, *, field: str | None = None
) -> None:
    """Refuse a walk that nobody walks.

    Raises:
        Invalid: more than 50 km as the crow flies.
    """
    if float(geodesic_metres(lon, lat, to_lon, to_lat)) > FARTHEST_METRES:
        raise Invalid(
            "距离超过 50 公里，不适合步行。 It is more than 50 km away, too far to walk.",
            remedy="请选择近处的驿站，并检查坐标系。 Choose one near by, and check `crs`.",
            field=field,
        )


def age_notes(finder: Finder) -> list[str]:
    """That the data are old, where nobody could ask whether they are still in force."""
    if finder.unconfirmed_since is None:
        return []
    since = finder.local(finder.unconfirmed_since)
    note = (
        f"数据库暂时连不上，驿站和道路是 {since:%m-%d %H:%M} 的数据 / The database cannot be "
        f"reached; stations and streets are those of {since:%Y-%m-%d %H:%M}."
    )
    return [note]
