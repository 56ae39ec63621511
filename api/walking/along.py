"""`POST /api/stations/along`: the stations along a way."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api import answers, problems
from api.answers import InCrs
from api.near import NearStationAnswer, moment, near
from api.service import NO_WRONG_KEY, Service, Serving
from api.words import Access, Crs, StationKind
from api.words import Service as ServiceWord
from geo.errors import Busy, Invalid, OutsideServiceArea, Unavailable
from geo.walking import along as ways
from geo.walking.along import AlongStation
from geo.walking.wanted import MOST, OFFERED_ACCESS, Wanted, wanted

router = APIRouter()

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Position = Annotated[
    list[Number],
    Field(min_length=2, max_length=2, description="Longitude and latitude, in `crs`."),
]
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")


def _rule(value: object) -> object:
    """A time must be written out: a bare number would be taken for seconds since 1970."""
    if isinstance(value, str) and (value in ("arrival", "any") or _ISO.fullmatch(value)):
        return value
    kind = "datetime_parsing" if isinstance(value, str) else "datetime_type"
    raise PydanticCustomError(kind, "Input should be arrival, any or an ISO 8601 time")


class AlongAsked(InCrs):
    """A way, by its ends or as a line, and what a station must be."""

    start: Position | None = Field(
        None, alias="from", description="Where one sets out.", examples=[[113.655, 34.75]]
    )
    to: Position | None = Field(None, description="Where one goes.", examples=[[113.675, 34.75]])
    line: Annotated[list[Position], Field(min_length=2, max_length=ways.MOST_POINTS)] | None = (
        Field(
            None,
            description="Instead of `from` and `to`: a line that one goes in any case, of at most "
            "500 points and 50 km.",
            examples=[[[113.655, 34.75], [113.665, 34.75], [113.675, 34.751]]],
        )
    )
    k: Annotated[int, Field(strict=True)] = Field(
        5, ge=1, le=MOST, description="How many at most.", examples=[5]
    )
    kinds: list[StationKind] = Field(
        [], max_length=6, description="Any of these kinds.", examples=[["warm_station"]]
    )
    services: list[ServiceWord] = Field(
        [], max_length=23, description="All of these services.", examples=[["hot_water"]]
    )
    access: list[Access] = Field(
        [],
        max_length=4,
        description="Any of these: public, members (of the union), internal, unknown. Without any: "
        "as /nearest.",
        examples=[["public"]],
    )
    open_rule: Annotated[Literal["arrival", "any"] | datetime, BeforeValidator(_rule)] = Field(
        "arrival",
        alias="open",
        description="arrival: open when one gets there; an ISO 8601 time: open then (without an "
        "offset it is local); any: whatever the hours. Unknown hours pass only any.",
        examples=["arrival", "2026-11-21T12:40:00+08:00"],
    )
    max_detour_m: Number = Field(
        ways.DETOUR_METRES,
        gt=0,
        le=ways.LONGEST_DETOUR_METRES,
        description="At most so many metres more than without the station.",
        examples=[500],
    )


class StationOnTheWay(NearStationAnswer):
    """A station and what it costs to go by it. `metres` and `minutes` are those from the start."""

    detour_metres: float = Field(description="More than without it.", examples=[140.2])
    detour_minutes: float = Field(description="More than without it.", examples=[1.9])
    metres_before: float = Field(description="From the start to the station.")
    metres_after: float = Field(description="From the station to the end.")


class StationsAlong(BaseModel):
    """The stations along a way, the least detour first."""

    direct_metres: float = Field(
        description="The way without a station; of a line its length.", examples=[1840.3]
    )
    stations: list[StationOnTheWay]
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Crs
    as_of: datetime = Field(description="The moment of the answer.")
    network_edition: int | None = Field(description="Edition of the streets; null without any.")
    station_edition: int | None


_DETOUR = ("detour_metres", "detour_minutes", "metres_before", "metres_after")


@router.post(
    "/along",
    response_model=StationsAlong,
    dependencies=[NO_WRONG_KEY],
    responses=problems.told(Invalid, OutsideServiceArea, Busy, Unavailable),
)
def stations_along(
    service: Serving,
    asked: Annotated[
        AlongAsked,
        Body(
            openapi_examples={
                "ends": {
                    "summary": "从 A 到 B / from A to B",
                    "value": {"from": [113.655, 34.75], "to": [113.675, 34.75], "k": 3},
                },
                "line": {
                    "summary": "沿一条线 / along a line",
                    "value": {
                        "line": [[113.655, 34.75], [113.665, 34.75], [113.675, 34.751]],
                        "services": ["hot_water"],
                        "max_detour_m": 300,
                    },
                },
            }
        ),
    ],
) -> Response:
    """Stations along my way, those of the least detour first; exact over the street network.

    沿途驿站：按绕行距离排序。Between two ends the detour is the way by the station less the direct
    one. From a line it is the shortest way from it to the station and back again. The positions
    are neither stored nor logged.
    """
    what = _wanted(asked, service)
    finder = service.finder()
    if asked.line is not None and asked.start is None and asked.to is None:
        found = ways.along_line(
            finder, asked.line, what, max_detour=asked.max_detour_m, crs=asked.crs
        )
    elif asked.line is None and asked.start is not None and asked.to is not None:
        found = ways.along(
            finder,
            (asked.start[0], asked.start[1]),
            (asked.to[0], asked.to[1]),
            what,
            max_detour=asked.max_detour_m,
            crs=asked.crs,
        )
    else:
        raise Invalid(
            "请给出 from 和 to，或者给出 line。 Either from and to are given, or line.",
            remedy='{"from": [113.655, 34.75], "to": [113.675, 34.75]}',
            field="line" if asked.line is not None else "to" if asked.to is None else "from",
        )
    told = StationsAlong(
        direct_metres=found.direct_metres,
        stations=[_told(one) for one in found.stations],
        notes=found.notes,
        crs=found.crs,
        as_of=found.as_of,
        network_edition=found.network_edition,
        station_edition=found.station_edition,
    )
    return answers.reply(told, None)


def _told(one: AlongStation) -> StationOnTheWay:
    detour = {name: getattr(one, name) for name in _DETOUR}
    return StationOnTheWay(**near(one.near).model_dump(), **detour)


def _wanted(asked: AlongAsked, service: Service) -> Wanted:
    return wanted(
        k=asked.k,
        kinds=asked.kinds,
        services=asked.services,
        access=asked.access or OFFERED_ACCESS,
        open_rule=moment(asked.open_rule, service.settings),
    )
