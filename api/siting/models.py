"""`/api/siting/models`: which conditions each model takes, so that a form asks for no others."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.service import SECURED, Seeing
from api.siting.asking import FAILURES
from geo.siting.fields import LABELS, NOT_TOGETHER, TAKES

router = APIRouter(prefix="/api/siting", tags=["siting"])


class ModelsQuestion(answers.Question):
    """Nothing to choose."""


class ModelTakes(BaseModel):
    """A model, or maximum coverage asked as a curve or for several days (robust)."""

    asks: Literal["max-cover", "set-cover", "p-median", "p-centre", "curve", "robust"]
    takes: list[str] = Field(
        description="Conditions of the question that it takes; any other that is stated is refused."
    )


class ConditionLabel(BaseModel):
    """A condition of the question as the planner's page calls it."""

    field: str = Field(description="Its name in the question.")
    zh: str
    en: str


class ModelsAnswer(BaseModel):
    """Which conditions each model takes. Area, day, hours, groups, radius, locked, forbidden and
    own places, hosts that agreed and today's stations go with every one."""

    models: list[ModelTakes]
    not_together: list[tuple[str, str]] = Field(
        description="Pairs of conditions that are refused together."
    )
    fields: list[ConditionLabel]


@router.get(
    "/models",
    response_model=ModelsAnswer,
    openapi_extra=SECURED,
    responses={304: {"description": "Not modified: your ETag still holds."}, **FAILURES},
)
def siting_models(
    request: Request, actor: Seeing, asked: Annotated[ModelsQuestion, Query()]
) -> Response:
    """Which conditions each model takes. 各模型可用的条件。"""
    del actor, asked
    body = ModelsAnswer(
        models=[ModelTakes(asks=name, takes=list(takes)) for name, takes in TAKES.items()],
        not_together=list(NOT_TOGETHER),
        fields=[ConditionLabel(field=name, zh=zh, en=en) for name, (zh, en) in LABELS.items()],
    )
    tag = answers.etag([], answers.fingerprint(body.model_dump_json()))
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    return answers.reply(body, tag, public=False)
