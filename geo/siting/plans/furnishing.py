"""What is known of the station that a site of a plan becomes: its hours and what it offers, from
the register of hosts and from whoever opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from geo.database import Reader
from geo.errors import Invalid
from geo.hours import normalise
from geo.schema.stations import SERVICES

LONGEST_HOURS: Final = 200
ALWAYS: Final = "24/7"
_COLUMNS: Final = (
    ("water", "drinking_water"),
    ("toilet", "toilet"),
)
_ASSESSED: Final = ("drinking_water", "meal_heating", "rest", "first_aid", "toilet")
"""Points of the assessment form that are services of a station by the same name."""


@dataclass(frozen=True)
class Furnished:
    """`hours_text` as somebody wrote it, None where nobody did; `opening_hours` in OpenStreetMap's
    syntax, None where they are not known; `services` in the order of the schema. Of the host: how
    many it has room for, and its floor."""

    hours_text: str | None
    opening_hours: str | None
    services: list[str]
    capacity: int | None = None
    floor_square_metres: float | None = None


NOTHING: Final = Furnished(None, None, [])


def understood(hours_text: str) -> str:
    """The OpenStreetMap form of hours that somebody states.

    Raises:
        Invalid: they are not understood with certainty.
    """
    found = normalise(hours_text)
    if found.opening_hours is None:
        raise Invalid(
            "开放时间没有读懂。 The opening hours are not understood.",
            remedy="请写成 8:00-20:00、周一至周五 9:00-18:00 或 24小时 这样的形式。 "
            "Write them like 8:00-20:00, Mon-Fri 9:00-18:00, or 24 hours.",
            field="hours_text",
        )
    return found.opening_hours


def checked_services(services: Sequence[str]) -> list[str]:
    """Services in the order of the schema, each once.

    Raises:
        Invalid: there is none by a name.
    """
    for one in services:
        if one not in SERVICES:
            raise Invalid(
                f"没有服务项目“{one}”。 '{one}' is not a service of a station.",
                remedy=f"可用 / use some of {', '.join(SERVICES)}.",
                field="services",
            )
    return [one for one in SERVICES if one in services]


def hosts_by_id(reader: Reader, ids: Sequence[int]) -> dict[int, Any]:
    """What the register in force says of each host; of one it lacks, the newest that has it."""
    rows = reader.all(
        "SELECT DISTINCT ON (site.id) site.id, hours_text, opening_hours, capacity, "
        "floor_square_metres, water, toilet, assessment FROM candidate_site AS site "
        "JOIN edition ON edition.id = site.edition_id WHERE site.id = ANY(:ids) "
        "ORDER BY site.id, edition.state = 'active' DESC, edition.id DESC",
        ids=list(ids),
    )
    return {int(row.id): row for row in rows}


@dataclass(frozen=True)
class Standing:
    """A station in force: what is known of it, and the key of the row that it came with."""

    furnished: Furnished
    key: str | None


def standing_by_id(reader: Reader, ids: Sequence[int]) -> dict[int, Standing]:
    """What the stations in force say of themselves; those that are not there are left out."""
    rows = reader.all(
        "SELECT station.id, hours_text, opening_hours, services, capacity, floor_square_metres, "
        "source_key FROM station JOIN edition ON edition.id = station.edition_id "
        "WHERE edition.dataset = 'stations' AND edition.state = 'active' "
        "AND station.id = ANY(:ids)",
        ids=list(ids),
    )
    return {
        int(row.id): Standing(
            Furnished(
                row.hours_text,
                row.opening_hours,
                [one for one in SERVICES if one in (row.services or [])],
                capacity=row.capacity,
                floor_square_metres=row.floor_square_metres,
            ),
            row.source_key,
        )
        for row in rows
    }


def furnished(
    hours_text: str | None, services: Sequence[str] | None, open_24h: bool, host: Any
) -> Furnished:
    """What is known of the station: what was stated for it before what the register says.

    Args:
        hours_text, services: as stated for it; None: not.
        open_24h: whether its host is open around the clock.
        host: its row of :func:`hosts_by_id`; None for a place of nobody in the register.
    """
    if hours_text is not None:
        form = normalise(hours_text).opening_hours
    else:
        hours_text, form = (host.hours_text, host.opening_hours) if host else (None, None)
        form = ALWAYS if open_24h else form
    offers = list(_offered(host) if services is None else services)
    return Furnished(
        hours_text,
        form,
        [one for one in SERVICES if one in offers],
        capacity=host.capacity if host else None,
        floor_square_metres=host.floor_square_metres if host else None,
    )


def _offered(host: Any) -> list[str]:
    """What the register knows that a host offers: by its columns, and by the assessment form where
    these say nothing."""
    if host is None:
        return []
    found = [point for point in _ASSESSED if point in (host.assessment or [])]
    for column, service in _COLUMNS:
        known = getattr(host, column)
        if known and service not in found:
            found.append(service)
        elif known is False and service in found:
            found.remove(service)
    return found
