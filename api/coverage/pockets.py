"""`/api/coverage/stations/pockets`: where workers are who can walk to no open public station."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from api import answers, problems
from api.coverage.walking_ready import Prepared, basics, note, prepare
from api.coverage.walking_words import PocketAnswer, PocketsAnswer, PocketsQuestion
from api.service import SECURED, Seeing, Service, Serving
from geo.coverage.pockets import Pockets, find_pockets
from geo.database import Actor
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from maps import geojson

router = APIRouter(prefix="/api/coverage", tags=["coverage"])


def pockets_of(service: Service, actor: Actor, asked: PocketsQuestion) -> tuple[Prepared, Pockets]:
    """The pockets of an hour, kept; none where nobody is known, or nothing to walk to or on.

    Raises:
        NotFound: no areas are in force.
    """
    made = prepare(service, actor, asked.kind, asked.day)
    crowd = made.crowd
    if crowd is None or not made.known or not made.finder.graph.chains:
        return made, Pockets([], 0, 0.0, 0.0)
    key = ("pockets", made.key, crowd.who, asked.kind, asked.hour, asked.minutes, asked.least)
    found = service.walks.get(
        (*key, asked.limit),
        lambda: find_pockets(
            made.finder,
            made.stations,
            crowd,
            hour=asked.hour,
            minutes=asked.minutes,
            least=asked.least,
            limit=asked.limit,
        ),
    )
    return made, found


def told_pockets(made: Prepared, found: Pockets, asked: PocketsQuestion) -> PocketsAnswer:
    """The answer in numbers."""
    places = answers.in_crs(
        [one.lon for one in found.shown], [one.lat for one in found.shown], asked.crs
    )
    return PocketsAnswer(
        people=made.crowd.who if made.crowd else None,
        day=asked.day,
        date=made.stations.on,
        hour=asked.hour,
        minutes=asked.minutes,
        total=found.total,
        workers=round(found.workers, 1),
        of_workers=round(found.of_workers, 1),
        pockets=_each(made, found, places),
        crs=asked.crs,
        notes=[*basics(made, asked.hour), note("cells")],
        editions=answers.briefs(made.found),
    )


def _each(made: Prepared, found: Pockets, places: Sequence[Any]) -> list[PocketAnswer]:
    answer = []
    for one, (lon, lat) in zip(found.shown, places, strict=True):
        area = None
        if one.area is not None and made.crowd is not None:
            area = made.names[int(made.crowd.area_ids[one.area])]
        fact = None if one.nearest is None else made.finder.facts[one.nearest]
        answer.append(
            PocketAnswer(
                workers=round(one.workers, 1),
                places=one.places,
                lon=lon,
                lat=lat,
                area_id=None if area is None else area.id,
                area=None if area is None else area.name,
                nearest_station_id=None if fact is None else fact["id"],
                nearest_station=None if fact is None else fact["name"],
                nearest_metres=None if one.nearest_metres is None else round(one.nearest_metres),
                straight_line=one.straight_line,
            )
        )
    return answer


@router.get(
    "/stations/pockets",
    response_model=PocketsAnswer,
    openapi_extra=SECURED,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: your ETag still holds."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def stations_pockets(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[PocketsQuestion, Query()]
) -> Response:
    """Where workers stand together of whom none can walk to an open public station.

    空白区：步行不到开放驿站的劳动者聚集处，附最近驿站的步行距离。
    """
    return _reply(request, service, actor, asked, drawn=answers.as_geojson(request, asked.format))


@router.get(
    "/stations/pockets.geojson",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {"description": "Their outlines, RFC 7946.", "content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: your ETag still holds."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def stations_pockets_outlines(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[PocketsQuestion, Query()]
) -> Response:
    """The same as outlines to draw. 空白区轮廓。"""
    return _reply(request, service, actor, asked, drawn=True)


def _reply(
    request: Request, service: Service, actor: Actor, asked: PocketsQuestion, *, drawn: bool
) -> Response:
    made, found = pockets_of(service, actor, asked)
    tag = answers.etag(made.found, answers.fingerprint(made.key, asked, drawn))
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    body = told_pockets(made, found, asked)
    if not drawn:
        return answers.reply(body, tag, public=False)
    outlines = np.full(len(found.shown), None, dtype=object)
    outlines[:] = [one.outline for one in found.shown]
    plain = body.model_dump(mode="json", exclude={"pockets"})
    return answers.reply(
        geojson.feature_collection(
            list(range(1, len(found.shown) + 1)),
            answers.geometry_in_crs(outlines, asked.crs),
            [one.model_dump(mode="json") for one in body.pockets],
            extra={"crs_used": plain.pop("crs"), **plain},
        ),
        tag,
        public=False,
        media_type=geojson.MEDIA_TYPE,
    )
