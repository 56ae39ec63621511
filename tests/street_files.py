"""Small maps as OpenStreetMap files, read as the product reads them."""

import numpy as np
from osm_files import write_osm

from geo.streets import StreetNetwork, read_osm

FOOTWAY = {"highway": "footway"}
# A cross: 1 - 2 - 3 from west to east, 4 - 2 - 5 from south to north, 100 m arms.
CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, -100), 5: (100, 100)}


def read_streets(tmp_path, nodes, ways, **more) -> StreetNetwork:
    keep_private = more.pop("keep_private", False)
    return read_osm(
        write_osm(tmp_path / "streets.osm", nodes, ways, **more), keep_private=keep_private
    )


def links(network: StreetNetwork) -> list[tuple[int, int]]:
    """Pieces as pairs of OpenStreetMap node numbers, sorted."""
    ends = np.column_stack((network.from_node, network.to_node))
    return sorted(tuple(sorted(pair)) for pair in network.node_osm[ends].tolist())
