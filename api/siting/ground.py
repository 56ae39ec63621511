"""`/api/siting/ground`: people, candidates and today's stations of a question."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import EditionBrief
from api.service import SECURED, Seeing, Serving
from api.siting.asking import DECIMALS, FAILURES, ProfileQuestion, as_json, many, people, tag_of
from geo.siting.ground.city import Standing
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import alone_of
from geo.siting.problem import Longs
from geo.siting.question import Question

router = APIRouter(prefix="/api/siting", tags=["siting"])


class DemandAnswer(BaseModel):
    """People outdoors, as dots: columns of equal length."""

    total: float = Field(description="All people, summed over the hours.")
    points: int = Field(description="How many dots.")
    lon: list[float]
    lat: list[float]
    people: list[float] = Field(description="Of each dot, summed over the hours.")
    hours: int = Field(description="How many hours they are summed over.")
    least: float = Field(
        description="No dot has fewer; figures of fewer people are told as 0 elsewhere."
    )
    off_network: int = Field(description="Places too far from any street; nobody reaches them.")


class CandidateAnswer(BaseModel):
    """A host that could take a station."""

    id: int
    name: str
    host_type: str
    chain: str | None
    address: str | None
    lon: float
    lat: float
    cost: float | None
    agreed: bool | None = Field(description="Null: not asked yet.")
    opened: bool = Field(description="A station by now, and no new site.")
    open_24h: bool
    source: str = Field(description="register, or how it was generated.")
    alone: float = Field(description="People it would newly reach, alone.")


class StandingAnswer(BaseModel):
    """A station of today that counts."""

    id: int
    name: str
    lon: float
    lat: float


class DistrictAnswer(BaseModel):
    """People of a subdistrict."""

    id: int
    name: str | None
    people: float
    covered_today: float


class GroundAnswer(BaseModel):
    """What a plan stands on. Positions are WGS 84."""

    editions: list[EditionBrief]
    demand: DemandAnswer
    candidates: list[CandidateAnswer] = Field(description="By id.")
    stations: list[StandingAnswer]
    closing: list[StandingAnswer] = Field(description="Of `closing` those that are there today.")
    covered_today: float
    district_kind: str | None = Field(description="Kind of area of `districts`.")
    districts: list[DistrictAnswer]
    straight_line: bool = Field(description="There are no streets: distances are straight lines.")
    candidates_unlocated: int = Field(description="Candidates without a place; not here.")


@router.get(
    "/ground",
    response_model=GroundAnswer,
    openapi_extra=SECURED,
    responses={304: {"description": "Not modified."}, **FAILURES},
)
def siting_ground(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[ProfileQuestion, Query()]
) -> Response:
    """What a plan stands on: people, candidates, today's stations and coverage. 选址底图。

    People are summed over the hours; places with few are merged with their neighbours.
    """
    del actor
    profile = asked.profile()
    city = service.planning.city()
    tag = tag_of(city, "ground", profile, service.settings.privacy_people)
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    ground = service.planning.ground(profile)
    body = as_json(_told(ground, Question(**profile.model_dump())))
    return answers.reply(body, tag, public=False)


def _told(ground: Ground, asked: Question) -> dict[str, object]:
    city, hosts = ground.city, ground.city.hosts
    least = ground.least
    covered = ground.weight * ground.today(asked.rings)[0]
    alone = many(alone_of(ground, asked), least)
    districts = zip(
        ground.districts,
        ground.by_district(ground.weight),
        ground.by_district(covered),
        strict=True,
    )
    return {
        "editions": [one.model_dump(mode="json") for one in answers.briefs(city.editions)],
        "demand": {
            "total": people(ground.total, least),
            "points": len(ground),
            "lon": np.round(ground.lon, DECIMALS).tolist(),
            "lat": np.round(ground.lat, DECIMALS).tolist(),
            "people": np.round(ground.weight, 1).tolist(),
            "hours": ground.hours,
            "least": least,
            "off_network": city.off_network,
        },
        "candidates": [
            {
                "id": int(hosts.ids[at]),
                "name": hosts.names[at],
                "host_type": hosts.host_types[at],
                "chain": hosts.chains[at],
                "address": hosts.addresses[at],
                "lon": round(float(hosts.lon[at]), DECIMALS),
                "lat": round(float(hosts.lat[at]), DECIMALS),
                "cost": float(hosts.cost[at]) if np.isfinite(hosts.cost[at]) else None,
                "agreed": None if hosts.agreed[at] < 0 else bool(hosts.agreed[at]),
                "opened": bool(city.opened[at]),
                "open_24h": bool(hosts.open_24h[at]),
                "source": hosts.sources[at],
                "alone": gain,
            }
            for at, gain in zip(ground.host.tolist(), alone, strict=True)
        ],
        "stations": _standing(city.standing, ground.station),
        "closing": _standing(city.standing, np.flatnonzero(ground.gone)),
        "covered_today": people(float(covered.sum()), least),
        "district_kind": city.places.kind,
        "districts": [
            {
                "id": int(city.places.ids[at]),
                "name": city.places.names[at],
                "people": people(all_, least),
                "covered_today": people(today, least),
            }
            for at, all_, today in districts
        ],
        "straight_line": city.straight_line,
        "candidates_unlocated": hosts.unlocated,
    }


def _standing(there: Standing, which: Longs) -> list[dict[str, object]]:
    return [
        {
            "id": int(there.ids[at]),
            "name": there.names[at],
            "lon": round(float(there.lon[at]), DECIMALS),
            "lat": round(float(there.lat[at]), DECIMALS),
        }
        for at in which.tolist()
    ]
