"""The layers of polygons over the map: areas of a kind, and clusters without a union.

| layer | properties |
|---|---|
| areas | id, name, code, has_children |
| clusters | id, tier, units, employees |

The feature's id is the same id. A property that is not stated is left out.
"""

from __future__ import annotations

from geo.areas.shapes import AreaShapes
from geo.clusters.shapes import ClusterShapes
from geo.schema.areas import DIVISION_KINDS
from maps.tiles.polygons import PolygonLayer

SMALLEST_UNIT = 256
"""Square units: two by two pixels. There may be twenty thousand buildings in a city, and far away
all of them would be in one tile."""
DOT = 8
"""Half the side of the square that stands for a cluster seen from far away: a pixel."""


def area_layer(found: AreaShapes, kind: str) -> PolygonLayer:
    """The areas of a kind. Divisions share their borders; parks and buildings may overlap, and are
    left out below zoom 14 where they would be smaller than two by two pixels."""
    is_division = kind in DIVISION_KINDS
    properties = [
        {"id": identity, "name": name, "code": code, "has_children": children}
        for identity, name, code, children in zip(
            found.ids.tolist(), found.names, found.codes, found.has_children.tolist(), strict=True
        )
    ]
    return PolygonLayer(
        "areas",
        found.ids,
        found.boundaries,
        properties,
        coverage=is_division,
        smallest=0 if is_division else SMALLEST_UNIT,
    )


def cluster_layer(found: ClusterShapes) -> PolygonLayer:
    """The clusters of both tiers; none is left out at any zoom."""
    properties = [
        {"id": identity, "tier": tier, "units": units, "employees": employees}
        for identity, tier, units, employees in zip(
            found.ids.tolist(), found.tiers, found.units, found.employees, strict=True
        )
    ]
    return PolygonLayer("clusters", found.ids, found.outlines, properties, coverage=False, dot=DOT)
