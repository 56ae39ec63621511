"""The vocabulary of English texts about opening hours, and how a text falls into tokens.

People surround hours with prose ("Community Café – 10:30 am to 12:00 pm, all welcome"). Words that
say nothing about time are passed over; words that *limit* the hours (`fortnightly`, `term time
only`, `until 17th March`, `may vary`) are kept as tokens of kind "limit", and make what they limit
unknown. Days in Welsh are known, for bilingual texts.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from geo.hours.rules import WEEK, WEEKEND, WORKDAYS

_DAY_PATTERNS = (
    r"mon(?:day)?", r"tue(?:s(?:day)?)?", r"wed(?:s|nesday)?", r"thu(?:r(?:s(?:day)?)?)?",
    r"fri(?:day)?", r"sat(?:urday)?", r"sun(?:day)?",
)  # fmt: skip
_WELSH = ("llun", "mawrth", "mercher", "iau", "gwener", "sadwrn", "sul")
_WELSH_WORD = re.compile(rf"\b(?:{'|'.join(_WELSH)}|dydd|bob|pob|bore|pnawn|prynhawn|mis)\b")
_ORDINALS = {
    "1st": 1, "first": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "4th": 4, "fourth": 4,
    "5th": 5, "fifth": 5, "last": -1,
}  # fmt: skip
_ORDINAL = "|".join(_ORDINALS)
_DAY = rf"(?:{'|'.join(_DAY_PATTERNS)})(?:['’]?s)?\b\.?"
_MONTH = (
    "january|february|march|april|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
# Whatever here stands near hours makes them less than certain.
_LIMITS = (
    # how often
    r"fortnight\w*", r"bi-?weekly", r"bi-?monthly", r"every other", r"every (?:2|two|3|three)\b",
    r"every \d", r"alternat\w+", r"monthly", r"months?", r"once", r"twice", r"\d+ ?x per",
    r"weeks? (?:\d|of)\S*", r"week [a-d]\b", rf"(?:{_ORDINAL})\b", r"\d{1,2}(?:st|nd|rd|th)\b",
    # which part of the year
    r"terms?\b(?:[ -]?time)?", r"half[ -]term", r"school\w* hol\w*", r"hol(?:iday|s)\w*",
    r"(?:summer|easter|winter|autumn|spring)\w*", r"christmas", r"xmas", r"new year\w*", r"festive",
    r"bank hol\w*", r"public hol\w*", r"\b20[12]\d\b", r"dates?\b",
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?\b(?![:.])", r"as of", r"start\w*", r"begin\w*", r"commenc\w*",
    r"ends?\b", r"ending", r"resum\w*", r"temporar\w*", r"during", r"outside of",
    # under which condition
    r"except\w*", r"exc(?:l\w*)?\b", r"apart from", r"unless", r"not\b", r"n't\b", r"if\b",
    r"no\b(?! (?:charge|need))", r"when\b", r"only (?:open|when|on|during|by)", r"some\b",
    r"selected", r"or\b(?! (?:just|more|coffee|tea))", r"weather", r"rota", r"pop[- ]?up",
    r"one[- ]off", r"match ?days?", r"appointment", r"appt", r"pre-?book\w*", r"booking", r"booked",
    r"(?:must|to|please) book", r"by arrangement", r"as needed",
    # how surely
    r"may\b", r"might", r"var(?:y|ies|ious|iable)\b", r"check", r"subject to", r"depend\w*",
    r"tb[ac]\b", r"approx\w*", r"usual\w*", r"sometimes", r"occasional\w*", r"normally",
    r"typically", r"change\w*", r"different", r"ish\b", r"around \d\S*", r"about \d\S*",
    r"please (?:call|ring|phone)", r"see (?:website|our|social|facebook)", r"website",
    r"sessions? (?:run|vary)", r"paused?", r"cancel\w*", r"suspend\w*", r"shut\w*",
    r"clos(?:e|es|ing|ure|ures)\b", r"last (?:entry|orders|admission)",
)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of an English text; `days`, `ordinals` and the parts of a time where it has them."""

    kind: str
    text: str
    days: frozenset[int] = frozenset()
    ordinals: tuple[int, ...] = ()
    hour: int = 0
    minute: int = 0
    half: str = ""
    padded: bool = False
    exact: bool = False
    welsh: bool = False


_TIME = (
    r"(?P<hour>\d{1,2})(?:\s?[:.;]\s?(?P<minute>[0-5]\d))?(?!\d)"
    r"(?:\s*\.?(?P<half>[ap])\.?\s?m\b\.?)?(?P<noon>\s*-?(?:noon|midday)\b)?"
)
_PATTERN = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("space", r"[ \t]+"),
            ("nth", rf"(?:(?:every|each|the) )?(?P<ords>(?:{_ORDINAL})(?:(?:\s*(?:,|&|and|/)\s*)(?:and )?(?:{_ORDINAL}))*)\s+(?P<nthday>{_DAY})\s*(?:(?:of|in|every|each|per|a)\s*)?(?:(?:the|each|every|a)\s+)?month(?:ly)?\b"),  # noqa: E501
            ("always", r"24 ?/ ?7|24 ?h(?:ou)?rs?(?: a day)?"),
            ("everyday", r"(?:7|seven) days?(?: (?:a|per) week)?|every ?day|daily|all week"),
            ("weekdays", r"week ?days?\b"),
            ("weekend", r"week ?ends?\b"),
            ("day", rf"\b(?:{_DAY})(?![a-z])"),
            ("welsh", rf"(?:dydd )?\b(?P<welshday>{'|'.join(_WELSH)})\b(?! \d{{1,2}}(?:$|\s*//))"),
            ("bankoff", r"(?:(?:and )?(?:closed|except|excluding|exc\.?|excl\.?|not(?: open)?)\s*(?:on |for |during )?(?:all )?)(?:bank|public) hol\w*"),  # noqa: E501
            ("closed", r"closed\b|not open\b"),
            ("limit", "|".join(_LIMITS) + rf"|\b(?:{_MONTH})\b"),
            ("between", r"between\b"),
            ("morning", r"mornings?\b"),
            ("later", r"(?:afternoon|evening|lunch ?time|night)s?\b"),
            ("noonword", r"(?:12 ?-?)?(?:noon|mid-?day)\b"),
            ("midnight", r"midnight\b"),
            (
                "military",
                r"(?<![\d£.])(?<!\d:)(?P<mh>[01]\d|2[0-4])(?P<mm>[0-5]\d)(?:\s?h(?:rs)?)?(?![\d:.])",
            ),
            ("time", rf"(?<![\d£.])(?<!\d:){_TIME}"),
            ("dash", r"-|(?:to|untill?|till?|through|thru)(?![a-z])|→"),
            ("and", r"and\b|&|\+"),
            ("comma", r",|/"),
            ("stop", r"[;.!?|\n()]+"),
            ("colon", r":"),
            ("word", r"[^\W\d_]+(?:['’][a-z]+)?"),
            ("other", r"."),
        )
    ),
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip

