"""`GET /api/stations/{station_id}/route`: the way on foot to one station."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Identity
from api.position import AtPosition, PositionHeader, asked_position
from api.service import NO_WRONG_KEY, Service, Serving
from api.words import Crs
from geo.database import ANYONE
from geo.errors import Busy, Conflict, Invalid, NotFound, OutsideServiceArea, Unavailable
from geo.hours import HoursState
from geo.walking.facts import StreetFacts, load_facts
from geo.walking.finder import Finder
from geo.walking.routes import route_to
from geo.walking.turns import StepKind, Turn
from maps.routes import spoken

router = APIRouter()


class RouteStep(BaseModel):
    """One thing to do on the way."""

    kind: StepKind = Field(
        description="depart and arrive are the first and the last; turn: at a junction, or where a "
        "street of another name or the end of stairs calls for a word; stairs, cross_bridge, "
        "underpass: where they begin."
    )
    turn: Turn | None = Field(
        description="Into which direction; of arrive the side on which the station stands; null "
        "where there is none."
    )
    street: str | None = Field(description="The street that one follows; null without a name.")
    metres: float = Field(description="To the next step.")
    lon: float
    lat: float
    text_zh: str = Field(examples=["左转进入人民路，走 120 米"])
    text_en: str = Field(examples=["Turn left into 人民路, 120 m"])


class Line(BaseModel):
    """A GeoJSON LineString (RFC 7946), its positions in `crs`."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(
        min_length=2, examples=[[[113.665, 34.757], [113.666, 34.757]]]
    )


class RouteFound(BaseModel):
    """The way to a station."""

    station_id: int
    metres: float = Field(description="The whole way on foot; that of /nearest.", examples=[412.6])
    minutes: float = Field(description="Walking time, slower on stairs.", examples=[5.5])
    off_street_metres: float = Field(
        description="Part of it that is between the street and the two ends."
    )
    stairs_metres: float = Field(description="Part of it that is on stairs.")
    straight_line: bool = Field(
        description="True where no way over streets is known: as the crow flies."
    )
    uncertain: bool = Field(
        description="True where a wall, water or a building may lie between the street and an end, "
        "and for a straight line."
    )
    line: Line = Field(description="From the position to the station.")
    steps: list[RouteStep] = Field(description="Their metres add up to those of the whole way.")
    hours_state: HoursState = Field(description="At arrival.")
    open_until: datetime | None = Field(description="When an open station closes.")
    opens_at: datetime | None = Field(description="When another opens.")
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Crs
    as_of: datetime = Field(description="The moment of the answer.")
    network_edition: int | None = Field(description="Edition of the streets; null without any.")
    station_edition: int | None


@router.get(
    "/{station_id}/route",
    response_model=RouteFound,
    dependencies=[NO_WRONG_KEY],
    responses=problems.told(Invalid, OutsideServiceArea, NotFound, Conflict, Busy, Unavailable),
)
def station_route(
    request: Request,
    service: Serving,
    station_id: Annotated[
        Identity, Path(description="The station's id.", examples=[4821930177623114])
    ],
    asked: Annotated[AtPosition, Query()],
    position: PositionHeader = None,
) -> Response:
    """The way on foot to one station: a line, and steps to read aloud.

    到某个驿站的步行路线。A station that is closed when one gets there, by a dated status, is
    refused with 409; one that is only outside its hours is not, and a note says so.
    """
    del position  # told in OpenAPI, read from the request
    lon, lat = asked_position(request, asked.lon, asked.lat)
    finder = service.finder()
    found = route_to(
        finder, lon, lat, station_id, crs=asked.crs, facts=street_facts(service, finder)
    )
    route, name = found.route, found.station["name"]
    steps = []
    for step in route.steps:
        zh, en = spoken(step, name)
        steps.append(
            RouteStep(
                kind=step.kind,
                turn=step.turn,
                street=step.street,
                metres=round(step.metres, 1),
                lon=step.lon,
                lat=step.lat,
                text_zh=zh,
                text_en=en,
            )
        )
    told = RouteFound(
        station_id=station_id,
        metres=round(route.metres, 1),
        minutes=round(route.seconds / 60, 1),
        off_street_metres=round(route.off_street_metres, 1),
        stairs_metres=round(route.stairs_metres, 1),
        straight_line=route.straight_line,
        uncertain=route.uncertain,
        line=Line(coordinates=route.line.tolist()),
        steps=steps,
        hours_state=found.hours_state,
        open_until=found.open_until,
        opens_at=found.opens_at,
        notes=found.notes,
        crs=found.crs,
        as_of=found.as_of,
        network_edition=found.network_edition,
        station_edition=found.station_edition,
    )
    return answers.reply(told, None)


def street_facts(service: Service, finder: Finder) -> StreetFacts | None:
    """Names, stairs and bridges of the streets in force: read once an edition. Without the database
    a route that is asked for first of all does without them, and says so."""
    edition = finder.network_edition
    if edition is None:
        return None

    def load() -> StreetFacts:
        with service.database.read(ANYONE) as reader:
            return load_facts(reader, service.settings, edition)

    try:
        return service.street_facts.of(edition, load)
    except (Unavailable, Busy):
        return None
