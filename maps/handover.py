"""Handing a walk over to the map that somebody has on the phone.

Each of them is told the place of the station in its own coordinate system, and nothing about the
person: it finds where they stand by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Maps = Literal["amap", "baidu", "tencent", "apple"]


@dataclass(frozen=True)
class Handover:
    """One map: the coordinate system it reads, and its address with places for {lon}, {lat},
    {name} and {where}."""

    crs: Literal["gcj02", "bd09"]
    pattern: str


MAPS: dict[Maps, Handover] = {
    "amap": Handover(
        "gcj02",
        "https://uri.amap.com/navigation?to={lon},{lat},{name}&mode=walk&coordinate=gaode"
        "&callnative=1&src=nuanyi",
    ),
    # Its way planner asks for a start, which we never tell: a marker, from which it plans the way.
    "baidu": Handover(
        "bd09",
        "https://api.map.baidu.com/marker?location={lat},{lon}&title={name}&content={where}"
        "&coord_type=bd09ll&output=html&src=webapp.nuanyi.nuanyi",
    ),
    "tencent": Handover(
        "gcj02",
        "https://apis.map.qq.com/uri/v1/routeplan?type=walk&to={name}&tocoord={lat},{lon}"
        "&referer=nuanyi",
    ),
    # In China its map stands in GCJ-02, as every map there must.
    "apple": Handover("gcj02", "https://maps.apple.com/?daddr={lat},{lon}&dirflg=w&q={name}"),
}
"""Published URI interfaces of the four; none needs a key."""


def handover_address(maps: Maps, lon: float, lat: float, name: str, where: str | None) -> str:
    """The address that opens a map on the way to a station.

    Args:
        maps: which.
        lon, lat: the station's entrance, in the coordinate system of `MAPS[maps].crs`.
        name: of the station.
        where: its address, if known.
    """
    return MAPS[maps].pattern.format(
        lon=f"{lon:.6f}",
        lat=f"{lat:.6f}",
        name=quote(name, safe=""),
        where=quote(where or name, safe=""),
    )
