"""A town to be scanned: half of its enterprises have a union, but for four places planted.

A building, a corner of a park, a stretch of street, and one of two parks that lie over each other
hold (nearly) none. One address is a mass registration. Metres are east and north of a corner.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import rows
import shapely
from hostile import HOSTILE_NAME
from union_town import put_enterprises

from geo import partitions
from geo.database import Writer
from geo.editions import EditionFacts, show
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import Units

WEST, SOUTH = 101.0, 40.0
EAST_METRES, NORTH_METRES = 85_394.0, 111_035.0  # a degree, near the corner
AS_OF = date(2026, 6, 30)
WEST_SIDE, EAST_SIDE = 11, 12  # subdistricts
BUILDINGS = range(100, 124)
PLANTED_BUILDING = 107
PARK, TWIN, OTHER_TWIN = 201, 202, 203
"""A park with a corner planted; two that lie over each other, of which the first is planted."""
STREET = "长宁路"


@dataclass
class Town:
    """Editions; the enterprises as rows; which were planted where; which each area holds."""

    areas: int = 0
    enterprises: int = 0
    units: list[dict] = field(default_factory=list)
    planted: dict[str, list[int]] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)

    def facts(self, writer: Writer) -> EditionFacts:
        return show(writer, self.enterprises)

    def in_force(self, writer: Writer) -> Units:
        return units_in_force(writer, self.facts(writer))


def place(east: float, north: float) -> tuple[float, float]:
    return WEST + east / EAST_METRES, SOUTH + north / NORTH_METRES


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(*place(west, south), *place(east, north))


AREAS = {
    WEST_SIDE: ("subdistrict", "云西街道", box(-100, -100, 2000, 4000)),
    EAST_SIDE: ("subdistrict", "云东街道", box(2000, -100, 4100, 4000)),
    **{
        number: (
            "office_building",
            "云杉大厦" if number == PLANTED_BUILDING else f"{number}号楼",
            box(
                300 * (at % 12) + 100, 300 * (at // 12) + 100,
                300 * (at % 12) + 140, 300 * (at // 12) + 140,
            ),
        )
        for at, number in enumerate(BUILDINGS)
    },
    PARK: ("industrial_park", f"云杉工业园{HOSTILE_NAME}", box(200, 1000, 700, 1500)),
    TWIN: ("industrial_park", "东湖科技园（演示数据）", box(2200, 1000, 2600, 1400)),
    OTHER_TWIN: ("industrial_park", "西湖科技园", box(2450, 1000, 2850, 1400)),
}  # fmt: skip


def build(writer: Writer, seed: int = 1, *, planted: bool = True) -> Town:
    """Put the town into the tables; `planted` false leaves everything to chance."""
    rng = np.random.default_rng(seed)
    town = Town(
        areas=rows.edition(writer, "areas"), enterprises=rows.edition(writer, "enterprises")
    )
    for number, (kind, name, shape) in AREAS.items():
        rows.area(writer, town.areas, number, shape, kind=kind, name=name)

    def put(name: str, count: int, where, without: bool, address: str = "") -> None:
        for _ in range(count):
            number = len(town.units) + 1
            east, north = map(float, where())
            lon, lat = place(east, north)
            town.planted.setdefault(name, []).append(number)
            none = rng.random() < (0.97 if without and planted else 0.5)
            town.units.append(
                {
                    "id": number,
                    "name": f"云杉企业{number}",
                    "address": address or f"云西街道云杉路{number}号",
                    "employees": int(np.ceil(np.exp(rng.normal(2.0, 1.0)))),
                    "business_state": None,
                    "union_state": "none" if none else "own",
                    "lon": lon,
                    "lat": lat,
                }
            )

    def inside(shape):
        west, south, east, north = shape
        return lambda: (rng.uniform(west, east), rng.uniform(south, north))

    for at, number in enumerate(BUILDINGS):
        west, south = 300 * (at % 12) + 102, 300 * (at // 12) + 102
        points = rng.uniform((west, south), (west + 36, south + 36), (3, 2))
        mixed = inside((west, south, west + 36, south + 36))
        put(
            "building" if number == PLANTED_BUILDING else "", 30,
            lambda points=points, mixed=mixed: (
                tuple(points[rng.integers(0, 3)]) if rng.random() < 0.5 else mixed()
            ),
            number == PLANTED_BUILDING,
        )  # fmt: skip
    put("corner", 70, inside((205, 1005, 360, 1160)), True)
    put("", 250, lambda: _outside_corner(rng), False)
    put("twin", 150, inside((2205, 1005, 2595, 1395)), True, "云东街道东湖科技园3栋")
    put("", 150, inside((2455, 1005, 2845, 1395)), False, "云东街道西湖科技园5栋")
    put("strip", 45, inside((300, 2000, 750, 2018)), True, f"云西街道{STREET}88号")
    put("", 120, inside((760, 2000, 2000, 2018)), False, f"云西街道{STREET}188号")
    put("", 160, inside((300, 2600, 1900, 2618)), False, "云西街道云台路9号")
    put("", 500, inside((2000, 1800, 3900, 3800)), False, "云东街道东街1号")
    put("mass", 60, lambda: (1500.0, 3000.0), True, "云西街道集群路1号")
    for unit in town.units[-60:]:
        unit |= {"employees": 1, "union_state": "none"}
    put_enterprises(writer, town.enterprises, town.units)
    _assign(writer, town)
    return town


def _outside_corner(rng):
    while True:
        east, north = rng.uniform(205, 695), rng.uniform(1005, 1495)
        if east > 380 or north > 1180:
            return east, north


def _assign(writer: Writer, town: Town) -> None:
    points = shapely.points([(unit["lon"], unit["lat"]) for unit in town.units])
    numbers = list(AREAS)
    shapes = [shape for _, _, shape in AREAS.values()]
    area, unit = shapely.STRtree(points).query(shapes, predicate="covers")
    town.pairs = [
        (numbers[one], town.units[other]["id"])
        for one, other in zip(area.tolist(), unit.tolist(), strict=True)
    ]
    assignment = rows.assignment(writer, town.enterprises, town.areas, [])
    writer.copy_in_integers(
        partitions.name("area_membership", assignment),
        ["area_id", "member_id"],
        [np.array([a for a, _ in town.pairs]), np.array([m for _, m in town.pairs])],
    )
    writer.execute(
        "INSERT INTO set_apart (assignment_id, enterprise_id, apart) "
        "SELECT :assignment, unnest(CAST(:ids AS bigint[])), 1",
        {"assignment": assignment, "ids": town.planted["mass"]},
    )
