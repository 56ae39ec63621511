"""How far a place stands out: the likelihood ratio of the spatial scan statistic.

Of a place's `n` units `k` are without a union. One model says that all of them are without one with
the same chance k/n, the other that each is with the chance usual for its subdistrict and size,
e₁ … eₙ. The score is the logarithm of the ratio of their likelihoods,

    score = k·ln(k/n) + (n−k)·ln(1−k/n) − Σ ln(eᵢ or 1−eᵢ),

which is n · KL(k/n ‖ e) where one share e is usual for all. Kulldorff's statistics (M. Kulldorff,
"A spatial scan statistic", Communications in Statistics 26(6), 1997) are made of the same function:
the Poisson model's is the score of all cases, k of which lie inside; the Bernoulli model's is the
score inside plus the score outside.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True)
def score(n: float, k: float, ordinary: float) -> float:  # pragma: no cover - compiled
    """The score of k among n; `ordinary` is the log-likelihood of what is seen at the usual shares.

    It says nothing about the direction: whether more or fewer than usual is for the caller to ask.
    """
    value = -ordinary
    if k > 0.0:
        value += k * math.log(k / n)
    if n > k:
        value += (n - k) * math.log((n - k) / n)
    return value


@njit(cache=True, nogil=True)
def _excess(n: Any, k: Any, expected: Any) -> Any:  # pragma: no cover - compiled
    out = np.zeros(len(n))
    for at in range(len(n)):
        if k[at] > expected[at]:
            if expected[at] <= 0.0:
                out[at] = math.inf
                continue
            ordinary = k[at] * math.log(expected[at] / n[at])
            if n[at] > k[at]:
                ordinary += (n[at] - k[at]) * math.log((n[at] - expected[at]) / n[at])
            out[at] = score(n[at], k[at], ordinary)
    return out


def excess(n: npt.ArrayLike, k: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """The score n · KL(k/n ‖ expected/n) where more than expected is seen, else 0; they broadcast.

    Args:
        n: how many; more than `expected`.
        k: how many of them are cases.
        expected: how many would be at one share usual for all; with 0 any case is infinitely odd.
    """
    arrays = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (n, k, expected)))
    flat = _excess(*(np.ascontiguousarray(one).ravel() for one in arrays))
    return np.asarray(flat).reshape(arrays[0].shape)


def poisson_ratio(cases: npt.ArrayLike, share: npt.ArrayLike, all_cases: float) -> Floats:
    """Kulldorff's log-likelihood ratio of the Poisson model for high rates.

    Args:
        cases: inside the zone.
        share: of the population inside the zone, 0 … 1.
        all_cases: inside and outside.
    """
    return excess(all_cases, cases, all_cases * np.asarray(share, dtype=np.float64))


def bernoulli_ratio(n: npt.ArrayLike, k: npt.ArrayLike, all_n: float, all_k: float) -> Floats:
    """Kulldorff's log-likelihood ratio of the Bernoulli model for high rates.

    Args:
        n, k: units inside the zone, and how many of them are cases.
        all_n, all_k: the same inside and outside.
    """
    n, k = np.asarray(n, dtype=np.float64), np.asarray(k, dtype=np.float64)
    share = all_k / all_n
    inside = excess(n, k, n * share)
    # Few cases outside are many units that are none.
    outside = excess(all_n - n, (all_n - n) - (all_k - k), (all_n - n) * (1 - share))
    return np.where(inside > 0, inside + outside, 0.0)
