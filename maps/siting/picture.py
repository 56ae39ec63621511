"""The map of a printed plan: a vector drawing, its numbers set beside it by the typesetter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.coordinates import LocalPlane
from maps import style
from maps.simplify import simplified
from maps.siting.view import PlanView

UNIT: Final = 0.1
"""Millimetres of one unit of the drawing."""
MARGIN_MM: Final = 3.0
MOST_DOTS: Final = 4_000
MOST_STATIONS: Final = 2_000
NICE: Final = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """`svg` of `width` × `height` millimetres; `marks` where each site is, from the upper left; a
    scale bar."""

    svg: str
    width: float
    height: float
    marks: list[tuple[float, float]]
    bar_mm: float
    bar_metres: float


def picture(view: PlanView, width: float, height: float) -> Drawn | None:
    """The plan fitted into `width` × `height` millimetres; None when nothing has a place."""
    sites = _xy([(one["lon"], one["lat"]) for one in view.sites])
    stations = _xy([(x, y) for _, _, x, y in list(view.stations)[:MOST_STATIONS]])
    dots = np.empty((0, 2))
    order = np.empty(0, np.int64)
    if view.people is not None:
        order = np.argsort(-view.people.people, kind="stable")[:MOST_DOTS]
        dots = np.column_stack((view.people.lon, view.people.lat))[order]
    shapes = np.full(len(view.areas), None, object)
    shapes[:] = [one[2] for one in view.areas]
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    corners = [sites, dots, *([] if len(dots) or len(sites) else [stations])]
    if len(shapes):
        west, south, east, north = shapely.total_bounds(shapes)
        corners.append(np.array([[west, south], [east, north]]))
    every = np.concatenate(corners)
    if not len(every):
        return None
    plane = LocalPlane(*(every.min(axis=0) + every.max(axis=0)) / 2)

    def flat(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if not len(xy):
            return xy
        moved = plane.geometry(np.asarray(shapely.points(xy), object))
        return np.asarray(shapely.get_coordinates(moved), np.float64)

    frame = flat(every)
    (left, low), (right, high) = frame.min(axis=0), frame.max(axis=0)
    scale = max(
        (right - left) / (width - 2 * MARGIN_MM), (high - low) / (height - 2 * MARGIN_MM), 1.0
    )
    wide = (right - left) / scale + 2 * MARGIN_MM
    tall = (high - low) / scale + 2 * MARGIN_MM

    def paper(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(
            (
                ((xy[:, 0] - left) / scale + MARGIN_MM) / UNIT,
                ((high - xy[:, 1]) / scale + MARGIN_MM) / UNIT,
            )
        )

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.2f}mm" height="{tall:.2f}mm" '
        f'viewBox="0 0 {wide / UNIT:.1f} {tall / UNIT:.1f}">'
    )
    parts = [head]
    parts += [
        f'<path d="{_path(shape, paper)}" fill="#fafbfb" stroke="#aab1b7" stroke-width="2" '
        'fill-rule="evenodd"/>'
        for shape in plane.geometry(simplified(shapes, tolerance=scale * 0.12, decimals=7))
        if shape is not None
    ]
    if view.people is not None and len(dots):
        middle = max(float(np.median(view.people.people)), 1e-9)
        size = np.clip(np.sqrt(view.people.people[order] / middle), 0.5, 3.0) * 3.2
        for (x, y), radius, code in zip(
            paper(flat(dots)), size, view.people.state[order], strict=True
        ):
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" '
                f'fill="{style.PLAN_PEOPLE[int(code)]}" fill-opacity=".7"/>'
            )
    for x, y in paper(flat(stations)) if len(stations) else ():
        if -20 <= x <= wide / UNIT + 20 and -20 <= y <= tall / UNIT + 20:
            parts.append(
                f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" '
                f'fill="{style.PLAN_STATION}" stroke="#fff" stroke-width="1.5"/>'
            )
    placed = paper(flat(sites)) if len(sites) else np.empty((0, 2))
    for x, y in placed:
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="20" fill="{style.PLAN_CANDIDATE}" '
            'stroke="#fff" stroke-width="3"/>'
        )
    parts.append("</svg>")
    bar = _bar(scale, min(35.0, wide / 2))
    marks = [(float(x * UNIT), float(y * UNIT)) for x, y in placed]
    return Drawn("".join(parts), wide, tall, marks, *bar)


def _xy(pairs: list[tuple[float, float]]) -> npt.NDArray[np.float64]:
    return np.array(pairs, np.float64).reshape(-1, 2)


def _path(shape: Any, paper: Any) -> str:
    rings = []
    for part in shapely.get_parts(shape):
        for ring in shapely.get_rings(part):
            points = np.round(paper(shapely.get_coordinates(ring)[:-1]), 1)
            if len(points) >= 3:
                rings.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points.tolist()) + "Z")
    return "".join(rings)


def _bar(scale: float, most: float) -> tuple[float, float]:
    """Millimetres and metres of the longest round length that is at most `most` mm on paper."""
    power = 10.0 ** np.floor(np.log10(most * scale))
    metres = max(step * power for step in (0.5, *NICE) if step * power <= most * scale)
    return float(metres / scale), float(metres)
