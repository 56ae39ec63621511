"""`/api/ledger`: what came of the talks with enterprises and workers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, Page
from api.moments import Day
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.ledger.funnel import AreaFunnel, Funnel, funnel

router = APIRouter(tags=["coverage"])


class LedgerQuestion(Page, answers.Question):
    """Which place and which days."""

    area_id: Identity | None = Field(
        None,
        description="This area with all areas in it; without it the whole ledger.",
        examples=[100],
    )
    kind: AreaKind | None = Field(
        None,
        description="Kind of the areas to list; by default the division below the area, or "
        "districts.",
        examples=["subdistrict"],
    )
    from_: Day | None = Field(
        None, alias="from", description="First day, included.", examples=["2026-01-01"]
    )
    to: Day | None = Field(None, description="Last day, included.", examples=["2026-06-30"])


class CountedAnswer(BaseModel):
    """A sum over the entries that state it."""

    value: int | None = Field(description="Null where no entry states it, which is not 0.")
    entries: int = Field(description="How many entries state it.")


class Conversion(BaseModel):
    """A share of one step of the next, over the entries that state both."""

    numerator: int
    denominator: int
    value: float | None = Field(description="Null means no data, which is not 0.")
    low: float | None = Field(description="Lower end of the 95 % Wilson interval.")
    high: float | None
    missing_share: float | None = Field(description="Share of entries that do not state both.")
    small_denominator: bool


class FunnelAnswer(BaseModel):
    """What was counted over some entries, and what came of it."""

    entries: int
    first_day: date | None
    last_day: date | None
    talks: CountedAnswer = Field(description="With enterprises and with workers. 沟通会场次。")
    counts: dict[str, CountedAnswer] = Field(
        description="enterprise_talks, worker_talks, enterprises, without_union, agreed, founded, "
        "sign_ups."
    )
    conversions: dict[str, Conversion] = Field(
        description="without_union of enterprises; agreed of without_union; founded_of_agreed; "
        "founded of without_union."
    )


class FunnelOfArea(BaseModel):
    """The funnel of an area with all areas in it."""

    id: int
    name: str | None
    kind: AreaKind
    code: str | None
    parent_id: int | None
    funnel: FunnelAnswer


class Ledger(BaseModel):
    """The ledger of a place, of the areas below it, and month by month. Counts only, no people."""

    area: FunnelOfArea | None = Field(description="The area that was asked for.")
    whole: FunnelAnswer = Field(description="The whole ledger of those days.")
    listed_kind: AreaKind | None = Field(description="Kind of the areas listed.")
    areas: list[FunnelOfArea] = Field(description="Areas that have entries, by id.")
    elsewhere: FunnelAnswer = Field(description="Entries in none of the areas that are listed.")
    months: dict[str, FunnelAnswer] = Field(description="By month, such as 2026-05.")
    unplaced: int = Field(
        description="Entries whose place is none of the areas in force: in the whole ledger only."
    )
    unplaced_names: dict[str, int] = Field(description="The places they name most.")
    next: str | None = Field(description="Address of the next page of areas; null on the last.")
    editions: list[EditionBrief]


@router.get(
    "/api/ledger",
    response_model=Ledger,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: the ledger is that of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def read_ledger(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[LedgerQuestion, Query()]
) -> Response:
    """The organising ledger as a funnel: from talks to unions founded and members. 双沟通台账。"""
    after = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas")
        answer = funnel(
            reader,
            service.settings,
            area_id=asked.area_id,
            kind=asked.kind,
            since=asked.from_,
            until=asked.to,
            after=-1 if after is None else after[0],
            limit=asked.limit,
        )
    end = answers.cursor(answer.areas[-1].id) if answer.more else None
    next_page = None if end is None else answers.page_after(request, end)
    body = Ledger(
        area=None if answer.area is None else _of_area(answer.area),
        whole=_told(answer.whole),
        listed_kind=answer.listed_kind,  # type: ignore[arg-type]
        areas=[_of_area(one) for one in answer.areas],
        elsewhere=_told(answer.elsewhere),
        months={month: _told(one) for month, one in answer.months.items()},
        unplaced=answer.unplaced,
        unplaced_names=answer.unplaced_names,
        next=next_page,
        editions=answers.briefs(found),
    )
    # The ledger has no editions: what it says is its own mark.
    tag = answers.etag(found, "ledger", answers.fingerprint(body.model_dump_json()))
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    return answers.reply(body, tag, public=False, next_page=next_page)


def _of_area(one: AreaFunnel) -> FunnelOfArea:
    return FunnelOfArea.model_validate(one, from_attributes=True)


def _told(one: Funnel) -> FunnelAnswer:
    return FunnelAnswer.model_validate(one, from_attributes=True)
