"""`/api/coverage/compare`: what changed between two editions of enterprises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, Page
from api.coverage.rates import Note, of_settings
from api.coverage.shares import ShareAnswer
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind
from geo.coverage import pairs
from geo.coverage.compare import AreaChangeFacts, compare
from geo.coverage.joined import CAME, WENT
from geo.enterprises.register import revision
from geo.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

router = APIRouter(tags=["coverage"])

EditionNumber = Annotated[int, Field(ge=1, le=2_147_483_647)]


class CompareQuestion(Page, answers.Question):
    """Which two editions, and for which areas."""

    from_: EditionNumber | None = Field(
        None,
        alias="from",
        description="The earlier edition of enterprises; by default the last one of before the "
        "other's day.",
        examples=[4],
    )
    to: EditionNumber | None = Field(
        None, description="The later one; by default the edition in force.", examples=[7]
    )
    kind: AreaKind = Field(
        "subdistrict", description="Kind of area; ignored with area_id.", examples=["district"]
    )
    area_id: Identity | None = Field(None, description="This area alone.", examples=[110])
    parent_id: Identity | None = Field(
        None, description="Only areas below this one, however far.", examples=[100]
    )


class UnitsChange(BaseModel):
    """Units that are counted. before + appeared + no_longer_set_apart + moved_in − closed −
    unlisted − now_set_apart − moved_out = after."""

    before: int
    after: int
    change: int
    in_both: int = Field(description="There in both editions, and set apart in neither.")
    appeared: int = Field(description="Not in the earlier list.")
    no_longer_set_apart: int
    moved_in: int = Field(description="In the earlier list, but elsewhere.")
    moved_in_unplaced: int = Field(description="Of these: had no place.")
    closed: int = Field(description="Said to be closed by the later list.")
    unlisted: int = Field(description="No longer in the list; whether closed is not known.")
    now_set_apart: int = Field(description="Dormant or a mass registration now.")
    moved_out: int
    moved_out_unplaced: int = Field(description="Of these: have no place now.")
    set_apart_before: int = Field(
        description="Mass registrations, dormant and closed units, left out of all of this."
    )
    set_apart_after: int


class CoveredChange(BaseModel):
    """Units covered by a union. before + newly_own + newly_joint + newly_known − lost_union −
    no_longer_known + came − went = after."""

    before: int
    after: int
    change: int
    newly_own: int = Field(description="Had none, have a union of their own.")
    newly_joint: int = Field(description="Had none, are covered by a joint union.")
    newly_known: int = Field(description="Their state was not known; have a union.")
    own_to_joint: int
    joint_to_own: int
    lost_union: int
    no_longer_known: int = Field(description="Had a union; their state is not known now.")
    came: dict[str, int] = Field(
        description="Covered units that came: appeared, no_longer_set_apart, moved_in."
    )
    went: dict[str, int] = Field(
        description="Covered units that went: closed, unlisted, now_set_apart, moved_out."
    )


class UnionsChange(BaseModel):
    """Different unions; a joint union counts once, however many units it covers."""

    before: int
    after: int
    change: int
    founded: int = Field(description="Unions that no unit of the earlier edition was in.")
    ended: int = Field(description="Unions that no unit of the later edition is in.")
    renamed: int = Field(description="Only their code or name is another; neither of the two.")


class MembersChange(BaseModel):
    """Members. before + real + now_stated − no_longer_stated + came − went = after."""

    before: int
    after: int
    change: int
    real: int = Field(description="Won or lost by units in both editions that state both.")
    now_stated: int = Field(description="Of units in both that state theirs only now.")
    no_longer_stated: int
    came: dict[str, int] = Field(
        description="Of units that came: appeared, no_longer_set_apart, moved_in."
    )
    went: dict[str, int] = Field(
        description="Of units that went: closed, unlisted, now_set_apart, moved_out."
    )


class RateChangeAnswer(BaseModel):
    """A rate before and after. change = real + composition."""

    name: str = Field(examples=["establishment"])
    scope: str
    scope_zh: str
    before: ShareAnswer
    after: ShareAnswer
    both_before: float | None = Field(description="Over the units in both editions alone.")
    both_after: float | None
    change: float | None = Field(description="Null where either edition has no data.")
    real: float | None = Field(description="What the units in both editions changed.")
    composition: float | None = Field(
        description="The rest: units that came, went, or weigh more or less than before."
    )


class ChangeOfArea(BaseModel):
    """What became of an area."""

    units: UnitsChange
    covered: CoveredChange
    unions: UnionsChange
    members: MembersChange
    rates: dict[str, RateChangeAnswer]


class ChangeOfNamedArea(ChangeOfArea):
    """An area in force, and what became of it."""

    id: int
    name: str | None
    kind: AreaKind
    code: str | None
    parent_id: int | None
    predecessor_code: str | None = Field(description="What it was formed from.")
    formed_later: bool = Field(
        description="It was formed after the earlier edition, which is counted within its borders "
        "all the same."
    )


class ComparedEdition(EditionBrief):
    """One of the two editions."""

    state: str = Field(examples=["retired"])
    source: str


class Comparison(BaseModel):
    """A page of areas, by code. Editions are compared as they state themselves, within the borders
    in force."""

    before: ComparedEdition
    after: ComparedEdition
    whole: ChangeOfArea = Field(description="Everything, also outside all areas.")
    areas: list[ChangeOfNamedArea]
    next: str | None = Field(description="Address of the next page; null on the last.")
    notes: list[Note]
    editions: list[EditionBrief]


@router.get(
    "/api/coverage/compare",
    response_model=Comparison,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Conflict, Busy, Unavailable),
    },
)
def compare_coverage(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[CompareQuestion, Query()]
) -> Response:
    """What changed between two editions: real change told apart from moves. 两期对比。

    A pair is counted when it is first asked for, which takes seconds for a large city; one at a
    time, others are told to come back.
    """
    after = answers.read_cursor(asked.after, 4)
    with service.database.read(actor) as reader:
        pair = pairs.find_pair(reader, asked.from_, asked.to)
        marks = [f"r{revision(reader)}", of_settings(service.settings)]
    of = [pair.before, pair.after, pair.area_edition]
    tag = answers.etag(of, *marks)
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    mark = tuple(one.id for one in of)
    if after is not None and after[:3] != mark:
        raise Invalid(
            "列表已经变化。 The list has changed since that page.",
            remedy="去掉 after 重新开始。 Begin again without `after`.",
            field="after",
        )
    pairs.ensure_counted(service.database, actor, pair, service.settings, wait=False)
    with service.database.read(actor) as reader:
        answer = compare(
            reader,
            pair,
            service.settings,
            kind=asked.kind,
            area_id=asked.area_id,
            parent_id=asked.parent_id,
            after=None if after is None else after[3],
            limit=asked.limit,
        )
    end = answers.cursor(*mark, answer.areas[-1].area.id) if answer.more else None
    next_page = None if end is None else answers.page_after(request, end)
    body = Comparison(
        before=ComparedEdition.model_validate(pair.before, from_attributes=True),
        after=ComparedEdition.model_validate(pair.after, from_attributes=True),
        whole=ChangeOfArea.model_validate(told(answer.whole)),
        areas=[ChangeOfNamedArea.model_validate(told(area)) for area in answer.areas],
        next=next_page,
        notes=[Note(zh=zh, en=en) for zh, en in answer.notes],
        editions=answers.briefs(of),
    )
    return answers.reply(body, tag, public=False, next_page=next_page)


def told(facts: AreaChangeFacts) -> dict[str, object]:
    """What became of an area, in the groups that people read."""
    area = facts.area
    named = ("id", "name", "kind", "code", "parent_id", "predecessor_code")
    counts: Mapping[str, int] = facts.counts

    def group(model: type[BaseModel], name: str, prefix: str = "") -> dict[str, object]:
        sides = {side: counts.get(f"{name}_{side}", 0) for side in ("before", "after")}
        parts: dict[str, object] = {
            part: counts.get(f"{prefix}{part}", 0)
            for part in model.model_fields
            if part not in (*sides, "change", "came", "went")
        }
        if "came" in model.model_fields:
            parts["came"] = {flow: counts.get(f"{name}_{flow}", 0) for flow in CAME}
            parts["went"] = {flow: counts.get(f"{name}_{flow}", 0) for flow in WENT}
        return {**sides, "change": sides["after"] - sides["before"], **parts}

    return {
        **{name: getattr(area, name) for name in named},
        "formed_later": facts.formed_later,
        "units": group(UnitsChange, "units"),
        "covered": group(CoveredChange, "covered"),
        "unions": group(UnionsChange, "unions", "unions_"),
        "members": group(MembersChange, "members", "members_"),
        "rates": {
            name: RateChangeAnswer.model_validate(one, from_attributes=True)
            for name, one in facts.rates.items()
        },
    }
