"""Measuring what is usual, and finding what stands out from it: one pass over given states."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.clusters.expected import usual_shares
from geo.clusters.ground import Ground
from geo.clusters.rules import ScanRules
from geo.clusters.scan import Finds, chosen, scan, usual

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def measured(
    ground: Ground, without: Flags, bands: int, strata: int, rules: ScanRules
) -> tuple[Floats, Finds]:
    """The usual shares, and the candidates that stand out from them.

    What is usual is measured over all, and again without the places that then stand out most: they
    would raise the very share they are compared with.

    Args:
        ground: what is scanned.
        without: (N,) no union, in the ground's order.
        bands, strata: how many there are.
        rules: the parameters.

    Returns:
        (strata,) shares; the candidates.
    """
    shares = usual_shares(ground.stratum, bands, strata, without, rules.shrink_weight)
    finds = scan(ground, usual(shares, rules), without, rules)
    standing_out = chosen(ground, finds, np.full(2, rules.cleaning_score))
    if len(standing_out) == 0:
        return shares, finds
    counted = np.ones(len(without), dtype=bool)
    for number in standing_out.tolist():
        for address in finds.addresses(number).tolist():
            counted[ground.start[address] : ground.start[address + 1]] = False
    shares = usual_shares(ground.stratum, bands, strata, without, rules.shrink_weight, counted)
    return shares, scan(ground, usual(shares, rules), without, rules)
