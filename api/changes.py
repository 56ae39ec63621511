"""`/api/stations/changes`: the stations of a neighbourhood for a phone that will be offline."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Commas, Question
from api.service import NO_WRONG_KEY, Serving
from api.words import Access, ReportKind, StationKind, Status
from geo.errors import Busy, Invalid, Unavailable
from geo.stations.cells import CELL, LONGEST_TOKEN, MOST_CELLS

router = APIRouter(prefix="/api/stations", tags=["stations"])

SMALL_BYTES = 1000

CellName = Annotated[str, Field(pattern=f"^{CELL}$")]


class ChangesQuestion(Question):
    """The parameters of the feed."""

    cells: Annotated[list[CellName], Commas] = Field(
        min_length=1,
        max_length=MOST_CELLS,
        description="Web-mercator tiles of zoom 12, named 12-x-y; repeated, or with commas.",
        examples=[["12-3197-1553", "12-3198-1553"]],
    )
    since: str | None = Field(
        None,
        pattern=rf"^[A-Za-z0-9_-]{{1,{LONGEST_TOKEN}}}$",
        description="`token` of an answer before: then only what has changed. One that is not "
        "known gives everything, with `full` true.",
        examples=["AQx9BhFz3qL1k9s"],
    )


class DatedStatus(BaseModel):
    """A status that holds now or will."""

    status: Status
    reason: str | None
    starts_at: datetime
    ends_at: datetime | None = Field(description="Null: until further notice.")


class StationOffline(BaseModel):
    """A station as a phone keeps it."""

    id: int = Field(examples=[4821930177623114])
    kind: StationKind
    name: str
    address: str | None
    lon: float
    lat: float
    access: Access
    access_method: str | None
    services: list[str]
    phone: str | None
    hours_text: str | None
    verified_on: date | None
    hours: int | None = Field(
        description="Which of `patterns` its hours are; null: not known at any time."
    )
    status: list[DatedStatus] = Field(
        description="In the order they begin. Of those that hold the last one counts."
    )
    doubts: dict[ReportKind, int] = Field(
        description="Open reports of the last 14 days, how many of each kind."
    )


class StationChanges(BaseModel):
    """The stations of the cells, or what has changed of them."""

    token: str = Field(description="Send it back as `since`.")
    as_of: datetime = Field(description="The moment of which this holds.")
    until: datetime = Field(description="The end of the days that `patterns` speak of.")
    full: bool = Field(
        description="True: this is everything, forget what you had. False: put these stations and "
        "patterns over yours, drop those in `removed`, keep the rest."
    )
    stations: list[StationOffline]
    patterns: dict[str, list[tuple[datetime, datetime, Literal["open", "unknown"]]]] = Field(
        description="By number: when such hours are open or not known, over eight days from today; "
        "closed where nothing is said."
    )
    removed: list[int]
    detour: dict[str, float] = Field(
        description="By cell: how much longer a walk is than its straight line, in the median."
    )
    detour_usual: list[str] = Field(
        description="Cells where that could not be measured: their factor is the usual one."
    )
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Literal["wgs84"]


@router.get(
    "/changes",
    response_model=StationChanges,
    dependencies=[NO_WRONG_KEY],
    responses={
        304: {"description": "Not modified since the answer with your ETag."},
        **problems.told(Invalid, Busy, Unavailable),
    },
)
def station_changes(
    request: Request, service: Serving, asked: Annotated[ChangesQuestion, Query()]
) -> Response:
    """Stations of some cells, to be kept on a phone; with `since` only what has changed.

    离线数据：按网格取站点、开放时段、状态与反馈。From memory: it answers with the database stopped.
    """
    changes = service.changes.answer(service.finder(), asked.cells, since=asked.since)
    body = changes.as_json()
    # Everything in it but the moment it was put together.
    mark = answers.fingerprint(
        changes.token, changes.until, changes.full, asked.since, *changes.notes
    )
    tag = answers.etag([], f"changes-{mark}")
    if answers.unchanged(request, tag):
        return answers.not_modified(tag)
    answer = answers.reply(body, tag)
    answer.headers["Vary"] = "Accept-Encoding"
    if len(body) > SMALL_BYTES and answers.takes_gzip(request.headers.get("accept-encoding", "")):
        packed = gzip.compress(body, compresslevel=6, mtime=0)
        answer.body = packed
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(packed))
    return answer
