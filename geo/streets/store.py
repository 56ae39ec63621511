"""The street network into PostGIS and back, by COPY."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from geo import partitions
from geo.database import Reader, Writer
from geo.errors import NotFound
from geo.progress import SILENT, Progress
from geo.schema import Street, StreetNode
from geo.streets.network import Floats, Ints, Longs, StreetNetwork
from geo.streets.surroundings_store import fetch_surroundings, store_surroundings

ROWS_AT_ONCE = 100_000
SRID = 4326
# 01 = little endian; 2 = line
_LINE_HEADER = 1 + 4 + 4


def store(
    writer: Writer, edition_id: int, network: StreetNetwork, progress: Progress = SILENT
) -> None:
    """Write a network and what lies around it as the partitions of one edition, in the caller's
    transaction.

    Raises:
        Conflict: the edition has streets already.

    Cost: some 60,000 pieces a second, indexes included.
    """
    rows_of_all = network.nodes + network.pieces + len(network.surroundings)
    with progress.step("写入路网 / storing the streets", rows_of_all) as advance:
        child = partitions.create(writer, StreetNode, edition_id)
        for start in range(0, network.nodes, ROWS_AT_ONCE):
            rows = _node_rows(network, slice(start, min(start + ROWS_AT_ONCE, network.nodes)))
            writer.copy_in(child, rows.column_names, rows)
            advance(rows.num_rows)
        partitions.attach(writer, StreetNode, edition_id)
        child = partitions.create(writer, Street, edition_id)
        for start in range(0, network.pieces, ROWS_AT_ONCE):
            rows = _piece_rows(network, start, min(start + ROWS_AT_ONCE, network.pieces))
            writer.copy_in(child, rows.column_names, rows)
            advance(rows.num_rows)
        partitions.attach(writer, Street, edition_id)
        store_surroundings(writer, edition_id, network.surroundings, advance)


def fetch(reader: Reader, edition_id: int) -> StreetNetwork:
    """Read the network of one edition and what lies around it.

    Raises:
        NotFound: the edition has no streets.

    Cost: some 300,000 pieces a second.
    """
    if not partitions.exists(reader, Street, edition_id):
        raise NotFound(
            f"Edition {edition_id} holds no streets.", remedy="See `nuanyi editions list`."
        )
    edition = int(edition_id)
    # Texts and geometry carry a first letter, lest a column of digits be taken for numbers.
    nodes = reader.copy_out(
        "SELECT id, coalesce(osm_id, 0) AS osm_id, part, ST_X(location) AS lon,"
        f" ST_Y(location) AS lat FROM street_node WHERE edition_id = {edition}"
    ).sort_by("id")
    pieces = reader.copy_out(
        "SELECT id, coalesce(osm_way_id, 0) AS way, from_node, to_node, part, '=' || name AS name,"
        " '=' || highway AS highway, '=' || access AS access, layer, is_bridge::int AS is_bridge,"
        " is_tunnel::int AS is_tunnel, is_steps::int AS is_steps, length,"
        f" ST_AsBinary(path, 'NDR') AS path FROM street WHERE edition_id = {edition}"
    ).sort_by("id")
    points, offsets = _lines_from_hex(pieces["path"].combine_chunks())
    name, names = _coded(pieces["name"])
    highway, highways = _coded(pieces["highway"])
    access, accesses = _coded(pieces["access"])
    return StreetNetwork(
        node_lon=_numbers(nodes, "lon", np.float64),
        node_lat=_numbers(nodes, "lat", np.float64),
        node_osm=_numbers(nodes, "osm_id", np.int64),
        node_part=_numbers(nodes, "part", np.int32),
        from_node=_numbers(pieces, "from_node", np.int32),
        to_node=_numbers(pieces, "to_node", np.int32),
        part=_numbers(pieces, "part", np.int32),
        way=_numbers(pieces, "way", np.int64),
        name=name,
        names=names,
        highway=highway,
        highways=highways,
        access=access,
        accesses=accesses,
        layer=_numbers(pieces, "layer", np.int16),
        is_bridge=_numbers(pieces, "is_bridge", np.bool_),
        is_tunnel=_numbers(pieces, "is_tunnel", np.bool_),
        is_steps=_numbers(pieces, "is_steps", np.bool_),
        length=_numbers(pieces, "length", np.float64),
        points=points,
        point_offsets=offsets,
        surroundings=fetch_surroundings(reader, edition_id),
    )


# ---------------------------------------------------------------------- rows to send
def _node_rows(network: StreetNetwork, rows: slice) -> pa.Table:
    osm = network.node_osm[rows]
    places = shapely.points(network.node_lon[rows], network.node_lat[rows])
    return pa.table(
        {
            "id": np.arange(rows.start, rows.stop, dtype=np.int32),
            "osm_id": pa.array(osm, mask=osm == 0),
            "part": network.node_part[rows],
            "location": _hex(places),
        }
    )


def _piece_rows(network: StreetNetwork, start: int, stop: int) -> pa.Table:
    rows = slice(start, stop)
    offsets = network.point_offsets[start : stop + 1]
    points = network.points[offsets[0] : offsets[-1]]
    lines = shapely.linestrings(
        points, indices=np.repeat(np.arange(stop - start), np.diff(offsets))
    )
    way = network.way[rows]
    return pa.table(
        {
            "id": np.arange(start, stop, dtype=np.int32),
            "osm_way_id": pa.array(way, mask=way == 0),
            "from_node": network.from_node[rows],
            "to_node": network.to_node[rows],
            "part": network.part[rows],
            "name": _texts(network.names, network.name[rows]),
            "highway": _texts(network.highways, network.highway[rows]),
            "access": _texts(network.accesses, network.access[rows]),
            "layer": network.layer[rows],
            "is_bridge": network.is_bridge[rows],
            "is_tunnel": network.is_tunnel[rows],
            "is_steps": network.is_steps[rows],
            "length": network.length[rows],
            "path": _hex(lines),
        }
    )


def _hex(shapes: Any) -> pa.Array:
    """Geometry as PostGIS reads it in COPY: EWKB in hexadecimal."""
    return pa.array(shapely.to_wkb(shapely.set_srid(shapes, SRID), hex=True, include_srid=True))


def _texts(values: list[str], numbers: Ints) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(numbers, mask=numbers < 0))


# ---------------------------------------------------------------------- what comes back
def _numbers(table: pa.Table, column: str, kind: type) -> Any:
    return table[column].to_numpy().astype(kind)


def _coded(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Texts as numbers into the sorted list of distinct ones; null is -1."""
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    values = [value[1:] for value in coded.dictionary.to_pylist()]
    order = np.argsort(np.array(values, object), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    numbers = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return (
        np.where(numbers < 0, -1, rank[numbers] if len(rank) else -1).astype(np.int32),
        [values[i] for i in order],
    )


def _lines_from_hex(column: pa.Array) -> tuple[Floats, Longs]:
    r"""Decode lines written by COPY as `\x` and hexadecimal WKB, all at once.

    Returns:
        (C, 2) points and (M + 1,) offsets. Our lines are all two-dimensional and little endian, so
        that past their header of nine bytes the coordinates lie ready.
    """
    text = column.cast(pa.large_string())
    ends = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
    letters = np.frombuffer(text.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0]
    sizes = (np.diff(ends) - 2) // 2 - _LINE_HEADER
    keep = np.ones(len(letters), bool)
    head = 2 + 2 * _LINE_HEADER
    for position in range(head):
        keep[ends[:-1] + position] = False
    letters = letters[keep]
    digits = np.where(letters > ord("9"), letters - (ord("a") - 10), letters - ord("0"))
    octets = (digits[0::2] << 4) | digits[1::2]
    points = octets.astype(np.uint8).view("<f8").reshape(-1, 2).astype(np.float64)
    offsets = np.concatenate(([0], np.cumsum(sizes // 16))).astype(np.int64)
    return points, offsets
