"""`/api/stations`: stations as they are stated, and the nearest by walking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from api import answers, problems
from api.answers import Commas, EditionBrief, Identity, OfCrs, Page, PlainText
from api.service import NO_WRONG_KEY, Asking, Serving
from api.words import Access, Crs, HoursState, StationKind, Status
from api.words import Service as ServiceWord
from geo.errors import Busy, Conflict, Invalid, NotFound, OutsideServiceArea, Unavailable
from geo.settings import Settings
from geo.stations import queries
from geo.stations.queries import StationFacts
from geo.walking.finder import CAP_METRES, MOST, OFFERED_ACCESS
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


# ---------------------------------------------------------------------- nearest
def _plus(value: object) -> object:
    """A `+` in a query is a space by the time it arrives: the offset of a time gets it back."""
    if isinstance(value, str):
        return re.sub(r"(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\d\d:?\d\d)$", r"\1+\2", value)
    return value


class NearestQuestion(Wanted, OfCrs):
    """The parameters of the nearest stations."""

    lon: float = Field(
        ge=-180, le=180, allow_inf_nan=False, description="Longitude, in `crs`.", examples=[101.0]
    )
    lat: float = Field(
        ge=-90, le=90, allow_inf_nan=False, description="Latitude, in `crs`.", examples=[40.2]
    )
    k: int = Field(5, ge=1, le=MOST, description="How many at most.", examples=[5])
    open_rule: Annotated[Literal["arrival", "any"] | datetime, BeforeValidator(_plus)] = Field(
        "arrival",
        alias="open",
        description="arrival: open when one gets there; an ISO 8601 time: open then (without an "
        "offset it is local); any: whatever the hours. Unknown hours pass only any.",
        examples=["arrival", "2026-11-21T12:40:00+08:00"],
    )
    max_m: float = Field(
        3000,
        gt=0,
        le=CAP_METRES,
        allow_inf_nan=False,
        description="At most so many metres of walking.",
        examples=[1500],
    )


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
    hours_state: HoursState = Field(description="At arrival.")
    open_until: datetime | None = Field(description="When it next closes.")
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
    verified_on: date | None


class NearestStations(BaseModel):
    """The nearest stations, the fewest metres first."""

    stations: list[NearStationAnswer]
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Crs
    as_of: datetime = Field(description="The moment of the answer.")
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
    request: Request, service: Serving, asked: Annotated[NearestQuestion, Query()]
) -> Response:
    """The nearest stations by walking over the street network, in exact order.

    最近的驿站：按真实步行距离排序。The position is neither stored nor logged.
    """
    found = service.finder().nearest(
        asked.lon,
        asked.lat,
        k=asked.k,
        crs=asked.crs,
        kinds=asked.kinds or [],
        services=asked.services or [],
        access=asked.access or OFFERED_ACCESS,
        open_rule=moment(asked.open_rule, service.settings),
        max_metres=asked.max_m,
    )
    shown = [
        NearStationAnswer(
            **{name: near.station[name] for name in _STATION_FIELDS},
            **{name: getattr(near, name) for name in _NEAR_FIELDS},
        )
        for near in found.stations
    ]
    about: dict[str, Any] = {
        "notes": list(found.notes),
        "as_of": found.as_of,
        "network_edition": found.network_edition,
        "station_edition": found.station_edition,
    }
    if answers.as_geojson(request, asked.format):
        body = features(shown, {"crs_used": asked.crs, **about})
        return answers.reply(body, None, media_type=geojson.MEDIA_TYPE)
    return answers.reply(NearestStations(stations=shown, crs=asked.crs, **about), None)


_NEAR_FIELDS = (
    "metres",
    "minutes",
    "off_street_metres",
    "straight_line",
    "hours_state",
    "open_until",
)
_STATION_FIELDS = tuple(name for name in NearStationAnswer.model_fields if name not in _NEAR_FIELDS)


def moment(
    rule: Literal["arrival", "any"] | datetime, settings: Settings
) -> Literal["arrival", "any"] | datetime:
    """An opening rule whose time says where it holds.

    Raises:
        Invalid: a time so far away that no opening hours are known for it.
    """
    if not isinstance(rule, datetime):
        return rule
    if not 2000 <= rule.year <= 2100:
        raise Invalid(
            "No opening hours are known for that year.",
            remedy="Give a time of these years, such as 2026-11-21T12:40.",
            field="open",
        )
    zone = ZoneInfo(settings.time_zone)
    return rule.replace(tzinfo=zone) if rule.tzinfo is None else rule.astimezone(zone)


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


def features(shown: Iterable[StationAnswer | NearStationAnswer], about: dict[str, Any]) -> bytes:
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
