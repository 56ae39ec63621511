"""`/maps/clusters.html`: clusters as a map in one file."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import answers
from api.answers import Question
from api.clusters.asking import FAILURES, UNCHANGED, Ground, OfClusters
from api.service import SECURED, Seeing, Serving
from maps.clusters import page as draw_page
from maps.portable import content_security_policy

router = APIRouter(tags=["clusters"])


class ClustersPageQuestion(Question, OfClusters):
    """The parameters of the map."""

    lang: Literal["zh", "en"] = Field(
        "zh", description="Language it opens in; it holds both.", examples=["en"]
    )


@router.get(
    "/maps/clusters.html",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The map: one HTML file that needs nothing else.",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        304: UNCHANGED,
        **FAILURES,
    },
)
def clusters_page(
    request: Request,
    service: Serving,
    actor: Seeing,
    asked: Annotated[ClustersPageQuestion, Query()],
) -> Response:
    """The map of clusters as one file; save it, and it opens anywhere. 未建会聚集区地图。"""
    chosen = asked.asked()
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
    settings = service.settings
    tag = ground.tag(
        "page",
        asked.lang,
        answers.fingerprint(
            chosen, settings.map_approval_number, settings.map_attribution, settings.time_zone
        ),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)

    def draw() -> str:
        with service.database.read(actor) as reader:
            return draw_page(
                reader,
                settings,
                finder=ground.finder,
                asked=chosen,
                language=asked.lang,
                now=ground.now,
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
