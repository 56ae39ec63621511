"""`/api/siting/curve`: the best for every number of sites at once, with a bound beside each."""

from __future__ import annotations

import time

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.service import SECURED, Seeing, Serving
from api.siting.asking import FAILURES
from geo.errors import Busy, DomainError, Invalid
from geo.siting.planning import Ground
from geo.siting.posing import pose
from geo.siting.question import Question
from geo.siting.running import Runner, finite
from geo.siting.working import Curve, Failed, Job

router = APIRouter(prefix="/api/siting", tags=["siting"])
MOST_POINTS = 500
LONGEST_SECONDS = 120.0
PATIENCE_SECONDS = 60.0


class CurveQuestion(BaseModel):
    """A question, asked for every number of sites."""

    model_config = ConfigDict(extra="forbid")

    question: Question = Field(
        description="Its `sites` is not looked at; maximum coverage only.",
        examples=[{"radius_metres": 500, "seconds": 5}],
    )
    up_to: int = Field(
        200, ge=1, le=MOST_POINTS, description="The largest number of new sites.", examples=[5]
    )


class CurvePoint(BaseModel):
    """The best for one number of sites."""

    sites: int
    cost: float = Field(description="Of these sites; one without a cost at the middle cost.")
    value: float | None = Field(description="Of the plan; null where none keeps to the conditions.")
    bound: float = Field(description="No plan of so many sites is above it.")
    gap: float | None
    chosen: list[int | str]


class CurveAnswer(BaseModel):
    """The budget curve."""

    points: list[CurvePoint] = Field(description="By number of sites.")
    covered_today: float = Field(description="Without any new site.")
    total: float
    seconds: float


@router.post("/curve", response_model=CurveAnswer, openapi_extra=SECURED, responses=FAILURES)
def siting_curve(service: Serving, actor: Seeing, asked: CurveQuestion) -> Response:
    """The budget curve: what 1, 2, … sites can do, with a proven bound beside each. 预算曲线。

    At most `question.seconds` (120 at most) and what the first plans and bounds take.
    """
    del actor
    question = asked.question
    if question.model != "max-cover":
        raise Invalid(
            "只有最大覆盖模型有预算曲线。 Only maximum coverage has a curve.",
            remedy="选择 max-cover。 Choose max-cover.",
            field="model",
        )
    question = question.model_copy(update={"sites": asked.up_to})
    ground = service.planning.ground(question)
    key = (ground.city.mark, question.mark, asked.up_to)
    body: CurveAnswer = service.curves.get(
        key, lambda: _worked_out(service.plans, ground, question, asked.up_to)
    )
    return answers.reply(body, None, public=False)


def _worked_out(runner: Runner, ground: Ground, question: Question, most: int) -> CurveAnswer:
    problem = pose(ground, question)
    seconds = min(question.seconds, LONGEST_SECONDS)
    found = _curve(runner, Job(problem, question.gap, seconds, question.seed, most), seconds)
    cost = problem.sites.cost
    weight = ground.weight
    first, second = ground.today(question.rings, counted=question.keep_existing)
    points = [
        CurvePoint(
            sites=int(number),
            cost=round(float(cost[plan].sum()), 2),
            value=finite(float(value)),
            bound=float(bound),
            gap=finite((bound - value) / value) if value else None,
            chosen=[problem.refs[at] for at in plan.tolist()],
        )
        for number, value, bound, plan in zip(
            found.p, found.value, found.bound, found.plans, strict=True
        )
    ]
    return CurveAnswer(
        points=points,
        covered_today=float(weight @ (first + question.backup * second)),
        total=ground.total * (1.0 + question.backup),
        seconds=round(found.seconds, 3),
    )


def _curve(runner: Runner, job: Job, seconds: float) -> Curve:
    worker = runner.worker()
    worker.begin(job)
    until = time.monotonic() + seconds + PATIENCE_SECONDS
    try:
        while time.monotonic() < until:
            told = worker.next(1.0)
            if isinstance(told, Curve):
                return told
            if isinstance(told, Failed):
                if not told.known:
                    raise RuntimeError(told.detail)
                raise _known(told)
    finally:
        worker.end()
    raise Busy(
        "预算曲线没有按时算完。 The curve was not finished in time.",
        remedy="减小 up_to 或区域。 Ask for fewer sites, or a smaller area.",
    )


def _known(told: Failed) -> DomainError:
    return Invalid(told.detail, remedy=told.remedy, field=told.field)
