"""What counting knows of a unit: a code that says which columns it adds to.

See :mod:`geo.coverage.counting`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.coverage.targets import UnitRules
from geo.enterprises.apart import CLOSED, COUNTED, DORMANT, MASS
from geo.enterprises.units import STATE, Units

Flags = npt.NDArray[np.bool_]

# What a code holds, from its lowest bit; together 12 bits, and one that is no part of the sums.
_STATE = 7
_APART, _APART_AT = 3, 3
_HAS_EMPLOYEES, _HAS_MEMBERS = 1 << 5, 1 << 6
_HAS_NEW, _HAS_NEW_MEMBERS = 1 << 7, 1 << 8
_OBLIGED, _LARGE, _ELIGIBLE = 1 << 9, 1 << 10, 1 << 11
SHARED = 1 << 12
"""Its union has several units."""
CODES = 1 << 13
_ONE, _EMPLOYEES, _MEMBERS, _NEW, _NEW_MEMBERS = range(5)
ADDED = ("employees", "members", "new_employment_workers", "new_employment_members")


def _columns() -> tuple[tuple[str, ...], npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Names of the columns; which sum each takes; and (codes, columns) which codes it sums."""
    code = np.arange(CODES)
    state = code & _STATE
    apart = (code >> _APART_AT) & _APART
    counted = apart == COUNTED
    own, joint = state == STATE["own"], state == STATE["joint"]
    none, unknown = state == STATE["none"], state == STATE["unknown"]
    unionised = own | joint

    def has(bit: int) -> Flags:
        return np.asarray(code & bit != 0)

    employees, members = has(_HAS_EMPLOYEES), has(_HAS_MEMBERS)
    new, new_members = has(_HAS_NEW), has(_HAS_NEW_MEMBERS)
    obliged, large, eligible = has(_OBLIGED), has(_LARGE), has(_ELIGIBLE)
    pair = employees & (members | none)
    union_pair = unionised & employees & members
    new_pair = new & (new_members | none)
    everyone = np.ones(CODES, dtype=bool)
    of_counted: dict[str, tuple[int, Flags]] = {
        "units": (_ONE, everyone),
        "units_own": (_ONE, own),
        "units_joint": (_ONE, joint),
        "units_in_preparation": (_ONE, state == STATE["in_preparation"]),
        "units_none": (_ONE, none),
        "units_unknown": (_ONE, unknown),
        "units_25": (_ONE, obliged),
        "units_25_unionised": (_ONE, obliged & unionised),
        "units_25_unknown": (_ONE, obliged & unknown),
        "units_25_none": (_ONE, obliged & none),
        "units_100": (_ONE, large),
        "units_100_unionised": (_ONE, large & unionised),
        "units_100_unknown": (_ONE, large & unknown),
        "units_100_none": (_ONE, large & none),
        "employees": (_EMPLOYEES, employees),
        "employees_unstated": (_ONE, ~employees),
        "employees_without_union": (_EMPLOYEES, employees & none),
        "employees_25_without_union": (_EMPLOYEES, obliged & none),
        "employees_100_without_union": (_EMPLOYEES, large & none),
        "members": (_MEMBERS, members),
        "members_unstated": (_ONE, ~members),
        "all_employees": (_EMPLOYEES, pair),
        "all_members": (_MEMBERS, pair),
        "all_left_out": (_ONE, ~pair),
        "unionised_employees": (_EMPLOYEES, union_pair),
        "unionised_members": (_MEMBERS, union_pair),
        "unionised_left_out": (_ONE, unionised & ~union_pair),
        "new_employment_units": (_ONE, new),
        "new_employment_workers": (_NEW, new_pair),
        "new_employment_members": (_NEW_MEMBERS, new_pair),
        "new_employment_left_out": (_ONE, new & ~new_pair),
        "units_eligible": (_ONE, eligible),
        "units_eligible_unionised": (_ONE, eligible & unionised),
        "units_eligible_unknown": (_ONE, eligible & unknown),
        # Unions of one unit; those of several are added by their stamps.
        "unions": (_ONE, unionised & ~has(SHARED)),
        "joint_unions": (_ONE, joint & ~has(SHARED)),
    }
    of_apart: dict[str, tuple[int, Flags]] = {
        "units_mass_registration": (_ONE, apart == MASS),
        "units_dormant": (_ONE, apart == DORMANT),
        "units_closed": (_ONE, apart == CLOSED),
        "employees_set_apart": (_EMPLOYEES, ~counted & employees),
    }
    columns = {name: (source, counted & chosen) for name, (source, chosen) in of_counted.items()}
    unions = {name: columns.pop(name) for name in ("unions", "joint_unions")}
    columns = {**columns, **of_apart, **unions}
    return (
        tuple(columns),
        np.array([source for source, _ in columns.values()], dtype=np.int8),
        np.column_stack([chosen for _, chosen in columns.values()]).astype(np.float64),
    )


