"""The layers of the live map, from the ground up: which of our tiles is drawn how.

Words of the MapLibre style language: a size that grows between zooms, a width by class of street.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maps.style import STATION_STYLES
from maps.tiles.themes import Palette

FONTS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans")
"""Tried in this order; the device's own sans-serif comes last."""
_BOLD = "nuanyi bold"
"""No font of this name exists; MapLibre reads the weight from the first name of a list."""
Json = Any
Expression = list[Any]

_WIDTHS: Mapping[str, tuple[float, ...]] = {
    "motorway": (1.2, 2.4, 4.5, 11, 26),
    "primary": (0.9, 2.2, 4.2, 10.5, 25),
    "secondary": (0.6, 1.7, 3.4, 8.5, 21),
    "tertiary": (0.5, 1.2, 2.6, 7, 18),
    "minor": (0.4, 0.8, 1.8, 5.5, 15),
    "service": (0.3, 0.5, 1.0, 3, 9),
    "pedestrian": (0.3, 0.6, 1.2, 3.6, 11),
    "path": (0.3, 0.5, 0.9, 1.8, 4),
}
_WIDTHS_AT = (9, 12, 14, 16, 18.5)
"""Pixels of each class of street at these zooms."""
_ORDER = tuple(reversed(list(_WIDTHS)))
# Nobody sees a round corner on a line of some pixels, and it is three times the work to draw.
_NEAR_ROUND_CAP: Expression = ["step", ["zoom"], "butt", 13, "round"]
_NEAR_ROUND_JOIN: Expression = ["step", ["zoom"], "bevel", 13, "round"]


# ---------------------------------------------------------------------- the ground
def base_layers(palette: Palette) -> list[Json]:
    """Everything that the base tiles hold."""
    ground = ["all", ["!", ["has", "bridge"]], ["!", ["has", "tunnel"]]]
    under, over = ["has", "tunnel"], ["has", "bridge"]
    surface = ["==", ["geometry-type"], "Polygon"]
    fade = ["interpolate", ["linear"], ["zoom"], 14, 0, 15, 1]
    return [
        _fill("green", "green", {"fill-color": palette.green}),
        _fill("water", "water", {"fill-color": palette.water}, surface),
        _line(
            "water-lines",
            "water",
            {"line-color": palette.water, "line-width": _by_zoom((10, 0.6), (14, 1.6), (18, 5))},
            ["==", ["geometry-type"], "LineString"],
            minzoom=11,
        ),
        _fill(
            "buildings",
            "buildings",
            {
                "fill-color": palette.building,
                "fill-outline-color": palette.building_edge,
                "fill-opacity": fade,
            },
            minzoom=14,
        ),
        _streets("under-edge", palette, under, casing=True, paint={"line-dasharray": [2, 1.5]}),
        _streets("under", palette, under, paint={"line-opacity": 0.55}),
        _streets("streets-edge", palette, ground, casing=True),
        _line(
            "railway",
            "railway",
            {"line-color": palette.railway, "line-width": _by_zoom((10, 0.7), (14, 2), (18, 5))},
            minzoom=10,
        ),
        _line(
            "railway-ties",
            "railway",
            {
                "line-color": palette.ground,
                "line-width": _by_zoom((12, 0.4), (14, 1), (18, 3)),
                "line-dasharray": [4, 4],
            },
            minzoom=12,
        ),
        _paths("paths", palette, ground),
        _streets("streets", palette, ground),
        _steps("steps", palette, ["!", ["has", "bridge"]]),
        _line(
            "walls",
            "walls",
            {
                "line-color": palette.wall,
                "line-width": _by_zoom((15, 0.6), (17, 1.5), (19, 2.5)),
                "line-opacity": ["interpolate", ["linear"], ["zoom"], 15, 0.4, 16.5, 1],
            },
            minzoom=15,
        ),
        _streets("bridges-edge", palette, over, casing=True, paint={"line-color": palette.soft}),
        _streets("bridges", palette, over),
        _paths("footbridges-edge", palette, over, wider=3, colour=palette.soft),
        _paths("footbridges", palette, over, wider=1.2, colour=palette.street),
        *_names(palette),
    ]


