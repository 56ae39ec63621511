"""A question made ready: filters, hours and room to work in, bundled for one cheap call.

The compiled search reads some fifty arrays. Handing each over costs more than the search itself;
bundled once, as one object that the compiled code knows, a question costs one microsecond beside
its search (numba's `structref`).
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.experimental import structref

from geo.walking.arrays import (
    Feet,
    Flags,
    Floats,
    Hours,
    Ints,
    Obstacles,
    Records,
    Scratch,
    StreetGrid,
    Streets,
)
from geo.walking.search import search_from

FIELDS = [
    "streets",
    "grid",
    "obstacles",
    "feet",
    "records",
    "scratch",
    "admitted",
    "few",
    "hours",
    "when",
    "numbers",
    "found",
    "found_metres",
    "found_seconds",
    "found_state",
    "start",
]


@structref.register
class BundleType(types.StructRef):
    """The compiled code's view of a bundle."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Keep plain types."""
        plain: Any = types.unliteral
        return tuple((name, plain(kind)) for name, kind in fields)


class Bundle(structref.StructRefProxy):
    """Python's view of it: opaque."""


_define: Any = structref.define_proxy  # numba has no types for it
_define(Bundle, BundleType, FIELDS)


@njit(cache=True)
def bundle(
    streets: Streets,
    grid: StreetGrid,
    obstacles: Obstacles,
    feet: Feet,
    records: Records,
    scratch: Scratch,
    admitted: Flags,
    few: Ints,
    hours: Hours,
    when: Floats,
    numbers: Floats,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
    start: Floats,
) -> Any:  # pragma: no cover - compiled
    """Everything :func:`geo.walking.search.search_from` takes but the point and the minute."""
    return Bundle(  # type: ignore[no-untyped-call]
        streets,
        grid,
        obstacles,
        feet,
        records,
        scratch,
        admitted,
        few,
        hours,
        when,
        numbers,
        found,
        found_metres,
        found_seconds,
        found_state,
        start,
    )


@njit(cache=True, nogil=True)
def ask(question: Any, lon: float, lat: float, minute: float) -> int:  # pragma: no cover - compiled
    """Ask a bundled question; the answer lies in its `found` arrays.

    Returns:
        How many were found; -1 for a point off the network.
    """
    return search_from(
        question.streets,
        question.grid,
        question.obstacles,
        question.feet,
        question.records,
        question.scratch,
        question.admitted,
        question.few,
        question.hours,
        question.when,
        question.numbers,
        lon,
        lat,
        minute,
        question.found,
        question.found_metres,
        question.found_seconds,
        question.found_state,
        question.start,
    )
