"""A town with clusters of every sort, put straight into the tables: what fits each is plain to see.

Metres are east and north of a corner; one street runs along the parallel at 0 north.
"""

from dataclasses import dataclass
from datetime import date

import rows
import shapely
from hostile import HOSTILE_NAME
from union_town import put_enterprises

from geo import partitions
from geo.database import Database, Writer

WEST, SOUTH = 101.0, 40.0
EAST_METRES, NORTH_METRES = 85_394.0, 111_035.0  # a degree, near the corner
AS_OF = date(2026, 6, 30)
BUILDING, PARK, STREET, FAR, LARGE, BARE = 5001, 5002, 5003, 5004, 5005, 5006
"""Ids of the clusters: in a building without a union, in a park with one, along a street near a
joint union, along one far from any, of large enterprises alone, and one without any area."""


@dataclass(frozen=True)
class Town:
    """Numbers of its editions."""

    areas: int
    stations: int
    enterprises: int
    streets: int | None


def place(east: float, north: float = 0.0) -> tuple[float, float]:
    """Longitude and latitude of so many metres east and north."""
    return WEST + east / EAST_METRES, SOUTH + north / NORTH_METRES


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(*place(west, south), *place(east, north))


def enterprise(number: int, east: float | None, north: float = 20.0, **facts) -> dict:
    lon, lat = (None, None) if east is None else place(east, north)
    return {
        "id": number,
        "name": f"云杉企业{number}",
        "address": f"云杉路{number}号",
        "employees": 5,
        "members": None,
        "industry": "制造业",
        "unit_class": "非公有制企业",
        "union_state": "none",
        "union_name": None,
        "union_uscc": None,
        "upper_union": None,
        "lon": lon,
        "lat": lat,
    } | facts


def enterprises() -> list[dict]:
    """The register. Clusters have the numbers 100 … 600 and up."""
    building = [enterprise(100 + n, 20 + 3 * n) for n in range(12)]
    building[0] |= {"employees": 220, "name": HOSTILE_NAME}
    building[1] |= {"employees": 30, "members": 26}
    building[2] |= {"employees": None, "name": "=cmd()"}
    building.append(enterprise(112, 40, union_state="in_preparation"))
    building.append(enterprise(113, 41, union_state="own", union_name="云杉企业113工会"))
    park = [enterprise(200 + n, 420 + 4 * n) for n in range(15)]
    park[0] |= {"union_state": "joint", "union_name": "云杉园区联合工会"}
    street = [enterprise(300 + n, 820 + 4 * n) for n in range(14)]
    near = enterprise(
        350, 1080, union_state="joint", union_name="长桥社区联合工会", upper_union="云杉街道总工会"
    )
    trades = ["批发和零售业"] * 12 + ["餐饮业"] * 2
    far = [enterprise(400 + n, 3020 + 4 * n, industry=trades[n]) for n in range(14)]
    far.append(
        enterprise(450, 3900, union_state="own", union_name="某厂工会", upper_union="青松镇总工会")
    )
    large = [enterprise(500 + n, 5020 + 40 * n, employees=40 + n) for n in range(10)]
    bare = [enterprise(600 + n, None, employees=None, address=None) for n in range(11)]
    return [*building, *park, *street, near, *far, *large, *bare]


def build(writer: Writer, *, streets: bool = True) -> Town:
    """Put the town into the tables and in force."""
    areas = rows.edition(writer, "areas", as_of=AS_OF)
    _areas(writer, areas)
    stations = rows.edition(writer, "stations", as_of=AS_OF)
    _stations(writer, stations)
    register = rows.edition(writer, "enterprises", as_of=AS_OF)
    units = enterprises()
    put_enterprises(writer, register, units)
    _assign(writer, register, areas, units)
    _clusters(writer, register, units)
    network = None
    if streets:
        network = rows.edition(writer, "streets", as_of=AS_OF)
        rows.street(writer, network, place(-500)[0], place(6000)[0], SOUTH)
    return Town(areas, stations, register, network)


def in_town(database: Database, actor, **how) -> Town:
    """A committed town in a database of its own."""
    with database.write(actor) as writer:
        return build(writer, **how)


