"""The unit scan over arrays: from a scene to places that stand out, with their tiers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.clusters.chance import KINDS, Chance, Gumbel, shuffled
from geo.clusters.ground import Ground, Scene, lay
from geo.clusters.measure import measured
from geo.clusters.rules import ScanRules
from geo.clusters.scan import PART, WHOLE, Finds, chosen
from geo.progress import SILENT, Progress

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """C places that stand out, the most striking first.

    `confirmed` (C,) whether beyond chance for the whole city, else to check; `kind` (C,) PART or
    WHOLE; `pool` (C,) see :class:`Ground`; `label` (N,) the place of each enterprise, -1 for none;
    `shares` (strata,) the usual shares; `thresholds` (2,) the scores from which a place of each
    kind is confirmed; `check_from` (2,) from which it is to be checked; `best_by_chance` how the
    best score of each kind is distributed where there is nothing to find.
    """

    score: Floats
    p_value: Floats
    confirmed: Flags
    kind: npt.NDArray[np.int8]
    pool: Integers
    label: Integers
    shares: Floats
    thresholds: Floats
    check_from: Floats
    best_by_chance: tuple[Gumbel, Gumbel] | None

    def __len__(self) -> int:
        return len(self.score)


def find_places(
    scene: Scene,
    without: Flags,
    strata: int,
    rules: ScanRules | None = None,
    replicates: int = 99,
    threads: int = 1,
    progress: Progress = SILENT,
) -> Places:
    """Find the places where more units are without a union than is usual there.

    Args:
        scene: N enterprises.
        without: (N,) no union.
        strata: how many strata there are.
        rules: see :class:`ScanRules`.
        replicates: shuffled runs that tell what chance does; 19 at least for a fair threshold.
        threads: at once.
        progress: told of the shuffled runs.
    """
    rules = rules or ScanRules()
    ground = lay(scene, rules, threads)
    shares, finds = measured(ground, without[ground.order], scene.bands, strata, rules)
    with progress.step("随机对照 / comparing with chance", replicates) as advance:
        chance = shuffled(ground, shares, scene.bands, rules, replicates, threads, advance)
    return _judged(ground, finds, shares, chance, rules)


def _judged(
    ground: Ground, finds: Finds, shares: Floats, chance: Chance, rules: ScanRules
) -> Places:
    everything = chosen(ground, finds, np.full(2, rules.least_score))
    thresholds = chance.confirmed_from(rules.family_error)
    check_from = np.array(
        [
            min(
                thresholds[kind],
                chance.to_check_from(
                    kind, finds.score[everything[finds.kind[everything] == kind]], rules.false_share
                ),
            )
            for kind in KINDS
        ]
    )
    by_chance = (chance.gumbel(PART), chance.gumbel(WHOLE))
    return places_of(ground, finds, shares, thresholds, check_from, by_chance)


def places_of(
    ground: Ground,
    finds: Finds,
    shares: Floats,
    thresholds: Floats,
    check_from: Floats,
    by_chance: tuple[Gumbel, Gumbel],
) -> Places:
    """The best of what was found that do not overlap, from the scores `check_from` on."""
    best = chosen(ground, finds, check_from)
    of_address = np.full(ground.addresses, -1, dtype=np.int64)
    for number, one in enumerate(best.tolist()):
        of_address[finds.addresses(one)] = number
    value, kind = finds.score[best], finds.kind[best]
    return Places(
        score=value,
        p_value=np.array(
            [by_chance[int(a)].p_value(float(b)) for a, b in zip(kind, value, strict=True)]
        ),
        confirmed=value >= thresholds[kind],
        kind=kind,
        pool=finds.pool[best],
        label=of_address[ground.address],
        shares=shares,
        thresholds=thresholds,
        check_from=check_from,
        best_by_chance=by_chance,
    )
