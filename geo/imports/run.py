"""One import, from the file to the edition in force.

Reading and checking touch nothing; loading, assigning, counting and activating are one transaction.
So a dry run is the first half, a killed import leaves nothing, and two imports of one dataset wait
for each other at its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from geo import editions, partitions
from geo.areas.load import prepare_areas
from geo.areas.naming import known_districts, known_places
from geo.areas.osm import read_osm_areas
from geo.database import Actor, Database, Reader, Writer
from geo.enterprises.load import prepare_enterprises
from geo.errors import Invalid, InvalidFile
from geo.files.headers import load_synonyms, match_headers
from geo.files.identity import content_hash
from geo.files.read import read_table
from geo.files.rejects import reject_path, write_rejects
from geo.files.tables import RawTable
from geo.imports import activation
from geo.imports.context import Context
from geo.imports.options import ImportOptions, ImportReport, Prepared
from geo.imports.streets import (
    LISTED,
    OSM_ENDINGS,
    import_streets,
    stations_apart,
    unreachable_note,
)
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.schema import DATASETS, Base
from geo.settings import Settings
from geo.siting.inputs.load import prepare_candidate_sites, prepare_demand
from geo.stations.duplicates import find_duplicates
from geo.stations.load import prepare_stations
from geo.walking.snapshot import load_graph

PREPARE: Mapping[str, Callable[[RawTable, Any, Context], Prepared]] = {
    "areas": prepare_areas,
    "stations": prepare_stations,
    "enterprises": prepare_enterprises,
    "candidate_sites": prepare_candidate_sites,
    "demand": prepare_demand,
}
EXAMPLES = 20


def import_file(
    database: Database,
    actor: Actor,
    settings: Settings,
    dataset: str,
    path: Path,
    options: ImportOptions,
    progress: Progress = SILENT,
) -> ImportReport:
    """Import a file, or only check it.

    Args:
        database: where to.
        actor: who imports.
        settings: header synonyms, state directory for nothing else.
        dataset: one of :data:`geo.schema.DATASETS`.
        path: the file; its content decides how it is read.
        options: see :class:`ImportOptions`.
        progress: told of each step.

    Raises:
        Invalid: options that do not go together, an undeclared coordinate system.
        InvalidFile: a file that cannot be read, or lacks a required column.
        Conflict, Busy, Unavailable: the database's.
    """
    if dataset not in DATASETS:
        raise Invalid(f"'{dataset}' is not a dataset.", remedy=f"Use one of {', '.join(DATASETS)}.")
    check_path(path)
    digest = content_hash([path], _identity(dataset, options))
    with database.read(actor) as reader:
        same = _same_file(reader, dataset, digest, options)
    if same is not None and options.stores:
        return _unchanged(dataset, path, same, options, database, actor, settings, progress)
    if dataset == "streets":
        return import_streets(database, actor, settings, path, options, digest, progress)
    prepared, raw = _prepare(database, actor, settings, dataset, path, options, progress)
    report = _report(dataset, path, options, prepared)
    if prepared.problems.rejected and raw is not None:
        report.rejects = write_rejects(
            options.rejects or reject_path(path),
            raw,
            prepared.problems,
            without=prepared.personal_columns,
        )
    if not options.stores:
        report.same_as = same
        return report
    # From here on only the prepared rows are needed; of a large file the raw ones are gigabytes.
    raw = None
    with database.write(actor) as writer:
        take_turn(writer, f"import {dataset}", progress)
        # Somebody may have imported the very same file while this one was being read.
        same = _same_file(writer, dataset, digest, options)
        if same is None:
            # Read under the lock: what another import has just added is carried over, too.
            base = editions.active(writer, dataset) if options.add else None
            _store(
                writer, settings, dataset, path, options, digest, prepared, report, base, progress
            )
    if same is not None:
        return _unchanged(dataset, path, same, options, database, actor, settings, progress)
    return report


def check_path(path: Path) -> None:
    """Refuse what is no file, before anything else takes its time.

    Raises:
        InvalidFile: it is not there, or it is a folder.
    """
    if path.is_dir():
        raise InvalidFile(
            f"{path} 是文件夹。 {path} is a folder.", remedy="请指定一个文件。 Name a file."
        )
    if not path.is_file():
        raise InvalidFile(
            f"没有文件 {path}。 There is no file {path}.", remedy="请检查路径。 Check the path."
        )


def _prepare(
    database: Database,
    actor: Actor,
    settings: Settings,
    dataset: str,
    path: Path,
    options: ImportOptions,
    progress: Progress,
) -> tuple[Prepared, RawTable | None]:
    with progress.step(f"读取 {path.name} / reading"):
        if dataset == "areas" and path.name.lower().endswith(OSM_ENDINGS):
            raw = read_osm_areas(path)
        else:
            raw = read_table(
                path,
                options.layer,
                dataset=dataset,
                extra=settings.headers,
                mapping=dict(options.mapping),
            )
    matched = match_headers(
        dataset, list(raw.frame.columns), options.mapping, load_synonyms(settings.headers)
    )
    matched.require()
    with progress.step("检查每一行 / checking every row"):
        with database.read(actor) as reader:
            context = _context(reader, settings, dataset, options)
        prepared = PREPARE[dataset](raw, matched, context)
    if prepared.places is not None:
        with database.read(actor) as reader:
            _note_unreachable(reader, settings, prepared, progress)
    prepared.personal_columns = matched.personal_columns
    prepared.notes = [*raw.notes, *matched.notes, *prepared.notes]
    return prepared, raw


def _note_unreachable(
    reader: Reader, settings: Settings, prepared: Prepared, progress: Progress
) -> None:
    """List the stations of the file that hang on parts of the active streets nobody gets to."""
    streets = editions.active(reader, "streets")
    if streets is None or prepared.places is None:
        return
    names, lon, lat = prepared.places
    placed = np.flatnonzero(~np.isnan(lon))
    graph = load_graph(reader, settings, streets.id, progress)
    apart = stations_apart(
        graph, [names[number] for number in placed.tolist()], lon[placed], lat[placed]
    )
    prepared.report["unreachable_stations"] = apart[:LISTED]
    if apart:
        prepared.notes.append(unreachable_note(apart))


def _context(reader: Reader, settings: Settings, dataset: str, options: ImportOptions) -> Context:
    areas = editions.active(reader, "areas")
    if areas is None or dataset not in ("stations", "enterprises", "candidate_sites"):
        return Context(options, settings.service_area)
    return Context(
        options,
        settings.service_area,
        known_places(reader, areas.id),
        known_districts(reader, areas.id) if dataset == "stations" else None,
    )


def _store(
    writer: Writer,
    settings: Settings,
    dataset: str,
    path: Path,
    options: ImportOptions,
    digest: str,
    prepared: Prepared,
    report: ImportReport,
    base: editions.EditionFacts | None,
    progress: Progress,
) -> None:
    chain = list(base.report.get("files", [])) if base is not None else []
    edition = editions.open_draft(
        writer,
        dataset,
        as_of=options.as_of or activation.today(),
        source=options.source or path.name,
        content_hash=digest if base is None else f"{base.id}+{digest}",
        declared_crs=options.crs,
    )
    table = Base.metadata.tables[editions.TABLES[dataset]]
    columns = prepared.rows.column_names
    with progress.step(f"写入 {prepared.rows.num_rows:,} 行 / loading rows"):
        if table.dialect_options["postgresql"]["partition_by"]:
            child = partitions.create(writer, table, edition)
            writer.copy_in(child, columns, prepared.rows)
            report.carried_over = _carry_over(writer, table, child, edition, base)
            prepared.rows = prepared.rows.slice(0, 0)
            pa.default_memory_pool().release_unused()
            partitions.attach(writer, table, edition)
        else:
            rows = prepared.rows.append_column("edition_id", [[edition] * prepared.rows.num_rows])
            writer.copy_in(table.name, rows.column_names, rows)
            report.carried_over = _carry_over(writer, table, table.name, edition, base)
            writer.execute(f'ANALYZE "{table.name}"')
    if dataset == "stations":
        prepared.report["duplicates"] = find_duplicates(writer, edition)
    report.report = prepared.report
    editions.record_counts(
        writer,
        edition,
        read=report.read,
        accepted=report.accepted,
        rejected=report.rejected,
        unlocated=report.unlocated,
        report={
            **prepared.report,
            "notes": prepared.notes,
            "carried_over": report.carried_over,
            "files": [*chain, digest],
        },
    )
    if options.commit:
        activation.put_in_force(
            writer, settings, edition, progress, prepared.units if base is None else None
        )
    report.edition = editions.show(writer, edition)
    report.stored = True


def _carry_over(
    writer: Writer, table: Any, into: str, edition: int, base: editions.EditionFacts | None
) -> int:
    """Copy the rows of the base edition that the file did not bring itself; how many."""
    if base is None:
        return 0
    columns = ", ".join(
        f'"{column.name}"' for column in table.columns if column.name != "edition_id"
    )
    result = writer.execute(
        f'INSERT INTO "{into}" (edition_id, {columns}) SELECT :edition, {columns} '
        f'FROM "{table.name}" AS old WHERE old.edition_id = :base AND NOT EXISTS '
        f'(SELECT FROM "{into}" AS new WHERE new.edition_id = :edition AND new.id = old.id)',
        {"edition": edition, "base": base.id},
    )
    return int(result.rowcount)


def _identity(dataset: str, options: ImportOptions) -> dict[str, Any]:
    """The options that change what a file means; the same file with the same ones is a no-op."""
    told = asdict(options)
    for name in ("commit", "draft", "rejects", "source", "add"):
        del told[name]
    return {"dataset": dataset, **told}


def _same_file(
    reader: Reader, dataset: str, digest: str, options: ImportOptions
) -> editions.EditionFacts | None:
    """The edition that already holds exactly this."""
    if not options.add:
        return editions.same_content(reader, dataset, digest)
    active = editions.active(reader, dataset)
    if active is not None and digest in active.report.get("files", []):
        return active
    return None


def _unchanged(
    dataset: str,
    path: Path,
    same: editions.EditionFacts,
    options: ImportOptions,
    database: Database,
    actor: Actor,
    settings: Settings,
    progress: Progress,
) -> ImportReport:
    """The file is already an edition: nothing is stored; a commit makes sure it is in force."""
    if options.commit and same.state != "active":
        same = activation.activate(database, actor, settings, same.id, progress)
    return ImportReport(
        dataset=dataset,
        source=path.name,
        read=same.rows_read,
        accepted=same.rows_accepted,
        rejected=same.rows_rejected,
        unlocated=same.rows_unlocated,
        stored=False,
        edition=same,
        same_as=same,
        report=same.report,
    )


def _report(dataset: str, path: Path, options: ImportOptions, prepared: Prepared) -> ImportReport:
    del options
    return ImportReport(
        dataset=dataset,
        source=path.name,
        read=prepared.read,
        accepted=prepared.rows.num_rows,
        rejected=prepared.problems.rejected,
        unlocated=prepared.unlocated,
        stored=False,
        problems=[asdict(problem) for problem in prepared.problems.first(EXAMPLES)],
        problems_in_all=len(prepared.problems),
        notes=prepared.notes,
        report=prepared.report,
    )
