"""`/api/coverage` and `/maps/coverage.html`: union coverage as rates, in numbers and as a map."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, OfCrs, Page, Question
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind, Crs, RateName
from geo import editions
from geo.areas.queries import list_areas
from geo.coverage import rates
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.settings import Settings
from geo.stations.queries import status_mark
from maps import geojson
from maps.coverage.gather import page as draw_page
from maps.portable import content_security_policy

router = APIRouter(tags=["coverage"])


class CoverageQuestion(Page, OfCrs):
    """The parameters of the rates."""

    kind: AreaKind = Field("subdistrict", description="Kind of area.", examples=["subdistrict"])


class RateAnswer(BaseModel):
    """A rate is never a bare number."""

    name: str = Field(examples=["establishment"])
    value: float | None = Field(description="Null means no data, which is not 0.")
    numerator: int
    denominator: int
    scope: str = Field(description="What is divided by what.")
    scope_zh: str
    edition_id: int = Field(description="Edition of the enterprises.")
    as_of: date = Field(description="The day the numbers speak for.")
    missing_share: float | None = Field(
        description="Share of units left out because they did not state what is needed."
    )
    small_denominator: bool = Field(description="Whether it rests on few.")
    target: float | None
    low: float | None = Field(description="Lower end of the 95 % Wilson interval.")
    high: float | None


class CoverageOfArea(BaseModel):
    """An area with its counts and rates."""

    id: int
    name: str | None
    kind: AreaKind
    code: str | None
    parent_id: int | None
    has_boundary: bool
    figures: dict[str, int] = Field(description="The counts the rates are made of.")
    rates: dict[str, RateAnswer]


class CoverageOfAll(BaseModel):
    """The whole edition, wherever its units lie: also those outside every area."""

    figures: dict[str, int]
    rates: dict[str, RateAnswer]


class Coverage(BaseModel):
    """A page of areas, by code."""

    whole: CoverageOfAll
    areas: list[CoverageOfArea]
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


def of_settings(settings: Settings) -> str:
    """A mark of the settings that rates depend on."""
    return answers.fingerprint(
        settings.target_establishment,
        settings.target_membership,
        settings.target_new_employment,
        settings.small_denominator,
        settings.map_approval_number,
        settings.map_attribution,
    )


@router.get(
    "/api/coverage",
    response_model=Coverage,
    openapi_extra=SECURED,
    responses={
        200: {"content": answers.GEOJSON_CONTENT},
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def list_coverage(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[CoverageQuestion, Query()]
) -> Response:
    """The rates of every area of a kind. 各区域建会率、入会率。

    Each with numerator, denominator, scope, date and share of missing data.
    """
    after = answers.read_cursor(asked.after, 3)
    whole = answers.as_geojson(request, asked.format)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "enterprises")
        tag = answers.etag(found, of_settings(service.settings))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        answer = rates.area_rates(reader, asked.kind, service.settings)
        mark = (answer.area_edition.id, answer.enterprises.id)
        start = 0
        if after is not None:
            ids = [area.id for area in answer.areas]
            if after[:2] != mark or after[2] not in ids:
                raise Invalid(
                    "The list has changed since that page: another edition is in force.",
                    remedy="Begin again without `after`.",
                    field="after",
                )
            start = ids.index(after[2]) + 1
        page = answer.areas[start : start + asked.limit]
        boundaries: npt.NDArray[np.object_] = np.full(len(page), None, dtype=object)
        if whole:
            of_kind = list_areas(reader, kind=asked.kind, limit=10**6, with_boundary=True)
            by_id = {area.id: area.boundary for area in of_kind}
            boundaries[:] = [by_id[area.id] for area in page]
    more = start + len(page) < len(answer.areas)
    end = answers.cursor(*mark, page[-1].id) if more else None
    next_page = None if end is None else answers.page_after(request, end)
    shown = [CoverageOfArea.model_validate(area, from_attributes=True) for area in page]
    total = CoverageOfAll.model_validate(answer.whole, from_attributes=True)
    brief = answers.briefs([answer.area_edition, answer.enterprises])
    if not whole:
        body = Coverage(whole=total, areas=shown, next=next_page, crs=asked.crs, editions=brief)
        return answers.reply(body, tag, public=False, next_page=next_page)
    return answers.reply(
        geojson.feature_collection(
            [area.id for area in shown],
            answers.geometry_in_crs(boundaries, asked.crs),
            [area.model_dump(mode="json", exclude={"id"}) for area in shown],
            extra={
                "whole": total.model_dump(mode="json"),
                "next": next_page,
                "crs_used": asked.crs,
                "editions": [one.model_dump(mode="json") for one in brief],
            },
        ),
        tag,
        public=False,
        media_type=geojson.MEDIA_TYPE,
        next_page=next_page,
    )


class MapQuestion(Question):
    """The parameters of the map."""

    kind: AreaKind | None = Field(
        None,
        description="Kind of area; by default subdistricts, or the next division there is.",
        examples=["subdistrict"],
    )
    measure: RateName = Field(
        "establishment", description="The rate to colour by.", examples=["membership_unionised"]
    )
    lang: Literal["zh", "en"] = Field(
        "zh", description="Language it opens in; it holds both.", examples=["en"]
    )


@router.get(
    "/maps/coverage.html",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The map: one HTML file that needs nothing else.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def coverage_page(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[MapQuestion, Query()]
) -> Response:
    """The coverage map as one file; save it, and it opens anywhere. 工会覆盖地图。"""
    with service.database.read(actor) as reader:
        for dataset in ("areas", "enterprises"):
            editions.require_active(reader, dataset)
        found = answers.read_editions(reader, "areas", "stations", "enterprises")
        statuses = status_mark(reader)
    tag = answers.etag(
        found, statuses, asked.kind or "", asked.measure, asked.lang, of_settings(service.settings)
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)

    def draw() -> str:
        with service.database.read(actor) as reader:
            return draw_page(
                reader,
                service.settings,
                kind=asked.kind,
                measure=asked.measure,
                language=asked.lang,
            )

    page = service.drawings.get(tag, draw)
    response = answers.reply(
        page.encode(), tag, public=False, media_type="text/html; charset=utf-8"
    )
    # The page's own policy names its scripts by hash; two policies both have to agree.
    response.headers["Content-Security-Policy"] = (
        f"{content_security_policy(page)}; frame-ancestors 'none'"
    )
    return response
