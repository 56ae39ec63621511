"""Clusters of the active edition as they are asked for: by tier, kind, area, or one by its id."""

from __future__ import annotations

from collections.abc import Sequence

from geo import editions
from geo.clusters.facts import ClusterFacts, list_clusters
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import NotFound

EVERY = 10**9
LOOK_UP = (
    "请从聚集区列表中选择（/api/clusters）。",
    "Take one of the list of clusters (/api/clusters; `nuanyi clusters list`).",
)


def clusters_of(
    reader: Reader,
    edition: EditionFacts,
    *,
    tiers: Sequence[str] = (),
    kinds: Sequence[str] = (),
    area_id: int | None = None,
) -> list[ClusterFacts]:
    """The clusters that meet every condition, the most employees first.

    Args:
        reader: the transaction.
        edition: of the enterprises.
        tiers, kinds: any of these; none means all.
        area_id: of the active areas: held by it, by an area below it, or with the centre in it.

    Raises:
        NotFound: there is no such area.
    """
    found = list_clusters(reader, edition.id, limit=EVERY)
    if tiers:
        found = [one for one in found if one.tier in tiers]
    if kinds:
        found = [one for one in found if one.kind in kinds]
    if area_id is not None:
        inside = _inside(reader, edition, area_id)
        found = [one for one in found if one.id in inside]
    return list(found)


def one_cluster(reader: Reader, edition: EditionFacts, cluster_id: int) -> ClusterFacts:
    """One cluster.

    Raises:
        NotFound: there is none of that id; one of an older run is named as such.
    """
    for one in list_clusters(reader, edition.id, limit=EVERY):
        if one.id == cluster_id:
            return one
    older = reader.first(
        "SELECT e.id, e.as_of FROM cluster AS c JOIN edition AS e ON e.id = c.edition_id "
        "WHERE c.id = :id ORDER BY e.as_of DESC, e.id DESC LIMIT 1",
        id=cluster_id,
    )
    if older is not None:
        raise NotFound(
            f"聚集区 {cluster_id} 属于数据版本 {older.id}（{older.as_of}），现行名单中已经没有。 "
            f"Cluster {cluster_id} was of edition {older.id} ({older.as_of}) and is no longer on "
            "the list in force.",
            remedy=f"可能已建会，或企业已搬走；{LOOK_UP[0]} "
            f"Its enterprises may have a union by now, or have moved. {LOOK_UP[1]}",
            field="cluster_id",
        )
    raise NotFound(
        f"没有编号为 {cluster_id} 的聚集区。 There is no cluster {cluster_id}.",
        remedy=f"编号在成员变动一半以内时不变；{LOOK_UP[0]} "
        f"A number stays as long as half of the members do. {LOOK_UP[1]}",
        field="cluster_id",
    )


def clusters_mark(reader: Reader, edition: EditionFacts) -> str:
    """A short text that changes with every new run or rescan and every change of a union: part of
    the mark of every answer about clusters."""
    return str(
        reader.scalar(
            "SELECT substr(md5(coalesce(string_agg(concat_ws('|', id, tier, units, units_all, "
            "employees, expected, score), ',' ORDER BY id), '')), 1, 8) || '-' || "
            "(SELECT coalesce(max(revision), 0) FROM union_change) "
            "FROM cluster WHERE edition_id = :edition",
            edition=edition.id,
        )
    )


def _inside(reader: Reader, edition: EditionFacts, area_id: int) -> set[int]:
    areas = editions.require_active(reader, "areas")
    if not reader.scalar(
        "SELECT EXISTS (SELECT FROM area WHERE edition_id = :areas AND id = :area)",
        areas=areas.id,
        area=area_id,
    ):
        raise NotFound(
            f"没有编号为 {area_id} 的区域。 There is no area {area_id}.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="area_id",
        )
    rows = reader.all(
        "WITH RECURSIVE below AS ("
        "SELECT id, 0 AS step FROM area WHERE edition_id = :areas AND id = :area "
        "UNION SELECT a.id, below.step + 1 FROM area AS a JOIN below ON a.parent_id = below.id "
        "WHERE a.edition_id = :areas AND below.step < 10) "
        "SELECT k.id FROM cluster AS k WHERE k.edition_id = :edition AND ("
        "k.area_id IN (SELECT id FROM below) OR k.subdistrict_id IN (SELECT id FROM below) OR "
        "ST_Covers((SELECT boundary FROM area WHERE edition_id = :areas AND id = :area), "
        "k.centre))",
        areas=areas.id,
        area=area_id,
        edition=edition.id,
    )
    return {row.id for row in rows}
