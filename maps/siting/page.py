"""A plan as a map in one file: folium draws, the page's script tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import folium
import numpy as np
import shapely
from folium.utilities import JsCode

from geo.siting.amounts import half_up, whole_text
from maps import style
from maps.geojson import bounds_of, feature_collection
from maps.portable import Panel, PortableMap, template, trusted, web
from maps.simplify import DRAWN_DECIMALS, simplified
from maps.siting.view import PlanView
from maps.siting.words import (
    area_name,
    column,
    definitions,
    host_type,
    in_both,
    limits,
    proof,
    share_text,
    summary,
)
from maps.style import percent
from maps.texts import Both

MOST_DOTS: Final = 3_000
MOST_STATIONS: Final = 1_500
AREA_LINE = {"color": "#b3bac0", "weight": 1, "opacity": 1, "fill": True, "fillOpacity": 0.45}
SITE = style.PLAN_CANDIDATE


def draw(view: PlanView, *, language: str = "zh") -> str:
    """The map of a plan as one HTML page that needs nothing else; it holds both languages.

    Raises Invalid for another language. Cost: 0.5 s for 3,000 dots.
    """
    portable = PortableMap(
        title=Both(view.name, view.name),
        subtitle=in_both(
            "subtitle" if view.question.keep_existing else "subtitle_anew",
            n=len(view.sites),
            before=share_text(view.facts["share_today"]),
            after=share_text(view.facts["share"]),
        ),
        notice=view.notice,
        attribution=Both(view.attribution, view.attribution) if view.attribution else None,
        approval_number=view.approval_number,
        made_at=view.made_on.isoformat(),
        language=language,
        min_zoom=3,
        max_zoom=18,
    )
    portable.styles += [web("coverage.css"), web("siting.css")]
    portable.scripts += [web("siting.js")]
    shown = _layers(portable, view)
    portable.data = {
        "bounds": shown["bounds"],
        "marks": bool(view.sites),
        "sites": [_site(view, one) for one in view.sites],
        "stations": shown["stations"],
        "areas": shown["areas"],
        "hours": view.facts["hours"],
    }
    portable.panels = _panels(view, shown)
    portable.entry = "siting.start"
    return portable.page()


def _site(view: PlanView, one: dict[str, Any]) -> dict[str, Any]:
    name = {other["id"]: other["name"] for other in view.sites}
    return {
        "name": one["name"],
        "kind": Both(host_type(one, "zh"), host_type(one, "en")),
        "chain": one["chain"],
        "at": one["address"],
        "area": one["district"],
        "cost": None if one["cost"] is None else half_up(one["cost"]),
        "adds": half_up(one["adds_last"]),
        "alone": half_up(one["alone"]),
        "why": Both(one["why_zh"], one["why_en"]),
        "instead": [[other["name"], half_up(other["loss"])] for other in one["replacements"]],
        "overlap": [
            [name.get(other["id"], str(other["id"])), half_up(other["people"])]
            for other in one["overlap"]
        ],
    }


def _layers(portable: PortableMap, view: PlanView) -> dict[str, Any]:
    drawn = [one for one in view.areas if one[2] is not None]
    shapes = simplified([one[2] for one in drawn])
    share = {
        one["id"]: one["after"] / one["people"] if one["people"] else None
        for one in view.facts["districts"]
    }

    def area_style(feature: dict[str, Any]) -> dict[str, Any]:
        del feature
        return {"fillColor": "#ffffff", **AREA_LINE}

    def dot_style(feature: dict[str, Any]) -> dict[str, Any]:
        code, size = feature["properties"]["s"], feature["properties"]["r"]
        return {
            "radius": size,
            "stroke": False,
            "fill": True,
            "fillColor": style.PLAN_PEOPLE[code],
            "fillOpacity": 0.75,
        }

    def station_style(feature: dict[str, Any]) -> dict[str, Any]:
        del feature
        look = style.PLAN_STATION
        return {"radius": 3.5, "color": "#ffffff", "weight": 1, "fill": True, "fillColor": look,
                "fillOpacity": 1}  # fmt: skip

    def site_style(feature: dict[str, Any]) -> dict[str, Any]:
        del feature
        return {"radius": 9, "color": "#ffffff", "weight": 2, "fill": True, "fillColor": SITE,
                "fillOpacity": 1}  # fmt: skip

    _layer(portable, "areas", shapes, [{}] * len(drawn), area_style)
    dots = view.people
    if dots is not None and len(dots.people):
        order = np.argsort(-dots.people, kind="stable")[:MOST_DOTS]
        size = np.clip(np.sqrt(dots.people / max(float(np.median(dots.people)), 1e-9)), 0.5, 3.5)
        _layer(
            portable,
            "people",
            shapely.points(np.column_stack((dots.lon, dots.lat))[order]),
            [{"s": int(dots.state[at]), "r": round(2.2 * float(size[at]), 1)} for at in order],
            dot_style,
        )
    stations = list(view.stations)[:MOST_STATIONS]
    _layer(
        portable,
        "stations",
        shapely.points(np.array([[x, y] for _, _, x, y in stations]).reshape(-1, 2)),
        [{}] * len(stations),
        station_style,
    )
    sites = shapely.points(
        np.array([[one["lon"], one["lat"]] for one in view.sites]).reshape(-1, 2)
    )
    _layer(portable, "sites", sites, [{}] * len(view.sites), site_style)
    points = np.asarray(sites, object)
    west, south, east, north = bounds_of(points if len(points) else np.asarray(shapes, object))
    bounds = None
    if np.isfinite(west):
        bounds = [[float(south), float(west)], [float(north), float(east)]]
    return {
        "bounds": bounds,
        "areas": [[area_name(one[1], one[0]), share_text(share.get(one[0]))] for one in drawn],
        "stations": [name for _, name, _, _ in stations],
        "dots": 0 if dots is None else min(len(dots.people), MOST_DOTS),
    }


def _layer(
    portable: PortableMap,
    name: str,
    shapes: Any,
    properties: list[dict[str, Any]],
    styled: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """A folium GeoJson whose features know only their number and look; no layer for nothing."""
    shapes = np.asarray(shapes, object)
    if not len(shapes):
        return
    collection = feature_collection(
        list(range(len(shapes))),
        shapes,
        [{"i": at, **more} for at, more in enumerate(properties)],
        bbox=False,
        decimals=DRAWN_DECIMALS,
    )
    points = shapely.get_type_id(shapes[0]) == shapely.GeometryType.POINT.value
    layer = folium.GeoJson(
        json.loads(collection),
        style_function=styled,
        smooth_factor=0.5,
        marker=folium.CircleMarker() if points else None,
        on_each_feature=JsCode(f"Nuanyi.siting.{name}"),
        control=False,
    )
    portable.add_named(name, layer)


def _panels(view: PlanView, shown: dict[str, Any]) -> list[Panel]:
    def two(make: Callable[..., Any], *more: Any) -> Any:
        zh, en = make(view, "zh", *more), make(view, "en", *more)
        if isinstance(zh, list):
            return [Both(*pair) for pair in zip(zh, en, strict=True)]
        return Both(zh, en)

    shared = {
        "view": view,
        "facts": view.facts,
        "shown": shown,
        "summary": two(summary),
        "proof": two(proof),
        "limits": two(limits),
        "definitions": two(definitions),
        "people_colours": style.PLAN_PEOPLE,
        "station_colour": style.PLAN_STATION,
        "site_colour": SITE,
        "percent": percent,
        "whole_text": whole_text,
        "counted": view.question.keep_existing,
        "columns": [
            Both(column(one, view, "zh"), column(one, view, "en"))
            for one in ("people", "before", "after", "share_before", "share_after")
        ],
        "area_name": area_name,
    }

    def panel(name: str, title: Both, place: str = "side", *, open_: bool = False) -> Panel:
        body = trusted(template(f"siting_{name}.html").render(shared))
        return Panel(name, title, body, place, open_)

    return [
        panel("legend", in_both("legend"), "corner", open_=True),
        panel("list", in_both("sites"), open_=True),
        panel("notes", in_both("method")),
        panel("table", in_both("districts"), "wide"),
    ]
