"""The map of a printed page: vector drawing as SVG, its names beside it as text to be set.

North is up. The drawing is in a local metric plane, so that its scale bar holds everywhere on it.
Names are not part of the SVG: the typesetter writes them, with its fonts, over the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt
import shapely

from geo.coordinates import LocalPlane
from maps import style
from maps.geojson import bounds_of
from maps.simplify import label_places, lighter, simplified

UNIT = 0.1
"""Millimetres of one unit of the drawing."""
FINEST_MM = 0.12
"""Bends smaller than this are not seen on paper."""
MARGIN_MM = 1.6
NICE = (1.0, 2.0, 5.0)
"""Lengths of scale bars begin with one of these."""
SMALL_STEP, NO_DATA_STEP = 14, 18


@dataclass(frozen=True, slots=True)
class Patch:
    """An area to fill. `colour` None: no data. `small`: hatched, because it rests on few."""

    shape: Any
    """A shapely (Multi)Polygon in WGS 84, or None: not drawn."""
    colour: str | None
    small: bool = False


@dataclass(frozen=True, slots=True)
class Ring:
    """An outline of a cluster, WGS 84. `sure`: drawn solid, else dashed."""

    shape: Any
    sure: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name may stand: millimetres from the upper left, and the room there is."""

    index: int
    """Of the patch."""
    x: float
    y: float
    room: float
    """Millimetres of the largest circle's diameter."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn map: `svg` of `width` × `height` millimetres."""

    svg: str
    width: float
    height: float
    places: list[Place]
    marks: list[tuple[float, float]]
    """Where each outline is: millimetres from the upper left; NaN for one that is not drawn."""
    bar_mm: float
    bar_metres: float


def draw(
    patches: Sequence[Patch],
    rings: Sequence[Ring],
    *,
    width: float,
    height: float,
    frame: Any = None,
    most_bar: float = 30.0,
) -> Picture | None:
    """The map of `patches` with `rings` over them, fitted into `width` × `height` millimetres.

    `frame`: a border drawn around, WGS 84 polygon or None. None when nothing has a border. Cost:
    some 50 ms for 25 areas of 700 vertices.
    """
    shapes = _array([patch.shape for patch in patches])
    drawable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    around = _array([frame])
    extent = shapes[drawable] if drawable.any() else around[~shapely.is_missing(around)]
    if not len(extent):
        return None
    west, south, east, north = bounds_of(extent)
    plane = LocalPlane((west + east) / 2, (south + north) / 2)
    left, low, right, high = bounds_of(plane.geometry(extent))
    # Metres a millimetre: what fills the room, less a margin for lines and outlines.
    scale = max(
        (right - left) / (width - 2 * MARGIN_MM), (high - low) / (height - 2 * MARGIN_MM), 1e-3
    )
    wide = (right - left) / scale + 2 * MARGIN_MM
    tall = (high - low) / scale + 2 * MARGIN_MM
    bend = scale * FINEST_MM

    def on_paper(geometries: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """WGS 84 to units of the drawing."""

        def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.column_stack(
                [
                    ((xy[:, 0] - left) / scale + MARGIN_MM) / UNIT,
                    ((high - xy[:, 1]) / scale + MARGIN_MM) / UNIT,
                ]
            )

        moved: npt.NDArray[Any] = shapely.transform(plane.geometry(geometries), move)
        return moved

    light = simplified(shapes, tolerance=bend, decimals=7)
    flat = on_paper(light)
    outlines = on_paper(lighter([ring.shape for ring in rings], tolerance=bend))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.2f}mm" height="{tall:.2f}mm" '
        f'viewBox="0 0 {wide / UNIT:.1f} {tall / UNIT:.1f}">'
    )
    parts = [head, _patterns()]
    for patch, shape in zip(patches, flat, strict=True):
        if shape is None:
            continue
        path = _path(shape)
        colour = patch.colour or "url(#none)"
        line = 'stroke="#ffffff" stroke-width="3" stroke-linejoin="round"'
        parts.append(f'<path d="{path}" fill={quoteattr(colour)} fill-rule="evenodd" {line}/>')
        if patch.small and patch.colour is not None:
            parts.append(f'<path d="{path}" fill="url(#small)" fill-rule="evenodd"/>')
    drawn = [shape for shape in flat if shape is not None]
    if frame is not None:
        drawn = [on_paper(simplified([frame], tolerance=bend, decimals=7))[0]]
    for shape in drawn:
        line = f'stroke="{style.INK}" stroke-width="{5 if frame is not None else 1}"'
        parts.append(f'<path d="{_path(shape)}" fill="none" {line} stroke-linejoin="round"/>')
    for ring, shape in zip(rings, outlines, strict=True):
        if shape is not None:
            parts.append(_ring(shape, sure=ring.sure))
    parts.append("</svg>")
    return Picture(
        svg="".join(parts),
        width=wide,
        height=tall,
        places=_places(light, on_paper, scale),
        marks=_marks(outlines),
        **_bar(scale, min(width, most_bar)),
    )


