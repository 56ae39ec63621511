"""`/reports/bulletin.pdf` and `.xlsx`: the bulletin (通报) to print, and as a spreadsheet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import Identity, Question
from api.service import SECURED, Seeing, Service, Serving
from geo import editions
from geo.clusters.forms import clusters_mark
from geo.coverage.pairs import Pair, ensure_counted, find_pair
from geo.coverage.targets import read_targets
from geo.database import Actor, Database
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.progress import SILENT, Progress
from geo.settings import Settings
from geo.walking.finder import Finder
from maps.bulletin import ACTED_ON, Bulletin, gather, name_of, pdf, xlsx
from maps.texts import Language

router = APIRouter(prefix="/reports", tags=["coverage"])

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FAILURES = problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable)


class BulletinQuestion(Question):
    """The parameters of a bulletin."""

    area_id: Identity | None = Field(
        None,
        description="The division of the one page; without it the booklet of everything: cover, "
        "contents, a page for each district, definitions.",
        examples=[6102330440716319],
    )
    lang: Language = Field("zh", description="Its language.", examples=["en"])


@dataclass(frozen=True)
class Asked:
    """One bulletin that is asked for."""

    area_id: int | None
    language: Language
    printed_on: date
    pair: Pair | None


def today(settings: Settings) -> date:
    """The day by the clock of the place."""
    return datetime.now(UTC).astimezone(ZoneInfo(settings.time_zone)).date()


def earlier(
    database: Database, actor: Actor, settings: Settings, progress: Progress = SILENT
) -> Pair | None:
    """The edition in force and the last one that speaks for an earlier day, compared; None where
    there is none. The comparison is made once for a pair, and kept."""
    with database.read(actor) as reader:
        for dataset in ("areas", "enterprises"):
            editions.require_active(reader, dataset)
        try:
            pair = find_pair(reader)
        except NotFound:
            return None
    ensure_counted(database, actor, pair, settings, progress)
    return pair


def bulletin_of(
    database: Database,
    actor: Actor,
    settings: Settings,
    asked: Asked,
    *,
    finder: Finder | None = None,
    all_forms: bool = False,
    progress: Progress = SILENT,
) -> Bulletin:
    """Everything the bulletin shows; `all_forms`: of every cluster, not of those printed alone."""
    with database.read(actor) as reader:
        return gather(
            reader,
            settings,
            area_id=asked.area_id,
            printed_on=asked.printed_on,
            pair=asked.pair,
            finder=finder,
            acted_on=None if all_forms else ACTED_ON,
            progress=progress,
        )


@router.get(
    "/bulletin.pdf",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {"description": "The bulletin: PDF/UA-1, fonts inside.", "content": {PDF: BINARY}},
        304: {"description": "Not modified: your ETag still holds."},
        **FAILURES,
    },
)
def bulletin_pdf(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[BulletinQuestion, Query()]
) -> Response:
    """The bulletin to print: one page an area, or the booklet of all districts.

    工会组建与入会情况通报：每区一页，含地图、指标与目标、街道排名、变化、聚集区与建议形式；不给
    area_id 则为全市一册。
    """
    settings = service.settings

    def make(bulletin: Bulletin) -> bytes:
        return pdf(bulletin, asked.lang, fonts=settings.fonts)

    return _reply(request, service, actor, asked, "pdf", make)


@router.get(
    "/bulletin.xlsx",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {"description": "The same as a spreadsheet.", "content": {XLSX: BINARY}},
        304: {"description": "Not modified: your ETag still holds."},
        **FAILURES,
    },
)
def bulletin_xlsx(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[BulletinQuestion, Query()]
) -> Response:
    """The bulletin as a spreadsheet: a sheet for each theme, all areas and clusters. 通报表格。"""
    return _reply(
        request, service, actor, asked, "xlsx", lambda bulletin: xlsx(bulletin, asked.lang)
    )


def _reply(
    request: Request,
    service: Service,
    actor: Actor,
    asked: BulletinQuestion,
    ending: str,
    make: Callable[[Bulletin], bytes],
) -> Response:
    settings = service.settings
    pair = earlier(service.database, actor, settings)
    wanted = Asked(asked.area_id, asked.lang, today(settings), pair)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "areas", "enterprises")
        mark = clusters_mark(reader, editions.require_active(reader, "enterprises"))
        name = name_of(reader, asked.area_id, asked.lang)
    finder = None
    with contextlib.suppress(NotFound, Busy, Unavailable):
        finder = service.finder()
    tag = answers.etag(
        found,
        mark,
        ending,
        answers.fingerprint(
            wanted,
            None if finder is None else (finder.station_edition, finder.network_edition),
            read_targets(settings).mark,
            settings.small_denominator,
            settings.bulletin_issuer,
            settings.map_approval_number,
            settings.map_attribution,
            settings.fonts,
        ),
    )
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    content = service.prints.get(
        tag,
        lambda: make(
            bulletin_of(
                service.database,
                actor,
                settings,
                wanted,
                finder=finder,
                all_forms=ending == "xlsx",
            )
        ),
    )
    response = answers.reply(
        content, tag, public=False, media_type=PDF if ending == "pdf" else XLSX
    )
    shown = "inline" if ending == "pdf" else "attachment"
    file = quote(f"{name}-{wanted.printed_on.isoformat()}.{ending}", safe="")
    response.headers["Content-Disposition"] = (
        f"{shown}; filename=\"bulletin.{ending}\"; filename*=UTF-8''{file}"
    )
    return response
