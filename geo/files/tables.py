"""A file as it was read: text cells, before anything is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.files.problems import Problems

TEXT = pd.StringDtype("pyarrow")


@dataclass
class RawTable:
    """Rows of a file, nothing understood yet.

    Attributes:
        frame: n rows; every cell text or missing, columns named by the file's own headers (made
            unique where they repeat).
        row_numbers: (n,) where each row stands in the file as a person counts: the row of the
            sheet with the header counted, or the number of the feature, from 1.
        geometry: (n,) shapely geometries or None in longitude, latitude order and degrees, or None
            for a table without. A file in another system is transformed to EPSG:4326.
        declared_crs_of_file: what the file itself says, such as "EPSG:4490"; None when it does not
            say. GeoJSON without a `crs` member counts as not saying: much of it in China is GCJ-02.
        format: csv, tsv, xlsx, xls, ods, geojson, gpkg or shp.
        encoding: of the text, where there was a choice.
        separator: between cells, of csv and tsv.
        notes: what was seen and done, Chinese / English.
        problems: rows that could not be read as they stand; they are in `frame` all the same, so
            that accepted + rejected = read.
        geometry_in_file: geometries before they were transformed, or None when none were.
    """

    frame: pd.DataFrame
    row_numbers: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None
    declared_crs_of_file: str | None = None
    format: str = "csv"
    encoding: str | None = None
    separator: str | None = None
    notes: list[str] = field(default_factory=list)
    problems: Problems = field(default_factory=lambda: Problems([]))
    geometry_in_file: NDArray[np.object_] | None = None

    def __post_init__(self) -> None:
        if len(self.problems.row_numbers) != len(self.row_numbers):
            if self.problems:
                raise ValueError("problems of another table")
            self.problems = Problems(self.row_numbers)

    def __len__(self) -> int:
        return len(self.row_numbers)


def text_frame(columns: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """A frame of text columns from arrow arrays of text; nothing is copied."""
    # The documented hook of pandas for extension types, which its stubs leave out.
    from_arrow = cast("Any", TEXT).__from_arrow__
    data = {
        name: pd.Series(
            from_arrow(
                values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
            )
        )
        for name, values in columns.items()
    }
    return pd.DataFrame(data, index=pd.RangeIndex(rows), columns=list(columns))


def unique_headers(headers: Sequence[str | None]) -> list[str]:
    """Header cells as column names: an empty one becomes 第n列, a repeated one gets its number."""
    names: list[str] = []
    taken: set[str] = set()
    for at, cell in enumerate(headers, start=1):
        base = (cell or "").strip() or f"第{at}列"
        name, turn = base, 1
        while name in taken:
            turn += 1
            name = f"{base} ({turn})"
        taken.add(name)
        names.append(name)
    return names
