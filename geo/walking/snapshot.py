"""The walking graph of an edition, from its snapshot file or from PostGIS."""

from __future__ import annotations

import contextlib
from pathlib import Path

from geo.database import Reader
from geo.errors import InvalidFile
from geo.progress import SILENT, Progress
from geo.settings import Settings
from geo.streets import fetch
from geo.walking.graph import Pace, WalkingGraph, empty_network


def load_graph(
    reader: Reader, settings: Settings, edition_id: int | None, progress: Progress = SILENT
) -> WalkingGraph:
    """The walking graph of an edition of streets, from its snapshot or from PostGIS."""
    pace = Pace(settings.walking_metres_per_second, settings.steps_metres_per_second)
    if edition_id is None:
        return WalkingGraph.build(empty_network(), pace=pace)
    path = snapshot_path(settings, reader, edition_id)
    # Missing, damaged, of another pace or not to be read: then it is built again.
    with contextlib.suppress(InvalidFile):
        graph = WalkingGraph.load(path)
        if graph.edition_id == edition_id and graph.pace == pace:
            return graph
    with progress.step("读取路网 / reading the street network"):
        graph = WalkingGraph.build(fetch(reader, edition_id), edition_id=edition_id, pace=pace)
        # Without room for a snapshot the next start takes longer; people get their answers.
        with contextlib.suppress(OSError):
            graph.save(path)
    return graph


def snapshot_path(settings: Settings, reader: Reader, edition_id: int) -> Path:
    """Where the snapshot of an edition lies. The database's own number is part of the name, so that
    two databases that share a state directory never share a network."""
    number = reader.scalar(
        "SELECT format('%s-%s', (SELECT oid FROM pg_database WHERE datname = current_database()), "
        "extract(epoch FROM created_at)::bigint) FROM edition WHERE id = :edition",
        edition=edition_id,
    )
    return settings.state / "cache" / f"streets-{edition_id}-{number}.npz"
