"""The worker's page at `/`: the nearest station to walk to, on an old phone, in the rain.

One HTML document a language, a handful of hand-written modules, a service worker. Everything it
loads has the room's own mark in its address, a hash of all its files, so that a phone may keep it
for ever and never mixes two versions.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from maps.portable import json_block, template
from maps.texts import LANGUAGES, Language, catalogue, text

ROOM = Path(__file__).parent / "web" / "worker"
FIRST_MODULES = (
    "main.js",
    "ask.js",
    "cards.js",
    "dom.js",
    "filters.js",
    "list.js",
    "nearby.js",
    "position.js",
    "store.js",
    "words.js",
)
"""What the first answer needs; asked for beside each other, before one names the next."""
LATER_MODULES = (
    "along.js",
    "area.js",
    "device.js",
    "handover.js",
    "hours.js",
    "map.js",
    "one.js",
    "outbox.js",
    "places.js",
    "report.js",
    "route.js",
    "saved.js",
    "settings.js",
    "unions.js",
)
"""What waits until somebody wants it; on the phone all the same, for when there is no network."""
ICONS = ("icons/icon-192.png", "icons/icon-512.png", "icons/maskable-512.png", "icons/mark.svg")
CHIPS = (
    "hot_water",
    "meal_heating",
    "toilet",
    "phone_charging",
    "rest",
    "mother_baby",
)
"""Services that stand beside the list; the others are behind `more`."""
MORE_SERVICES = (
    "drinking_water",
    "air_conditioning",
    "heating",
    "refrigerator",
    "battery_swap",
    "wifi",
    "first_aid",
    "defibrillator",
    "rain_gear",
    "shower",
    "laundry",
    "parking",
    "legal_help",
    "join_union",
)
KINDS = (
    "warm_station",
    "union_service_station",
    "workers_home",
    "mother_baby_room",
    "childcare_class",
    "driver_rest_home",
)
LEVELS = (
    "office_building",
    "industrial_park",
    "commercial_district",
    "marketplace",
    "functional_area",
    "community",
    "subdistrict",
    "district",
)
"""Areas whose union one can join."""
SPOKEN = ("worker", "service", "map")
"""Sections of the catalogue that the page speaks from, besides the names of the kinds."""


@functools.cache
def files() -> dict[str, bytes]:
    """The files of the room that a browser loads, by name."""
    names = ("page.css", "boot.js", *FIRST_MODULES, *LATER_MODULES, *ICONS)
    return {name: (ROOM / name).read_bytes() for name in names}


@functools.cache
def mark() -> str:
    """Changes with any file of the room."""
    digest = hashlib.blake2b(digest_size=6)
    for name, content in sorted(files().items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def address(name: str) -> str:
    """Where a file of the room is served, for ever."""
    return f"/web/@{mark()}/worker/{name}"


def _spoken(language: Language) -> dict[str, str]:
    def wanted(key: str) -> bool:
        section, _, name = key.partition(".")
        return (
            section in SPOKEN
            or (section == "kind" and name in (*KINDS, *LEVELS))
            or (section == "report" and name.startswith(("kind_", "state_")))
        )

    return {key: getattr(both, language) for key, both in catalogue().items() if wanted(key)}


@functools.lru_cache(maxsize=16)
def worker_page(language: Language, metres_per_second: float, time_zone: str) -> str:
    """The page, in one language.

    Args:
        language: of every text in it.
        metres_per_second: walking speed, for estimates that the phone makes on its own.
        time_zone: in which opening hours are shown, whatever the phone's own clock says.
    """
    spoken = {
        "language": language,
        "metresPerSecond": metres_per_second,
        "timeZone": time_zone,
        "texts": _spoken(language),
    }
    return template("worker/page.html").render(
        language=language,
        lang="en" if language == "en" else "zh-CN",
        t=lambda key, **values: text(f"worker.{key}", language, **values),
        word=lambda section, name: text(f"{section}.{name}", language),
        address=address,
        first_modules=FIRST_MODULES,
        chips=CHIPS,
        more_services=MORE_SERVICES,
        kinds=KINDS,
        page=json_block(spoken),
    )


def manifest(language: Language) -> bytes:
    """The web app manifest: what the phone needs to put the page on its home screen."""
    picture = {"type": "image/png", "purpose": "any"}
    facts: dict[str, Any] = {
        "id": "/",
        "name": text("worker.app_name", language),
        "short_name": text("worker.app_short", language),
        "description": text("worker.app_about", language),
        "lang": "en" if language == "en" else "zh-CN",
        "dir": "ltr",
        "start_url": "/" if language == "zh" else f"/?lang={language}",
        "scope": "/",
        "display": "standalone",
        "orientation": "any",
        "background_color": "#fbf6f1",
        "theme_color": "#b93114",
        "categories": ["navigation", "utilities", "lifestyle"],
        "icons": [
            {"src": address("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": address("icons/icon-192.png"), "sizes": "192x192", **picture},
            {"src": address("icons/icon-512.png"), "sizes": "512x512", **picture},
            {
                "src": address("icons/maskable-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


def service_worker(pages: Iterable[str]) -> bytes:
    """The service worker, told what to put on the phone.

    Args:
        pages: the rendered pages; the phone takes a new copy of everything when one changes.
    """
    digest = hashlib.blake2b(mark().encode(), digest_size=6)
    for page in pages:
        digest.update(page.encode())
    shell = {
        "version": digest.hexdigest(),
        "outbox": address("outbox.js"),
        "pages": {language: f"/?lang={language}" for language in LANGUAGES},
        "files": [address(name) for name in files()],
    }
    program = (ROOM / "sw.js").read_text("utf-8")
    return f"const SHELL = {json.dumps(shell)};\n{program}".encode()
