"""The nearest addresses: against a k-d tree, and the six directions against all pairs."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geo.clusters.neighbours import around, cell_order, nearest


def town(seed: int, count: int, pools: int):
    rng = np.random.default_rng(seed)
    pool = np.sort(rng.integers(0, pools, count))
    x, y = rng.uniform(0, 600, (2, count))
    crowd = rng.random(count) < 0.4  # a building: all within a few metres
    x[crowd], y[crowd] = 100 + rng.uniform(0, 12, (2, int(crowd.sum())))
    order, cell = cell_order(pool, x, y)
    pool, x, y = pool[order], x[order], y[order]
    _, start = np.unique(pool, return_index=True)
    return pool, x, y, cell, np.append(start, count)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 4), st.sampled_from([1, 2]))
def test_they_are_the_nearest_of_the_same_pool(seed, count, pools, threads):
    pool, x, y, cell, start = town(seed, count, pools)
    reach = np.linspace(40, 120, len(start) - 1)
    found, many = nearest(x, y, cell, start, reach, 8, threads)
    for number, (low, high) in enumerate(pairwise(start.tolist())):
        points = np.column_stack([x, y])[low:high]
        away, _ = cKDTree(points).query(
            points, k=8, distance_upper_bound=reach[number] * (1 + 1e-12)
        )
        away = np.atleast_2d(away.reshape(len(points), -1))
        for at in range(low, high):
            mine = found[at, : many[at]]
            assert mine[0] == at
            assert (pool[mine] == pool[at]).all()
            expected = away[at - low][np.isfinite(away[at - low])]
            assert np.hypot(x[mine] - x[at], y[mine] - y[at]) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 200), st.integers(1, 3))
def test_in_each_direction_it_is_the_nearest_within_reach(seed, count, pools):
    pool, x, y, cell, start = town(seed, count, pools)
    reach = np.full(len(start) - 1, 90.0)
    found = around(x, y, cell, start, reach)
    for i in range(count):
        away = np.hypot(x - x[i], y - y[i])
        sector = np.floor(np.degrees(np.arctan2(y - y[i], x - x[i])) % 360 / 60).astype(int)
        near = (pool == pool[i]) & (away <= 90) & (np.arange(count) != i)
        for direction in range(6):
            there = near & (sector == direction)
            got = [away[j] for j in found[i] if j >= 0 and sector[j] == direction]
            assert got == pytest.approx([away[there].min()] if there.any() else [], abs=1e-9)


def test_the_six_directions_lead_out_of_a_crowded_building():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(0, 10, 60), rng.uniform(60, 70, 60)])
    y = rng.uniform(0, 10, 120)
    order, cell = cell_order(np.zeros(120, dtype=np.int64), x, y)
    x, y = x[order], y[order]
    towards = around(x, y, cell, np.array([0, 120]), np.array([120.0]))
    left = x < 30
    assert any(j >= 0 and left[i] != left[j] for i in range(120) for j in towards[i])
    close, many = nearest(x, y, cell, np.array([0, 120]), np.array([120.0]), 8)
    assert all(left[close[i, :m]].all() == left[i] for i, m in enumerate(many))
