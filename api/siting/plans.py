"""`/api/siting/plans`: scenarios that are worked out in the background."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from api import answers, problems
from api.answers import Page
from api.broadcast import server_stops
from api.identity import OWN_PAGE
from api.service import SECURED, Seeing, Service, Serving
from api.siting.asking import CHANGE, CHANGING, FAILURES
from api.siting.shown import (
    PlanList,
    PlanMade,
    PlanShown,
    brief_of,
    progress_of,
    shown_of,
    url_of,
)
from geo.database import Actor
from geo.errors import Busy, NotFound
from geo.siting.ground.posing import check_asked
from geo.siting.plans import scenarios
from geo.siting.plans.running import RUNNER
from geo.siting.plans.scenarios import LONGEST_NAME, Scenario
from geo.siting.question import Question

router = APIRouter(prefix="/api/siting/plans", tags=["siting"])
LOOK_SECONDS = 0.4
BEAT_SECONDS = 15.0
MOST_STREAMS = 200
PlanId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the plan.", examples=[1])]
_streams = anyio.CapacityLimiter(MOST_STREAMS)


class PlansQuestion(Page, answers.Question):
    """Which plans."""


class PlanAsked(BaseModel):
    """A scenario to be worked out."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(
        None,
        max_length=LONGEST_NAME,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What it is called; 方案 and its number if not given.",
        examples=["东城十二点"],
    )
    question: Question = Field(examples=[{"sites": 3, "radius_metres": 500, "seconds": 5}])
    begin_from: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="接着此方案算。 The plan that this one is an edit of: the search begins from "
        "what that one left behind, and the plan changes no more than it has to. One that is gone "
        "is as good as none.",
        examples=[1],
    )


