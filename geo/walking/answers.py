"""What the finder answers: stations in walking order, and what is to be known about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from geo.coordinates import Crs
from geo.hours import HoursState

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


class Near(NamedTuple):
    """One station of an answer, by its index in the finder.

    `metres` is the whole way, `off_street` the part of it that follows no street; `minutes` the
    walking time; `state` the hours on arrival (or at the time asked for). `open_until` is when an
    open one closes, `opens_at` when another opens; `suspended`: a dated status closes it, whatever
    its hours. `uncertain`: the way between street and door, at
    either end, may lead through something that nobody walks through, or is a straight line.
    """

    number: int
    metres: float
    minutes: float
    off_street: float
    straight_line: bool
    uncertain: bool
    state: HoursState
    open_until: datetime | None
    opens_at: datetime | None
    suspended: bool


@dataclass(frozen=True)
class NearStation:
    """A station one can walk to. `station` holds its public facts, with `lon` and `lat` in the
    coordinate system asked for; the rest is as in :class:`Near`. `doubts` counts what people told
    of it in the last fortnight, `status_note` is the reason of its dated status."""

    station: dict[str, Any]
    metres: float
    minutes: float
    off_street_metres: float
    straight_line: bool
    uncertain: bool
    hours_state: HoursState
    open_until: datetime | None
    opens_at: datetime | None
    suspended: bool
    doubts: Mapping[str, int]
    status_note: str | None


@dataclass(frozen=True)
class Beyond:
    """What there is where nothing was found: the nearest station that passes everything, farther
    than was asked (`open`), and the nearest that is not open then (`closed`)."""

    open: NearStation | None
    closed: NearStation | None


@dataclass(frozen=True)
class NearestAnswer:
    """Stations in walking order, and what is to be known about the answer: `as_of` is the present
    it was given at, `loaded_at` when the stations and streets in memory were read, `beyond` what
    there is when none was found."""

    stations: list[NearStation]
    notes: list[str]
    network_edition: int | None
    station_edition: int | None
    as_of: datetime
    crs: Crs
    loaded_at: datetime
    beyond: Beyond | None = None
