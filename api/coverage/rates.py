"""`/api/coverage`: union coverage as rates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, OfCrs, Page
from api.filters import Filters
from api.service import SECURED, Seeing, Service, Serving
from api.words import AreaKind, Crs
from geo.areas.queries import list_areas
from geo.coverage.definitions import RATES, SET_APART, SET_APART_ZH
from geo.coverage.filtered import rates_of_register
from geo.coverage.places import kind_of
from geo.coverage.rates import CoverageAnswer, area_rates
from geo.coverage.targets import read_targets
from geo.database import Reader
from geo.enterprises.filter import Filter
from geo.enterprises.register import revision
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.settings import Settings
from maps import geojson

router = APIRouter(tags=["coverage"])

BY_STATE_ZH = "按建会状态筛选时，建会率由筛选本身决定，不予给出。"
BY_STATE_EN = "A choice by union state decides the establishment rates itself: they are not given."


class CoverageQuestion(Page, Filters, OfCrs):
    """The parameters of the rates."""

    kind: AreaKind | None = Field(
        None,
        description="Kind of area; by default subdistricts, with area_id that area's.",
        examples=["subdistrict"],
    )
    parent_id: Identity | None = Field(
        None,
        description="Only areas below this one, however far; they are ranked among each other.",
        examples=[100],
    )
    area_id: Identity | None = Field(
        None, description="This area alone, ranked among all of its kind.", examples=[110]
    )


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
    target_source: str | None = Field(description="Who set the target.")
    target_source_zh: str | None
    gap: int | None = Field(
        description="Units or people (see `counts` in `definitions`) missing to the target; null "
        "without a target or data."
    )
    low: float | None = Field(description="Lower end of the 95 % Wilson interval.")
    high: float | None
    shrunk: float | None = Field(
        description="Its value for ranking: pulled towards what is usual among areas of its kind "
        "by how little it rests on (empirical Bayes)."
    )
    shrunk_low: float | None = Field(description="Lower end of its 95 % interval.")
    shrunk_high: float | None


class SetApart(BaseModel):
    """Units that are counted in no rate, and the employees they state."""

    mass_registration: int = Field(description="集群注册：同一地址大量注册、职工极少。")
    dormant: int = Field(description="歇业、停业。")
    closed: int = Field(description="注销、吊销。")
    employees: int


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
    rank: dict[str, int | None] = Field(
        description="Its place by each shrunk rate among the areas asked for, 1 the highest; null "
        "for no data."
    )
    rank_gap: dict[str, int | None] = Field(
        description="Its place by each gap, 1 the largest; null without a target or data."
    )
    set_apart: SetApart


class CoverageOfAll(BaseModel):
    """The whole edition, wherever its units lie: also those outside every area."""

    figures: dict[str, int]
    rates: dict[str, RateAnswer]
    set_apart: SetApart


class Definition(BaseModel):
    """What a rate divides. 口径。"""

    name: str = Field(examples=["establishment"])
    title: str
    title_zh: str
    scope: str
    scope_zh: str
    counts: str = Field(description="units or people: what numerator, denominator and gap count.")


class Note(BaseModel):
    """Something to know when reading the answer."""

    zh: str
    en: str


class Coverage(BaseModel):
    """A page of areas, by code."""

    kind: AreaKind
    whole: CoverageOfAll
    areas: list[CoverageOfArea]
    areas_in_all: int = Field(description="How many areas the list has.")
    definitions: list[Definition]
    notes: list[Note]
    filter: str = Field(description="The filter in force; empty for all units.")
    version: int = Field(description="Number of the last change of a union that is counted.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


def of_settings(settings: Settings) -> str:
    """A mark of the settings that rates depend on."""
    return answers.fingerprint(
        read_targets(settings).mark,
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
        304: {"description": "Not modified: editions and unions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def list_coverage(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[CoverageQuestion, Query()]
) -> Response:
    """The rates of every area of a kind. 各区域建会率、入会率。

    Each with numerator, denominator, scope, date, share of missing data, target and its source, the
    gap to it, and a value for ranking. Filters leave only some units in all of it.
    """
    after = answers.read_cursor(asked.after, 4)
    drawn = answers.as_geojson(request, asked.format)
    chosen = asked.filter()
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "enterprises")
        changed = revision(reader)
        marks = [f"r{changed}", of_settings(service.settings)]
        if chosen.tiers:
            marks.append(answers.fingerprint(clusters_found_at(reader)))
        tag = answers.etag(found, *marks)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        kind: AreaKind = asked.kind or "subdistrict"
        if asked.kind is None and asked.area_id is not None:
            kind = kind_of(reader, asked.area_id)  # type: ignore[assignment]
        answer = coverage_of(service, reader, kind, chosen, changed, asked.parent_id, asked.area_id)
        mark = (answer.area_edition.id, answer.enterprises.id, changed)
        start = 0
        if after is not None:
            if after[:3] != mark or after[3] not in answer.ids:
                raise Invalid(
                    "列表已经变化。 The list has changed since that page.",
                    remedy="去掉 after 重新开始。 Begin again without `after`.",
                    field="after",
                )
            start = answer.ids.index(after[3]) + 1
        page = answer.some(start, start + asked.limit)
        boundaries: npt.NDArray[np.object_] = np.full(len(page), None, dtype=object)
        if drawn:
            of_kind = list_areas(reader, kind=kind, limit=10**6, with_boundary=True)
            by_id = {area.id: area.boundary for area in of_kind}
            boundaries[:] = [by_id.get(area.id) for area in page]
    more = start + len(page) < len(answer)
    end = answers.cursor(*mark, page[-1].id) if more else None
    next_page = None if end is None else answers.page_after(request, end)
    body = Coverage(
        kind=kind,
        whole=CoverageOfAll.model_validate(answer.whole, from_attributes=True),
        areas=[CoverageOfArea.model_validate(area, from_attributes=True) for area in page],
        areas_in_all=len(answer),
        definitions=definitions(answer),
        notes=notes(chosen),
        filter=chosen.key,
        version=changed,
        next=next_page,
        crs=asked.crs,
        editions=answers.briefs([answer.area_edition, answer.enterprises]),
    )
    if not drawn:
        return answers.reply(body, tag, public=False, next_page=next_page)
    told: dict[str, Any] = body.model_dump(mode="json", exclude={"areas", "crs"})
    return answers.reply(
        geojson.feature_collection(
            [area.id for area in body.areas],
            answers.geometry_in_crs(boundaries, asked.crs),
            [area.model_dump(mode="json", exclude={"id"}) for area in body.areas],
            extra={**told, "crs_used": asked.crs},
        ),
        tag,
        public=False,
        media_type=geojson.MEDIA_TYPE,
        next_page=next_page,
    )


def coverage_of(
    service: Service,
    reader: Reader,
    kind: str,
    chosen: Filter,
    changed: int,
    parent_id: int | None = None,
    area_id: int | None = None,
) -> CoverageAnswer:
    """The rates that are asked for: of all units from the kept counts, of some from memory.

    Args:
        service: whose register and settings.
        reader: the transaction.
        kind: of the areas.
        chosen: the units.
        changed: the number of the last change of a union that must be counted.
        parent_id, area_id: which areas.
    """
    settings = service.settings
    if not chosen:
        return area_rates(reader, kind, settings, parent_id=parent_id, area_id=area_id)
    register = service.register.current(at_least=changed)
    counter = service.counters.of(register, read_targets(settings))
    return rates_of_register(
        reader, register, counter, kind, settings, chosen, parent_id=parent_id, area_id=area_id
    )


def clusters_found_at(reader: Reader) -> str | None:
    """When the clusters of the active enterprises were found; None for never."""
    found = reader.scalar(
        "SELECT r.found_at::text FROM cluster_run r JOIN edition e ON e.id = r.edition_id "
        "WHERE e.dataset = 'enterprises' AND e.state = 'active'"
    )
    return None if found is None else str(found)


def definitions(answer: CoverageAnswer) -> list[Definition]:
    """What each rate divides, with the thresholds of the whole."""
    numbers = answer.targets.of(answer.region).numbers
    return [
        Definition(name=name, counts=one.counts, **one.told(numbers)) for name, one in RATES.items()
    ]


def notes(chosen: Filter) -> list[Note]:
    """What to know when reading the answer."""
    said = [Note(zh=f"{SET_APART_ZH}。", en=f"{SET_APART[0].upper()}{SET_APART[1:]}.")]
    if chosen.states:
        said.append(Note(zh=BY_STATE_ZH, en=BY_STATE_EN))
    return said
