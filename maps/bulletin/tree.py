"""The divisions in force as a tree, and which clusters lie in which of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo.clusters.find import ClusterFacts
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import NotFound
from geo.schema.areas import DIVISION_KINDS


def no_division(area_id: int, edition: EditionFacts) -> NotFound:
    """That there is no such area, or none that has a page."""
    return NotFound(
        f"区域版本 {edition.id} 中没有行政区划 {area_id}。 Edition {edition.id} of areas has no "
        f"division {area_id}.",
        remedy="从区县中选（/api/areas?kind=district）。 "
        "Take one of the districts (/api/areas?kind=district).",
        field="area_id",
    )


@dataclass(frozen=True)
class Node:
    """An area in the tree of all."""

    id: int
    kind: str
    name: str | None
    parent_id: int | None
    code: str | None


@dataclass(frozen=True)
class Tree:
    """All areas in force that are divisions, and who lies below whom; organising units have no
    page. `shapes` are the borders of those that were asked for, in WGS 84."""

    edition_id: int
    nodes: Mapping[int, Node]
    below: Mapping[int, list[int]]
    shapes: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, reader: Reader, edition_id: int) -> Tree:
        """Read it, without borders."""
        rows = reader.all(
            "SELECT id, kind, name, parent_id, code FROM area "
            "WHERE edition_id = :edition AND kind = ANY(:kinds) ORDER BY code, id",
            edition=edition_id,
            kinds=list(DIVISION_KINDS),
        )
        nodes = {row.id: Node(row.id, row.kind, row.name, row.parent_id, row.code) for row in rows}
        below: dict[int, list[int]] = {}
        for node in nodes.values():
            if node.parent_id is not None:
                below.setdefault(node.parent_id, []).append(node.id)
        return cls(edition_id, nodes, below)

    def draw(self, reader: Reader, ids: Iterable[int]) -> None:
        """Read the borders of some areas."""
        rows = reader.all(
            "SELECT id, ST_AsBinary(boundary) AS boundary FROM area WHERE edition_id = :edition "
            "AND id = ANY(:ids) AND boundary IS NOT NULL",
            edition=self.edition_id,
            ids=sorted(set(ids)),
        )
        shapes = shapely.from_wkb([bytes(row.boundary) for row in rows])
        self.shapes.update(zip((row.id for row in rows), shapes, strict=True))

    @property
    def kinds(self) -> set[str]:
        """The kinds there are."""
        return {node.kind for node in self.nodes.values()}

    def of_kind(self, kind: str) -> list[Node]:
        """By code."""
        return [node for node in self.nodes.values() if node.kind == kind]

    def require(self, area_id: int, edition: EditionFacts) -> Node:
        """The division of this number.

        Raises:
            NotFound: there is none.
        """
        node = self.nodes.get(area_id)
        if node is None:
            raise no_division(area_id, edition)
        return node

    def children(self, area: Node) -> tuple[str | None, set[int]]:
        """The largest kind of division below, however far, and those of it; None without any."""
        found: dict[str, set[int]] = {}
        seen, waiting = {area.id}, [area.id]
        while waiting:
            for one in self.below.get(waiting.pop(), []):
                if one not in seen:
                    seen.add(one)
                    waiting.append(one)
                    found.setdefault(self.nodes[one].kind, set()).add(one)
        kind = next((kind for kind in DIVISION_KINDS if kind in found), None)
        return kind, found.get(kind or "", set())

    def above(self, area_id: int | None) -> list[int]:
        """The area and those above it."""
        found: list[int] = []
        while area_id is not None and area_id in self.nodes and area_id not in found:
            found.append(area_id)
            area_id = self.nodes[area_id].parent_id
        return found


def homes_of(
    clusters: Sequence[ClusterFacts], wanted: Sequence[Node], tree: Tree
) -> dict[int, list[int]]:
    """Which clusters lie in which of the areas, as positions: by their subdistrict, else by their
    centre."""
    places = {area.id: at for at, area in enumerate(wanted)}
    homes: dict[int, list[int]] = {}
    lost = []
    for at, one in enumerate(clusters):
        area = next((area for area in tree.above(one.subdistrict_id) if area in places), None)
        if area is None:
            lost.append(at)
        else:
            homes.setdefault(area, []).append(at)
    drawn = [area.id for area in wanted if area.id in tree.shapes]
    if lost and drawn:
        centres = shapely.points([(clusters[at].lon, clusters[at].lat) for at in lost])
        index = shapely.STRtree([tree.shapes[area] for area in drawn])
        point, area_at = index.query(centres, predicate="intersects")
        taken: set[int] = set()
        for row, column in sorted(zip(point.tolist(), area_at.tolist(), strict=True)):
            if row not in taken:
                taken.add(row)
                homes.setdefault(drawn[column], []).append(lost[row])
    return {area: sorted(inside) for area, inside in homes.items()}
