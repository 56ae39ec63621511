"""`/api/enterprises/{id}/union`: noting what became of a union, and taking it back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers, problems
from api.enterprises.shared import EXAMPLE, EnterpriseId
from api.identity import OWN_PAGE
from api.moments import Day
from api.service import SECURED, Seeing, Service, Serving
from api.words import UnionState
from geo.coverage.targets import read_targets
from geo.enterprises import changes
from geo.enterprises.changes import LONGEST, Change
from geo.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

router = APIRouter(prefix="/api/enterprises", tags=["enterprises"])


class ChangeAnswer(BaseModel):
    """What became of a unit's union, as it was noted."""

    id: int = Field(examples=[17])
    enterprise_id: int = Field(examples=[EXAMPLE])
    name: str | None = Field(description="Of the unit; null when the list in force has it not.")
    since: date
    union_state: UnionState
    union_name: str | None
    union_uscc: str | None
    upper_union: str | None
    members: int | None
    note: str | None
    noted_at: datetime
    noted_by: str = Field(description="By which door: key holder, loopback, command line.")
    revoked_at: datetime | None
    holds: bool = Field(description="Whether it is the change in force.")


class UnionNoted(BaseModel):
    """What became of a union."""

    model_config = ConfigDict(extra="forbid")

    union_state: UnionState = Field(description="What holds from that day on.", examples=["own"])
    since: Day | None = Field(
        None,
        description="From which day; today if not given. Not before the day of the list.",
        examples=["2026-11-20"],
    )
    union_name: str | None = Field(
        None, max_length=LONGEST["union_name"], examples=["云杉电子有限公司工会委员会"]
    )
    union_uscc: str | None = Field(
        None, max_length=40, description="Credit code of the union.", examples=[None]
    )
    upper_union: str | None = Field(None, max_length=LONGEST["upper_union"], examples=[None])
    members: int | None = Field(
        None,
        ge=0,
        le=changes.MOST_MEMBERS,
        description="Members in this unit; the list's number stays if not given.",
        examples=[28],
    )
    note: str | None = Field(
        None,
        max_length=LONGEST["note"],
        description="In words; of the union, not of persons.",
        examples=["批复 2026-118 号"],
    )


@router.post(
    "/{enterprise_id}/union",
    status_code=201,
    response_model=ChangeAnswer,
    openapi_extra=SECURED,
    dependencies=[OWN_PAGE],
    responses=problems.told(
        Invalid, Unauthorized, Forbidden, NotFound, Conflict, Busy, Unavailable
    ),
)
def note_union(
    service: Serving, actor: Seeing, enterprise_id: EnterpriseId, noted: UnionNoted
) -> Response:
    """Note that a unit founded a union, joined one, or has one no more. 登记建会、入会或撤销。

    It holds at once: rates, tiles and lists of every process show it within a second.
    """
    with service.database.write(actor) as writer:
        change = changes.note_change(
            writer,
            read_targets(service.settings),
            enterprise_id,
            noted.union_state,
            today=_today(service),
            since=noted.since,
            union_name=noted.union_name,
            union_uscc=noted.union_uscc,
            upper_union=noted.upper_union,
            members=noted.members,
            note=noted.note,
        )
    answer = answers.reply(change_answer(change), None, public=False)
    answer.status_code = 201
    answer.headers["Location"] = f"/api/enterprises/{enterprise_id}"
    return answer


@router.delete(
    "/{enterprise_id}/union/{change_id}",
    response_model=ChangeAnswer,
    openapi_extra=SECURED,
    dependencies=[OWN_PAGE],
    responses=problems.told(
        Invalid, Unauthorized, Forbidden, NotFound, Conflict, Busy, Unavailable
    ),
)
def revoke_union(
    service: Serving,
    actor: Seeing,
    enterprise_id: EnterpriseId,
    change_id: Annotated[
        int, Path(ge=1, le=2**31 - 1, description="Number of the change.", examples=[17])
    ],
) -> Response:
    """Take back a change that was noted by mistake; its line stays in the history. 撤销变更。"""
    with service.database.write(actor) as writer:
        change = changes.revoke_change(
            writer, read_targets(service.settings), change_id, enterprise_id
        )
    return answers.reply(change_answer(change), None, public=False)


def change_answer(change: Change) -> ChangeAnswer:
    """A change as it is shown."""
    return ChangeAnswer.model_validate(change, from_attributes=True)


def _today(service: Service) -> date:
    return datetime.now(ZoneInfo(service.settings.time_zone)).date()
