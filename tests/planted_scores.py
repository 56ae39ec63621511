"""How well a method finds what was planted: the same measures for ours and for every peer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from planted_city import BANDS, OFFICE, PlantedCity
from sklearn.metrics import adjusted_rand_score

from geo.clusters import ground
from geo.clusters.ground import Scene

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """`found`: share of planted places with a report of Jaccard ≥ 0.5 on those without a union;
    `true`: share of reports whose majority is planted; `f1` and `ari` by single enterprises without
    a union."""

    reports: int
    found: float
    true: float
    f1: float
    ari: float


def cleaned(city: PlantedCity) -> Integers:
    """Rows without mass registrations and copies: the same input for every method."""
    rows = np.flatnonzero(~city.shell)
    _, first = np.unique(city.key[rows], return_index=True)
    return np.sort(rows[first])


def bands(city: PlantedCity, rows: Integers) -> Integers:
    """Size band of each row."""
    return np.searchsorted(BANDS, city.employees[rows], side="right")


def scene(city: PlantedCity, rows: Integers, *, addresses: bool = False) -> tuple[Scene, int]:
    """The rows as a scene, with which polygon holds whom; and the number of strata.

    With `addresses` the registered addresses help: 70 % name the park, all name the street.
    """
    enterprise, unit = city.pairs()
    place = np.full(len(city.x), -1)
    place[rows] = np.arange(len(rows))
    inside = place[enterprise] >= 0
    enterprise, unit = place[enterprise[inside]], unit[inside]
    if addresses:
        park = city.unit_kind[unit] < OFFICE
        several = np.bincount(enterprise[park], minlength=len(rows)) > 1
        other = city.park[rows][enterprise] != unit
        drop = park & several[enterprise] & city.named[rows][enterprise] & other
        enterprise, unit = enterprise[~drop], unit[~drop]
    count = len(BANDS) + 1
    made = Scene(
        x=city.x[rows],
        y=city.y[rows],
        employees=city.employees[rows],
        stratum=city.area[rows] * count + bands(city, rows),
        bands=count,
        pair_enterprise=enterprise,
        pair_unit=unit,
        rank=np.where(city.unit_kind >= OFFICE, ground.BUILDING, ground.PLACE).astype(np.int8),
        street=city.street[rows] + 1 if addresses else np.zeros(len(rows), dtype=np.int64),
    )
    return made, (int(city.area.max()) + 1) * count


def reports(label: Integers, without: npt.NDArray[np.bool_]) -> list[Integers]:
    """The members without a union of each labelled place."""
    rows = np.flatnonzero((label >= 0) & without)
    rows = rows[np.argsort(label[rows], kind="stable")]
    return np.split(rows, np.flatnonzero(np.diff(label[rows])) + 1) if len(rows) else []


def evaluate(city: PlantedCity, rows: Integers, found: list[Integers]) -> Score:
    """Score reports, each an array of positions in `rows`."""
    truth, without = city.planted[rows], city.without[rows]
    planted = len(city.planted_kind)
    there = (truth >= 0) & without
    size = np.bincount(truth[there], minlength=planted)
    best = np.zeros(planted)
    label = np.full(len(rows), -1)
    true = 0
    for number, members in enumerate(found):
        label[members] = number
        hit = truth[members]
        common = np.bincount(hit[hit >= 0], minlength=planted)
        true += 2 * common.sum() > len(members)
        best = np.maximum(best, common / np.maximum(size + len(members) - common, 1))
    reported = label >= 0
    both = (reported & there).sum()
    precision, recall = both / max(reported.sum(), 1), both / max(there.sum(), 1)
    return Score(
        reports=len(found),
        found=float((best >= 0.5).mean()) if planted else 0.0,
        true=float(true / len(found)) if found else 0.0,
        f1=float(2 * precision * recall / max(precision + recall, 1e-12)),
        ari=float(adjusted_rand_score(np.where(there, truth, -1)[without], label[without])),
    )
