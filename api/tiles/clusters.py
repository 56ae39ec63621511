"""`/tiles/…/clusters`: the outlines of clusters without a union, from memory."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import problems
from api.service import SECURED, Seeing, Service, Serving
from api.tiles.asked import (
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
from geo.clusters.shapes import read_shapes
from geo.database import Actor
from geo.errors import Forbidden, NotFound, Unauthorized
from geo.tiles import TileAddress
from maps.tiles.outlines import cluster_layer
from maps.tiles.polygons import PolygonLayer

router = APIRouter(tags=["map"])


@router.get(
    "/tiles/{edition}/clusters/{z}/{x}/{y}",
    response_class=Response,
    openapi_extra=SECURED,
    responses={**TOLD, **problems.told(Unauthorized, Forbidden)},
)
async def cluster_tile(
    request: Request,
    service: Serving,
    actor: Seeing,
    edition: Edition,
    z: Zoom,
    x: Column,
    y: Row,
    _asked: Annotated[TileQuestion, Query()],
) -> Response:
    """A tile of the clusters of both tiers; the edition is that of the enterprises. 集聚区瓦片。"""
    require_gzip(request)
    tile = TileAddress(z, x, y)

    def draw() -> tuple[int, bytes, str]:
        number, run = _run(service, actor, None if edition == "current" else edition)
        key = f"clusters-{number}-{run}"

        def make() -> PolygonLayer:
            return _layer(service, actor, number)

        return number, *service.polygon_tiles.tile(key, make, tile.z, tile.x, tile.y)

    number, packed, mark = await run_in_threadpool(draw)
    # The clusters of an edition may be looked for again.
    return reply(request, packed, f'W/"clusters-{number}.{mark}"', PRIVATE_UNTIL_ASKED)


def _run(service: Service, actor: Actor, number: int | None) -> tuple[int, str]:
    """The edition of enterprises, and when its clusters were found."""
    state = service.register.state()
    if number is None or number == state.enterprises:
        if state.enterprises is None:
            raise NotFound(
                "没有启用的企业版本。 No edition of enterprises is active.",
                remedy="请先导入。 Load one: `nuanyi import enterprises FILE --commit`.",
            )
        return state.enterprises, state.clusters or ""
    with service.database.read(actor) as reader:
        require_drawn(reader, number, "enterprises")
        found = reader.scalar(
            "SELECT found_at::text FROM cluster_run WHERE edition_id = :edition", edition=number
        )
    return number, found or ""


def _layer(service: Service, actor: Actor, number: int) -> PolygonLayer:
    with service.database.read(actor) as reader:
        return cluster_layer(read_shapes(reader, number))
