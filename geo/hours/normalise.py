"""Opening hours as people type them, in OpenStreetMap's `opening_hours` syntax.

The rule above all others: what is not understood with certainty is never open. A text either
becomes an expression that says exactly what the text says (parts of it `unknown` where the text
leaves them open), or it becomes None with a sentence of doubt for the person who imports it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

from geo.hours import chinese, english
from geo.hours.rules import NotUnderstoodError, Understood, quoted

_LONGEST = 4000
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
_COMMENT = re.compile(r'"[^"]*"')
# OpenStreetMap syntax: nothing but its own words, in its own spelling, and one of them at least.
_DAYS_AND_MONTHS = (
    "Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter"
)
_STATES = "off|closed|open|unknown"
_SYNTAX = re.compile(
    rf"(?:{_DAYS_AND_MONTHS}|{_STATES}|days?|sunrise|sunset|dawn|dusk|24/7|\d{{1,2}}:\d\d|\d+"
    r"|[\s,;:|()\[\]+\-/])*"
)
_WORD = re.compile(rf"\b(?:{_DAYS_AND_MONTHS}|{_STATES}|24/7)\b")


def normalise(text: str | None) -> Understood:
    """One text (Chinese, English, or already OpenStreetMap syntax) as opening hours.

    `工作日 9:00-18:00` gives `Mo-Fr 09:00-18:00; PH off`; `工作日开放` gives `Mo-Fr unknown …` with
    a doubt, since no hour is stated; `夏季8:00-20:00` gives None with a doubt, since no months are.
    Whatever is returned parses in the `opening_hours` library. About 0.2 ms a text (prose: 0.6).
    """
    if text is None or not text.strip():
        return Understood(None, "没有写明开放时间 / no opening hours are given")
    if len(text) > _LONGEST:
        return Understood(None, "文字过长 / the text is too long to be opening hours")
    plain = unicodedata.normalize("NFKC", text).strip()
    if _SYNTAX.fullmatch(_COMMENT.sub("", plain)) and _WORD.search(plain):
        return _checked_syntax(plain)
    understand = (
        english.understand
        if _LETTER.search(plain) and not _CHINESE.search(plain)
        else chinese.understand
    )
    try:
        understood = understand(text)
    except NotUnderstoodError as doubt:
        return Understood(None, f"未能理解“{quoted(text)}”: {doubt}")
    if understood.opening_hours is None or not _parses(understood.opening_hours):
        return Understood(None, f"未能理解“{quoted(text)}” / not understood")
    return understood


def normalise_many(texts: Iterable[str | None]) -> list[Understood]:
    """:func:`normalise` for each text in order; equal texts are read once."""
    known: dict[str | None, Understood] = {}
    out: list[Understood] = []
    for text in texts:
        found = known.get(text)
        if found is None:
            found = known[text] = normalise(text)
        out.append(found)
    return out


def _checked_syntax(text: str) -> Understood:
    if not _parses(text):
        return Understood(None, f"“{quoted(text)}”的语法有误 / is not valid opening_hours syntax")
    for rule in text.split(";"):
        # `"by appointment"` alone means "ask first"; the library would take it for open.
        if '"' in rule and not re.search(rf"\b(?:{_STATES})\b", _COMMENT.sub("", rule)):
            return Understood(None, f"“{quoted(rule)}”附有条件 / carries a condition")
    if re.search(r"\b(\d{1,2}:\d\d)-\1\b", text):
        return Understood(None, f"“{quoted(text)}”的起止时间相同 / starts when it ends")
    return Understood(text)


def _parses(expression: str) -> bool:
    try:
        OpeningHours(expression)
    except ParserError:
        return False
    return True
