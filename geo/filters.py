"""Conditions that lists of several subjects share."""

from __future__ import annotations

from geo.errors import Invalid

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, WGS 84. West may be greater than east: then the box spans
the antimeridian."""


def active(dataset: str) -> str:
    """SQL for the number of the active edition of a dataset (ours, never typed by a person)."""
    return f"(SELECT id FROM edition WHERE dataset = '{dataset}' AND state = 'active')"


def in_box(column: str, bbox: Box, *, exact: bool = False) -> tuple[str, dict[str, float]]:
    """The condition that `column` (ours, never typed by a person) meets a box, and its values.

    Args:
        column: a geometry column with an index.
        bbox: the box.
        exact: the geometry itself meets the box, not only its own box; the same for points.

    Raises:
        Invalid: south is not below north.
    """
    west, south, east, north = bbox
    if not south < north:
        raise Invalid(
            "The box has no height: its south is not below its north.",
            remedy="Give bbox=west,south,east,north.",
            field="bbox",
        )
    parts = [(":west", ":east")] if west <= east else [(":west", "180"), ("-180", ":east")]
    meets = "ST_Intersects({0}, {1})" if exact else "{0} && {1}"
    clauses = [
        meets.format(column, f"ST_MakeEnvelope({left}, :south, {right}, :north, 4326)")
        for left, right in parts
    ]
    values = {"west": west, "south": south, "east": east, "north": north}
    return f"({' OR '.join(clauses)})", values


def like(text: str) -> str:
    """A pattern for ILIKE that finds `text` itself anywhere."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
