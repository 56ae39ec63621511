"""The planner's page at `/plan`: where the next stations go, and how near that is to the best.

One HTML document a language and hand-written modules; asking, words, the base map and the look are
those of the leader's page. Everything it loads has the room's own mark in its address, a hash of
all its files, of those it shares and of the library it uses: a browser may keep it for ever.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any, Final

from geo.siting.fields import NOT_TOGETHER, TAKES
from maps import style
from maps.portable import json_block, template
from maps.texts import Language, catalogue, text
from maps.vendored import MAPLIBRE, WEB

ROOM: Final = WEB / "plan"
FIRST_MODULES: Final = (
    "main.js",
    "asked.js",
    "candidates.js",
    "data.js",
    "dots.js",
    "figures.js",
    "hours.js",
    "job.js",
    "map.js",
    "permalink.js",
    "plan.js",
    "pointer.js",
    "question.js",
    "refill.js",
    "retry.js",
    "scenarios.js",
    "sites.js",
    "store.js",
    "trouble.js",
)
"""What the first picture needs; asked for beside each other, before one names the next."""
SHARED_MODULES: Final = ("ask.js", "basemap.js", "dom.js", "pointing.js", "words.js")
"""Modules of the leader's page that this one uses."""
SHARED_FILES: Final = ("boot.js", "page.css", "map.css", *SHARED_MODULES)
LATER_MODULES: Final = ("curve.js", "equity.js", "more.js", "register.js", "swipe.js", "tasks.js")
"""What waits until somebody wants it."""
TABS: Final = ("question", "plan", "candidates", "curve", "equity", "more", "scenarios", "tasks")
GROUPS: Final = ("courier", "food_rider", "sanitation_worker", "driver", "outdoor_worker")
OFFERS: Final = (
    "hot_water",
    "drinking_water",
    "meal_heating",
    "toilet",
    "rest",
    "phone_charging",
    "air_conditioning",
    "heating",
    "first_aid",
)
"""What is asked for when a site opens; whatever else its host offers stands beside it."""
SHARED_TEXTS: Final = (
    "as_table",
    "close",
    "layers",
    "legend",
    "link_copied",
    "link_here",
    "look",
    "map",
    "map_unsupported",
    "more_rows",
    "needs_script",
    "no_data",
    "part_missing",
    "points",
    "save_csv",
    "share",
    "tiles_missing",
    "unnamed",
    "unreachable",
    "whole_view",
    "zoom_in",
    "zoom_out",
)
"""What this page says in the same words as the leader's."""
SPOKEN: Final = ("plan", "worker_group", "host_type", "dataset", "service")
"""Sections of the catalogue that the page speaks from."""


@functools.cache
def files() -> dict[str, bytes]:
    """The files of the room that a browser loads, by name."""
    names = ("plan.css", *FIRST_MODULES, *LATER_MODULES)
    return {name: (ROOM / name).read_bytes() for name in names}


@functools.cache
def mark() -> str:
    """Changes with any file of the room, with those it shares, or with the library it uses."""
    digest = hashlib.blake2b(digest_size=6)
    for name, content in sorted(files().items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    for name in SHARED_FILES:
        digest.update((WEB / "leader" / name).read_bytes())
    for name in MAPLIBRE:
        digest.update((WEB / "vendor" / name).read_bytes())
    return digest.hexdigest()


def address(path: str) -> str:
    """Where a file of `maps/web` that the page uses is served, for ever."""
    return f"/web/@{mark()}/{path}"


def _key(name: str) -> str:
    return f"plan.{name}" if f"plan.{name}" in catalogue() else f"leader.{name}"


def _spoken(language: Language) -> dict[str, str]:
    shared = {f"leader.{name}" for name in SHARED_TEXTS}
    return {
        key: getattr(both, language)
        for key, both in catalogue().items()
        if key.partition(".")[0] in SPOKEN or key in shared
    }


def _colours() -> dict[str, Any]:
    """Colours of the marks on the map; the same as those of `plan.css`."""
    return {
        "ink": style.INK,
        "day": {
            "people": style.PLAN_PEOPLE,
            "ground": "#fbf6f1",
            "candidate": style.PLAN_CANDIDATE,
            "station": style.PLAN_STATION,
            "forbidden": "#62534a",
        },
        "night": {
            "people": style.PLAN_PEOPLE_BY_NIGHT,
            "ground": "#1a1411",
            "candidate": style.PLAN_CANDIDATE_BY_NIGHT,
            "station": style.PLAN_STATION_BY_NIGHT,
            "forbidden": "#c8b8ac",
        },
    }


@functools.lru_cache(maxsize=4)
def plan_page(language: Language, time_zone: str) -> str:
    """The page, in one language.

    Args:
        language: of every text in it.
        time_zone: in which days and clock times are shown.
    """
    spoken = {
        "language": language,
        "section": "plan",
        "timeZone": time_zone,
        "texts": _spoken(language),
        "colours": _colours(),
        "groups": GROUPS,
        "offers": OFFERS,
        "takes": TAKES,
        "apart": list(NOT_TOGETHER),
        "worker": address("vendor/maplibre-gl/maplibre-gl-csp-worker.js"),
    }
    modules = [f"plan/{name}" for name in FIRST_MODULES]
    return template("plan/page.html").render(
        language=language,
        lang="en" if language == "en" else "zh-CN",
        t=lambda key, **values: text(_key(key), language, **values),
        address=address,
        library=lambda path: address(f"vendor/{path}"),
        first_modules=[*modules, *(f"leader/{name}" for name in SHARED_MODULES)],
        tabs=TABS,
        page=json_block(spoken),
    )
