"""The leader's live page at `/coverage`: where we stand, who has no union, what to found there.

One HTML document a language and hand-written modules, loaded in the order in which they are needed:
the map with its areas and rates first, charts and dialogs when somebody asks for them. Everything
it loads has the room's own mark in its address, a hash of all its files and of the libraries it
uses, so that a browser may keep it for ever.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

from geo.coverage.rates import RATES
from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES
from geo.schema.areas import AREA_KINDS
from geo.schema.clusters import TIERS
from geo.schema.enterprises import UNION_STATES
from maps import style
from maps.portable import json_block, template
from maps.texts import Language, catalogue, text
from maps.vendored import MAPLIBRE, WEB

ROOM = WEB / "leader"
FIRST_MODULES = (
    "main.js",
    "areas.js",
    "ask.js",
    "basemap.js",
    "cells.js",
    "clusters.js",
    "data.js",
    "dom.js",
    "drill.js",
    "figures.js",
    "filters.js",
    "legend.js",
    "live.js",
    "map.js",
    "patterns.js",
    "permalink.js",
    "pointer.js",
    "pointing.js",
    "rank.js",
    "store.js",
    "tabs.js",
    "words.js",
)
"""What the first picture needs; asked for beside each other, before one names the next."""
LATER_MODULES = (
    "clusterlist.js",
    "compare.js",
    "editions.js",
    "enterprises.js",
    "hours.js",
    "large.js",
    "notes.js",
    "pockets.js",
    "time.js",
    "union.js",
    "charts/bullet.js",
    "charts/charts.js",
    "charts/distribution.js",
    "charts/frame.js",
    "charts/funnel.js",
    "charts/ranking.js",
    "charts/series.js",
)
"""What waits until somebody wants it, or until the map is drawn."""
ECHARTS = "echarts/echarts.common.min.js"
SPOKEN = (
    "leader",
    "measure",
    "numerator",
    "denominator",
    "missing",
    "kind",
    "leader_size",
    "leader_industry",
    "leader_unit_class",
    "leader_state",
    "leader_tier",
    "leader_apart",
)
"""Sections of the catalogue that the page speaks from."""
REACH = "stations"
"""The measure that is not a rate of unions: the share of workers who reach a station on foot."""


@functools.cache
def files() -> dict[str, bytes]:
    """The files of the room that a browser loads, by name."""
    names = (
        "page.css",
        "map.css",
        "large.css",
        "paper.css",
        "boot.js",
        *FIRST_MODULES,
        *LATER_MODULES,
    )
    return {name: (ROOM / name).read_bytes() for name in names}


@functools.cache
def mark() -> str:
    """Changes with any file of the room, or of the libraries it uses."""
    digest = hashlib.blake2b(digest_size=6)
    for name, content in sorted(files().items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    for name in (*MAPLIBRE, ECHARTS):
        digest.update((WEB / "vendor" / name).read_bytes())
    return digest.hexdigest()


def address(name: str) -> str:
    """Where a file of the room is served, for ever."""
    return f"/web/@{mark()}/leader/{name}"


def library(name: str) -> str:
    """Where a vendored library is served, for ever."""
    return f"/web/@{mark()}/vendor/{name}"


def _spoken(language: Language) -> dict[str, str]:
    return {
        key: getattr(both, language)
        for key, both in catalogue().items()
        if key.partition(".")[0] in SPOKEN
    }


def _colours() -> dict[str, Any]:
    reached = style.classes([], breaks=style.REACHED_BREAKS)
    return {
        "noData": style.NO_DATA,
        "noDataLine": style.NO_DATA_LINE,
        "cluster": style.CLUSTER,
        "ink": style.INK,
        "met": style.TARGET_MET,
        "withoutUnion": {
            "breaks": style.WITHOUT_UNION_BREAKS,
            "day": style.WITHOUT_UNION,
            "night": style.WITHOUT_UNION_BY_NIGHT,
        },
        "reached": {"breaks": reached.breaks, "colours": reached.colours},
    }


@functools.lru_cache(maxsize=4)
def leader_page(language: Language, time_zone: str) -> str:
    """The page, in one language.

    Args:
        language: of every text in it.
        time_zone: in which days and clock times are shown.
    """
    spoken = {
        "language": language,
        "timeZone": time_zone,
        "texts": _spoken(language),
        "colours": _colours(),
        "measures": [*RATES, REACH],
        "kinds": AREA_KINDS,
        "choices": {
            "size": SIZES,
            "industry": INDUSTRIES,
            "unit_class": UNIT_CLASSES,
            "state": UNION_STATES,
            "tier": (*TIERS, "none"),
        },
        "library": library("maplibre-gl/maplibre-gl-csp.js"),
        "worker": library("maplibre-gl/maplibre-gl-csp-worker.js"),
        "charts": library(ECHARTS),
    }
    return template("leader/page.html").render(
        language=language,
        lang="en" if language == "en" else "zh-CN",
        t=lambda key, **values: text(f"leader.{key}", language, **values),
        word=lambda section, name: text(f"{section}.{name}", language),
        address=address,
        library=library,
        first_modules=FIRST_MODULES,
        rates=tuple(RATES),
        page=json_block(spoken),
    )
