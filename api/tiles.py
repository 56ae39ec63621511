"""`/tiles` and `/map/style.json`: our own map, drawn by PostGIS from the editions in force.

A tile of an edition never changes, so it is kept for good by browsers and the last ones in memory
here; those go on being answered when the database is stopped.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import answers, problems
from api.answers import Question
from api.problems import NotAcceptable
from api.service import NO_WRONG_KEY, Service, Serving
from geo import editions
from geo.database import ANYONE, Reader
from geo.errors import Busy, Invalid, NotFound, Unavailable
from geo.stations import tiles as station_tiles
from geo.streets import tiles as street_tiles
from geo.tiles import LARGEST_ZOOM, TileAddress
from maps.geojson import to_json
from maps.texts import Language
from maps.tiles.store import MEDIA_TYPE, Subject, TileKey
from maps.tiles.style import Drawn, demo_notice, map_style
from maps.tiles.themes import Theme

router = APIRouter(tags=["map"])

FOR_EVER = "public, max-age=31536000, immutable"
"""Of a tile whose edition is in its address."""
UNTIL_ASKED = "public, max-age=0, must-revalidate"
"""Of a tile of whichever edition is in force."""
NUMBERS = 2**31 - 1
VERSION = version("nuanyi")

Edition = Annotated[
    Literal["current"] | Annotated[int, Field(ge=1, le=NUMBERS)],
    Path(
        description="Number of the edition, or `current`: the one in force, which no cache keeps.",
        examples=["current"],
    ),
]
Zoom = Annotated[int, Path(ge=0, le=LARGEST_ZOOM, description="Zoom.", examples=[14])]
Column = Annotated[
    int,
    Path(
        ge=0,
        lt=1 << LARGEST_ZOOM,
        description="Column, counted from 180° west; less than 2^z.",
        examples=[12788],
    ),
]
Row = Annotated[
    int,
    Path(
        ge=0,
        lt=1 << LARGEST_ZOOM,
        description="Row, counted from the north; less than 2^z.",
        examples=[6190],
    ),
]


class TileQuestion(Question):
    """The parameters of a tile."""

    v: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{1,16}$",
        description="Mark of the drawing, from the style: another address when tiles of the same "
        "edition are drawn otherwise. Changes nothing in the answer.",
        examples=["5f0c1a2b"],
    )


TOLD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A Mapbox Vector Tile (2.1), compressed with gzip.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    },
    204: {"description": "There is nothing to draw in this tile."},
    304: {"description": "Not modified: the tile of your ETag."},
    **problems.told(Invalid, NotFound, NotAcceptable, Busy, Unavailable),
}


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
    if not answers.takes_gzip(request.headers.get("accept-encoding")):
        raise NotAcceptable(
            "瓦片只以 gzip 压缩发送。 Tiles are sent compressed with gzip only.",
            remedy="Send Accept-Encoding: gzip, or leave it out.",
        )
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
    headers = {
        "Cache-Control": UNTIL_ASKED if edition == "current" else FOR_EVER,
        "Vary": "Accept-Encoding",
        "ETag": f'W/"{subject}-{number}.{VERSION}.{_MARKS[subject]}"',
    }
    if not packed:
        return Response(status_code=204, headers=headers)
    if answers.unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(packed, media_type=MEDIA_TYPE, headers=headers)


_MARKS: dict[Subject, str] = {"base": street_tiles.MARK, "stations": station_tiles.MARK}
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
                _check(reader, number, subject)
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


def _check(reader: Reader, number: int, subject: Subject) -> None:
    """See that tiles may be drawn from an edition: in force, or once in force.

    Raises:
        NotFound: there is no such edition.
    """
    dataset = _DATASETS[subject]
    known = reader.scalar(
        "SELECT EXISTS (SELECT 1 FROM edition WHERE id = :id AND dataset = :dataset "
        "AND state IN ('active', 'retired'))",
        id=number,
        dataset=dataset,
    )
    if not known:
        raise NotFound(
            f"没有编号为 {number} 的这类版本。 There is no edition {number} of {dataset}.",
            remedy="/map/style.json names those in force; `current` stands for them.",
            field="edition",
        )


# ---------------------------------------------------------------------- the style
class StyleQuestion(Question):
    """The parameters of the style."""

    lang: Language = Field(
        "zh", description="Language of what the map says of itself.", examples=["en"]
    )
    theme: Theme = Field(
        "day", description="day, night, or contrast for bright sun.", examples=["night"]
    )


@router.get(
    "/map/style.json",
    response_class=Response,
    dependencies=[NO_WRONG_KEY],
    responses={
        200: {
            "description": "A style (MapLibre Style Specification 8).",
            "content": {answers.JSON: {"schema": {"type": "object"}}},
        },
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Busy, Unavailable),
    },
)
def style_of_map(
    request: Request, service: Serving, asked: Annotated[StyleQuestion, Query()]
) -> Response:
    """How MapLibre draws our tiles of the editions in force; no font, no sprite, no other host.

    地图样式。
    """
    wanted = (asked.theme, asked.lang)
    try:
        body, tag = service.tiles.styles[wanted] = _style(service, asked, wanted)
    except (Busy, Unavailable):
        if wanted not in service.tiles.styles:
            raise
        body, tag = service.tiles.styles[wanted]
    if answers.unchanged(request, tag):
        return answers.not_modified(tag)
    return answers.reply(body, tag)


def _style(service: Service, asked: StyleQuestion, wanted: tuple[str, str]) -> tuple[bytes, str]:
    """The style of now and its tag; drawn anew only when something has changed."""
    of = service.settings
    with service.database.read(ANYONE) as reader:
        found = answers.read_editions(reader, "streets", "stations")
        tag = answers.etag(
            found,
            *wanted,
            answers.fingerprint(of.map_approval_number, of.map_attribution, _MARKS, VERSION),
        )
        kept = service.tiles.styles.get(wanted)
        if kept is not None and kept[1] == tag:
            return kept
        number = {facts.dataset: facts.id for facts in found}
        stations = number.get("stations")
        bounds = None if stations is None else station_tiles.extent(reader, stations)
    drawn = Drawn(
        streets=number.get("streets"),
        stations=stations,
        streets_mark=street_tiles.MARK,
        stations_mark=station_tiles.MARK,
        bounds=bounds,
        attribution=of.map_attribution,
        approval_number=of.map_approval_number,
        notice=demo_notice({facts.dataset: facts.source for facts in found}),
    )
    return to_json(map_style(drawn, asked.theme, asked.lang)).encode(), tag
