"""The coverage map as one page: folium draws, the page's script tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import folium
import numpy.typing as npt
import shapely
from folium.utilities import JsCode

from maps import style
from maps.coverage.marks import Marks, Record, finite, marks_of, radius, rate_record, scope_text
from maps.coverage.view import CoverageView
from maps.geojson import feature_collection
from maps.portable import Panel, PortableMap, template, trusted, web
from maps.simplify import DRAWN_DECIMALS
from maps.style import Classes, StationStyle, short_percent
from maps.texts import Both, both, catalogue, named, text

LIMIT = 5_000
"""Marks on one portable map: what a browser, an old phone's too, still draws without a pause."""

AREA_LINE = {"color": "#ffffff", "weight": 1, "opacity": 0.9, "fillOpacity": 1}
CLUSTER_LINE = {
    "color": style.CLUSTER,
    "weight": 1.75,
    "opacity": 0.95,
    "fillColor": style.CLUSTER,
    "fillOpacity": 0.16,
}

TO_CHECK_LINE = {"dashArray": "5 4", "fillOpacity": 0.06}
"""Of a cluster that is worth a look, but not beyond doubt."""


def draw(
    view: CoverageView,
    *,
    limit: int = LIMIT,
    tolerance: float | None = None,
    breaks: Sequence[float] | None = None,
    language: str = "zh",
) -> str:
    """The coverage map of `view` as one HTML page that needs nothing else.

    Everything may be missing: no areas, no borders, no names, no data at all. `limit`: most marks
    drawn; what is cut or grouped is said on the page. `tolerance`: of the border simplification in
    metres, by default from the extent. `breaks`: given class breaks (shares of one, ascending).
    `language`: `zh` or `en`, the one the page opens in; it holds both. Nothing is fetched and
    nothing is written. The same view gives the same bytes.

    Raises Invalid for breaks that do not ascend and for another language. Cost: about 2 s for 350
    areas of 735 vertices, 1,000 clusters and 2,000 stations; most of it is the simplification.
    """
    target = _target(view)
    classes = style.classes(_values(view), target=target, breaks=breaks)
    marks = marks_of(view, classes, limit=limit, tolerance=tolerance)
    portable = PortableMap(
        title=_pair(view.title),
        subtitle=_subtitle(view),
        notice=view.notice,
        attribution=view.attribution,
        approval_number=view.approval_number,
        made_at=view.made_at.isoformat() if view.made_at else None,
        language=language,
        min_zoom=3,
        max_zoom=18,
    )
    portable.styles.append(web("coverage.css"))
    portable.scripts += [web("coverage_tables.js"), web("coverage.js")]
    _add_layers(portable, marks, classes)
    portable.data = _data(view, marks, classes, target)
    portable.panels = _panels(view, marks, classes, target)
    portable.entry = "coverage.start"
    return portable.page()


def _target(view: CoverageView) -> float | None:
    rates = ([view.total] if view.total else []) + [area.rate for area in view.areas]
    return next((rate.target for rate in rates if rate.target is not None), None)


def _values(view: CoverageView) -> list[float]:
    """Rates that the classes are made from: the firm ones, or all when none is firm."""
    rates = [area.rate for area in view.areas if finite(area.rate.value) is not None]
    firm = [rate for rate in rates if not rate.small_denominator]
    return [float(rate.value) for rate in firm or rates if rate.value is not None]


def _pair(title: str | Both) -> Both:
    return title if isinstance(title, Both) else Both(title, title)


def _subtitle(view: CoverageView) -> Both | None:
    """Measure, kinds of areas and date in one line."""
    if not view.areas:
        return None
    kinds = [named("kind", kind) for kind in dict.fromkeys(area.kind for area in view.areas)][:3]
    date = _as_of(view)
    measure = named("measure", view.measure)
    zh = [measure.zh, "、".join(kind.zh for kind in kinds), f"截至 {date}" if date else ""]
    en = [measure.en, ", ".join(kind.en for kind in kinds), f"as of {date}" if date else ""]
    return Both(*(" · ".join(part for part in parts if part) for parts in (zh, en)))


def _as_of(view: CoverageView) -> str | None:
    rates = ([view.total] if view.total else []) + [area.rate for area in view.areas]
    dates = [rate.as_of for rate in rates if rate.as_of is not None]
    return max(dates).isoformat() if dates else None


def _add_layers(portable: PortableMap, marks: Marks, classes: Classes) -> None:
    """Areas, clusters and stations as folium layers, in this order from below."""

    def area_style(feature: dict[str, Any]) -> dict[str, Any]:
        return {"fillColor": _fill(marks.areas[feature["properties"]["i"]], classes), **AREA_LINE}

    def cluster_style(feature: dict[str, Any]) -> dict[str, Any]:
        sure = "tier" not in marks.clusters[feature["properties"]["i"]]
        return {**CLUSTER_LINE, **({} if sure else TO_CHECK_LINE)}

    def station_style(feature: dict[str, Any]) -> dict[str, Any]:
        return _dot(marks.stations[feature["properties"]["i"]])

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
        smooth_factor=0.6,
        marker=folium.CircleMarker() if points else None,
        on_each_feature=JsCode(f"Nuanyi.coverage.{hook}"),
        control=False,
    )
    portable.add_named(name, layer)


def _fill(record: Record, classes: Classes) -> str:
    """Colour of an area, or the pattern (of the page's script) that says why it has none."""
    if record["c"] < 0:
        return "url(#pattern-no-data)"
    if record.get("s"):
        return f"url(#pattern-small-{record['c']})"
    return classes.colours[record["c"]]


