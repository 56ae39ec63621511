"""`/api/stations/{id}/reports` and `/api/reports`: what people in the street tell of a station.

Open to anyone, without an account and without a trace of who sent it: the address of the sender is
used for the limits alone (:mod:`api.limits`) and is neither stored nor logged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import answers, limits, problems
from api.answers import Identity, Page, Question
from api.limits import Rule
from api.moments import Moment
from api.service import SECURED, Asking, Seeing, Service, Serving
from api.words import ReportKind, ReportState
from api.words import Service as ServiceWord
from geo.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthorized,
    Unavailable,
)
from geo.stations import reports
from geo.stations.reports import LONGEST_NOTE, RECEIPT, Report
from maps.texts import both

router = APIRouter(tags=["reports"])

_EXAMPLE = "0f8fad5bd9cb469fa16570867728950e"


class ReportSent(BaseModel):
    """What was seen."""

    model_config = ConfigDict(extra="forbid")

    receipt: str = Field(
        pattern=f"^{RECEIPT}$",
        description="A random UUID (version 4) in 32 hexadecimal digits, made by the sender. Send "
        "the same one again when no answer came: it stays one report.",
        examples=[_EXAMPLE],
    )
    kind: ReportKind = Field(
        description="closed in its posted hours · refused entry · wrong place · broken kit · wrong "
        "facts · other.",
        examples=["closed"],
    )
    service: ServiceWord | None = Field(
        None, description="The service it is about, when it is about one.", examples=["hot_water"]
    )
    note: str | None = Field(
        None,
        max_length=LONGEST_NOTE,
        description="In your own words; no names or telephone numbers, please.",
        examples=["微波炉坏了"],
    )
    seen_at: Moment = Field(
        description="When it was seen; kept to the quarter hour. Without an offset it is local.",
        examples=["2026-11-21T12:40:00+08:00"],
    )


class InBothLanguages(BaseModel):
    """A text for people."""

    zh: str
    en: str


class ReportTaken(BaseModel):
    """The receipt."""

    receipt: str = Field(examples=[_EXAMPLE])
    station_id: int
    kind: ReportKind
    service: ServiceWord | None
    seen_at: datetime = Field(description="Rounded down to the quarter hour.")
    received_at: datetime = Field(description="Rounded down to the quarter hour.")
    thanks: InBothLanguages


class ReportNow(BaseModel):
    """What has become of a report."""

    receipt: str = Field(examples=[_EXAMPLE])
    station_id: int
    kind: ReportKind
    service: ServiceWord | None
    received_at: datetime
    state: ReportState
    state_text: InBothLanguages
    answer: str | None = Field(description="What the operator says to it.")
    decided_at: datetime | None


class ReportsQuestion(Page, Question):
    """The parameters of the operators' list."""

    state: ReportState | None = Field(
        None, description="Only those of this state.", examples=["open"]
    )
    station_id: Identity | None = Field(
        None, description="Only those on this station.", examples=[4821930177623114]
    )


class ReportAnswer(BaseModel):
    """One report, for operators. Nobody knows who sent it."""

    id: int = Field(examples=[17])
    station_id: int
    name: str | None = Field(
        description="The station's name; null when the edition in force no longer has it."
    )
    kind: ReportKind
    service: ServiceWord | None
    note: str | None
    seen_at: datetime
    received_at: datetime
    state: ReportState
    answer: str | None
    decided_at: datetime | None
    decided_by: str | None


class ReportList(BaseModel):
    """A page of reports, the newest first."""

    reports: list[ReportAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")


@router.post(
    "/api/stations/{station_id}/reports",
    status_code=201,
    response_model=ReportTaken,
    responses={
        200: {"model": ReportTaken, "description": "This receipt was sent before: the same answer"},
        **problems.told(Invalid, NotFound, Conflict, TooMany, Busy, Unavailable),
    },
)
def send_report(
    request: Request,
    service: Serving,
    actor: Asking,
    station_id: Annotated[
        Identity, Path(description="The station's id.", examples=[4821930177623114])
    ],
    sent: ReportSent,
) -> Response:
    """Tell what is wrong with a station: closed in its hours, a wrong place, broken kit. 反馈。

    Anonymous: nothing about the sender is stored. Open reports are shown beside the station.
    """
    _check_sender(request, service)
    seen_at = sent.seen_at
    if seen_at.tzinfo is None:
        seen_at = seen_at.replace(tzinfo=ZoneInfo(service.settings.time_zone))
    with service.database.write(actor) as writer:
        report, is_new = reports.send_report(
            writer,
            station_id,
            receipt=sent.receipt,
            kind=sent.kind,
            seen_at=seen_at,
            service=sent.service,
            note=sent.note,
            most_a_day=service.settings.reports_per_station_a_day,
        )
    zh, en = both("report.thanks")
    taken = ReportTaken(**_of(report, ReportTaken, "thanks"), thanks=InBothLanguages(zh=zh, en=en))
    answer = answers.reply(taken, None)
    if is_new:
        answer.status_code = 201
        answer.headers["Location"] = f"/api/reports/{report.receipt}"
    return answer


def _check_sender(request: Request, service: Service) -> None:
    settings = service.settings
    wait = service.senders.take(
        limits.address_of(
            request.headers.getlist("x-forwarded-for"),
            request.client.host if request.client else None,
            settings.proxies,
        ),
        Rule(settings.reports_per_ten_minutes, 600.0),
        Rule(settings.reports_per_day, 86_400.0),
    )
    if wait > 0:
        raise TooMany(
            "从这里提交的反馈太频繁。 Too many reports have come from here of late.",
            seconds=wait,
            remedy="请稍后再试；同一网络的人共用此限额。 Try again later; people of one network "
            "share this limit.",
        )


@router.get(
    "/api/reports/{receipt}",
    response_model=ReportNow,
    responses=problems.told(Invalid, NotFound, Busy, Unavailable),
)
def get_report(
    service: Serving,
    actor: Asking,
    receipt: Annotated[
        str, Path(pattern=f"^{RECEIPT}$", description="The receipt.", examples=[_EXAMPLE])
    ],
) -> Response:
    """What has become of a report, for whoever holds its receipt. 凭回执查看处理结果。"""
    with service.database.read(actor) as reader:
        report = reports.find_report(reader, receipt)
    zh, en = both(f"report.state_{report.state}")
    state = ReportNow(
        **_of(report, ReportNow, "state_text"), state_text=InBothLanguages(zh=zh, en=en)
    )
    return answers.reply(state, None)


@router.get(
    "/api/reports",
    response_model=ReportList,
    openapi_extra=SECURED,
    responses=problems.told(Invalid, Unauthorized, Forbidden, Busy, Unavailable),
)
def list_reports(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[ReportsQuestion, Query()]
) -> Response:
    """Reports with the name of their station, the newest first; with the key. 待核实的反馈。"""
    before = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        found = reports.list_reports(
            reader,
            state=asked.state,
            station_id=asked.station_id,
            before=None if before is None else before[0],
            limit=asked.limit,
        )
    more = len(found) == asked.limit
    next_page = answers.page_after(request, answers.cursor(found[-1].id)) if more else None
    shown = [ReportAnswer(**_of(one, ReportAnswer)) for one in found]
    return answers.reply(
        ReportList(reports=shown, next=next_page), None, public=False, next_page=next_page
    )


def _of(report: Report, model: type[BaseModel], *but: str) -> dict[str, Any]:
    return {name: getattr(report, name) for name in model.model_fields if name not in but}
