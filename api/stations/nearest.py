"""`/api/stations/nearest`: the nearest stations by walking."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from api import answers, problems
from api.answers import OfCrs
from api.near import NearStationAnswer, moment, near
from api.position import AtPosition, PositionHeader, position_of
from api.service import NO_WRONG_KEY, Serving
from api.stations.listing import Wanted, features
from api.words import Crs
from geo.errors import Busy, Invalid, NotFound, OutsideServiceArea, Unavailable
from geo.walking.answers import NearestAnswer
from geo.walking.wanted import CAP_METRES, LONGEST_STAY, MOST, OFFERED_ACCESS, wanted
from maps import geojson

router = APIRouter(prefix="/api/stations", tags=["stations"])


def _plus(value: object) -> object:
    """A `+` in a query is a space by the time it arrives: the offset of a time gets it back."""
    if isinstance(value, str):
        return re.sub(r"(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d:?\d\d)$", r"\1+\2", value)
    return value


class WantedNear(Wanted):
    """What a station must be, and when."""

    min_grade: int = Field(0, ge=0, le=5, description="At least so many stars.", examples=[3])
    open_rule: Annotated[Literal["arrival", "any"] | datetime, BeforeValidator(_plus)] = Field(
        "arrival",
        alias="open",
        description="arrival: open when one gets there; an ISO 8601 time: open then (without an "
        "offset it is local); any: whatever the hours. Unknown hours pass only any.",
        examples=["arrival", "2026-11-21T12:40:00+08:00"],
    )
    stay: int = Field(
        0,
        ge=0,
        le=LONGEST_STAY,
        description="Minutes that it must stay open after that.",
        examples=[15],
    )


class NearestQuestion(WantedNear, AtPosition, OfCrs):
    """The parameters of the nearest stations. Without `access`, stations for everyone and those
    that do not say whom they let in are offered."""

    k: int = Field(5, ge=1, le=MOST, description="How many at most.", examples=[5])
    max_m: float = Field(
        3000,
        gt=0,
        le=CAP_METRES,
        allow_inf_nan=False,
        description="At most so many metres of walking.",
        examples=[1500],
    )


class BeyondAnswer(BaseModel):
    """What there is where nothing was found."""

    open: NearStationAnswer | None = Field(
        description="The nearest that passes everything, within 20 km."
    )
    any: NearStationAnswer | None = Field(
        description="The nearest within 5 km whatever its hours; `opens_at` tells when it opens."
    )


class NearestStations(BaseModel):
    """The nearest stations, the fewest metres first."""

    stations: list[NearStationAnswer]
    notes: list[str] = Field(description="What the asker should know of this answer.")
    beyond: BeyondAnswer | None = Field(description="When none was found: what there is instead.")
    crs: Crs
    as_of: datetime = Field(description="The moment of the answer.")
    loaded_at: datetime = Field(description="When the stations and streets were last read.")
    network_edition: int | None = Field(description="Edition of the streets; null without any.")
    station_edition: int | None


@router.get(
    "/nearest",
    response_model=NearestStations,
    dependencies=[NO_WRONG_KEY],
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        **problems.told(Invalid, OutsideServiceArea, NotFound, Busy, Unavailable),
    },
)
def nearest_stations(
    request: Request,
    service: Serving,
    asked: Annotated[NearestQuestion, Query()],
    position: PositionHeader = None,
) -> Response:
    """The nearest stations by walking over the street network, in exact order.

    最近的驿站：按真实步行距离排序。The position is neither stored nor logged.
    """
    lon, lat = position_of(position, asked.lon, asked.lat)
    finder = service.finder()
    what = wanted(
        k=asked.k,
        max_metres=asked.max_m,
        kinds=asked.kinds or [],
        services=asked.services or [],
        access=asked.access or OFFERED_ACCESS,
        min_grade=asked.min_grade,
        open_rule=moment(asked.open_rule, service.settings),
        stay_minutes=asked.stay,
    )
    found = finder.answer(what, *finder.place(lon, lat, asked.crs), asked.crs)
    if answers.as_geojson(request, asked.format):
        page = told(found)
        about = page.model_dump(mode="json", exclude={"stations", "crs"})
        body = features(page.stations, {"crs_used": asked.crs, **about})
        return answers.reply(body, None, media_type=geojson.MEDIA_TYPE)
    service.questions.keep(request.scope["query_string"], what, asked.crs)
    return answers.reply(told(found), None)


def told(found: NearestAnswer) -> NearestStations:
    """An answer as it leaves."""
    more = found.beyond
    return NearestStations(
        stations=[near(one) for one in found.stations],
        notes=found.notes,
        beyond=None
        if more is None
        else BeyondAnswer(
            open=near(more.open) if more.open else None,
            any=near(more.closed) if more.closed else None,
        ),
        crs=found.crs,
        as_of=found.as_of,
        loaded_at=found.loaded_at,
        network_edition=found.network_edition,
        station_edition=found.station_edition,
    )