class PlanName(BaseModel):
    """Another name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$",
        examples=["东城十二点"],
    )


@router.post(
    "",
    status_code=202,
    response_model=PlanMade,
    **CHANGE,
)
def make_plan(service: Serving, actor: Seeing, asked: PlanAsked) -> Response:
    """Work a plan out in the background; ask for it by its number, or follow its events. 新建方案。

    It goes on without the page that asked, and survives a restart of the server as interrupted.
    """
    check_asked(asked.question)
    with service.database.write(actor) as writer:
        number = scenarios.make(writer, asked.name, asked.question, asked.begin_from)
    return _made(service, number, 202)


@router.get("", response_model=PlanList, openapi_extra=SECURED, responses=FAILURES)
def list_plans(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[PlansQuestion, Query()]
) -> Response:
    """All plans with how good they are, the newest first. 方案列表。"""
    after = answers.read_cursor(asked.after)
    service.plans.begin()
    with service.database.read(actor) as reader:
        found = scenarios.listed(reader, None if after is None else after[0], asked.limit + 1)
    shown, end = found[: asked.limit], None
    if len(found) > asked.limit:
        end = answers.page_after(request, answers.cursor(shown[-1].id))
    body = PlanList(plans=[brief_of(one) for one in shown], next=end)
    return answers.reply(body, None, public=False, next_page=end)


OTHER_METHOD = problems.told(problems.MethodNotAllowed)
"""What is no number is no plan, but perhaps a file of one, which can only be read."""


@router.get("/{plan_id}", response_model=PlanShown, openapi_extra=SECURED, responses=FAILURES)
def get_plan(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """A plan: its question, how far it has come, the answer with its bound, what it does. 方案。"""
    service.plans.begin()
    with service.database.read(actor) as reader:
        plan = scenarios.show(reader, plan_id)
        in_force = _in_force(answers.read_editions(reader, *_datasets(plan)), plan)
    return answers.reply(shown_of(plan, in_force), None, public=False)


@router.patch(
    "/{plan_id:int}",
    response_model=PlanShown,
    openapi_extra=SECURED,
    dependencies=[OWN_PAGE],
    responses={**CHANGING, **OTHER_METHOD},
)
def rename_plan(service: Serving, actor: Seeing, plan_id: PlanId, asked: PlanName) -> Response:
    """Give a plan another name. 重命名。"""
    with service.database.write(actor) as writer:
        scenarios.rename(writer, plan_id, asked.name)
    return get_plan(service, actor, plan_id)


@router.delete(
    "/{plan_id:int}",
    status_code=204,
    response_class=Response,
    openapi_extra=SECURED,
    dependencies=[OWN_PAGE],
    responses={
        204: {"description": "It is gone; tasks made from it stay."},
        **CHANGING,
        **OTHER_METHOD,
    },
)
def delete_plan(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """Delete a plan; if it is being worked out, that ends. 删除方案。"""
    with service.database.write(actor) as writer:
        scenarios.delete(writer, plan_id)
    return Response(status_code=204, headers={"Cache-Control": answers.NOT_STORED})


@router.post(
    "/{plan_id}/stop",
    status_code=202,
    response_model=PlanMade,
    **CHANGE,
)
def stop_plan(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """Stop with the best plan so far; it ends within a second or two. 停止计算。"""
    with service.database.write(actor) as writer:
        scenarios.ask_to_stop(writer, plan_id)
    return _made(service, plan_id, 202)


@router.post(
    "/{plan_id}/run",
    status_code=202,
    response_model=PlanMade,
    **CHANGE,
)
def run_plan(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """Work it out anew with the editions in force now. 重新计算。

    After an interruption, or with new data.
    """
    with service.database.write(actor) as writer:
        scenarios.run_again(writer, plan_id)
    return _made(service, plan_id, 202)


@router.post(
    "/{plan_id}/copy",
    status_code=201,
    response_model=PlanMade,
    **CHANGE,
)
def copy_plan(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """The same question as a new plan, worked out with the editions in force now. 复制方案。"""
    with service.database.write(actor) as writer:
        number = scenarios.copy(writer, plan_id)
    return _made(service, number, 201)


@router.get(
    "/{plan_id}/events",
    # Not EventSourceResponse: of a route of that class FastAPI sends 200 before anything is asked.
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "A stream of server-sent events: `progress` with state and progress, at "
            "once and after every change, with the best sites so far where these changed; `done` "
            "with the state, then it ends. A comment every 15 seconds.",
            "content": {"text/event-stream": {"example": "event: progress\ndata: {…}\n\n"}},
        },
        **FAILURES,
    },
)
async def plan_events(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """Server-sent events of a plan that is being worked out. 计算进度。"""
    if _streams.available_tokens < 1:
        raise Busy(
            "实时连接太多。 Too many live connections.", remedy="请稍后再试。 Try again later."
        )
    await to_thread.run_sync(_look, service, actor, plan_id)
    service.plans.begin()
    return EventSourceResponse(
        _events(service, actor, plan_id),
        headers={"Cache-Control": answers.NOT_STORED, "X-Accel-Buffering": "no"},
    )


@router.get(
    "/{plan_id}/proof.json",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The certificate with the question in arrays: `checker` names what "
            "multiplies it out, `geo.siting.proofs.proof_file.check_proof` derives conditions, "
            "value and bound from the whole.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        **FAILURES,
    },
)
def plan_proof(service: Serving, actor: Seeing, plan_id: PlanId) -> Response:
    """The certificate of a plan, for whoever wants to check value and bound. 证明文件。"""
    with service.database.read(actor) as reader:
        proof = scenarios.proof_of(reader, plan_id)
    answer = answers.reply(gzip.decompress(proof), None, public=False)
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{plan_id}-proof.json"'
    return answer


async def _events(service: Service, actor: Actor, plan_id: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    revision, quiet, chosen = -1, time.monotonic(), None
    async with _streams:
        while not server_stops():
            try:
                plan = await to_thread.run_sync(_look, service, actor, plan_id)
            except NotFound:
                yield format_sse_event(event="done", data_str=json.dumps({"state": "deleted"}))
                return
            if plan.revision != revision or plan.ended:
                revision, quiet = plan.revision, time.monotonic()
                progress = {**progress_of(plan)}
                if progress.get("chosen") == chosen:
                    progress.pop("chosen", None)
                chosen = progress.get("chosen", chosen)
                told: dict[str, Any] = {
                    "id": plan.id,
                    "state": plan.state,
                    "progress": progress,
                    "problem": plan.problem,
                }
                event = "done" if plan.ended else "progress"
                data = json.dumps(told, ensure_ascii=False)
                yield format_sse_event(event=event, id=str(revision), data_str=data)
                if plan.ended:
                    return
            elif time.monotonic() - quiet >= BEAT_SECONDS:
                quiet = time.monotonic()
                yield KEEPALIVE_COMMENT
            await anyio.sleep(LOOK_SECONDS)


def _look(service: Service, actor: Actor, plan_id: int) -> Scenario:
    with service.database.read(actor) as reader:
        return scenarios.brief(reader, plan_id)


def _made(service: Service, number: int, status: int) -> Response:
    service.plans.begin()
    with service.database.read(RUNNER) as reader:
        plan = scenarios.brief(reader, number)
    body = PlanMade(id=number, url=url_of(number), state=plan.state)  # type: ignore[arg-type]
    answer = answers.reply(body, None, public=False)
    answer.status_code = status
    answer.headers["Location"] = url_of(number)
    return answer


def _datasets(plan: Scenario) -> list[str]:
    return [one["dataset"] for one in plan.editions or []]


def _in_force(found: list[Any], plan: Scenario) -> bool | None:
    if plan.editions is None:
        return None
    return {(one.dataset, one.id) for one in found} == {
        (one["dataset"], one["id"]) for one in plan.editions
    }
