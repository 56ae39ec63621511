"""`/cards`: cards to print, with a QR code that opens the worker's page at a station or an area."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from api import answers, problems
from api.answers import Identity, Question
from api.service import Asking, Service, Serving
from geo.areas import queries as areas
from geo.errors import Busy, Conflict, Invalid, NotFound, Unavailable
from geo.stations import queries as stations
from maps import cards
from maps.cards import AreaOnCard, Document, Paper
from maps.texts import Language, named

router = APIRouter(prefix="/cards", tags=["map"])

HTML = "text/html; charset=utf-8"
HOST = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}")
PAGE = {"text/html": {"schema": {"type": "string"}}}


class CardsQuestion(Question):
    """The parameters of every card."""

    lang: Language = Field("zh", description="Language of the card.", examples=["en"])


class StationCardQuestion(CardsQuestion):
    """The parameters of a station's card."""

    paper: Paper = Field("a6", description="a6, or a5 for a wall.", examples=["a5"])


class AreaCardsQuestion(CardsQuestion):
    """The parameters of an area's cards."""

    after: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Where the part before ended; the page links to it.",
        examples=["NDI"],
    )


@router.get(
    "/{station_id}",
    response_class=Response,
    responses={
        200: {"description": "The card: one HTML page to print.", "content": PAGE},
        304: {"description": "Not modified: the page of your ETag."},
        **problems.told(Invalid, NotFound, Busy, Unavailable),
    },
)
def station_card(
    request: Request,
    service: Serving,
    actor: Asking,
    station_id: Annotated[
        Identity, Path(description="The station's id.", examples=[4821930177623114])
    ],
    asked: Annotated[StationCardQuestion, Query()],
) -> Response:
    """A station's card, A6 or A5. 驿站卡片：二维码打开这个驿站。"""
    document = _document(request, service, asked.lang)
    with service.database.read(actor) as reader:
        facts = stations.get_station(reader, station_id)
    return _reply(request, cards.station_page(cards.on_card(facts), document, asked.paper))


@router.get(
    "/area/{area_id}",
    response_class=Response,
    responses={
        200: {"description": "The cards: one HTML page to print.", "content": PAGE},
        304: {"description": "Not modified: the page of your ETag."},
        **problems.told(Invalid, NotFound, Conflict, Busy, Unavailable),
    },
)
def area_cards(
    request: Request,
    service: Serving,
    actor: Asking,
    area_id: Annotated[Identity, Path(description="The area's id.", examples=[6102330440716319])],
    asked: Annotated[AreaCardsQuestion, Query()],
) -> Response:
    """An area's card and those of its stations, four to a sheet of A4, 200 to a document.

    区域卡片与区域内全部驿站的卡片，每张 A4 四张。
    """
    document = _document(request, service, asked.lang)
    after = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        detail = areas.get_area(reader, area_id)
        inside = stations.list_stations(
            reader,
            area_id=area_id,
            after=None if after is None else after[0],
            limit=cards.MOST + 1,
        )
    shown = inside[: cards.MOST]
    links = [] if after is None else [(f"{request.url.path}?lang={asked.lang}", "card.first_part")]
    if len(inside) > len(shown):
        more = answers.page_after(request, answers.cursor(shown[-1].id))
        links.append((more, "card.next_part"))
    counted = sum(detail.stations.values()) if detail.stations is not None else None
    kind = detail.area.kind
    name = detail.area.name or getattr(named("kind", kind), asked.lang)
    page = cards.area_pages(
        AreaOnCard(detail.area.id, name, kind, counted),
        [cards.on_card(facts) for facts in shown],
        document,
        total=len(shown) if counted is None else counted,
        begins=after is None,
        links=links,
    )
    return _reply(request, page)


def _reply(request: Request, page: str) -> Response:
    """A page, private: its codes may lead to the address that this asker used."""
    tag = f'W/"cards-{answers.fingerprint(page)}"'
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    return answers.reply(page.encode(), tag, public=False, media_type=HTML)


def _document(request: Request, service: Service, language: Language) -> Document:
    """Where the codes lead: the address that is set, else the one that was asked.

    Raises:
        Invalid: the Host header is none.
    """
    settings = service.settings
    address = settings.public_url or str(request.base_url).rstrip("/")
    if settings.public_url is None and not HOST.fullmatch(address):
        raise Invalid(
            "看不出本服务的访问地址。 The address of this service cannot be told.",
            remedy="Set NUANYI_PUBLIC_URL.",
        )
    sign = None if settings.union_sign is None else cards.sign_uri(settings.union_sign)
    return Document(address, language, sign)
