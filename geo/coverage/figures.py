"""What is counted in each area, once per assignment, in a few passes over arrays.

The counts (each per area, over the units that lie in it):

* ``units`` = own + joint + none + in preparation + unknown, by union state; ``unions`` counts
  different unions, so a joint union counts once however many units it covers.
* ``units_25``, ``units_100``: units that *state* at least so many employees; ``…_unionised`` those
  with an own or joint union; ``…_unknown`` those whose union state is not known.
* ``employees``, ``members``: sums over the units that state them, ``…_unstated`` the others.
* ``all_employees``/``all_members``: sums over units that state their employees and either state
  their members or have no union (then 0); ``all_left_out`` the remaining units.
* ``unionised_…``: the same over units with a union that state both.
* ``new_employment_…``: over units that state new-employment workers, and members or no union.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.database import Writer
from geo.enterprises.units import STATE, Units

Integers = npt.NDArray[np.int64]

WHOLE = 0
"""Stands as `area_id` for the whole edition, wherever its units lie."""


def figures(
    units: Units, unit: Integers, area: Integers, areas: int
) -> dict[str, npt.NDArray[np.int64]]:
    """Count by area.

    Args:
        units: N units.
        unit, area: the memberships: index of the unit, index of the area, each shape (M,).
        areas: how many areas there are.

    Returns:
        One array of shape (areas,) for each column of `area_figures`.
    """

    def add(
        mask: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64] | None = None
    ) -> Integers:
        taken = mask[unit]
        where = area[taken]
        if weights is None:
            return np.bincount(where, minlength=areas).astype(np.int64)
        sums = np.bincount(where, weights=weights[unit[taken]], minlength=areas)
        return np.rint(sums).astype(np.int64)

    state = units.state
    everyone = np.ones(len(units), dtype=bool)
    without = state == STATE["none"]
    unknown = state == STATE["unknown"]
    unionised = (state == STATE["own"]) | (state == STATE["joint"])
    has_employees = ~np.isnan(units.employees)
    has_members = ~np.isnan(units.members)
    at_25 = has_employees & (units.employees >= 25)
    at_100 = has_employees & (units.employees >= 100)
    pair = has_employees & (has_members | without)
    union_pair = unionised & has_employees & has_members
    has_new = ~np.isnan(units.new_employment_workers)
    has_new_members = ~np.isnan(units.new_employment_members)
    new_pair = has_new & (has_new_members | without)
    members = np.nan_to_num(units.members)
    new_members = np.nan_to_num(units.new_employment_members)
    counted = {
        "units": add(everyone),
        "units_own": add(state == STATE["own"]),
        "units_joint": add(state == STATE["joint"]),
        "units_in_preparation": add(state == STATE["in_preparation"]),
        "units_none": add(without),
        "units_unknown": add(unknown),
        "unions": _different(units, unionised, unit, area, areas),
        "units_25": add(at_25),
        "units_25_unionised": add(at_25 & unionised),
        "units_100": add(at_100),
        "units_100_unionised": add(at_100 & unionised),
        "units_25_unknown": add(at_25 & unknown),
        "units_100_unknown": add(at_100 & unknown),
        "employees": add(has_employees, units.employees),
        "employees_unstated": add(~has_employees),
        "employees_without_union": add(has_employees & without, units.employees),
        "members": add(has_members, units.members),
        "members_unstated": add(~has_members),
        "all_employees": add(pair, units.employees),
        "all_members": add(pair, members),
        "all_left_out": add(~pair),
        "unionised_employees": add(union_pair, units.employees),
        "unionised_members": add(union_pair, members),
        "unionised_left_out": add(unionised & ~union_pair),
        "new_employment_units": add(has_new),
        "new_employment_workers": add(new_pair, units.new_employment_workers),
        "new_employment_members": add(new_pair, new_members),
        "new_employment_left_out": add(has_new & ~new_pair),
        # To be told apart by the register next: see the set-apart units of the brief.
        "units_mass_registration": add(~everyone),
        "units_dormant": add(~everyone),
        "units_closed": add(~everyone),
        "employees_set_apart": add(~everyone),
        "units_eligible": add(everyone),
        "units_eligible_unionised": add(unionised),
        "units_eligible_unknown": add(unknown),
        "joint_unions": _different(units, state == STATE["joint"], unit, area, areas),
    }
    return counted


def _different(
    units: Units,
    unionised: npt.NDArray[np.bool_],
    unit: Integers,
    area: Integers,
    areas: int,
) -> Integers:
    """How many different unions there are in each area."""
    taken = unionised[unit]
    _, key = np.unique(units.union_key[unit[taken]], return_inverse=True)
    if len(key) == 0:
        return np.zeros(areas, dtype=np.int64)
    size = int(key.max()) + 1
    pairs = np.unique(area[taken] * size + key)
    return np.bincount(pairs // size, minlength=areas).astype(np.int64)


def store_figures(
    writer: Writer, assignment_id: int, area_ids: Integers, counted: dict[str, Integers]
) -> None:
    """Write the counts of an assignment; what it held before is replaced."""
    writer.execute(
        "DELETE FROM area_figures WHERE assignment_id = :assignment", {"assignment": assignment_id}
    )
    table = pa.table(
        {
            "assignment_id": np.full(len(area_ids), assignment_id, dtype=np.int64),
            "area_id": area_ids,
            **counted,
        }
    )
    writer.copy_in("area_figures", table.column_names, table)
