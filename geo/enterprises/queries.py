"""Enterprises of the active edition, read as they are shown: with the changes of unions in force.

The largest come first; those that do not state their employees are last. A page is found either by
one statement, or among the register in memory (:func:`page_of`), which takes a hundredth of the
time for a whole city; both find the same.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from geo import editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.apart import APART
from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES, industry_of, unit_class_of
from geo.enterprises.filter import EVERYTHING, TIER_NAMES, Filter
from geo.enterprises.inforce import IN_FORCE, changes
from geo.enterprises.register import Register
from geo.enterprises.units import listed
from geo.errors import NotFound
from geo.filters import active, like

EDITION = active("enterprises")
AREAS = active("areas")
UNSTATED = -1
"""Stands for the employees of a unit that does not state them, where pages are told apart."""


class After(NamedTuple):
    """Where a page ended: employees of its last unit, -1 not stated, and its id."""

    employees: int
    id: int


@dataclass(frozen=True)
class EnterpriseFacts:
    """A unit as its edition states it, its union as it is in force. `lon` and `lat` (WGS 84) are
    None where it has no place, counts where it did not state them, `apart` where nothing was
    counted yet. `changed_on` is the day of the change of its union that holds, if any."""

    id: int
    name: str
    uscc: str | None
    address: str | None
    declared_division: str | None
    unit_class: str | None
    economic_type: str | None
    industry: str | None
    business_state: str | None
    employees: int | None
    members: int | None
    new_employment_workers: int | None
    new_employment_members: int | None
    union_state: str
    union_name: str | None
    union_uscc: str | None
    upper_union: str | None
    union_founded_on: date | None
    changed_on: date | None
    lon: float | None
    lat: float | None
    located_by: str
    cluster_id: int | None
    tier: str
    apart: str | None

    @property
    def size(self) -> str:
        """The band of its employees, of :data:`geo.enterprises.classes.SIZES`."""
        if self.employees is None:
            return SIZES[0]
        return SIZES[1 + sum(self.employees >= least for least in (5, 25, 100))]

    @property
    def industry_section(self) -> str:
        """The section of its industry, of :data:`geo.enterprises.classes.INDUSTRIES`."""
        return str(INDUSTRIES[industry_of(self.industry or "")])

    @property
    def class_name(self) -> str:
        """What kind of unit it is, of :data:`geo.enterprises.classes.UNIT_CLASSES`."""
        return UNIT_CLASSES[unit_class_of(self.unit_class or "")]


_APART = " ".join(f"WHEN {code} THEN '{name}'" for code, name in enumerate(APART))
_RANK = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(TIER_NAMES))
_COMPUTED = {
    **IN_FORCE,
    "changed_on": "c.since",
    "lon": "ST_X(e.location)",
    "lat": "ST_Y(e.location)",
    "cluster_id": "k.cluster_id",
    "tier": "coalesce(k.tier, 'none')",
    "apart": f"CASE WHEN s.id IS NOT NULL THEN CASE coalesce(p.apart, 0) {_APART} END END",
}
_NAMES = [field.name for field in dataclasses.fields(EnterpriseFacts)]
_SELECT = f"""
WITH edition_of AS (SELECT id, as_of FROM edition
  WHERE dataset = 'enterprises' AND state = 'active'),
s AS (SELECT id FROM assignment WHERE edition_id = {EDITION} AND area_edition_id = {AREAS}),
held AS ({changes("(SELECT as_of FROM edition_of)", "{only_changes}")}),
clustered AS (SELECT DISTINCT ON (m.enterprise_id) m.enterprise_id, m.cluster_id, k.tier
  FROM cluster_member m JOIN cluster k ON k.edition_id = m.edition_id AND k.id = m.cluster_id
  WHERE m.edition_id = {EDITION} {{only_members}}
  ORDER BY m.enterprise_id, CASE k.tier {_RANK} END DESC, m.cluster_id)
