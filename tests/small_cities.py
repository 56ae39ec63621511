"""Street networks by chance with every oddity there is, for property tests."""

import numpy as np
from hypothesis import strategies as st
from street_makers import network_of
from walking_oracle import Oracle, OracleFoot

from geo.streets import StreetNetwork
from geo.walking import WalkingGraph


@st.composite
def small_cities(draw, stations: int = 8, people: int = 0):
    """A network (rings, parallel pieces, dead ends, separate parts, steps), places of stations and
    of people in metres (on junctions, on bends, twice the same, far away), and a mask of stations.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 8))
    nodes = [tuple(xy) for xy in rng.uniform(0, 900, (count, 2))]
    node = st.integers(0, count - 1)
    pieces = []
    for a, b, wanted in draw(
        st.lists(st.tuples(node, node, st.integers(0, 3)), min_size=1, max_size=14)
    ):
        bends = max(wanted, 2) if a == b else max(wanted, 1)  # a ring needs room
        pieces.append((a, b, [tuple(xy) for xy in rng.uniform(0, 900, (bends, 2))]))
    steps = [i for i in range(len(pieces)) if rng.random() < 0.3]
    network = network_of(nodes, pieces, steps=steps)
    bends = [xy for _, _, bends in pieces for xy in bends]

    def spots(most: int) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for kind in draw(
            st.lists(st.sampled_from(["near", "node", "bend", "again", "far"]), max_size=most)
        ):
            if kind == "again" and found:
                found.append(found[draw(st.integers(0, len(found) - 1))])
            elif kind == "node":
                found.append(nodes[draw(node)])
            elif kind == "bend":
                found.append(bends[draw(st.integers(0, len(bends) - 1))])
            else:
                wide = 2500 if kind == "far" else 100
                found.append(tuple(rng.uniform(-wide, 900 + wide, 2)))
        return found

    where = spots(stations)
    return network, where, spots(people), rng.random(len(where)) < 0.7


def node_of_vertices(graph: WalkingGraph, network: StreetNetwork) -> np.ndarray:
    """The oracle's node of each vertex of a graph: nodes of the network, then the bends."""
    points, offsets = network.points, network.point_offsets
    node = np.full(len(points), -1, np.int64)
    node[offsets[:-1]] = network.from_node
    node[offsets[1:] - 1] = network.to_node
    bends = np.flatnonzero(node < 0)
    node[bends] = network.nodes + np.arange(len(bends))
    streets = graph.streets
    here = np.column_stack((streets.vertex_lon, streets.vertex_lat))
    found = np.full(len(here), -1, np.int64)
    at = 0
    while at < len(here):
        piece = streets.vertex_street[at]
        count = int(offsets[piece + 1] - offsets[piece])
        line = np.arange(offsets[piece], offsets[piece + 1])
        if not (points[line] == here[at : at + count]).all():
            line = line[::-1]
            assert (points[line] == here[at : at + count]).all()
        found[at : at + count] = node[line]
        # The last point of a piece is the first of the chain's next one, or the chain's last.
        at += count - 1
        if streets.vertex_street[at] < 0:
            at += 1
    return found


class SecondsOracle(Oracle):
    """The same fine graph, weighed by walking time: distances are seconds."""

    def __init__(self, network: StreetNetwork, on_streets: float, on_steps: float, **more):
        super().__init__(network, **more)
        offsets = network.point_offsets
        within = np.ones(len(network.points), bool)
        within[offsets[1:] - 1] = False
        piece = np.searchsorted(offsets, np.flatnonzero(within), side="right") - 1
        self.metres = self.metres / np.where(network.is_steps[piece], on_steps, on_streets)
        self.on_streets = on_streets

    def foot(self, lon: float, lat: float) -> OracleFoot | None:
        foot = super().foot(lon, lat)
        if foot is not None:
            foot.off_street /= self.on_streets
        return foot
