"""The share of units without a union that is usual for a subdistrict and a size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALLEST = 0.005
"""No share is taken to be nearer to 0 or 1: a place of one size could then be infinitely odd."""


def usual_shares(
    stratum: npt.NDArray[Any],
    bands: int,
    strata: int,
    without: Flags,
    weight: float,
    counted: Flags | None = None,
) -> Floats:
    """The usual share of each stratum, shrunk to its size band's mean over the whole city.

    (k + weight·m) / (n + weight), the posterior mean of a beta prior with the band's mean m and so
    many units of weight (empirical Bayes: Clayton & Kaldor, Biometrics 43, 1987).

    Args:
        stratum: (N,) subdistrict · bands + band.
        bands, strata: how many there are; strata is a multiple of bands.
        without: (N,) no union.
        weight: of the city's mean, in units.
        counted: (N,) which units to learn from; all if not given.

    Returns:
        (strata,) shares between 0.005 and 0.995; without any unit 0.5.
    """
    n, k = _counts(stratum, strata, without, np.ones(1, np.bool_) if counted is None else counted)
    band = np.arange(strata) % bands
    all_n = np.bincount(band, n, minlength=bands)
    all_k = np.bincount(band, k, minlength=bands)
    # A band nobody is in takes the mean of all.
    total = (all_k.sum() + 0.5) / (all_n.sum() + 1.0)
    mean = (all_k + total) / (all_n + 1.0)
    shares = (k + weight * mean[band]) / (n + weight)
    usual: Floats = np.clip(shares, SMALLEST, 1 - SMALLEST)
    return usual


@njit(cache=True, nogil=True)
def _counts(stratum: Any, strata: int, without: Any, counted: Any) -> Any:  # pragma: no cover
    """Units, and units without a union, of each stratum; `counted` of length 1 counts all."""
    n, k = np.zeros(strata), np.zeros(strata)
    everyone = len(counted) == 1
    for row in range(len(stratum)):
        if everyone or counted[row]:
            n[stratum[row]] += 1.0
            if without[row]:
                k[stratum[row]] += 1.0
    return n, k
