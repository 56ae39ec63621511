"""`/api/clusters`: where enterprises without a union stand close together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, OfCrs, Page
from api.service import SECURED, Seeing, Serving
from api.words import Crs
from geo import clusters, editions
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from maps import geojson

router = APIRouter(prefix="/api/clusters", tags=["clusters"])


class ClustersQuestion(Page, OfCrs):
    """The parameters of the list."""


class ClusterAnswer(BaseModel):
    """A cluster; GeoJSON has its outline too."""

    id: int = Field(description="Stays from run to run while at least half of it does.")
    tier: Literal["confirmed", "to_check"] = Field(description="How sure it is.")
    kind: Literal["whole_unit", "part_of_unit", "street"]
    area_id: int | None = Field(description="The organising unit that holds it.")
    subdistrict_id: int | None
    place: str | None = Field(description="Name of the unit or of the street.")
    score: float = Field(description="Log-likelihood beyond what is usual there.")
    p_value: float | None
    units: int = Field(description="Enterprises without a union in it.")
    units_25: int = Field(description="Of these, with 25 employees or more.")
    units_100: int = Field(description="Of these, with 100 employees or more.")
    units_all: int = Field(description="All enterprises of the place.")
    share: float = Field(description="units / units_all.")
    expected_share: float = Field(description="The share that is usual there.")
    employees: int = Field(description="Employees of those that state them.")
    employees_unstated: int = Field(description="Enterprises that do not state them.")
    addresses: int = Field(description="Different places in it.")
    first_seen: date = Field(description="Since which edition's day it is known.")
    diameter_metres: float
    lon: float = Field(description="Of its centre, in `crs`.")
    lat: float


class ClusterList(BaseModel):
    """A page of clusters, the most employees first."""

    clusters: list[ClusterAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "",
    response_model=ClusterList,
    openapi_extra=SECURED,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def list_clusters(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[ClustersQuestion, Query()]
) -> Response:
    """Clusters of enterprises without a union, page by page. 未建会企业聚集区。"""
    after = answers.read_cursor(asked.after, 2)
    with service.database.read(actor) as reader:
        edition = editions.require_active(reader, "enterprises")
        tag = answers.etag([edition])
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        if after is not None and after[0] != edition.id:
            raise Invalid(
                "The list has changed since that page: another edition is in force.",
                remedy="Begin again without `after`.",
                field="after",
            )
        found = clusters.list_clusters(
            reader,
            edition.id,
            after=None if after is None else after[1],
            limit=asked.limit,
        )
    more = len(found) == asked.limit
    end = answers.cursor(edition.id, found[-1].id) if more else None
    next_page = None if end is None else answers.page_after(request, end)
    places = answers.in_crs([one.lon for one in found], [one.lat for one in found], asked.crs)
    shown = [
        ClusterAnswer(
            **{
                name: getattr(one, name)
                for name in ClusterAnswer.model_fields
                if name not in ("lon", "lat")
            },
            lon=lon,
            lat=lat,
        )
        for one, (lon, lat) in zip(found, places, strict=True)
    ]
    brief = answers.briefs([edition])
    if not answers.as_geojson(request, asked.format):
        page = ClusterList(clusters=shown, next=next_page, crs=asked.crs, editions=brief)
        return answers.reply(page, tag, public=False, next_page=next_page)
    outlines: npt.NDArray[np.object_] = np.full(len(found), None, dtype=object)
    outlines[:] = [one.outline for one in found]
    body = geojson.feature_collection(
        [one.id for one in shown],
        answers.geometry_in_crs(outlines, asked.crs),
        [one.model_dump(mode="json", exclude={"id"}) for one in shown],
        extra={
            "next": next_page,
            "crs_used": asked.crs,
            "editions": [one.model_dump(mode="json") for one in brief],
        },
    )
    return answers.reply(
        body, tag, public=False, media_type=geojson.MEDIA_TYPE, next_page=next_page
    )
