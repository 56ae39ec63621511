"""Plans as they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.answers import EditionBrief
from geo.siting.plans.scenarios import Scenario
from geo.siting.question import Question

State = Literal["waiting", "running", "done", "stopped", "failed", "interrupted"]
Status = Literal["optimal", "gap reached", "time limit", "stopped", "infeasible"]


BY_HAND = Field(
    description="All its sites were fixed in the question, so that none was chosen: its gap says "
    "nothing of other sites."
)


class ProgressAnswer(BaseModel):
    """How far a search has come."""

    phase: Literal["waiting", "ground", "search", "facts"] = Field(
        description="ground: who reaches whom is being worked out; facts: what the plan does is."
    )
    seconds: float = Field(description="Of the search.")
    objective: float | None = Field(None, description="Of the best plan so far.")
    bound: float | None = Field(None, description="No plan is better than this.")
    gap: float | None = Field(None, description="|bound - objective| / objective.")
    sites: int | None = Field(None, description="New sites of the best plan so far.")
    chosen: list[int | str] | None = Field(
        None,
        description="Which they are: candidates by id, places of `extra` by key. An event has them "
        "only where they are others than in the event before.",
    )


class PlanAnswerBody(BaseModel):
    """The plan and how good it is."""

    status: Status
    objective: float | None
    bound: float | None = Field(description="Proven: no plan whatever is better.")
    gap: float | None = Field(description="|bound - objective| / objective; null: not finite.")
    proved_gap: float | None = Field(
        None,
        description="The gap that `proof.json` proves by itself; what the search proved further is "
        "not in it. Null: no proof, or too large to be multiplied out at once.",
    )
    seconds: float
    seed: int
    begun_from: int | None = Field(
        None,
        description="The plan that the search began from: with another one, or with none, it may "
        "end with another plan within the same gap. Null: from nothing.",
    )
    sites: list[int | str] = Field(description="Candidates by id, places of `extra` by key.")
    relaxed: list[str] = Field(
        description="What could not be kept, or was assumed, in words: Chinese, then English."
    )
    relaxed_zh: list[str] | None = Field(
        None, description="The same in Chinese alone; null in plans of earlier versions."
    )
    relaxed_en: list[str] | None = Field(None, description="And in English.")
    objective_unit: Literal["people", "sites", "cost", "person_metres", "metres"] | None = Field(
        None,
        description="What `objective` and `bound` count; people are summed over the hours. Null in "
        "plans of earlier versions.",
    )
    objective_sites: int | None = Field(None, description="How many new sites.")
    objective_cost: float | None = Field(
        None, description="What they cost; one without a cost at the middle cost."
    )


class PlanProblem(BaseModel):
    """Why there is no plan, in both languages."""

    detail: str
    remedy: str | None = None
    detail_zh: str | None = None
    detail_en: str | None = None

    @classmethod
    def of(cls, zh: str, en: str) -> PlanProblem | None:
        """A reason told in both languages; None where there is none."""
        return cls(detail=f"{zh} {en}", detail_zh=zh, detail_en=en) if zh else None


class OverlapAnswer(BaseModel):
    """Another site of the plan that reaches some of the same people."""

    id: int | str
    people: float


class ReplacementAnswer(BaseModel):
    """A candidate that could stand in, and what the plan then loses."""

    id: int
    name: str
    loss: float


class NamedSite(BaseModel):
    """A candidate, or a place put on the map."""

    id: int | str
    name: str


class WithoutAnswer(BaseModel):
    """The best plan without a site, all conditions kept: for when its host says no."""

    possible: bool = Field(description="False: without it no plan keeps to the conditions.")
    comes: list[NamedSite]
    goes: list[NamedSite] = Field(description="Other sites that leave with it.")
    loss: float | None = Field(
        description="What the objective loses, in people; 0 also for too few to show."
    )


class SteadyAnswer(BaseModel):
    """How it was looked how sure the sites are."""

    plans: int = Field(description="Good plans that were seen.")
    within: float = Field(description="They cover at least 1 - this of the plan.")
    left_zh: str | None = Field(description="What was left out, and why; null: nothing.")
    left_en: str | None
    looking: bool = Field(
        False,
        description="Whether more is being found out, for some minutes at most: ask again. It "
        "stays so where the service was killed meanwhile.",
    )


class PlanSite(BaseModel):
    """A site of the plan, and why it is in it."""

    id: int | str
    name: str
    lon: float
    lat: float
    cost: float | None
    host_type: str | None
    chain: str | None
    address: str | None
    agreed: bool | None
    open_24h: bool
    source: str = Field(description="register, how it was generated, or map: put there by hand.")
    district: str | None
    adds_last: float = Field(description="People lost without it.")
    alone: float = Field(description="People it adds to today's stations alone.")
    overlap_today: float = Field(description="Of the people it reaches, those covered today.")
    overlap: list[OverlapAnswer]
    capacity: float | None = Field(
        None, description="People it has room for, over the hours; null: room is not regarded."
    )
    served: float | None = Field(None, description="Of them those that it serves.")
    replacements: list[ReplacementAnswer] = Field(
        description="Instead of this site alone, the others staying and all conditions kept."
    )
    often: float | None = Field(
        None, description="In what share of the good plans it is, 0 to 1; null: not known."
    )
    without: WithoutAnswer | None = Field(
        None, description="The best plan without it; null: not worked out."
    )
    why_zh: str
    why_en: str


class PlanDistrict(BaseModel):
    """People of a subdistrict, covered before and after."""

    id: int
    name: str | None
    people: float
    before: float
    after: float


class Equity(BaseModel):
    """Gini coefficient of the districts' shares, weighted by people; null: not defined."""

    before: float | None
    after: float | None


