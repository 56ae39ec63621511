"""Rows put straight into the tables, so that what reads them is tested apart from the imports."""

from datetime import date

import numpy as np
import shapely
from hostile import HOSTILE_NAME
from sqlalchemy import text

from geo import partitions
from geo.database import Writer
from geo.enterprises.classes import BUSINESS
from geo.enterprises.units import STATE, Units
from geo.schema import AreaFigures


def edition(
    writer: Writer, dataset: str, *, state: str = "active", as_of: date | None = None
) -> int:
    return writer.scalar(
        text(
            "INSERT INTO edition (dataset, state, as_of, source, content_hash, rows_read, "
            "rows_accepted, rows_rejected, rows_unlocated, created_by, report, activated_at) "
            "VALUES (:dataset, :state, :as_of, 'rows.csv', gen_random_uuid()::text, 1, 1, 0, 0, "
            "'test', '{}', now()) RETURNING id"
        ),
        dataset=dataset,
        state=state,
        as_of=as_of or date(2026, 6, 30),
    )


def station(
    writer: Writer,
    edition_id: int,
    number: int,
    *,
    lon: float | None = 120.0,
    lat: float = 30.0,
    **more,
) -> int:
    values = {"kind": "warm_station", "name": f"{HOSTILE_NAME}{number}", "access": "public"} | more
    values = {
        "services": [],
        "located_by": "coordinates" if lon is not None else "unlocated",
    } | values
    names = ", ".join(values)
    writer.execute(
        f"INSERT INTO station (edition_id, id, location, {names}) VALUES (:e, :id, "
        "CASE WHEN CAST(:lon AS float8) IS NULL THEN NULL ELSE ST_Point(:lon, :lat, 4326) END, "
        + ", ".join(f":{name}" for name in values)
        + ")",
        {"e": edition_id, "id": number, "lon": lon, "lat": lat, **values},
    )
    return number


def area(writer: Writer, edition_id: int, number: int, boundary=None, **more) -> int:
    values = {"kind": "subdistrict", "name": f"{HOSTILE_NAME}{number}"} | more
    names = ", ".join(values)
    writer.execute(
        f"INSERT INTO area (edition_id, id, boundary, {names}) VALUES (:e, :id, "
        "ST_Multi(ST_GeomFromText(CAST(:wkt AS text), 4326)), "
        + ", ".join(f":{name}" for name in values)
        + ")",
        {
            "e": edition_id,
            "id": number,
            "wkt": None if boundary is None else boundary.wkt,
            **values,
        },
    )
    return number


def square(west: float, south: float, size: float = 0.1) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


def assignment(
    writer: Writer, edition_id: int, area_edition_id: int, pairs: list[tuple[int, int]]
) -> int:
    """Assign (area, member) pairs, through a partition as the product does it."""
    number = writer.scalar(
        "INSERT INTO assignment (edition_id, area_edition_id, located, outside_all) "
        "VALUES (:e, :a, 0, 0) RETURNING id",
        e=edition_id,
        a=area_edition_id,
    )
    child = partitions.create(writer, "area_membership", number)
    for area_id, member in pairs:
        writer.execute(
            f"INSERT INTO {child} (area_id, member_id) VALUES (:a, :m)", {"a": area_id, "m": member}
        )
    partitions.attach(writer, "area_membership", number)
    return number


def status(writer: Writer, station_id: int, status: str, starts: str, ends: str | None) -> None:
    """A dated status; `starts` and `ends` are intervals from now, as PostgreSQL reads them."""
    writer.execute(
        "INSERT INTO station_status (station_id, status, reason, starts_at, ends_at, created_by) "
        "VALUES (:s, :status, '停水', now() + CAST(:a AS interval), now() + CAST(:b AS interval), "
        "'test')",
        {"s": station_id, "status": status, "a": starts, "b": ends},
    )


