"""An independent judge of what lies between a point and a street: shapely in a transverse Mercator
plane. Shares no code with geo/walking."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from geo.streets import Surroundings

AT_START, AT_FOOT = 0.1, 0.5


@lru_cache(maxsize=32)
def plane_around(lon: float, lat: float) -> Transformer:
    """Metres around a place. Making one costs more than most examples of a property."""
    return Transformer.from_crs(
        "EPSG:4326", f"+proj=tmerc +lon_0={lon} +lat_0={lat} +ellps=WGS84", always_xy=True
    )


class Judge:
    """Lines and borders that nobody crosses, and buildings, flat."""

    def __init__(self, around: Surroundings, plane: Transformer):
        kinds = ("wall", "fence", "hedge", "water", "railway", "cliff", "motorway", "building")
        standing = around.layer == 0
        shapes = shapely.transform(
            around.shapes(), lambda at: np.column_stack(plane.transform(*at.T))
        )
        barrier = standing & (around.kind < kinds.index("building"))
        self.barriers = shapely.STRtree(
            np.where(around.is_area[barrier], shapely.boundary(shapes[barrier]), shapes[barrier])
        )
        self.plane = plane
        self.buildings = shapely.STRtree(
            shapes[standing & (around.kind == kinds.index("building"))]
        )

    def crossings(self, start: npt.NDArray[Any], foot: npt.NDArray[Any]) -> tuple[Any, Any, Any]:
        """(n,) each: whether the line from a point to its foot meets a barrier, meets a building
        that does not hold the point, meets one's own building more than once.

        Args:
            start, foot: (n, 2) metres in the plane.
        """
        way = foot - start
        metres = np.hypot(*way.T)
        long = metres > AT_START + AT_FOOT
        unit = way / np.where(metres > 0, metres, 1)[:, None]
        ends = np.stack((start + AT_START * unit, foot - AT_FOOT * unit), axis=1)
        ends[~long] = start[~long][:, None] + [[0, 0], [0, 1e-9]]
        lines = np.asarray(shapely.linestrings(ends))
        crossed = np.zeros((3, len(start)), bool)
        crossed[0, np.unique(self.barriers.query(lines, predicate="intersects")[0])] = True
        line, building = self.buildings.query(lines, predicate="intersects")
        shapes = self.buildings.geometries[building]
        own = shapely.intersects(shapes, shapely.points(start)[line])
        crossed[1, line[~own]] = True
        met = shapely.intersection(lines[line[own]], shapely.boundary(shapes[own]))
        again = shapely.get_num_coordinates(met) > 1
        crossed[2, line[own][again]] = True
        crossed &= long
        return tuple(crossed)
