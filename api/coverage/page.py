"""`/maps/coverage.html`: union coverage as a map in one file."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import Question
from api.coverage.rates import of_settings
from api.service import SECURED, Seeing, Serving
from api.words import AreaKind, RateName
from geo import editions
from geo.enterprises.register import revision
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.stations.queries import status_mark
from maps.coverage.gather import page as draw_page
from maps.portable import content_security_policy

router = APIRouter(tags=["coverage"])


class MapQuestion(Question):
    """The parameters of the map."""

    kind: AreaKind | None = Field(
        None,
        description="Kind of area; by default subdistricts, or the next division there is.",
        examples=["subdistrict"],
    )
    measure: RateName = Field(
        "establishment", description="The rate to colour by.", examples=["membership_unionised"]
    )
    lang: Literal["zh", "en"] = Field(
        "zh", description="Language it opens in; it holds both.", examples=["en"]
    )


@router.get(
    "/maps/coverage.html",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The map: one HTML file that needs nothing else.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        304: {"description": "Not modified: the editions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def coverage_page(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[MapQuestion, Query()]
) -> Response:
    """The coverage map as one file; save it, and it opens anywhere. 工会覆盖地图。"""
    with service.database.read(actor) as reader:
        for dataset in ("areas", "enterprises"):
            editions.require_active(reader, dataset)
        found = answers.read_editions(reader, "areas", "stations", "enterprises")
        statuses = f"{status_mark(reader)}.r{revision(reader)}"
    tag = answers.etag(
        found, statuses, asked.kind or "", asked.measure, asked.lang, of_settings(service.settings)
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)

    def draw() -> str:
        with service.database.read(actor) as reader:
            return draw_page(
                reader,
                service.settings,
                kind=asked.kind,
                measure=asked.measure,
                language=asked.lang,
            )

    page = service.drawings.get(tag, draw)
    response = answers.reply(
        page.encode(), tag, public=False, media_type="text/html; charset=utf-8"
    )
    # The page's own policy names its scripts by hash; two policies both have to agree.
    response.headers["Content-Security-Policy"] = (
        f"{content_security_policy(page)}; frame-ancestors 'none'"
    )
    return response
