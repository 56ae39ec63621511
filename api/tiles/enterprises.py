"""`/tiles/…/enterprises`: every enterprise, from memory, as it is now."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import problems
from api.answers import Question
from api.filters import Filters
from api.service import SECURED, Seeing, Serving
from api.tiles.asked import (
    MARK,
    PRIVATE_UNTIL_ASKED,
    TOLD,
    DeepColumn,
    DeepRow,
    DeepZoom,
    Edition,
    reply,
    require_gzip,
)
from geo.errors import Forbidden, NotFound, Unauthorized
from geo.tiles import check_address
from maps.tiles.enterprises import DEEPEST, Choice, Finished

router = APIRouter(tags=["map"])


class EnterprisesQuestion(Filters, Question):
    """The parameters of a tile of enterprises."""

    apart: Literal["0", "1"] = Field(
        "0",
        description="1: the enterprises set apart (mass registrations, dormant and closed ones) "
        "instead of those that are counted, by the reason why.",
        examples=["1"],
    )
    v: str | None = Field(
        None,
        pattern=MARK,
        description="`version` of `/api/live`, in hexadecimal: the answer is at least as new, "
        "whichever process gives it.",
        examples=["1f"],
    )

    def choice(self) -> Choice:
        """Which enterprises are shown."""
        return Choice(self.filter(), apart=self.apart == "1")


@router.get(
    "/tiles/{edition}/enterprises/{z}/{x}/{y}",
    response_class=Response,
    openapi_extra=SECURED,
    responses={**TOLD, **problems.told(Unauthorized, Forbidden)},
)
async def enterprise_tile(
    request: Request,
    service: Serving,
    _actor: Seeing,
    edition: Edition,
    z: DeepZoom,
    x: DeepColumn,
    y: DeepRow,
    asked: Annotated[EnterprisesQuestion, Query()],
) -> Response:
    """A tile of enterprises, counted in cells, near by each by itself; no names. 企业瓦片。

    The tiles of a zoom add up exactly to the enterprises chosen. Zoom 0 to 18.
    """
    require_gzip(request)
    check_address(z, x, y, DEEPEST)
    choice = asked.choice()
    at_least = int(asked.v or "0", 16)

    def draw() -> Finished:
        return service.enterprise_tiles.tile(choice, z, x, y, at_least)

    tile = await run_in_threadpool(draw)
    if edition not in ("current", tile.edition):
        raise NotFound(
            f"企业版本 {edition} 未启用。 Edition {edition} of enterprises is not in force.",
            remedy="`current` stands for the one in force (/api/live/state).",
            field="edition",
        )
    service.tile_choices.keep(request.scope["query_string"], choice)
    return reply(request, tile.body, tag_of(tile), PRIVATE_UNTIL_ASKED)


def tag_of(tile: Finished) -> str:
    """The ETag of a tile: the same as long as what is in it is the same."""
    return f'W/"enterprises-{tile.tag}"'
