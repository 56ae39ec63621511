"""`/api/areas`: divisions and organising units, with their boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, OfCrs, Page, PlainText
from api.service import Asking, Serving
from api.words import AreaKind, Crs
from geo.areas import queries
from geo.areas.queries import AreaFacts
from geo.errors import Busy, Invalid, NotFound, Unavailable
from maps import geojson

router = APIRouter(prefix="/api/areas", tags=["areas"])


class AreasQuestion(Page, OfCrs):
    """The parameters of the list."""

    kind: AreaKind | None = Field(
        None, description="Only areas of this kind.", examples=["subdistrict"]
    )
    parent_id: Identity | None = Field(
        None, description="Directly below this area.", examples=[6102330440716319]
    )
    bbox: str | None = Field(
        None,
        pattern=answers.BBOX,
        description="Whose polygon meets this box: west,south,east,north in `crs`.",
        examples=["113.5,34.6,113.9,34.9"],
    )
    text: PlainText | None = Field(
        None, description="Part of the name, or beginning of the code.", examples=["云栖"]
    )


class AreaAnswer(BaseModel):
    """An area without its polygon; GeoJSON has that."""

    id: int = Field(examples=[6102330440716319])
    kind: AreaKind
    code: str | None = Field(description="Its division code.")
    name: str | None = Field(description="Null where the file had a polygon only.")
    type_name: str | None = Field(description="The word of its kind as written, such as 街道, 镇.")
    parent_id: int | None
    predecessor_code: str | None = Field(description="The code it had before a change.")
    valid_from: date | None
    valid_to: date | None
    address: str | None
    square_metres: float | None
    bbox: tuple[float, float, float, float] | None = Field(
        description="West, south, east, north in `crs`; null without a polygon."
    )


class AreaName(BaseModel):
    """An area above or below another."""

    id: int
    kind: AreaKind
    code: str | None
    name: str | None


class AreaList(BaseModel):
    """A page of areas."""

    areas: list[AreaAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


class AreaOne(BaseModel):
    """One area with what stands around it."""

    area: AreaAnswer
    ancestors: list[AreaName] = Field(description="The largest first.")
    children: list[AreaName]
    stations: dict[str, int] | None = Field(
        description="Stations of each kind inside; null where nothing was counted."
    )
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "",
    response_model=AreaList,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, NotFound, Busy, Unavailable),
    },
)
def list_areas(
    request: Request, service: Serving, actor: Asking, asked: Annotated[AreasQuestion, Query()]
) -> Response:
    """Areas of the active edition that meet every condition, page by page. 区域列表。

    GeoJSON carries the whole polygons.
    """
    box = answers.read_box(asked.bbox, asked.crs)
    after = answers.read_cursor(asked.after)
    whole = answers.as_geojson(request, asked.format)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas")
        tag = answers.etag(found)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag)
        areas = queries.list_areas(
            reader,
            kind=asked.kind,
            parent_id=asked.parent_id,
            bbox=box,
            text=asked.text,
            after=None if after is None else after[0],
            limit=asked.limit,
            with_boundary=whole,
        )
    more = len(areas) == asked.limit
    next_page = answers.page_after(request, answers.cursor(areas[-1].id)) if more else None
    shown = present(areas, asked.crs)
    editions = answers.briefs(found)
    if whole:
        body = features(areas, shown, asked.crs, {"next": next_page}, editions)
        return answers.reply(body, tag, media_type=geojson.MEDIA_TYPE, next_page=next_page)
    page = AreaList(areas=shown, next=next_page, crs=asked.crs, editions=editions)
    return answers.reply(page, tag, next_page=next_page)


@router.get(
    "/{area_id}",
    response_model=AreaOne,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, NotFound, Busy, Unavailable),
    },
)
def get_area(
    request: Request,
    service: Serving,
    actor: Asking,
    area_id: Annotated[Identity, Path(description="The area's id.", examples=[6102330440716319])],
    asked: Annotated[OfCrs, Query()],
) -> Response:
    """One area: what is above and below it, and how many stations it has. 一个区域。"""
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "stations")
        tag = answers.etag(found)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag)
        detail = queries.get_area(reader, area_id)
    shown = present([detail.area], asked.crs)
    editions = answers.briefs(found)
    around: dict[str, Any] = {
        "ancestors": [AreaName.model_validate(asdict(one)) for one in detail.ancestors],
        "children": [AreaName.model_validate(asdict(one)) for one in detail.children],
        "stations": detail.stations,
    }
    if answers.as_geojson(request, asked.format):
        about = {
            name: [one.model_dump() for one in value] if isinstance(value, list) else value
            for name, value in around.items()
        }
        body = features([detail.area], shown, asked.crs, about, editions)
        return answers.reply(body, tag, media_type=geojson.MEDIA_TYPE)
    one = AreaOne.model_validate(
        {"area": shown[0], **around, "crs": asked.crs, "editions": editions}
    )
    return answers.reply(one, tag)


def present(areas: Sequence[AreaFacts], crs: Crs) -> list[AreaAnswer]:
    """Areas as they are shown; their boxes in the asked system (turned by the corners)."""
    boxes = [facts.bbox or (None, None, None, None) for facts in areas]
    low = answers.in_crs([box[0] for box in boxes], [box[1] for box in boxes], crs)
    high = answers.in_crs([box[2] for box in boxes], [box[3] for box in boxes], crs)
    return [
        AreaAnswer(
            **{name: getattr(facts, name) for name in AreaAnswer.model_fields if name != "bbox"},
            bbox=None if facts.bbox is None else (*one, *other),
        )
        for facts, one, other in zip(areas, low, high, strict=True)
    ]


def features(
    areas: Sequence[AreaFacts],
    shown: Sequence[AreaAnswer],
    crs: Crs,
    about: dict[str, Any],
    editions: Sequence[EditionBrief],
) -> bytes:
    """Areas as a FeatureCollection of their polygons; `about` are members of the collection."""
    boundaries: npt.NDArray[np.object_] = np.full(len(areas), None, dtype=object)
    boundaries[:] = [facts.boundary for facts in areas]
    return geojson.feature_collection(
        [one.id for one in shown],
        answers.geometry_in_crs(boundaries, crs),
        [one.model_dump(mode="json", exclude={"id", "bbox"}) for one in shown],
        extra={
            **about,
            "crs_used": crs,
            "editions": [one.model_dump(mode="json") for one in editions],
        },
    )
