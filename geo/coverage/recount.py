"""Counting the active editions anew, and comparing with what is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo import editions
from geo.areas.assign import find_assignment
from geo.coverage import keeping
from geo.coverage.figures import FIGURES, WHOLE
from geo.coverage.targets import read_targets
from geo.database import Actor, Database, Reader, Writer
from geo.enterprises.inforce import units_in_force
from geo.enterprises.register import one_moment, read_figures
from geo.errors import NotFound
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.settings import Settings


@dataclass(frozen=True)
class Difference:
    """A count that is kept otherwise than the units say; area 0 is the whole edition."""

    area_id: int
    column: str
    kept: int
    counted: int


def recount(
    database: Database,
    actor: Actor,
    settings: Settings,
    progress: Progress = SILENT,
    *,
    write: bool = True,
) -> list[Difference]:
    """Count every area of the active editions from the units in force, with the thresholds in
    force, and keep that.

    Args:
        database: where the editions are.
        actor: who asks.
        settings: thresholds.
        progress: told of each step.
        write: whether what is counted is kept; else it is only compared.

    Returns:
        What was kept otherwise; nothing when all was exact.

    Raises:
        NotFound: no active editions of areas and enterprises, or they were never counted.
    """
    if not write:
        with database.read(actor) as reader:
            one_moment(reader)
            return _recount(reader, settings, progress)
    with database.write(actor) as writer:
        # No change of a union may fall between the counting and the keeping.
        take_turn(writer, "put in force", progress)
        return _recount(writer, settings, progress)


def _recount(reader: Reader | Writer, settings: Settings, progress: Progress) -> list[Difference]:
    enterprises = editions.require_active(reader, "enterprises")
    areas = editions.require_active(reader, "areas")
    assignment = find_assignment(reader, enterprises.id, areas.id)
    if assignment is None:
        raise NotFound(
            f"企业版本 {enterprises.id} 尚未按区域版本 {areas.id} 汇总。 "
            f"Edition {enterprises.id} of enterprises has not been counted over areas {areas.id}.",
            remedy=f"请运行 / Run `nuanyi editions activate {enterprises.id}`.",
        )
    with progress.step("读取企业 / reading the enterprises"):
        units = units_in_force(reader, enterprises)
        lying = keeping.all_lying(reader, assignment, areas.id, units.ids)
    targets = read_targets(settings)
    with progress.step("按区域汇总 / counting by area"):
        counted, apart = keeping.count(units, lying, targets)
        kept = read_figures(reader, assignment, lying.ids)
        ids = np.append(lying.ids, WHOLE)
        differences = [
            Difference(int(ids[row]), name, int(kept[name][row]), int(counted[name][row]))
            for name in FIGURES
            for row in np.flatnonzero(kept[name] != counted[name]).tolist()
        ]
        if isinstance(reader, Writer):
            keeping.store(reader, assignment, lying, units, apart, counted, targets)
    return sorted(differences, key=lambda one: (one.area_id, one.column))
