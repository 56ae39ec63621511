"""What is computed once when an edition becomes active, in the same transaction.

Enterprises and stations are laid over the active areas; counts by area and clusters follow, with
the changes of unions that hold over the edition. A pair of editions that was counted before is not
counted again, so rolling back costs nothing; except where unions have changed since, or thresholds:
then what was counted is counted anew.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo import clusters, editions
from geo.areas import assign
from geo.coverage import keeping
from geo.coverage.targets import read_targets
from geo.database import Actor, Database, Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.inforce import changed_since_made, units_in_force
from geo.enterprises.units import Units
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.settings import Settings

Pairs: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def activate(
    database: Database,
    actor: Actor,
    settings: Settings,
    edition_id: int,
    progress: Progress = SILENT,
) -> EditionFacts:
    """Put an edition in force, with everything that hangs on it.

    Raises:
        NotFound: there is none of that number.
        Conflict: it was discarded.
    """
    with database.write(actor) as writer:
        return put_in_force(writer, settings, edition_id, progress)


def put_in_force(
    writer: Writer,
    settings: Settings,
    edition_id: int,
    progress: Progress = SILENT,
    units: Units | None = None,
) -> EditionFacts:
    """The same inside a transaction. One at a time, whatever the dataset: new areas and new
    enterprises that came into force side by side would each be laid over the other's old edition.

    Args:
        writer: the transaction.
        settings: whose thresholds units are counted with.
        edition_id: which one.
        progress: told of each step.
        units: the edition's enterprises as it states them, when the caller has them at hand.
    """
    take_turn(writer, "put in force", progress)
    facts = editions.set_active(writer, edition_id)
    prepare(writer, settings, facts.dataset, progress, units)
    return facts


def prepare(
    writer: Writer,
    settings: Settings,
    dataset: str,
    progress: Progress = SILENT,
    units: Units | None = None,
) -> None:
    """Compute what the active editions lack after one of `dataset` became active.

    Args:
        writer: the transaction that activated it.
        settings: whose thresholds units are counted with.
        dataset: which dataset changed.
        progress: told of each step.
        units: the active enterprises as their edition states them, when the caller has them.
    """
    areas = editions.active(writer, "areas")
    if dataset == "enterprises":
        edition = editions.require_active(writer, "enterprises")
        # Unions are told apart by other keys in a file at hand than in the database.
        if units is None or changed_since_made(writer, edition):
            units = _units(writer, edition, progress)
        if areas is None:
            _find_clusters(writer, None, units, progress)
    if areas is None or dataset not in ("areas", "enterprises", "stations"):
        return
    index: assign.AreaIndex | None = None
    pairs: Pairs | None = None
    for subject in ("enterprises", "stations"):
        if dataset not in ("areas", subject):
            continue
        edition_of = editions.active(writer, subject)
        if edition_of is None:
            continue
        counted = assign.find_assignment(writer, edition_of.id, areas.id)
        if counted is not None:
            if subject == "enterprises":
                _count_anew(writer, settings, edition_of, areas.id, counted, progress)
            continue
        if index is None:
            with progress.step("读取区域 / reading the areas"):
                index = assign.load_index(writer, areas.id)
        if subject == "enterprises":
            units = units if units is not None else _units(writer, edition_of, progress)
            pairs = _assign_units(writer, settings, edition_of.id, index, units, progress)
        else:
            _assign_stations(writer, edition_of.id, index, progress)
    if dataset != "stations":
        _find_clusters(writer, areas, units, progress, pairs)


def complete(
    database: Database, actor: Actor, settings: Settings, progress: Progress = SILENT
) -> None:
    """Compute what the editions in force lack: after a migration that counts otherwise, or with
    thresholds other than it was counted with.

    Costs a query where nothing is missing.
    """
    with database.read(actor) as reader:
        missing = reader.scalar(
            "SELECT EXISTS (SELECT FROM edition e JOIN edition a ON a.dataset = 'areas' "
            "AND a.state = 'active' WHERE e.state = 'active' "
            "AND e.dataset IN ('enterprises', 'stations') AND NOT EXISTS (SELECT FROM assignment s "
            "WHERE s.edition_id = e.id AND s.area_edition_id = a.id "
            "AND (e.dataset = 'stations' OR s.rules = :rules)))",
            rules=read_targets(settings).mark,
        )
    if missing:
        with database.write(actor) as writer:
            take_turn(writer, "put in force", progress)
            for dataset in ("enterprises", "areas"):
                if editions.active(writer, dataset):
                    prepare(writer, settings, dataset, progress)


def _units(reader: Reader, edition: EditionFacts, progress: Progress) -> Units:
    with progress.step("读取企业 / reading the enterprises"):
        return units_in_force(reader, edition)


def _assign_units(
    writer: Writer,
    settings: Settings,
    edition_id: int,
    index: assign.AreaIndex,
    units: Units,
    progress: Progress,
) -> Pairs:
    """Lay the enterprises over the areas and count them; the memberships that clusters ask for, as
    ids of enterprise and area."""
    with progress.step("企业归属区域 / placing enterprises in areas"):
        point, area, overlaps = assign.memberships(index, units.lon, units.lat)
        located = int((~np.isnan(units.lon)).sum())
        assignment = assign.store(writer, edition_id, index, units.ids, point, area, located)
    with progress.step("按区域汇总 / counting by area"):
        targets = read_targets(settings)
        lying = keeping.lying(writer, index.edition_id, point, area)
        counted, apart = keeping.count(units, lying, targets)
        keeping.store(writer, assignment, lying, units, apart, counted, targets)
    _note_overlaps(writer, index.edition_id, overlaps)
    asked = np.isin(index.kinds, [assign.KIND[kind] for kind in clusters.SCANNED_KINDS])[area]
    return units.ids[point[asked]], index.ids[area[asked]]


def _count_anew(
    writer: Writer,
    settings: Settings,
    edition: EditionFacts,
    area_edition_id: int,
    assignment: int,
    progress: Progress,
) -> None:
    """Count an assignment anew if unions or thresholds may have changed since it was counted."""
    targets = read_targets(settings)
    same_rules = keeping.counted_by(writer, assignment) == targets.mark
    if same_rules and not changed_since_made(writer, edition):
        return
    with progress.step("按区域汇总 / counting by area"):
        keeping.count_anew(writer, edition, assignment, area_edition_id, targets)


def _find_clusters(
    writer: Writer,
    areas: EditionFacts | None,
    units: Units | None,
    progress: Progress,
    pairs: Pairs | None = None,
) -> None:
    """Find the clusters of the enterprises in force, unless they were found over the same areas and
    no union has changed since that they do not know of."""
    edition = editions.active(writer, "enterprises")
    if edition is None:
        return
    area_edition = None if areas is None else areas.id
    if clusters.up_to_date(writer, edition.id, area_edition):
        return
    units = units if units is not None else _units(writer, edition, progress)
    clusters.find(
        writer, edition.id, units, progress=progress, area_edition_id=area_edition, pairs=pairs
    )


def _assign_stations(
    writer: Writer, edition_id: int, index: assign.AreaIndex, progress: Progress
) -> None:
    with progress.step("驿站归属区域 / placing stations in areas"):
        rows = writer.copy_out(
            "SELECT id, kind, ST_X(location) AS lon, ST_Y(location) AS lat FROM station "
            f"WHERE edition_id = {int(edition_id)} ORDER BY id"
        )
        if rows.num_rows == 0:
            ids = np.empty(0, dtype=np.int64)
            lon = lat = np.empty(0)
            kinds = np.empty(0, dtype=object)
        else:
            ids = rows.column("id").to_numpy()
            lon, lat = (
                rows.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
                for name in ("lon", "lat")
            )
            kinds = rows.column("kind").to_numpy(zero_copy_only=False)
        point, area, overlaps = assign.memberships(index, lon, lat)
        located = int((~np.isnan(lon)).sum())
        assignment = assign.store(writer, edition_id, index, ids, point, area, located)
        names, kind = np.unique(kinds.astype(str), return_inverse=True)
        cell, count = np.unique(area * max(len(names), 1) + kind[point], return_counts=True)
        table = pa.table(
            {
                "assignment_id": np.full(len(cell), assignment),
                "area_id": index.ids[cell // max(len(names), 1)],
                "kind": [str(names[number]) for number in cell % max(len(names), 1)],
                "stations": count,
            }
        )
        writer.copy_in("area_stations", table.column_names, table)
    _note_overlaps(writer, index.edition_id, overlaps)


def _note_overlaps(writer: Writer, area_edition_id: int, overlaps: int) -> None:
    """Write down that borders of one level overlap: it changes counts, so it must be known."""
    if overlaps:
        writer.execute(
            "UPDATE edition SET report = report || jsonb_build_object("
            "'points_in_overlapping_divisions', CAST(:n AS int)) WHERE id = :edition",
            {"n": overlaps, "edition": area_edition_id},
        )


def today() -> date:
    """Today, for a file that does not say which date it speaks for."""
    return datetime.now(UTC).astimezone().date()
