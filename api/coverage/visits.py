"""`/api/coverage/visits`: where to send people (蹲点)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, Question
from api.coverage.rates import RateAnswer, of_settings
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind
from geo.coverage import visits as ranking
from geo.enterprises.register import revision
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

router = APIRouter(tags=["coverage"])


class VisitsQuestion(Question):
    """The parameters of the visits."""

    kind: AreaKind = Field("subdistrict", description="Kind of area.", examples=["subdistrict"])
    parent_id: Identity | None = Field(
        None, description="Only areas below this one, however far.", examples=[100]
    )
    limit: int = Field(20, ge=1, le=500, description="How many at most.", examples=[10])


class VisitAnswer(BaseModel):
    """An area worth a visit, and why."""

    rank: int
    id: int
    name: str | None
    kind: AreaKind
    code: str | None
    parent_id: int | None
    gap_workers: int = Field(description="Employees of its units without a union.")
    share: float | None = Field(description="Their part of the gap of `of`; null for none.")
    of_id: int | None = Field(description="The area above it; null for everything.")
    of_name: str | None
    units_none: int = Field(description="Its units without a union.")
    units_25_none: int = Field(description="Those of them that are obliged (25 employees or more).")
    units_100_none: int
    workers_25: int = Field(description="Employees of these.")
    workers_100: int
    reason_zh: str
    reason_en: str
    rates: dict[str, RateAnswer]


class Visits(BaseModel):
    """Areas by their gap in workers."""

    visits: list[VisitAnswer]
    measure_zh: str
    measure_en: str
    editions: list[EditionBrief]


@router.get(
    "/api/coverage/visits",
    response_model=Visits,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: editions and unions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def coverage_visits(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[VisitsQuestion, Query()]
) -> Response:
    """Where to send people: areas by the workers whose units have no union. 蹲点：先去哪里。

    Each with its reason in one sentence, Chinese and English.
    """
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "enterprises")
        tag = answers.etag(found, f"r{revision(reader)}", of_settings(service.settings))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        told, answer = ranking.visits(
            reader, asked.kind, service.settings, parent_id=asked.parent_id, limit=asked.limit
        )
    body = Visits(
        visits=[
            VisitAnswer(
                id=one.area.id,
                name=one.area.name,
                kind=asked.kind,
                code=one.area.code,
                parent_id=one.area.parent_id,
                rates={
                    name: RateAnswer.model_validate(rate, from_attributes=True)
                    for name, rate in one.area.rates.items()
                },
                **{
                    field: getattr(one, field)
                    for field in VisitAnswer.model_fields
                    if hasattr(one, field)
                },
            )
            for one in told
        ],
        measure_zh=ranking.MEASURE[0],
        measure_en=ranking.MEASURE[1],
        editions=answers.briefs([answer.area_edition, answer.enterprises]),
    )
    return answers.reply(body, tag, public=False)
