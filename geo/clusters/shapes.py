"""The outlines of all clusters of an edition, to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.database import Reader


@dataclass(frozen=True)
class ClusterShapes:
    """C clusters by ascending id, of both tiers; outlines are shapely polygons, WGS 84."""

    ids: npt.NDArray[np.int64]
    tiers: list[str]
    units: list[int]
    employees: list[int]
    outlines: npt.NDArray[Any]


def read_shapes(reader: Reader, edition_id: int) -> ClusterShapes:
    """The clusters of an edition of enterprises; none where none were found or looked for."""
    rows = reader.all(
        "SELECT id, tier, units, employees, ST_AsBinary(outline) AS outline FROM cluster "
        "WHERE edition_id = :edition ORDER BY id",
        edition=edition_id,
    )
    outlines = np.full(len(rows), None, dtype=object)
    outlines[:] = [bytes(row.outline) for row in rows]
    return ClusterShapes(
        ids=np.array([row.id for row in rows], dtype=np.int64),
        tiers=[row.tier for row in rows],
        units=[int(row.units) for row in rows],
        employees=[int(row.employees) for row in rows],
        outlines=shapely.from_wkb(outlines),
    )
