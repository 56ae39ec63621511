"""The map of clusters as one page: folium draws, the page's script tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import folium
import numpy.typing as npt
import shapely
from folium.utilities import JsCode

from maps import style
from maps.clusters.marks import Marks, marks_of
from maps.clusters.view import ClustersView
from maps.geojson import feature_collection
from maps.portable import Panel, PortableMap, template, trusted, web
from maps.simplify import DRAWN_DECIMALS
from maps.texts import Both, both

LIMIT = 5_000
"""Marks on one portable map: what a browser, an old phone's too, still draws without a pause."""
TIER_LINES = {
    "confirmed": {
        "color": style.CLUSTER,
        "weight": 2,
        "opacity": 1,
        "fillColor": style.CLUSTER,
        "fillOpacity": 0.3,
    },
    "to_check": {
        "color": "#9a5b86",
        "weight": 1.5,
        "opacity": 1,
        "dashArray": "5 4",
        "fillColor": style.CLUSTER,
        "fillOpacity": 0.08,
    },
}
"""Two cues, colour and dash, so that no tier depends on its hue alone."""
AREA_LINE = {"color": "#b3bac0", "weight": 1, "opacity": 1, "fill": True, "fillOpacity": 0.5}
AREA_FILL = "#ffffff"


def draw(view: ClustersView, *, limit: int = LIMIT, language: str = "zh") -> str:
    """The map of clusters as one HTML page that needs nothing else.

    Everything may be missing: no clusters, no outlines, no names, no borders, no stations. `limit`:
    most marks drawn; what is cut is said on the page. `language`: `zh` or `en`, the one the page
    opens in; it holds both. Nothing is fetched and nothing is written. The same view gives the same
    bytes.

    Raises Invalid for another language. Cost: about 1 s for 1,000 clusters and 350 borders.
    """
    marks = marks_of(view, limit)
    portable = PortableMap(
        title=view.title,
        subtitle=_subtitle(view),
        notice=view.notice,
        attribution=view.attribution,
        approval_number=view.approval_number,
        made_at=view.made_at.isoformat() if view.made_at else None,
        language=language,
        min_zoom=3,
        max_zoom=18,
    )
    portable.styles += [web("coverage.css"), web("clusters.css")]
    portable.scripts += [web("clusters_table.js"), web("clusters.js")]
    _add_layers(portable, marks)
    portable.data = {
        "bounds": marks.bounds(),
        "clusters": marks.clusters,
        # The law is written once for each rule, not for each cluster.
        "laws": {one.form.rule: [one.form.law, one.form.law_text] for one in view.clusters},
        "stations": marks.stations,
        "areas": marks.area_names,
    }
    portable.panels = _panels(view, marks)
    portable.entry = "clusters.start"
    return portable.page()


def _subtitle(view: ClustersView) -> Both | None:
    dates = [facts.as_of for facts in view.editions if facts.dataset == "enterprises"]
    if not dates:
        return None
    return both("clusters_map.subtitle", n=f"{len(view.clusters):,}", date=max(dates).isoformat())


def _add_layers(portable: PortableMap, marks: Marks) -> None:
    def area_style(feature: dict[str, Any]) -> dict[str, Any]:
        del feature
        return {"fillColor": AREA_FILL, **AREA_LINE}

    def cluster_style(feature: dict[str, Any]) -> dict[str, Any]:
        return dict(TIER_LINES[marks.clusters[feature["properties"]["i"]]["tier"]])

    def station_style(feature: dict[str, Any]) -> dict[str, Any]:
        kind = marks.stations[feature["properties"]["i"]]["kind"]
        look = style.STATION_STYLES.get(kind, style.OTHER_STATION)
        return {
            "radius": 4,
            "color": look.colour if look.ring else "#ffffff",
            "weight": 1.25,
            "fill": True,
            "fillColor": "#ffffff" if look.ring else look.colour,
            "fillOpacity": 1,
        }

    _add_layer(portable, "areas", marks.area_shapes, area_style, "area")
    _add_layer(portable, "clusters", marks.cluster_shapes, cluster_style, "cluster")
    _add_layer(portable, "stations", marks.station_shapes, station_style, "station")


def _add_layer(
    portable: PortableMap,
    name: str,
    shapes: npt.NDArray[Any],
    styled: Callable[[dict[str, Any]], dict[str, Any]],
    hook: str,
) -> None:
    """A folium GeoJson whose features know only their number `i`; their texts are in the page's
    data block, where no HTML is parsed. No layer for nothing: folium cannot style no features."""
    drawn = [at for at, shape in enumerate(shapes) if shape is not None]
    if not drawn:
        return
    collection = feature_collection(
        drawn, shapes[drawn], [{"i": at} for at in drawn], bbox=False, decimals=DRAWN_DECIMALS
    )
    points = shapely.get_type_id(shapes[drawn[0]]) == shapely.GeometryType.POINT.value
    layer = folium.GeoJson(
        json.loads(collection),
        style_function=styled,
        smooth_factor=0.5,
        marker=folium.CircleMarker() if points else None,
        on_each_feature=JsCode(f"Nuanyi.clusters.{hook}"),
        control=False,
    )
    portable.add_named(name, layer)


def _panels(view: ClustersView, marks: Marks) -> list[Panel]:
    clusters = [one.cluster for one in view.clusters]
    shared = {
        "view": view,
        "clusters": marks.clusters,
        "total": len(clusters),
        "units": sum(one.units for one in clusters),
        "employees": sum(one.employees for one in clusters),
        "unstated": sum(one.employees_unstated for one in clusters),
        "tiers": {tier: sum(1 for one in clusters if one.tier == tier) for tier in TIER_LINES},
        "lines": TIER_LINES,
        "drawn_areas": len(marks.area_shapes),
        "drawn_stations": len(marks.stations),
        "station_styles": style.STATION_STYLES,
        "outlined": {
            record["id"]
            for record, shape in zip(marks.clusters, marks.cluster_shapes, strict=True)
            if shape is not None
        },
        "remarks": marks.remarks,
    }

    def panel(name: str, title: Both, place: str = "side", *, open_: bool = False) -> Panel:
        body = trusted(template(f"clusters_{name}.html").render(shared))
        return Panel(name, title, body, place, open_)

    return [
        panel("legend", both("panel.legend"), "corner", open_=True),
        panel("list", both("clusters_map.list"), open_=True),
        panel("rules", both("clusters_map.rules")),
        panel("notes", both("panel.notes")),
        panel("table", both("panel.table"), "wide"),
    ]
