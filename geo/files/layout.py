"""Where the table is on a sheet: titles above the header, notes and totals below the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.errors import InvalidFile
from geo.files.headers import normalise
from geo.files.parsed import Mask, mask_of
from geo.files.tables import unique_headers

HEADER_WITHIN: Final = 20
TAIL: Final = 60
_NOTE = re.compile(
    r"^[【\[（(<《]?\s*(填表说明|填写说明|填报说明|填表须知|填报须知|填写要求|使用说明|说明|备注|注意事项|注意|"
    r"注|提示|notes?|remarks?)\s*[】\]）)>》]?\s*($|[:：\d一二三①、.．。])",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(填表人|制表人|填报人|审核人|审批人|负责人|经办人|联系人|填报单位|填表单位|制表单位|单位\s*[（(]?盖章|"
    r"填报日期|填表日期|制表日期|填报时间|制表时间)\s*[)）]?\s*[:：]"
)
_TOTAL = re.compile(
    r"^[【\[（(]?(合\s*计|总\s*计|小\s*计|共\s*计|total|sum)[】\]）)]?\s*[:：]?$", re.IGNORECASE
)
_SAMPLE = re.compile(
    r"^[【\[（(]?(示例|样例|例|例如|举例|填写示例|填写样例|范例|example|sample)[】\]）)]?\s*[:：]?$",
    re.IGNORECASE,
)

Row = Sequence[str | None]


@dataclass(frozen=True)
class Header:
    """The header of a table: `names` of its columns, `rows` to skip before the first data row, and
    how many names the table of synonyms knows (`score`)."""

    names: list[str]
    rows: int
    score: int


@dataclass(frozen=True)
class Tidied:
    """Columns without what is not data; `keep` tells which of the rows given are left."""

    names: list[str]
    columns: list[Any]
    keep: Mask
    notes: list[str]


def find_header(rows: Sequence[Row], known: frozenset[str]) -> Header | None:
    """The header among the first rows of a sheet: the one with most names that are known.

    With fewer than two known names anywhere, the first row that is not empty. Two rows of header
    (坐标 over 经度 and 纬度) are joined. None when all rows are empty.
    """
    head = list(rows[:HEADER_WITHIN])
    scores = [sum(_known(cell, known) for cell in row) for row in head]
    filled = [sum(bool(_clean(cell)) for cell in row) for row in head]
    occupied = [at for at, count in enumerate(filled) if count]
    if not occupied:
        return None
    best = max(range(len(head)), key=lambda at: (scores[at], -at))
    if scores[best] < 2:
        best = occupied[0]
    names = [_clean(cell) for cell in head[best]]
    last = best
    # A second row of names below: all it holds is known.
    if best + 1 < len(head) and 2 <= scores[best + 1] == filled[best + 1]:
        last = best + 1
        names = _over(names, [_clean(cell) for cell in head[last]])
    # The names stand in the lower of two rows, and the upper one fills the gaps.
    elif best > 0 and scores[best - 1] >= 2 and not all(names):
        names = _over([_clean(cell) for cell in head[best - 1]], names)
    return Header(unique_headers(names), last + 1, scores[best])


def _over(upper: list[str], lower: list[str]) -> list[str]:
    width = max(len(upper), len(lower))
    upper = upper + [""] * (width - len(upper))
    lower = lower + [""] * (width - len(lower))
    return [below or above for above, below in zip(upper, lower, strict=True)]


def _clean(cell: str | None) -> str:
    return re.sub(r"\s+", " ", cell).strip() if cell else ""


def _known(cell: str | None, known: frozenset[str]) -> bool:
    text = _clean(cell)
    return bool(text) and len(text) <= 60 and normalise(text) in known


def tidy(names: Sequence[str], columns: Sequence[Any], row_numbers: NDArray[np.int64]) -> Tidied:
    """Take out empty rows, sample rows on top, filling notes, signatures and totals at the end.

    `columns`: arrow arrays of text, null where empty. What is taken out is counted in the notes by
    row and kind; its text is not repeated (it may name a person). Columns that have neither a name
    nor a cell are dropped. Raises :class:`InvalidFile` when no row is left.
    """
    keep = ~_blank(columns, len(row_numbers))
    notes = []
    places = np.flatnonzero(keep)
    for chosen, judge in ((places[:3], _samples), (places[-TAIL:], _tail)):
        rows = _rows(columns, chosen)
        for at, kind in zip(chosen.tolist(), judge(rows, len(columns)), strict=True):
            if kind and keep[at]:
                keep[at] = False
                notes.append((int(row_numbers[at]), kind))
    if not keep.any():
        raise nothing_below_header()
    named = [
        at
        for at, name in enumerate(names)
        if not re.fullmatch(r"第\d+列", name) or columns[at].null_count < len(row_numbers)
    ]
    chosen_columns = [columns[at] for at in named]
    if not keep.all():
        mask = pa.array(keep)
        chosen_columns = [column.filter(mask) for column in chosen_columns]
    return Tidied([names[at] for at in named], chosen_columns, keep, _told(notes))


def nothing_below_header() -> InvalidFile:
    """The error for a file without a single row of data."""
    return InvalidFile(
        "文件只有表头，没有数据行。 The file has a header and no rows.",
        remedy="请填入数据后再导入。 Fill in the rows, then import it again.",
    )


def _blank(columns: Sequence[Any], rows: int) -> Mask:
    blank = np.ones(rows, dtype=np.bool_)
    for column in columns:
        if column.null_count == 0:
            return np.zeros(rows, dtype=np.bool_)
        blank &= mask_of(pc.is_null(column))
        if not blank.any():
            break
    return blank


def _rows(columns: Sequence[Any], chosen: NDArray[np.intp]) -> list[list[str]]:
    index = pa.array(chosen, pa.int64())
    cells = [column.take(index).to_pylist() for column in columns]
    return [[_clean(cell) for cell in row] for row in zip(*cells, strict=True)] if cells else []


def _kind(row: Sequence[str]) -> str:
    filled = [cell for cell in row if cell]
    if not filled:
        return ""
    if _SIGNATURE.match(filled[0]):
        return "signature"
    if len(filled) <= 2 and _NOTE.match(filled[0]):
        return "notes"
    return "total" if _TOTAL.match(filled[0]) else ""


def _tail(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Kinds of the rows at the end: from the first note, signature or total that only such rows, or
    rows of a single cell, follow."""
    kinds = [_kind(row) for row in rows]
    start = len(rows)
    for at in range(len(rows) - 1, -1, -1):
        single = width > 2 and sum(bool(cell) for cell in rows[at]) == 1
        if kinds[at]:
            start = at
        elif not single:
            break
    return [""] * start + [kind or "notes" for kind in kinds[start:]]


def _samples(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    del width
    found = []
    going = True
    for row in rows:
        first = next((cell for cell in row if cell), "")
        going = going and bool(_SAMPLE.match(first))
        found.append("sample" if going else "")
    return found


_KINDS = {
    "notes": "填表说明 / filling notes",
    "signature": "签字栏 / a line for signatures",
    "total": "合计行 / a total",
    "sample": "示例行 / a sample row",
}


def _told(notes: Sequence[tuple[int, str]]) -> list[str]:
    told = []
    for kind, words in _KINDS.items():
        numbers = [str(number) for number, found in notes if found == kind]
        if numbers:
            zh, english = words.split(" / ")
            rows = "、".join(numbers)
            told.append(
                f"第 {rows} 行是{zh}，不作为数据 / row {', '.join(numbers)}: {english}, not data"
            )
    return told
