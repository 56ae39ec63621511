"""`/api/siting/curve`: the best for every number of sites at once, with a bound beside each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.service import SECURED, Seeing, Serving
from api.siting.asking import FAILURES
from api.siting.shown import PlanProblem
from api.siting.waiting import LONGEST_SECONDS, Left, worked_out
from geo.errors import Invalid
from geo.siting.fields import check_fields
from geo.siting.ground.ground import Ground
from geo.siting.ground.posing import pose
from geo.siting.plans.jobs import Job
from geo.siting.plans.running import Runner, finite
from geo.siting.question import Question
from geo.siting.variations.curve import Curve

router = APIRouter(prefix="/api/siting", tags=["siting"])
MOST_POINTS = 500


class CurveQuestion(BaseModel):
    """A question, asked for every number of sites, or for many budgets."""

    model_config = ConfigDict(extra="forbid")

    question: Question = Field(
        description="Its `sites` and `budget` are not looked at; maximum coverage only.",
        examples=[{"radius_metres": 500, "seconds": 5}],
    )
    up_to: int = Field(
        200, ge=1, le=MOST_POINTS, description="The largest number of new sites.", examples=[5]
    )
    budgets: list[Annotated[float, Field(ge=0, le=1e15)]] | None = Field(
        None,
        min_length=1,
        max_length=MOST_POINTS,
        description="Instead of numbers of sites: the best for each of these budgets.",
        examples=[[3000, 6000]],
    )


class CurvePoint(BaseModel):
    """The best for one number of sites, or one budget."""

    sites: int
    budget: float | None = Field(None, description="What may be spent, by budget.")
    cost: float = Field(description="Of these sites; one without a cost at the middle cost.")
    value: float | None = Field(description="Of the plan; null where none keeps to the conditions.")
    bound: float = Field(description="No plan of so many sites, or for so much, is above it.")
    gap: float | None
    chosen: list[int | str]


class CurveAnswer(BaseModel):
    """The budget curve."""

    points: list[CurvePoint] = Field(description="By number of sites, or by budget.")
    covered_today: float = Field(description="Without any new site.")
    total: float = Field(
        description="All there is to cover, counted as `value` is: people, and with `backup` what "
        "their second cover counts. The share of a point is its value of this."
    )
    problem: PlanProblem | None = Field(None, description="Why not one of the points has a plan.")
    seconds: float


@router.post("/curve", response_model=CurveAnswer, openapi_extra=SECURED, responses=FAILURES)
def siting_curve(service: Serving, actor: Seeing, left: Left, asked: CurveQuestion) -> Response:
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
    check_fields(question, "curve")
    budgets = None if asked.budgets is None else sorted(set(asked.budgets))
    limit: dict[str, float | None] = {"sites": asked.up_to, "budget": None}
    if budgets is not None:
        limit = {"sites": None, "budget": budgets[-1]}
    question = question.model_copy(update=limit)
    ground = service.planning.ground(question)
    key = (ground.city.mark, question.mark, asked.up_to, tuple(budgets or ()))
    body: CurveAnswer = service.curves.get(
        key, lambda: _counted(service.plans, ground, question, asked.up_to, budgets, left), left
    )
    return answers.reply(body, None, public=False)


def _counted(
    runner: Runner,
    ground: Ground,
    question: Question,
    most: int,
    budgets: list[float] | None,
    left: Callable[[], bool],
) -> CurveAnswer:
    problem = pose(ground, question)
    seconds = min(question.seconds, LONGEST_SECONDS)
    job = Job(problem, question.gap, seconds, question.seed)
    job = replace(job, most=most) if budgets is None else replace(job, budgets=budgets)
    found = worked_out(runner, job, Curve, left)
    cost = problem.sites.cost
    weight = ground.weight
    first, second = ground.today(question.rings, counted=question.keep_existing)
    points = [
        CurvePoint(
            sites=int(number),
            budget=None if found.budget is None else float(found.budget[at]),
            cost=round(float(cost[plan].sum()), 2),
            value=finite(float(value)),
            bound=float(bound),
            gap=finite((bound - value) / value) if value else None,
            chosen=[problem.refs[at] for at in plan.tolist()],
        )
        for at, (number, value, bound, plan) in enumerate(
            zip(found.p, found.value, found.bound, found.plans, strict=True)
        )
    ]
    return CurveAnswer(
        points=points,
        covered_today=float(weight @ (first + question.backup * second)),
        total=ground.total * (1.0 + question.backup),
        problem=PlanProblem.of(found.why_zh, found.why_en),
        seconds=round(found.seconds, 3),
    )
