"""What is in force of an enterprise's union: what its edition states, and what became of it since.

A change holds over an edition whose date is not later than it; of several the last by date, then by
number. It replaces the union state. A count or a name it does not state stays as the edition has
it, with two exceptions: a unit whose union has ended keeps neither its members nor its union's
name, and a change that names a union leaves nothing of another one.

The rule is written once, in :data:`IN_FORCE`; everything reads through it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.units import STATE, Codes, Floats, Units, fetch_units, listed

_ENDED = "(c.union_state = 'none' AND e.union_state IN ('own', 'joint'))"
_NAMES = "coalesce(c.union_uscc, c.union_name) IS NOT NULL"
_SAME = "(c.union_uscc = e.union_uscc OR c.union_name = e.union_name)"
IN_FORCE = {
    "union_state": "coalesce(c.union_state, e.union_state)",
    **{
        name: f"CASE WHEN {_ENDED} THEN NULL WHEN {_NAMES} AND {_SAME} IS NOT TRUE THEN c.{name} "
        f"ELSE coalesce(c.{name}, e.{name}) END"
        for name in ("union_name", "union_uscc", "upper_union")
    },
    "members": f"CASE WHEN {_ENDED} THEN c.members ELSE coalesce(c.members, e.members) END",
    "new_employment_members": f"CASE WHEN {_ENDED} THEN NULL ELSE e.new_employment_members END",
}
"""SQL of each column that a change may touch; `e` is the enterprise, `c` its change or nulls."""
UNION_KEY = (
    f"CASE WHEN {IN_FORCE['union_state']} IN ('own', 'joint') THEN coalesce(hashtextextended("
    f"coalesce({IN_FORCE['union_uscc']}, {IN_FORCE['union_name']}), 0), e.id) ELSE 0 END"
)
"""SQL of the key that tells unions apart; see :class:`geo.enterprises.units.Units`."""


def changes(as_of: date | str, only: str = "") -> str:
    """SQL of the change that holds for each enterprise over an edition of this date.

    Args:
        as_of: the date, or SQL of it (ours, never typed by a person).
        only: a further condition on `enterprise_id`, beginning with AND, as SQL of ours.
    """
    since = f"DATE '{as_of.isoformat()}'" if isinstance(as_of, date) else as_of
    return (
        "SELECT DISTINCT ON (enterprise_id) * FROM union_change "
        f"WHERE revoked_at IS NULL AND since >= {since} {only} "
        "ORDER BY enterprise_id, since DESC, id DESC"
    )


@dataclasses.dataclass(frozen=True)
class Unions:
    """What is in force of some units; arrays of shape (K,), as in `Units`."""

    ids: npt.NDArray[np.int64]
    state: Codes
    union_key: npt.NDArray[np.int64]
    members: Floats
    new_employment_members: Floats


def units_in_force(
    reader: Reader, edition: EditionFacts, only: Sequence[int] | None = None
) -> Units:
    """The units of an edition with the changes of unions that hold over it; some 3 s for a million.

    Args:
        reader: the transaction.
        edition: of enterprises.
        only: ids of the units wanted; those that are not there are left out.
    """
    units = fetch_units(reader, edition.id, only)
    chosen = "" if only is None else f"AND enterprise_id IN {listed(only)}"
    changed = _unions(
        reader,
        f"FROM ({changes(edition.as_of, chosen)}) AS c JOIN enterprise AS e "
        f"ON e.edition_id = {int(edition.id)} AND e.id = c.enterprise_id",
    )
    return overlaid(units, changed)


def changed_since_made(reader: Reader, edition: EditionFacts) -> list[int]:
    """The units that any change holds for, or held before it was revoked, over an edition."""
    rows = reader.all(
        "SELECT DISTINCT c.enterprise_id FROM union_change AS c JOIN enterprise AS e "
        "ON e.edition_id = :edition AND e.id = c.enterprise_id WHERE c.since >= :as_of ORDER BY 1",
        edition=edition.id,
        as_of=edition.as_of,
    )
    return [int(row.enterprise_id) for row in rows]


def overlaid(units: Units, changed: Unions) -> Units:
    """The units with what is in force of some of them, which they must hold."""
    if not len(changed.ids):
        return units
    rows = np.searchsorted(units.ids, changed.ids)
    columns = {}
    for name in ("state", "union_key", "members", "new_employment_members"):
        column = np.array(getattr(units, name))
        column[rows] = getattr(changed, name)
        columns[name] = column
    return dataclasses.replace(units, **columns)


def fetch_states(reader: Reader, edition: EditionFacts, revision: int) -> Unions:
    """What is in force of the units that any change was noted or revoked for after a revision."""
    since = f"(SELECT enterprise_id FROM union_change WHERE revision > {int(revision)})"
    held = changes(edition.as_of, f"AND enterprise_id IN {since}")
    return _unions(
        reader,
        f"FROM enterprise AS e LEFT JOIN ({held}) AS c ON c.enterprise_id = e.id "
        f"WHERE e.edition_id = {int(edition.id)} AND e.id IN {since}",
    )


def _unions(reader: Reader, source: str) -> Unions:
    states = " ".join(f"WHEN '{name}' THEN {code}" for name, code in STATE.items())
    table = reader.copy_out(
        f"SELECT e.id, CASE {IN_FORCE['union_state']} {states} END AS state, {UNION_KEY} AS key, "
        f"{IN_FORCE['members']} AS members, "
        f"{IN_FORCE['new_employment_members']} AS new_employment_members {source} ORDER BY e.id"
    )
    if table.num_rows == 0:
        empty = np.empty(0)
        none = np.empty(0, dtype=np.int64)
        return Unions(none, none.astype(np.int8), none, empty, empty)
    return Unions(
        ids=table.column("id").to_numpy(),
        state=table.column("state").to_numpy().astype(np.int8),
        union_key=table.column("key").to_numpy(),
        members=_floats(table.column("members")),
        new_employment_members=_floats(table.column("new_employment_members")),
    )


def _floats(column: pa.ChunkedArray) -> Floats:
    values: Floats = column.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False)
    return values