_YEARS = r"y(?:ea)?rs?"
# Numbers that are no times: links, prices, ages, head counts, telephones.
_NO_TIMES = re.compile(
    "|".join(
        (
            r"https?://\S+|www\.\S+|\S+@\S+",
            r"£ ?\d+(?:[.:]\d\d)?p?",
            (
                rf"\b(?:ages?d?|age group|over|under|year|yr|years) *(?:of )?\d+ ?(?:-|to|and|&)? ?"
                rf"\d*s?\+?(?: ?{_YEARS}(?: old)?)?(?![:.]\d|\s*[ap]\.?m)"
            ),
            (
                rf"\b\d+ ?(?:{_YEARS}|months?)? ?(?:-|to) ?\d+ ?(?:-| )?"
                rf"(?:{_YEARS}\b|y/o|months?|people|mins?|minutes|year|olds?)\S*(?: olds?)?"
            ),
            r"\b\d+ ?(?:\+|plus\b)|\b\d+'?s\b",
            rf"\b(?!24\b)\d+ ?(?:{_YEARS}|mins?|minutes|people|hours?)(?: olds?)?\b",
            r"\b0\d{3,4} ?\d{3} ?\d{3,4}\b|\b\d{5,}\b|\b\d+%",
        )
    )
)


def clean(text: str) -> str:
    """Lower case, one kind of dash and apostrophe, no links, ages, prices or phone numbers."""
    plain = unicodedata.normalize("NFKC", html.unescape(html.unescape(text))).lower()
    plain = re.sub(r"[‐‑‒–—―−~]+", "-", plain).replace("’", "'").replace("`", "'")
    plain = re.sub(r"[ \t\r\xa0]+", " ", plain)
    # "5pmTuesday", "ClosedThursday": fields run together.
    plain = re.sub(rf"(?<=[ap]m|ed)({_DAY})", r"; \1", plain)
    plain = re.sub(r"\b(\d{1,2}) ([0-5]\d)(?= ?[ap]\.?m)", r"\1:\2", plain)
    if "//" in re.sub(r"https?://", "", plain):
        plain = "; ".join(
            part for part in re.split(r"(?<!:)//", plain) if not _WELSH_WORD.search(part)
        )
    return _NO_TIMES.sub(" ", plain).strip()


def _token(kind: str, match: re.Match[str]) -> Token:
    text, got = match.group(), match.groupdict()
    sets = {"everyday": WEEK, "weekdays": WORKDAYS, "weekend": WEEKEND}
    if kind in sets:
        return Token("day", text, days=sets[kind])
    if kind == "day":
        return Token("day", text, days=frozenset({_day(text)}))
    if kind == "welsh":
        days = frozenset({_WELSH.index(got["welshday"])})
        return Token("day", text, days=days, welsh=True)
    if kind == "nth":
        ordinals = tuple(sorted(_ORDINALS[o] for o in re.findall(_ORDINAL, got["ords"])))
        return Token("nth", text, days=frozenset({_day(got["nthday"])}), ordinals=ordinals)
    if kind == "noonword":
        return Token("time", text, hour=12, half="p", exact=True)
    if kind == "midnight":
        return Token("time", text, hour=24, half="p", exact=True)
    if kind == "military":
        return Token(
            "time", text, hour=int(got["mh"]), minute=int(got["mm"]), padded=True, exact=True
        )
    if kind == "time":
        hour = int(got["hour"])
        # "11.30 noon" has been seen: there the word says nothing.
        noon = bool(got["noon"]) and hour == 12
        return Token(
            "time", text, hour=hour, minute=int(got["minute"] or 0),
            half="p" if noon else got["half"] or "",
            padded=got["hour"].startswith("0") or hour > 12,
            exact=bool(got["half"] or noon or got["minute"]),
        )  # fmt: skip
    return Token(kind, text)


def _day(text: str) -> int:
    return next(i for i, pattern in enumerate(_DAY_PATTERNS) if re.match(pattern, text))


_KINDS = (
    "space", "nth", "always", "everyday", "weekdays", "weekend", "day", "welsh", "bankoff",
    "closed", "limit", "between", "morning", "later", "noonword", "midnight", "military", "time",
    "dash", "and", "comma", "stop", "colon", "word", "other",
)  # fmt: skip


def tokens(text: str) -> list[Token]:
    """The tokens of a cleaned text, without spaces."""
    out: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = next(name for name in _KINDS if match.group(name) is not None)
        if kind != "space":
            out.append(_token(kind, match))
    return out
