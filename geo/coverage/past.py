"""Editions of enterprises that are not in force, laid over the areas that are.

Change over time is told over one set of borders, those in force: an earlier edition is laid over
them when it is first asked for, and that is kept. So no reform of divisions makes a series jump.
An edition is taken as it states itself; what became of unions afterwards is a later edition's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from geo import editions
from geo.areas import assign
from geo.coverage import keeping
from geo.coverage.figures import apart_by
from geo.coverage.joined import Side
from geo.coverage.keeping import Lying
from geo.coverage.targets import Targets, read_targets
from geo.database import Actor, Database, Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import fetch_units
from geo.errors import Busy, Conflict, Invalid
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.settings import Settings

TURN = "lay past editions"
IN_FORCE = "put in force"
"""The turn of whoever changes what the editions in force are counted as."""
TOLD = ("active", "retired")
"""States of the editions that are compared and stand in series: a draft is not yet true."""


@dataclass(frozen=True)
class Ground:
    """The areas in force, ready to be laid under an edition; `lying` has no memberships yet."""

    edition: EditionFacts
    index: assign.AreaIndex
    lying: Lying

    def __len__(self) -> int:
        return len(self.index)


def past_editions(reader: Reader) -> list[EditionFacts]:
    """The editions of enterprises that are or were in force, by the day they speak for."""
    found = editions.list_editions(reader, "enterprises")
    return sorted(
        (facts for facts in found if facts.state in TOLD), key=lambda one: (one.as_of, one.id)
    )


def require_past(reader: Reader, edition_id: int, field: str) -> EditionFacts:
    """An edition of enterprises that can be compared.

    Raises:
        NotFound: there is none of that number.
        Invalid: it is of another dataset.
        Conflict: it is a draft, or was discarded.
    """
    facts = editions.show(reader, edition_id)
    if facts.dataset != "enterprises":
        raise Invalid(
            f"版本{edition_id}是{facts.dataset}的版本，不是企业名册。 Edition {edition_id} is of "
            f"{facts.dataset}, not of enterprises.",
            remedy="`nuanyi editions list enterprises` 列出企业名册的版本。 It lists those of "
            "enterprises.",
            field=field,
        )
    if facts.state == "draft":
        raise Conflict(
            f"版本{edition_id}还是草稿。 Edition {edition_id} is a draft.",
            remedy=f"先启用（`nuanyi editions activate {edition_id}`）或存为往期"
            f"（`nuanyi editions retire {edition_id}`）。 Put it in force first, or file it as a "
            "past edition.",
            field=field,
        )
    if facts.state == "discarded":
        raise Conflict(
            f"版本{edition_id}已废弃。 Edition {edition_id} was discarded; its data are gone.",
            remedy="重新导入该文件。 Import the file again.",
            field=field,
        )
    return facts


def ground(reader: Reader, progress: Progress = SILENT) -> Ground:
    """The areas in force; about 1 s for 20,000 areas.

    Raises:
        NotFound: no edition of areas is active.
    """
    edition = editions.require_active(reader, "areas")
    with progress.step("读取区域 / reading the areas"):
        index = assign.load_index(reader, edition.id)
        nobody = np.empty(0, dtype=np.int64)
        lying = keeping.lying(reader, edition.id, nobody, nobody)
    return Ground(edition, index, lying)


def side_of(
    reader: Reader,
    edition: EditionFacts,
    areas: Ground,
    targets: Targets,
    progress: Progress = SILENT,
) -> Side:
    """The units of an edition as it states them, who of them is set apart, and where they lie; some
    5 s for a million."""
    with progress.step(f"读取版本 {edition.id}（{edition.as_of}） / reading edition {edition.id}"):
        units = fetch_units(reader, edition.id)
    with progress.step("企业归属区域 / placing enterprises in areas"):
        unit, area, _ = assign.memberships(areas.index, units.lon, units.lat)
        on = areas.lying
        rules = targets.unit_rules(len(units), on.codes, on.divisions, unit, area)
    return Side(units, apart_by(units, rules), rules, unit, area)


def lay(
    writer: Writer,
    edition: EditionFacts,
    areas: Ground,
    side: Side,
    targets: Targets,
    progress: Progress = SILENT,
) -> int:
    """Make sure that it is kept where the units of an edition lie, with the counts of each area;
    the number of the assignment. What is kept already is left as it is.

    Raises:
        Conflict: the edition was discarded meanwhile.
    """
    # Whoever discards an edition or puts one in force holds this lock.
    writer.lock(f"activate {edition.dataset}")
    edition = require_past(writer, edition.id, "edition")
    assignment = assign.find_assignment(writer, edition.id, areas.edition.id)
    if assignment is not None and not missing(writer, [edition], areas.edition.id, targets):
        return assignment
    with progress.step("按区域汇总 / counting by area"):
        if assignment is None:
            located = int((~np.isnan(side.units.lon)).sum())
            assignment = assign.store(
                writer, edition.id, areas.index, side.units.ids, side.unit, side.area, located
            )
        units = side.units
        if edition.state == "active":
            take_turn(writer, IN_FORCE, progress)
            units = units_in_force(writer, edition)
        lying = replace(areas.lying, unit=side.unit, area=side.area)
        counted, apart = keeping.count(units, lying, targets, side.apart)
        keeping.store(writer, assignment, lying, units, apart, counted, targets)
        if edition.state != "active":
            writer.execute(
                "UPDATE assignment SET rules = :rules WHERE id = :assignment",
                {"rules": _as_stated(targets), "assignment": assignment},
            )
    return assignment


def _as_stated(targets: Targets) -> str:
    """What `assignment.rules` says of counts of an edition as it states itself. Put in force again,
    it is counted anew with what became of its unions."""
    return f"{targets.mark} as stated"


def missing(
    reader: Reader, found: Sequence[EditionFacts], area_edition: int, targets: Targets
) -> list[EditionFacts]:
    """Those of the editions that are not counted over an edition of areas, or not as they are to
    be. One that is no longer in force may have been counted by other thresholds, or with what was
    noted of unions while it was; the one in force is the business of
    :mod:`geo.imports.activation`."""
    rows = reader.all(
        "SELECT s.edition_id, s.rules, EXISTS (SELECT FROM union_change c "
        "WHERE c.since >= e.as_of) AS changed FROM assignment s "
        "JOIN edition e ON e.id = s.edition_id WHERE s.area_edition_id = :areas",
        areas=area_edition,
    )
    counted: dict[int, bool] = {}
    for row in rows:
        in_force = row.rules == targets.mark and not row.changed
        counted[row.edition_id] = in_force or row.rules == _as_stated(targets)
    return [
        facts
        for facts in found
        if facts.id not in counted or not (facts.state == "active" or counted[facts.id])
    ]


def take(writer: Writer, progress: Progress, *, wait: bool) -> None:
    """Take the turn: editions are laid and compared one at a time, for each needs much memory.

    Raises:
        Busy: another one is at it, and `wait` is false.
    """
    if wait:
        take_turn(writer, TURN, progress)
        return
    statement = "SELECT pg_try_advisory_xact_lock(hashtext(:name))"
    if writer.scalar(statement, name=f"nuanyi {TURN}") is not True:
        raise Busy(
            "另一次版本比较正在统计。 Another comparison of editions is being counted.",
            remedy="请几秒后再试。 Try again in some seconds.",
        )


def series_points(reader: Reader) -> tuple[list[EditionFacts], list[EditionFacts]]:
    """The editions that are points, by day, and those that another of the same day stands for."""
    chosen: dict[date, EditionFacts] = {}
    left_out = []
    for facts in past_editions(reader):
        held = chosen.get(facts.as_of)
        if held is None or held.state != "active":
            chosen[facts.as_of] = facts
            left_out += [held] if held else []
        else:
            left_out.append(facts)
    return sorted(chosen.values(), key=lambda facts: facts.as_of), left_out


def uncounted(reader: Reader, targets: Targets) -> list[EditionFacts]:
    """The editions that are points, but not yet counted over the areas in force.

    Raises:
        NotFound: no edition of areas or enterprises is active.
    """
    editions.require_active(reader, "enterprises")
    areas = editions.require_active(reader, "areas")
    return missing(reader, series_points(reader)[0], areas.id, targets)


def ensure_laid(
    database: Database,
    actor: Actor,
    settings: Settings,
    progress: Progress = SILENT,
    *,
    wait: bool = True,
) -> int:
    """Count every edition over the areas in force, each in a transaction of its own, so that what
    was done stays done; how many there were.

    Cost: for a million units some 8 s an edition; a query where nothing is to be done.

    Raises:
        NotFound: no edition of areas or enterprises is active.
        Busy: somebody else is at it, and `wait` is false.
    """
    targets = read_targets(settings)
    with database.read(actor) as reader:
        wanted = uncounted(reader, targets)
    done = 0
    for facts in wanted:
        with database.write(actor) as writer:
            take(writer, progress, wait=wait)
            if facts.id not in {one.id for one in uncounted(writer, targets)}:
                continue
            areas = ground(writer, progress)
            side = side_of(writer, facts, areas, targets, progress)
            lay(writer, facts, areas, side, targets, progress)
            done += 1
    return done
