"""What the stations' side of coverage is asked, and what it answers."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from api import answers
from api.answers import Commas, EditionBrief, Identity, OfCrs, Page, Question
from api.words import AreaKind, Crs
from geo.coverage.walks import Day, Who

MINUTES_CAP = 60


class OfDay(Question):
    """What every address of the stations' side takes."""

    kind: AreaKind = Field("subdistrict", description="Kind of area.", examples=["subdistrict"])
    day: Day = Field(
        "workday",
        description="The next such day that is no holiday and no make-up workday; its opening "
        "hours and dated statuses count. Demand knows workdays and weekends.",
        examples=["saturday"],
    )
    hour: int | None = Field(
        None,
        ge=0,
        le=23,
        description="Hour of that day: a station counts when it is open for all of it. Without "
        "one: whatever the hours, people on average over the day.",
        examples=[12],
    )


class WalksQuestion(Page, OfDay):
    """The parameters of the shares."""

    limit: int = Field(
        answers.LARGEST_PAGE,
        ge=1,
        le=answers.LARGEST_PAGE,
        description="How many areas at most.",
        examples=[20],
    )
    minutes: Annotated[list[Annotated[int, Field(ge=1, le=MINUTES_CAP)]], Commas] = Field(
        [5, 10, 15],
        min_length=1,
        max_length=6,
        description="Walking times; repeated, or with commas.",
        examples=[[5, 10, 15]],
    )
    area_id: Identity | None = Field(
        None,
        description="The area, of any kind, that `by_hour` is of; without one, of everything.",
        examples=[6102330440716319],
    )


class PocketsQuestion(OfDay, OfCrs):
    """The parameters of the pockets."""

    minutes: int = Field(15, ge=1, le=MINUTES_CAP, description="Walking time.", examples=[15])
    least: float = Field(
        10, ge=0, le=1e6, description="Workers a pocket must have to be told.", examples=[50]
    )
    limit: int = Field(100, ge=1, le=500, description="How many at most.", examples=[20])


class WalkShare(BaseModel):
    """Who is within so many minutes. Null is no data, which is not 0."""

    minutes: int = Field(examples=[15])
    reached: float | None = Field(description="Workers within the walking time.")
    share: float | None = Field(description="reached / workers.", examples=[0.83])
    share_at_most: float | None = Field(
        description="The same if every station whose hours, or whose doors, are not known let "
        "people in."
    )


class WalksOfArea(BaseModel):
    """The shares of the workers in one area."""

    id: int
    kind: AreaKind
    code: str | None
    name: str | None
    workers: float = Field(description="Near streets: what the shares divide by.")
    small_denominator: bool = Field(description="Whether the shares rest on few.")
    overlap: float | None = Field(
        description="Workers with two such stations or more within the longest time."
    )
    far: float = Field(description="Workers too far from any street; in no share.")
    shares: list[WalkShare]


class WalksOfWhole(BaseModel):
    """The shares of everybody, also outside every area."""

    workers: float
    small_denominator: bool
    overlap: float | None
    far: float
    shares: list[WalkShare]


class WalksOfHour(BaseModel):
    """One hour of the day."""

    hour: int = Field(examples=[12])
    stations_open: int = Field(description="Public, and open for the whole hour.")
    stations_unknown: int = Field(description="Of which hours or doors are not known.")
    workers: float
    shares: list[WalkShare]


class EquityAnswer(BaseModel):
    """How evenly the areas are served."""

    minutes: int
    areas: int = Field(description="With any workers.")
    gini: float | None = Field(
        description="Of the shares, weighted by workers: 0 all alike, 1 all in one. Null where "
        "nobody is reached at all."
    )
    worst: int | None = Field(description="Id of the area with the lowest share, of firm ones.")
    best: int | None


class StationsCoverage(BaseModel):
    """The stations' side of coverage in an hour of a day."""

    people: Who | None = Field(
        description="Who is counted: outdoor workers by the demand in force, hour by hour; without "
        "it employees at their enterprises' places, the same at every hour. Null: nobody known."
    )
    kind: AreaKind
    day: Day
    date: dt.date = Field(description="The day whose hours, holidays and statuses were taken.")
    hour: int | None
    day_class: str = Field(description="workday or weekend: which demand counts.")
    minutes: list[int]
    stations: int = Field(description="Public ones on the streets, whatever their hours.")
    stations_open: int
    stations_unknown: int
    stations_off_network: int
    whole: WalksOfWhole
    areas: list[WalksOfArea] = Field(description="By id.")
    area: WalksOfArea | None = Field(description="The area asked for.")
    by_hour: list[WalksOfHour] = Field(description="24: of that area, else of the whole.")
    equity: list[EquityAnswer] = Field(description="By minutes.")
    scope: str
    scope_zh: str
    notes: list[str]
    next: str | None = Field(description="Address of the next page; null on the last.")
    editions: list[EditionBrief]


class PocketAnswer(BaseModel):
    """Workers out of reach who stand together."""

    workers: float
    places: int
    lon: float = Field(description="Where most of them are, to some 250 m.")
    lat: float
    area_id: int | None = Field(description="The area that holds it.")
    area: str | None
    nearest_station_id: int | None = Field(description="That is open then.")
    nearest_station: str | None
    nearest_metres: float | None = Field(description="On foot; null: none within 20 km.")
    straight_line: bool = Field(description="No street leads there: as the crow flies.")


class PocketsAnswer(BaseModel):
    """The pockets of an hour, the most workers first."""

    people: Who | None
    day: Day
    date: dt.date
    hour: int | None
    minutes: int
    total: int = Field(description="Pockets there are; those told are the largest.")
    workers: float = Field(description="Workers in all of them.")
    of_workers: float = Field(description="All workers near streets at that hour.")
    pockets: list[PocketAnswer]
    crs: Crs
    notes: list[str]
    editions: list[EditionBrief]
