"""`/api/live`: what is in force, told the moment it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime

from anyio import to_thread
from fastapi import APIRouter, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel, Field

from api import answers, problems
from api.broadcast import Broadcast
from api.service import SECURED, Seeing, Serving
from geo.enterprises.holder import LiveState
from geo.errors import Busy, Forbidden, Unauthorized, Unavailable

router = APIRouter(prefix="/api/live", tags=["enterprises"])

RETRY_MILLISECONDS = 2000


class State(BaseModel):
    """What is in force. Tiles, lists and figures that are asked for afterwards show it, too."""

    version: int = Field(
        description="Number of the last change of a union; rises with each.", examples=[17]
    )
    enterprises: int | None = Field(
        description="Edition of the enterprises in force; null where there is none.", examples=[3]
    )
    areas: int | None = Field(description="Edition of the areas in force.", examples=[1])
    stations: int | None = Field(description="Edition of the stations in force.", examples=[2])
    clusters: str | None = Field(
        description="When the clusters were last searched for, as a mark; null before the first.",
        examples=["2026-11-21 08:00:00.123456+00"],
    )
    as_of: date | None = Field(description="The day the list of enterprises speaks for.")
    changed: int = Field(
        description="How many enterprises the last changes were of that came together.",
        examples=[1],
    )
    unconfirmed_since: datetime | None = Field(
        description="Since when the database has not answered; null when it does."
    )


@router.get(
    "",
    # Not EventSourceResponse: of a route of that class FastAPI sends 200 before anything is asked.
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "A stream of server-sent events: `event: state` with the same JSON as "
            "/api/live/state, at once and after every change; a comment every 15 seconds.",
            "content": {"text/event-stream": {"example": "event: state\nid: 17\ndata: {…}\n\n"}},
        },
        **problems.told(Unauthorized, Forbidden, Busy, Unavailable),
    },
)
async def live_events(service: Serving, actor: Seeing) -> Response:
    """Server-sent events: unions that changed, editions that came into force. 实时变更。"""
    del actor
    service.live.require_room()
    # The first asker's look at the database may wait; here, where it can still be told in words.
    await to_thread.run_sync(service.register.state)
    # Whoever listens will ask for the map next.
    service.register.begin()
    return EventSourceResponse(
        _events(service.live),
        headers={"Cache-Control": answers.NOT_STORED, "X-Accel-Buffering": "no"},
    )


@router.get(
    "/state",
    response_model=State,
    openapi_extra=SECURED,
    responses=problems.told(Unauthorized, Forbidden, Busy, Unavailable),
)
def live_state(service: Serving, actor: Seeing) -> Response:
    """The same once. 当前状态。"""
    del actor
    return answers.reply(_told(service.register.state()), None)


async def _events(broadcast: Broadcast) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    async for state in broadcast.states():
        if state is None:
            yield KEEPALIVE_COMMENT
        else:
            told = _told(state)
            yield format_sse_event(
                event="state", id=str(told.version), data_str=told.model_dump_json()
            )


def _told(state: LiveState) -> State:
    return State.model_validate(state, from_attributes=True)
