"""`/api/siting/tasks`: from a plan to stations: contacted, agreed, opened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers
from api.answers import Page
from api.service import SECURED, Seeing, Serving
from api.siting.asking import CHANGE, FAILURES
from api.siting.plans import PlanId
from api.siting.shown import ReplacementAnswer
from api.words import Service
from geo.siting.plans import opening, tasks
from geo.siting.plans.furnishing import LONGEST_HOURS
from geo.siting.plans.tasks import LONGEST_NOTE
from geo.siting.question import Ref

router = APIRouter(prefix="/api/siting", tags=["siting"])
TaskState = Literal["proposed", "contacted", "agreed", "opened", "declined"]
TaskId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the task.", examples=[1])]


class TasksAsked(BaseModel):
    """Which sites of the plan."""

    model_config = ConfigDict(extra="forbid")

    sites: list[Ref] | None = Field(
        None, max_length=3000, description="Only these; all without it.", examples=[[1]]
    )


class TasksQuestion(Page, answers.Question):
    """Which tasks."""

    plan_id: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Only those of this plan.", examples=[1]
    )
    state: TaskState | None = Field(
        None, description="Only those in this state.", examples=["agreed"]
    )


class TaskChange(BaseModel):
    """How far it has come."""

    model_config = ConfigDict(extra="forbid")

    state: TaskState | None = Field(
        None, description="opened makes it a station at once.", examples=["contacted"]
    )
    note: str | None = Field(
        None, max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", examples=["店长同意提供饮水"]
    )
    hours_text: str | None = Field(
        None,
        max_length=LONGEST_HOURS,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="开放时间。 When the station will be open, before what the register says of "
        "its host; empty: as the register has it. After it opened the station is set right.",
        examples=["8:00-20:00"],
    )
    services: list[Service] | None = Field(
        None,
        max_length=100,
        description="服务项目。 What it offers, before what the register says; after it opened "
        "the station is set right.",
        examples=[["hot_water", "rest"]],
    )


class TaskAnswer(BaseModel):
    """A site of a plan that is being made real."""

    id: int
    plan_id: int | None = Field(description="Null when the plan was deleted.")
    site: str = Field(description="The candidate's id, or the key of a place put on the map.")
    candidate_id: int | None
    name: str
    host_type: str | None
    chain: str | None
    address: str | None
    lon: float
    lat: float
    cost: float | None
    open_24h: bool
    state: TaskState
    note: str | None
    hours_text: str | None = Field(
        description="When it is or will be open, as somebody wrote it: here, else in the register."
    )
    opening_hours: str | None = Field(
        description="The same in OpenStreetMap's syntax; null: not known, and then nobody finds it "
        "who asks for what is open."
    )
    services: list[Service] = Field(description="What it offers, as stated here or registered.")
    station_id: int | None = Field(description="The station, once it opened.")
    created_at: datetime
    changed_at: datetime
    changed_by: str
    replacements: list[ReplacementAnswer] = Field(
        description="Who could stand in if this host declines, as the plan has it; hosts that "
        "declined since are left out."
    )


class TaskList(BaseModel):
    """Tasks by number."""

    tasks: list[TaskAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")


@router.post(
    "/plans/{plan_id}/tasks",
    status_code=201,
    response_model=TaskList,
    **CHANGE,
)
def make_tasks(service: Serving, actor: Seeing, plan_id: PlanId, asked: TasksAsked) -> Response:
    """Make the sites of a plan tasks; those there are stay as they are. 生成建站任务。"""
    with service.database.write(actor) as writer:
        made = tasks.make_tasks(writer, plan_id, asked.sites)
    body = TaskList(tasks=[_told(one) for one in made], next=None)
    answer = answers.reply(body, None, public=False)
    answer.status_code = 201
    return answer


@router.get("/tasks", response_model=TaskList, openapi_extra=SECURED, responses=FAILURES)
def list_tasks(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[TasksQuestion, Query()]
) -> Response:
    """Tasks: which hosts were contacted, agreed, opened, declined. 建站任务列表。"""
    after = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        found = tasks.listed(
            reader,
            plan_id=asked.plan_id,
            state=asked.state,
            after=None if after is None else after[0],
            limit=asked.limit + 1,
        )
    shown, end = found[: asked.limit], None
    if len(found) > asked.limit:
        end = answers.page_after(request, answers.cursor(shown[-1].id))
    body = TaskList(tasks=[_told(one) for one in shown], next=end)
    return answers.reply(body, None, public=False, next_page=end)


@router.patch(
    "/tasks/{task_id}",
    response_model=TaskAnswer,
    **CHANGE,
)
def change_task(service: Serving, actor: Seeing, task_id: TaskId, asked: TaskChange) -> Response:
    """Note how far a task has come; `opened` makes it a station. 更新任务；建成后即成为驿站。

    A host that declined is in no further plan until it agrees, as one that said no in the register.

    Opening puts an edition of stations in force: the one before and the new station. It is found,
    counted and drawn like any other within a second or two.
    """
    with service.database.write(actor) as writer:
        task = opening.change_task(
            writer,
            service.settings,
            task_id,
            state=asked.state,
            note=asked.note,
            hours_text=asked.hours_text,
            services=asked.services,
        )
    # The next plan leaves out a host that declined, and may count on one that agreed.
    service.planning.look_again()
    return answers.reply(_told(task), None, public=False)


def _told(task: tasks.Task) -> TaskAnswer:
    kept = {name: getattr(task, name, None) for name in TaskAnswer.model_fields}
    known = task.furnished
    furnished = {name: getattr(known, name) for name in ("hours_text", "opening_hours", "services")}
    return TaskAnswer.model_validate({**kept, **furnished}, from_attributes=True)
