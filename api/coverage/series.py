"""`/api/coverage/series`: a rate over all editions of enterprises, and where it goes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, Page
from api.coverage.rates import Definition, Note, of_settings
from api.coverage.shares import ShareAnswer
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind, RateName
from geo.coverage import past
from geo.coverage.series import Point, Series, series
from geo.coverage.targets import read_targets
from geo.enterprises.register import revision
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

router = APIRouter(tags=["coverage"])

ForecastState = Literal[
    "reached", "on_the_way", "later", "not_reached", "too_few_points", "no_target"
]


class SeriesQuestion(Page, answers.Question):
    """Which rate, and for which areas."""

    measure: RateName = Field(
        "establishment", description="The rate.", examples=["membership_unionised"]
    )
    kind: AreaKind | None = Field(
        None,
        description="Kind of area; without it, and without area_id, everything together.",
        examples=["district"],
    )
    area_id: Identity | None = Field(None, description="This area alone.", examples=[110])
    parent_id: Identity | None = Field(
        None, description="With kind: only areas below this one, however far.", examples=[100]
    )
    target_date: date | None = Field(
        None,
        description="The day forecasts look at; by default the end of the year of the last "
        "edition.",
        examples=["2026-12-31"],
    )


class PointAnswer(BaseModel):
    """One edition. Without a value there is a reason."""

    edition_id: int
    as_of: date
    state: str = Field(description="active or retired.", examples=["active"])
    share: ShareAnswer | None
    reason_zh: str | None
    reason_en: str | None
    formed_later: bool = Field(
        description="The area was formed only afterwards: counted within its present borders."
    )


class ForecastAnswer(BaseModel):
    """A plain line through the last points, and what it assumes."""

    state: ForecastState = Field(
        description="reached already; on_the_way: by the target date; later; not_reached: never or "
        "not within 30 years; too_few_points: fewer than three; no_target."
    )
    points: int = Field(description="How many points it rests on, six at most.")
    first: date | None
    last: date | None
    per_year: float | None = Field(description="Rise of the share in a year.")
    target_date: date
    value: float | None = Field(description="The share on that day, if it goes on so; at most 1.")
    target: float | None
    reaches_on: date | None = Field(description="The first day the line is not below the target.")
    assumption_zh: str
    assumption_en: str


class SeriesOfArea(BaseModel):
    """The points of one area, by day."""

    id: int = Field(description="0 for everything together.")
    name: str | None
    kind: str = Field(description="Kind of area, or whole.", examples=["subdistrict"])
    code: str | None
    parent_id: int | None
    predecessor_code: str | None = Field(description="What it was formed from.")
    valid_from: date | None
    points: list[PointAnswer]
    forecast: ForecastAnswer


class SeriesList(BaseModel):
    """A page of series, by code."""

    measure: RateName
    definition: Definition
    series: list[SeriesOfArea]
    left_out: list[EditionBrief] = Field(
        description="Editions that another of the same day stands for."
    )
    next: str | None = Field(description="Address of the next page; null on the last.")
    notes: list[Note]
    editions: list[EditionBrief]


@router.get(
    "/api/coverage/series",
    response_model=SeriesList,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def coverage_series(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[SeriesQuestion, Query()]
) -> Response:
    """A rate over all editions that are or were in force, with a forecast. 历期走势与预测。

    Earlier editions are counted within the borders in force when they are first asked for, one
    caller at a time.
    """
    after = answers.read_cursor(asked.after, 3)
    targets = read_targets(service.settings)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "enterprises")
        if len(found) == 2:
            points, left_out = past.series_points(reader)
            known = [(one.id, one.state) for one in [*points, *left_out]]
            marks = [f"r{revision(reader)}", answers.fingerprint(known)]
            tag = answers.etag(found, *marks, of_settings(service.settings))
            if answers.unchanged(request, tag):
                return answers.not_modified(tag, public=False)
        # Says what is missing when there are no areas or enterprises.
        wanted = past.uncounted(reader, targets)
    mark = tuple(one.id for one in found)
    if after is not None and after[:2] != mark:
        raise Invalid(
            "列表已经变化。 The list has changed since that page.",
            remedy="去掉 after 重新开始。 Begin again without `after`.",
            field="after",
        )
    if wanted:
        past.ensure_laid(service.database, actor, service.settings, wait=False)
    with service.database.read(actor) as reader:
        answer = series(
            reader,
            service.settings,
            measure=asked.measure,
            kind=asked.kind,
            area_id=asked.area_id,
            parent_id=asked.parent_id,
            target_date=asked.target_date,
            after=None if after is None else after[2],
            limit=asked.limit,
        )
    end = answers.cursor(*mark, answer.series[-1].area.id) if answer.more else None
    next_page = None if end is None else answers.page_after(request, end)
    definition = answer.definition
    body = SeriesList(
        measure=asked.measure,
        definition=Definition(
            name=definition.name,
            counts=definition.counts,
            **definition.told(targets.of(answer.region).numbers),
        ),
        series=[_told(one) for one in answer.series],
        left_out=answers.briefs(answer.left_out),
        next=next_page,
        notes=[Note(zh=zh, en=en) for zh, en in answer.notes],
        editions=answers.briefs([answer.area_edition, *answer.editions]),
    )
    return answers.reply(body, tag, public=False, next_page=next_page)


def _told(one: Series) -> SeriesOfArea:
    return SeriesOfArea(
        id=one.area.id,
        name=one.area.name,
        kind=one.area.kind,
        code=one.area.code,
        parent_id=one.area.parent_id,
        predecessor_code=one.area.predecessor_code,
        valid_from=one.area.valid_from,
        points=[_point(point) for point in one.points],
        forecast=ForecastAnswer.model_validate(one.forecast, from_attributes=True),
    )


def _point(point: Point) -> PointAnswer:
    zh, en = point.reason or (None, None)
    return PointAnswer(
        edition_id=point.edition_id,
        as_of=point.as_of,
        state=point.state,
        share=None
        if point.share is None
        else ShareAnswer.model_validate(point.share, from_attributes=True),
        reason_zh=zh,
        reason_en=en,
        formed_later=point.formed_later,
    )
