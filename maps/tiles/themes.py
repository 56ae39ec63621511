"""The colours of the live map: by day, by night, and for bright sun or weak eyes.

Calm ground, so that what a person looks for stands out: stations, the way to them, themselves. The
warm greys and the red are those of the pages (`maps/web`); kinds of station are coloured as on
every other map (:data:`maps.style.STATION_STYLES`), lighter by night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maps.style import OTHER_STATION, STATION_STYLES

Theme = Literal["day", "night", "contrast"]


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; `larger` is added to every size of text, in pixels."""

    ground: str
    green: str
    water: str
    water_name: str
    building: str
    building_edge: str
    wall: str
    railway: str
    motorway: str
    main: str
    street: str
    path: str
    edge: str
    main_edge: str
    ink: str
    soft: str
    halo: str
    route: str
    route_edge: str
    me: str
    me_edge: str
    stations: Mapping[str, str]
    other_station: str
    larger: float = 0
    names_are_bold: bool = False

    def shared(self) -> dict[str, str]:
        """What the page's script draws with: the way, the position, the marks of the list."""
        names = ("ground", "ink", "route", "route_edge", "me", "me_edge")
        return {name: str(getattr(self, name)) for name in names}


_BY_DAY = {kind: style.colour for kind, style in STATION_STYLES.items()}
_LIGHTER = {"#c1272d": "#ff8d78", "#1f4e9c": "#8fb6ff", "#22303c": "#e6dcd2"}
_BY_NIGHT = {kind: _LIGHTER[colour] for kind, colour in _BY_DAY.items()}

PALETTES: Mapping[Theme, Palette] = {
    "day": Palette(
        ground="#f7f2ec",
        green="#dfead0",
        water="#b5d3e3",
        water_name="#3f6f8a",
        building="#ebe2d8",
        building_edge="#dacdbf",
        wall="#a8978a",
        railway="#b3a79d",
        motorway="#f2c987",
        main="#fbe3b3",
        street="#ffffff",
        path="#c9b19c",
        edge="#ddd0c3",
        main_edge="#e0bd85",
        ink="#43352c",
        soft="#6b5b52",
        halo="#fdfaf6",
        route="#1c62b5",
        route_edge="#ffffff",
        me="#1c62b5",
        me_edge="#ffffff",
        stations=_BY_DAY,
        other_station=OTHER_STATION.colour,
    ),
    "night": Palette(
        ground="#1c1714",
        green="#222a1d",
        water="#16313f",
        water_name="#86b3cb",
        building="#28211d",
        building_edge="#362d27",
        wall="#6f6258",
        railway="#4f453e",
        motorway="#7a5a33",
        main="#5d4c3a",
        street="#3f362f",
        path="#5a4c42",
        edge="#161210",
        main_edge="#1a1512",
        ink="#eadfd6",
        soft="#c2b1a6",
        halo="#1c1714",
        route="#7db8ff",
        route_edge="#0e1a28",
        me="#7db8ff",
        me_edge="#0e1a28",
        stations=_BY_NIGHT,
        other_station="#b9b0a8",
    ),
    "contrast": Palette(
        ground="#ffffff",
        green="#d3ebc2",
        water="#7fc0ea",
        water_name="#003f66",
        building="#d9d9d9",
        building_edge="#595959",
        wall="#000000",
        railway="#4d4d4d",
        motorway="#f0a030",
        main="#ffe08a",
        street="#ffffff",
        path="#5c3a1e",
        edge="#4d4d4d",
        main_edge="#1a1a1a",
        ink="#000000",
        soft="#000000",
        halo="#ffffff",
        route="#0033cc",
        route_edge="#ffffff",
        me="#0033cc",
        me_edge="#ffffff",
        stations=_BY_DAY,
        other_station="#3a424a",
        larger=2,
        names_are_bold=True,
    ),
}
