"""`/api/siting/evaluate`: what a given set of sites covers, while one is being dragged."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.service import SECURED, Seeing, Serving
from api.siting.asking import FAILURES, DistrictFacts, as_json, many, people
from api.siting.shown import OverlapAnswer
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import Evaluated, evaluate, split
from geo.siting.ground.rooms import reaches_of
from geo.siting.plans.facts import largest, overlaps_of, shares_by_hour
from geo.siting.plans.keeping import broken_of
from geo.siting.problem import Floats
from geo.siting.question import Question, Ref
from maps.texts import both

router = APIRouter(prefix="/api/siting", tags=["siting"])
MOST_SITES = 3_000
MOST_OVERLAPPED = 500


class EvaluateQuestion(BaseModel):
    """A set of sites, and how to count."""

    model_config = ConfigDict(extra="forbid")

    question: Question = Field(examples=[{"area_id": 110, "radius_metres": 500}])
    sites: list[Ref] = Field(
        max_length=MOST_SITES,
        description="Candidates by id, places of `question.extra` by key.",
        examples=[[1, 2]],
    )
    details: bool = Field(
        False,
        description="Also `by_hour` and each site's `overlap`, which a drag does not wait for.",
    )


class EvaluatedSite(BaseModel):
    """A site of the set."""

    id: int | str
    adds_last: float = Field(description="People lost without it; 0 also for too few to show.")
    alone: float = Field(description="People it adds to today's stations alone.")
    capacity: float | None = Field(
        None, description="People it has room for, over the hours; null: room is not regarded."
    )
    served: float | None = Field(None, description="Of them those that it serves.")
    overlap: list[OverlapAnswer] | None = Field(
        None,
        description="Other sites of the set that reach some of the same people; not of more "
        "than 500 sites.",
    )


class HourShare(BaseModel):
    """One hour of the profile."""

    hour: int
    share: float | None = Field(
        description="Covered of the people of this hour, rounded so that it tells of nobody; null "
        "where there are fewer than may be shown."
    )


class Gain(BaseModel):
    """A candidate that is not in the set."""

    id: int
    gain: float = Field(
        description="People it would add; 0 also for too few to show. Where room is regarded: at "
        "least, if the others hand nobody over to it."
    )


class RoomAnswer(BaseModel):
    """Whether it is counted whom sites have room for."""

    regarded: bool
    zh: str
    en: str


class BrokenCondition(BaseModel):
    """A condition of the question that the set does not keep, in a sentence."""

    code: Literal[
        "sites",
        "budget",
        "share",
        "area_least_share",
        "area_least_sites",
        "open_24h_least",
        "per_chain_most",
        "spacing",
        "locked",
        "forbidden",
        "declined",
        "not_agreed",
        "opened",
        "unserved",
    ]
    zh: str
    en: str
    sites: list[int | str] = Field(
        description="The sites concerned; empty where it is about all of them."
    )
    warns: bool = Field(description="The question only warns of it (`spacing_rule`).")


class EvaluatedAnswer(BaseModel):
    """What the set covers. People are summed over the hours."""

    total: float
    covered: float
    covered_today: float
    share: float | None = Field(description="Covered of all; null where nobody is.")
    cost: float = Field(description="Of the sites; one without a cost at the middle cost.")
    state: str = Field(
        description="Base64, one byte for each dot of /api/siting/ground with the same profile, in "
        "its order: 0 uncovered, 1 covered today, 2 newly."
    )
    sites: list[EvaluatedSite] = Field(description="In the order asked, each once.")
    districts: list[DistrictFacts]
    gains: list[Gain] = Field(description="Every candidate not in the set, by id.")
    broken: list[BrokenCondition] = Field(
        description="Conditions of the question that the set does not keep."
    )
    by_hour: list[HourShare] | None = Field(None, description="With `details`.")
    room: RoomAnswer | None = Field(
        None, description="Where the question has `capacity_per_place`."
    )


@router.post("/evaluate", response_model=EvaluatedAnswer, openapi_extra=SECURED, responses=FAILURES)
def evaluate_sites(service: Serving, actor: Seeing, asked: EvaluateQuestion) -> Response:
    """What a given set of sites covers, and what each more or less would change. 方案评估。

    Quick enough to be asked while a site is dragged: some ten milliseconds in a large city.
    """
    del actor
    question = asked.question
    ground = service.planning.ground(question)
    found = evaluate(ground, question, asked.sites)
    least = ground.least
    gain = many(found.gain, least)
    chosen = set(asked.sites)
    ids = ground.city.hosts.ids[ground.host].tolist()
    places = ground.city.places
    everyone, today = ground.today_by_district(question.rings, counted=question.keep_existing)
    districts = zip(
        ground.districts.tolist(),
        many(everyone, least),
        many(today, least),
        many(ground.by_district(ground.weight * found.after), least),
        strict=True,
    )
    body: dict[str, Any] = {
        "total": people(ground.total, least),
        "covered": people(found.covered, least),
        "covered_today": people(found.covered_today, least),
        "share": round(found.covered / ground.total, 6) if ground.total else None,
        "cost": round(found.cost, 2),
        "state": base64.b64encode(found.state.tobytes()).decode(),
        "sites": [
            {"id": ref, "adds_last": loss, "alone": alone}
            for ref, loss, alone in zip(
                dict.fromkeys(asked.sites),
                many(found.loss, least),
                many(found.alone, least),
                strict=True,
            )
        ],
        "districts": [
            {
                "id": int(places.ids[at]),
                "name": places.names[at],
                "people": all_,
                "before": before,
                "after": after,
            }
            for at, all_, before, after in districts
        ],
        "gains": [
            {"id": one, "gain": more}
            for one, more in zip(ids, gain, strict=True)
            if one not in chosen
        ],
        "broken": [asdict(one) for one in broken_of(ground, question, asked.sites, found)],
    }
    if question.capacity_per_place is not None:
        _tell_room(found, least, body)
    if asked.details:
        _detail(ground, question, asked.sites, found.after, body)
    return answers.reply(as_json(body), None, public=False)


def _tell_room(found: Evaluated, least: float, body: dict[str, Any]) -> None:
    said = both(
        "siting_sheet." + ("room_regarded" if found.room is not None else "room_not_regarded")
    )
    body["room"] = {"regarded": found.room is not None, "zh": said.zh, "en": said.en}
    if found.room is not None:
        served = many(found.room.served, least)
        for one, room, much in zip(body["sites"], found.room.capacity, served, strict=True):
            one |= {"capacity": round(float(room), 1), "served": much}


def _detail(
    ground: Ground, question: Question, chosen: list[Ref], after: Floats, body: dict[str, Any]
) -> None:
    hours = zip(question.hours, shares_by_hour(ground, after), strict=True)
    body["by_hour"] = [{"hour": hour, "share": share} for hour, share in hours]
    hosts, keys = split(ground, question, chosen)
    refs: list[Ref] = [*ground.city.hosts.ids[ground.host[hosts]].tolist(), *keys]
    if len(refs) > MOST_OVERLAPPED:
        return
    shared, _ = overlaps_of(ground, question, reaches_of(ground, question, hosts, keys))
    of = {ref: largest(refs, row, ground.least) for ref, row in zip(refs, shared, strict=True)}
    for one in body["sites"]:
        one["overlap"] = of[one["id"]]
