"""A share of one edition with all that it rests on, for comparisons and series."""

from __future__ import annotations

from dataclasses import dataclass

from geo.coverage.definitions import Parts
from geo.coverage.rates import wilson
from geo.settings import Settings


@dataclass(frozen=True)
class Share:
    """Numerator over denominator; `value` is None without one, which is no data and not 0.

    `low` and `high` end the 95 % Wilson interval; `missing_share` is the share of units of the
    scope that did not state what is needed.
    """

    numerator: int
    denominator: int
    value: float | None
    low: float | None
    high: float | None
    missing_share: float | None
    small_denominator: bool


def share_of(parts: Parts, settings: Settings) -> Share:
    """The share that these parts make.

    Args:
        parts: whole numbers.
        settings: below which denominator it is marked as resting on few.
    """
    numerator, denominator = int(parts.numerator), int(parts.denominator)
    low, high = wilson(numerator, denominator)
    return Share(
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator if denominator else None,
        low=low,
        high=high,
        missing_share=parts.left_out / parts.whole if parts.whole else None,
        small_denominator=0 < denominator < settings.small_denominator,
    )
