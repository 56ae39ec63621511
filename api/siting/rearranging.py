"""`/api/siting/changes`: which of today's stations to close or move. `/api/siting/robust`: one plan
for several days or editions of demand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.service import SECURED, Seeing, Service, Serving
from api.siting.asking import DECIMALS, FAILURES, people
from api.siting.shown import PlanProblem, Status
from api.siting.waiting import LONGEST_SECONDS, Left, worked_out
from geo.siting.fields import check_fields
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import evaluate, middle_cost
from geo.siting.plans.jobs import Solved
from geo.siting.plans.rearranging import (
    OTHER_CASES,
    Today,
    cases_job,
    change_job,
    changed,
    today_of,
)
from geo.siting.plans.running import Runner, finite
from geo.siting.question import DayClass, Question
from geo.siting.variations.robust import MOST_CASES, Robust, check_case_count

router = APIRouter(prefix="/api/siting", tags=["siting"])
SHOWN_STATIONS = 50
BOTH_DAYS: tuple[DayClass, ...] = ("workday", "weekend")
_POSED = {"radius_metres": 500, "seconds": 5}


class ChangesQuestion(BaseModel):
    """Which of today's stations to close or move."""

    model_config = ConfigDict(extra="forbid")

    question: Question = Field(
        description="Whom it is about and how they count; conditions on new sites are not looked "
        "at, except which candidates may be used. Maximum coverage only.",
        examples=[_POSED],
    )
    kind: Literal["close", "move"] = Field(
        description="close: so many stations that are missed least; move: at most so many to "
        "candidates, so that most people are reached.",
        examples=["close"],
    )
    count: int = Field(ge=1, le=10_000, description="How many stations.", examples=[1])


class StationWorth(BaseModel):
    """A station of today and what it is worth."""

    id: int
    name: str
    lon: float
    lat: float
    district: str | None
    serves: float = Field(description="People within its reach.")
    loss: float = Field(description="People lost when it alone closes; 0 also for too few to show.")


class Opening(BaseModel):
    """Where a station moves."""

    id: int | str
    name: str
    lon: float
    lat: float
    cost: float | None
    host_type: str | None


class ChangesAnswer(BaseModel):
    """What to close or move. People are summed over the hours."""

    kind: Literal["close", "move"]
    count: int
    status: Status
    total: float
    covered_before: float
    covered_after: float
    bound: float | None = Field(description="No other choice reaches more afterwards: proved.")
    gap: float | None
    seconds: float
    close: list[StationWorth] = Field(description="Stations that go, those missed least first.")
    open: list[Opening] = Field(description="Where they go; empty for closing.")
    cost: float = Field(description="Of what opens.")
    least_missed: list[StationWorth] = Field(
        description=f"Of the area's stations the {SHOWN_STATIONS} whose closing loses least."
    )
    stations: int = Field(description="Stations of today in the area.")


@router.post("/changes", response_model=ChangesAnswer, openapi_extra=SECURED, responses=FAILURES)
def closings_and_moves(
    service: Serving, actor: Seeing, left: Left, asked: ChangesQuestion
) -> Response:
    """Which stations of today to close at the least loss, or the best moves. 关停与迁移。

    With a proven bound. At most `question.seconds` (120 at most) and what the first answer takes.
    """
    del actor
    question = _limited(asked.question)
    ground = service.planning.ground(question)
    key = ("changes", ground.city.mark, question.mark, asked.kind, asked.count)
    body: ChangesAnswer = service.curves.get(
        key,
        lambda: _changed(service.plans, ground, question, asked.kind, asked.count, left),
        left,
    )
    return answers.reply(body, None, public=False)


def _changed(
    runner: Runner,
    ground: Ground,
    question: Question,
    kind: Literal["close", "move"],
    count: int,
    left: Callable[[], bool],
) -> ChangesAnswer:
    now = today_of(ground, question)
    job = change_job(ground, question, kind, count, now)
    answer = worked_out(runner, job, Solved, left).answer
    gone, come = changed(job, answer, now)
    least = ground.least
    worth = {int(at): one for one, at in enumerate(now.which)}
    order = sorted(gone.tolist(), key=lambda at: float(now.loss[worth[at]]))
    mine = np.flatnonzero(now.may)
    missed = mine[np.argsort(now.loss[mine], kind="stable")][:SHOWN_STATIONS]
    openings = [_opening(ground, question, at) for at in come.tolist()]
    return ChangesAnswer(
        kind=kind,
        count=count,
        status=answer.status,
        total=people(ground.total, least),
        covered_before=people(now.covered, least),
        covered_after=people(answer.objective, least),
        bound=finite(answer.bound),
        gap=finite(answer.gap),
        seconds=round(answer.seconds, 3),
        close=[_station(ground, now, worth[at]) for at in order],
        open=openings,
        cost=round(sum(_cost(ground, one) for one in openings), 2),
        least_missed=[_station(ground, now, int(one)) for one in missed],
        stations=len(mine),
    )


def _station(ground: Ground, now: Today, one: int) -> StationWorth:
    there, at = ground.city.standing, int(now.which[one])
    home = int(ground.city.places.home[2][at])
    return StationWorth(
        id=int(there.ids[at]),
        name=there.names[at],
        lon=round(float(there.lon[at]), DECIMALS),
        lat=round(float(there.lat[at]), DECIMALS),
        district=ground.city.places.names[home] if home >= 0 else None,
        serves=people(float(now.serves[one]), ground.least),
        loss=people(float(now.loss[one]), ground.least),
    )


