"""What lies around the streets into PostGIS and back, by COPY, as a partition of the edition of
the streets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo import partitions
from geo.database import Reader, Writer
from geo.schema import SURROUNDING_KINDS, Surrounding
from geo.streets.surrounding_tags import KIND_NUMBER
from geo.streets.surroundings import Surroundings, from_shapes, joined, nothing_around

ROWS_AT_ONCE = 100_000
SRID = 4326


def store_surroundings(
    writer: Writer,
    edition_id: int,
    around: Surroundings,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the surroundings of one edition, in the caller's transaction.

    Raises:
        Conflict: the edition has surroundings already.

    Cost: some 60,000 things a second, indexes included.
    """
    child = partitions.create(writer, Surrounding, edition_id)
    for start in range(0, len(around), ROWS_AT_ONCE):
        rows = _rows(around, start, min(start + ROWS_AT_ONCE, len(around)))
        writer.copy_in(child, rows.column_names, rows)
        advance(rows.num_rows)
    partitions.attach(writer, Surrounding, edition_id)


def fetch_surroundings(reader: Reader, edition_id: int) -> Surroundings:
    """Read the surroundings of one edition; none for an edition that was imported before they were
    read.

    Cost: some 150,000 things a second.
    """
    if not partitions.exists(reader, Surrounding, edition_id):
        return nothing_around()
    # Names carry a first letter, lest a column of digits be taken for numbers.
    rows = reader.copy_out(
        "SELECT id, kind, '=' || name AS name, layer, ST_AsBinary(shape, 'NDR') AS shape"
        f" FROM surrounding WHERE edition_id = {int(edition_id)}"
    ).sort_by("id")
    # Some thousands at a time: shapes take several times the memory of the arrays.
    batches = (rows.slice(start, ROWS_AT_ONCE) for start in range(0, rows.num_rows, ROWS_AT_ONCE))
    return joined([_from_rows(batch) for batch in batches])


def _rows(around: Surroundings, start: int, stop: int) -> pa.Table:
    shapes = shapely.set_srid(around.shapes(start, stop), SRID)
    name = around.name[start:stop]
    return pa.table(
        {
            "id": np.arange(start, stop, dtype=np.int32),
            "kind": pa.array(SURROUNDING_KINDS).take(pa.array(around.kind[start:stop])),
            "name": pa.array(around.names, pa.string()).take(pa.array(name, mask=name < 0)),
            "layer": around.layer[start:stop],
            "shape": pa.array(shapely.to_wkb(shapes, hex=True, include_srid=True)),
        }
    )


def _from_rows(rows: pa.Table) -> Surroundings:
    # COPY writes bytes as `\x` and hexadecimal digits.
    shapes = shapely.from_wkb(np.asarray(pc.utf8_slice_codeunits(rows["shape"], 2)))
    kinds = rows["kind"].combine_chunks().dictionary_encode()
    number = np.array([KIND_NUMBER[kind] for kind in kinds.dictionary.to_pylist()], np.uint8)
    coded = rows["name"].cast(pa.string()).combine_chunks().dictionary_encode()
    return from_shapes(
        shapes,
        kind=number[np.asarray(kinds.indices)],
        layer=np.asarray(rows["layer"]).astype(np.int16),
        name=np.asarray(coded.indices.fill_null(-1)).astype(np.int32),
        names=[name[1:] for name in coded.dictionary.to_pylist()],
    )
