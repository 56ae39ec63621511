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
    Known,
    Obstacles,
    Records,
    Scratch,
    StreetGrid,
    Streets,
)
from geo.walking.search import search
from geo.walking.snapping import foot_of
from geo.walking.vicinity import UNSURE, look_around

FIELDS = [
    "streets",
    "grid",
    "obstacles",
    "feet",
    "records",
    "vicinity",
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
    vicinity: Known,
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
    """Everything a search takes but the point and the minute.

    Args:
        numbers: radius, cap (both of snapping), pace, limit, k.
    """
    return Bundle(  # type: ignore[no-untyped-call]
        streets,
        grid,
        obstacles,
        feet,
        records,
        vicinity,
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


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _answer(
    question: Any,
    lon: float,
    lat: float,
    minute: float,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
    start: Floats,
) -> int:  # pragma: no cover - compiled
    """Snap, look around, and search where that is not enough."""
    streets, records, numbers = question.streets, question.records, question.numbers
    radius, cap, pace, limit, k = numbers[0], numbers[1], numbers[2], numbers[3], int(numbers[4])
    i, at, off, doubtful = foot_of(
        streets, question.grid, question.obstacles, lon, lat, radius, cap
    )
    start[0] = off
    start[1] = doubtful
    if i < 0:
        return -1
    chain = streets.vertex_chain[i]
    metres, seconds = streets.vertex_metres[i], streets.vertex_seconds[i]
    metres += at * (streets.vertex_metres[i + 1] - metres)
    seconds += at * (streets.vertex_seconds[i + 1] - seconds)
    if len(question.vicinity) and not len(question.few):
        count = look_around(
            question.vicinity, streets, question.feet, records, question.admitted, question.hours,
            question.when, minute, chain, metres, seconds, off, pace, k, limit,
            question.scratch.seen, found, found_metres, found_seconds, found_state,
        )  # fmt: skip
        if count != UNSURE:
            return count
    return search(
        streets, question.feet, records, question.scratch, question.admitted, question.few,
        question.hours, question.when, minute,
        (lon - records.plane[0]) * records.plane[2], (lat - records.plane[1]) * records.plane[3],
        chain, metres, seconds, off, pace, k, limit,
        found, found_metres, found_seconds, found_state,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def ask(question: Any, lon: float, lat: float, minute: float) -> int:  # pragma: no cover - compiled
    """Ask a bundled question; the answer lies in its `found` arrays.

    Returns:
        How many were found; -1 for a point off the network. `start` has the metres off the street,
        and whether the foot is doubtful.
    """
    return _answer(
        question, lon, lat, minute, question.found, question.found_metres,
        question.found_seconds, question.found_state, question.start,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def ask_many(
    question: Any,
    lon: Floats,
    lat: Floats,
    minute: float,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
    start: Floats,
    counts: Ints,
) -> None:  # pragma: no cover - compiled
    """The same for each of n points, each into a row of its own."""
    for n in range(len(lon)):
        counts[n] = _answer(
            question, lon[n], lat[n], minute, found[n], found_metres[n], found_seconds[n],
            found_state[n], start[n],
        )  # fmt: skip
