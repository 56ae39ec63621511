"""`/map/style.json`: how a browser draws our tiles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import Question
from api.service import NO_WRONG_KEY, Service, Serving
from api.tiles.asked import VERSION
from api.tiles.base import MARKS
from geo.database import ANYONE
from geo.errors import Busy, Invalid, Unavailable
from geo.stations import tiles as station_tiles
from geo.streets import tiles as street_tiles
from maps.geojson import to_json
from maps.texts import Language
from maps.tiles.style import Drawn, demo_notice, map_style
from maps.tiles.themes import Theme

router = APIRouter(tags=["map"])


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
            answers.fingerprint(of.map_approval_number, of.map_attribution, MARKS, VERSION),
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
