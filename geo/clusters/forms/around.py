"""In which areas clusters lie, and which union stands above them: one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from geo.clusters.forms.inforce import change_of
from geo.clusters.forms.situation import Unit, UpperUnion
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.inforce import IN_FORCE
from geo.enterprises.units import listed
from geo.schema.areas import UNIT_KINDS


def read_units(reader: Reader, area_edition: int | None, ids: Iterable[int]) -> dict[int, Unit]:
    """Areas by id, with what they state of their union."""
    if area_edition is None:
        return {}
    rows = reader.all(
        "SELECT id, kind, name, address, union_name, union_address, union_phone FROM area "
        f"WHERE edition_id = :edition AND id IN {listed(ids)}",
        edition=area_edition,
    )
    return {row.id: Unit(**row._mapping) for row in rows}  # noqa: SLF001  SQLAlchemy's own name


def subdistricts_around(
    reader: Reader, edition: EditionFacts, area_edition: int | None, clusters: Sequence[int]
) -> dict[int, int]:
    """For clusters that name no subdistrict: the one that holds their centre, by cluster."""
    if area_edition is None or not clusters:
        return {}
    rows = reader.all(
        "SELECT DISTINCT ON (k.id) k.id AS cluster, a.id AS area FROM cluster AS k "
        "JOIN area AS a ON a.edition_id = :areas AND a.kind = 'subdistrict' "
        "AND a.boundary && k.centre AND ST_Covers(a.boundary, k.centre) "
        f"WHERE k.edition_id = :edition AND k.id IN {listed(clusters)} ORDER BY k.id, a.id",
        areas=area_edition,
        edition=edition.id,
    )
    return {row.cluster: row.area for row in rows}


def codes_of(reader: Reader, area_edition: int | None, ids: Iterable[int]) -> dict[int, str | None]:
    """The division codes of areas, by id."""
    if area_edition is None:
        return {}
    rows = reader.all(
        f"SELECT id, code FROM area WHERE edition_id = :edition AND id IN {listed(ids)}",
        edition=area_edition,
    )
    return {row.id: row.code for row in rows}


def holding_units(
    reader: Reader,
    edition: EditionFacts,
    area_edition: int | None,
    assignment: int | None,
    clusters: Sequence[int],
    share: float,
) -> dict[int, int]:
    """For clusters that name no unit: the smallest organising unit that holds at least this share
    of their members, by cluster."""
    if area_edition is None or assignment is None or not clusters:
        return {}
    rows = reader.all(
        "SELECT DISTINCT ON (k.id) k.id AS cluster, a.id AS area FROM "
        "cluster AS k JOIN area AS a ON a.edition_id = :areas AND a.kind = ANY(:kinds) "
        "AND a.boundary && k.centre AND ST_Covers(a.boundary, k.centre) "
        "CROSS JOIN LATERAL (SELECT count(*) AS held, count(am.member_id) AS inside "
        "FROM cluster_member AS m LEFT JOIN area_membership AS am "
        "ON am.assignment_id = :assignment AND am.area_id = a.id "
        "AND am.member_id = m.enterprise_id "
        "WHERE m.edition_id = :edition AND m.cluster_id = k.id) AS n "
        f"WHERE k.edition_id = :edition AND k.id IN {listed(clusters)} "
        "AND n.held > 0 AND n.inside >= :share * n.held ORDER BY k.id, a.square_metres, a.id",
        areas=area_edition,
        kinds=list(UNIT_KINDS),
        assignment=assignment,
        edition=edition.id,
        share=share,
    )
    return {row.cluster: row.area for row in rows}


def uppers_of_members(
    reader: Reader, edition: EditionFacts, clusters: Iterable[int]
) -> dict[int, str]:
    """The upper union that most of the members of each cluster state."""
    return _most_stated(
        reader,
        edition,
        "cluster_member AS g",
        "g.cluster_id",
        "g.enterprise_id",
        f"g.edition_id = {edition.id} AND g.cluster_id IN {listed(clusters)}",
    )


def uppers_of_areas(
    reader: Reader, edition: EditionFacts, assignment: int | None, areas: Iterable[int]
) -> dict[int, str]:
    """The upper union that most of the enterprises of each area state."""
    if assignment is None:
        return {}
    return _most_stated(
        reader,
        edition,
        "area_membership AS g",
        "g.area_id",
        "g.member_id",
        f"g.assignment_id = {int(assignment)} AND g.area_id IN {listed(areas)}",
    )


def _most_stated(
    reader: Reader, edition: EditionFacts, groups: str, group: str, member: str, where: str
) -> dict[int, str]:
    rows = reader.all(
        f"SELECT {group} AS number, "
        f"mode() WITHIN GROUP (ORDER BY {IN_FORCE['upper_union']}) AS name "
        f"FROM {groups} JOIN enterprise AS e ON e.edition_id = {edition.id} AND e.id = {member} "
        f"{change_of(edition)} WHERE {where} "
        f"AND {IN_FORCE['upper_union']} IS NOT NULL GROUP BY 1"
    )
    return {row.number: row.name for row in rows}


def upper_of(
    subdistrict: Unit | None,
    members: str | None,
    unit: str | None,
    neighbours: str | None,
) -> UpperUnion:
    """The union above: as the subdistrict states it, else as most of those near state it."""
    if subdistrict is not None and subdistrict.union_name:
        return UpperUnion(
            subdistrict.union_name,
            "subdistrict",
            subdistrict.union_address,
            subdistrict.union_phone,
        )
    if members:
        return UpperUnion(members, "members")
    if unit:
        return UpperUnion(unit, "unit")
    if neighbours:
        return UpperUnion(neighbours, "neighbours")
    return UpperUnion(None, "unknown")
