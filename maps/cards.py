"""Printed cards: one for a station's wall, and sheets of them for an area.

Each card has a QR code that opens the worker's page at that station (`/#s=…`) or area (`/#a=…`). A
page needs no script; its only file is a style sheet, which `standalone` puts inside.
"""

from __future__ import annotations

import base64
import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from geo.errors import Invalid
from geo.stations.queries import StationFacts
from maps.portable import template, trusted, web, with_policy
from maps.texts import Language, named, text

FILES = "/web/"
"""Where the files of `maps/web` are served."""
Paper = Literal["a5", "a6"]
MOST = 200
"""Station cards in one document: fifty-one sheets of A4."""
LONGEST = {"name": 72, "address": 100, "hours": 150, "operator": 60, "phone": 60}
"""Characters that are printed; what is cut ends in …, and the code leads to the whole."""
SIZES = (("roomy", 3.3, 38.0), ("crowded", 2.75, 31.0), ("packed", 2.25, 25.0))
"""Millimetres of a letter, and of the code, of an A6 card; the first that has room is taken."""
LARGEST_SIGN = 512 * 1024
_SIGNS = {
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    ".svg": (b"", "image/svg+xml"),
}


@dataclass(frozen=True, slots=True)
class StationOnCard:
    """What a card says of a station."""

    id: int
    name: str
    kind: str
    address: str | None
    hours_text: str | None
    opening_hours: str | None
    access: str
    access_method: str | None
    services: Sequence[str]
    phone: str | None
    operator: str | None
    verified_on: date | None


@dataclass(frozen=True)
class AreaOnCard:
    """What a card says of an area; `stations` is None where nothing was counted."""

    id: int
    name: str
    kind: str
    stations: int | None


@dataclass(frozen=True)
class Document:
    """What all pages of a document share: where its codes lead, the union's sign as a data URI,
    the language, and whether the style sheet is put inside."""

    address: str
    language: Language = "zh"
    sign: str | None = None
    standalone: bool = False


def on_card(facts: StationFacts) -> StationOnCard:
    """What a card says, from what the edition says."""
    return StationOnCard(**{name: getattr(facts, name) for name in StationOnCard.__slots__})


def station_page(station: StationOnCard, document: Document, paper: Paper = "a6") -> str:
    """One card on a sheet of its own, as HTML."""
    return _page(
        document,
        title=text("card.title", document.language, name=_one_line(station.name)),
        paper=paper,
        sheets=[[station]],
        notes=[],
        links=[],
    )


def area_pages(
    area: AreaOnCard,
    stations: Sequence[StationOnCard],
    document: Document,
    *,
    total: int,
    begins: bool = True,
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """The area's own card and those of its stations, four to a sheet of A4, as HTML.

    Args:
        area: whose stations they are.
        stations: those of this part, at most :data:`MOST`.
        document: see there.
        total: stations of the area; when this part holds fewer, the page says so.
        begins: whether this is the first part, which alone has the area's card.
        links: address and key of the text of further parts.
    """
    cards: list[StationOnCard | AreaOnCard] = [*([area] if begins else []), *stations]
    notes = [text("card.cut_hint", document.language)]
    if total > len(stations):
        notes.append(text("card.part", document.language, total=total, shown=len(stations)))
    if not total:
        notes.append(text("card.none", document.language))
    return _page(
        document,
        title=text(
            "card.title_area", document.language, name=_one_line(area.name), n=len(stations)
        ),
        paper="a4",
        sheets=[cards[at : at + 4] for at in range(0, len(cards), 4)],
        notes=notes,
        links=links,
    )


def qr(address: str) -> Markup:
    """A QR code as SVG without size: error correction Q (a quarter may be scratched), with its
    quiet zone of four modules (ISO/IEC 18004)."""
    code = segno.make_qr(address, error="q")
    return trusted(code.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None))


def hours_in_words(
    hours_text: str | None, opening_hours: str | None, language: Language
) -> str | None:
    """Opening hours as a person reads them; None when nothing is known.

    Chinese: as they were written. English: from their OpenStreetMap form, where they were
    understood, else as they were written: a text is never guessed at.
    """
    if language == "zh" and hours_text:
        return hours_text
    if not opening_hours or "unknown" in opening_hours:
        return hours_text
    if opening_hours == "24/7":
        return text("card.hours_daily", language)
    words = _WORDS[language]
    said = re.sub(
        r"\b[A-Z][A-Za-z]{1,2}\b|\boff\b", lambda one: words.get(one[0], one[0]), opening_hours
    )
    # A dash between times, and a word between days: 周一至周五.
    said = re.sub(r"(?<=:\d\d)-(?=\d)", "–", said).replace(",", ", ")
    if language == "en":
        return re.sub(r"(?<=[a-z])-(?=[A-Z])", "–", said)
    return re.sub(r"(?<=[一-鿿])-(?=[一-鿿\d])", "至", said).replace("; ", "；")


_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        **{day: f"周{word}" for day, word in zip(_DAYS, "一二三四五六日", strict=True)},
        **{month: f"{number}月" for number, month in enumerate(_MONTHS, 1)},
        "PH": "法定节假日",
        "SH": "学校假期",
        "off": "休息",
    },
    "en": {
        **dict(zip(_DAYS, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], strict=True)),
        "PH": "public holidays",
        "SH": "school holidays",
        "off": "closed",
    },
}


