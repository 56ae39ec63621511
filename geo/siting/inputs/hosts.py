"""The register of hosts: who could take a station, what was seen there, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from geo import editions
from geo.areas.assign import find_assignment
from geo.database import Reader
from geo.filters import active, like
from geo.schema.siting import ASSESSED

Agreed = Literal["yes", "no", "unknown"]
SIX: Final = ASSESSED[:6]
EIGHT: Final = ASSESSED[:8]
KIT: Final = ASSESSED[8:14]
USABLE_SQUARE_METRES: Final = 12.0
"""The least usable area (domain norms, 6a)."""
_AGREED: Final = {"yes": "agreed", "no": "NOT agreed", "unknown": "agreed IS NULL"}


@dataclass(frozen=True)
class HostFilter:
    """Which hosts; None: all."""

    host_types: tuple[str, ...] = ()
    agreed: Agreed | None = None
    source: str | None = None
    open_24h: bool | None = None
    water: bool | None = None
    toilet: bool | None = None
    assessed: bool | None = None
    least_square_metres: float | None = None
    area_id: int | None = None
    text: str | None = None


@dataclass(frozen=True)
class HostFacts:
    """One host. Null is *not known*, never no. `assessment` are the points that it meets, None:
    nobody went to look."""

    id: int
    name: str
    host_type: str
    chain: str | None
    address: str | None
    lon: float | None
    lat: float | None
    located_by: str
    cost: float | None
    capacity: int | None
    floor_square_metres: float | None
    hours_text: str | None
    opening_hours: str | None
    open_24h: bool | None
    agreed: bool | None
    water: bool | None
    toilet: bool | None
    photo: str | None
    assessment: list[str] | None
    source: str

    @property
    def missing(self) -> list[str] | None:
        """The points of the form that it does not meet; None where nobody looked."""
        if self.assessment is None:
            return None
        return [point for point in ASSESSED if point not in self.assessment]

    @property
    def six_haves(self) -> int | None:
        """How many of the six haves (六有) it meets."""
        return None if self.assessment is None else len(set(SIX) & set(self.assessment))

    @property
    def large_enough(self) -> bool | None:
        """Whether it has the least usable area, by its stated floor area."""
        if self.floor_square_metres is None:
            return None
        return self.floor_square_metres >= USABLE_SQUARE_METRES


_COLUMNS: Final = (
    "host.id, host.name, host_type, chain, host.address, ST_X(location) AS lon, "
    "ST_Y(location) AS lat, located_by, cost, capacity, floor_square_metres, hours_text, "
    "opening_hours, open_24h, agreed, water, toilet, photo, assessment, host.source"
)


def list_hosts(
    reader: Reader, chosen: HostFilter, after: int | None = None, limit: int = 100
) -> list[HostFacts]:
    """Hosts of the edition in force by ascending id, after `after`; none where there is none.

    Cost: milliseconds a page.
    """
    clauses, values = _where(chosen)
    if after is not None:
        clauses.append("host.id > :after")
        values["after"] = after
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM candidate_site AS host WHERE {' AND '.join(clauses)} "
        "ORDER BY host.id LIMIT :limit",
        limit=limit,
        **values,
    )
    return [HostFacts(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def count_hosts(reader: Reader, chosen: HostFilter) -> dict[str, int]:
    """Of all hosts that meet a filter: how many there are, said yes, said no, were not asked, were
    looked at, have no place, and were only generated."""
    clauses, values = _where(chosen)
    row = reader.first(
        "SELECT count(*) AS hosts, count(*) FILTER (WHERE agreed) AS agreed, "
        "count(*) FILTER (WHERE NOT agreed) AS refused, "
        "count(*) FILTER (WHERE agreed IS NULL) AS not_asked, "
        "count(assessment) AS assessed, count(*) FILTER (WHERE location IS NULL) AS unlocated, "
        "count(*) FILTER (WHERE host.source <> 'register') AS generated "
        f"FROM candidate_site AS host WHERE {' AND '.join(clauses)}",
        **values,
    )
    return {name: int(value) for name, value in row._mapping.items()} if row else {}  # noqa: SLF001


def _where(chosen: HostFilter) -> tuple[list[str], dict[str, Any]]:
    clauses = [f"host.edition_id = {active('candidate_sites')}"]
    values: dict[str, Any] = {}
    if chosen.host_types:
        clauses.append("host_type = ANY(:types)")
        values["types"] = list(chosen.host_types)
    if chosen.agreed is not None:
        clauses.append(_AGREED[chosen.agreed])
    for name in ("source", "open_24h", "water", "toilet"):
        wanted = getattr(chosen, name)
        if wanted is not None:
            clauses.append(f"host.{name} = :{name}")
            values[name] = wanted
    if chosen.assessed is not None:
        clauses.append(f"assessment IS {'NOT ' if chosen.assessed else ''}NULL")
    if chosen.least_square_metres is not None:
        clauses.append("floor_square_metres >= :least")
        values["least"] = chosen.least_square_metres
    if chosen.text is not None:
        clauses.append("(host.name ILIKE :text OR host.address ILIKE :text OR chain ILIKE :text)")
        values["text"] = like(chosen.text)
    if chosen.area_id is not None:
        clauses.append(
            "EXISTS (SELECT FROM area WHERE area.edition_id = "
            f"{active('areas')} AND area.id = :area AND ST_Intersects(area.boundary, location))"
        )
        values["area"] = chosen.area_id
    return clauses, values


# ---------------------------------------------------------------------- 同步建站
@dataclass(frozen=True)
class UnitFacts:
    """A unit with many workers and no station on its premises; the nearest one, in a line."""

    id: int
    name: str
    address: str | None
    industry: str | None
    employees: int
    union_state: str
    lon: float
    lat: float
    nearest_station_id: int | None
    nearest_station: str | None
    nearest_metres: float | None


@dataclass(frozen=True)
class UnitsWithout:
    """Units without a station, most workers first; `of_units` have so many workers, `unlocated` of
    these have no place and are not judged, `employees` work in the units listed in all."""

    units: list[UnitFacts]
    total: int
    of_units: int
    unlocated: int
    employees: int


def units_without_station(
    reader: Reader,
    *,
    least_employees: int = 100,
    metres: float = 100.0,
    area_id: int | None = None,
    limit: int = 100,
) -> UnitsWithout:
    """Units of the edition in force where a station should be built with them (同步建站).

    A unit has a station when one that is not closed for good stands within `metres` of it in a
    line, or names it as its host. Units that are closed, dormant or registered in masses are left
    out.

    Cost: a tenth of a millisecond for each unit of that size.
    """
    enterprises = editions.active(reader, "enterprises")
    areas = editions.active(reader, "areas")
    if enterprises is None:
        return UnitsWithout([], 0, 0, 0, 0)
    assignment = None if areas is None else find_assignment(reader, enterprises.id, areas.id)
    inside = ""
    values: dict[str, Any] = {
        "edition": enterprises.id,
        "least": least_employees,
        "metres": metres,
        "limit": limit,
        "assignment": assignment,
    }
    if area_id is not None:
        values |= {"area": area_id, "areas": None if areas is None else areas.id}
        inside = (
            "AND EXISTS (SELECT FROM area WHERE area.edition_id = :areas AND area.id = :area "
            "AND ST_Intersects(area.boundary, unit.location))"
        )
    rows = reader.all(
        f"""
        WITH large AS MATERIALIZED (
            SELECT unit.id, unit.name, unit.address, unit.industry, unit.employees,
                unit.union_state, unit.location
            FROM enterprise AS unit
            LEFT JOIN set_apart AS apart
                ON apart.assignment_id = :assignment AND apart.enterprise_id = unit.id
            WHERE unit.edition_id = :edition AND unit.employees >= :least
                AND apart.enterprise_id IS NULL
                AND coalesce(unit.business_state, 'operating') = 'operating' {inside}
        ), judged AS (
            SELECT large.*, near.id AS station_id, near.name AS station,
                near.metres AS far, near.hosted
            FROM large LEFT JOIN LATERAL (
                SELECT found.id, found.name,
                    ST_Distance(found.location::geography, large.location::geography) AS metres,
                    false AS hosted
                FROM (
                    SELECT id, name, location FROM station
                    WHERE edition_id = {active("stations")} AND location IS NOT NULL
                    ORDER BY location <-> large.location LIMIT 6
                ) AS found ORDER BY metres LIMIT 1
            ) AS near ON large.location IS NOT NULL
        ), without AS (
            SELECT * FROM judged WHERE location IS NOT NULL
                AND (far IS NULL OR far > :metres)
                AND NOT EXISTS (SELECT FROM station WHERE edition_id = {active("stations")}
                    AND station.host = judged.name)
        )
        SELECT id, name, address, industry, employees, union_state, ST_X(location) AS lon,
            ST_Y(location) AS lat, station_id AS nearest_station_id,
            station AS nearest_station, far AS nearest_metres,
            count(*) OVER () AS total, sum(employees) OVER () AS workers
        FROM without ORDER BY employees DESC, id LIMIT :limit
        """,
        **values,
    )
    counts = reader.first(
        f"""
        SELECT count(*) AS units, count(*) FILTER (WHERE location IS NULL) AS unlocated
        FROM enterprise AS unit
        LEFT JOIN set_apart AS apart
            ON apart.assignment_id = :assignment AND apart.enterprise_id = unit.id
        WHERE unit.edition_id = :edition AND unit.employees >= :least
            AND apart.enterprise_id IS NULL
            AND coalesce(unit.business_state, 'operating') = 'operating' {inside}
        """,
        **{name: value for name, value in values.items() if name not in ("metres", "limit")},
    )
    told = [
        UnitFacts(
            **{
                name: value
                for name, value in row._mapping.items()  # noqa: SLF001 - its public name
                if name not in ("total", "workers")
            }
        )
        for row in rows
    ]
    return UnitsWithout(
        told,
        int(rows[0].total) if rows else 0,
        int(counts.units) if counts else 0,
        int(counts.unlocated) if counts else 0,
        int(rows[0].workers) if rows else 0,
    )