def count_stations(writer: Writer, assignment_id: int, area_id: int, kind: str, n: int) -> None:
    writer.execute(
        "INSERT INTO area_stations (assignment_id, area_id, kind, stations) "
        "VALUES (:assignment, :area, :kind, :n)",
        {"assignment": assignment_id, "area": area_id, "kind": kind, "n": n},
    )


def street(writer: Writer, edition_id: int, west: float, east: float, lat: float) -> None:
    """A network of one piece of street along a parallel."""
    nodes = partitions.create(writer, "street_node", edition_id)
    for number, lon in enumerate((west, east)):
        writer.execute(
            f"INSERT INTO {nodes} (id, part, location) VALUES (:id, 0, ST_Point(:lon, :lat, 4326))",
            {"id": number, "lon": lon, "lat": lat},
        )
    partitions.attach(writer, "street_node", edition_id)
    pieces = partitions.create(writer, "street", edition_id)
    writer.execute(
        f"INSERT INTO {pieces} (id, from_node, to_node, part, name, highway, access, layer, "
        "is_bridge, is_tunnel, is_steps, length, path) SELECT 0, 0, 1, 0, '人民路', 'residential', "
        "'yes', 0, false, false, false, ST_Length(line::geography), line FROM (SELECT "
        "ST_MakeLine(ST_Point(:west, :lat, 4326), ST_Point(:east, :lat, 4326)) AS line) AS l",
        {"west": west, "east": east, "lat": lat},
    )
    partitions.attach(writer, "street", edition_id)


FIGURES = [
    column.name
    for column in AreaFigures.__table__.columns
    if column.name not in ("assignment_id", "area_id")
]


def figures(writer: Writer, assignment_id: int, area_id: int, **counts: int) -> None:
    """The counts of one area; those not named are 0."""
    values = dict.fromkeys(FIGURES, 0) | counts
    writer.execute(
        f"INSERT INTO area_figures (assignment_id, area_id, {', '.join(values)}) "
        f"VALUES (:assignment, :area, {', '.join(f':{name}' for name in values)})",
        {"assignment": assignment_id, "area": area_id, **values},
    )


def cluster(writer: Writer, edition_id: int, number: int, lon: float, lat: float) -> None:
    outline = shapely.Point(lon, lat).buffer(0.001, quad_segs=2)
    writer.execute(
        "INSERT INTO cluster (edition_id, id, tier, kind, score, units, units_25, units_100, "
        "units_all, expected, employees, employees_unstated, addresses, diameter_metres, "
        "first_seen, centre, outline) VALUES (:e, :id, 'confirmed', 'street', 9.5, 12, 3, 0, 15, "
        "6.0, :workers, 1, 8, 80.5, DATE '2026-09-30', ST_Point(:lon, :lat, 4326), "
        "ST_GeomFromText(:wkt, 4326))",
        {
            "e": edition_id,
            "id": number,
            "workers": 100 * number,
            "lon": lon,
            "lat": lat,
            "wkt": outline.wkt,
        },
    )


def plain_units(count: int, **columns: object) -> Units:
    """Units 1 … `count` of which nothing is stated but the `columns` given."""
    plain: dict[str, object] = {
        "ids": np.arange(1, count + 1, dtype=np.int64),
        "state": np.full(count, STATE["none"], dtype=np.int8),
        "union_key": np.zeros(count, dtype=np.int64),
        "address_key": np.zeros(count, dtype=np.int64),
        "business": np.full(count, BUSINESS["unstated"], dtype=np.int8),
        "industry": np.zeros(count, dtype=np.int8),
        "unit_class": np.zeros(count, dtype=np.int8),
    }
    for name in ("lon", "lat", "employees", "members"):
        plain[name] = np.full(count, np.nan)
    for name in ("new_employment_workers", "new_employment_members"):
        plain[name] = np.full(count, np.nan)
    return Units(**(plain | columns))  # type: ignore[arg-type]
