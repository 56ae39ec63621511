"""Which encoding a text is in, told from its bytes."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import charset_normalizer

from geo.errors import InvalidFile

_SAMPLE: Final = 1 << 20
_BLOCK: Final = 1 << 24


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: utf-8, utf-8-sig, utf-16, gb18030, big5 or cp1252.

    A byte order mark decides. Else UTF-8 if *all* bytes are valid UTF-8 (other encodings of Chinese
    are so by chance once in a blue moon). Else GB18030 if all bytes are valid in it and nine in ten
    of the first other-than-ASCII characters are among the 7,445 of GB 2312: Big5, Shift-JIS and
    western text fail that. Else Big5 or Windows-1252, if charset-normalizer finds one of the two to
    make sense. 1 GB/s for UTF-8. Raises :class:`InvalidFile` if it is none of these.
    """
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            if _first_fault(path, name) is not None:
                raise _unknown(path, name)
            return name
    if b"\0" in sample:
        raise InvalidFile(
            "文件不是文本，也不是可识别的表格格式。 The file is neither text nor a known format.",
            remedy="请另存为 CSV（UTF-8）或 XLSX 后再导入。 Save it as CSV (UTF-8) or XLSX.",
        )
    if _first_fault(path, "utf-8") is None:
        return "utf-8"
    if _common_share(sample) >= 0.9 and _first_fault(path, "gb18030") is None:
        return "gb18030"
    guess = charset_normalizer.from_bytes(sample, cp_isolation=["big5", "cp1252"]).best()
    if guess is not None and _first_fault(path, guess.encoding) is None:
        return str(guess.encoding)
    raise _unknown(path, "utf-8")


def _unknown(path: Path, encoding: str) -> InvalidFile:
    place = _first_fault(path, encoding)
    return InvalidFile(
        f"文字编码无法识别：第 {place} 字节不是有效的 {encoding}，全文也不是 GB18030。 "
        f"The encoding cannot be told: byte {place} is not valid {encoding}, and the whole is not "
        "GB18030.",
        remedy="请在表格软件中另存为“CSV UTF-8”或 XLSX 后再导入。 "
        "Save it as 'CSV UTF-8' or as XLSX, then import that.",
    )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


def _first_fault(path: Path, encoding: str) -> int | None:
    """The first byte (from 1) that is not valid, or None when all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = 0
    try:
        for block in _blocks(path):
            pending = len(decoder.getstate()[0])
            decoder.decode(block)
            done += len(block)
        pending = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return done - pending + error.start + 1
    return None


def _common_share(sample: bytes) -> float:
    """How much of the other-than-ASCII text is in GB 2312, when read as GB18030."""
    foreign = [c for c in sample.decode("gb18030", "ignore") if ord(c) > 127]
    if not foreign:
        return 1.0
    common = 0
    for character, count in Counter(foreign).items():
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            continue
        common += count
    return common / len(foreign)
