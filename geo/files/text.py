"""CSV and its relatives: which encoding, which separator, and the rows even of a damaged file."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import charset_normalizer
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from geo.errors import InvalidFile
from geo.files.layout import HEADER_WITHIN, Header, find_header, nothing_below_header, tidy
from geo.files.problems import Problems
from geo.files.tables import RawTable, text_frame

_HEAD: Final = 1 << 18
_BLOCK: Final = 1 << 24
_SEPARATORS: Final = (",", "\t", ";", "|")
_LONGEST_RECORD: Final = 200  # lines: more in one cell is a quote that was never closed
_WHOLE_ROW = "整行"
csv.field_size_limit(1 << 27)


def detect_encoding(data: memoryview) -> str:
    """The encoding of a text, from its bytes.

    A byte order mark decides. Else UTF-8 if *all* bytes are valid UTF-8 (other encodings of Chinese
    are so by chance once in a blue moon). Else GB18030 if all bytes are valid in it and nine in ten
    of the first other-than-ASCII characters are among the 7,445 of GB 2312: Big5, Shift-JIS and
    western text fail that. Else what charset-normalizer finds. Raises :class:`InvalidFile` if none.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if bytes(data[: len(mark)]) == mark:
            return name
    sample = bytes(data[: 1 << 20])
    if b"\0" in sample:
        raise InvalidFile(
            "文件不是文本，也不是可识别的表格格式。 The file is neither text nor a known format.",
            remedy="请另存为 CSV（UTF-8）或 XLSX 后再导入。 Save it as CSV (UTF-8) or XLSX.",
        )
    if _decodes(data, "utf-8"):
        return "utf-8"
    if _decodes(data, "gb18030") and _common_share(sample) >= 0.9:
        return "gb18030"
    guess = charset_normalizer.from_bytes(sample).best()
    if guess is not None and _decodes(data, guess.encoding):
        return str(guess.encoding)
    raise InvalidFile(
        f"文字编码无法识别（第 {_first_fault(data)} 字节起不是有效的 UTF-8，也不是 GB18030）。 "
        "The encoding cannot be told: it is neither valid UTF-8 nor GB18030.",
        remedy="请在表格软件中另存为“CSV UTF-8”或 XLSX 后再导入。 "
        "Save it as 'CSV UTF-8' or as XLSX, then import that.",
    )


