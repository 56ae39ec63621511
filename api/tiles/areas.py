"""`/tiles/…/areas`: the areas of one kind, from memory."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import problems
from api.service import SECURED, Seeing, Service, Serving
from api.tiles.asked import (
    PRIVATE_FOR_EVER,
    PRIVATE_UNTIL_ASKED,
    TOLD,
    Column,
    Edition,
    Row,
    TileQuestion,
    Zoom,
    reply,
    require_drawn,
    require_gzip,
)
from api.words import AreaKind
from geo.areas.shapes import read_shapes
from geo.database import Actor
from geo.errors import Forbidden, NotFound, Unauthorized
from geo.tiles import TileAddress
from maps.tiles.outlines import area_layer
from maps.tiles.polygons import PolygonLayer

router = APIRouter(tags=["map"])


class AreasQuestion(TileQuestion):
    """The parameters of a tile of areas."""

    kind: AreaKind = Field("subdistrict", description="Kind of area.", examples=["subdistrict"])


@router.get(
    "/tiles/{edition}/areas/{z}/{x}/{y}",
    response_class=Response,
    openapi_extra=SECURED,
    responses={**TOLD, **problems.told(Unauthorized, Forbidden)},
)
async def area_tile(
    request: Request,
    service: Serving,
    actor: Seeing,
    edition: Edition,
    z: Zoom,
    x: Column,
    y: Row,
    asked: Annotated[AreasQuestion, Query()],
) -> Response:
    """A tile of the areas of one kind; neighbours keep one common border. 区域瓦片。"""
    require_gzip(request)
    tile = TileAddress(z, x, y)

    def draw() -> tuple[int, bytes, str]:
        number = _number(service) if edition == "current" else edition
        key = f"areas-{number}-{asked.kind}"

        def make() -> PolygonLayer:
            return _layer(service, actor, number, asked.kind)

        return number, *service.polygon_tiles.tile(key, make, tile.z, tile.x, tile.y)

    number, packed, mark = await run_in_threadpool(draw)
    caching = PRIVATE_UNTIL_ASKED
    if edition != "current" and asked.v is not None:
        caching = PRIVATE_FOR_EVER
    return reply(request, packed, f'W/"areas-{number}.{mark}"', caching)


def _number(service: Service) -> int:
    """The edition of areas in force, as this process last heard."""
    number = service.register.state().areas
    if number is None:
        raise NotFound(
            "没有启用的区域版本。 No edition of areas is active.",
            remedy="请先导入。 Load one: `nuanyi import areas FILE --commit`.",
        )
    return number


def _layer(service: Service, actor: Actor, number: int, kind: str) -> PolygonLayer:
    with service.database.read(actor) as reader:
        require_drawn(reader, number, "areas")
        found = read_shapes(reader, number, kind)
    return area_layer(found, kind)
