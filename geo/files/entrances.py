"""The hand-set entrances of places: the point that people walk to, which beats any guess."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from geo.coordinates import Bounds, Crs, geodesic_metres
from geo.errors import Invalid
from geo.files.headers import Matched
from geo.files.positions import Floats, Positions, declared_crs, of_columns
from geo.files.tables import RawTable

FARTHEST_METRES: Final = 500.0
"""An entrance farther from its place than this is a slip of the pen."""

LON, LAT = "entrance_lon", "entrance_lat"


def entrances(
    raw: RawTable,
    matched: Matched,
    crs: Crs | None,
    bounds: Bounds | None,
    lon: Floats,
    lat: Floats,
) -> Positions | None:
    """The entrance of each row, from `entrance_lon` and `entrance_lat`; None without such columns.

    Args:
        raw, matched, crs, bounds: as :func:`geo.files.positions.positions`: an entrance is in the
            same system as the place.
        lon, lat: (n,) the places, WGS 84, NaN where there is none.

    Faults: those of a position, and an entrance more than 500 m from its place.

    Raises:
        Invalid: there is only one of the two columns, or nobody says in which system they are.
    """
    named = [name for name in (LON, LAT) if name in matched]
    if not named:
        return None
    if len(named) == 1:
        raise Invalid(
            f"只有“{matched.header(named[0])}”一列，缺少入口的另一列坐标。 "
            f"There is only '{matched.header(named[0])}' of an entrance's longitude and latitude.",
            remedy=f"请用 --map {LON}=列名 --map {LAT}=列名 指定。 "
            f"Name both with --map {LON}=COLUMN --map {LAT}=COLUMN.",
            field="map",
        )
    found = of_columns(raw, matched, declared_crs(raw, crs), bounds, LON, LAT)
    far = found.has_position & ~np.isnan(lon)
    far[far] = geodesic_metres(found.lon[far], found.lat[far], lon[far], lat[far]) > FARTHEST_METRES
    found.problems.add_mask(
        far,
        f"{matched.header(LON)}、{matched.header(LAT)}",
        pa.array([f"{x:g},{y:g}" for x, y in zip(found.original_x, found.original_y, strict=True)])
        if far.any()
        else None,
        reason_zh=f"入口距站点超过 {FARTHEST_METRES:g} 米",
        reason=f"The entrance is more than {FARTHEST_METRES:g} m from the station",
        remedy_zh="核对入口坐标，须与站点坐标为同一坐标系；没有就留空",
        remedy="Check the entrance, which is in the same coordinate system; or leave it empty",
    )
    return found
