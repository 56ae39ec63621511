"""What the finder answers: stations in walking order, and what is to be known about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo.coordinates import Crs

FACTS = (
    "id",
    "kind",
    "name",
    "address",
    "network_brand",
    "operator",
    "host",
    "phone",
    "hours_text",
    "opening_hours",
    "access",
    "access_method",
    "services",
    "capacity",
    "star_grade",
    "verified_on",
    "located_by",
)


@dataclass(frozen=True)
class NearStation:
    """A station one can walk to. `station` holds its public facts, with `lon` and `lat` in the
    coordinate system asked for. `metres` is the whole way, `off_street_metres` the part of it that
    follows no street; `minutes` the walking time; `hours_state` the state on arrival (or at the
    time asked for)."""

    station: dict[str, Any]
    metres: float
    minutes: float
    off_street_metres: float
    straight_line: bool
    hours_state: str
    open_until: datetime | None


@dataclass(frozen=True)
class NearestAnswer:
    """Stations in walking order, and what is to be known about the answer: `as_of` is the present
    it was given at, `loaded_at` when the stations and streets in memory were read."""

    stations: list[NearStation]
    notes: list[str]
    network_edition: int | None
    station_edition: int | None
    as_of: datetime
    crs: Crs
    loaded_at: datetime
