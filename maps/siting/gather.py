"""A plan and what is drawn around it, read from the editions it was worked out with."""

from __future__ import annotations

from datetime import date
from typing import Any

import shapely

from geo import editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Conflict, NotFound
from geo.settings import Settings
from geo.siting.plans.scenarios import Scenario
from geo.siting.plans.whom import Whom
from geo.siting.question import Question
from geo.walking.finder import OFFERED_ACCESS
from maps.editions import line_of, notice_of
from maps.siting.view import People, PlanView


def gather(
    reader: Reader, settings: Settings, plan: Scenario, *, whom: Whom | None, made_on: date
) -> PlanView:
    """Everything that is shown of a plan.

    Args:
        reader: the transaction.
        settings: issuing body, approval number, attribution, privacy.
        plan: with its facts.
        whom: the plan reaches; without it the people are not drawn.
        made_on: the day.

    Raises:
        Conflict: it has no answer.
    """
    if plan.facts is None or plan.answer is None:
        raise Conflict(
            f"方案 {plan.id} 没有结果可导出。 Plan {plan.id} has no result to take away.",
            remedy="等它算完，或重新计算。 Wait until it is done, or run it again.",
        )
    question = Question.model_validate(plan.question)
    lines: list[EditionFacts] = []
    for one in plan.editions or []:
        try:
            lines.append(editions.show(reader, one["id"]))
        except NotFound:
            continue
    number = {one.dataset: one.id for one in lines}
    return PlanView(
        id=plan.id,
        name=plan.name,
        question=question,
        facts=plan.facts,
        answer=plan.answer,
        where=_where(reader, number.get("areas"), question.area_id),
        areas=_areas(reader, number.get("areas"), plan.facts),
        stations=_stations(reader, number.get("stations"), whom, question),
        people=None if whom is None else _people(whom),
        editions=[line_of(one) for one in lines],
        notice=notice_of(lines),
        issuer=settings.bulletin_issuer,
        attribution=settings.map_attribution,
        approval_number=settings.map_approval_number,
        made_on=made_on,
    )


def _where(reader: Reader, edition: int | None, area: int | None) -> str | None:
    if area is None:
        return None
    name = reader.scalar(
        "SELECT name FROM area WHERE edition_id = :edition AND id = :id",
        edition=edition or -1,
        id=area,
    )
    return str(name) if name else f"#{area}"


def _areas(
    reader: Reader, edition: int | None, facts: dict[str, Any]
) -> list[tuple[int, str | None, Any]]:
    rows = reader.all(
        "SELECT id, name, ST_AsBinary(boundary) AS boundary FROM area "
        "WHERE edition_id = :edition AND id = ANY(:ids) ORDER BY id",
        edition=edition or -1,
        ids=[one["id"] for one in facts["districts"]],
    )
    return [
        (row.id, row.name, None if row.boundary is None else shapely.from_wkb(bytes(row.boundary)))
        for row in rows
    ]


def _stations(
    reader: Reader, edition: int | None, whom: Whom | None, question: Question
) -> list[tuple[int, str, float, float]]:
    if whom is not None and whom.in_force:
        there = whom.ground.city.standing
        return [
            (int(there.ids[at]), there.names[at], float(there.lon[at]), float(there.lat[at]))
            for at in whom.ground.station.tolist()
        ]
    rows = reader.all(
        "SELECT id, name, ST_X(location) AS lon, ST_Y(location) AS lat FROM station "
        "WHERE edition_id = :edition AND location IS NOT NULL AND access = ANY(:access) "
        "AND id <> ALL(:closing) ORDER BY id",
        edition=edition or -1,
        access=list(OFFERED_ACCESS),
        closing=question.closing,
    )
    return [(row.id, row.name, row.lon, row.lat) for row in rows]


def _people(whom: Whom) -> People:
    return People(whom.ground.lon, whom.ground.lat, whom.ground.weight, whom.state)
