"""What every tile's address says, and how every tile leaves."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import Question
from api.problems import NotAcceptable
from geo.database import Reader
from geo.errors import Busy, Invalid, NotFound, Unavailable
from geo.tiles import LARGEST_ZOOM
from maps.tiles.enterprises import DEEPEST
from maps.tiles.store import MEDIA_TYPE

FOR_EVER = "public, max-age=31536000, immutable"
"""Of a tile whose edition is in its address."""
UNTIL_ASKED = "public, max-age=0, must-revalidate"
"""Of a tile of whichever edition is in force."""
PRIVATE_FOR_EVER = "private, max-age=31536000, immutable"
PRIVATE_UNTIL_ASKED = "private, max-age=0, must-revalidate"
"""The same of what asks for the key."""
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
DeepZoom = Annotated[int, Path(ge=0, le=DEEPEST, description="Zoom.", examples=[14])]
DeepColumn = Annotated[
    int,
    Path(
        ge=0,
        lt=1 << DEEPEST,
        description="Column, counted from 180° west; less than 2^z.",
        examples=[12788],
    ),
]
DeepRow = Annotated[
    int,
    Path(
        ge=0,
        lt=1 << DEEPEST,
        description="Row, counted from the north; less than 2^z.",
        examples=[6190],
    ),
]
MARK = r"^[0-9a-f]{1,16}$"


class TileQuestion(Question):
    """The parameters of a tile."""

    v: str | None = Field(
        None,
        pattern=MARK,
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


def require_gzip(request: Request) -> None:
    """See that the asker takes what we have.

    Raises:
        NotAcceptable: it refuses gzip.
    """
    if not answers.takes_gzip(request.headers.get("accept-encoding")):
        raise NotAcceptable(
            "瓦片只以 gzip 压缩发送。 Tiles are sent compressed with gzip only.",
            remedy="Send Accept-Encoding: gzip, or leave it out.",
        )


def require_drawn(reader: Reader, number: int, dataset: str) -> None:
    """See that tiles may be drawn from an edition: in force, or once in force.

    Raises:
        NotFound: there is no such edition.
    """
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


def reply(request: Request, packed: bytes, tag: str, caching: str) -> Response:
    """A tile as it leaves: 200, 204 where nothing is, or 304.

    Args:
        request: the question.
        packed: the tile as gzip, empty where nothing is to be drawn.
        tag: its ETag.
        caching: its Cache-Control.
    """
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding", "ETag": tag}
    if caching.startswith("private"):
        headers["Vary"] = "Accept-Encoding, Authorization"
    if not packed:
        return Response(status_code=204, headers=headers)
    if answers.unchanged(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(packed, media_type=MEDIA_TYPE, headers=headers)
