"""Which union one can join at a place: the unions of the areas that hold it, the nearest first.

The order is that of Chinese practice. One's own unit comes before any area (Trade Union Law: a
basic union is formed in the unit, small units form one jointly); no map knows that one, so it is
told in words. Then come the joint unions nearest to the work: of the building, park, commercial
district or marketplace, of the functional area, and last the federations of the community, the
subdistrict and the district. Whoever has no such unit, as many workers in new forms of employment,
joins a union of the trade, or of the place of work or home.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.areas.assign import KIND, index_areas, memberships
from geo.database import Reader
from geo.files.values import WEB_ADDRESS
from geo.filters import active

UNION_LEVELS = (
    "office_building",
    "industrial_park",
    "commercial_district",
    "marketplace",
    "functional_area",
    "community",
    "subdistrict",
    "district",
)
"""Kinds of area whose union takes in who works there, the nearest to the work first."""


_WEB_ADDRESS = re.compile(WEB_ADDRESS)


@dataclass(frozen=True)
class UnionHere:
    """The union of an area that holds the place. What was not stated is None: also `union_name`,
    of an area whose union nobody has entered. `link` begins with http:// or https://."""

    level: str
    area_id: int
    area_name: str | None
    union_name: str | None
    address: str | None
    phone: str | None
    link: str | None


_FIELDS = "id, kind, name, parent_id, union_name, union_address, union_phone, union_link"
_AROUND = f"""
WITH RECURSIVE around AS (
    SELECT {_FIELDS}, boundary, 0 AS step FROM area
    WHERE edition_id = {active("areas")} AND boundary && ST_Point(:lon, :lat, 4326)
  UNION
    -- An area without a boundary holds what its children hold.
    SELECT {", ".join(f"above.{name}" for name in _FIELDS.split(", "))}, above.boundary,
        around.step + 1
    FROM area AS above JOIN around ON above.id = around.parent_id AND around.step < 10
    WHERE above.edition_id = {active("areas")} AND above.boundary IS NULL
)
SELECT DISTINCT ON (id) {_FIELDS}, ST_AsBinary(boundary) AS boundary FROM around ORDER BY id
"""


def unions_here(reader: Reader, lon: float, lat: float) -> list[UnionHere]:
    """The unions of the areas of the active edition that hold a place, in the order of
    :data:`UNION_LEVELS`; of several of one level the smallest first.

    A place on a shared border is in exactly one of the two areas (the half-open rule of
    :mod:`geo.areas.locate`), the same one that it is counted in.

    Args:
        reader: the transaction.
        lon, lat: WGS 84. Neither stored nor logged.

    Returns:
        One entry an area, also where no union is stated; none where no edition is active.

    Cost: one statement by the index on boundaries, and a test of the polygons whose box holds the
    place: some milliseconds.
    """
    rows = reader.all(_AROUND, lon=lon, lat=lat)
    if not rows:
        return []
    boundaries = np.array(
        [None if row.boundary is None else shapely.from_wkb(bytes(row.boundary)) for row in rows],
        dtype=object,
    )
    index = index_areas(
        0,
        np.array([row.id for row in rows], dtype=np.int64),
        np.array([KIND[row.kind] for row in rows], dtype=np.int8),
        np.array([-1 if row.parent_id is None else row.parent_id for row in rows], dtype=np.int64),
        boundaries,
    )
    _, inside, _ = memberships(index, np.array([lon]), np.array([lat]))
    held = [number for number in inside.tolist() if rows[number].kind in UNION_LEVELS]
    held.sort(key=lambda number: (UNION_LEVELS.index(rows[number].kind), index.size[number]))
    return [_union(rows[number]) for number in held]


def _union(row: Any) -> UnionHere:
    link: str | None = row.union_link
    return UnionHere(
        level=row.kind,
        area_id=row.id,
        area_name=row.name,
        union_name=row.union_name,
        address=row.union_address,
        phone=row.union_phone,
        # Not every row came through an import of ours.
        link=link if link is not None and _WEB_ADDRESS.fullmatch(link) else None,
    )