def _opening(ground: Ground, question: Question, at: int) -> Opening:
    if at >= len(ground.host):
        own = question.extra[at - len(ground.host)]
        return Opening(
            id=own.key,
            name=own.label,
            lon=own.lon,
            lat=own.lat,
            cost=own.cost,
            host_type=None,
        )
    hosts, place = ground.city.hosts, int(ground.host[at])
    cost = float(hosts.cost[place])
    return Opening(
        id=int(hosts.ids[place]),
        name=hosts.names[place],
        lon=round(float(hosts.lon[place]), DECIMALS),
        lat=round(float(hosts.lat[place]), DECIMALS),
        cost=finite(cost),
        host_type=hosts.host_types[place],
    )


def _cost(ground: Ground, one: Opening) -> float:
    return middle_cost(ground) if one.cost is None else one.cost


class RobustQuestion(BaseModel):
    """One plan for several kinds of days, or editions of demand."""

    model_config = ConfigDict(extra="forbid")

    question: Question = Field(
        description="Its `day` is not looked at; maximum coverage, without `backup`.",
        examples=[{"sites": 3, **_POSED}],
    )
    days: Annotated[list[DayClass], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: list(BOTH_DAYS), examples=[["workday", "weekend"]]
    )
    editions: Annotated[list[int], Field(max_length=MOST_CASES)] = Field(
        default_factory=list,
        description="Numbers of editions of demand; that in force without any. Every day of every "
        "edition is a case.",
        examples=[[]],
    )
    aim: Literal["worst share", "least regret", "mean"] = Field(
        "worst share",
        description="worst share: the smallest share of people reached in any case is as large as "
        "can be; least regret: of what a plan for that case alone reaches; mean: the mean share.",
        examples=["worst share"],
    )


class RobustCase(BaseModel):
    """One case: what the plan does, and what a plan for it alone would."""

    day: DayClass
    edition: int = Field(description="Number of the edition of demand.")
    total: float
    covered_today: float
    covered: float
    share: float | None
    alone: float = Field(description="People that a plan for this case alone reaches.")
    alone_bound: float = Field(description="And that none can pass.")


class RobustAnswer(BaseModel):
    """The plan that does for all."""

    status: Status
    aim: Literal["worst share", "least regret", "mean"]
    objective: float | None = Field(description="What is aimed at: a share, 0 to 1.")
    bound: float | None = Field(description="No plan whatever is above it.")
    gap: float | None
    seconds: float
    sites: list[int | str]
    cost: float
    cases: list[RobustCase]
    problem: PlanProblem | None = Field(None, description="Why there is no plan.")


@router.post("/robust", response_model=RobustAnswer, openapi_extra=SECURED, responses=FAILURES)
def robust_plan(service: Serving, actor: Seeing, left: Left, asked: RobustQuestion) -> Response:
    """One plan for working days and weekends, or several editions of demand. 多情景稳健方案。

    With a proven bound. At most `question.seconds` (120 at most) and what the first plans take.
    """
    del actor
    question = _limited(asked.question)
    if question.model == "max-cover":  # any other is refused as such
        check_fields(question, "robust")
    cases, grounds = _cases(service, asked, question)
    marks = tuple(one.city.mark for one in grounds)
    key = ("robust", marks, question.mark, tuple(cases), asked.aim)
    body: RobustAnswer = service.curves.get(
        key, lambda: _robust(service.plans, grounds, question, cases, asked.aim, left), left
    )
    return answers.reply(body, None, public=False)


def _cases(
    service: Service, asked: RobustQuestion, question: Question
) -> tuple[list[tuple[DayClass, int]], list[Ground]]:
    now = service.planning.city()
    in_force = next(one.id for one in now.editions if one.dataset == "demand")
    numbers = list(dict.fromkeys(asked.editions)) or [in_force]
    cases = list(itertools.product(dict.fromkeys(asked.days), numbers))
    check_case_count(len(cases), "days", OTHER_CASES)
    planning = service.planning
    return cases, [
        planning.ground(question.model_copy(update={"day": day}), city=planning.other_city(number))
        for day, number in cases
    ]


def _robust(
    runner: Runner,
    grounds: list[Ground],
    question: Question,
    cases: list[tuple[DayClass, int]],
    aim: Literal["worst share", "least regret", "mean"],
    left: Callable[[], bool],
) -> RobustAnswer:
    job = cases_job(grounds, question, aim)
    found = worked_out(runner, job, Robust, left)
    answer, refs = found.answer, job.problem.refs
    chosen = [refs[at] for at in answer.sites.tolist() if at < len(refs)]
    told, cost = [], 0.0
    for number, ((day, edition), ground) in enumerate(zip(cases, grounds, strict=True)):
        does = evaluate(ground, question, chosen)
        cost = does.cost
        told.append(
            RobustCase(
                day=day,
                edition=edition,
                total=people(ground.total, ground.least),
                covered_today=people(does.covered_today, ground.least),
                covered=people(does.covered, ground.least),
                share=round(does.covered / ground.total, 6) if ground.total else None,
                alone=people(float(found.best[number]), ground.least),
                alone_bound=people(float(found.bound[number]), ground.least),
            )
        )
    return RobustAnswer(
        status=answer.status,
        aim=aim,
        objective=finite(answer.objective),
        bound=finite(answer.bound),
        gap=finite(answer.gap),
        seconds=round(answer.seconds, 3),
        sites=chosen,
        cost=round(cost, 2),
        cases=told,
        problem=PlanProblem.of(found.why_zh, found.why_en),
    )


def _limited(question: Question) -> Question:
    return question.model_copy(update={"seconds": min(question.seconds, LONGEST_SECONDS)})
