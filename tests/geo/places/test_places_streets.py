"""Pieces of street to streets, against connected parts by brute force."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from geo.places.streets import one_each

cell = st.integers(-12, 12)
link = st.tuples(st.sampled_from(["人民路", "长安街", "A"]), cell, cell, cell, cell)


def by_hand(links) -> list[tuple[str, set[int]]]:
    """Links of one name that share a cell or lie in neighbouring ones, and so on."""
    parts = []
    for name in {one[0] for one in links}:
        some = [number for number, one in enumerate(links) if one[0] == name]
        ends = np.array([links[number][1:] for number in some]).reshape(-1, 2)
        near = cdist(ends, ends, "chebyshev") <= 1
        # The two ends of a link belong together.
        near[np.arange(0, len(ends), 2), np.arange(1, len(ends), 2)] = True
        count, part = connected_components(near, directed=False)
        for each in range(count):
            members = {some[at // 2] for at in np.flatnonzero(part == each).tolist()}
            parts.append((name, members))
    return parts


@given(st.lists(link, min_size=1, max_size=40))
def test_a_street_is_what_hangs_together_under_one_name(links):
    columns = [np.array([one[at] for one in links], dtype=np.int64) for at in range(1, 5)]
    metres = np.full(len(links), 100, dtype=np.int64)
    piece, name = one_each(
        pa.array([one[0] for one in links]), *columns, metres, np.arange(len(links))
    )
    expected = by_hand(links)
    assert len(piece) == len(expected)
    for number, called in zip(piece.tolist(), name.to_pylist(), strict=True):
        [(of, members)] = [one for one in expected if number in one[1]]
        assert of == called
        expected.remove((of, members))
    assert expected == []


def test_the_piece_in_the_middle_stands_for_the_street():
    x = np.arange(11)
    zeros = np.zeros(11, dtype=np.int64)
    [piece], _ = one_each(
        pa.array(["人民路"] * 11), x, zeros, x + 1, zeros, np.full(11, 200), np.arange(100, 111)
    )
    assert piece == 105


def test_without_streets_there_are_none():
    none = np.zeros(0, dtype=np.int64)
    piece, name = one_each(pa.array([], pa.string()), none, none, none, none, none, none)
    assert len(piece) == len(name) == 0
