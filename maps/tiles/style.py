"""The style of the live map: which layer of our tiles is drawn how, as MapLibre reads it.

MapLibre Style Specification, version 8. No sprite and no glyphs: text is drawn with the fonts of
the device (MapLibre GL JS from 5.11 on), so that no font is loaded and every Chinese name is there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from geo.demo import LABEL
from geo.filters import Box
from geo.tiles import LARGEST_ZOOM
from maps.texts import Both, Language, both, named
from maps.tiles.layers import base_layers, layer, station_layers
from maps.tiles.themes import PALETTES, Theme

Json = Any


@dataclass(frozen=True)
class Drawn:
    """What a style is made from.

    Attributes:
        streets, stations: editions in force; without one its layers are left out.
        streets_mark, stations_mark: marks of how the tiles are drawn, part of their addresses, so
            that a browser never keeps a tile of an older program.
        bounds: west, south, east, north of what is there, for the first view.
        attribution: whose streets they are, None for the standing text.
        approval_number: 审图号, None when there is none.
        notice: a standing remark such as "demo data".
    """

    streets: int | None
    stations: int | None
    streets_mark: str
    stations_mark: str
    bounds: Box | None = None
    attribution: str | None = None
    approval_number: str | None = None
    notice: Both | None = None


def map_style(drawn: Drawn, theme: Theme = "day", language: Language = "zh") -> dict[str, Json]:
    """The style as JSON. Addresses of tiles begin at the root of this service.

    `metadata` holds what a page must show beside the map as plain text (`nuanyi:attribution`,
    `nuanyi:approval`, `nuanyi:notice`), the first view (`nuanyi:bounds`) and the colours to draw on
    the map with (`nuanyi:colours`).
    """
    palette = PALETTES[theme]
    credit = drawn.attribution or getattr(both("map.own_tiles"), language)
    approval = getattr(
        both("page.approval", number=drawn.approval_number)
        if drawn.approval_number
        else both("page.no_approval"),
        language,
    )
    notice = getattr(drawn.notice, language) if drawn.notice else None
    # A browser map shows this as HTML.
    shown = " · ".join(str(escape(part)) for part in (credit, approval, notice) if part)
    sources: dict[str, Json] = {}
    layers: list[Json] = [layer("ground", "background", {"background-color": palette.ground})]
    if drawn.streets is not None:
        sources["base"] = _source("base", drawn.streets, drawn.streets_mark, shown)
        layers += base_layers(palette)
    if drawn.stations is not None:
        sources["stations"] = _source("stations", drawn.stations, drawn.stations_mark, shown)
        layers += station_layers(palette)
    centre, zoom = _view(drawn.bounds)
    return {
        "version": 8,
        "name": f"nuanyi {theme} {language}",
        "metadata": {
            "nuanyi:attribution": credit,
            "nuanyi:approval": approval,
            "nuanyi:notice": notice,
            "nuanyi:theme": theme,
            "nuanyi:colours": palette.shared(),
            "nuanyi:bounds": None if drawn.bounds is None else [round(v, 5) for v in drawn.bounds],
        },
        "center": centre,
        "zoom": zoom,
        "sources": sources,
        "layers": layers,
    }


def demo_notice(sources: Mapping[str, str]) -> Both | None:
    """That the data of these datasets, or of which of them, are the demo city's; None for real
    data."""
    invented = [dataset for dataset, source in sources.items() if source.startswith(LABEL)]
    if not invented:
        return None
    if len(invented) == len(sources):
        return both("demo.all")
    words = [named("dataset", dataset) for dataset in invented]
    zh, en = "、".join(word.zh for word in words), ", ".join(word.en for word in words)
    return Both(both("demo.some", datasets=zh).zh, both("demo.some", datasets=en).en)


def _source(subject: str, edition: int, mark: str, attribution: str) -> Json:
    return {
        "type": "vector",
        "tiles": [f"/tiles/{edition}/{subject}/{{z}}/{{x}}/{{y}}?v={mark}"],
        "minzoom": 0,
        "maxzoom": LARGEST_ZOOM,
        "attribution": attribution,
    }


def _view(bounds: Box | None) -> tuple[list[float], float]:
    """Centre and zoom that show a box on a phone, some 360 pixels wide."""
    if bounds is None:
        return [104.0, 35.5], 3.2
    west, south, east, north = bounds
    centre = [round((west + east) / 2, 5), round((south + north) / 2, 5)]
    wide = max((east - west) * math.cos(math.radians(centre[1])), north - south, 1e-3)
    zoom = math.log2(360 / wide * 360 / 512 * math.cos(math.radians(centre[1])))
    return centre, round(min(max(zoom, 2.0), 15.5), 2)