COLUMNS, _SOURCE, _SUMMED = _columns()
"""Names of the counts, as in `area_figures`; unions and joint unions are the last two."""
_TAKEN = np.argwhere(_SUMMED > 0)
TAKEN_FROM = np.searchsorted(_TAKEN[:, 0], np.arange(CODES + 1)).astype(np.int64)
TAKEN = np.column_stack((_TAKEN[:, 1], _SOURCE[_TAKEN[:, 1]])).astype(np.int64)
"""Of each code, between one of `TAKEN_FROM` and the next, the columns that it counts in and which
number of a unit (0: one, then :data:`ADDED`) they sum; (codes + 1,) and (K, 2)."""


def pack(units: Units, apart: npt.NDArray[np.int8], rules: UnitRules) -> npt.NDArray[np.int32]:
    """(N,) the code of each unit, without the mark of a shared union."""
    code = units.state.astype(np.int32) | (apart.astype(np.int32) << _APART_AT)
    for bit, flag in (
        (_HAS_EMPLOYEES, ~np.isnan(units.employees)),
        (_HAS_MEMBERS, ~np.isnan(units.members)),
        (_HAS_NEW, ~np.isnan(units.new_employment_workers)),
        (_HAS_NEW_MEMBERS, ~np.isnan(units.new_employment_members)),
        # Not stated is below every threshold.
        (_OBLIGED, units.employees >= rules.of("obliged_employees")),
        (_LARGE, units.employees >= rules.of("large_employees")),
        (_ELIGIBLE, units.employees >= rules.of("eligible_employees")),
    ):
        code |= np.where(flag, np.int32(bit), np.int32(0))
    return code


class Unions(NamedTuple):
    """Unions of several units: `number` (N,) from 1, 0 where there is none or the unit is set
    apart. The first `pure_joint` are joint in all their units; `joint_of_mixed` (N,) is the number
    of the others in their joint units. `shared` (N,): its union has several units."""

    number: npt.NDArray[np.int32]
    shared: Flags
    joint_of_mixed: npt.NDArray[np.int32]
    unions: int
    pure_joint: int


def unions_of(units: Units, apart: npt.NDArray[np.int8]) -> Unions:
    """The unions of several units, told by the keys of units that are counted."""
    number = np.zeros(len(units), dtype=np.int32)
    joint = units.state == STATE["joint"]
    rows = np.flatnonzero(((units.state == STATE["own"]) | joint) & (apart == COUNTED))
    rows = rows[np.argsort(units.union_key[rows], kind="stable")]
    key = units.union_key[rows]
    begins = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    if len(begins) == 0:
        return Unions(number, number > 0, number, 0, 0)
    size = np.diff(np.append(begins, len(key)))
    joints = np.add.reduceat(joint[rows].astype(np.int64), begins)
    pure = (size > 1) & (joints == size)
    other = (size > 1) & ~pure
    first = int(pure.sum())
    of_union = np.where(pure, np.cumsum(pure), np.where(other, first + np.cumsum(other), 0))
    number[rows] = np.repeat(of_union, size)
    mixed = np.where(joint & (number > first), number, np.int32(0))
    return Unions(number, number > 0, mixed, first + int(other.sum()), first)


def filled(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Head counts as integers; not stated adds nothing to a sum."""
    return np.nan_to_num(counts).astype(np.int32)
