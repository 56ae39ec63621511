"""`/api/enterprises/figures`: counts and rates of one area under a filter."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import EditionBrief, Identity, Question
from api.enterprises.shared import AREA_ID, READ, mark
from api.filters import Filters
from api.service import SECURED, Seeing, Serving
from geo.coverage.filtered import rates_of_register
from geo.coverage.places import kind_of
from geo.coverage.targets import read_targets
from geo.enterprises.register import revision
from geo.schema.areas import AREA_KINDS

router = APIRouter(prefix="/api/enterprises", tags=["enterprises"])


class FiguresQuestion(Question, Filters):
    """Which units, and where."""

    area_id: Identity | None = AREA_ID


class RateBrief(BaseModel):
    """A rate of the units that the filter keeps; `/api/coverage` says more of each."""

    value: float | None = Field(description="Null means no data, which is not 0.")
    numerator: int
    denominator: int
    missing_share: float | None = Field(description="Share of units that did not state it.")
    small_denominator: bool = Field(description="Whether it rests on few.")
    low: float | None = Field(description="Lower end of the 95 % Wilson interval.")
    high: float | None
    target: float | None
    gap: int | None = Field(description="Units or people missing to the target.")
    scope: str
    scope_zh: str


class SetApartBrief(BaseModel):
    """Units that are counted in no rate, and the employees they state."""

    mass_registration: int
    dormant: int
    closed: int
    employees: int


class EnterpriseFigures(BaseModel):
    """What the filter keeps inside one area, counted."""

    area_id: int | None
    name: str | None = Field(description="Of the area; null for everywhere, or without a name.")
    figures: dict[str, int] = Field(description="The counts, of units that are not set apart.")
    rates: dict[str, RateBrief]
    set_apart: SetApartBrief
    filter: str = Field(description="The filter in its plain form; empty for all units.")
    version: int = Field(description="Number of the last change of a union that is counted.")
    editions: list[EditionBrief]


@router.get(
    "/figures",
    response_model=EnterpriseFigures,
    openapi_extra=SECURED,
    responses=READ,
)
def enterprise_figures(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[FiguresQuestion, Query()]
) -> Response:
    """Counts and rates of one area, or of everywhere, under a filter. 按条件统计一个区域。"""
    chosen = asked.filter()
    targets = read_targets(service.settings)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "enterprises", "areas")
        version = revision(reader)
        tag = answers.etag(
            found, mark(reader, version), targets.mark, str(service.settings.small_denominator)
        )
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        register = service.register.current(at_least=version)
        kind = AREA_KINDS[0] if asked.area_id is None else kind_of(reader, asked.area_id)
        told = rates_of_register(
            reader,
            register,
            service.counters.of(register, targets),
            kind,
            service.settings,
            chosen,
            area_id=asked.area_id,
        )
    area = told.whole if asked.area_id is None else told.areas[0]
    body = EnterpriseFigures(
        area_id=asked.area_id,
        name=area.name,
        figures=area.figures,
        rates={
            name: RateBrief.model_validate(rate, from_attributes=True)
            for name, rate in area.rates.items()
        },
        set_apart=SetApartBrief(**area.set_apart),
        filter=chosen.key,
        version=version,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False)
