"""Certificates that wait in memory take little room and come back as they were, to the last bit."""

from __future__ import annotations

import base64
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.plans.packing import SMALL_BYTES, packed, unpacked
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean

NUMBERS = st.floats(allow_nan=False, width=32)


def told(values, kind):
    return kind + base64.b64encode(np.array(values, kind).tobytes()).decode()


@st.composite
def vectors(draw):
    groups = draw(st.sampled_from([0, 3, 9]))
    kind = draw(st.sampled_from(["<f4", "<f8"]))
    row, floor = (draw(st.lists(NUMBERS, max_size=3)) for _ in range(2))
    level = draw(st.lists(NUMBERS, min_size=groups, max_size=groups))
    cut = draw(st.sampled_from([{}, {"cut": 7.5}]))
    return {"level": told(level, kind), "row": row, "floor": floor, **cut}


def split(halves):
    return st.builds(
        lambda some, site, opened, shut: {
            "vectors": some, "site": site, "opened": opened, "shut": shut
        },
        st.lists(vectors(), max_size=2), st.integers(0, 99), halves, halves,
    )  # fmt: skip


TREES = st.recursive(
    st.builds(lambda some: {"vectors": some}, st.lists(vectors(), max_size=2)),
    split,
    max_leaves=8,
)


@given(TREES, st.sampled_from([3, SMALL_BYTES]))
def test_any_certificate_comes_back_as_it_was(tree, points):
    certificate = {"model": "max-cover", "group": [7] * points, "tree": tree, "derived": []}
    again = unpacked(packed(certificate))
    assert again == certificate
    assert list(again) == list(certificate)


@pytest.fixture(scope="module")
def grown():
    """The certificate of a plan whose proof needed a tree of many parts."""
    rng = np.random.default_rng(3)
    town = rng.random((40, 2))[rng.integers(0, 40, 6000)] + rng.normal(0, 0.05, (6000, 2))
    there = town[rng.choice(6000, 400, replace=False)]
    demand = Demand.of(rng.integers(1, 9, 6000), district=(town[:, 0] > 0.5).astype(np.int32))
    sites = Sites.of(400, chain=rng.integers(0, 6, 400))
    rules = Rules(p=24, per_chain_most=2, district_least_share={0: 0.6})
    control = Control(60.0, 0.001)
    answer = max_cover(demand, sites, euclidean(town, there, 0.08), rules, control)
    return answer.certificate


def test_the_certificate_of_a_tree_takes_a_fraction_of_its_room(grown):
    small = packed(grown)
    assert unpacked(small) == grown
    assert grown["tree"].get("site") is not None
    assert len(small) < len(pickle.dumps(grown)) / 4