SELECT {", ".join(f"{_COMPUTED.get(name, f'e.{name}')} AS {name}" for name in _NAMES)}
FROM enterprise AS e
LEFT JOIN held AS c ON c.enterprise_id = e.id
LEFT JOIN clustered AS k ON k.enterprise_id = e.id
LEFT JOIN s ON TRUE
LEFT JOIN set_apart AS p ON p.assignment_id = s.id AND p.enterprise_id = e.id
WHERE e.edition_id = {EDITION}"""
_ORDER = f"ORDER BY coalesce(e.employees, {UNSTATED}) DESC, e.id"


def list_enterprises(
    reader: Reader,
    chosen: Filter = EVERYTHING,
    *,
    area_id: int | None = None,
    cluster_id: int | None = None,
    text: str | None = None,
    after: After | None = None,
    limit: int = 100,
) -> list[EnterpriseFacts]:
    """Units of the active edition that meet every condition, the largest first. One statement.

    Args:
        reader: the transaction.
        chosen: the filter; union states are those in force.
        area_id: inside this area, as assigned.
        cluster_id: of this cluster, with a union or without.
        text: part of the name or the address, or the beginning of the credit code.
        after: where the page before ended.
        limit: how many at most.

    Raises:
        NotFound: no edition is active, or there is no such area or cluster.

    Cost: reads the edition or the area: half a second for a million units; see :func:`page_of`.
    """
    edition = editions.require_active(reader, "enterprises")
    where: list[str] = []
    values: dict[str, Any] = {"limit": limit}
    if area_id is not None:
        _require_area(reader, edition, area_id)
        where.append(
            "e.id IN (SELECT member_id FROM area_membership "
            "WHERE assignment_id = (SELECT id FROM s) AND area_id = :area)"
        )
        values["area"] = area_id
    if cluster_id is not None:
        _require_cluster(reader, edition, cluster_id)
        where.append(
            "e.id IN (SELECT enterprise_id FROM cluster_member "
            f"WHERE edition_id = {EDITION} AND cluster_id = :cluster)"
        )
        values["cluster"] = cluster_id
    if text is not None:
        where.append(
            "(e.name ILIKE :text OR e.address ILIKE :text OR e.uscc ILIKE substr(:text, 2))"
        )
        values["text"] = like(text)
    if after is not None:
        where.append(
            f"(coalesce(e.employees, {UNSTATED}) < :most "
            f"OR coalesce(e.employees, {UNSTATED}) = :most AND e.id > :last)"
        )
        values |= {"most": after.employees, "last": after.id}
    for clause, value in _conditions(reader, edition, chosen):
        where.append(clause)
        values |= value
    told = "".join(f" AND {clause}" for clause in where)
    statement = _SELECT.format(only_changes="", only_members="")
    rows = reader.all(f"{statement}{told} {_ORDER} LIMIT :limit", **values)
    return [_facts(row) for row in rows]


def get_enterprises(reader: Reader, ids: list[int]) -> list[EnterpriseFacts]:
    """Units of the active edition by their ids, the largest first; those it does not have are left
    out. Some milliseconds for a page."""
    chosen = listed(ids)
    statement = _SELECT.format(
        only_changes=f"AND enterprise_id IN {chosen}",
        only_members=f"AND m.enterprise_id IN {chosen}",
    )
    return [_facts(row) for row in reader.all(f"{statement} AND e.id IN {chosen} {_ORDER}")]


def get_enterprise(reader: Reader, enterprise_id: int) -> EnterpriseFacts:
    """One unit of the active edition.

    Raises:
        NotFound: no edition is active, or it has no such unit.
    """
    found = get_enterprises(reader, [enterprise_id])
    if not found:
        edition = editions.require_active(reader, "enterprises")
        raise NotFound(
            f"名册中没有单位 {enterprise_id}。 Edition {edition.id} has no enterprise "
            f"{enterprise_id}.",
            remedy="请在企业列表中查找（/api/enterprises?q=…）。 "
            "Look it up among the enterprises (/api/enterprises?q=…).",
        )
    return found[0]


def stated_state(reader: Reader, enterprise_id: int) -> Any:
    """The union state of a unit as the active edition itself states it."""
    return reader.scalar(
        f"SELECT union_state FROM enterprise WHERE edition_id = {EDITION} AND id = :id",
        id=enterprise_id,
    )


def page_of(
    register: Register,
    chosen: Filter = EVERYTHING,
    *,
    area_id: int | None = None,
    after: After | None = None,
    limit: int = 100,
) -> list[int]:
    """Ids of the page that :func:`list_enterprises` would find, from memory.

    Raises:
        NotFound: there is no such area.

    Cost: some milliseconds for a million units.
    """
    rank, order = register.by_size
    if area_id is None:
        rows = order
    else:
        position = register.area_position(area_id)
        if position is None:
            raise _no_area(area_id)
        rows = order[np.sort(rank[register.members_of(position)])]
    if after is not None:
        employees = np.nan_to_num(register.units.employees[rows], nan=UNSTATED)
        ids = register.units.ids[rows]
        later = (employees < after.employees) | ((employees == after.employees) & (ids > after.id))
        rows = rows[later]
    if chosen:
        rows = rows[chosen.keep(register)[rows]]
    return [int(number) for number in register.units.ids[rows[:limit]]]


def _conditions(
    reader: Reader, edition: EditionFacts, chosen: Filter
) -> list[tuple[str, dict[str, Any]]]:
    """The conditions of a filter as SQL with their values."""
    found: list[tuple[str, dict[str, Any]]] = []
    if chosen.sizes:
        bands = {
            "unstated": "e.employees IS NULL",
            "1_4": "e.employees < 5",
            "5_24": "e.employees BETWEEN 5 AND 24",
            "25_99": "e.employees BETWEEN 25 AND 99",
            "100_plus": "e.employees >= 100",
        }
        found.append((f"({' OR '.join(bands[name] for name in chosen.ordered('sizes'))})", {}))
    for field, column, names, code in (
        ("industries", "industry", INDUSTRIES, industry_of),
        ("unit_classes", "unit_class", UNIT_CLASSES, unit_class_of),
    ):
        wanted = getattr(chosen, field)
        if wanted:
            # What a text stands for is told in Python; there are far fewer texts than units.
            texts = [
                row.text
                for row in reader.all(
                    f"SELECT DISTINCT coalesce({column}, '') AS text FROM enterprise "
                    "WHERE edition_id = :edition",
                    edition=edition.id,
                )
                if names[code(row.text)] in wanted
            ]
            found.append((f"coalesce(e.{column}, '') = ANY(:{field})", {field: texts}))
    if chosen.states:
        found.append(
            (f"{IN_FORCE['union_state']} = ANY(:states)", {"states": sorted(chosen.states)})
        )
    if chosen.tiers:
        found.append((f"{_COMPUTED['tier']} = ANY(:tiers)", {"tiers": sorted(chosen.tiers)}))
    return found


def _require_area(reader: Reader, edition: EditionFacts, area_id: int) -> None:
    known = reader.scalar(
        f"SELECT EXISTS (SELECT FROM area WHERE edition_id = {AREAS} AND id = :id)", id=area_id
    )
    if not known:
        raise _no_area(area_id)
    counted = reader.scalar(
        f"SELECT EXISTS (SELECT FROM assignment WHERE edition_id = :edition "
        f"AND area_edition_id = {AREAS})",
        edition=edition.id,
    )
    if not counted:
        raise NotFound(
            f"企业版本 {edition.id} 尚未归属现行区域。 Edition {edition.id} of enterprises has not "
            "been laid over the areas in force.",
            remedy=f"运行 nuanyi editions activate {edition.id}。 "
            f"Run `nuanyi editions activate {edition.id}`.",
        )


def _no_area(area_id: int) -> NotFound:
    return NotFound(
        f"现行区域中没有 {area_id}。 The areas in force have no {area_id}.",
        remedy="按名称重新查找区域（/api/areas?text=…）。 "
        "Look the area up by its name (/api/areas?text=…).",
        field="area_id",
    )


def _require_cluster(reader: Reader, edition: EditionFacts, cluster_id: int) -> None:
    known = reader.scalar(
        "SELECT EXISTS (SELECT FROM cluster WHERE edition_id = :edition AND id = :id)",
        edition=edition.id,
        id=cluster_id,
    )
    if not known:
        raise NotFound(
            f"没有聚集区 {cluster_id}。 There is no cluster {cluster_id}.",
            remedy="请从聚集区列表中选择（/api/clusters）。 "
            "Take one of the list of clusters (/api/clusters).",
            field="cluster_id",
        )


def _facts(row: Any) -> EnterpriseFacts:
    return EnterpriseFacts(**{name: getattr(row, name) for name in _NAMES})