def sign_uri(path: Path) -> str:
    """The union's sign as a data URI, for an image: nothing inside it can run.

    Raises:
        Invalid: the file cannot be read, is no picture, or is larger than 512 kB.
    """
    start, kind = _SIGNS.get(path.suffix.lower(), (None, ""))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(
            f"工会标识文件读不出。 The union's sign cannot be read: {error.strerror}.",
            remedy="See NUANYI_UNION_SIGN.",
        ) from error
    if start is None or not content.startswith(start) or len(content) > LARGEST_SIGN:
        raise Invalid(
            "工会标识须是 512 kB 以内的 PNG、SVG 或 JPEG。 "
            "The union's sign must be a PNG, SVG or JPEG file of at most 512 kB.",
            remedy="See NUANYI_UNION_SIGN.",
        )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@dataclass(frozen=True)
class _Card:
    """A card as the template shows it."""

    code: Markup
    address: str
    name: str
    kind: str
    says: str
    facts: list[tuple[str, str]]
    services: list[str]
    services_title: str
    operator: str | None
    verified: str | None
    size: str


def _card(shown: StationOnCard | AreaOnCard, document: Document) -> _Card:
    language = document.language

    def say(key: str, **values: object) -> str:
        return text(key, language, **values)

    def word(section: str, name: str) -> str:
        return str(getattr(named(section, name), language))

    host = document.address.partition("://")[2]
    if isinstance(shown, AreaOnCard):
        return _Card(
            code=qr(f"{document.address}/#a={shown.id}"),
            address=host,
            name=_cut("name", shown.name),
            kind=say("card.area_kind", kind=_lower(word("kind", shown.kind), language)),
            says=say("card.scan_area"),
            facts=[] if shown.stations is None else [("", say("card.stations", n=shown.stations))],
            services=[],
            services_title="",
            operator=None,
            verified=None,
            size="area" if _letters(shown.name) <= 24 else "area long",
        )
    hours = hours_in_words(shown.hours_text, shown.opening_hours, language)
    access = word("access", shown.access)
    if shown.access_method:
        access = f"{access} · {shown.access_method}"
    facts = [
        (say("card.hours"), _cut("hours", hours or say("card.hours_unknown"))),
        (say("card.access"), _cut("hours", access)),
    ]
    if shown.address:
        facts.append((say("card.address"), _cut("address", shown.address)))
    if shown.phone:
        facts.append((say("card.phone"), _cut("phone", shown.phone)))
    services = [word("service", one) for one in shown.services]
    services = services or [say("card.services_unknown")]
    name = _cut("name", shown.name)
    operator = _cut("operator", shown.operator) if shown.operator else None
    return _Card(
        code=qr(f"{document.address}/#s={shown.id}"),
        address=host,
        name=name,
        kind=word("kind", shown.kind),
        says=say("card.scan_station"),
        facts=facts,
        services=services,
        services_title=say("card.services"),
        operator=operator,
        verified=say("card.verified", date=shown.verified_on.isoformat())
        if shown.verified_on
        else say("card.not_verified"),
        size=_size(
            name, facts, services, [f"{operator or ''}{'　' * 16}", say("card.small_print")]
        ),
    )


def _size(
    name: str, facts: Sequence[tuple[str, str]], services: Sequence[str], foot: Sequence[str]
) -> str:
    """The largest of :data:`SIZES` in which everything has room on A6; the smallest has for the
    longest texts there are (a browser test holds it to that)."""
    for size, letter, code in SIZES:
        across = 91 / letter  # millimetres between the margins, in letters
        beside = across - 7.6  # right of the titles
        lines = sum(-(-_letters(value) // beside) for _, value in facts)
        lines += -(-sum(_letters(one) + 1.6 for one in services) // (beside - 4)) * 1.25
        height = (
            (23 + code + 9)  # band and gaps, code, margin
            + -(-_letters(name) * 1.75 // across) * letter * 2.15
            + (lines * 1.4 + (len(facts) + 1) * 0.55) * letter
            + sum(-(-_letters(line) * 0.82 // across) for line in foot) * letter * 1.2
        )
        if height <= 143:
            return size
    return SIZES[-1][0]


def _letters(value: str) -> float:
    """Width of a text in letters of full width; a Latin one takes some six tenths."""
    return sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.62 for one in value)


def _cut(what: str, value: str) -> str:
    value, longest = _one_line(value), LONGEST[what]
    return value if len(value) <= longest else f"{value[: longest - 1]}…"


def _page(
    document: Document,
    *,
    title: str,
    paper: str,
    sheets: Sequence[Sequence[StationOnCard | AreaOnCard]],
    notes: Sequence[str],
    links: Sequence[tuple[str, str]],
) -> str:
    language = document.language
    host = urlsplit(document.address).hostname or ""
    warning = None
    if host in ("localhost", "::1") or host.startswith("127."):
        warning = text("card.local_only", language, host=document.address)
    names = ("cards/cards.css", f"cards/{paper}.css")
    html = template("cards/cards.html").render(
        t=lambda key, **values: text(key, language, **values),
        lang="en" if language == "en" else "zh-CN",
        title=title,
        paper=paper,
        sheets=[[_card(one, document) for one in sheet] for sheet in sheets],
        notes=[text("card.print_hint", language, paper=paper.upper()), *notes],
        links=[(address, text(key, language)) for address, key in links],
        warning=warning,
        sign=document.sign or _mark(),
        own_sign=document.sign is not None,
        linked=[] if document.standalone else [FILES + name for name in names],
        inside=[trusted(web(name)) for name in names] if document.standalone else [],
    )
    return with_policy(html) if document.standalone else html


@functools.cache
def _mark() -> str:
    content = base64.b64encode(web("start/mark.svg").encode()).decode()
    return f"data:image/svg+xml;base64,{content}"


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _lower(value: str, language: Language) -> str:
    return value.lower() if language == "en" else value