def swatch(colour: str | None, *, small: bool = False, width: int = 60, height: int = 32) -> str:
    """A sample for the legend, drawn as the map draws."""
    fill = colour or "url(#none)"
    hatch = f'<rect width="{width}" height="{height}" fill="url(#small)"/>' if small else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{_patterns()}'
        f'<rect width="{width}" height="{height}" fill={quoteattr(fill)}/>{hatch}'
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" fill="none" '
        f'stroke="{style.NO_DATA_LINE}"/></svg>'
    )


def ring_swatch(*, sure: bool) -> str:
    """A sample of a cluster's outline for the legend."""
    box = shapely.box(8, 6, 52, 26).buffer(3)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 32">{_ring(box, sure=sure)}</svg>'
    )


def _ring(shape: Any, *, sure: bool) -> str:
    dashes = "" if sure else ' stroke-dasharray="8 5"'
    return (
        f'<path d="{_path(shape)}" fill="{style.CLUSTER}" fill-opacity="{0.28 if sure else 0.1}" '
        f'stroke="{style.CLUSTER}" stroke-width="{4 if sure else 3}" stroke-linejoin="round"'
        f"{dashes}/>"
    )


def _patterns() -> str:
    """Hatching: one way for few, crossed grey for no data."""
    step, wide = SMALL_STEP, NO_DATA_STEP
    return (
        f'<defs><pattern id="small" width="{step}" height="{step}" patternUnits="userSpaceOnUse">'
        f'<path d="M-2 2L2 -2M0 {step}L{step} 0M{step - 2} {step + 2}L{step + 2} {step - 2}" '
        f'stroke="{style.INK}" stroke-width="1.3" stroke-opacity=".75"/></pattern>'
        f'<pattern id="none" width="{wide}" height="{wide}" patternUnits="userSpaceOnUse">'
        f'<rect width="{wide}" height="{wide}" fill="{style.NO_DATA}"/>'
        f'<path d="M0 0L{wide} {wide}M0 {wide}L{wide} 0" stroke="{style.NO_DATA_LINE}" '
        'stroke-width="1.6"/></pattern></defs>'
    )


def _path(shape: Any) -> str:
    """A (Multi)Polygon in units of the drawing as SVG path data."""
    rings: list[str] = []
    for part in shapely.get_parts(shape):
        for ring in shapely.get_rings(part):
            points = np.round(shapely.get_coordinates(ring)[:-1], 1)
            if len(points) >= 3:
                rings.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points.tolist()) + "Z")
    return "".join(rings)


def _places(light: npt.NDArray[Any], on_paper: Any, scale: float) -> list[Place]:
    circles = label_places(light)
    known = np.flatnonzero(np.isfinite(circles[:, 0])) if len(circles) else np.array([], int)
    points = on_paper(np.asarray(shapely.points(circles[known, :2]), dtype=object))
    xy = shapely.get_coordinates(points) * UNIT
    return [
        Place(int(index), float(x), float(y), float(2 * circles[index, 2] / scale))
        for index, (x, y) in zip(known.tolist(), xy.tolist(), strict=True)
    ]


def _marks(outlines: npt.NDArray[Any]) -> list[tuple[float, float]]:
    middle = shapely.centroid(outlines)
    return [
        (float(x), float(y))
        for x, y in zip(shapely.get_x(middle) * UNIT, shapely.get_y(middle) * UNIT, strict=True)
    ]


def _bar(scale: float, most: float) -> dict[str, float]:
    """The longest round length that is at most `most` millimetres on paper; `scale` in metres a
    millimetre."""
    power = 10.0 ** np.floor(np.log10(most * scale))
    metres = max(step * power for step in (0.5, *NICE, 10.0) if step * power <= most * scale)
    return {"bar_mm": float(metres / scale), "bar_metres": float(metres)}


def _array(shapes: Sequence[Any]) -> npt.NDArray[Any]:
    made: npt.NDArray[Any] = np.full(len(shapes), None, dtype=object)
    made[:] = shapes
    return made
