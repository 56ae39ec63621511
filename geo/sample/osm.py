"""Nodes and ways gathered as arrays and written as an ordinary OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

from geo.progress import SILENT, Progress
from geo.sample.shape import LABEL, Floats, Ints

SOURCE = LABEL.strip("（）")


class OsmParts:
    """Gathers an extract. Node numbers are places in the gathered order; files count from 1."""

    def __init__(self) -> None:
        self._points: list[Floats] = []
        self._count = 0
        self._node_tags: dict[int, dict[str, str]] = {}
        self._tags: list[dict[str, str]] = []
        self._tag_number: dict[tuple[tuple[str, str], ...], int] = {}
        self._ways: list[tuple[Ints, Ints, Ints]] = []

    def nodes(self, lonlat: Floats) -> Ints:
        """Adds points (..., 2) and hands back their numbers (...)."""
        flat = lonlat.reshape(-1, 2)
        first = self._count
        self._points.append(flat)
        self._count += len(flat)
        return np.arange(first, self._count).reshape(lonlat.shape[:-1])

    def tag_nodes(self, nodes: Ints, **tags: str) -> None:
        """Puts the same tags on some nodes."""
        for node in nodes.tolist():
            self._node_tags[node] = {**tags, "source": SOURCE}

    def tags(self, **tags: str) -> int:
        """The number of a set of tags."""
        key = tuple(sorted(tags.items()))
        if key not in self._tag_number:
            self._tag_number[key] = len(self._tags)
            self._tags.append({**tags, "source": SOURCE})
        return self._tag_number[key]

    def ways(self, nodes: Ints, tags: int | Ints) -> None:
        """Adds ways of equal length: `nodes` (ways, nodes of each)."""
        if len(nodes):
            self.runs(nodes.ravel(), np.full(len(nodes), nodes.shape[1]), tags)

    def runs(self, nodes: Ints, lengths: Ints, tags: int | Ints) -> None:
        """Adds ways of unequal length: their nodes one after another, and how many each has."""
        numbers = np.broadcast_to(np.asarray(tags, dtype=np.int64), lengths.shape)
        self._ways.append((nodes, lengths, numbers))

    @property
    def lonlat(self) -> Floats:
        """All points gathered so far, by number."""
        return np.concatenate(self._points)

    def way_count(self) -> int:
        """Ways gathered so far."""
        return sum(len(lengths) for _, lengths, _ in self._ways)

    def nodes_of(self, key: str) -> Ints:
        """Numbers of the nodes that lie on a way with this tag."""
        wanted = np.array([key in tags for tags in self._tags], dtype=bool)
        parts = [nodes[np.repeat(wanted[tags], lengths)] for nodes, lengths, tags in self._ways]
        return np.unique(np.concatenate(parts))

    def write(self, path: Path, progress: Progress = SILENT) -> None:
        """Writes nodes that lie on a way, then the ways. Some 5 µs an object."""
        used = np.unique(np.concatenate([nodes for nodes, _, _ in self._ways]))
        points = self.lonlat[used]
        header = osmium.io.Header()
        header.set("generator", f"geo.sample {SOURCE}")
        path.unlink(missing_ok=True)
        number = np.zeros(self._count, dtype=np.int64)
        number[used] = np.arange(1, len(used) + 1)
        with (
            osmium.SimpleWriter(str(path), header=header) as writer,
            progress.step("Streets 街道", len(used) + self.way_count()) as advance,
        ):
            none: dict[str, str] = {}
            tags_of = self._node_tags
            for begin in range(0, len(used), 50_000):
                some = slice(begin, begin + 50_000)
                for node, old, lonlat in zip(
                    number[used[some]].tolist(),
                    used[some].tolist(),
                    points[some].tolist(),
                    strict=True,
                ):
                    writer.add_node(Node(id=node, location=lonlat, tags=tags_of.get(old, none)))
                advance(len(points[some]))
            way = 0
            for nodes, lengths, tags in self._ways:
                flat = number[nodes].tolist()
                at = 0
                for length, tag in zip(lengths.tolist(), tags.tolist(), strict=True):
                    way += 1
                    writer.add_way(Way(id=way, nodes=flat[at : at + length], tags=self._tags[tag]))
                    at += length
                advance(len(lengths))
