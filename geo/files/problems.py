"""What is wrong with the rows of a file, kept by column so that a million faults stay small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from geo.files.parsed import Parsed

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """One fault. `row` is the number a person counts in the file; `rejects` tells whether the row
    is left out for it, or taken without the value."""

    row: int
    column: str
    value: str | None
    reason_zh: str
    reason: str
    remedy_zh: str
    remedy: str
    rejects: bool = True


@dataclass(frozen=True)
class ProblemCount:
    """How often one fault occurs in one column, and where it is seen first."""

    column: str
    reason_zh: str
    reason: str
    remedy_zh: str
    remedy: str
    rejects: bool
    rows: int
    first_row: int


@dataclass(frozen=True)
class _Block:
    """One fault of one column: `index` (k,) positions in the table, rising; `values` k texts."""

    index: NDArray[np.int64]
    column: str
    values: Any
    reason_zh: str
    reason: str
    remedy_zh: str
    remedy: str
    rejects: bool


class Problems:
    """The faults of one table of n rows.

    Args:
        row_numbers: (n,) the number of each row in its file, as a person counts.

    A row with any rejecting fault is rejected; `accepted + rejected = n` always.
    """

    def __init__(self, row_numbers: ArrayLike) -> None:
        self.row_numbers: NDArray[np.int64] = np.asarray(row_numbers, dtype=np.int64)
        self._rejected: Mask = np.zeros(len(self.row_numbers), dtype=np.bool_)
        self._blocks: list[_Block] = []

    def add_mask(
        self,
        mask: ArrayLike,
        column: str,
        values: Any = None,
        *,
        reason_zh: str,
        reason: str,
        remedy_zh: str,
        remedy: str,
        rejects: bool = True,
    ) -> int:
        """Add one fault for every row where `mask` (n,) holds; returns how many those are.

        `values` (n,) is the column as it was read (a pandas Series or an arrow array of text), or
        None when no cell is to be shown. One selection, no loop.
        """
        held = np.asarray(mask, dtype=np.bool_)
        if held.shape != self._rejected.shape:
            message = f"a mask of {held.shape} for {self._rejected.shape[0]} rows"
            raise ValueError(message)
        index = np.flatnonzero(held)
        if index.size == 0:
            return 0
        self._blocks.append(
            _Block(
                index.astype(np.int64),
                column,
                _take(values, index),
                reason_zh,
                reason,
                remedy_zh,
                remedy,
                rejects,
            )
        )
        if rejects:
            self._rejected |= held
        return int(index.size)

    def add(self, column: str, values: Any, parsed: Parsed, *, rejects: bool = True) -> int:
        """Add all faults that parsing `column` found; returns how many rows have one."""
        return sum(
            self.add_mask(
                fault.mask,
                column,
                values,
                reason_zh=fault.reason_zh,
                reason=fault.reason,
                remedy_zh=fault.remedy_zh,
                remedy=fault.remedy,
                rejects=rejects,
            )
            for fault in parsed.faults
        )

    def merge(self, other: Problems) -> None:
        """Take over the faults found elsewhere in the same table."""
        if not np.array_equal(self.row_numbers, other.row_numbers):
            raise ValueError("problems of another table")
        self._blocks.extend(other._blocks)
        self._rejected |= other._rejected

    @property
    def rejected_mask(self) -> Mask:
        """(n,) which rows are rejected."""
        return self._rejected.copy()

    @property
    def accepted_mask(self) -> Mask:
        """(n,) which rows are taken."""
        return ~self._rejected

    @property
    def rejected(self) -> int:
        """How many rows are rejected."""
        return int(self._rejected.sum())

    @property
    def accepted(self) -> int:
        """How many rows are taken."""
        return len(self._rejected) - self.rejected

    def __len__(self) -> int:
        """How many faults; a row may have several."""
        return sum(block.index.size for block in self._blocks)

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def __iter__(self) -> Iterator[Problem]:
        """Every fault, by row, and in a row in the order found. For showing, not for work."""
        yield from self._ordered(self._blocks, len(self))

    def first(self, count: int) -> list[Problem]:
        """The first `count` faults by row; those that reject come before those that do not."""
        hard = [block for block in self._blocks if block.rejects]
        soft = [block for block in self._blocks if not block.rejects]
        found = self._ordered(hard, count)
        return found + self._ordered(soft, count - len(found))

    def summary(self) -> list[ProblemCount]:
        """Each kind of fault once with its count, the most frequent first."""
        merged: dict[tuple[str, str, str, str, str, bool], tuple[int, int]] = {}
        for block in self._blocks:
            key = (
                block.column,
                block.reason_zh,
                block.reason,
                block.remedy_zh,
                block.remedy,
                block.rejects,
            )
            rows, first = merged.get(key, (0, np.iinfo(np.int64).max))
            lowest = int(self.row_numbers[block.index].min())
            merged[key] = rows + block.index.size, min(first, lowest)
        counts = [ProblemCount(*key, rows, first) for key, (rows, first) in merged.items()]
        return sorted(counts, key=lambda count: (not count.rejects, -count.rows, count.first_row))

    def table(self) -> Any:
        """All rejecting faults as an arrow table, one line a rejected row, in file order.

        Columns: `index` (position in the table), `row`, `column`, `value`, `reason`, `remedy`
        (Chinese / English); several faults of a row are joined by `；`.
        """
        names = ["index", "column", "value", "reason", "remedy"]
        blocks = [block for block in self._blocks if block.rejects]
        text = pa.large_string()
        if not blocks:
            empty = pa.table([pa.array([], pa.int64())] + [pa.array([], text)] * 4, names=names)
            return empty.add_column(1, "row", pa.array([], pa.int64()))
        parts = [
            pa.table(
                [
                    pa.array(block.index),
                    pa.repeat(pa.scalar(block.column, text), block.index.size),
                    block.values.fill_null(""),
                    pa.repeat(
                        pa.scalar(f"{block.reason_zh} / {block.reason}", text), block.index.size
                    ),
                    pa.repeat(
                        pa.scalar(f"{block.remedy_zh} / {block.remedy}", text), block.index.size
                    ),
                ],
                names=names,
            )
            for block in blocks
        ]
        everything = pa.concat_tables(parts)
        order = np.argsort(everything["index"].to_numpy(), kind="stable")
        everything = everything.take(pa.array(order))
        return _joined(everything, names[1:], self.row_numbers)

    def _ordered(self, blocks: list[_Block], count: int) -> list[Problem]:
        if count <= 0 or not blocks:
            return []
        index = np.concatenate([block.index for block in blocks])
        owner = np.repeat(np.arange(len(blocks)), [block.index.size for block in blocks])
        place = np.concatenate([np.arange(block.index.size) for block in blocks])
        found = []
        for at in np.argsort(index, kind="stable")[:count].tolist():
            block = blocks[owner[at]]
            found.append(
                Problem(
                    int(self.row_numbers[index[at]]),
                    block.column,
                    block.values[int(place[at])].as_py(),
                    block.reason_zh,
                    block.reason,
                    block.remedy_zh,
                    block.remedy,
                    block.rejects,
                )
            )
        return found


def _joined(table: Any, names: list[str], row_numbers: NDArray[np.int64]) -> Any:
    """Lines of the same `index`, which stand together, made one."""
    index = table["index"].to_numpy()
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    offsets = pa.array(np.append(starts, len(index)), pa.int64())
    columns: list[Any] = [pa.array(index[starts]), pa.array(row_numbers[index[starts]])]
    for name in names:
        cells = table[name].combine_chunks()
        lists = pa.LargeListArray.from_arrays(offsets, cells)
        columns.append(pc.binary_join(lists, pa.scalar("；", pa.large_string())))
    return pa.table(columns, names=["index", "row", *names])


def _take(values: Any, index: NDArray[np.int64]) -> Any:
    """The chosen cells as text in one arrow array."""
    if values is None:
        return pa.nulls(index.size, pa.large_string())
    source = values.array if hasattr(values, "array") else values
    cells = pa.array(source) if not isinstance(source, pa.ChunkedArray) else source
    cells = cells.take(pa.array(index))
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    return cells.cast(pa.large_string())
