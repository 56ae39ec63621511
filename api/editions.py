"""`/api/editions`: what the answers speak from, and of which day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Question
from api.service import Asking, Serving
from api.words import Dataset, EditionState
from geo import editions
from geo.errors import Busy, Invalid, Unauthorized, Unavailable

router = APIRouter(prefix="/api/editions", tags=["editions"])

PUBLIC = ("id", "dataset", "state", "as_of", "activated_at")


class EditionsQuestion(Question):
    """The parameters of the list."""

    dataset: Dataset | None = Field(
        None, description="Only editions of this dataset.", examples=["stations"]
    )


class EditionAnswer(BaseModel):
    """One edition. Without the key only what is in force, and no more than its date."""

    id: int = Field(examples=[7])
    dataset: Dataset
    state: EditionState
    as_of: date = Field(description="The day the data speak for.")
    activated_at: datetime | None
    source: str | None = Field(None, description="File it came from; with the key.")
    declared_crs: str | None = Field(None, description="With the key.")
    rows_read: int | None = Field(None, description="With the key.")
    rows_accepted: int | None = Field(None, description="With the key.")
    rows_rejected: int | None = Field(None, description="With the key.")
    rows_unlocated: int | None = Field(None, description="With the key.")
    created_at: datetime | None = Field(None, description="With the key.")
    created_by: str | None = Field(None, description="With the key.")
    report: dict[str, Any] | None = Field(None, description="What the import found; with the key.")


class EditionList(BaseModel):
    """Editions, the newest first."""

    editions: list[EditionAnswer]


@router.get(
    "",
    response_model=EditionList,
    responses={
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Busy, Unavailable),
    },
)
def list_editions(
    request: Request, service: Serving, actor: Asking, asked: Annotated[EditionsQuestion, Query()]
) -> Response:
    """The editions in force; with the key every edition and what its import found. 数据版本。"""
    with service.database.read(actor) as reader:
        found = editions.list_editions(reader, asked.dataset)
    if actor.sees_enterprises:
        shown = [EditionAnswer.model_validate(one, from_attributes=True) for one in found]
    else:
        shown = [
            EditionAnswer.model_validate({name: getattr(one, name) for name in PUBLIC})
            for one in found
            if one.state == "active"
        ]
    body = EditionList(editions=shown)
    tag = f'W/"editions-{answers.fingerprint(body.model_dump_json())}"'
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    return answers.reply(body, tag, public=False)
