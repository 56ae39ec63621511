"""`GET /api/stations/reach.geojson`: service areas as polygons, for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from fastapi import Query, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import BBOX, InCrs
from api.reach.asked import Asked, editions_of, note, question_of, router
from api.service import Asking, Serving
from api.words import Crs
from geo.areas.queries import get_area
from geo.editions import EditionFacts
from geo.errors import Busy, Invalid, NotFound, Unavailable
from geo.walking import reach as reaching
from maps import geojson

DECIMALS = 6
"""Ten centimetres: far finer than an outline is right."""


class OutlineQuestion(Asked, InCrs):
    """The parameters of the outlines."""

    bbox: str | None = Field(
        None,
        pattern=BBOX,
        description="Only inside this box, and the finer the smaller it is: west,south,east,north "
        "in `crs`.",
        examples=["113.5,34.6,113.9,34.9"],
    )


@router.get(
    "/reach.geojson",
    response_class=Response,
    responses={
        200: {
            "description": "A MultiPolygon for each of the minutes, the longest first.",
            "content": answers.GEOJSON_CONTENT,
        },
        304: {"description": "Not modified: your ETag still holds."},
        **problems.told(Invalid, NotFound, Busy, Unavailable),
    },
)
def stations_reach_outlines(
    request: Request, service: Serving, actor: Asking, asked: Annotated[OutlineQuestion, Query()]
) -> Response:
    """Service areas as polygons, for drawing only: people are counted one by one, not by polygon.

    服务范围图形，仅供绘图。The smaller the box or area, the finer the outline: `spacing_metres`.
    """
    finder = service.finder()
    box = answers.read_box(asked.bbox, asked.crs)
    if box is not None and not (box[0] < box[2] and box[1] < box[3]):
        raise Invalid(
            "bbox 没有宽度或高度。 The box has no width or no height.",
            remedy="bbox=west,south,east,north.",
            field="bbox",
        )
    question = question_of(asked, finder.zone)
    with service.database.read(actor) as reader:
        found = editions_of(reader, finder, areas=question.area_id is not None, people=False)
        boundary = None
        if question.area_id is not None:
            area = get_area(reader, question.area_id).area
            boundary = area.boundary
            if boundary is None:
                raise NotFound(
                    "这个区域没有边界。 This area has no boundary to draw within.",
                    remedy="改用 bbox。 Use bbox instead.",
                    field="area_id",
                )
    counts = reaching.counting(finder, question)
    tag = answers.etag(
        found,
        "outline",
        counts.mark(),
        answers.fingerprint(question, finder.graph.pace, asked.bbox, asked.crs),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag)

    def draw() -> bytes:
        good = counts.sure[counts.row(question.hour)].astype(np.uint8)
        drawn = reaching.outlines(
            service.reach, finder, good, question.minutes, box=box, boundary=boundary
        )
        return features(drawn, question, asked.crs, found)

    body = service.reach.answers.get(tag, draw)
    return answers.reply(body, tag, media_type=geojson.MEDIA_TYPE)


def features(
    drawn: Sequence[reaching.Outline],
    question: reaching.Question,
    crs: Crs,
    found: Sequence[EditionFacts],
) -> bytes:
    """Outlines as a FeatureCollection, one feature a walking time."""
    shapes = np.empty(len(drawn), object)
    shapes[:] = [one.area for one in drawn]
    return geojson.feature_collection(
        [one.minutes for one in drawn],
        answers.geometry_in_crs(shapes, crs),
        [
            {
                "minutes": one.minutes,
                "metres": one.metres,
                "spacing_metres": one.spacing_metres,
            }
            for one in drawn
        ],
        decimals=DECIMALS,
        extra={
            "day": question.day,
            "hour": question.hour,
            "crs_used": crs,
            "notes": [note("drawing")],
            "editions": [one.model_dump(mode="json") for one in answers.briefs(found)],
        },
    )
