"""Positions that were typed instead of a name: `116.38,39.90`, `北纬39.9 东经116.38`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geo.coordinates import Bounds

_NUMBER = r"([-+]?\d{1,3}(?:\.\d{1,20})?)"
_ONE = rf"(东经|西经|北纬|南纬|经度|纬度|[ewns])?:?\s*{_NUMBER}\s*°?\s*([ewns])?"
_PAIR = re.compile(rf"\(?\s*{_ONE}(\s*[,;、/]\s*|\s+){_ONE}\s*\)?", re.IGNORECASE)
_LATITUDE = {"北纬", "南纬", "纬度", "n", "s"}
_NEGATIVE = {"西经", "南纬", "w", "s"}


@dataclass(frozen=True)
class TypedPosition:
    """Longitude and latitude as they were meant. `swapped` where they were typed the other way
    round without a word that says so."""

    lon: float
    lat: float
    swapped: bool


def typed_position(text: str, bounds: Bounds | None) -> TypedPosition | None:
    """The position that a text is; None where it is something else.

    Two numbers with a comma between them, or two with decimals and a blank; longitude first unless
    letters or words tell otherwise, or only the other way round lies within `bounds`.

    Args:
        text: what was typed.
        bounds: west, south, east, north of what is known, in the same coordinate system.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _PAIR.fullmatch(plain)
    if found is None:
        return None
    before, first, behind, between, before2, second, behind2 = found.groups()
    one = _signed(first, before, behind)
    two = _signed(second, before2, behind2)
    named = [_axis(before, behind), _axis(before2, behind2)]
    if not between.strip() and not any(named) and not ("." in first and "." in second):
        return None
    if named in (["lat", "lon"], ["lat", None], [None, "lon"]):
        return TypedPosition(two, one, swapped=False) if _on_earth(two, one) else None
    if named in (["lon", "lat"], ["lon", None], [None, "lat"]):
        return TypedPosition(one, two, swapped=False) if _on_earth(one, two) else None
    if any(named):
        return None
    straight, turned = _on_earth(one, two), _on_earth(two, one)
    if straight and (not turned or bounds is None or _within(one, two, bounds)):
        return TypedPosition(one, two, swapped=False)
    if turned and (not straight or (bounds is not None and _within(two, one, bounds))):
        return TypedPosition(two, one, swapped=True)
    return TypedPosition(one, two, swapped=False) if straight else None


def _signed(number: str, *words: str | None) -> float:
    value = float(number)
    return -value if any(word and word.lower() in _NEGATIVE for word in words) else value


def _axis(*words: str | None) -> str | None:
    told = [word.lower() for word in words if word]
    if not told:
        return None
    return "lat" if told[0] in _LATITUDE else "lon"


def _on_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= 90


def _within(lon: float, lat: float, bounds: Bounds) -> bool:
    west, south, east, north = bounds
    return west <= lon <= east and south <= lat <= north
