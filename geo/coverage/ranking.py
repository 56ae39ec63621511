"""What is missing to a target, and who comes first: for many areas at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Z = 1.959963984540054
"""Of a 95 % interval."""
NO_GAP = -1
"""Stands for: no target, or no data."""


def wilson_all(numerator: Integers, denominator: Integers) -> tuple[Floats, Floats]:
    """Ends of the 95 % Wilson score intervals, (A,) each; NaN where there is none: without a
    denominator, or with a numerator above it.

    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    J. Am. Stat. Assoc. 22: centre (p + z²/2n) / (1 + z²/n), half-width
    z·sqrt(p(1−p)/n + z²/4n²) / (1 + z²/n), z = 1.96.
    """
    usable = (denominator > 0) & (numerator >= 0) & (numerator <= denominator)
    n = np.where(usable, denominator, 1).astype(np.float64)
    share = np.where(usable, numerator, 0) / n
    weight = Z * Z / n
    centre = (share + weight / 2) / (1 + weight)
    half = Z * np.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    # At none and at all the interval ends exactly there, which floating point misses by a hair.
    low = np.where(numerator == 0, 0.0, np.maximum(0.0, centre - half))
    high = np.where(numerator == denominator, 1.0, np.minimum(1.0, centre + half))
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def gaps(numerator: Integers, denominator: Integers, target: Floats) -> Integers:
    """How many more are needed: the least g ≥ 0 with (numerator + g) / denominator ≥ target.

    Args:
        numerator, denominator: (A,) counts of units or people.
        target: (A,) shares of one; NaN where there is none.

    Returns:
        (A,) whole numbers, exact in decimal; :data:`NO_GAP` without a target or a denominator.
    """
    found = np.full(len(numerator), NO_GAP, dtype=np.int64)
    for one in np.unique(target[~np.isnan(target)]).tolist():
        rows = np.flatnonzero((target == one) & (denominator > 0))
        exact = Fraction(repr(one))
        needed = [
            -(-exact.numerator * of // exact.denominator) for of in denominator[rows].tolist()
        ]
        found[rows] = np.maximum(np.array(needed, dtype=np.int64) - numerator[rows], 0)
    return found


def ranks(values: Floats) -> Integers:
    """(A,) 1 for the largest; equals share a rank, and the next one after them counts them all. 0
    for NaN, which has no rank."""
    found = np.zeros(len(values), dtype=np.int64)
    there = ~np.isnan(values)
    found[there] = pd.Series(values[there]).rank(method="min", ascending=False).to_numpy()
    return found
