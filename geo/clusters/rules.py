"""What makes a cluster: the numbers of the unit scan, each with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

METHOD = "unit_scan"


@dataclass(frozen=True)
class ScanRules:
    """Parameters of the scan; stored with each run.

    Gates: a cluster has at least `least_units` units without a union with `least_workers` workers
    (fewer are a matter for an organiser, not for a union of their own), at least `least_share` of
    the units of the place are without one, and `least_gap` more than is usual there (with some
    thousand buildings, the slightest difference becomes significant: it must also matter).
    """

    least_units: int = 10
    least_workers: float = 25.0
    least_share: float = 0.75
    least_gap: float = 0.15
    shrink_weight: float = 20.0
    """So many units of the city's mean are mixed into each subdistrict's own share."""
    telling_share: float = 0.93
    """Share without a union where a place stands out for sure; shapes the field, not the score."""
    smooth_units: int = 20
    """The field at an address is taken over its nearest so many units."""
    nearest: int = 24
    votes: int = 7
    """Nearest addresses whose majority closes gaps and drops specks."""
    levels: tuple[float, ...] = (
        0.95, 0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15, 0.05, -0.05,
    )  # fmt: skip
    reach_inside: float = 120.0
    reach_street: float = 60.0
    whole_factor: float = 1.15
    """A named unit is preferred to a part of it that stands out hardly more."""
    least_score: float = 4.0
    """Below that nothing is looked at: chance gives such by the thousand."""
    cleaning_score: float = 12.0
    """Places that stand out so far are left out when the usual share is measured again."""
    family_error: float = 0.02
    """Chance that a run over a city without clusters confirms any. Less than what is promised, 5 %:
    thresholds come from a distribution fitted to few runs, and must hold with the fit's error."""
    false_share: float = 0.05
    """Share of false ones among those to check, as far as chance goes."""
    seed: int = 20261121

    def parameters(self) -> dict[str, Any]:
        """For the record of a run."""
        return {**asdict(self), "levels": list(self.levels)}
