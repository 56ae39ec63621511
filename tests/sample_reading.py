"""Reads the files of the demo city back, with other libraries than wrote them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.sample.plane import METRES_LAT, METRES_LON

NOT_WALKED = {"motorway"}


def read_extract(path: Path) -> dict:
    """Nodes and ways of an extract, read by pyosmium."""
    nodes, node_tags, ways = {}, {}, []
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            nodes[thing.id] = (thing.location.lon, thing.location.lat)
            node_tags[thing.id] = dict(thing.tags)
        else:
            ways.append((thing.id, dict(thing.tags), [node.ref for node in thing.nodes]))
    return {"nodes": nodes, "node_tags": node_tags, "ways": ways}


def lines_of(extract: dict, wanted) -> list[shapely.LineString]:
    return [
        shapely.LineString([extract["nodes"][ref] for ref in refs])
        for _, tags, refs in extract["ways"]
        if wanted(tags)
    ]


def is_walked(tags: dict) -> bool:
    return "highway" in tags and tags["highway"] not in NOT_WALKED


def by_kind(areas: list[dict], kind: str) -> list[dict]:
    return [area for area in areas if area["kind"] == kind and area["shape"]]


def metres(lonlat: np.ndarray) -> np.ndarray:
    return lonlat * (METRES_LON, METRES_LAT)


def part_sizes(extract: dict) -> np.ndarray:
    pairs = np.array(
        [pair for _, tags, refs in extract["ways"] if is_walked(tags) for pair in pairwise(refs)]
    )
    _, index = np.unique(pairs, return_inverse=True)
    index = index.reshape(pairs.shape)
    n = index.max() + 1
    graph = coo_array((np.ones(len(index)), (index[:, 0], index[:, 1])), shape=(n, n))
    return np.sort(np.bincount(connected_components(graph, directed=False)[1]))[::-1]


def city_nodes(extract: dict) -> int:
    return len({ref for _, tags, refs in extract["ways"] if "highway" in tags for ref in refs})
