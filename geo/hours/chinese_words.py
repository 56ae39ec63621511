"""The vocabulary of Chinese texts about opening hours, and how a text falls into tokens.

A text is understood only when every piece of it is one of these tokens: a word that is not here
makes the whole text doubtful. To teach a word, add it here and to the table in the tests.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geo.hours.rules import WEEK, WEEKEND, WORKDAYS, NotUnderstoodError

_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}  # noqa: E501  # fmt: skip
_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5} | {
    str(n): n - 1 for n in range(1, 8)
}
_NUMBER = "(?:二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])"

DAYPARTS = {
    "morning": ("清晨", "清早", "大清早", "早上", "早晨", "早间", "上午", "早", "am"),
    "noon": ("中午", "午间", "正午"),
    "afternoon": ("下午", "午后", "pm"),
    "dusk": ("傍晚",),
    "evening": ("晚上", "晚间", "夜间", "夜里", "夜晚", "晚"),
    "night": ("凌晨", "半夜", "午夜", "深夜"),
}
_PART_OF = {word: part for part, words in DAYPARTS.items() for word in words}

_ALL_DAY = (
    "全天候24小时", "全天24小时", "24小时全天候", "24小时全天", "24小时不间断", "24小时不打烊",
    "24小时自助", "24小时制", "24小时", "24h", "24/7", "7x24小时", "7*24小时", "7×24小时", "7x24",
    "7*24", "7×24", "二十四小时", "全天候", "全天",
)  # fmt: skip
_EVERY_DAY = (
    "全年无休", "全年365天", "365天", "一年365天", "全年", "天天", "每天", "每日", "一周七天",
    "一周7天", "每周七天", "每周7天", "全周", "整周", "无休",
)  # fmt: skip
_WORKDAY = ("法定工作日", "工作日", "上班日", "平日")
_WEEKEND = ("双休日", "周末", "周六日", "周六周日", "周六、日", "周六/日", "星期六日")
_HOLIDAY = (
    "国家法定节假日", "法定节假日", "国家法定假日", "国家节假日", "公共假期", "法定假日",
    "法定假期", "法定节日", "节假日", "假日", "节日",
)  # fmt: skip
_REST_DAY = ("休息日", "公休日")
_CLOSED = (
    "不对外开放", "不开放", "不营业", "不服务", "不上班", "不开门", "停止开放", "停止营业",
    "停止服务", "闭馆", "闭站", "闭店", "关闭", "关门", "休馆", "店休", "公休", "休息", "除外",
)  # fmt: skip
# Holidays are like any other day, or closing at noon does not happen: said, and changes nothing.
_AS_USUAL = (
    "照常开放", "照常营业", "正常开放", "正常营业", "不休息", "不休", "无午休", "不闭馆", "不关门",
)  # fmt: skip
_NOON_BREAK = ("午休时间", "午间休息", "中午休息", "午休")
_NEXT_DAY = ("次日", "翌日", "第二天", "隔天", "隔日")
_OTHER_MONTHS = ("其他月份", "其余月份", "其它月份", "其他时间", "其余时间")
_SEASON = (
    "夏季作息", "冬季作息", "夏令时", "冬令时", "夏时制", "冬时制", "夏季", "冬季", "夏天", "冬天",
    "春季", "秋季", "春秋季", "春夏季", "秋冬季", "春夏", "秋冬", "夏", "冬",
)  # fmt: skip
# Words that say what the text is about.
_SILENT = (
    "户外劳动者服务站点", "服务站点", "开放时间段", "服务时间段", "营业时间", "开放时间",
    "服务时间", "工作时间", "办公时间", "上班时间", "开馆时间", "开门时间", "接待时间", "运营时间",
    "对外开放", "提供服务", "时间段", "时间为", "时间", "开放", "营业", "服务", "办公", "上班",
    "接待", "运营", "开馆", "开门", "驿站", "站点", "均为", "均", "为", "是", "的", "每周", "每年",
    "期间", "对外", "免费", "北京时间", "全部", "都", "自", "从", "在", "于", "起", "止",
)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """`kind` and what it holds; `text` as written, for the sentence of doubt."""

    kind: str
    text: str
    days: frozenset[int] = frozenset()
    hour: int = 0
    minute: int = 0
    part: str = ""
    padded: bool = False
    bare: bool = False
    month: int = 0
    date: int = 0


def clean(text: str) -> str:
    """Full-width forms to plain ones, one kind of dash, no spaces that carry no meaning."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = re.sub(r"\s*[\r\n]+\s*", ";", plain.strip())
    plain = re.sub(r"[‐‑‒–—―−─ー~〜～→]+", "-", plain)
    plain = re.sub(r"[‘’“”\"'\u200b\ufeff]", "", plain)
    plain = plain.replace("礼拜", "周").replace("星期", "周")
    plain = re.sub(r"每周(?=[一二三四五六日天末1-7])(?!一?七天)", "周", plain)
    # "除周一外" says what "周一除外" says.
    plain = re.sub(r"除了?([^,;。()除]{1,16}?)(?:以外|之外|外)(?![部面])", r"(\1除外)", plain)
    return re.sub(r"\s+", " ", plain).strip()


