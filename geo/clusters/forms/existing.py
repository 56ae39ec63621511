"""Joint unions that could take a cluster in: of its building or park, of one around it, near it.

A joint union is *of* the smallest organising unit that holds nearly all enterprises it covers: that
of a building belongs to the building, not to the commercial district the building stands in. One
that is of no unit covers an area (小微企业联合工会 of a subdistrict) and can grow anywhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geo.clusters.forms.inforce import change_of, may_be
from geo.clusters.forms.situation import ExistingUnion, Unit
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.inforce import IN_FORCE, UNION_KEY
from geo.enterprises.units import listed
from geo.schema.areas import UNIT_KINDS

_STATE = IN_FORCE["union_state"]
METRES_PER_DEGREE = 110_500
"""Of latitude; a degree is nowhere shorter, so that a box made with it holds what it must."""
HOME_SHARE = 0.8
"""Of the enterprises a joint union covers, at least so many lie in the unit it is of."""
SAMPLE = 5
NEAREST = 6
"""So many of the joint unions around a cluster are looked at."""
LARGEST = 3
"""So many of the joint unions of a unit, those that cover most of it."""
JOINT_KINDS = tuple(kind for kind in UNIT_KINDS if kind != "functional_area")
"""Units whose joint union takes in all who work there; that of a whole development zone is an upper
union."""


@dataclass(frozen=True)
class JointUnion:
    """A joint union of the register: by its key, with its name and how many enterprises it covers
    (of the unit asked for)."""

    key: int
    name: str | None
    covers: int


@dataclass(frozen=True)
class UnionsOfUnit:
    """The basic unions of an organising unit's enterprises; of the joint ones those that cover
    most, the first the most."""

    own: int
    joint: int
    largest: tuple[JointUnion, ...]


NO_UNIONS = UnionsOfUnit(0, 0, ())


@dataclass(frozen=True)
class Near:
    """A joint union around a cluster: metres from its outline to the nearest enterprise covered."""

    key: int
    name: str | None
    metres: float


def unions_of_units(
    reader: Reader, edition: EditionFacts, assignment: int | None, units: Iterable[int]
) -> dict[int, UnionsOfUnit]:
    """The basic unions among the enterprises of organising units, by unit."""
    if assignment is None:
        return {}
    rows = reader.all(
        f"WITH covered AS (SELECT am.area_id, {_STATE} AS state, {UNION_KEY} AS key, "
        f"max({IN_FORCE['union_name']}) AS name, count(*) AS units "
        "FROM area_membership AS am "
        "JOIN enterprise AS e ON e.edition_id = :edition AND e.id = am.member_id "
        f"{change_of(edition)} "
        f"WHERE am.assignment_id = :assignment AND am.area_id IN {listed(units)} "
        f"AND {may_be('own', 'joint')} AND {_STATE} IN ('own', 'joint') GROUP BY 1, 2, 3), "
        "ranked AS (SELECT *, row_number() OVER (PARTITION BY area_id, state "
        "ORDER BY units DESC, name, key) AS place, "
        "count(*) OVER (PARTITION BY area_id, state) AS of_state FROM covered) "
        "SELECT * FROM ranked WHERE place <= CASE state WHEN 'joint' THEN :most ELSE 1 END "
        "ORDER BY area_id, state, place",
        edition=edition.id,
        assignment=assignment,
        most=LARGEST,
    )
    found: dict[int, UnionsOfUnit] = {}
    for row in rows:
        before = found.get(row.area_id, NO_UNIONS)
        if row.state == "own":
            found[row.area_id] = UnionsOfUnit(row.of_state, before.joint, before.largest)
        else:
            joint = JointUnion(row.key, row.name, row.units)
            found[row.area_id] = UnionsOfUnit(before.own, row.of_state, (*before.largest, joint))
    return found


def joint_unions_near(
    reader: Reader, edition: EditionFacts, clusters: Sequence[int], metres: float
) -> dict[int, list[Near]]:
    """The joint unions with an enterprise within so many metres of each cluster's outline, the
    nearest first, at most :data:`NEAREST`."""
    if not clusters:
        return {}
    rows = reader.all(
        # Degrees of longitude are shorter: both sides are put on one scale to be compared.
        "WITH k AS MATERIALIZED (SELECT id, outline, cos(radians(ST_Y(centre))) AS narrow, "
        "ST_Scale(outline, cos(radians(ST_Y(centre))), 1) AS scaled "
        f"FROM cluster WHERE edition_id = :edition AND id IN {listed(clusters)}) "
        "SELECT k.id, n.key, n.name, "
        "ST_Distance(n.location::geography, k.outline::geography) AS metres "
        "FROM k CROSS JOIN LATERAL (SELECT * FROM ("
        f"SELECT DISTINCT ON (key) {UNION_KEY} AS key, {IN_FORCE['union_name']} AS name, "
        "e.location, ST_Distance(ST_Scale(e.location, k.narrow, 1), k.scaled) AS apart "
        f"FROM enterprise AS e {change_of(edition)} WHERE e.edition_id = :edition "
        f"AND {may_be('joint')} "
        "AND e.location && ST_Expand(k.outline, :degrees / k.narrow, :degrees) "
        f"AND {_STATE} = 'joint' ORDER BY key, apart, e.id) AS one_of_each "
        "ORDER BY apart, key LIMIT :most) AS n",
        edition=edition.id,
        degrees=metres / METRES_PER_DEGREE,
        most=NEAREST,
    )
    found: dict[int, list[Near]] = {}
    for row in sorted(rows, key=lambda one: (one.metres, one.key)):
        if row.metres <= metres:
            found.setdefault(row.id, []).append(Near(row.key, row.name, row.metres))
    return found


def homes(
    reader: Reader,
    edition: EditionFacts,
    area_edition: int | None,
    assignment: int | None,
    keys: Iterable[int],
) -> dict[int, int]:
    """The organising unit that each joint union is of, by key of the union; none where it is of
    none."""
    wanted = list(keys)
    if area_edition is None or assignment is None or not wanted:
        return {}
    rows = reader.all(
        "WITH mine AS (SELECT id FROM enterprise WHERE edition_id = :edition "
        "AND coalesce(union_uscc, union_name) IS NOT NULL "
        f"AND hashtextextended(coalesce(union_uscc, union_name), 0) IN {listed(wanted)} "
        "UNION SELECT enterprise_id FROM union_change "
        "WHERE coalesce(union_uscc, union_name) IS NOT NULL "
        f"AND hashtextextended(coalesce(union_uscc, union_name), 0) IN {listed(wanted)}), "
        f"covered AS MATERIALIZED (SELECT {UNION_KEY} AS key, e.id, e.location FROM mine "
        "JOIN enterprise AS e ON e.edition_id = :edition AND e.id = mine.id "
        f"{change_of(edition)} WHERE {_STATE} = 'joint' AND e.location IS NOT NULL), "
        "sample AS (SELECT *, row_number() OVER (PARTITION BY key ORDER BY id) AS place "
        "FROM covered), "
        "around AS MATERIALIZED (SELECT DISTINCT s.key, a.id AS area, a.square_metres "
        "FROM sample AS s JOIN area AS a ON a.edition_id = :areas AND a.kind = ANY(:kinds) "
        "AND a.boundary && s.location AND ST_Covers(a.boundary, s.location) "
        "WHERE s.place <= :sample) "
        "SELECT DISTINCT ON (key) key, area FROM ("
        "SELECT o.key, o.area, o.square_metres, count(*) AS held, count(am.member_id) AS inside "
        "FROM around AS o JOIN covered AS v ON v.key = o.key "
        "LEFT JOIN area_membership AS am ON am.assignment_id = :assignment "
        "AND am.area_id = o.area AND am.member_id = v.id GROUP BY 1, 2, 3) AS counted "
        "WHERE inside >= :share * held ORDER BY key, square_metres, area",
        edition=edition.id,
        areas=area_edition,
        assignment=assignment,
        kinds=list(UNIT_KINDS),
        sample=SAMPLE,
        share=HOME_SHARE,
    )
    return {row.key: row.area for row in rows}


def units_around(
    reader: Reader, edition: EditionFacts, area_edition: int | None, clusters: Sequence[int]
) -> dict[int, list[Unit]]:
    """The organising units that hold the centre of each cluster, the smallest first."""
    if area_edition is None or not clusters:
        return {}
    rows = reader.all(
        "SELECT k.id AS cluster, a.id, a.kind, a.name, a.address, a.union_name, a.union_address, "
        "a.union_phone FROM cluster AS k JOIN area AS a ON a.edition_id = :areas "
        "AND a.kind = ANY(:kinds) AND a.boundary && k.centre AND ST_Covers(a.boundary, k.centre) "
        f"WHERE k.edition_id = :edition AND k.id IN {listed(clusters)} "
        "ORDER BY k.id, a.square_metres, a.id",
        areas=area_edition,
        kinds=list(JOINT_KINDS),
        edition=edition.id,
    )
    found: dict[int, list[Unit]] = {}
    for row in rows:
        facts: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's own name
        found.setdefault(facts.pop("cluster"), []).append(Unit(**facts))
    return found


def existing_unions(
    unit: Unit | None,
    around: Sequence[Unit],
    unions: Mapping[int, UnionsOfUnit],
    near: Sequence[Near],
    home: Mapping[int, int],
) -> tuple[ExistingUnion, ...]:
    """The joint unions that could take a cluster in.

    Args:
        unit: the organising unit that holds it.
        around: units that hold its centre, the smallest first.
        unions: of each unit.
        near: joint unions around it, the nearest first.
        home: the unit that each joint union of the register is of.

    Returns:
        That of its unit first, then those of larger units around it, then those near by that are of
        no unit, then those of other units.
    """
    found: list[ExistingUnion] = []
    if unit is not None:
        ids = [one.id for one in around]
        larger = around[ids.index(unit.id) + 1 :] if unit.id in ids else []
        for one in (unit, *larger):
            told = _union_of(one, unions.get(one.id, NO_UNIONS), home)
            if told is not None:
                found.append(told)
    named = {one.name for one in found}
    apart = [one for one in near if one.name is None or one.name not in named]
    apart.sort(key=lambda one: (one.key in home, one.metres, one.key))
    found += [
        ExistingUnion(joint.name, "register", in_unit=False, metres=joint.metres, covers=None)
        for joint in apart
    ]
    return tuple(found)


def _union_of(unit: Unit, unions: UnionsOfUnit, home: Mapping[int, int]) -> ExistingUnion | None:
    """The joint union of a unit: as it states it, else as its enterprises do."""
    if unit.union_name:
        covers = [one.covers for one in unions.largest if one.name == unit.union_name]
        return ExistingUnion(
            unit.union_name,
            "unit",
            in_unit=True,
            metres=0.0,
            covers=covers[0] if covers else None,
            unit=unit.name,
            address=unit.union_address,
            phone=unit.union_phone,
        )
    for one in unions.largest:
        if home.get(one.key) == unit.id:
            return ExistingUnion(
                one.name, "register", in_unit=True, metres=0.0, covers=one.covers, unit=unit.name
            )
    return None
