"""What is told beside the stations: limits of the answer, and what there is where none was found.

Nobody shall walk in vain, or give up too early: an empty answer names the nearest station that
passes everything, however far, and the nearest that is only closed, with the time it opens.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from geo.coordinates import Crs
from geo.walking.answers import Beyond, NearStation
from geo.walking.nearest import Nearest
from geo.walking.wanted import CAP_METRES, Wanted

if TYPE_CHECKING:
    from geo.walking.finder import Finder

FARTHEST_METRES = 20_000.0
"""How far is looked beyond what was asked."""


def beyond(
    finder: Finder, what: Wanted, place: tuple[float, float], at: datetime, crs: Crs
) -> Beyond:
    """What there is where nothing was found. Cost: one search over the streets within 20 km."""

    def first(other: Wanted) -> NearStation | None:
        found = finder.near(other, finder.find(other, *place, at), at)
        return finder.station(found[0], crs) if found else None

    passing = first(what._replace(k=1, max_metres=FARTHEST_METRES))
    if not what.only_open:
        return Beyond(passing, None)
    return Beyond(passing, first(what._replace(k=1, max_metres=CAP_METRES, open_rule="any")))


def notes(
    finder: Finder, what: Wanted, found: Nearest, at: datetime, more: Beyond | None
) -> list[str]:
    """What the asker should know of an answer, each in both languages."""
    said = []
    if len(finder) == 0:
        said.append("还没有可以前往的驿站数据 / No stations with a place have been loaded.")
    elif found.straight_line:
        said.append(
            "此处没有路网，距离为直线距离，实际步行更远 / No street network here: the distances "
            "are straight lines, the real walk is longer."
        )
    moment = finder.moment(what, at)
    if len(finder) and not finder.hours.holidays_known(moment):
        said.append(
            f"缺少 {moment.year} 年节假日安排，开放状态按平日计算 / The holidays of {moment.year} "
            "are not known: hours are those of ordinary days."
        )
    if more is not None:
        said.append(_none(what, more))
    if finder.unconfirmed_since is not None:
        since = finder.local(finder.unconfirmed_since)
        said.append(
            f"数据库暂时连不上，驿站和道路是 {since:%m-%d %H:%M} 的数据 / The database cannot be "
            f"reached; stations and streets are those of {since:%Y-%m-%d %H:%M}."
        )
    return said


def _none(what: Wanted, more: Beyond) -> str:
    """That nothing was found, and what there is instead."""
    limit = f"{what.max_metres:.0f}"
    if what.only_open:
        zh = f"{limit} 米内没有到达时确定开放的驿站"
        en = f"None within {limit} m is known to be open on arrival"
    else:
        zh = f"{limit} 米步行范围内没有符合条件的驿站"
        en = f"No such station within {limit} m on foot"
    parts = []
    if more.closed is not None:
        parts.append((more.closed, *_words(more.closed)))
    if more.open is not None and (more.closed is None or _other(more)):
        parts.append(
            (more.open, "到达时开放", "open on arrival") if what.only_open else (more.open, "", "")
        )
    for number, (station, state_zh, state_en) in enumerate(parts):
        name, metres = station.station["name"], ceil(station.metres)
        zh += f"；最近的是“{name}”" if number == 0 else f"；再远有“{name}”"
        zh += f"，步行 {metres} 米" + (f"，{state_zh}" if state_zh else "")
        en += f"; the nearest is “{name}”" if number == 0 else f"; farther there is “{name}”"
        en += f", {metres} m on foot" + (f", {state_en}" if state_en else "")
    if not parts:
        zh += f"，{FARTHEST_METRES / 1000:.0f} 公里内也没有"
        en += f", nor within {FARTHEST_METRES / 1000:.0f} km"
    return f"{zh} / {en}."


def _other(more: Beyond) -> bool:
    """Whether the two are different stations."""
    assert more.open is not None
    return more.closed is None or more.open.station["id"] != more.closed.station["id"]


def _words(station: NearStation) -> tuple[str, str]:
    """What to expect of a station, in both languages."""
    opens = station.opens_at
    if station.hours_state == "open":
        return "到达时开放", "open on arrival"
    if station.hours_state == "unknown":
        return "开放时间未知", "its hours are not known"
    if opens is None:
        return (
            ("暂停开放", "closed until further notice") if station.suspended else ("关闭", "closed")
        )
    if station.suspended:
        return f"暂停开放至 {opens:%m-%d %H:%M}", f"closed until {opens:%Y-%m-%d %H:%M}"
    return f"{opens:%m-%d %H:%M} 开放", f"opens {opens:%Y-%m-%d %H:%M}"
