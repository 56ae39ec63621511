"""Write the rows that were not taken, to be mended and imported again."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import shapely
import xlsxwriter
from pyogrio.errors import DataSourceError
from pyogrio.raw import write_arrow
from xlsxwriter.exceptions import FileCreateError

from geo.errors import InvalidFile
from geo.files.headers import normalise
from geo.files.problems import Problem, ProblemCount, Problems
from geo.files.tables import RawTable

__all__ = [
    "REJECT_COLUMNS",
    "Problem",
    "ProblemCount",
    "Problems",
    "reject_path",
    "write_rejects",
]

REJECT_COLUMNS: Final = ("拒绝行号", "拒绝列", "拒绝值", "原因", "处理办法")
"""What a reject file has beside the original columns; an import takes no notice of them."""

_ENDINGS: Final = {
    "csv": (".csv", ".txt"),
    "tsv": (".tsv", ".txt", ".tab", ".csv"),
    "xlsx": (".xlsx",),
    "xls": (".xlsx",),
    "ods": (".xlsx",),
    "geojson": (".geojson", ".json"),
    "gpkg": (".gpkg",),
    "shp": (".gpkg",),
}
_BY_SUFFIX: Final = {".xls": ".xlsx", ".ods": ".xlsx", ".shp": ".gpkg", ".zip": ".gpkg"}
# What Excel, WPS or LibreOffice may run: see OWASP, "CSV injection". Numbers are no formulas.
_FORMULA: Final = "^('*[=+\\-@\\t\\r\\n＝＋－＠])"
_NUMBER: Final = "^[+-]?[0-9]+(?:[.,][0-9]+)?$"
_CELL_LIMIT: Final = 32_767


def reject_path(path: Path) -> Path:
    """Where the rejects of a file go when nobody says: stations.rejects.csv beside stations.csv."""
    suffix = path.suffix.lower()
    return path.with_name(f"{path.stem}.rejects{_BY_SUFFIX.get(suffix, path.suffix)}")


def write_rejects(
    path: Path, raw: RawTable, problems: Problems, *, without: Collection[str] = ()
) -> Path:
    """Write the rejected rows with their original columns and, behind, :data:`REJECT_COLUMNS`.

    In the format that came in: text in the same encoding and separator, spreadsheets as XLSX,
    GeoJSON as GeoJSON, GeoPackage and Shapefile as GeoPackage (longitude, latitude). `without`
    names columns to leave out (:attr:`Matched.personal_columns`). Mended there, the file can be
    imported as it is.

    No cell can become a formula: spreadsheets get text cells; in text files a cell that starts like
    a formula and is no number gets an apostrophe in front, which reading takes off again.

    Returns the path written, whose ending is changed where it does not fit the format. The file
    appears whole or not at all. Raises :class:`InvalidFile` when it cannot be written.
    """
    endings = _ENDINGS[raw.format]
    target = path if path.suffix.lower() in endings else path.with_suffix(endings[0])
    table, index = _table(raw, problems, without)
    part = target.with_name(f".{target.stem}.part{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        if endings[0] == ".xlsx":
            _write_xlsx(part, table)
        elif raw.format in ("csv", "tsv"):
            _write_text(part, table, raw)
        else:
            _write_features(part, table, raw, index)
        part.replace(target)
    except (OSError, DataSourceError, FileCreateError) as error:
        raise InvalidFile(
            f"无法写入拒绝文件 {target}。 The reject file {target} cannot be written: "
            f"{getattr(error, 'strerror', None) or error}.",
            remedy="请用 --rejects 指定其他位置。 Name another place with --rejects.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def _table(raw: RawTable, problems: Problems, without: Collection[str]) -> tuple[Any, Any]:
    faults = problems.table()
    index = faults["index"]
    own = {normalise(name) for name in REJECT_COLUMNS}
    dropped = set(without)
    columns: dict[str, Any] = {}
    for name in raw.frame.columns:
        if name in dropped or normalise(name) in own:
            continue
        cells = pa.chunked_array(pa.array(raw.frame[name].array))
        columns[name] = cells.take(index).cast(pa.large_string())
    added = (
        faults["row"].cast(pa.large_string()),
        faults["column"],
        faults["value"],
        faults["reason"],
        faults["remedy"],
    )
    columns.update(zip(REJECT_COLUMNS, added, strict=True))
    return pa.table(columns), index.to_numpy()


def _write_text(path: Path, table: Any, raw: RawTable) -> None:
    safe = pa.table(
        [_defused(column) for column in table.columns],
        names=[defused(name) for name in table.column_names],
    )
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(safe, sink, arrow_csv.WriteOptions(delimiter=raw.separator or ","))
    octets: Any = sink.getvalue()
    with path.open("wb") as stream:
        if raw.encoding == "gb18030":
            stream.write(octets.to_pybytes().decode().encode("gb18030"))
            return
        # Reasons are Chinese: what is no encoding of Chinese becomes UTF-8 with its mark.
        if raw.encoding != "utf-8":
            stream.write(b"\xef\xbb\xbf")
        stream.write(octets)


def _defused(column: Any) -> Any:
    starts = pc.match_substring_regex(column, _FORMULA)
    if not pc.any(starts).as_py():
        return column
    number = pc.match_substring_regex(column, _NUMBER)
    escaped = pc.replace_substring_regex(column, _FORMULA, "'\\1")
    return pc.if_else(pc.and_not(starts, number), escaped, column)


def defused(text: str) -> str:
    """A text cell of a CSV file that no spreadsheet takes for a formula."""
    return re.sub(_FORMULA, r"'\1", text)


def _write_xlsx(path: Path, table: Any) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("拒绝 rejects")
        strong = book.add_format({"bold": True})
        for at, name in enumerate(table.column_names):
            sheet.write_string(0, at, name, strong)
        sheet.freeze_panes(1, 0)
        row = 0
        for batch in table.to_batches(max_chunksize=10_000):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for at, cell in enumerate(cells):
                    if cell:
                        sheet.write_string(row, at, cell[:_CELL_LIMIT])


def _write_features(path: Path, table: Any, raw: RawTable, index: Any) -> None:
    driver = "GPKG" if raw.format in ("gpkg", "shp") else "GeoJSON"
    options: dict[str, Any] = {"layer": "rejects"}
    if raw.geometry is not None:
        wkb = np.asarray(shapely.to_wkb(raw.geometry[index]), dtype=object)
        name = "geometry"
        while name in table.column_names:
            name = f"_{name}"
        table = table.append_column(name, pa.array(wkb, pa.binary()))
        options |= {"geometry_name": name, "geometry_type": "Unknown"}
        # Degrees were made of whatever the file had; a file that stated none goes on stating none.
        options["crs"] = "EPSG:4326" if raw.declared_crs_of_file else None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*crs.*")
        write_arrow(table, path, driver=driver, **options)