def _decodes(data: memoryview, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for at in range(0, len(data), _BLOCK):
            decoder.decode(data[at : at + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _common_share(sample: bytes) -> float:
    """How much of the other-than-ASCII text is in GB 2312, when read as GB18030."""
    foreign = [c for c in sample.decode("gb18030", "ignore") if ord(c) > 127]
    if not foreign:
        return 1.0
    tally = Counter(foreign)
    common = 0
    for character, count in tally.items():
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            continue
        common += count
    return common / len(foreign)


def _first_fault(data: memoryview) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    for at in range(0, len(data), _BLOCK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[at : at + _BLOCK])
        except UnicodeDecodeError as error:
            return at - pending + error.start + 1
    return len(data)


def read_text(path: Path, known: frozenset[str]) -> RawTable:
    """Read a CSV, or a text separated by tabs, semicolons or bars. `known`: normalised headers.

    The fast engine (pyarrow) reads 1,000,000 rows of 20 columns in some 2 s; a file with rows of
    another width or stray quotes is read once more by a tolerant one (some ten times slower), which
    keeps such rows and says what is wrong with them. Row numbers count records, with the header and
    what stands above it.
    """
    with pa.memory_map(str(path)) as source:
        buffer = source.read_buffer()
        encoding = detect_encoding(memoryview(buffer))
        notes = []
        if encoding == "utf-16":
            # The fast engine splits lines by single bytes.
            buffer = pa.py_buffer(bytes(buffer).decode("utf-16").encode())
        elif encoding == "utf-8-sig":
            buffer = buffer.slice(3)
        elif encoding not in ("utf-8", "gb18030"):
            notes.append(f"文字编码是推断的：{encoding} / the encoding is inferred: {encoding}")
        inner = "utf-8" if encoding in ("utf-8-sig", "utf-16") else encoding
        head = _head(buffer, inner)
        separator = _separator(head, known)
        rows, ends = _first_records(head, separator)
        header = find_header(rows, known)
        if header is None:
            raise empty_file()
        if header.rows > 1:
            notes.append(f"表头在第 {header.rows} 行 / the header is row {header.rows}")
        offset = _offset(buffer, ends[header.rows - 1])
        body = buffer.slice(offset)
        fast = _fast(body, header, separator, inner)
        if fast is not None:
            columns, numbers, faults = fast, np.arange(len(fast[0])) + header.rows + 1, None
        else:
            text = bytes(body).decode(inner)
            columns, numbers, faults = _tolerant(text, header, separator)
    columns = [_without_apostrophe(column) for column in columns]
    tidied = tidy(header.names, columns, numbers)
    numbers = numbers[tidied.keep].astype(np.int64)
    problems = Problems(numbers)
    if faults is not None:
        _report(problems, faults, tidied.keep)
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
    """The error for a file without anything in it."""
    """The error for a file without anything in it."""
    return InvalidFile(
        "文件是空的。 The file is empty.",
        remedy="请检查是否选对了文件。 Check that it is the right file.",
    )


def _head(buffer: Any, encoding: str) -> str:
    """The first complete lines."""
    octets = bytes(buffer[: min(_HEAD, buffer.size)])
    if buffer.size > _HEAD:
        cut = max(octets.rfind(b"\n"), octets.rfind(b"\r"))
        octets = octets[: cut + 1] if cut > 0 else octets
    return octets.decode(encoding, "replace")


def _separator(head: str, known: frozenset[str]) -> str:
    """The separator under which a header is best known, then under which rows agree in width."""

    def merit(separator: str) -> tuple[int, float, int]:
        rows = [row for row in _first_records(head, separator, 50)[0] if any(row)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if not widths:
            return 0, 0.0, 0
        width, count = widths.most_common(1)[0]
        header = find_header(rows, known)
        return header.score if header else 0, count / len(rows), width

    return max(_SEPARATORS, key=merit)


class _Lines(Iterator[str]):
    """Physical lines that can be gone back in, and that end a record which grows without end."""

    def __init__(self, text: str) -> None:
        self.lines = list(io.StringIO(text, newline=""))
        self.at = 0
        self.record = 0

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        if self.at - self.record >= _LONGEST_RECORD:
            raise csv.Error("endless record")
        self.at += 1
        return self.lines[self.at - 1]


def _records(text: str, separator: str) -> Iterator[tuple[list[str] | None, str, int]]:
    """Each record as cells (None when its quotes are broken), its text, and the lines so far.

    A record that never ends is given up after its first line, so that one stray quote costs one
    row and not the rest of the file.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while lines.at < len(lines.lines):
        start = lines.record = lines.at
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            lines.at, cells = start + 1, None
            reader = csv.reader(lines, delimiter=separator, strict=True)
        raw = "".join(lines.lines[start : lines.at]).rstrip("\r\n")
        yield cells, raw, lines.at


def _first_records(
    head: str, separator: str, count: int = HEADER_WITHIN + 2
) -> tuple[list[list[str]], list[int]]:
    """The first records, and the number of lines up to the end of each."""
    rows, ends = [], []
    for cells, raw, end in _records(head, separator):
        rows.append(cells if cells is not None else raw.split(separator))
        ends.append(end)
        if len(rows) >= count:
            break
    return rows, ends


def _offset(buffer: Any, lines: int) -> int:
    """The byte behind so many lines. Line ends are single bytes in all encodings that come here."""
    octets = bytes(buffer[: min(2 * _HEAD, buffer.size)])
    ends = re.finditer(rb"\r\n|\r|\n", octets)
    for count, end in enumerate(ends, start=1):
        if count == lines:
            return end.end()
    return int(buffer.size)


def _fast(body: Any, header: Header, separator: str, encoding: str) -> list[Any] | None:
    """Columns by the fast engine, or None when a row does not fit."""
    names = [str(at) for at in range(len(header.names))]
    misfits = []

    def misfit(row: Any) -> str:
        misfits.append(row.actual_columns)
        return "error"

    # A number of quotes that is not even leaves one open, which would swallow all that follows.
    if np.count_nonzero(np.frombuffer(body, dtype=np.uint8) == ord('"')) % 2:
        return None
    if not bytes(body[: min(body.size, _HEAD)]).strip() and body.size <= _HEAD:
        raise nothing_below_header()
    kind = pa.large_string()
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(
                column_names=names, encoding=encoding, block_size=_BLOCK
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=misfit,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, kind),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [table.column(name) for name in names]


def _tolerant(text: str, header: Header, separator: str) -> tuple[list[Any], Any, dict[str, Any]]:
    """Columns, row numbers and faults by the engine that never fails."""
    width = len(header.names)
    rows: list[list[str]] = []
    numbers: list[int] = []
    faults: dict[str, list[int]] = {"quote": [], "many": [], "few": []}
    raw_of: dict[int, str] = {}
    for number, (read, raw, _) in enumerate(_records(text, separator), start=header.rows + 1):
        if read is not None and not any(read):
            continue
        fault = "quote"
        cells = raw.split(separator) if read is None else read
        if read is None:
            pass
        elif len(cells) > width and any(cells[width:]):
            fault = "many"
        elif len(cells) < width:
            fault = "few"
        else:
            fault = ""
        if fault:
            faults[fault].append(len(rows))
            raw_of[len(rows)] = raw
        rows.append((cells + [""] * (width - len(cells)))[:width])
        numbers.append(number)
    if not rows:
        raise nothing_below_header()
    columns = [
        pa.array([cell or None for cell in column], pa.large_string())
        for column in zip(*rows, strict=True)
    ]
    return columns, np.array(numbers), {"faults": faults, "raw": raw_of, "width": width}


def _report(problems: Problems, found: dict[str, Any], keep: Any) -> None:
    """Faults of whole rows, on the rows that are kept."""
    width = found["width"]
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
    values = pa.array([found["raw"].get(at) for at in range(len(keep))], pa.large_string())
    values = values.filter(pa.array(keep))
    for fault, (reason_zh, reason, remedy_zh, remedy) in texts.items():
        mask = np.zeros(len(keep), dtype=np.bool_)
        mask[found["faults"][fault]] = True
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
    return pc.replace_substring_regex(column, APOSTROPHE_READ, "\\1")


APOSTROPHE_READ: Final = "^'('*[=+\\-@\\t\\r\\n＝＋－＠])"
