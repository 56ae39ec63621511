"""Planted cities: what was planted is found, and stays found when some states flip."""

import numpy as np
import planted_city as cities
import pytest
from planted_scores import cleaned, evaluate, reports, scene

from geo.clusters.engine import find_places
from geo.clusters.identity import Known, matched
from geo.clusters.scan import PART, WHOLE


def scanned(seed, *, overlap=False, addresses=False, size=0.1, flipped=0.0):
    city = cities.planted_city(seed, overlap=overlap, size=size)
    rows = cleaned(city)
    without = city.without[rows]
    without = without ^ (np.random.default_rng(1).random(len(rows)) < flipped)
    made, strata = scene(city, rows, addresses=addresses)
    places = find_places(made, without, strata, None, 19, 2)
    sure = np.append(places.confirmed, False)
    found = reports(np.where(sure[places.label], places.label, -1), without)
    return city, rows, places, evaluate(city, rows, found)


@pytest.mark.parametrize("overlap", [False, True], ids=["no overlap", "overlapping parks"])
def test_what_was_planted_is_found_and_little_else(overlap):
    scores = [scanned(seed, overlap=overlap)[3] for seed in (31, 32, 33)]
    assert np.mean([one.found for one in scores]) >= 0.75
    assert np.mean([one.true for one in scores]) >= 0.9
    assert np.mean([one.f1 for one in scores]) >= 0.85


def test_addresses_help_along_streets():
    plain, told = (scanned(31, addresses=addresses)[3] for addresses in (False, True))
    assert told.found >= plain.found - 0.05
    assert told.true >= 0.85


def test_places_do_not_overlap_and_pass_the_gates():
    city, rows, places, _ = scanned(34)
    without, employees = city.without[rows], np.nan_to_num(city.employees[rows])
    assert set(np.unique(places.kind)) <= {PART, WHOLE}
    for number in range(len(places)):
        members = places.label == number
        assert (members & without).sum() >= 10
        assert employees[members & without].sum() >= 25
        assert (members & without).sum() >= 0.75 * members.sum()
    assert (places.score >= places.check_from[places.kind]).all()
    assert (places.confirmed == (places.score >= places.thresholds[places.kind])).all()
    assert (places.p_value[places.confirmed] <= 0.05 + 1e-9).all()


def test_the_clusters_are_the_same_ones_after_some_states_flip():
    _, _, before, _ = scanned(35)
    _, _, after, _ = scanned(35, flipped=0.02)
    inside = np.flatnonzero(before.label >= 0)
    known = Known(np.arange(len(before)), [], before.label[inside], inside)
    now = np.flatnonzero(after.label >= 0)
    same = matched(known, after.label[now], now, len(after))
    assert np.isin(np.flatnonzero(before.confirmed), same).mean() >= 0.85
