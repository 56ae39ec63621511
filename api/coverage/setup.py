"""`/api/coverage/map`: what a map of coverage is drawn with. The leader's page begins with it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Question
from api.coverage.rates import of_settings
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind
from geo import editions
from geo.areas.shown import AreasShown, areas_shown, name_points
from geo.coverage import rates
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from maps import style

router = APIRouter(tags=["coverage"])

MOST_NAMES = 2_000
"""Names on one map; beyond that none is sent."""
BEGINNING: Sequence[AreaKind] = ("subdistrict", "district", "community")
"""Kinds that a map begins with, the first that is there."""


class SetupQuestion(Question):
    """The parameters of the set-up."""

    kind: AreaKind | None = Field(
        None,
        description="Kind of area; by default subdistricts, or the next division there is.",
        examples=["subdistrict"],
    )


class KindAnswer(BaseModel):
    """A kind of area that is there."""

    kind: AreaKind
    areas: int = Field(examples=[350])
    with_boundary: int = Field(description="Of these, with a polygon.", examples=[350])


class ClassesAnswer(BaseModel):
    """How a rate is coloured: inner breaks, ascending, and one colour more than breaks. A value
    equal to a break belongs to the class above it."""

    breaks: list[float] = Field(examples=[[0.65, 0.8, 0.9, 0.95]])
    colours: list[str] = Field(examples=[["#a3743b", "#cc9a57", "#e5ce97", "#f8edcf", "#5daca5"]])
    method: Literal["auto", "target", "quantile", "given"] = Field(
        description="target: fixed distances below it; quantile: equal numbers of areas below it."
    )
    target: float | None


class Setup(BaseModel):
    """What a map of coverage is drawn with."""

    kind: AreaKind | None = Field(description="The kind that `classes` and `points` are of.")
    kinds: list[KindAnswer] = Field(description="The kinds that are there, the largest first.")
    bounds: tuple[float, float, float, float] | None = Field(
        description="West, south, east, north of all areas, WGS 84; null without a polygon."
    )
    classes: dict[str, ClassesAnswer] = Field(
        description="For each rate; the same under every filter and in every edition, so that "
        "pictures compare."
    )
    points: list[tuple[int, float, float]] = Field(
        description="Id, longitude and latitude where an area's name is written (WGS 84); empty "
        "when there are too many to be read."
    )
    editions: list[EditionBrief]


@router.get(
    "/api/coverage/map",
    response_model=Setup,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def set_up_map(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[SetupQuestion, Query()]
) -> Response:
    """Kinds, bounds, classes and places of names for a map of coverage. 地图的分级与范围。

    Classes are made from the unfiltered rates of the editions in force.
    """
    with service.database.read(actor) as reader:
        for dataset in ("areas", "enterprises"):
            editions.require_active(reader, dataset)
        found = answers.read_editions(reader, "areas", "enterprises")
        tag = answers.etag(
            found,
            asked.kind or "",
            answers.fingerprint(of_settings(service.settings), version("nuanyi")),
        )
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)

        def draw() -> str:
            shown = areas_shown(reader)
            kind = asked.kind or beginning(shown)
            body = Setup(
                kind=kind,
                kinds=[KindAnswer.model_validate(one, from_attributes=True) for one in shown.kinds],
                bounds=shown.bounds,
                classes={}
                if kind is None
                else _classes(rates.area_rates(reader, kind, service.settings)),
                points=[]
                if kind is None
                else [
                    (one.id, round(one.lon, 6), round(one.lat, 6))
                    for one in name_points(reader, kind, MOST_NAMES)
                ],
                editions=answers.briefs(found),
            )
            return body.model_dump_json()

        body = service.map_setups.get(tag, draw)
    return answers.reply(body.encode(), tag, public=False)


def beginning(shown: AreasShown) -> AreaKind | None:
    """The kind that a map begins with; None where there are no areas."""
    there = [one.kind for one in shown.kinds]
    first = next((one for one in BEGINNING if one in there), None)
    return first or (there[0] if there else None)  # type: ignore[return-value]


def _classes(answer: rates.CoverageAnswer) -> dict[str, ClassesAnswer]:
    """For each rate, from the areas whose rate is firm; from all when none is."""
    made = {}
    for name, whole in answer.whole.rates.items():
        value, few = answer.values(name)
        firm = value[np.isfinite(value) & ~few]
        of = style.classes(firm if len(firm) else value, target=whole.target)
        made[name] = ClassesAnswer.model_validate(of, from_attributes=True)
    return made