def _words(*words: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_TIME_TAIL = r"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<min2>\d{1,2})分?)?(?:整|钟)?"
# The order is the order of trial.
_PATTERN = re.compile(
    "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            ("space", r"\s+"),
            ("allday", _words(*_ALL_DAY)),
            ("everyday", _words(*_EVERY_DAY)),
            ("usual", rf"(?:中午|午间)?(?:{_words(*_AS_USUAL)})"),
            ("break", _words(*_NOON_BREAK)),
            ("restday", _words(*_REST_DAY)),
            ("closed", _words(*_CLOSED)),
            ("weekend", _words(*_WEEKEND)),
            ("workday", _words(*_WORKDAY)),
            ("holiday", _words(*_HOLIDAY)),
            ("othermonths", _words(*_OTHER_MONTHS)),
            ("dates", r"(?P<mon1>\d{1,2})月(?P<day1>\d{1,2})[日号]"),
            ("month", r"(?P<mon2>\d{1,2})月份?"),
            ("barmonth", r"(?P<mon3>\d{1,2})(?=\s*(?:-|至|到)\s*\d{1,2}月)"),
            ("season", _words(*_SEASON)),
            # 周一, 周1; then 二, 三 of "周一二三" and "周一、三、五" through `moredays`.
            ("day", r"周(?P<dayname>[一二三四五六日天]|[1-7](?![:\d点时]))"),
            ("nextday", _words(*_NEXT_DAY)),
            ("part", _words(*_PART_OF)),
            ("clock", r"(?P<h1>\d{1,2})[:.](?P<m1>\d{2})(?::00)?(?!\d)(?:分|时)?"),
            ("spoken", rf"(?P<h2>\d{{1,2}})[点时]{_TIME_TAIL}"),
            ("written", rf"(?P<h3>{_NUMBER})[点时](?:(?P<half3>半)|(?P<q3>[一三])刻)?(?:整|钟)?"),
            ("packed", r"(?P<h4>[01]\d|2[0-4])(?P<m4>[0-5]\d)(?=\s*-|(?!\d))"),
            ("bare", r"(?P<h5>\d{1,2})(?![\d:.])"),
            ("dash", r"-|至|到"),
            ("moredays", r"(?<=[-周一二三四五六、,/至到])(?P<day2>[一二三四五六日])(?![点时月年])"),
            ("list", r"[、/&+]|和|及|与|以及"),
            ("stop", r"[,;。.|!\n()\[\]:]|，"),
            ("silent", _words(*_SILENT)),
        )
    )
)


def _written_number(text: str) -> int:
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return _DIGITS[text]
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)


_DAYSETS = {"everyday": WEEK, "workday": WORKDAYS, "weekend": WEEKEND, "restday": WEEKEND}


def _token(kind: str, match: re.Match[str]) -> Token:
    text, got = match.group(), match.groupdict()
    if kind in _DAYSETS:
        return Token(kind, text, days=_DAYSETS[kind])
    if kind == "day":
        return Token("day", text, days=frozenset({_DAYS[got["dayname"]]}))
    if kind == "moredays":
        return Token("day", text, days=frozenset({_DAYS[got["day2"]]}))
    if kind == "part":
        return Token("part", text, part=_PART_OF[text])
    if kind == "clock":
        return Token(
            "time", text, hour=int(got["h1"]), minute=int(got["m1"]), padded=len(got["h1"]) == 2
        )
    if kind == "spoken":
        minute = 30 if got["half"] else {"一": 15, "三": 45}.get(got["quarter"] or "", 0)
        return Token("time", text, hour=int(got["h2"]), minute=int(got["min2"] or minute))
    if kind == "written":
        minute = 30 if got["half3"] else {"一": 15, "三": 45}.get(got["q3"] or "", 0)
        return Token("time", text, hour=_written_number(got["h3"]), minute=minute)
    if kind == "packed":
        return Token("time", text, hour=int(got["h4"]), minute=int(got["m4"]), padded=True)
    if kind == "bare":
        return Token("time", text, hour=int(got["h5"]), bare=True)
    if kind == "dates":
        return Token("date", text, month=int(got["mon1"]), date=int(got["day1"]))
    if kind in {"month", "barmonth"}:
        return Token("date", text, month=int(got["mon2"] or got["mon3"]))
    return Token(kind, text)


def tokens(text: str) -> list[Token]:
    """The tokens of a cleaned text without spaces and silent words.

    Raises :class:`NotUnderstoodError` with the first piece that is no token.
    """
    out: list[Token] = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None or match.end() == position:
            piece = re.match(r"[^\s,;。()、\d:-]+", text[position:])
            word = piece.group() if piece else text[position]
            raise NotUnderstoodError(f"“{word}”的含义不明 / the meaning of “{word}” is not known")
        kind = next(name for name in _PATTERN.groupindex if match.group(name) is not None)
        if kind not in {"space", "silent"}:
            out.append(_token(kind, match))
        position = match.end()
    return out
