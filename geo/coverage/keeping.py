"""The counts of an assignment, made once and then kept: a change of a few units is added to them,
and they are again what counting everything anew would give, exactly.

Most counts are sums over units, so the units that changed are counted before and after, and the
difference is added. Different unions are no sum: a joint union counts in an area as long as any
unit of it lies there. So all units of the unions concerned are counted along, the same before and
after: then the difference of what is counted of these few is the difference of what is counted of
all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.coverage.figures import WHOLE, apart_by, figures, store_figures
from geo.coverage.targets import Targets
from geo.database import Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.apart import COUNTED
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import Units, listed
from geo.schema.areas import DIVISION_KINDS

Integers = npt.NDArray[np.int64]
SLACK = 1e-6
"""Degrees around a place within which the box of an area must come that may hold it: wide enough
for any rounding, and then each membership is looked up."""


@dataclasses.dataclass(frozen=True)
class Lying:
    """Which of some units lie in which of some areas: `ids`, `codes` and `divisions` (whether it is
    a division) of A areas, and M memberships as positions of unit and area."""

    ids: Integers
    codes: list[str | None]
    divisions: npt.NDArray[np.bool_]
    unit: Integers
    area: Integers

    def with_whole(self, units: int) -> tuple[Integers, Integers, int]:
        """The memberships with one more area that holds every unit, and how many areas there are
        then: units outside all areas and without a place count in the whole edition, too."""
        return (
            np.concatenate([self.unit, np.arange(units)]),
            np.concatenate([self.area, np.full(units, len(self.ids))]),
            len(self.ids) + 1,
        )


def count(
    units: Units, lying: Lying, targets: Targets, apart: npt.NDArray[np.int8] | None = None
) -> tuple[dict[str, Integers], npt.NDArray[np.int8]]:
    """Count by area, and in the whole edition.

    Args:
        units: N units.
        lying: which of A areas hold them.
        targets: the thresholds of each region.
        apart: (N,) which are set apart; found by the thresholds without.

    Returns:
        The columns of `area_figures`, (A + 1,) each, the whole edition last; and `apart`.
    """
    rules = targets.unit_rules(len(units), lying.codes, lying.divisions, lying.unit, lying.area)
    if apart is None:
        apart = apart_by(units, rules)
    unit, area, areas = lying.with_whole(len(units))
    return figures(units, unit, area, areas, apart=apart, rules=rules), apart


def store(
    writer: Writer,
    assignment: int,
    lying: Lying,
    units: Units,
    apart: npt.NDArray[np.int8],
    counted: dict[str, Integers],
    targets: Targets,
) -> None:
    """Write the counts of an assignment, which units were set apart, and by which thresholds; what
    was there before is replaced."""
    writer.execute(
        "UPDATE assignment SET rules = :rules WHERE id = :assignment",
        {"rules": targets.mark, "assignment": assignment},
    )
    store_figures(writer, assignment, np.append(lying.ids, WHOLE), counted)
    writer.execute(
        "DELETE FROM set_apart WHERE assignment_id = :assignment", {"assignment": assignment}
    )
    rows = np.flatnonzero(apart != COUNTED)
    table = pa.table(
        {
            "assignment_id": np.full(len(rows), assignment, dtype=np.int64),
            "enterprise_id": units.ids[rows],
            "apart": apart[rows].astype(np.int64),
        }
    )
    writer.copy_in("set_apart", table.column_names, table)


def counted_by(reader: Reader, assignment: int) -> str:
    """The mark of the thresholds that an assignment was counted with."""
    return str(reader.scalar("SELECT rules FROM assignment WHERE id = :id", id=assignment))


def count_anew(
    writer: Writer,
    edition: EditionFacts,
    assignment: int,
    area_edition: int,
    targets: Targets,
    units: Units | None = None,
) -> None:
    """Count everything of an assignment from the units in force; some 5 s for a million.

    Args:
        writer: the transaction; no other may change any unit at the same time.
        edition: of enterprises.
        assignment, area_edition: what is counted.
        targets: the thresholds.
        units: those in force by ascending id, when the caller has them.
    """
    units = units if units is not None else units_in_force(writer, edition)
    where = all_lying(writer, assignment, area_edition, units.ids)
    counted, apart = count(units, where, targets)
    store(writer, assignment, where, units, apart, counted, targets)


def read_apart(reader: Reader, assignment: int, ids: Integers) -> npt.NDArray[np.int8]:
    """(N,) which of the units were set apart when the assignment was counted; ids ascending.

    Costs a look at the set-apart units for many ids, one by index for a few.
    """
    chosen = f" AND enterprise_id IN {listed(ids)}" if len(ids) < 10_000 else ""
    apart, unit = reader.copy_out_integers(
        "SELECT apart::bigint, enterprise_id FROM set_apart "
        f"WHERE assignment_id = {int(assignment)}{chosen} ORDER BY enterprise_id",
        2,
    )
    found = np.zeros(len(ids), dtype=np.int8)
    if len(ids):
        row = np.minimum(np.searchsorted(ids, unit), len(ids) - 1)
        known = ids[row] == unit
        found[row[known]] = apart[known]
    return found


def lying(reader: Reader, area_edition: int, unit: Integers, area: Integers) -> Lying:
    """Memberships at hand, (M,) positions of unit and of area by ascending id."""
    ids, codes, divisions = _areas(reader, area_edition, "")
    return Lying(ids, codes, divisions, unit, area)


def all_lying(reader: Reader, assignment: int, area_edition: int, ids: Integers) -> Lying:
    """The memberships of all units of an assignment; `ids` (N,) are those of the units,
    ascending."""
    return _lying(_areas(reader, area_edition, ""), _pairs(reader, assignment, ""), ids)


def lying_of(
    reader: Reader, edition: int, assignment: int, area_edition: int, few: Sequence[int]
) -> tuple[Integers, Integers]:
    """The areas that hold a few located units: ids of area and unit, one pair a membership.

    Memberships are kept in the order of areas. So the areas whose boxes come near the units, and
    all above them, are looked up one by one: some 1 ms.
    """
    chosen = listed(few)
    area, unit = reader.copy_out_integers(
        "WITH RECURSIVE near AS ("
        f"SELECT a.id, a.parent_id FROM area a WHERE a.edition_id = {int(area_edition)} AND EXISTS "
        f"(SELECT FROM enterprise e WHERE e.edition_id = {int(edition)} AND e.id IN {chosen} "
        f"AND a.boundary && ST_Expand(e.location, {SLACK})) "
        "UNION SELECT p.id, p.parent_id FROM area p JOIN near ON p.id = near.parent_id "
        f"WHERE p.edition_id = {int(area_edition)}) "
        "SELECT m.area_id, m.member_id FROM near JOIN area_membership m ON m.area_id = near.id "
        f"AND m.assignment_id = {int(assignment)} AND m.member_id IN {chosen} ORDER BY 1, 2",
        2,
    )
    return area, unit


def add_difference(
    writer: Writer,
    edition: EditionFacts,
    assignment: int,
    area_edition: int,
    before: Units,
    after: Units,
    targets: Targets,
) -> Integers:
    """Bring the counts of an assignment up to date after a few units changed.

    Args:
        writer: the transaction in which they changed; no other may change any at the same time.
        edition: of enterprises.
        assignment, area_edition: what is counted.
        before, after: the units that changed, with what was and is in force of them.
        targets: the thresholds that the assignment was counted with.

    Returns:
        Ids of the areas whose counts were brought up to date.

    Cost: some 10 ms for one unit.
    """
    area, unit = lying_of(writer, edition.id, assignment, area_edition, before.ids.tolist())
    others = _same_unions(writer, edition, before, after)
    if len(others):
        further = _pairs(
            writer,
            assignment,
            f" AND area_id IN {listed(np.unique(area))} AND member_id IN {listed(others.ids)}",
        )
        area, unit = np.concatenate([area, further[0]]), np.concatenate([unit, further[1]])
    was, now = _joined(before, others), _joined(after, others)
    areas = _areas(writer, area_edition, f" AND id IN {listed(np.unique(area))}")
    where = _lying(areas, (area, unit), was.ids)
    apart = read_apart(writer, assignment, was.ids)
    counted_before, _ = count(was, where, targets, apart)
    counted_after, _ = count(now, where, targets, apart)
    changed = {
        name: column - counted_before[name]
        for name, column in counted_after.items()
        if (column != counted_before[name]).any()
    }
    ids = np.append(where.ids, WHOLE)
    if changed:
        _add(writer, assignment, ids, changed)
    return ids


def _same_unions(writer: Writer, edition: EditionFacts, before: Units, after: Units) -> Units:
    """The other units of the unions that the changed ones were or are in, in force."""
    differs = (before.union_key != after.union_key) | (before.state != after.state)
    keys = np.unique(np.concatenate([before.union_key[differs], after.union_key[differs]]))
    keys = keys[keys != 0]
    # A key is the hash of what the edition or a change says, so these are all that may have it.
    chosen = listed(keys)
    said = "hashtextextended(COALESCE({0}union_uscc, {0}union_name), 0)"
    rows = writer.all(
        f"SELECT id FROM enterprise e WHERE edition_id = {int(edition.id)} "
        "AND COALESCE(union_uscc, union_name) IS NOT NULL "
        f"AND {said.format('e.')} IN {chosen} "
        "UNION SELECT enterprise_id FROM union_change c "
        "WHERE COALESCE(union_uscc, union_name) IS NOT NULL "
        f"AND {said.format('c.')} IN {chosen}"
    )
    candidates = np.setdiff1d(np.array([row.id for row in rows], dtype=np.int64), before.ids)
    found = units_in_force(writer, edition, candidates.tolist())
    return _rows(found, np.isin(found.union_key, keys))


def _rows(units: Units, chosen: npt.NDArray[Any]) -> Units:
    return Units(
        **{field.name: getattr(units, field.name)[chosen] for field in dataclasses.fields(Units)}
    )


def _joined(first: Units, second: Units) -> Units:
    """Two sets of units as one, by ascending id."""
    order = np.argsort(np.concatenate([first.ids, second.ids]), kind="stable")
    return Units(
        **{
            field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])[
                order
            ]
            for field in dataclasses.fields(Units)
        }
    )


def _pairs(reader: Reader, assignment: int, chosen: str) -> tuple[Integers, Integers]:
    area, unit = reader.copy_out_integers(
        "SELECT area_id, member_id FROM area_membership "
        f"WHERE assignment_id = {int(assignment)}{chosen}",
        2,
    )
    return area, unit


Areas: TypeAlias = tuple[Integers, list[str | None], npt.NDArray[np.bool_]]


def _areas(reader: Reader, area_edition: int, chosen: str) -> Areas:
    """Ids, codes, and whether each is a division; by ascending id."""
    rows = reader.all(
        f"SELECT id, code, kind FROM area WHERE edition_id = {int(area_edition)}{chosen} "
        "ORDER BY id"
    )
    return (
        np.array([row.id for row in rows], dtype=np.int64),
        [row.code for row in rows],
        np.array([row.kind in DIVISION_KINDS for row in rows], dtype=bool),
    )


def _lying(areas: Areas, pairs: tuple[Integers, Integers], ids: Integers) -> Lying:
    area, unit = pairs
    return Lying(*areas, unit=np.searchsorted(ids, unit), area=np.searchsorted(areas[0], area))


def _add(writer: Writer, assignment: int, ids: Integers, changed: dict[str, Integers]) -> None:
    names = list(changed)
    sums = ", ".join(f"{name} = f.{name} + d.{name}" for name in names)
    values = ", ".join(f"CAST(:{name} AS bigint[])" for name in names)
    done = writer.execute(
        f"UPDATE area_figures AS f SET {sums} "
        f"FROM unnest(CAST(:area_id AS bigint[]), {values}) AS d(area_id, {', '.join(names)}) "
        "WHERE f.assignment_id = :assignment AND f.area_id = d.area_id",
        {
            "assignment": assignment,
            "area_id": ids.tolist(),
            **{name: column.tolist() for name, column in changed.items()},
        },
    )
    if done.rowcount != len(ids):
        raise RuntimeError(f"the counts of assignment {assignment} are not complete")
