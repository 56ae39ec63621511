"""Invented names and credit codes, made for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.sample.shape import Ints

_FIRST = "云石青白银金碧翠丹紫晴雪松梅竹兰菊荷枫柳桐榆杉桂"
_SECOND = "榴溪鹭杏坪岭湾渡澜井泉泽洲岸亭禾圃林屏峦汀棠苇霞"
WORDS = np.array([a + b for a, b in product(_FIRST, _SECOND)], dtype=object)
"""Two-character place words: 576 of them, put together at random from trees, stones and water."""
DISTRICT_WORDS = (
    *("云杉", "石榴", "白鹭", "银杏", "芦苇", "青禾", "碧澜", "丹枫"),
    *("晴岚", "雪松", "紫藤", "翠微", "金穗", "桂汀", "梅坞", "荷塘"),
)
STREET_ENDINGS = ("路", "街", "大街", "巷", "大道")
_SYLLABLES = "安邦昌达恒丰富广和宏华辉佳嘉建锦康科乐利隆美铭宁鹏启瑞盛泰腾通万祥鑫兴旭远悦泽正中卓"
BRANDS = np.array([a + b for a, b in product(_SYLLABLES, _SYLLABLES)], dtype=object)
"""Two-character business words."""

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_VALUE = np.zeros(128, dtype=np.int64)
_VALUE[_ALPHABET] = np.arange(31)
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])


def pick(words: Sequence[str] | np.ndarray[Any, Any], index: Ints) -> Any:
    """`words[index]` as an arrow column; an index of -1 gives a null."""
    return pa.array(words, pa.string()).take(pa.array(index, mask=index < 0))


def join(*parts: Any) -> Any:
    """Row by row `a + b + ...`; texts and arrow columns mixed. A null anywhere makes a null."""
    return pc.binary_join_element_wise(
        *[part if isinstance(part, str) else pc.cast(part, pa.string()) for part in parts],
        "",
    )


def choose(mask: np.ndarray[Any, Any], yes: Any, no: Any) -> Any:
    """`yes` where the mask holds, `no` elsewhere; either may be None."""
    null = pa.scalar(None, pa.string())
    return pc.if_else(pa.array(mask), null if yes is None else yes, null if no is None else no)


def street_names(count: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """`count` street names without the label, different from each other up to 2,880 of them."""
    order = rng.permutation(len(WORDS) * len(STREET_ENDINGS))
    at = order[np.arange(count) % len(order)]
    endings = np.array(STREET_ENDINGS, dtype=object)
    turn = np.array(["", "东", "西", "南", "北", "中", "上", "下"], dtype=object)
    again = turn[np.arange(count) // len(order) % len(turn)]
    return np.asarray(again + WORDS[at % len(WORDS)] + endings[at // len(WORDS)])


def credit_codes(prefix: np.ndarray[Any, Any], division: np.ndarray[Any, Any], serial: Ints) -> Any:
    """Unified social credit codes (GB 32100-2015) with right check characters, as arrow text.

    `prefix` (n,) two-character texts (registrar and kind), `division` (n,) six-digit texts,
    `serial` (n,) below 10^8, different numbers give different codes. The organisation code inside
    has its own check character (GB 11714: 11 - sum mod 11, 10 written X).
    """
    n = len(serial)
    code = np.empty((n, 18), dtype=np.uint8)
    code[:, :2] = np.frombuffer(prefix.astype("S2").tobytes(), np.uint8).reshape(n, 2)
    code[:, 2:8] = np.frombuffer(division.astype("S6").tobytes(), np.uint8).reshape(n, 6)
    # A multiplier without a factor in common with 10^8: one-to-one, and the codes look unordered.
    shuffled = (serial * 48_271_409 + 73_939_133) % 100_000_000
    digits = shuffled[:, None] // 10 ** np.arange(7, -1, -1) % 10
    code[:, 8:16] = digits + ord("0")
    check = (11 - digits @ _ORGANISATION_WEIGHTS % 11) % 11
    code[:, 16] = np.where(check == 10, ord("X"), check + ord("0"))
    code[:, 17] = _ALPHABET[(31 - _VALUE[code[:, :17]] @ _WEIGHTS % 31) % 31]
    return pc.cast(pa.array(code.view("S18").ravel()), pa.string())
