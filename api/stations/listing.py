"""`/api/stations`: stations as they are stated, and the nearest by walking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, cast

import numpy as np
import numpy.typing as npt
import shapely
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Commas, EditionBrief, Identity, OfCrs, Page, PlainText
from api.service import Asking, Serving
from api.words import Access, Crs, StationKind, Status
from api.words import Service as ServiceWord
from geo.errors import Busy, Conflict, Invalid, NotFound, Unavailable
from geo.stations import queries
from geo.stations.queries import StationFacts
from maps import geojson

router = APIRouter(prefix="/api/stations", tags=["stations"])


class Wanted(BaseModel):
    """What a station must be."""

    kinds: Annotated[list[StationKind], Commas] | None = Field(
        None,
        max_length=6,
        description="Any of these kinds; repeated, or with commas.",
        examples=[["warm_station", "driver_rest_home"]],
    )
    services: Annotated[list[ServiceWord], Commas] | None = Field(
        None,
        max_length=23,
        description="All of these services; repeated, or with commas.",
        examples=[["hot_water", "meal_heating"]],
    )
    access: Annotated[list[Access], Commas] | None = Field(
        None,
        max_length=4,
        description="Any of these: public, members (of the union), internal, unknown.",
        examples=[["public"]],
    )


class StationsQuestion(Page, Wanted, OfCrs):
    """The parameters of the list."""

    area_id: Identity | None = Field(
        None, description="Inside this area, as assigned.", examples=[6102330440716319]
    )
    bbox: str | None = Field(
        None,
        pattern=answers.BBOX,
        description="Inside this box: west,south,east,north in `crs`.",
        examples=["113.5,34.6,113.9,34.9"],
    )
    text: PlainText | None = Field(
        None,
        description="Part of the name, address, district, host, brand or operator.",
        examples=["人民路"],
    )


class StatusNow(BaseModel):
    """The dated status that holds now."""

    status: Status
    reason: str | None
    starts_at: datetime
    ends_at: datetime | None


class StationAnswer(BaseModel):
    """A station in public: facts, place and the status of now."""

    id: int = Field(examples=[4821930177623114])
    kind: StationKind
    name: str = Field(examples=["暖心驿站（人民路）"])
    address: str | None
    declared_district: str | None = Field(description="The district its list names.")
    network_brand: str | None = Field(description="The network's own name for its stations.")
    operator: str | None = Field(description="Who runs it.")
    host: str | None = Field(description="Whose premises it stands in.")
    phone: str | None
    hours_text: str | None = Field(description="Opening hours as they were written.")
    opening_hours: str | None = Field(
        description="The same in OpenStreetMap's syntax; null when they could not be understood."
    )
    access: Access = Field(description="Who may come in.")
    access_method: str | None = Field(description="How one gets in: open door, code, app, face.")
    services: list[str]
    capacity: int | None = Field(description="Persons.")
    floor_square_metres: float | None
    star_grade: int | None
    verified_on: date | None = Field(description="The day somebody last checked these facts.")
    lon: float | None = Field(description="Longitude in `crs`; null when it is not placed.")
    lat: float | None
    located_by: str = Field(
        description="coordinates, building, park or community (only as exact as that), unlocated."
    )
    status_now: StatusNow | None


class StationList(BaseModel):
    """A page of stations."""

    stations: list[StationAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


class StationOne(BaseModel):
    """One station."""

    station: StationAnswer
    entrance_lon: float | None
    entrance_lat: float | None
    original_x: float | None = Field(description="The pair that was read, in `original_crs`.")
    original_y: float | None
    original_crs: str | None
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "",
    response_model=StationList,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, NotFound, Conflict, Busy, Unavailable),
    },
)
def list_stations(
    request: Request, service: Serving, actor: Asking, asked: Annotated[StationsQuestion, Query()]
) -> Response:
    """Stations of the active edition that meet every condition, page by page.

    驿站列表：按条件筛选，逐页读取。
    """
    box = answers.read_box(asked.bbox, asked.crs)
    after = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "stations", "areas")
        tag = answers.etag(found, queries.status_mark(reader))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag)
        stations = queries.list_stations(
            reader,
            kinds=asked.kinds,
            services=asked.services,
            access=asked.access,
            area_id=asked.area_id,
            bbox=box,
            text=asked.text,
            after=None if after is None else after[0],
            limit=asked.limit,
        )
    more = len(stations) == asked.limit
    next_page = answers.page_after(request, answers.cursor(stations[-1].id)) if more else None
    shown = present(stations, asked.crs)
    editions = answers.briefs(found)
    if answers.as_geojson(request, asked.format):
        body = features(shown, {"next": next_page, "crs_used": asked.crs, "editions": editions})
        return answers.reply(body, tag, media_type=geojson.MEDIA_TYPE, next_page=next_page)
    page = StationList(stations=shown, next=next_page, crs=asked.crs, editions=editions)
    return answers.reply(page, tag, next_page=next_page)


# ---------------------------------------------------------------------- one station
@router.get(
    "/{station_id}",
    response_model=StationOne,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, NotFound, Busy, Unavailable),
    },
)
def get_station(
    request: Request,
    service: Serving,
    actor: Asking,
    station_id: Annotated[
        Identity, Path(description="The station's id.", examples=[4821930177623114])
    ],
    asked: Annotated[OfCrs, Query()],
) -> Response:
    """One station with everything that is known of it. 一个驿站的全部信息。"""
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "stations")
        tag = answers.etag(found, queries.status_mark(reader))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag)
        facts = queries.get_station(reader, station_id)
    shown = present([facts], asked.crs)
    editions = answers.briefs(found)
    if answers.as_geojson(request, asked.format):
        body = features(shown, {"crs_used": asked.crs, "editions": editions})
        return answers.reply(body, tag, media_type=geojson.MEDIA_TYPE)
    [entrance] = answers.in_crs([facts.entrance_lon], [facts.entrance_lat], asked.crs)
    one = StationOne(
        station=shown[0],
        entrance_lon=entrance[0],
        entrance_lat=entrance[1],
        original_x=facts.original_x,
        original_y=facts.original_y,
        original_crs=facts.original_crs,
        crs=asked.crs,
        editions=editions,
    )
    return answers.reply(one, tag)


def present(stations: Sequence[StationFacts], crs: Crs) -> list[StationAnswer]:
    """Stations as they are shown, their places in the asked system."""
    places = answers.in_crs([one.lon for one in stations], [one.lat for one in stations], crs)
    shown = []
    for facts, (lon, lat) in zip(stations, places, strict=True):
        values: dict[str, Any] = {name: getattr(facts, name) for name in _PLAIN_FIELDS}
        shown.append(
            StationAnswer(
                **values,
                lon=lon,
                lat=lat,
                status_now=None
                if facts.status_now is None
                else StatusNow.model_validate(facts.status_now, from_attributes=True),
            )
        )
    return shown


_PLAIN_FIELDS = tuple(
    name for name in StationAnswer.model_fields if name not in ("lon", "lat", "status_now")
)


def features(shown: Iterable[Any], about: dict[str, Any]) -> bytes:
    """Stations as a FeatureCollection of points; `about` are members of the collection."""
    rows = list(shown)
    lon = np.array([row.lon for row in rows], dtype=np.float64)
    lat = np.array([row.lat for row in rows], dtype=np.float64)
    return geojson.feature_collection(
        [row.id for row in rows],
        cast("npt.NDArray[np.object_]", shapely.points(lon, lat)),
        [row.model_dump(mode="json", exclude={"id", "lon", "lat"}) for row in rows],
        extra={name: _plain(value) for name, value in about.items()},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
