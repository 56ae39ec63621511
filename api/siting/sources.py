"""`/api/siting/demand/sources`: what estimated demand rests on, weight by weight."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import Commas, EditionBrief
from api.service import SECURED, Seeing, Serving
from api.siting.asking import FAILURES, people
from geo import editions
from geo.siting.inputs.people import DATASETS, Estimate, estimate
from geo.siting.inputs.weights import Weights, read_weights
from geo.siting.question import Group

router = APIRouter(prefix="/api/siting", tags=["siting"])

ESTIMATED = "估算"
"""How the source of an edition begins that the model made."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,40}$")]


class SourcesQuestion(answers.Question):
    """Which sources are left out."""

    without: Annotated[list[Name], Commas] | None = Field(
        None,
        max_length=40,
        description="关闭这些来源。 Sources that are switched off, by name.",
        examples=[["main_streets"]],
    )


class SourceAnswer(BaseModel):
    """One source of the model: people at its busiest hour = count of `per` x `weight`."""

    name: str
    zh: str
    en: str
    on: bool
    counted_from: Literal["enterprises", "hosts", "areas", "streets"]
    per: Literal["employee", "place", "kilometre"]
    weight: float
    group: Group
    why_zh: str = Field(description="依据。 What the weight rests on.")
    why_en: str
    places: int | None = Field(
        description="Places that were counted; null, like the next three: off, no data, or fewer "
        "people than may be shown (the weight would tell them)."
    )
    count: float | None = Field(description="Employees, places or kilometres.")
    missing: int | None = Field(description="Places without a position or a head count.")
    people: float | None = Field(description="At the busiest hour.")
    workday: list[float] = Field(description="24 shares of the busiest hour.")
    weekend: list[float]


class SourcesAnswer(BaseModel):
    """The demand proxy model, and what is in force."""

    version: str = Field(description="Of the weights.")
    cell_metres: float = Field(description="People are told by cells of this size.")
    sources: list[SourceAnswer]
    workday: list[float] = Field(
        description="People by hour, of the sources whose people are told; 0 also where there are "
        "fewer than may be shown."
    )
    weekend: list[float]
    without_data: list[str] = Field(description="Datasets that are not in force.")
    demand: EditionBrief | None = Field(description="The demand in force; null: none.")
    demand_is_estimate: bool = Field(description="Whether this model made it.")
    least: float = Field(description="Fewer people than this are not shown.")
    editions: list[EditionBrief]


@router.get(
    "/demand/sources",
    response_model=SourcesAnswer,
    openapi_extra=SECURED,
    responses={304: {"description": "Not modified: your ETag still holds."}, **FAILURES},
)
def demand_sources(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[SourcesQuestion, Query()]
) -> Response:
    """What estimated demand is made of: each source with its weight, its reason and its people.

    需求估算的来源：每项权重、依据与人数，可逐项关闭；有实际调查数据时请直接导入。
    """
    weights = read_weights().without(asked.without or ())
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, *DATASETS)
        demand = editions.active(reader, "demand")
        both = [*found, *([] if demand is None else [demand])]
        least = service.settings.privacy_people
        tag = answers.etag(both, answers.fingerprint(weights.version, sorted(weights.off), least))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        key = ("demand sources", tag)
        made: Estimate = service.walks.get(key, lambda: estimate(reader, weights))
    body = SourcesAnswer(
        version=weights.version,
        cell_metres=weights.cell_metres,
        sources=[_source(name, weights, made, least) for name in weights.sources],
        workday=_by_hour(weights, made, least, weekend=False),
        weekend=_by_hour(weights, made, least, weekend=True),
        without_data=made.without,
        demand=None if demand is None else answers.briefs([demand])[0],
        demand_is_estimate=demand is not None and demand.source.startswith(ESTIMATED),
        least=least,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False)


def _source(name: str, weights: Weights, made: Estimate, least: float) -> SourceAnswer:
    source, places = weights.sources[name], made.places.get(name)
    shown = made.may_tell(name, least)
    return SourceAnswer(
        name=name,
        zh=source.zh,
        en=source.en,
        on=name not in weights.off,
        counted_from=source.from_,
        per=source.per,
        weight=source.weight,
        group=source.group,
        why_zh=source.why_zh,
        why_en=source.why_en,
        places=len(places) if places is not None and shown else None,
        count=round(float(places.count.sum()), 3) if places is not None and shown else None,
        missing=places.missing if places is not None and shown else None,
        people=round(made.people(name), 1) if shown else None,
        workday=weights.hours(name, weekend=False),
        weekend=weights.hours(name, weekend=True),
    )


def _by_hour(weights: Weights, made: Estimate, least: float, *, weekend: bool) -> list[float]:
    # A source that is too small to be told is in no total either: the rest would tell it.
    told = [name for name in made.places if made.may_tell(name, least)]
    hours = [weights.hours(name, weekend=weekend) for name in told]
    many = [made.people(name) for name in told]
    return [
        people(sum(share[hour] * all_ for share, all_ in zip(hours, many, strict=True)), least)
        for hour in range(24)
    ]
