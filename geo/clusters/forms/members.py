"""The enterprises of clusters: as arrays for counting, as rows for reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.clusters.forms.inforce import change_of
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES, industry_of, sizes
from geo.enterprises.classes import unit_class_of as class_of
from geo.enterprises.filter import CHOICES, Filter
from geo.enterprises.inforce import IN_FORCE, units_in_force
from geo.enterprises.units import STATE, Units, listed

Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
WITHOUT = STATE["none"]


@dataclass(frozen=True)
class Members:
    """M memberships, by cluster and in each the largest first (unstated last, then by id).

    `cluster` (M,) is the position in `clusters` (C,), the ids asked for; `row` (M,) the row in
    `units`, where union changes in force count.
    """

    clusters: Integers
    cluster: Integers
    row: Integers
    units: Units

    @property
    def ids(self) -> Integers:
        """(M,) ids of the enterprises."""
        return self.units.ids[self.row]

    @property
    def employees(self) -> npt.NDArray[np.float64]:
        """(M,) NaN where not stated."""
        return self.units.employees[self.row]

    @property
    def without(self) -> Bools:
        """(M,) which have no union."""
        return np.asarray(self.units.state[self.row] == WITHOUT)

    def keep(self, chosen: Filter) -> Bools:
        """(M,) which a filter keeps; its tiers are of the clusters and do not count here."""
        columns = {
            "sizes": sizes(self.units.employees),
            "industries": self.units.industry,
            "unit_classes": self.units.unit_class,
            "states": self.units.state,
        }
        kept = np.ones(len(self.row), dtype=bool)
        for field, column in columns.items():
            named = getattr(chosen, field)
            if named:
                wanted = np.array([name in named for name in CHOICES[field]])
                kept &= wanted[column[self.row]]
        return kept

    def count(self, mask: Bools) -> Integers:
        """(C,) how many members of each cluster a mask holds."""
        return np.bincount(self.cluster[mask], minlength=len(self.clusters)).astype(np.int64)

    def workers(self, mask: Bools) -> Integers:
        """(C,) employees of those members, of those that state them."""
        held = mask & ~np.isnan(self.employees)
        summed = np.bincount(
            self.cluster[held], weights=self.employees[held], minlength=len(self.clusters)
        )
        return summed.astype(np.int64)


def read_members(reader: Reader, edition: EditionFacts, clusters: Iterable[int]) -> Members:
    """The members of some clusters.

    Args:
        reader: the transaction.
        edition: of the enterprises.
        clusters: ids; one that has no members on record has none.

    Cost: some 5 µs a member.
    """
    ids = np.array(list(clusters), dtype=np.int64)
    of, member = reader.copy_out_integers(
        f"SELECT cluster_id, enterprise_id FROM cluster_member WHERE edition_id = {edition.id} "
        f"AND cluster_id IN {listed(ids)}",
        2,
    )
    units = units_in_force(reader, edition, np.unique(member).tolist())
    row = np.searchsorted(units.ids, member)
    # A member that is no enterprise of the edition any more is none.
    there = row < len(units)
    there[there] = units.ids[row[there]] == member[there]
    of, row = of[there], row[there]
    order = np.argsort(ids, kind="stable")
    position = order[np.searchsorted(ids[order], of)]
    employees = np.nan_to_num(units.employees[row], nan=-1.0)
    first = np.lexsort((units.ids[row], -employees, position))
    return Members(ids, position[first], row[first], units)


@dataclass(frozen=True)
class MemberRow:
    """An enterprise as it is read. `employees` and `members` are None where not stated; `lon`,
    `lat` in WGS 84, None where it has no place."""

    id: int
    name: str
    address: str | None
    employees: int | None
    members: int | None
    state: str
    union_name: str | None
    size: str
    industry: str
    unit_class: str
    lon: float | None
    lat: float | None


def member_rows(reader: Reader, edition: EditionFacts, ids: Sequence[int]) -> list[MemberRow]:
    """Enterprises by id, in the order given; those that are not there are left out."""
    if not len(ids):
        return []
    rows = reader.all(
        "SELECT e.id, e.name, e.address, e.employees, e.industry, e.unit_class, "
        f"{IN_FORCE['members']} AS members, {IN_FORCE['union_state']} AS state, "
        f"{IN_FORCE['union_name']} AS union_name, ST_X(e.location) AS lon, ST_Y(e.location) AS lat "
        f"FROM enterprise AS e {change_of(edition)} "
        f"WHERE e.edition_id = :edition AND e.id IN {listed(ids)}",
        edition=edition.id,
    )
    known = {
        row.id: MemberRow(
            id=row.id,
            name=row.name,
            address=row.address,
            employees=row.employees,
            members=row.members,
            state=row.state,
            union_name=row.union_name,
            size=SIZES[
                int(sizes(np.array([np.nan if row.employees is None else row.employees]))[0])
            ],
            industry=INDUSTRIES[industry_of(row.industry or "")],
            unit_class=UNIT_CLASSES[class_of(row.unit_class or "")],
            lon=row.lon,
            lat=row.lat,
        )
        for row in rows
    }
    return [known[number] for number in ids if number in known]
