"""Cells that hold one or several of a fixed set of words, by the synonyms of `choices.toml`."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.files.parsed import Fault, Mask, Parsed, arrow, parsed
from geo.schema.stations import SERVICES

_TRUE = (
    "是",
    "有",
    "y",
    "yes",
    "true",
    "t",
    "1",
    "√",
    "✓",
    "✔",
    "对",
    "同意",
    "已同意",
    "愿意",
    "可",
)
_FALSE = (
    *("否", "无", "没有", "n", "no", "false", "f", "0", "×", "✗", "✘", "x", "不", "不是", "错"),
    *("不同意", "未同意", "不愿意", "不可"),
)


def booleans(cells: Any) -> Parsed:
    """是/否, 有/无, 同意/不同意, Y/N, true/false, 1/0, √/× as truth values."""
    words = dict.fromkeys(_TRUE, "1") | dict.fromkeys(_FALSE, "")
    table = {normal(word): value for word, value in words.items()}
    empty = {"", "-", "/", "—", "n/a", "na", "null", "未知", "不详"}
    codes, uniques = _encoded(cells)
    meant = [table.get(normal(word)) for word in uniques]
    blank = [normal(word) in empty for word in uniques]
    values = _spread([None if m is None else bool(m) for m in meant], codes, pa.bool_())
    wrong = [m is None and not b for m, b in zip(meant, blank, strict=True)]
    fault = Fault(
        _spread_mask(wrong, codes),
        "不是“是”或“否”",
        "This is neither yes nor no",
        "填写 是 或 否",
        "Write 是 or 否 (yes or no)",
    )
    return parsed(values, [fault])


@cache
def choices() -> Mapping[str, Mapping[str, str]]:
    """The words of `choices.toml`: choice -> normalised word -> value."""
    read = tomllib.loads(files("geo.files").joinpath("choices.toml").read_text("utf-8"))
    found: dict[str, dict[str, str]] = {}
    for choice_name, values in read.items():
        table: dict[str, str] = {}
        for value, words in values.items():
            for word in (value, *words):
                key = normal(word)
                if table.setdefault(key, value) != value:
                    message = f"choices.toml: '{word}' means both {table[key]} and {value}"
                    raise ValueError(message)
        found[choice_name] = table
    return found


def choice(cells: Any, name: str, *, otherwise: str | None = None) -> Parsed:
    """One of a fixed set of values, by the synonyms of `choices.toml` under `name`.

    Sets: station_kind, access, union_type, union_state, host_type, worker_group, day_class,
    area_kind, candidate_source. Width, case, blanks and brackets do not matter. A word that is
    not there is a fault, or becomes `otherwise` and is counted in `unknown`.
    """
    table = choices()[name]
    codes, uniques = _encoded(cells)
    keys = [normal(word) for word in uniques]
    meant = [
        table.get(key) or table.get(normal(_unbracketed(word)))
        for key, word in zip(keys, uniques, strict=True)
    ]
    blank = [key in ("", "-", "/", "—", "null", "n/a") for key in keys]
    lost = [m is None and not b for m, b in zip(meant, blank, strict=True)]
    unknown = _counts(uniques, lost, codes)
    if otherwise is not None:
        meant = [otherwise if gone else m for m, gone in zip(meant, lost, strict=True)]
        return Parsed(_spread(meant, codes, pa.large_string()), (), unknown)
    options = _options(name)
    fault = Fault(
        _spread_mask(lost, codes),
        "不在可选项之内",
        "This is none of the possible values",
        f"改为其中之一：{options}",
        f"Use one of: {options}",
    )
    return parsed(_spread(meant, codes, pa.large_string()), [fault], unknown)


def services(cells: Any) -> Parsed:
    """Lists such as 饮水、空调、Wi-Fi as lists of :data:`geo.schema.SERVICES`, in their order.

    Parts stand between 、 , ; / | + or line breaks. `unknown` counts the words that no service is
    known for; they are left out, and never a fault. A cell that says nothing gives an empty list.
    """
    return several(cells, "service", SERVICES)


def several(cells: Any, name: str, options: Sequence[str]) -> Parsed:
    """The same for another set of `choices.toml`; `options` are its values in their order."""
    table = choices()[name]
    order = {option: at for at, option in enumerate(options)}
    codes, uniques = _encoded(cells)
    unknown_of: list[list[str]] = []
    lists: list[list[str]] = []
    for cell in uniques:
        parts = [part for part in _split(cell) if part]
        known = {table[normal(part)] for part in parts if normal(part) in table}
        lists.append(sorted(known, key=order.__getitem__))
        unknown_of.append([part for part in parts if normal(part) not in table])
    tally = np.bincount(codes[codes >= 0], minlength=len(uniques)) if len(codes) else np.zeros(0)
    unknown: dict[str, int] = {}
    for at, parts in enumerate(unknown_of):
        for part in parts:
            if normal(part) not in _NO_SERVICE:
                unknown[part] = unknown.get(part, 0) + int(tally[at])
    values = _spread([*lists, []], np.where(codes < 0, len(lists), codes), pa.list_(pa.string()))
    return Parsed(values, (), dict(sorted(unknown.items(), key=lambda item: -item[1])))


_NO_SERVICE = frozenset({"", "无", "-", "/", "暂无", "等", "null"})


def normal(word: str) -> str:
    """A word for comparing: half width, small letters, without blanks and joining marks."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(c for c in folded if not (c.isspace() or c in "-_.·'\"“”‘’" or ord(c) < 32))


def _unbracketed(word: str) -> str:
    kept, depth = [], 0
    for c in unicodedata.normalize("NFKC", word):
        depth += c in "([{【〔"
        if depth == 0:
            kept.append(c)
        depth -= c in ")]}】〕" and depth > 0
    return "".join(kept)


def _split(cell: str) -> Iterable[str]:
    marks = "、,，;；/／|｜+＋\r\n\t。"
    return (
        part.strip() for part in cell.translate({ord(mark): "\n" for mark in marks}).split("\n")
    )


def _options(name: str) -> str:
    read = tomllib.loads(files("geo.files").joinpath("choices.toml").read_text("utf-8"))
    return "、".join(words[0] if words else value for value, words in read[name].items())


def _encoded(cells: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Which of the different cells each row has (-1: missing), and those cells."""
    encoded = arrow(cells).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_pylist()


def _spread(values: Sequence[Any], codes: NDArray[np.int64], kind: Any) -> Any:
    return pa.array(values, kind).take(pa.array(codes, mask=codes < 0))


def _spread_mask(flags: Sequence[bool], codes: NDArray[np.int64]) -> Mask:
    table = np.array([*flags, False], dtype=np.bool_)
    return table[codes]


def _counts(words: Sequence[str], lost: Sequence[bool], codes: NDArray[np.int64]) -> dict[str, int]:
    if not any(lost):
        return {}
    tally = np.bincount(codes[codes >= 0], minlength=len(words))
    found = {word: int(tally[at]) for at, word in enumerate(words) if lost[at]}
    return dict(sorted(found.items(), key=lambda item: -item[1]))
