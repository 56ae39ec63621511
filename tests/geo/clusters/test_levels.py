"""Parts of level sets: against scipy's connected components, level by level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geo.clusters.levels import graded, joined, parts, smooth, windows
from geo.clusters.score import excess

LEVELS = 4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 120))
def test_the_parts_are_the_connected_components_of_each_level(seed, count):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, LEVELS + 1, count).astype(np.int8)
    towards = rng.integers(-1, count, (count, 2)).astype(np.int32)
    n = rng.integers(1, 6, count).astype(float)
    k = np.minimum(rng.integers(0, 6, count), n).astype(float)
    share = np.full(count, 0.37)
    ordinary = k * np.log(0.37) + (n - k) * np.log(0.63)
    scores, heads, sizes, following, best = parts(
        level, LEVELS, *joined(towards), n, k, n * share, ordinary, k * 3.0, 1, 1.0, 0.5, 0.1, 0.5
    )
    found = set()
    for value, head, size in zip(scores, heads, sizes, strict=True):
        members, node = [], head
        for _ in range(size):
            members.append(int(node))
            node = following[node]
        found.add((frozenset(members), round(float(value), 9)))
    expected, highest = set(), 0.0
    for top in range(LEVELS):
        active = np.flatnonzero(level <= top)
        edges = [(i, j) for i in active for j in towards[i] if j >= 0 and level[j] <= top]
        one, other = np.array(edges, dtype=int).reshape(-1, 2).T
        graph = coo_matrix((np.ones(len(one)), (one, other)), shape=(count, count))
        _, label = connected_components(graph, directed=False)
        for part in np.unique(label[active]):
            members = active[label[active] == part]
            if not (level[members] == top).any():
                continue
            a, b = n[members].sum(), k[members].sum()
            value = float(excess(a, b, 0.37 * a))
            if b >= 1 and b >= 0.5 * a and b - 0.37 * a >= 0.1 * a:
                highest = max(highest, value)
                if value >= 0.5:
                    expected.add((frozenset(members.tolist()), round(value, 9)))
    assert {members for members, _ in found} == {members for members, _ in expected}
    assert sorted(value for _, value in found) == pytest.approx(sorted(v for _, v in expected))
    assert best == pytest.approx(highest, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_address_comes_in_with_the_majority_around_it(seed):
    rng = np.random.default_rng(seed)
    count, votes = 50, 7
    value = rng.random(count).astype(np.float32)
    near = np.array(
        [[i, *rng.permutation(np.delete(np.arange(count), i))[:9]] for i in range(count)]
    )
    many = rng.integers(1, 11, count)
    levels = np.array([0.9, 0.7, 0.5, 0.3], dtype=np.float32)
    found = graded(value, near, many, votes, levels)
    for i in range(count):
        voters = value[near[i, : min(votes, many[i])]]
        sets = [(voters >= level).sum() * 2 > len(voters) for level in levels]
        assert found[i] == (sets.index(True) if True in sets else len(levels))


def test_the_field_is_taken_over_so_many_enterprises():
    near = np.array([[0, 1, 2, 3], [1, 0, 2, 3], [2, 3, 1, 0], [3, 2, 1, 0]], dtype=np.int32)
    many = np.array([4, 4, 4, 4])
    whole = np.array([5.0, 10.0, 20.0, 1.0])
    window = windows(near, many, whole, 20)
    assert window.tolist() == [3, 3, 1, 2]
    part = np.array([5.0, 0.0, 10.0, 1.0])
    assert smooth(near, window, part, whole) == pytest.approx([15 / 35, 15 / 35, 0.5, 11 / 21])
