"""Demand and enterprises put straight into their tables."""

from collections.abc import Sequence

import rows

from geo import partitions
from geo.database import Writer


def demand(
    writer: Writer,
    people: Sequence[tuple[int, float, float, object, str]],
    *,
    edition_id: int | None = None,
) -> int:
    """An edition in force of (id, lon, lat, people, day class); people: 24 numbers, or one."""
    number = rows.edition(writer, "demand") if edition_id is None else edition_id
    child = partitions.create(writer, "demand", number)
    for id_, lon, lat, many, day in people:
        writer.execute(
            f"INSERT INTO {child} (id, location, worker_group, day_class, people) VALUES (:id, "
            "ST_Point(:lon, :lat, 4326), 'courier', :day, :many)",
            {
                "id": id_,
                "lon": lon,
                "lat": lat,
                "day": day,
                "many": [float(many)] * 24 if isinstance(many, (int, float)) else list(many),
            },
        )
    partitions.attach(writer, "demand", number)
    return number


def enterprises(
    writer: Writer,
    units: Sequence[tuple[int, float | None, float, int | None]],
    area_edition_id: int | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    *,
    edition_id: int | None = None,
) -> int:
    """An edition in force of (id, lon or None, lat, employees), assigned to areas by (area, id)."""
    number = rows.edition(writer, "enterprises") if edition_id is None else edition_id
    child = partitions.create(writer, "enterprise", number)
    for id_, lon, lat, employees in units:
        writer.execute(
            f"INSERT INTO {child} (id, name, location, employees, union_state, located_by) "
            "VALUES (:id, 'x', ST_Point(CAST(:lon AS float8), :lat, 4326), :employees, 'none', "
            "'coordinates')",
            {"id": id_, "lon": lon, "lat": lat, "employees": employees},
        )
    partitions.attach(writer, "enterprise", number)
    if area_edition_id is not None:
        rows.assignment(writer, number, area_edition_id, list(pairs))
    return number
