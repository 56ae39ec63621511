"""From an OpenStreetMap extract (`.osm`, `.osm.pbf`) to the walkable network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import osmium.osm as kinds
from osmium.filter import EntityFilter, IdFilter, KeyFilter

from geo.errors import InvalidFile
from geo.progress import SILENT, Progress
from geo.streets.around import read_around
from geo.streets.joining import Found, join
from geo.streets.network import StreetNetwork
from geo.streets.tags import Way, barrier_closes, walkable

ADVANCE_EVERY = 2_000

REMEDY = (
    "Give an OpenStreetMap extract with nodes and ways, as .osm.pbf or .osm (an extract of a city "
    "from Geofabrik, BBBike or `osmium extract`)."
)


def read_osm(
    path: Path | str, progress: Progress = SILENT, *, keep_private: bool = False
) -> StreetNetwork:
    """Read the streets one can walk, split where they meet, and what lies around them.

    The rules are those of :mod:`geo.streets.tags`, :mod:`geo.streets.plazas` and
    :mod:`geo.streets.surrounding_tags`. Ways are cut where
    their nodes are missing from the extract and at closed gates. Small separate parts are kept and
    numbered. Nodes are in the order of a Hilbert curve, so that neighbours lie together in memory.

    Args:
        path: an `.osm.pbf` or `.osm` file (also `.osm.gz`, `.osm.bz2`), told by its content.
        progress: counts ways.
        keep_private: also take ways that are private or for customers; they are marked in `access`.

    Raises:
        InvalidFile: there is no such file, it is not OpenStreetMap data, it breaks off, or no way
            in it can be walked.

    Cost: some 150,000 nodes of ways a second, 8 bytes a node of the file and 50 bytes a node of a
    way; for the surroundings see :func:`geo.streets.around.read_around`.
    """
    file = _open(Path(path))
    try:
        with progress.step("读取街道 / reading the streets") as advance:
            found = _collect(file, keep_private, advance)
        passed = np.setdiff1d(
            np.array(found.refs, np.int64), np.array(found.closed_nodes, np.int64)
        )
        with progress.step("读取周边地物 / reading what lies around") as advance:
            around, report = read_around(file, passed, keep_private=keep_private, advance=advance)
    except RuntimeError as error:
        raise InvalidFile(
            f"{Path(path).name} breaks off or is damaged: {error}.",
            remedy=f"Copy or download it again. {REMEDY}",
        ) from error
    with progress.step("拼接路网 / joining the streets"):
        network = join(found)
    if network is None:
        missing = found.report.missing_nodes
        why = (
            f"{missing:,} node references point outside the file: the nodes must be in it, before "
            "the ways (`osmium sort`). "
            if missing
            else ""
        )
        raise InvalidFile(
            f"{Path(path).name} holds no street that can be walked"
            f" ({found.report.ways:,} ways were looked at).",
            remedy=why + REMEDY,
        )
    network.report.surroundings = report.kinds
    network.report.openings = report.openings
    network.report.surroundings_broken = report.broken
    return dataclasses.replace(network, surroundings=around)


def _open(path: Path) -> Any:
    """The file as osmium wants it, its format told from the first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise InvalidFile(
            f"{path.name} cannot be read: {error.strerror}.", remedy="Check its name and rights."
        ) from error
    if start.startswith(b"\x1f\x8b"):
        kind = "osm.gz"
    elif start.startswith(b"BZh"):
        kind = "osm.bz2"
    elif b"OSMHeader" in start[:32]:
        kind = "pbf"
    elif b"<osm" in start:
        kind = "osm"
    else:
        raise InvalidFile(f"{path.name} is not an OpenStreetMap file.", remedy=REMEDY)
    opened = osmium.io.File(str(path), kind)
    try:
        header = osmium.io.Reader(opened, kinds.NOTHING).header()
    except RuntimeError as error:
        raise InvalidFile(
            f"{path.name} is not an OpenStreetMap file: {error}.", remedy=REMEDY
        ) from error
    if header.has_multiple_object_versions:
        raise InvalidFile(
            f"{path.name} is a history or a change file.", remedy="Give an ordinary extract."
        )
    return opened


def _collect(file: Any, keep_private: bool, advance: Any) -> Found:
    found = Found(keep_private)
    borders = _area_borders(file)
    done = 0
    every = osmium.FileProcessor(file, kinds.NODE | kinds.WAY).with_locations()
    thing: Any
    for thing in every.with_filter(
        KeyFilter("highway", "barrier", "railway", "public_transport", "man_made")
    ):
        tags = thing.tags
        if thing.is_node():
            if "barrier" in tags and barrier_closes(tags, keep_private=keep_private):
                found.closed_nodes.append(thing.id)
            continue
        way = walkable(tags)
        if way == "class" and ("highway" not in tags or thing.id in borders):
            continue  # a railway; or the border of an area, which comes below
        borders.pop(thing.id, None)
        found.add(thing.id, thing.nodes, way)
        done += 1
        if done % ADVANCE_EVERY == 0:
            advance(ADVANCE_EVERY)
    if borders:
        # Their own tags say nothing, so the filter above has passed them over.
        again = osmium.FileProcessor(file, kinds.NODE | kinds.WAY).with_locations()
        again = again.with_filter(EntityFilter(kinds.WAY)).with_filter(IdFilter(borders))
        for thing in again:
            found.add(thing.id, thing.nodes, borders[thing.id])
    advance(done % ADVANCE_EVERY)
    return found


def _area_borders(file: Any) -> dict[int, Way | str]:
    """The ways that bound a walkable area drawn as a multipolygon relation, with the relation's
    meaning. A closed border without holes is crossed like any plaza."""
    borders: dict[int, Way | str] = {}
    relations = osmium.FileProcessor(file, kinds.RELATION)
    relation: Any
    for relation in relations.with_filter(KeyFilter("highway", "railway", "public_transport")):
        if relation.tags.get("type") != "multipolygon":
            continue
        members = [member for member in relation.members if member.type == "w"]
        tags = {tag.k: tag.v for tag in relation.tags}
        if len(members) == 1:
            tags.setdefault("area", "yes")
        else:
            tags["area"] = "no"
        way = walkable(tags)
        if isinstance(way, Way):
            borders.update((member.ref, way) for member in members)
    return borders
