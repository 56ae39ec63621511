"""`/api/unions/here`: which union one can join at a place, and where to go for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief
from api.position import AtPosition, PositionHeader, asked_position
from api.service import Asking, Serving
from api.words import Crs, StationKind
from geo.areas.unions import UnionHere, unions_here
from geo.coordinates import to_wgs84
from geo.errors import Busy, Invalid, OutsideServiceArea, Unavailable
from geo.hours import HoursState
from geo.walking.answers import NearStation
from maps.texts import both, named

router = APIRouter(prefix="/api/unions", tags=["unions"])

Level = Literal[
    "office_building",
    "industrial_park",
    "commercial_district",
    "marketplace",
    "functional_area",
    "community",
    "subdistrict",
    "district",
]
STATIONS = 3
FARTHEST_METRES = 5000.0
RULES = ("rule_unit", "rule_near", "rule_place", "rule_trade")


class UnionAnswer(BaseModel):
    """The union of an area that holds the place."""

    level: Level = Field(description="What kind of area it is of.")
    area_id: int = Field(examples=[6102330440716319])
    area_name: str | None
    union_name: str | None = Field(
        description="Null where nobody has entered one: ask at the next level.",
        examples=["云栖街道总工会"],
    )
    address: str | None = Field(description="Of the union; null when not stated.")
    phone: str | None
    link: str | None = Field(description="http or https; null when not stated.")


class JoinStation(BaseModel):
    """A station where one can join the union, and the way to it."""

    id: int
    name: str
    kind: StationKind
    address: str | None
    phone: str | None
    hours_text: str | None
    hours_state: HoursState = Field(description="On arrival, when one leaves now.")
    open_until: datetime | None
    metres: float = Field(description="Walking distance.")
    minutes: float
    straight_line: bool = Field(
        description="True where no way over streets is known: distance as the crow flies."
    )
    lon: float
    lat: float


class InBothLanguages(BaseModel):
    """A text for people."""

    zh: str
    en: str


class UnionsHere(BaseModel):
    """Which union one can join here."""

    unions: list[UnionAnswer] = Field(
        description="Of every area that holds the place, the nearest to the work first; also those "
        "whose union nobody has entered."
    )
    join_stations: list[JoinStation] = Field(
        description="The nearest stations on foot that help one join, whatever their hours."
    )
    rules: list[InBothLanguages] = Field(description="Which union comes first, and why.")
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "/here",
    response_model=UnionsHere,
    responses=problems.told(Invalid, OutsideServiceArea, Busy, Unavailable),
)
def unions_at_position(
    request: Request,
    service: Serving,
    actor: Asking,
    asked: Annotated[AtPosition, Query()],
    position: PositionHeader = None,
) -> Response:
    """Which union can I join here: of the building, park, commercial district … up to the district.

    在这里可以加入哪个工会。The position is neither stored nor logged.
    """
    del position  # documented here, read from the request
    lon, lat = asked_position(request, asked.lon, asked.lat)
    near = service.finder().nearest(
        lon,
        lat,
        k=STATIONS,
        crs=asked.crs,
        services=["join_union"],
        open_rule="any",
        max_metres=FARTHEST_METRES,
    )
    x, y = (float(degrees) for degrees in to_wgs84(lon, lat, asked.crs))
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "stations")
        here = unions_here(reader, x, y)
    body = UnionsHere(
        unions=[UnionAnswer.model_validate(one, from_attributes=True) for one in here],
        join_stations=[_station(one) for one in near.stations],
        rules=[InBothLanguages(**both(f"unions.{rule}")._asdict()) for rule in RULES],
        notes=[*_notes(here, loaded=any(one.dataset == "areas" for one in found)), *near.notes],
        crs=asked.crs,
        editions=answers.briefs(found),
    )
    return answers.reply(body, None)


def _station(near: NearStation) -> JoinStation:
    facts = {name: near.station[name] for name in JoinStation.model_fields if name in near.station}
    way = {
        name: getattr(near, name) for name in JoinStation.model_fields if name not in near.station
    }
    return JoinStation(**facts, **way)


def _notes(here: Sequence[UnionHere], *, loaded: bool) -> list[str]:
    if not loaded:
        return [" / ".join(both("unions.no_areas"))]
    if not here:
        return [" / ".join(both("unions.outside"))]
    silent = [one for one in here if one.union_name is None]
    if not silent:
        return []
    names = [one.area_name or f"{named('kind', one.level).zh} {one.area_id}" for one in silent]
    return [" / ".join(both("unions.not_stated", names="、".join(names)))]
