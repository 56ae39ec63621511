"""`/api/siting/plans/{id}.xlsx`, `.geojson`, `.gpkg`, `/map.html`, `/report.pdf`: a plan to take
away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import answers
from api.answers import InCrs, Question
from api.service import SECURED, Seeing, Service, Serving
from api.siting.asking import CHANGING
from api.siting.plans import PlanId
from geo.database import Actor
from geo.siting.plans import scenarios
from geo.siting.plans.whom import whom
from maps import geojson
from maps.portable import content_security_policy
from maps.siting import PlanView, draw, gather, geojson_of, geopackage_of, pdf, xlsx
from maps.siting.files import MEDIA_TYPE as GPKG
from maps.siting.sheet import MEDIA_TYPE as XLSX
from maps.texts import Language

router = APIRouter(prefix="/api/siting/plans", tags=["siting"])
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
PDF = "application/pdf"
Route = TypeVar("Route", bound=Callable[..., Response])


def _taken(path: str, description: str, content: dict[str, Any]) -> Callable[[Route], Route]:
    """The route of a file of a plan."""
    return router.get(
        path,
        response_class=Response,
        openapi_extra=SECURED,
        responses={
            200: {"description": description, "content": content},
            304: {"description": "Not modified: your ETag still holds."},
            **CHANGING,
        },
    )


class LanguageQuestion(Question):
    """In which language."""

    lang: Language = Field("zh", description="Its language.", examples=["en"])


class NoQuestion(Question):
    """Nothing to choose."""


@_taken("/{plan_id}.geojson", "The new sites.", answers.GEOJSON_CONTENT)
def plan_geojson(
    request: Request,
    service: Serving,
    actor: Seeing,
    plan_id: PlanId,
    asked: Annotated[InCrs, Query()],
) -> Response:
    """The new sites of a plan with its figures, as GeoJSON. 方案的 GeoJSON。"""
    return _reply(
        request, service, actor, plan_id, "geojson", geojson.MEDIA_TYPE,
        lambda view: geojson_of(view, asked.crs), asked.crs, people=False,
    )  # fmt: skip


@_taken("/{plan_id}.gpkg", "A GeoPackage, WGS 84.", {GPKG: BINARY})
def plan_geopackage(
    request: Request,
    service: Serving,
    actor: Seeing,
    plan_id: PlanId,
    asked: Annotated[NoQuestion, Query()],
) -> Response:
    """Sites, stations, areas and people of a plan as a GeoPackage. 方案的 GeoPackage。"""
    del asked
    return _reply(request, service, actor, plan_id, "gpkg", GPKG, geopackage_of)


@_taken("/{plan_id}.xlsx", "The plan as a spreadsheet.", {XLSX: BINARY})
def plan_workbook(
    request: Request,
    service: Serving,
    actor: Seeing,
    plan_id: PlanId,
    asked: Annotated[LanguageQuestion, Query()],
) -> Response:
    """A plan as a spreadsheet: sites, areas, overlaps, replacements, definitions. 方案表格。"""
    return _reply(
        request, service, actor, plan_id, "xlsx", XLSX,
        lambda view: xlsx(view, asked.lang), asked.lang, people=False,
    )  # fmt: skip


@_taken("/{plan_id}/report.pdf", "Two pages: PDF/UA-1, fonts inside.", {PDF: BINARY})
def plan_report(
    request: Request,
    service: Serving,
    actor: Seeing,
    plan_id: PlanId,
    asked: Annotated[LanguageQuestion, Query()],
) -> Response:
    """A plan on two printed pages, with method, bound and definitions. 方案报告（两页 PDF）。"""
    fonts = service.settings.fonts
    return _reply(
        request, service, actor, plan_id, "pdf", PDF,
        lambda view: pdf(view, asked.lang, fonts=fonts), asked.lang, fonts,
    )  # fmt: skip


@_taken(
    "/{plan_id}/map.html",
    "The map: one HTML file that needs nothing else.",
    {"text/html": {"schema": {"type": "string"}}},
)
def plan_map(
    request: Request,
    service: Serving,
    actor: Seeing,
    plan_id: PlanId,
    asked: Annotated[LanguageQuestion, Query()],
) -> Response:
    """A plan as a map in one file; save it, and it opens anywhere. 方案地图。"""
    answer = _reply(
        request, service, actor, plan_id, "html", "text/html; charset=utf-8",
        lambda view: draw(view, language=asked.lang).encode(), asked.lang,
    )  # fmt: skip
    if answer.status_code == 200:
        policy = content_security_policy(bytes(answer.body).decode())
        # The page's own policy names its scripts by hash; two policies both have to agree.
        answer.headers["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
    return answer


def _reply(
    request: Request,
    service: Service,
    actor: Actor,
    plan_id: int,
    ending: str,
    media_type: str,
    make: Callable[[PlanView], bytes],
    *more: object,
    people: bool = True,
) -> Response:
    settings = service.settings
    with service.database.read(actor) as reader:
        plan = scenarios.show(reader, plan_id)
        states = scenarios.reached_of(reader, plan_id) if people else None
    reached = whom(service.planning, plan, states) if people else None
    made_on = today(service)
    tag = answers.etag(
        [],
        f"plan-{plan.id}-{plan.revision}",
        ending,
        answers.fingerprint(
            made_on,
            None if reached is None else reached.ground.city.mark,
            settings.privacy_people,
            settings.bulletin_issuer,
            settings.map_attribution,
            settings.map_approval_number,
            more,
        ),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)

    def draw_it() -> bytes:
        with service.database.read(actor) as reader:
            view = gather(reader, settings, plan, whom=reached, made_on=made_on)
        return make(view)

    content = service.prints.get(tag, draw_it)
    answer = answers.reply(content, tag, public=False, media_type=media_type)
    file = quote(f"{plan.name}.{ending}", safe="")
    kept = "inline" if ending in ("pdf", "html") else "attachment"
    answer.headers["Content-Disposition"] = (
        f"{kept}; filename=\"plan-{plan.id}.{ending}\"; filename*=UTF-8''{file}"
    )
    return answer


def today(service: Service) -> date:
    """The day by the clock of the place."""
    return datetime.now(UTC).astimezone(ZoneInfo(service.settings.time_zone)).date()
