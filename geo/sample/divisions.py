"""Districts, subdistricts and communities that tile the city exactly.

Hexagons cover the ground; each border between two of them is one broken line, drawn once and used
by both sides, so neighbours share the same vertices. Regions grow over the hexagons from random
seeds (shortest paths with random weights: every region is connected), each level inside the one
above.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.sample.names import DISTRICT_WORDS, WORDS
from geo.sample.plane import Plane
from geo.sample.shape import CITY_CODE, CITY_NAME, CityShape, Floats, Ints

DIGITS = 6  # decimals of a degree: 0.1 m
_OFFSETS = np.array([(1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2)])
_MEANDER = 0.55  # |offset| <= 0.55 * distance to the nearer end: at most 29 degrees off the line
_HEXAGONS = 9  # hexagons a community has on average


@dataclass(frozen=True)
class Divisions:
    """Every level top down: prefecture, districts, subdistricts, communities."""

    kind: list[str]
    code: np.ndarray[Any, Any]
    name: np.ndarray[Any, Any]  # without the label
    type_name: np.ndarray[Any, Any]
    parent: Ints  # row of the parent, -1 for the prefecture
    polygon: np.ndarray[Any, Any]

    def rows(self, kind: str) -> Ints:
        """Rows of one level, in the order of their codes."""
        return np.flatnonzero(np.array(self.kind) == kind)


class Places:
    """Which subdistrict a position lies in, and what it is called."""

    def __init__(self, divisions: Divisions) -> None:
        self.rows = divisions.rows("subdistrict")
        self.polygons = divisions.polygon[self.rows]
        self.code = divisions.code[self.rows]
        self.name = divisions.name[self.rows]
        district = divisions.parent[self.rows]
        self.district_name = divisions.name[district]
        self.district_code = divisions.code[district]
        self.full_name = CITY_NAME + self.district_name + self.name

    def subdistrict(self, lonlat: Floats) -> Ints:
        """Number of the subdistrict of each point; the nearest for a point in none."""
        found = np.full(len(lonlat), -1, dtype=np.int64)
        if not len(lonlat):
            return found
        points = np.asarray(shapely.points(lonlat))
        polygon, point = shapely.STRtree(points).query(self.polygons, predicate="intersects")
        # A point on a border belongs to the first of the two.
        order = np.argsort(-polygon, kind="stable")
        found[point[order]] = polygon[order]
        lost = np.flatnonzero(found < 0)
        if len(lost):
            found[lost] = shapely.STRtree(self.polygons).nearest(points[lost])
        return found


def divide(plane: Plane, shape: CityShape, seed: int) -> Divisions:
    """Draws the divisions of a city. Cost: 0.1 s for a city, 2 s for a huge one."""
    rng = np.random.default_rng([seed, 6])
    centres, corner_keys, width = _hexagons(plane.cells, shape.communities)
    rings, graph = _borders(plane, corner_keys, width, shape.border_points, rng)
    whole = np.zeros(len(centres), dtype=np.int64)
    district = _grow(graph, centres, whole, np.array([shape.districts]), rng)
    district = _by_rank(district, centres)
    subdistrict = _grow(graph, centres, district, _share_out(district, shape.subdistricts), rng)
    community = _grow(graph, centres, subdistrict, _share_out(subdistrict, shape.communities), rng)
    cells = np.asarray(shapely.polygons(np.concatenate([rings, rings[:, :1]], axis=1)))
    communities = _union(cells, community)
    of_community = _first(subdistrict, community)
    subdistricts = _union(communities, of_community)
    of_subdistrict = _first(district, subdistrict)
    districts = _union(subdistricts, of_subdistrict)
    return _name(rng, districts, subdistricts, of_subdistrict, communities, of_community)


def _hexagons(cells: int, communities: int) -> tuple[Floats, Ints, float]:
    """Hexagons that cover the streets and a margin: centres (n, 2) and, on a grid of half widths
    and half radii, corners (n, 6, 2); the width of one, in blocks."""
    width = float(np.sqrt(cells**2 * 1.15 / (communities * _HEXAGONS) * 2 / np.sqrt(3)))
    radius = width / np.sqrt(3)
    reach = cells * 0.75 + 3 * width
    across = np.arange(-int(reach / width) - 2, int(reach / width) + 3)
    up = np.arange(-int(reach / (1.5 * radius)) - 2, int(reach / (1.5 * radius)) + 3)
    column, row = (part.ravel() for part in np.meshgrid(across, up, indexing="ij"))
    keys = np.stack([2 * column + row % 2, 3 * row], axis=-1)
    centres = keys * (width / 2, radius / 2) + cells / 2
    # A rounded square: (2) ** (1/6) = 1.122 reaches its corners.
    out = (np.abs(2 * centres / cells - 1) ** 6).sum(axis=1)
    kept = out <= (1.13 + 2.4 * width / cells) ** 6
    return centres[kept], keys[kept][:, None] + _OFFSETS, width


def _borders(
    plane: Plane, corners: Ints, width: float, pieces: int, rng: np.random.Generator
) -> tuple[Floats, Any]:
    """Rings (n, 6 * pieces, 2) in degrees, and the graph of neighbours with random weights."""
    n = len(corners)
    keys, vertex = np.unique(corners.reshape(-1, 2), axis=0, return_inverse=True)
    vertex = vertex.reshape(n, 6)
    sides = np.stack([vertex, np.roll(vertex, -1, axis=1)], axis=-1).reshape(-1, 2)
    lines, line = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    line = line.ravel()

    on_lattice = keys * (width / 2, width / np.sqrt(3) / 2) + plane.cells / 2
    begin, end = on_lattice[lines[:, 0]], on_lattice[lines[:, 1]]
    s = np.arange(1, pieces) / pieces
    run = end - begin
    normal = np.stack([-run[:, 1], run[:, 0]], axis=-1)
    offset = _meander(len(lines), pieces, rng)
    points = begin[:, None] + run[:, None] * s[:, None] + normal[:, None] * offset[..., None]
    inner = plane.lonlat(points[..., 0], points[..., 1], jittered=False, digits=DIGITS)
    outer = plane.lonlat(on_lattice[:, 0], on_lattice[:, 1], jittered=False, digits=DIGITS)

    forward = sides[:, 0] == lines[line, 0]
    along = np.where(forward[:, None, None], inner[line], inner[line][:, ::-1])
    start = outer[sides[:, 0]][:, None]
    rings = np.concatenate([start, along], axis=1).reshape(n, 6 * pieces, 2)

    order = np.argsort(line, kind="stable")
    cell = np.repeat(np.arange(n), 6)[order]
    shared = np.flatnonzero(line[order][1:] == line[order][:-1])
    one, other = cell[shared], cell[shared + 1]
    weight = rng.uniform(0.5, 1.5, len(shared))
    graph = csr_array((weight, (one, other)), shape=(n, n))
    return rings, graph + graph.T


def _meander(lines: int, pieces: int, rng: np.random.Generator) -> Floats:
    """Offsets (lines, pieces - 1) of broken lines between two corners, in parts of the line's
    length: random midpoint displacement (Fournier, Fussell, Carpenter 1982)."""
    offset = np.zeros((lines, pieces + 1))
    step = pieces
    while step > 1:
        half = step // 2
        middle = (offset[:, 0:-1:step] + offset[:, step::step]) / 2
        offset[:, half::step] = middle + rng.normal(0, 0.3 * step / pieces, middle.shape)
        step = half
    s = np.arange(pieces + 1) / pieces
    limit = _MEANDER * np.minimum(s, 1 - s)
    return np.asarray(np.clip(offset, -limit, limit)[:, 1:-1])


def _grow(
    graph: Any, centres: Floats, parent: Ints, counts: Ints, rng: np.random.Generator
) -> Ints:
    """Splits every region of `parent` into `counts[region]` connected regions, numbered on."""
    pairs = graph.tocoo()
    inside = parent[pairs.row] == parent[pairs.col]
    within = csr_array(
        (pairs.data[inside], (pairs.row[inside], pairs.col[inside])), shape=graph.shape
    )
    order = np.argsort(parent, kind="stable")
    bounds = np.searchsorted(parent[order], np.arange(len(counts) + 1))
    seeds = np.concatenate(
        [
            _apart(centres, order[bounds[k] : bounds[k + 1]], int(count), rng)
            for k, count in enumerate(counts)
        ]
    )
    _, _, source = dijkstra(within, indices=seeds, min_only=True, return_predecessors=True)
    number = np.full(len(centres), -1, dtype=np.int64)
    number[seeds] = np.arange(len(seeds))
    return np.asarray(number[source], dtype=np.int64)


def _apart(centres: Floats, members: Ints, count: int, rng: np.random.Generator) -> Ints:
    """`count` of the members, each the best of ten tries to lie far from those before it."""
    seeds = [int(rng.choice(members))]
    for _ in range(count - 1):
        free = np.setdiff1d(members, seeds)
        tries = rng.choice(free, min(10, len(free)), replace=False)
        gaps = np.abs(centres[tries, None] - centres[seeds]).max(axis=2).min(axis=1)
        seeds.append(int(tries[gaps.argmax()]))
    return np.array(seeds, dtype=np.int64)


def _share_out(region: Ints, total: int) -> Ints:
    """How many of `total` parts each region gets: by its hexagons, at least one, never more than
    it has hexagons (largest remainders)."""
    size = np.bincount(region)
    count = np.ones(len(size), dtype=np.int64)
    while (left := total - int(count.sum())) > 0:
        wish = np.where(count < size, size / (count + 0.5), 0)
        count[np.argsort(-wish, kind="stable")[: max(1, min(left, len(size) // 4))]] += 1
    return count


def _by_rank(region: Ints, centres: Floats) -> Ints:
    """Renumbers regions from the middle of the city outwards."""
    middle = centres.mean(axis=0)
    counts = np.bincount(region)
    heart = np.stack([np.bincount(region, centres[:, axis]) / counts for axis in (0, 1)], axis=-1)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(np.hypot(*(heart - middle).T), kind="stable")] = np.arange(len(counts))
    return np.asarray(rank[region], dtype=np.int64)


def _first(upper: Ints, lower: Ints) -> Ints:
    """Region of the upper level that holds each region of the lower one."""
    _, at = np.unique(lower, return_index=True)
    return np.asarray(upper[at], dtype=np.int64)


def _union(parts: np.ndarray[Any, Any], group: Ints) -> np.ndarray[Any, Any]:
    """One polygon a group; the parts touch along shared vertices, which all stay."""
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(group.max() + 2))
    merged = [shapely.coverage_union_all(parts[order[a:b]]) for a, b in pairwise(bounds.tolist())]
    alone = np.array(merged, dtype=object)
    simple = shapely.get_num_geometries(alone) == 1
    alone[simple] = shapely.get_geometry(alone[simple], 0)
    return np.asarray(shapely.orient_polygons(shapely.normalize(alone)))


def _name(
    rng: np.random.Generator,
    districts: np.ndarray[Any, Any],
    subdistricts: np.ndarray[Any, Any],
    of_subdistrict: Ints,
    communities: np.ndarray[Any, Any],
    of_community: Ints,
) -> Divisions:
    """Codes of six, nine and twelve digits, each beginning with its parent's, and names."""
    n, m, k = len(districts), len(subdistricts), len(communities)
    code = [f"{CITY_CODE[:4]}{d + 1:02d}" for d in range(n)]
    nine, rural = _children(code, of_subdistrict), rng.random(m) < 0.3
    twelve = _children(nine, of_community)
    words = WORDS[rng.permutation(len(WORDS))]
    kinds = np.where(rural, np.where(rng.random(m) < 0.7, "镇", "乡"), "街道")
    endings = np.where(rural[of_community], "村", "社区")
    places = np.array([words[i % len(words)] for i in range(m)], dtype=object)
    homes = WORDS[(np.arange(k) * 53 + rng.integers(576)) % len(WORDS)]
    marks = np.array(["", "东", "西", "南", "北", "新"], dtype=object)
    homes = homes + marks[np.arange(k) // len(WORDS) % len(marks)]
    spare = [DISTRICT_WORDS[d % 16] + "新" * (d // 16) for d in range(n)]
    return Divisions(
        ["prefecture", *["district"] * n, *["subdistrict"] * m, *["community"] * k],
        np.array([CITY_CODE, *code, *nine, *twelve], dtype=object),
        np.array(
            [
                CITY_NAME,
                *[f"{word}区" for word in spare],
                *(places + kinds.astype(object)),
                *(homes + endings.astype(object)),
            ],
            dtype=object,
        ),
        np.array(["市", *["区"] * n, *kinds, *endings], dtype=object),
        np.concatenate([[-1], np.zeros(n), 1 + of_subdistrict, 1 + n + of_community]).astype(int),
        np.concatenate(
            [_union(districts, np.zeros(n, dtype=np.int64)), districts, subdistricts, communities]
        ),
    )


def _children(parents: list[str], of: Ints) -> list[str]:
    """Codes of three more digits, counted within each parent."""
    seen: dict[int, int] = {}
    codes = []
    for parent in of.tolist():
        seen[parent] = seen.get(parent, 0) + 1
        codes.append(f"{parents[parent]}{seen[parent]:03d}")
    return codes
