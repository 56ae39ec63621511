"""What parsing a column answers, and the few steps between arrow and numpy all parsers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Fault:
    """What is wrong with the cells where `mask` (n,) holds."""

    mask: Mask
    reason_zh: str
    reason: str
    remedy_zh: str
    remedy: str


@dataclass(frozen=True)
class Parsed:
    """A column understood: `values` (n, arrow; null where missing or bad) and its faults.

    `unknown` counts, for lists and choices, the words that no synonym covers.
    """

    values: Any
    faults: tuple[Fault, ...] = ()
    unknown: Mapping[str, int] | None = None

    @property
    def bad(self) -> Mask:
        """(n,) where the cell is at fault."""
        bad = np.zeros(len(self.values), dtype=np.bool_)
        for fault in self.faults:
            bad |= fault.mask
        return bad

    @property
    def missing(self) -> Mask:
        """(n,) where nothing is stated; a bad cell is not missing."""
        return mask_of(pc.is_null(self.values)) & ~self.bad

    def floats(self) -> NDArray[np.float64]:
        """The numbers as float64, NaN where there is none."""
        cells = self.values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.array(cells, dtype=np.float64)


def arrow(cells: Any) -> Any:
    """A column as one arrow array of text."""
    source = cells.array if hasattr(cells, "array") and not hasattr(cells, "chunk") else cells
    column = source if isinstance(source, (pa.Array, pa.ChunkedArray)) else pa.array(source)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column if column.type == pa.large_string() else column.cast(pa.large_string())


def mask_of(booleans: Any) -> Mask:
    """An arrow array of truth values as numpy; null is false."""
    return np.asarray(pc.fill_null(booleans, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def parsed(
    values: Any, faults: Sequence[Fault], unknown: Mapping[str, int] | None = None
) -> Parsed:
    """A column with those of the faults that occur."""
    return Parsed(values, tuple(fault for fault in faults if fault.mask.any()), unknown)


def null_where(column: Any, mask: Mask) -> Any:
    """The column without the cells where the mask holds."""
    if not mask.any():
        return column
    return pc.if_else(pa.array(mask), pa.scalar(None, column.type), column)
