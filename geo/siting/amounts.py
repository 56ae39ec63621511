"""Money and people in sentences: with all their digits, since somebody may do as the sentence says.

`:g` would tell a budget of 1,234,564 as 1.23456e+06, which does not pay for it.
"""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import Final

DIGITS: Final = 6
"""So many that count, of what is not whole."""
PLACES: Final = 2
NOISE: Final = 1e-6
"""Of the last digit told: what sums of floats are off by is not told."""


def amount(value: float) -> str:
    """A sum of money or people: 1,234,564 or 0.25; to the nearest digit that is told."""
    places = _places(value)
    return _trimmed(round(value, places), places)


def need(value: float) -> str:
    """The same of what is needed at least: rounded up, so that so much is enough."""
    places = _places(value)
    unit = 10.0**places
    if not isfinite(value * unit):
        return f"{value:g}"
    return _trimmed(ceil(value * unit - NOISE) / unit, places)


def _places(value: float) -> int:
    """Behind the point."""
    if not isfinite(value) or value == round(value):
        return 0
    return max(PLACES, DIGITS - 1 - floor(log10(abs(value))))


def _trimmed(value: float, places: int) -> str:
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text
