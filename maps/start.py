"""The pages at the front door: start, API documentation, and what each error means.

Each is a small HTML document that loads its style and script from this service alone. Texts come
from the catalogue in one language, with a door to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maps.portable import json_block, template
from maps.texts import Language, catalogue, named, text

FILES = "/web/"
"""Where the files of `maps/web` are served."""
NEEDS = (
    "hot_water",
    "meal_heating",
    "drinking_water",
    "toilet",
    "rest",
    "phone_charging",
    "air_conditioning",
    "mother_baby",
)
"""The services that the form offers: what people in the street ask for most."""
SPOKEN = ("start", "hours", "access", "service", "kind", "dataset", "state")
"""Sections of the catalogue that the start page's script speaks from."""


@dataclass(frozen=True)
class ErrorHelp:
    """One kind of error, as its help page shows it."""

    slug: str
    status: int
    title: str
    title_zh: str


def _tools(language: Language) -> dict[str, object]:
    return {
        "language": language,
        "lang": "en" if language == "en" else "zh-CN",
        "other": "zh" if language == "en" else "en",
        "files": FILES,
        "t": lambda key, **values: text(key, language, **values),
    }


def start_page(language: Language) -> str:
    """The start page: the nearest station, the other doors, the dates of the data."""
    spoken = {
        key: text_.en if language == "en" else text_.zh
        for key, text_ in catalogue().items()
        if key.partition(".")[0] in SPOKEN
    }
    needs = [(word, getattr(named("service", word), language)) for word in NEEDS]
    return template("start/start.html").render(
        needs=needs, texts=json_block(spoken), **_tools(language)
    )


def docs_page(language: Language, openapi_url: str) -> str:
    """The API documentation: vendored Swagger UI over our own OpenAPI document."""
    return template("start/docs.html").render(openapi_url=openapi_url, **_tools(language))


def problem_page(language: Language, error: ErrorHelp, others: Sequence[ErrorHelp]) -> str:
    """What one kind of error means and what to do, with doors to the others."""
    return template("start/problem.html").render(error=error, others=others, **_tools(language))
