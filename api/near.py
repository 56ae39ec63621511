"""A station that was found near somebody, as every answer tells it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from api.words import Access, StationKind
from geo.errors import Invalid
from geo.hours import HoursState
from geo.settings import Settings
from geo.walking.answers import NearStation
from geo.walking.wanted import OpenRule


class NearStationAnswer(BaseModel):
    """A station and the way to it."""

    metres: float = Field(description="Walking distance.", examples=[412.6])
    minutes: float = Field(description="Walking time.", examples=[5.5])
    off_street_metres: float = Field(
        description="Part of the distance that is between the street and the two ends."
    )
    straight_line: bool = Field(
        description="True where no way over streets is known: distance as the crow flies."
    )
    uncertain: bool = Field(
        description="True where the way between street and door may lead through a wall, water or "
        "a building, or no way is known."
    )
    hours_state: HoursState = Field(description="At arrival.")
    open_until: datetime | None = Field(description="When an open one next closes.")
    opens_at: datetime | None = Field(description="When another next opens.")
    suspended: bool = Field(description="Closed by a dated status, whatever its hours.")
    status_note: str | None = Field(description="The reason of its dated status.")
    doubts: dict[str, int] = Field(
        description="How many people told what of it in the last fortnight, by kind of report."
    )
    id: int
    name: str
    kind: StationKind
    address: str | None
    lon: float
    lat: float
    services: list[str]
    access: Access
    access_method: str | None
    hours_text: str | None
    opening_hours: str | None
    phone: str | None
    network_brand: str | None
    operator: str | None
    host: str | None
    star_grade: int | None
    verified_on: date | None


def near(one: NearStation) -> NearStationAnswer:
    """A found station as it leaves."""
    values: dict[str, Any] = {name: one.station[name] for name in STATION_FIELDS}
    values |= {name: getattr(one, name) for name in NEAR_FIELDS}
    return NearStationAnswer(**values)


NEAR_FIELDS = tuple(
    name for name in NearStationAnswer.model_fields if name in NearStation.__dataclass_fields__
)
STATION_FIELDS = tuple(name for name in NearStationAnswer.model_fields if name not in NEAR_FIELDS)


def moment(rule: Literal["arrival", "any"] | datetime, settings: Settings) -> OpenRule:
    """An opening rule whose time says where it holds.

    Raises:
        Invalid: a time so far away that no opening hours are known for it.
    """
    if not isinstance(rule, datetime):
        return rule
    if not 2000 <= rule.year <= 2100:
        raise Invalid(
            "不知道那一年的开放时间。 No opening hours are known for that year.",
            remedy="请填写近年的时间，如 2026-11-21T12:40。 "
            "Give a time of these years, such as 2026-11-21T12:40.",
            field="open",
        )
    zone = ZoneInfo(settings.time_zone)
    return rule.replace(tzinfo=zone) if rule.tzinfo is None else rule.astimezone(zone)