def _streets(
    name: str,
    palette: Palette,
    where: Expression,
    *,
    casing: bool = False,
    paint: Mapping[str, Json] | None = None,
) -> Json:
    """Streets broad enough to have an edge; the edge itself is a broader line below."""
    if casing:
        colours = ["match", ["get", "class"]]
        colours += [["motorway", "primary"], palette.main_edge, palette.edge]
    else:
        colours = ["match", ["get", "class"], "motorway", palette.motorway]
        colours += [["primary", "secondary"], palette.main, palette.street]
    return _line(
        name,
        "streets",
        {
            "line-color": colours,
            "line-width": _width(1.6 if casing else 0),
            **(paint or {}),
        },
        ["all", where, ["!=", ["get", "class"], "path"]],
        layout={
            "line-cap": "butt" if casing and paint else _NEAR_ROUND_CAP,
            "line-join": _NEAR_ROUND_JOIN,
            "line-sort-key": _by_class({one: at for at, one in enumerate(_ORDER)}),
        },
    )


def _paths(
    name: str,
    palette: Palette,
    where: Expression,
    *,
    wider: float = 0,
    colour: str | None = None,
) -> Json:
    dashes = {} if wider else {"line-dasharray": [3, 1.5]}
    return _line(
        name,
        "streets",
        {"line-color": colour or palette.path, "line-width": _width(wider), **dashes},
        ["all", where, ["==", ["get", "class"], "path"], ["!", ["has", "steps"]]],
        layout={"line-cap": "butt", "line-join": "round"},
        minzoom=14,
    )


def _steps(name: str, palette: Palette, where: Expression) -> Json:
    """Stairs as a ladder: they slow a person down and stop a cart."""
    return _line(
        name,
        "streets",
        {
            "line-color": palette.path,
            "line-width": _by_zoom((14, 1.5), (16, 4.5), (18.5, 10)),
            "line-dasharray": [0.35, 0.35],
        },
        ["all", where, ["has", "steps"]],
        minzoom=14,
    )


def _names(palette: Palette) -> list[Json]:
    shown = _short_name()
    return [
        _text(
            "water-names",
            "water",
            shown,
            palette.water_name,
            palette,
            size=_by_zoom((12, 11), (16, 14), plus=palette.larger),
            layout={
                "symbol-placement": "line",
                "symbol-spacing": 420,
                "text-letter-spacing": 0.15,
            },
            minzoom=12,
        ),
        _text(
            "green-names",
            "green",
            shown,
            palette.soft,
            palette,
            size=_by_zoom((14, 11), (17, 13), plus=palette.larger),
            layout={"text-max-width": 7},
            minzoom=14,
        ),
        _text(
            "street-names",
            "streets",
            shown,
            palette.soft,
            palette,
            size=_by_zoom((12, 11), (15, 12), (18, 15), plus=palette.larger),
            layout={
                "symbol-placement": "line",
                "symbol-spacing": 320,
                "text-max-angle": 38,
                "text-padding": 6,
                "symbol-sort-key": _by_class({one: -at for at, one in enumerate(_ORDER)}),
            },
            minzoom=12,
        ),
        _text(
            "building-names",
            "buildings",
            shown,
            palette.soft,
            palette,
            size=_by_zoom((16, 10.5), (18, 13), plus=palette.larger),
            layout={"text-max-width": 6, "text-padding": 8},
            minzoom=16,
        ),
    ]


# ---------------------------------------------------------------------- the stations
def station_layers(palette: Palette) -> list[Json]:
    """Stations one by one and gathered."""
    several, one = ["has", "count"], ["!", ["has", "count"]]
    ring = [kind for kind, style in STATION_STYLES.items() if style.ring]
    colour: Expression = ["match", ["get", "kind"]]
    for kind, value in palette.stations.items():
        colour += [kind, value]
    colour.append(palette.other_station)
    hollow = ["in", ["get", "kind"], ["literal", ring]]
    size = ["sqrt", ["get", "count"]]
    most = palette.stations["warm_station"]
    return [
        _circle(
            "station-groups",
            {
                "circle-color": most,
                "circle-opacity": 0.88,
                "circle-radius": [
                    "interpolate",
                    ["linear"],
                    size,
                    1.4,
                    9,
                    5,
                    13,
                    15,
                    21,
                    40,
                    30,
                ],
                "circle-stroke-color": palette.halo,
                "circle-stroke-width": 2,
            },
            several,
        ),
        _circle(
            "stations",
            {
                "circle-color": ["case", hollow, palette.halo, colour],
                "circle-radius": _by_zoom((8, 3.2), (13, 4.5), (16, 6.5), (19, 9)),
                "circle-stroke-color": ["case", hollow, colour, palette.halo],
                "circle-stroke-width": _by_zoom((8, 1), (16, 2)),
            },
            one,
        ),
        _text(
            "station-counts",
            "stations",
            ["to-string", ["get", "count"]],
            palette.halo,
            palette,
            size=12,
            source="stations",
            where=several,
            layout={"text-allow-overlap": True, "text-ignore-placement": True},
            halo=False,
        ),
        # Unseen, it keeps the names of buildings from under the dots.
        _text(
            "station-room",
            "stations",
            ["literal", "●"],
            palette.ink,
            palette,
            size=15,
            source="stations",
            where=one,
            layout={"text-allow-overlap": True},
            minzoom=15.5,
            halo=False,
            opacity=0,
        ),
        _text(
            "station-names",
            "stations",
            _short_name(),
            palette.ink,
            palette,
            size=_by_zoom((15, 11.5), (18, 14), plus=palette.larger),
            source="stations",
            where=one,
            layout={
                "text-anchor": "top",
                "text-offset": [0, 0.8],
                "text-max-width": 8,
                "text-optional": True,
                "text-padding": 4,
            },
            minzoom=15.5,
        ),
    ]