def _station_style(kind: str) -> StationStyle:
    return style.STATION_STYLES.get(kind, style.OTHER_STATION)


def _kind_order(item: tuple[str, int]) -> tuple[int, str]:
    """Known kinds in the order of their styles, unknown ones behind."""
    known = list(style.STATION_STYLES)
    return (known.index(item[0]) if item[0] in known else len(known), item[0])


def _dot(record: Record) -> dict[str, Any]:
    look = _station_style(record["kind"])
    closed = record.get("state") == "closed"
    return {
        "radius": radius(record.get("count", 1)),
        "color": look.colour if look.ring else "#ffffff",
        "weight": 2 if look.ring else 1.25,
        "fill": True,
        "fillColor": "#ffffff" if look.ring else look.colour,
        "opacity": 0.55 if closed else 1,
        "fillOpacity": 0.45 if closed else 1,
    }


def _data(
    view: CoverageView, marks: Marks, classes: Classes, target: float | None
) -> dict[str, Any]:
    """What the page's script reads."""
    return {
        "bounds": marks.bounds(),
        "measure": named("measure", view.measure),
        "numerator": _of_measure("numerator", view.measure),
        "denominator": _of_measure("denominator", view.measure),
        "gap": catalogue()[_measure_key("missing", view.measure)],
        "scope": _scope(view),
        "asOf": _as_of(view),
        "target": target,
        "targetText": short_percent(target),
        "targetSource": _target_source(view),
        "colours": classes.colours,
        "areas": marks.areas,
        "clusters": marks.clusters,
        "stations": marks.stations,
    }


def _measure_key(section: str, measure: str) -> str:
    key = f"{section}.{measure}"
    return key if key in catalogue() else f"{section}.other"


def _of_measure(section: str, measure: str) -> Both:
    return both(_measure_key(section, measure))


def _scope(view: CoverageView) -> Both | None:
    rates = ([view.total] if view.total else []) + [area.rate for area in view.areas]
    for rate in rates:
        if rate.scope or rate.scope_zh:
            return scope_text(rate)
    return None


def _target_source(view: CoverageView) -> Both | None:
    """Who set the target, where all areas have it of one source."""
    rates = ([view.total] if view.total else []) + [area.rate for area in view.areas]
    told = {
        Both(rate.target_source_zh or rate.target_source or "", rate.target_source or "")
        for rate in rates
        if rate.target is not None and (rate.target_source or rate.target_source_zh)
    }
    return told.pop() if len(told) == 1 else None


def _set_apart(view: CoverageView) -> Both | None:
    """The units that no rate holds, in a sentence; None without any."""
    counts = {
        name: view.set_apart.get(name, 0) for name in ("mass_registration", "dormant", "closed")
    }
    if not any(counts.values()):
        return None
    return both(
        "bulletin.apart",
        mass=f"{counts['mass_registration']:,}",
        dormant=f"{counts['dormant']:,}",
        closed=f"{counts['closed']:,}",
        employees=f"{view.set_apart.get('employees', 0):,}",
    )


def _area_words(view: CoverageView) -> Both:
    """What the areas are: their kind, where all are of one."""
    kinds = {area.kind for area in view.areas}
    return named("kind", kinds.pop()) if len(kinds) == 1 else both("legend.areas")


def _panels(
    view: CoverageView, marks: Marks, classes: Classes, target: float | None
) -> list[Panel]:
    firm = [area["v"] for area in marks.areas if "v" in area and not area.get("s")]
    measure = named("measure", view.measure)
    shared = {
        "view": view,
        "measure": measure,
        "caption": Both(
            text("table.caption", "zh", measure=measure.zh),
            text("table.caption", "en", measure=measure.en),
        ),
        "numerator": _of_measure("numerator", view.measure),
        "denominator": _of_measure("denominator", view.measure),
        "scope": _scope(view),
        "as_of": _as_of(view),
        "target": target,
        "target_text": short_percent(target),
        "areas": marks.areas,
        "area_words": _area_words(view),
        "kinds": [
            {"kind": kind, "count": count, "style": _station_style(kind)}
            for kind, count in sorted(marks.station_counts.items(), key=_kind_order)
        ],
        "station_count": len(marks.stations),
        "cluster_count": len(view.clusters),
        "tiers": {
            name: sum((one.tier == "confirmed") is (name == "confirmed") for one in view.clusters)
            for name in ("confirmed", "to_check")
        },
        "target_source": _target_source(view),
        "set_apart": _set_apart(view),
        "cluster_colour": style.CLUSTER,
        "entries": classes.legend(firm),
        "method": classes.method,
        "no_data": sum(1 for area in marks.areas if "v" not in area),
        "small": sum(1 for area in marks.areas if area.get("s") and "v" in area),
        "met": sum(1 for value in firm if target is not None and value >= target),
        "firm": len(firm),
        "total": rate_record(view.total) if view.total else None,
        "remarks": marks.remarks,
        "grouped": any("count" in station for station in marks.stations),
        "style": style,
        "borderless": {
            area["id"]
            for area, shape in zip(marks.areas, marks.area_shapes, strict=True)
            if shape is None
        },
    }

    def panel(name: str, place: str = "side", *, open_: bool = False) -> Panel:
        body = trusted(template(f"coverage_{name}.html").render(shared))
        return Panel(name, both(f"panel.{name}"), body, place, open_)

    return [
        panel("legend", "corner", open_=True),
        panel("rank", open_=True),
        panel("clusters"),
        panel("notes"),
        panel("table", "wide"),
    ]