class PlanFacts(BaseModel):
    """What the plan does. People are summed over the hours; fewer than `least` are told as 0."""

    people: float
    hours: int
    least: float
    covered_today: float
    covered: float
    share_today: float | None
    share: float | None
    cost: float
    stations: int
    straight_line: bool
    room_regarded: bool | None = Field(
        None,
        description="Whether nobody counts as covered for whom no site has room; null: the "
        "question does not ask for capacities.",
    )
    district_kind: str | None
    equity: Equity
    steady: SteadyAnswer | None = Field(
        None, description="Null where it is not looked at: other models, capacities."
    )
    districts: list[PlanDistrict]
    sites: list[PlanSite] = Field(description="Those that add most first.")


class PlanBrief(BaseModel):
    """A plan in the list."""

    id: int
    name: str
    state: State
    url: str
    page: str = Field(description="The workbench with this plan.")
    question: Question
    editions: list[EditionBrief] | None = Field(description="What it was worked out with.")
    status: Status | None
    covered: float | None
    covered_today: float | None
    share: float | None
    share_today: float | None
    cost: float | None
    gap: float | None
    sites_n: int | None = Field(description="New sites.")
    by_hand: bool = BY_HAND
    problem: PlanProblem | None
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class PlanShown(BaseModel):
    """A plan with all that is known of it."""

    id: int
    name: str
    state: State
    url: str
    page: str
    question: Question
    editions: list[EditionBrief] | None
    editions_in_force: bool | None = Field(
        description="Whether these are still the editions in force; null before it was worked out."
    )
    progress: ProgressAnswer
    history: list[tuple[float, float | None, float | None]] = Field(
        description="[seconds, objective, bound] after each improvement."
    )
    answer: PlanAnswerBody | None
    facts: PlanFacts | None
    by_hand: bool = BY_HAND
    problem: PlanProblem | None
    has_proof: bool = Field(description="Whether there is a certificate to be checked.")
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None


class PlanList(BaseModel):
    """Plans, the newest first."""

    plans: list[PlanBrief]
    next: str | None = Field(description="Address of the next page; null on the last.")


class PlanMade(BaseModel):
    """A plan that waits to be worked out."""

    id: int
    url: str
    state: State


def url_of(plan_id: int) -> str:
    """The address of a plan."""
    return f"/api/siting/plans/{plan_id}"


def brief_of(one: Scenario) -> PlanBrief:
    """A plan in the list."""
    summary, answer = one.summary or {}, one.answer or {}
    return PlanBrief.model_validate(
        {
            **_head(one),
            "status": answer.get("status"),
            **{
                name: summary.get(name)
                for name in ("covered", "covered_today", "share", "share_today", "cost")
            },
            "gap": answer.get("gap") if answer else (one.progress or {}).get("gap"),
            "sites_n": len(answer["sites"]) if answer else None,
        }
    )


def shown_of(one: Scenario, in_force: bool | None) -> PlanShown:
    """A plan with all that is known of it."""
    return PlanShown.model_validate(
        {
            **_head(one),
            "editions_in_force": in_force,
            "progress": progress_of(one),
            "history": one.history or [],
            "answer": one.answer,
            "facts": one.facts,
            "has_proof": one.has_proof,
            "started_at": one.started_at,
        }
    )


def progress_of(one: Scenario) -> dict[str, Any]:
    """How far it has come; of one that has ended, its answer."""
    if one.answer is not None:
        told = {name: one.answer[name] for name in ("seconds", "objective", "bound", "gap")}
        chosen = one.answer["sites"]
        return {"phase": "facts", **told, "sites": len(chosen), "chosen": chosen}
    return one.progress or {"phase": "waiting", "seconds": 0.0}


def _head(one: Scenario) -> dict[str, Any]:
    asked = Question.model_validate(one.question)
    return {
        "id": one.id,
        "name": one.name,
        "state": one.state,
        "url": url_of(one.id),
        "page": f"/plan?plan={one.id}",
        "question": asked,
        "editions": one.editions,
        "by_hand": asked.left_no_choice((one.answer or {}).get("sites", ())),
        "problem": one.problem,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "finished_at": one.finished_at,
    }
