"""Records of a separated text: by a fast engine, and by one that a damaged file cannot stop."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, Final, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

_BLOCK: Final = 1 << 24
_ROWS: Final = 20_000
_LONGEST_RECORD: Final = 200  # lines: more in one cell is a quote that was never closed
_TEXT = pa.large_string()
csv.field_size_limit(1 << 27)

Opener = Callable[[], BinaryIO]


@dataclass
class Records:
    """Rows of a text: `columns` of cells, `numbers` (n,) of records from 1, and by kind (`quote`,
    `many`, `few`) the positions of rows that do not fit, whose text is in `raw`."""

    columns: list[Any]
    numbers: NDArray[np.int64]
    faults: dict[str, list[int]] = field(default_factory=dict)
    raw: dict[int, str] = field(default_factory=dict)


def read_records(body: Opener, width: int, separator: str, encoding: str) -> Records:
    """All records of `body` as `width` columns; those of another width, or with broken quotes, are
    padded or cut and named in `faults`.

    1,000,000 rows of 20 columns take some 2 s, twice that when a row has another width, and some
    20 s when a quotation mark is not closed.
    """
    if not _odd_quotes(body):
        records = _fast(body, width, separator, encoding)
        if records is not None:
            return records
    return _tolerant(body, width, separator, encoding)


def _odd_quotes(body: Opener) -> bool:
    """Whether one quote is left open, so that it would swallow all that follows."""
    quotes = 0
    with body() as stream:
        while block := stream.read(_BLOCK):
            quotes += block.count(b'"')
    return quotes % 2 == 1


def _fast(body: Opener, width: int, separator: str, encoding: str) -> Records | None:
    misfits: list[tuple[int, str]] = []
    table = _arrow(body, width, separator, encoding, None)
    if table is None:
        # Only a single thread knows the numbers of the records that do not fit.
        table = _arrow(body, width, separator, encoding, misfits)
    if table is None:
        return None
    count = table.num_rows + len(misfits)
    numbers = np.arange(1, count + 1, dtype=np.int64)
    if not misfits:
        return Records(table.columns, numbers)
    return _with_misfits(table, misfits, numbers, width, separator)


def _arrow(
    body: Opener,
    width: int,
    separator: str,
    encoding: str,
    misfits: list[tuple[int, str]] | None,
) -> Any:
    """The table by pyarrow, without the rows put in `misfits`; None when it cannot."""
    names = [str(at) for at in range(width)]

    def misfit(row: Any) -> str:
        if misfits is None:
            return "error"
        misfits.append((row.number, row.text))
        return "skip"

    try:
        with body() as stream:
            return arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=names,
                    encoding=encoding,
                    block_size=_BLOCK,
                    use_threads=misfits is None,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=separator,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=misfit,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, _TEXT),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    null_values=[""],
                ),
            )
    except pa.ArrowInvalid:
        return None


def _with_misfits(
    table: Any,
    misfits: Sequence[tuple[int, str]],
    numbers: NDArray[np.int64],
    width: int,
    separator: str,
) -> Records:
    """Put the rows that do not fit back where they stood."""
    rows, kinds = [], []
    for _, text in misfits:
        # The engine's idea of quotes is Python's, so this splits as it did.
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        fitted, kind = _fit(cells, width)
        rows.append(fitted)
        kinds.append(kind)
    where = np.array([number for number, _ in misfits], dtype=np.int64) - 1
    order = np.empty(len(numbers), dtype=np.int64)
    good = np.ones(len(numbers), dtype=np.bool_)
    good[where] = False
    order[good] = np.arange(table.num_rows)
    order[where] = table.num_rows + np.arange(len(rows))
    index = pa.array(order)
    columns = []
    for at, column in enumerate(table.columns):
        extra = pa.array([row[at] or None for row in rows], _TEXT)
        columns.append(pa.chunked_array([*column.chunks, extra]).take(index))
    faults: dict[str, list[int]] = {}
    raw = {}
    for (number, text), kind in zip(misfits, kinds, strict=True):
        if kind:
            faults.setdefault(kind, []).append(number - 1)
            raw[number - 1] = text
    return Records(columns, numbers, faults, raw)


def _fit(cells: list[str], width: int) -> tuple[list[str], str]:
    """A record in the width of the header, and what is wrong with it."""
    if len(cells) >= width:
        return cells[:width], "many" if any(cells[width:]) else ""
    # A line without anything is no fault; it is dropped with the other empty rows.
    return cells + [""] * (width - len(cells)), "few" if any(cells) else ""


def _tolerant(body: Opener, width: int, separator: str, encoding: str) -> Records:
    blocks: list[list[Any]] = [[] for _ in range(width)]
    faults: dict[str, list[int]] = {}
    raw: dict[int, str] = {}
    count = 0
    with body() as octets, io.TextIOWrapper(octets, encoding, newline="") as stream:
        found = split_records(stream, separator)
        while part := list(islice(found, _ROWS)):
            rows = []
            for cells, text, _ in part:
                if cells is None:
                    fitted, _ = _fit(text.split(separator), width)
                    kind = "quote"
                else:
                    fitted, kind = _fit(cells, width)
                if kind:
                    faults.setdefault(kind, []).append(count)
                    raw[count] = text
                rows.append(fitted)
                count += 1
            for at, column in enumerate(zip(*rows, strict=True)):
                blocks[at].append(pa.array([cell or None for cell in column], _TEXT))
    columns = [pa.chunked_array(parts, _TEXT) for parts in blocks]
    return Records(columns, np.arange(1, count + 1, dtype=np.int64), faults, raw)


class _Lines(Iterator[str]):
    """Physical lines of which the last record's can be given back; ends one that grows too long."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.ahead: deque[str] = deque()
        self.record: list[str] = []
        self.read = 0

    def more(self) -> bool:
        """Begin a new record; whether there is a line left for it."""
        self.record = []
        if not self.ahead:
            line = self.stream.readline()
            if line:
                self.ahead.append(line)
        return bool(self.ahead)

    def give_up(self) -> None:
        """Keep the first line of the record only, and give the others back."""
        self.ahead.extendleft(reversed(self.record[1:]))
        self.read -= len(self.record) - 1
        del self.record[1:]

    def __next__(self) -> str:
        if len(self.record) >= _LONGEST_RECORD:
            raise csv.Error("a quote is not closed")
        line = self.ahead.popleft() if self.ahead else self.stream.readline()
        if not line:
            if self.record:
                raise csv.Error("a quote is not closed")
            raise StopIteration
        self.record.append(line)
        self.read += 1
        return line


def split_records(stream: TextIO, separator: str) -> Iterator[tuple[list[str] | None, str, int]]:
    """Each record: its cells (None when its quotes are broken), its text, and the lines so far.

    A record that never ends is given up after its first line, so that one stray quote costs one
    row and not the rest of the file.
    """
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=separator)
    while lines.more():
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            lines.give_up()
            cells = None
            reader = csv.reader(lines, delimiter=separator)
        yield cells, "".join(lines.record).rstrip("\r\n"), lines.read
