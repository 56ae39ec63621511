"""CSV and its relatives: any encoding, any separator, titles above and notes below."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import InvalidFile
from geo.files.encodings import detect_encoding
from geo.files.layout import HEADER_WITHIN, find_header, nothing_below_header, tidy
from geo.files.problems import Problems
from geo.files.records import Records, read_records, split_records
from geo.files.tables import RawTable, text_frame

_HEAD: Final = 1 << 18
_SEPARATORS: Final = (",", "\t", ";", "|")
_WHOLE_ROW: Final = "整行"
_APOSTROPHE: Final = "^'('*[=+\\-@\\t\\r\\n＝＋－＠])"


def read_text(path: Path, known: frozenset[str]) -> RawTable:
    """Read a CSV, or a text separated by tabs, semicolons or bars. `known`: normalised headers.

    Rows of another width, or with broken quotes, are read as well as can be and said to be
    problems. Row numbers count records, with the header and what stands above it. For the cost see
    :func:`geo.files.records.read_records`.
    """
    encoding = detect_encoding(path)
    inner = "utf-8" if encoding in ("utf-8-sig", "utf-16") else encoding
    whole: bytes | None = None
    if encoding == "utf-16":
        # Lines are split by single bytes further down.
        whole = path.read_bytes().decode("utf-16").encode()
    start = 3 if encoding == "utf-8-sig" else 0

    def opened(offset: int) -> BinaryIO:
        stream: BinaryIO = io.BytesIO(whole) if whole is not None else path.open("rb")
        stream.seek(offset)
        return stream

    with opened(start) as stream:
        octets = stream.read(_HEAD)
    head = _whole_lines(octets).decode(inner, "replace")
    separator = _separator(head, known)
    rows, ends = _first(head, separator, HEADER_WITHIN + 2)
    header = find_header(rows, known)
    if header is None:
        raise empty_file()
    names = header.names + _unnamed(_first(head, separator, 50)[0][header.rows :], header.names)
    offset = start + _behind(octets, ends[header.rows - 1])
    records = read_records(lambda: opened(offset), len(names), separator, inner)
    if len(records.numbers) == 0:
        raise nothing_below_header()
    numbers = records.numbers + header.rows
    columns = [_without_apostrophe(column) for column in records.columns]
    tidied = tidy(names, columns, numbers)
    numbers = numbers[tidied.keep]
    problems = Problems(numbers)
    _report(problems, records, tidied.keep, len(header.names))
    notes = []
    if encoding in ("big5", "cp1252"):
        notes.append(f"文字编码是推断的：{encoding} / the encoding is inferred: {encoding}")
    if header.rows > 1:
        notes.append(f"表头在第 {header.rows} 行 / the header is row {header.rows}")
    return RawTable(
        frame=text_frame(dict(zip(tidied.names, tidied.columns, strict=True)), len(numbers)),
        row_numbers=numbers,
        format="tsv" if separator == "\t" else "csv",
        encoding=encoding,
        separator=separator,
        notes=[*notes, *tidied.notes],
        problems=problems,
    )


def empty_file() -> InvalidFile:
    """The error for a file without anything in it."""
    return InvalidFile(
        "文件是空的。 The file is empty.",
        remedy="请检查是否选对了文件。 Check that it is the right file.",
    )


def _whole_lines(octets: bytes) -> bytes:
    """The head of a file without a last line that is cut off."""
    if len(octets) < _HEAD:
        return octets
    cut = max(octets.rfind(b"\n"), octets.rfind(b"\r"))
    return octets[: cut + 1] if cut > 0 else octets


def _first(head: str, separator: str, count: int) -> tuple[list[list[str]], list[int]]:
    """The first records, and the number of lines up to the end of each."""
    found = islice(split_records(io.StringIO(head, newline=""), separator), count)
    rows, ends = [], []
    for cells, text, end in found:
        rows.append(text.split(separator) if cells is None else cells)
        ends.append(end)
    return rows, ends


def _separator(head: str, known: frozenset[str]) -> str:
    """The separator under which a header is best known, then under which rows agree in width."""

    def merit(separator: str) -> tuple[int, float, int]:
        rows = [row for row in _first(head, separator, 50)[0] if any(row)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return 0, 0.0, 0
        width, count = widths.most_common(1)[0]
        header = find_header(rows, known)
        return header.score if header else 0, count / len(rows), width

    return max(_SEPARATORS, key=merit)


def _unnamed(rows: list[list[str]], names: list[str]) -> list[str]:
    """Names for columns beyond the header's when all rows have them, empty: separators at the end
    of each line but the first."""
    width = min((len(row) for row in rows if any(row)), default=0)
    if width <= len(names) or any(any(row[len(names) :]) for row in rows):
        return []
    return [f"第{at + 1}列" for at in range(len(names), width)]


def _behind(octets: bytes, lines: int) -> int:
    """The byte behind so many lines. Line ends are single bytes in all encodings that come here."""
    ends = islice(re.finditer(rb"\r\n|\r|\n", octets), lines - 1, lines)
    return next((end.end() for end in ends), len(octets))


def _report(problems: Problems, records: Records, keep: Any, width: int) -> None:
    """Faults of whole rows, on the rows that are kept."""
    if not records.raw:
        return
    texts = {
        "quote": (
            "引号不成对，无法分列",
            "A quotation mark is not closed, so the row cannot be split into cells",
            '去掉多余的引号，或把单元格中的 " 写成 ""',
            'Take the stray mark out, or write " inside a cell as ""',
        ),
        "many": (
            f"列数多于表头（{width} 列）",
            f"The row has more cells than the header's {width}",
            "单元格内含分隔符时请用英文双引号括起来",
            "Put a cell that contains the separator in double quotes",
        ),
        "few": (
            f"列数少于表头（{width} 列）",
            f"The row has fewer cells than the header's {width}",
            "补齐缺少的单元格（可留空，但分隔符要齐）",
            "Add the missing cells (they may be empty, the separators must be there)",
        ),
    }
    places = np.array(sorted(records.raw), dtype=np.int64)
    index = np.full(len(keep), -1, dtype=np.int64)
    index[places] = np.arange(len(places))
    chosen = index[keep]
    values = pa.array([records.raw[at] for at in places.tolist()], pa.large_string())
    values = values.take(pa.array(chosen, mask=chosen < 0))
    for fault, (reason_zh, reason, remedy_zh, remedy) in texts.items():
        mask = np.zeros(len(keep), dtype=np.bool_)
        mask[records.faults.get(fault, [])] = True
        problems.add_mask(
            mask[keep],
            _WHOLE_ROW,
            values,
            reason_zh=reason_zh,
            reason=reason,
            remedy_zh=remedy_zh,
            remedy=remedy,
        )


def _without_apostrophe(column: Any) -> Any:
    """Undo what protects a cell from being run as a formula (see :mod:`geo.files.rejects`)."""
    if not pc.any(pc.starts_with(column, "'")).as_py():
        return column
    return pc.replace_substring_regex(column, _APOSTROPHE, "\\1")
