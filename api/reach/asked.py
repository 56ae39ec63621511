"""What both addresses of service areas take, and the editions they answer from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BeforeValidator, Field

from api import answers
from api.answers import Commas, Identity, Question
from api.words import Access, StationKind
from api.words import Service as ServiceWord
from geo import editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.walking import reach as reaching
from geo.walking.finder import OFFERED_ACCESS, Finder
from maps.texts import both

router = APIRouter(prefix="/api/stations", tags=["stations"])


def _one_value(value: object) -> object:
    """A `+` in a query is a space by the time it arrives: the offset of a time gets it back."""
    return value.replace(" ", "+") if isinstance(value, str) else value


class Asked(Question):
    """What both addresses take."""

    minutes: Annotated[list[Annotated[int, Field(ge=1, le=reaching.MINUTES_CAP)]], Commas] = Field(
        [5, 10, 15],
        min_length=1,
        max_length=12,
        description="Walking times in minutes; repeated, or with commas.",
        examples=[[5, 10, 15]],
    )
    at: Annotated[str | None, BeforeValidator(_one_value)] = Field(
        None,
        max_length=40,
        pattern=r"^(any|[0-9]{1,2}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{4,15}(Z|[+-][0-9:]{2,5})?)$",
        description="Which hour: an ISO 8601 time (the hour it lies in; without an offset it is "
        "local), an hour of today from 0 to 23, or any: whatever the hours. Without it: now. A "
        "station counts when it is open for the whole hour.",
        examples=["2026-11-24T12:00", "12", "any"],
    )
    area_id: Identity | None = Field(
        None,
        description="Only people in this area; stations outside it count too.",
        examples=[6102330440716319],
    )
    kinds: Annotated[list[StationKind], Commas] | None = Field(
        None,
        max_length=6,
        description="Stations of any of these kinds; repeated, or with commas.",
        examples=[["warm_station", "driver_rest_home"]],
    )
    services: Annotated[list[ServiceWord], Commas] | None = Field(
        None,
        max_length=23,
        description="Stations with all of these services; repeated, or with commas.",
        examples=[["hot_water", "meal_heating"]],
    )
    access: Annotated[list[Access], Commas] | None = Field(
        None,
        max_length=4,
        description="Any of these: public, members (of the union), internal, unknown; without it "
        "public and unknown.",
        examples=[["public"]],
    )
    min_grade: int = Field(
        0, ge=0, le=5, description="At least so many stars; 0: whatever.", examples=[3]
    )


def question_of(
    asked: Asked, zone: ZoneInfo, *, by_hour: bool = False, by_area: str | None = None
) -> reaching.Question:
    """The question of a request, with the present as the clock says.

    Raises:
        Invalid: a value that cannot be used.
    """
    return reaching.Question.asked(
        asked.at,
        datetime.now(UTC),
        zone,
        minutes=asked.minutes,
        kinds=asked.kinds or (),
        services=asked.services or (),
        access=asked.access or OFFERED_ACCESS,
        min_grade=asked.min_grade,
        by_hour=by_hour,
        area_id=asked.area_id,
        by_area=by_area,
    )


def editions_of(reader: Reader, finder: Finder, *, areas: bool, people: bool) -> list[EditionFacts]:
    """The editions an answer speaks from: of stations and streets those in memory.

    Raises:
        NotFound: no stations, or no areas where they are asked for.
    """
    if finder.station_edition is None:
        editions.require_active(reader, "stations")
    numbers = (finder.station_edition, finder.network_edition)
    found = [editions.show(reader, number) for number in numbers if number is not None]
    if people:
        found += answers.read_editions(reader, "demand")
        if reader.actor.sees_enterprises:
            found += answers.read_editions(reader, "enterprises")
    if areas:
        found.append(editions.require_active(reader, "areas"))
    return found


def note(name: str, **values: object) -> str:
    """A note in both languages."""
    text = both(f"reach.{name}", **values)
    return f"{text.zh} / {text.en}"