# ---------------------------------------------------------------------- words of the language
def _short_name() -> Expression:
    """A name without the remark in brackets behind it, which is for lists."""
    cut = ["index-of", "（", ["var", "name"]]
    return [
        "let",
        "name",
        ["coalesce", ["get", "name"], ""],
        ["case", [">", cut, 0], ["slice", ["var", "name"], 0, cut], ["var", "name"]],
    ]


def _by_zoom(*stops: tuple[float, float], plus: float = 0) -> Expression:
    """A size that grows between zooms."""
    flat = [part for zoom, size in stops for part in (zoom, size + plus)]
    return ["interpolate", ["exponential", 1.4], ["zoom"], *flat]


def _by_class(values: Mapping[str, float]) -> Expression:
    pairs = [part for name, value in values.items() for part in (name, value)]
    return ["match", ["get", "class"], *pairs, values["path"]]


def _width(more: float) -> Expression:
    flat: list[Any] = []
    for at, zoom in enumerate(_WIDTHS_AT):
        flat += [zoom, _by_class({name: sizes[at] + more for name, sizes in _WIDTHS.items()})]
    return ["interpolate", ["exponential", 1.5], ["zoom"], *flat]


def layer(
    name: str,
    kind: str,
    paint: Mapping[str, Json],
    *,
    layout: Mapping[str, Json] | None = None,
    source: tuple[str, str] | None = None,
    where: Expression | None = None,
    minzoom: float | None = None,
) -> Json:
    """One layer of a style; `source` names one and the layer of its tiles."""
    made: dict[str, Json] = {"id": name, "type": kind}
    if source is not None:
        made |= {"source": source[0], "source-layer": source[1]}
    if minzoom is not None:
        made["minzoom"] = minzoom
    if where is not None:
        made["filter"] = where
    if layout:
        made["layout"] = dict(layout)
    return {**made, "paint": dict(paint)}


def _fill(
    name: str,
    of: str,
    paint: Mapping[str, Json],
    where: Expression | None = None,
    minzoom: float | None = None,
) -> Json:
    return layer(name, "fill", paint, source=("base", of), where=where, minzoom=minzoom)


def _line(
    name: str,
    of: str,
    paint: Mapping[str, Json],
    where: Expression | None = None,
    *,
    layout: Mapping[str, Json] | None = None,
    minzoom: float | None = None,
) -> Json:
    return layer(
        name, "line", paint, source=("base", of), where=where, layout=layout, minzoom=minzoom
    )


def _circle(name: str, paint: Mapping[str, Json], where: Expression) -> Json:
    return layer(name, "circle", paint, source=("stations", "stations"), where=where)


def _text(
    name: str,
    of: str,
    shown: Expression,
    colour: str,
    palette: Palette,
    *,
    size: Expression | float,
    source: str = "base",
    where: Expression | None = None,
    layout: Mapping[str, Json] | None = None,
    minzoom: float | None = None,
    halo: bool = True,
    opacity: float = 1,
) -> Json:
    fonts: Sequence[str] = (_BOLD, *FONTS) if palette.names_are_bold or not halo else FONTS
    edge = {"text-halo-color": palette.halo, "text-halo-width": 1.6} if halo else {}
    return layer(
        name,
        "symbol",
        {"text-color": colour, **edge, **({} if opacity == 1 else {"text-opacity": opacity})},
        source=(source, of),
        where=where if where is not None else ["has", "name"],
        layout={"text-field": shown, "text-font": list(fonts), "text-size": size, **(layout or {})},
        minzoom=minzoom,
    )
