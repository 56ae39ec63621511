"""Stations of the active edition, read as they are shown: facts, place and the status of now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from geo import editions
from geo.database import Reader
from geo.errors import Conflict, NotFound
from geo.filters import Box, active, in_box, like

ACTIVE = active("stations")
ACTIVE_AREAS = active("areas")


@dataclass(frozen=True)
class StatusNow:
    """The dated status that holds now: closed for repair until Friday."""

    status: str
    reason: str | None
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class StationFacts:
    """A station as the active edition states it. `lon`, `lat` are WGS 84 and None where it could
    not be placed; `opening_hours` is None where the hours could not be understood."""

    edition_id: int
    id: int
    kind: str
    name: str
    address: str | None
    declared_district: str | None
    network_brand: str | None
    operator: str | None
    host: str | None
    phone: str | None
    hours_text: str | None
    opening_hours: str | None
    access: str
    access_method: str | None
    services: list[str]
    capacity: int | None
    floor_square_metres: float | None
    star_grade: int | None
    verified_on: date | None
    source_key: str | None
    source_row: int | None
    lon: float | None
    lat: float | None
    entrance_lon: float | None
    entrance_lat: float | None
    original_x: float | None
    original_y: float | None
    original_crs: str | None
    located_by: str
    status_now: StatusNow | None = None


_COMPUTED = {
    "lon": "ST_X(s.location)",
    "lat": "ST_Y(s.location)",
    "entrance_lon": "ST_X(s.entrance)",
    "entrance_lat": "ST_Y(s.entrance)",
}
_NAMES = [field.name for field in dataclasses.fields(StationFacts) if field.name != "status_now"]
_HOLDS = "t.starts_at <= now() AND (t.ends_at IS NULL OR t.ends_at > now())"
_SELECT = (
    "SELECT "
    + ", ".join(
        f"{_COMPUTED[name]} AS {name}" if name in _COMPUTED else f"s.{name}" for name in _NAMES
    )
    + ", now_.status, now_.reason, now_.starts_at, now_.ends_at FROM station AS s "
    # The newest of the rows that hold now: a later word on a station replaces an earlier one.
    "LEFT JOIN LATERAL (SELECT status, reason, starts_at, ends_at FROM station_status AS t "
    f"WHERE t.station_id = s.id AND {_HOLDS} "
    "ORDER BY t.starts_at DESC, t.id DESC LIMIT 1) AS now_ ON true "
)


def list_stations(
    reader: Reader,
    *,
    kinds: Sequence[str] | None = None,
    services: Sequence[str] | None = None,
    access: Sequence[str] | None = None,
    area_id: int | None = None,
    bbox: Box | None = None,
    text: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[StationFacts]:
    """Stations of the active edition that meet every condition, by ascending id. One statement.

    Args:
        reader: the transaction.
        kinds: any of these kinds; values of :data:`geo.schema.STATION_KINDS`.
        services: all of these; values of :data:`geo.schema.SERVICES`.
        access: any of these; values of :data:`geo.schema.ACCESS`.
        area_id: inside this area of the active edition of areas, as it was assigned.
        bbox: in this box; a station without a place is in none.
        text: part of the name, address, district, host, network or operator; letter case is
            ignored.
        after: only ids greater than this one.
        limit: how many at most.

    Raises:
        NotFound: no edition of stations is active, or there is no such area.
        Conflict: the stations have not been assigned to the areas in force.

    Cost: that of `limit` rows by the primary key; `bbox` and `area_id` by their indexes; `text`
    reads the edition (some 30 ms for 25,000 stations).
    """
    where = [f"s.edition_id = {ACTIVE}"]
    values: dict[str, Any] = {"limit": limit}
    if after is not None:
        where.append("s.id > :after")
        values["after"] = after
    if kinds:
        where.append("s.kind = ANY(:kinds)")
        values["kinds"] = list(kinds)
    if access:
        where.append("s.access = ANY(:access)")
        values["access"] = list(access)
    if services:
        where.append("s.services @> CAST(:services AS text[])")
        values["services"] = list(services)
    if bbox is not None:
        clause, box = in_box("s.location", bbox)
        where.append(clause)
        values |= box
    if text is not None:
        where.append(
            "concat_ws(chr(10), s.name, s.address, s.declared_district, s.host, s.network_brand, "
            "s.operator) ILIKE :text"
        )
        values["text"] = like(text)
    if area_id is not None:
        where.append(
            "s.id IN (SELECT member_id FROM area_membership WHERE area_id = :area AND "
            "assignment_id = (SELECT id FROM assignment WHERE "
            f"edition_id = {ACTIVE} AND area_edition_id = {ACTIVE_AREAS}))"
        )
        values["area"] = area_id
    rows = reader.all(f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY s.id LIMIT :limit", **values)
    if not rows:
        _explain_nothing(reader, area_id)
    return [_facts(row) for row in rows]


def get_station(reader: Reader, station_id: int) -> StationFacts:
    """One station of the active edition. One statement.

    Raises:
        NotFound: no edition is active, or it has no such station.
    """
    row = reader.first(f"{_SELECT} WHERE s.edition_id = {ACTIVE} AND s.id = :id", id=station_id)
    if row is None:
        edition = editions.require_active(reader, "stations")
        raise NotFound(
            f"Edition {edition.id} of stations has no station {station_id}.",
            remedy="名单可能已更新，按名称重新查找（/api/stations?text=…）。 The list may have "
            "changed: look the station up by its name (/api/stations?text=…).",
            field="station_id",
        )
    return _facts(row)


def status_mark(reader: Reader) -> str:
    """A short text that changes whenever a dated status begins, ends, or is edited: part of the
    mark of every answer that shows one. Cost: one pass over the rows that hold now."""
    found = reader.scalar(
        "SELECT to_hex(count(*)) || '-' || substr(md5(coalesce(string_agg(t::text, '' ORDER BY "
        "t.id), '')), 1, 8) FROM station_status AS t "
        f"WHERE {_HOLDS}"
    )
    return str(found)


def _explain_nothing(reader: Reader, area_id: int | None) -> None:
    """Tell an empty answer from a question that cannot be answered."""
    edition = editions.require_active(reader, "stations")
    if area_id is None:
        return
    areas = editions.require_active(reader, "areas")
    row = reader.first(
        "SELECT EXISTS (SELECT 1 FROM area WHERE edition_id = :areas AND id = :area) AS known, "
        "EXISTS (SELECT 1 FROM assignment WHERE edition_id = :stations AND "
        "area_edition_id = :areas) AS assigned",
        areas=areas.id,
        stations=edition.id,
        area=area_id,
    )
    if row is not None and not row.known:
        raise NotFound(
            f"Edition {areas.id} of areas has no area {area_id}.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="area_id",
        )
    if row is not None and not row.assigned:
        raise Conflict(
            f"Edition {edition.id} of stations has not been assigned to edition {areas.id} of "
            "areas.",
            remedy=f"运行 nuanyi editions activate {edition.id}。 "
            f"Run `nuanyi editions activate {edition.id}`.",
            field="area_id",
        )


def _facts(row: Any) -> StationFacts:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's own public name
    status = StatusNow(*(values.pop(name) for name in ("status", "reason", "starts_at", "ends_at")))
    return StationFacts(**values, status_now=status if status.status is not None else None)
