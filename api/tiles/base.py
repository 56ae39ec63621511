"""`/tiles/…/base` and `…/stations`: our own map, drawn by PostGIS from the editions in force.

A tile of an edition never changes, so it is kept for good by browsers and the last ones in memory
here; those go on being answered when the database is stopped.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.service import NO_WRONG_KEY, Service, Serving
from api.tiles.asked import (
    FOR_EVER,
    TOLD,
    UNTIL_ASKED,
    VERSION,
    Column,
    Edition,
    Row,
    TileQuestion,
    Zoom,
    reply,
    require_drawn,
    require_gzip,
)
from geo import editions
from geo.database import ANYONE
from geo.errors import Busy, Unavailable
from geo.stations import tiles as station_tiles
from geo.streets import tiles as street_tiles
from geo.tiles import TileAddress
from maps.tiles.store import Subject, TileKey

router = APIRouter(tags=["map"])


@router.get(
    "/tiles/{edition}/base/{z}/{x}/{y}",
    response_class=Response,
    dependencies=[NO_WRONG_KEY],
    responses=TOLD,
)
async def base_tile(
    request: Request,
    service: Serving,
    edition: Edition,
    z: Zoom,
    x: Column,
    y: Row,
    _asked: Annotated[TileQuestion, Query()],
) -> Response:
    """A tile of the base map: streets, water, green, railway, buildings, walls. 底图瓦片。

    Layers and properties are described in docs/operators.md.
    """
    return await _tile(request, service, edition, "base", TileAddress(z, x, y))


@router.get(
    "/tiles/{edition}/stations/{z}/{x}/{y}",
    response_class=Response,
    dependencies=[NO_WRONG_KEY],
    responses=TOLD,
)
async def station_tile(
    request: Request,
    service: Serving,
    edition: Edition,
    z: Zoom,
    x: Column,
    y: Row,
    _asked: Annotated[TileQuestion, Query()],
) -> Response:
    """A tile of stations; below zoom 12 gathered, with counts that add up exactly. 驿站瓦片。"""
    return await _tile(request, service, edition, "stations", TileAddress(z, x, y))


async def _tile(
    request: Request,
    service: Service,
    edition: Literal["current"] | int,
    subject: Subject,
    tile: TileAddress,
) -> Response:
    require_gzip(request)
    number = None if edition == "current" else edition
    packed = None
    if number is not None:
        packed = service.tiles.get(TileKey(number, subject, tile.z, tile.x, tile.y))
    if number is None or packed is None:
        async with service.tile_turns:
            # Who has moved the map on meanwhile does not need it any more.
            if await request.is_disconnected():
                return Response(status_code=204)
            number, packed = await run_in_threadpool(_draw, service, number, subject, tile)
    tag = f'W/"{subject}-{number}.{VERSION}.{MARKS[subject]}"'
    return reply(request, packed or b"", tag, UNTIL_ASKED if edition == "current" else FOR_EVER)


MARKS: dict[Subject, str] = {"base": street_tiles.MARK, "stations": station_tiles.MARK}
_DATASETS: dict[Subject, str] = {"base": "streets", "stations": "stations"}


def _draw(
    service: Service, number: int | None, subject: Subject, tile: TileAddress
) -> tuple[int, bytes]:
    """The tile from the store, else from the database."""
    try:
        with service.database.read(ANYONE) as reader:
            if number is None:
                number = editions.require_active(reader, _DATASETS[subject]).id
                service.tiles.in_force[subject] = number
            else:
                require_drawn(reader, number, _DATASETS[subject])
            key = TileKey(number, subject, tile.z, tile.x, tile.y)
            kept = service.tiles.get(key)
            if kept is not None:
                return number, kept
            draw = street_tiles.base_tile if subject == "base" else station_tiles.station_tile
            drawn = draw(reader, number, tile)
    except (Busy, Unavailable):
        last = service.tiles.in_force.get(subject) if number is None else None
        kept = None
        if last is not None:
            kept = service.tiles.get(TileKey(last, subject, tile.z, tile.x, tile.y))
        if last is None or kept is None:
            raise
        return last, kept
    return number, service.tiles.put(key, drawn)
