"""Texts made comparable: one form for what people write in many.

Compatibility forms are undone (full-width letters and digits, circled numbers), accents and other
combining marks dropped, traditional characters turned into simplified ones character by character
(both sides alike, so that no word list has to agree), case folded, and everything that is no
letter or digit taken out; where it stood, a new word begins.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

Codes = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SEPARATOR, LETTER, DIGIT, HAN = 0, 1, 2, 3
PADDING = 32
"""Zeros behind the last text, so that a window may reach over the end."""
BREAKS = re.compile("[\n\ud800-\udfff]")
"""Not allowed inside a text: our own separator, and halves of characters."""
MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


@dataclass(frozen=True)
class Folded:
    """N texts in one row of code points, each ended by a zero.

    `start[i]:start[i + 1] - 1` are the code points of text i, and `plain` has the same as a
    string. `begins` tells where a word begins: every Han character, and the first of a run of
    letters or of digits. `sort` is one of :data:`LETTER`, :data:`DIGIT`, :data:`HAN`, or 0 for the
    zeros.
    """

    plain: str
    codes: Codes
    start: Integers
    begins: Flags
    sort: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start) - 1

    def text(self, number: int) -> str:
        """Text i as Python has it."""
        return self.plain[self.start[number] : self.start[number + 1] - 1]

    def several(self, numbers: Integers) -> list[str]:
        """Some of the texts."""
        plain, begin, end = self.plain, self.start[numbers], self.start[numbers + 1] - 1
        return [plain[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def fold(texts: Sequence[str]) -> Folded:
    """Fold texts, all at once.

    Any text is taken, whatever it holds. Cost: some 3 million characters a second.
    """
    joined = "\n".join([BREAKS.sub(" ", text) if _odd(text) else text for text in texts])
    plain = MARKS.sub("", unicodedata.normalize("NFKD", joined))
    plain = plain.translate(_simplified()).casefold()
    codes = np.frombuffer(plain.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
    sort = _sorts()[codes]
    ends = codes == ord("\n")
    kept = ends | (sort > SEPARATOR)
    # A word begins where the sort changes, where something was taken out, and at each Han.
    before = np.concatenate(([SEPARATOR], sort[:-1])) if len(sort) else sort
    begins = (sort == HAN) | (sort != before)
    codes = np.where(ends, 0, codes)[kept]
    start = np.concatenate(([0], np.flatnonzero(codes == 0) + 1, [len(codes) + 1]))
    if not texts:
        start = np.array([0])
    tail = np.zeros(1 + PADDING, dtype=np.uint32)
    return Folded(
        plain=codes.astype("<u4").tobytes().decode("utf-32-le"),
        codes=np.concatenate((codes, tail)).astype(np.uint32),
        start=start.astype(np.int64),
        begins=np.concatenate((begins[kept], tail.astype(bool))) & _wide(codes),
        sort=np.concatenate((np.where(codes == 0, 0, sort[kept]), tail)).astype(np.uint8),
    )


def _wide(codes: Codes) -> Flags:
    return np.concatenate((codes != 0, np.zeros(1 + PADDING, dtype=bool)))


def _odd(text: str) -> bool:
    return not text.isprintable()


@functools.cache
def _simplified() -> dict[int, int]:
    """Traditional to simplified, one character for one: OpenCC's table."""
    han = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00))]
    turned = OpenCC("t2s").convert("\n".join(han)).split("\n")
    return {
        ord(old): ord(new)
        for old, new in zip(han, turned, strict=True)
        if old != new and len(new) == 1
    }


@functools.cache
def _sorts() -> npt.NDArray[np.uint8]:
    """The sort of each code point. Marks that belong to letters of other scripts count as such."""
    sorts = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    for code in range(0x32400):
        kind = unicodedata.category(chr(code))
        if kind in ("Nd", "Nl", "No"):
            sorts[code] = DIGIT
        elif kind[0] == "L" or kind in ("Mc", "Mn"):
            sorts[code] = LETTER
    for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF)):
        sorts[first : last + 1] = HAN
    sorts[0x3007] = HAN  # 〇
    return sorts
