"""Streets come in another way: not rows of a table but a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.database import Actor, Database, Reader
from geo.editions import EditionFacts
from geo.errors import Invalid
from geo.imports import activation
from geo.imports.options import ImportOptions, ImportReport
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.settings import Settings
from geo.streets import StreetNetwork, read_osm, store
from geo.walking.graph import WalkingGraph
from geo.walking.stations import StationsOnStreets

OSM_ENDINGS = (".osm", ".osm.pbf", ".osm.gz", ".osm.bz2", ".pbf")
BEYOND = "路网范围之外 / beyond these streets"
LISTED = 50

Floats = npt.NDArray[np.float64]


def import_streets(
    database: Database,
    actor: Actor,
    settings: Settings,
    path: Path,
    options: ImportOptions,
    digest: str,
    progress: Progress = SILENT,
) -> ImportReport:
    """Import the walkable streets of an OpenStreetMap extract.

    Stations of the active edition that hang on unreachable parts are listed in the report.
    """
    if options.add:
        raise Invalid(
            "路网不能叠加，它是一个整体。 Streets cannot be added: a network is one piece.",
            remedy="请先合并。 Merge the extracts first (`osmium merge`), then import the whole.",
        )
    if options.crs not in (None, "wgs84"):
        raise Invalid(
            "OpenStreetMap 数据是 WGS 84。 OpenStreetMap data are in WGS 84.",
            remedy="Leave --crs out, or say --crs wgs84.",
        )
    network = read_osm(path, progress, keep_private=options.keep_private)
    with database.read(actor) as reader:
        unreachable = active_stations_apart(reader, network)
    described = network.report.as_json()
    report = ImportReport(
        dataset="streets",
        source=path.name,
        read=network.report.ways,
        accepted=network.report.kept,
        rejected=network.report.ways - network.report.kept,
        unlocated=0,
        stored=False,
        notes=_notes(network, unreachable),
        report={
            **described,
            "pieces": network.pieces,
            "nodes": network.nodes,
            "parts": network.parts,
            "kilometres": round(float(network.length.sum()) / 1000, 1),
            "unreachable_stations": unreachable[:LISTED],
        },
    )
    if not options.stores:
        return report
    with database.write(actor) as writer:
        take_turn(writer, "import streets", progress)
        # Somebody may have imported the very same file while this one was being read.
        report.same_as = editions.same_content(writer, "streets", digest)
        if report.same_as is not None:
            if options.commit and report.same_as.state != "active":
                report.same_as = activation.put_in_force(
                    writer, settings, report.same_as.id, progress
                )
            report.edition = report.same_as
            return report
        edition = editions.open_draft(
            writer,
            "streets",
            as_of=options.as_of or activation.today(),
            source=options.source or path.name,
            content_hash=digest,
            declared_crs="wgs84",
        )
        store(writer, edition, network, progress)
        editions.record_counts(
            writer,
            edition,
            read=report.read,
            accepted=report.accepted,
            rejected=report.rejected,
            unlocated=0,
            report={**report.report, "notes": report.notes, "files": [digest]},
        )
        if options.commit:
            activation.put_in_force(writer, settings, edition, progress)
        report.edition = editions.show(writer, edition)
        report.stored = True
    return report


def active_stations_apart(reader: Reader, network: StreetNetwork) -> list[dict[str, Any]]:
    """The active stations that hang on small separate parts of a network, or on no street."""
    stations: EditionFacts | None = editions.active(reader, "stations")
    if stations is None:
        return []
    rows = reader.all(
        "SELECT id, name, ST_X(coalesce(entrance, location)) AS lon, "
        "ST_Y(coalesce(entrance, location)) AS lat FROM station "
        "WHERE edition_id = :edition AND location IS NOT NULL ORDER BY id",
        edition=stations.id,
    )
    if not rows:
        return []
    return stations_apart(
        WalkingGraph.build(network),
        [row.name for row in rows],
        np.array([row.lon for row in rows]),
        np.array([row.lat for row in rows]),
    )


def stations_apart(
    graph: WalkingGraph, names: Sequence[str], lon: Floats, lat: Floats
) -> list[dict[str, Any]]:
    """Those of some stations that nobody can walk to, and why."""
    snapped = StationsOnStreets(graph, lon, lat)
    apart = {int(number): "独立小路段 / separate part" for number in snapped.unreachable}
    apart |= {int(number): "附近没有街道 / no street near" for number in snapped.off_network}
    # Stations of another city are no fault of this network: counted, but not by name.
    for number in set(apart) & set(np.flatnonzero(_beyond(graph, lon, lat)).tolist()):
        apart[number] = BEYOND
    return [{"name": names[number], "why": why} for number, why in sorted(apart.items())]


def _beyond(graph: WalkingGraph, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    """Which stations lie outside the box that holds all streets."""
    x, y = graph.streets.vertex_lon, graph.streets.vertex_lat
    if not len(x):
        return np.ones(len(lon), dtype=bool)
    outside: npt.NDArray[np.bool_] = (
        (lon < x.min()) | (lon > x.max()) | (lat < y.min()) | (lat > y.max())
    )
    return outside


def unreachable_note(unreachable: Sequence[dict[str, Any]]) -> str:
    """The same as a sentence."""
    near = [str(station["name"]) for station in unreachable if station["why"] != BEYOND]
    told = []
    if near:
        names = "、".join(near[:10]) + (" …" if len(near) > 10 else "")
        told.append(f"{len(near)} 个站点走不到 / stations that nobody can walk to: {names}")
    if beyond := len(unreachable) - len(near):
        told.append(
            f"{beyond:,} 个站点在路网范围之外，按直线距离计算 / stations beyond these streets, "
            "found by straight lines"
        )
    return "；".join(told)


AROUND_NAMES = {
    "wall": "围墙 / walls",
    "fence": "栅栏 / fences",
    "hedge": "绿篱 / hedges",
    "water": "水体 / water",
    "railway": "铁路 / railways",
    "cliff": "陡崖 / cliffs",
    "motorway": "高速公路 / motorways",
    "building": "建筑 / buildings",
    "green": "绿地 / green",
}


def _around_note(network: StreetNetwork) -> str:
    """What lies around the streets, or that nothing does: then walls cannot be respected."""
    counts = network.report.surroundings
    if not set(counts) - {"green"}:
        return (
            "数据中没有围墙、水体和建筑，定位到道路时无法避开 / the extract holds no walls, water "
            "or buildings: the way to the street may cross them"
        )
    told = ", ".join(f"{AROUND_NAMES[kind]} {count:,}" for kind, count in counts.items())
    return (
        f"周边地物 / around the streets: {told}；"
        f"{network.report.openings:,} 处大门和道口可通行 / gates and crossings let people through"
    )


def _notes(network: StreetNetwork, unreachable: list[dict[str, Any]]) -> list[str]:
    kilometres = f"{network.length.sum() / 1000:,.1f}"
    summary = (
        f"可步行 {kilometres} 公里，{network.pieces:,} 段，{network.parts} 个连通部分 / "
        f"{kilometres} km that can be walked, {network.pieces:,} pieces, {network.parts} connected "
        "parts"
    )
    notes = [summary]
    left_out = ", ".join(f"{why} {count:,}" for why, count in network.report.left_out.items())
    if left_out:
        notes.append(f"未纳入的道路 / ways left out: {left_out}")
    notes.append(_around_note(network))
    if unreachable:
        notes.append(unreachable_note(unreachable))
    return notes
