"""What chance alone would find: shuffled states, the distribution of the best, thresholds.

States are shuffled inside each stratum (subdistrict × size band), so that differences between
subdistricts and sizes are kept and everything else is noise. The largest score of a run follows a
Gumbel distribution well enough that few runs give its tail (Abrams, Kulldorff & Kleinman, Int. J.
Health Geographics 9:61, 2010). Parts of any shape and whole units are held to thresholds of their
own, each with half of the error allowed: chance gets much further with shapes it may choose.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.clusters.ground import Ground
from geo.clusters.measure import measured
from geo.clusters.rules import ScanRules
from geo.clusters.scan import PART, WHOLE, chosen

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EULER = 0.5772156649015329
KINDS = (PART, WHOLE)
SMALLEST_P = 1e-9
"""No smaller chance can be told from some dozens of runs."""


@dataclass(frozen=True)
class Gumbel:
    """The distribution exp(−exp(−(x − location)/scale)) of a largest value."""

    location: float
    scale: float

    @classmethod
    def fitted(cls, largest: Floats) -> Gumbel:
        """By moments: mean = location + 0.5772·scale, deviation = π·scale/√6."""
        if len(largest) < 2:
            return cls(float(largest.mean()) if len(largest) else 0.0, 1.0)
        scale = max(float(np.std(largest, ddof=1)) * math.sqrt(6) / math.pi, 1e-3)
        return cls(float(np.mean(largest)) - EULER * scale, scale)

    def tail(self, value: float) -> float:
        """The chance that the largest is at least so large."""
        return -math.expm1(-math.exp(-(value - self.location) / self.scale))

    def p_value(self, value: float) -> float:
        """The chance that a run over a city without clusters finds anything as odd, of any kind."""
        return min(1.0, max(SMALLEST_P, len(KINDS) * self.tail(value)))

    def beyond(self, chance: float) -> float:
        """The value that the largest exceeds with this chance."""
        return self.location - self.scale * math.log(-math.log1p(-chance))


@dataclass(frozen=True)
class Chance:
    """What R shuffled runs found: the largest score of each kind (R, 2), and all chosen scores."""

    largest: Floats
    scores: tuple[Floats, Floats]

    def gumbel(self, kind: int) -> Gumbel:
        """The distribution of the largest score of a kind."""
        return Gumbel.fitted(self.largest[:, kind])

    def confirmed_from(self, error: float) -> Floats:
        """(2,) scores from which places of each kind are confirmed."""
        return np.array([self.gumbel(kind).beyond(error / len(KINDS)) for kind in KINDS])

    def to_check_from(self, kind: int, found: Floats, false_share: float) -> float:
        """The score from which at most this share of what is found is expected to be chance.

        Args:
            kind: of candidates.
            found: scores of all chosen places of that kind.
            false_share: 0 … 1.

        Returns:
            The least such score among them; infinite if there is none.
        """
        runs = max(len(self.largest), 1)
        value = np.sort(found)[::-1]
        chance = np.sort(self.scores[kind])
        expected = (len(chance) - np.searchsorted(chance, value, side="left")) / runs
        fits = np.flatnonzero(expected <= false_share * np.arange(1, len(value) + 1))
        return float(value[fits[-1]]) if len(fits) else math.inf


def shuffled(
    ground: Ground,
    shares: Floats,
    bands: int,
    rules: ScanRules,
    runs: int,
    threads: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Chance:
    """Scan shuffled states; each run measures what is usual in its own states, as is done with the
    true ones.

    Args:
        ground: what is scanned.
        shares: (strata,) the usual shares: so many of a stratum are without a union in each run.
        bands: how many size bands there are.
        rules: with the seed; run r has the seed and r, whichever thread takes it.
        runs: how many.
        threads: at once.
        advance: told of each finished run.

    Cost: some 0.3 s a run and thread for a million enterprises.
    """
    size = np.bincount(ground.stratum, minlength=len(shares)).astype(np.int64)
    wanted = shares * size

    def run(number: int) -> tuple[Floats, list[Floats]]:
        rng = np.random.default_rng([rules.seed, number])
        without = _shuffle(ground.stratum, size, wanted, rng)
        _, finds = measured(ground, without, bands, len(shares), rules)
        best = chosen(ground, finds, np.full(2, rules.least_score))
        scores = [finds.score[best[finds.kind[best] == kind]] for kind in KINDS]
        advance(1)
        # Of each kind the best of all, chosen or not: the other kind may not hide it.
        return finds.best, scores

    with ThreadPoolExecutor(threads) as workers:
        found = list(workers.map(run, range(runs)))
    largest = np.array([one for one, _ in found]).reshape(runs, len(KINDS))
    scores = [
        np.concatenate([np.empty(0), *(of_run[kind] for _, of_run in found)]) for kind in KINDS
    ]
    return Chance(largest, (scores[PART], scores[WHOLE]))


@njit(cache=True, nogil=True)
def _shuffle(stratum: Any, size: Any, wanted: Any, rng: Any) -> Any:  # pragma: no cover - compiled
    """(N,) a random choice of `wanted` of each stratum's enterprises, a broken number rounded up
    or down by chance; by selection sampling (Knuth, TAOCP 3.4.2, algorithm S)."""
    left = size.copy()
    take = np.empty(len(wanted), dtype=np.int64)
    for s in range(len(wanted)):
        take[s] = int(wanted[s] + rng.random())
    out = np.zeros(len(stratum), dtype=np.bool_)
    for row in range(len(stratum)):
        s = stratum[row]
        if rng.random() * left[s] < take[s]:
            out[row] = True
            take[s] -= 1
        left[s] -= 1
    return out
