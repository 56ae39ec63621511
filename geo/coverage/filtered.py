"""Rates under a filter, from the register in memory."""

from __future__ import annotations

import threading

import numpy as np

from geo.coverage.counting import Counter
from geo.coverage.places import among, check_kind, read_places, whole_region
from geo.coverage.rates import CoverageAnswer
from geo.coverage.targets import Targets
from geo.database import Reader
from geo.enterprises.filter import EVERYTHING, Filter
from geo.enterprises.register import Register
from geo.enterprises.register import places as positions
from geo.errors import NotFound
from geo.schema.areas import DIVISION_KINDS
from geo.settings import Settings

DIVISIONS = len(DIVISION_KINDS)
"""Positions of AREA_KINDS below this are divisions."""
BY_STATE = (
    "establishment",
    "establishment_25",
    "establishment_eligible",
    "establishment_100",
    "joint_coverage",
)
"""Rates that a choice by union state decides itself: of units without a union none has one."""


class CountersKept:
    """The packed register of one process, for counting; packed again when another is in force."""

    def __init__(self) -> None:
        self._kept: tuple[Register, Targets, Counter] | None = None
        self._version = -1
        self._lock = threading.Lock()

    def of(self, register: Register, targets: Targets) -> Counter:
        """The counter of a register, with the changes of unions that it holds.

        Cost: 1 s for the first of a million units, 0.1 s after changes, else nothing.
        """
        with self._lock:
            if self._kept is None or self._kept[0] is not register or self._kept[1] != targets:
                self._kept = (register, targets, counter_of(register, targets))
                self._version = register.version
            elif self._version != register.version:
                version = register.version
                self._kept[2].refresh()
                self._version = version
            return self._kept[2]


def counter_of(register: Register, targets: Targets) -> Counter:
    """The register packed for counting."""
    area = np.repeat(np.arange(len(register.area_ids)), np.diff(register.member_start))
    rules = targets.unit_rules(
        len(register),
        register.area_codes,
        register.area_kinds < DIVISIONS,
        register.member_unit,
        area,
    )
    return Counter(
        register.units, register.apart, rules, register.member_start, register.member_unit
    )


def rates_of_register(
    reader: Reader,
    register: Register,
    counter: Counter,
    kind: str,
    settings: Settings,
    chosen: Filter = EVERYTHING,
    *,
    parent_id: int | None = None,
    area_id: int | None = None,
) -> CoverageAnswer:
    """The rates of all areas of one kind over the units that a filter keeps.

    Args:
        reader: where names and codes of the areas are read.
        register: the enterprises in force.
        counter: of this register, see :class:`CountersKept`.
        kind: of the areas.
        settings: targets, and what denominators are small.
        chosen: which units.
        parent_id: only areas below this one, however far; they are ranked among each other.
        area_id: this one alone, ranked among all.

    A choice by union state decides the rates of :data:`BY_STATE` itself: they are not given.

    Raises:
        Invalid: no such kind of area.
        NotFound: no active edition of areas; no such area.

    Cost: 350 areas over a million units 10 ms to count and 30 ms for the rates.
    """
    check_kind(kind)
    edition = register.area_edition
    if edition is None:
        raise NotFound(
            "没有启用的区域版本。 No edition of areas is active.",
            remedy="请先导入。 Load one: `nuanyi import areas FILE --commit`.",
        )
    places = read_places(reader, edition.id, kind)
    at, known = positions(register.area_ids, places.ids)
    if not chosen:
        # Kept of every area, and the same as in the database.
        where = np.append(at, len(register.area_ids))
        counts = {name: column[where] for name, column in register.figures.items()}
    else:
        counts = counter.count(at, chosen.keep(register))
    there = np.append(known, True)
    return CoverageAnswer(
        kind,
        places,
        {name: np.where(there, column, 0) for name, column in counts.items()},
        whole_region(reader, edition.id),
        register.edition,
        edition,
        settings,
        chosen=among(reader, edition, places, parent_id),
        alone=area_id,
        untold=BY_STATE if chosen.states else (),
    )
