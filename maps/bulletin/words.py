"""Figures as they are printed: one way of writing for the page, the contents and the sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence

from maps.bulletin.view import Change, ChildLine, RateLine, Sheet
from maps.style import percent, short_percent
from maps.texts import Both, Language, named, text
from maps.typesetter import cut, one_line, width

__all__ = ["cut", "width"]

DASH = "–"


def chosen(words: Both, language: Language) -> str:
    """The text in one language."""
    return words.zh if language == "zh" else words.en


def area_name(name: str | None, area_id: int, language: Language) -> str:
    """The area's name on one line, or a text that says there is none."""
    shown = one_line(name or "")
    return shown or text("bulletin.unnamed", language, id=area_id)


def heading(sheet: Sheet, language: Language) -> str:
    """The title of a page."""
    if sheet.kind == "whole":
        return text("bulletin.whole", language)
    return cut(area_name(sheet.name, sheet.id, language), 34)


def kind_name(kind: str | None, language: Language) -> str:
    """A kind of area within a sentence."""
    if not kind:
        return ""
    words = named("kind", kind)
    return words.zh if language == "zh" else words.en.lower()


def rate_text(rate: RateLine, language: Language) -> str:
    """`79.4%`, with a star where it rests on few; or that there is no data."""
    if rate.value is None:
        return text("bulletin.no_data", language)
    shown = percent(rate.value, target=rate.target)
    return f"{shown}*" if rate.small else shown


def interval_text(rate: RateLine) -> str:
    """`77.1%–81.5%`."""
    if rate.value is None or rate.low is None or rate.high is None:
        return DASH
    return f"{percent(rate.low)}–{percent(rate.high)}"


def gap_text(rate: RateLine, language: Language) -> str:
    """What is missing to the target, in units or people."""
    if rate.target is None or rate.gap is None:
        return DASH
    if rate.gap == 0:
        return text("bulletin.reached", language)
    return text(
        "bulletin.gap_people" if rate.people else "bulletin.gap_units", language, n=f"{rate.gap:,}"
    )


def target_text(rate: RateLine, sources: Sequence[str], language: Language) -> str:
    """The target, and the number of where it comes from."""
    if rate.target is None:
        return text("bulletin.no_target", language)
    source = chosen(rate.target_source, language) if rate.target_source else None
    number = f" [{sources.index(source) + 1}]" if source in sources and source else ""
    return f"{short_percent(rate.target)}{number}"


def summary(sheet: Sheet, measure: str, date: str, language: Language) -> str:
    """The page in one or two sentences."""
    rate = next(one for one in sheet.rates if one.name == measure)
    if rate.value is None:
        return text("bulletin.summary_none", language)
    parts = [
        text(
            "bulletin.summary",
            language,
            date=date,
            n=f"{rate.denominator:,}",
            k=f"{rate.numerator:,}",
            rate=percent(rate.value, target=rate.target),
            interval=interval_text(rate),
        )
    ]
    if rate.denominator == 1:
        parts.append(text("bulletin.summary_one", language))
    elif rate.numerator == 0:
        parts.append(text("bulletin.summary_no_unions", language))
    if rate.target is not None and rate.gap is not None:
        key = "bulletin.summary_gap" if rate.gap else "bulletin.summary_met"
        target = short_percent(rate.target)
        parts.append(text(key, language, target=target, n=f"{rate.gap:,}"))
    if sheet.without:
        parts.append(text("bulletin.summary_workers", language, n=f"{sheet.without:,}"))
    return ("" if language == "zh" else " ").join(parts)


def change_text(change: Change | None, *, earlier: bool, language: Language) -> str:
    """What the changes begin with, or why there are none."""
    if change is None:
        return text("bulletin.change_no_area" if earlier else "bulletin.change_none", language)
    of = {"number": change.since.number, "date": change.since.as_of.isoformat()}
    told = []
    for one in change.rates:
        if one.before is None or one.after is None or one.before == one.after:
            continue
        told.append(
            text(
                "bulletin.change_rate",
                language,
                title=chosen(one.title, language),
                before=percent(one.before),
                after=percent(one.after),
                points=signed_points(one.after - one.before),
            )
            + ("" if one.real is None else _parts(one.after - one.before, one.real, language))
        )
    if not told and not any(fact.value for fact in change.facts):
        return text("bulletin.change_same", language, **of)
    joined = ("；" if language == "zh" else "; ").join(told)
    end = "" if not joined else ("。" if language == "zh" else ".")
    return text("bulletin.change_since", language, **of) + joined + end


def _parts(change: float, real: float, language: Language) -> str:
    """How much of a change is real, and how much of the list's making."""
    return text(
        "bulletin.change_parts",
        language,
        real=signed_points(real),
        rest=signed_points(change - real),
    )


def signed_points(difference: float) -> str:
    """`+2.1`: percentage points, never a rounded zero for something."""
    points = difference * 100
    decimals = next((n for n in (1, 2, 3) if abs(points) >= 10**-n / 2), 4)
    return f"{points:+.{decimals}f}".replace("-", "−")


def signed(value: int) -> str:
    """`+1,234` or `−56`."""
    return f"{value:+,}".replace("-", "−") if value else "0"


def by_rank(children: Sequence[ChildLine]) -> list[ChildLine]:
    """In the order of their ranks; those without one behind."""
    return sorted(
        children, key=lambda one: (one.rank is None, one.rank or 0, one.code or "", one.id)
    )


def plain(name: str) -> str:
    """A name without the remark in brackets at its end; the whole is in the spreadsheet."""
    return re.sub(r"(?<=.)\s*[(（][^()（）]*[)）]$", "", one_line(name))


def joined(parts: Sequence[str], language: Language) -> str:
    """A list of names as a sentence has it."""
    return ("、" if language == "zh" else ", ").join(parts)