def _areas(writer: Writer, edition: int) -> None:
    rows.area(writer, edition, 1, box(-500, -500, 7000, 500), kind="district", code="150102")
    rows.area(
        writer, edition, 10, box(-500, -500, 2000, 500), code="150102001", parent_id=1,
        name="云杉街道", union_name="云杉街道总工会", union_address="云杉路1号",
        union_phone="000-1234567",
    )  # fmt: skip
    rows.area(writer, edition, 11, box(2000, -500, 7000, 500), code="150102002", parent_id=1)
    rows.area(
        writer, edition, 20, box(0, 0, 100, 60), kind="office_building", code="B1",
        name=f"{HOSTILE_NAME}大厦", parent_id=10,
    )  # fmt: skip
    rows.area(
        writer, edition, 21, box(400, 0, 600, 100), kind="industrial_park", code="P1",
        name="云杉园区", union_name="云杉园区联合工会", union_address="园区一层",
    )  # fmt: skip


def _stations(writer: Writer, edition: int) -> None:
    for number, east, facts in (
        (1, 70, {"access": "internal", "capacity": 50}),
        (2, 90, {"capacity": 50}),  # closed for a month
        (3, 150, {"capacity": 30, "address": "云杉路3号"}),
        (4, 500, {"kind": "driver_rest_home"}),
        (5, 900, {"kind": "workers_home", "capacity": 8}),
    ):
        lon, lat = place(east, 5)
        rows.station(writer, edition, number, lon=lon, lat=lat, **facts)
    rows.status(writer, 2, "closed", "-1 day", "30 days")


def _assign(writer: Writer, edition: int, areas: int, units: list[dict]) -> None:
    pairs = []
    for one in units:
        if one["lon"] is None:
            continue
        east = (one["lon"] - WEST) * EAST_METRES
        pairs += [(1, one["id"]), (10 if east < 2000 else 11, one["id"])]
        pairs += [(20, one["id"])] if east < 100 else []
        pairs += [(21, one["id"])] if 400 < east < 600 else []
    rows.assignment(writer, edition, areas, pairs)


def _clusters(writer: Writer, edition: int, units: list[dict]) -> None:
    child = partitions.create(writer, "cluster_member", edition)
    for number, hundred, facts in (
        (BUILDING, 1, {"area_id": 20, "subdistrict_id": 10, "kind": "whole_unit"}),
        (PARK, 2, {"area_id": 21, "subdistrict_id": 10, "kind": "part_of_unit"}),
        (STREET, 3, {"subdistrict_id": 10, "kind": "street", "tier": "to_check"}),
        (FAR, 4, {"subdistrict_id": 11, "kind": "street", "place": "青松路"}),
        (LARGE, 5, {"subdistrict_id": 11, "kind": "street", "expected": 0.0}),
        (BARE, 6, {"kind": "street"}),
    ):
        members = [one for one in units if one["id"] // 100 == hundred and one["id"] % 100 < 50]
        without = [one for one in members if one["union_state"] == "none"]
        stated = [one["employees"] for one in without if one["employees"] is not None]
        at = [(one["lon"], one["lat"]) for one in members if one["lon"] is not None]
        at = at or [place(1500, 20)]
        hull = shapely.MultiPoint(at).convex_hull.buffer(0.0001)
        values = {
            "edition_id": edition,
            "id": number,
            "tier": "confirmed",
            "place": None,
            "area_id": None,
            "subdistrict_id": None,
            "score": 9.5 + hundred,
            "units": len(without),
            "units_25": sum(one >= 25 for one in stated),
            "units_100": sum(one >= 100 for one in stated),
            "units_all": len(members) + 1,
            "expected": 0.4 * len(members),
            "employees": sum(stated),
            "employees_unstated": len(without) - len(stated),
            "addresses": len(set(at)),
            "diameter_metres": 80.5,
            "first_seen": AS_OF,
        } | facts
        names = ", ".join(values)
        writer.execute(
            f"INSERT INTO cluster ({names}, centre, outline) VALUES "
            f"({', '.join(f':{name}' for name in values)}, "
            "ST_GeomFromText(:centre, 4326), ST_GeomFromText(:outline, 4326))",
            {**values, "centre": hull.centroid.wkt, "outline": hull.wkt},
        )
        for one in members:
            writer.execute(
                f"INSERT INTO {child} (cluster_id, enterprise_id) VALUES (:c, :e)",
                {"c": number, "e": one["id"]},
            )
    partitions.attach(writer, "cluster_member", edition)
