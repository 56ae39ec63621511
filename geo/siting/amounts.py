"""Money and people in sentences and tables: whole ones, rounded as browsers and people round; or
with all their digits, since somebody may do as the sentence says.

`:g` would tell a budget of 1,234,564 as 1.23456e+06, which does not pay for it.
"""

from __future__ import annotations

from math import ceil, copysign, floor, isfinite, log10
from typing import Final

DIGITS: Final = 6
"""So many that count, of what is not whole."""
PLACES: Final = 2
NOISE: Final = 1e-6
"""Of the last digit told: what sums of floats are off by is not told."""


def half_up(value: float) -> int:
    """The nearest whole number, halves away from 0, not to the even one: 244.5 is 245."""
    return int(copysign(floor(abs(value) + 0.5), value))


def whole_text(value: float) -> str:
    """A number of people or of yuan where fractions do not matter: 2,101."""
    return f"{half_up(value):,}"


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


def sites_text(value: float) -> str:
    """A number of sites in English: 1 site, 2 sites."""
    return f"{value:.0f} site{'' if round(value) == 1 else 's'}"


def _places(value: float) -> int:
    """Behind the point."""
    if not isfinite(value) or value == round(value):
        return 0
    return max(PLACES, DIGITS - 1 - floor(log10(abs(value))))


def _trimmed(value: float, places: int) -> str:
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text
