"""What is counted in each area, once per assignment, and again for a filter.

The counts (each per area, over the units that lie in it):

* ``units_mass_registration``, ``units_dormant``, ``units_closed``: units set apart (see
  :mod:`geo.enterprises.apart`) and ``employees_set_apart``, the employees they state. They are in
  **no other column**.
* ``units`` = own + joint + none + in preparation + unknown, by union state; ``unions`` counts
  different unions, so a joint union counts once however many units it covers, ``joint_unions``
  those of them that are the joint union of a unit there.
* ``units_25``, ``units_100``: units that *state* at least as many employees as the region of the
  unit calls obliged and large (25 and 100 unless :mod:`geo.coverage.targets` says otherwise);
  ``…_unionised`` those with an own or joint union, ``…_none`` those stated to have none,
  ``…_unknown`` those whose union state is not known.
* ``units_eligible``: units that meet the conditions for a union (具备建会条件): in operation, not
  set apart, and stating at least as many employees as the region asks, 1 unless it says otherwise.
* ``employees``, ``members``: sums over the units that state them, ``…_unstated`` the others.
  ``employees_without_union`` over units stated to have none; ``employees_25_without_union`` and
  ``employees_100_without_union`` over the obliged and the large of these.
* ``all_employees``/``all_members``: sums over units that state their employees and either state
  their members or have no union (then 0); ``all_left_out`` the remaining units.
* ``unionised_…``: the same over units with a union that state both.
* ``new_employment_…``: over units that state new-employment workers, and members or no union.

The thresholds 25, 100 and 1 in these names and texts stand for those of the region.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.coverage.counting import Counter
from geo.coverage.targets import OF_UNITS, UnitRules
from geo.database import Writer
from geo.enterprises.apart import MASS_EMPLOYEES, MASS_UNITS, set_apart
from geo.enterprises.units import Units
from geo.schema import AreaFigures

Integers = npt.NDArray[np.int64]

WHOLE = 0
"""Stands as `area_id` for the whole edition, wherever its units lie."""
FIGURES = tuple(
    column.name
    for column in AreaFigures.__table__.columns
    if column.name not in ("assignment_id", "area_id")
)
"""Names of all counts."""
USUAL_RULES = UnitRules(np.array([[25, 100, 1, MASS_UNITS, MASS_EMPLOYEES]], dtype=np.float64))
"""Thresholds where no region states others; the order is that of `OF_UNITS`."""
assert len(OF_UNITS) == USUAL_RULES.table.shape[1]


def figures(
    units: Units,
    unit: npt.NDArray[np.integer[Any]],
    area: npt.NDArray[np.integer[Any]],
    areas: int,
    *,
    apart: npt.NDArray[np.int8] | None = None,
    rules: UnitRules = USUAL_RULES,
) -> dict[str, Integers]:
    """Count by area.

    Args:
        units: N units.
        unit, area: the memberships: index of the unit, index of the area, each shape (M,).
        areas: how many areas there are.
        apart: (N,) positions in :data:`geo.enterprises.apart.APART`; found by the rules without.
        rules: the thresholds of the units.

    Returns:
        One array of shape (areas,) for each column of `area_figures`.

    Cost: 0.3 s for a million units in two million memberships; see :class:`Counter` for a pass of
    5 ms over what is kept.
    """
    if apart is None:
        apart = apart_by(units, rules)
    area = np.asarray(area, dtype=np.int64)
    if len(area) and (np.diff(area) < 0).any():
        order = np.argsort(area, kind="stable")
        unit, area = unit[order], area[order]
    start = np.searchsorted(area, np.arange(areas + 1))
    counter = Counter(units, apart, rules, start, unit, near=False)
    return {name: column[:-1] for name, column in counter.count(whole=False).items()}


def apart_by(units: Units, rules: UnitRules) -> npt.NDArray[np.int8]:
    """(N,) which units are set apart by the thresholds of their regions."""
    return set_apart(
        units,
        mass_units=rules.of("mass_registration_units"),
        mass_employees=rules.of("mass_registration_employees"),
    )


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
