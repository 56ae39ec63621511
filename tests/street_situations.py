"""Street networks with all kinds of oddities, by chance."""

import numpy as np
from hypothesis import strategies as st
from street_makers import network_of


@st.composite
def situations(draw):
    """A network with all kinds of oddities, stations and people."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 8))
    nodes = [tuple(xy) for xy in rng.uniform(0, 900, (count, 2))]
    node = st.integers(0, count - 1)
    pieces, layers = [], []
    for a, b, wanted in draw(
        st.lists(st.tuples(node, node, st.integers(0, 3)), min_size=1, max_size=14)
    ):
        bends = max(wanted, 2) if a == b else wanted  # a loop needs room
        pieces.append((a, b, [tuple(xy) for xy in rng.uniform(0, 900, (bends, 2))]))
        layers.append(draw(st.sampled_from([0, 0, 0, 1])))
    # Two straight pieces between the same nodes would lie on each other: bend the second.
    straight = set()
    for i, (a, b, bends) in enumerate(pieces):
        if not bends:
            if frozenset((a, b)) in straight:
                pieces[i] = (a, b, [tuple(rng.uniform(0, 900, 2))])
            straight.add(frozenset((a, b)))
    network = network_of(
        nodes, pieces, layers=layers, steps=[i for i in range(len(pieces)) if rng.random() < 0.2]
    )

    def spot():
        kind = draw(st.sampled_from(["near", "node", "bend", "again", "far"]))
        if kind == "again" and spots:
            return spots[draw(st.integers(0, len(spots) - 1))]
        if kind == "node":
            return nodes[draw(node)]
        if kind == "bend":
            bends = [xy for _, _, bends in pieces for xy in bends]
            if bends:
                return bends[draw(st.integers(0, len(bends) - 1))]
        wide = 3000 if kind == "far" else 100
        return tuple(rng.uniform(-wide, 900 + wide, 2))

    spots: list = []
    for _ in range(draw(st.integers(1, 12))):
        spots.append(spot())  # noqa: PERF401  a spot may repeat an earlier one
    stations = draw(st.integers(0, len(spots) - 1))
    return network, spots[:stations], spots[stations:], rng.random(stations) < 0.7
