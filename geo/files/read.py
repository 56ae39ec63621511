"""Read a file of any kind people have: its content, not its name, tells what it is."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from geo.errors import InvalidFile
from geo.files.headers import load_synonyms, normalise
from geo.files.shapefile import read_shp, read_zip
from geo.files.sheets import read_sheet
from geo.files.tables import RawTable
from geo.files.text import empty_file, read_text
from geo.files.vector import read_geojson, read_geopackage
from geo.progress import SILENT, Progress

__all__ = ["RawTable", "read_table", "sniff"]

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE: Final = b"SQLite format 3\0"
_SHP: Final = b"\x00\x00\x27\x0a"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_SHAPE_SIDES: Final = (".dbf", ".shx", ".prj", ".cpg")


def read_table(
    path: Path,
    layer: str | None = None,
    progress: Progress = SILENT,
    *,
    dataset: str | None = None,
    extra: Path | None = None,
    mapping: Mapping[str, str] | None = None,
) -> RawTable:
    """Read a table with or without geometry; nothing in it is understood yet.

    Args:
        path: CSV, TSV, XLSX, XLS, ODS, GeoJSON, GeoPackage, Shapefile (.shp or .zip).
        layer: the sheet or layer, where there are several.
        progress: told of the rows of a spreadsheet as they are read.
        dataset: what the file is for; its headers find the row of headers. All datasets' if None.
        extra: a user's own table of headers.
        mapping: field -> column as a person said: those columns are headers, too.

    Returns:
        the rows as text, see :class:`RawTable`. Coordinates are longitude, latitude, in degrees.

    Raises:
        InvalidFile: empty, header only, damaged, locked, incomplete, or of a kind that is no table;
            says what it is and what to do.
        Invalid: `extra` cannot be used.
    """
    kind = sniff(path)
    known = load_synonyms(extra).known(dataset) | {
        normalise(column) for column in (mapping or {}).values()
    }
    if kind in ("xlsx", "xls", "ods"):
        with progress.step(f"读取表格 / reading {path.name}") as advance:
            return read_sheet(path, kind, known, layer, advance)
    if kind == "geojson":
        return read_geojson(path)
    if kind == "gpkg":
        return read_geopackage(path, layer)
    if kind == "shp":
        return read_shp(path)
    if kind == "zip":
        return read_zip(path)
    raw = read_text(path, known)
    expected = path.suffix.lower()
    if expected in (".xls", ".xlsx", ".ods"):
        raw.notes.append(
            f"文件扩展名是 {expected}，内容其实是文本（{raw.format}） / "
            f"named {expected}, the file is in fact text ({raw.format})"
        )
    return raw


def sniff(path: Path) -> str:
    """What a file is: csv, xlsx, xls, ods, geojson, gpkg, shp or zip (with a Shapefile in it).

    By its first bytes. Raises :class:`InvalidFile` for what is none of these.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(4096)
    except IsADirectoryError as error:
        raise InvalidFile(
            f"{path} 是文件夹。 {path} is a folder.", remedy="请指定一个文件。 Name a file."
        ) from error
    except OSError as error:
        raise InvalidFile(
            f"文件 {path} 无法打开。 The file {path} cannot be opened: {error.strerror}.",
            remedy="请检查路径与权限。 Check the path and its permissions.",
        ) from error
    if size <= len(start) and not start.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise empty_file()
    if start.startswith(_ZIP):
        return _sniff_zip(path)
    if start.startswith(_OLE):
        return _sniff_ole(path)
    if start.startswith(_SQLITE):
        return "gpkg"
    if start.startswith(_SHP):
        return _sniff_shp(path)
    if path.suffix.lower() in _SHAPE_SIDES:
        raise InvalidFile(
            f"{path.name} 只是 Shapefile 的一部分。 {path.name} is only a part of a Shapefile.",
            remedy="请指定同名的 .shp 文件。 Name the .shp beside it.",
        )
    return _sniff_text(path, start)


def _sniff_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.read("mimetype")[:80] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InvalidFile(
            f"文件 {path.name} 已损坏（不完整的压缩格式）。 "
            f"The file {path.name} is damaged: it is not a complete archive.",
            remedy="请重新获取或重新保存该文件。 Get it, or save it, again.",
        ) from error
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.lower().endswith(".shp") for name in names):
        return "zip"
    raise InvalidFile(
        f"{path.name} 里没有可导入的表格。 There is no table in {path.name} that can be imported.",
        remedy="请解压后指定其中的文件（CSV、XLSX、GeoJSON、GPKG、SHP）。 "
        "Unpack it and name the file (CSV, XLSX, GeoJSON, GPKG, SHP).",
    )


def _sniff_ole(path: Path) -> str:
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise InvalidFile(
            f"文件 {path.name} 有密码保护。 The file {path.name} is protected by a password.",
            remedy="请取消密码保护后另存一份再导入。 "
            "Save a copy without the password and import that.",
        )
    return "xls"


def _sniff_shp(path: Path) -> str:
    if path.suffix.lower() == ".shx":
        raise InvalidFile(
            f"{path.name} 只是 Shapefile 的索引。 {path.name} is only the index of a Shapefile.",
            remedy="请指定同名的 .shp 文件。 Name the .shp beside it.",
        )
    return "shp"


def _sniff_text(path: Path, start: bytes) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "ignore").encode()
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if bare.startswith((b"{", b"[")) and path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return "geojson"
    if bare.startswith(b"{") and b'"type"' in bare:
        return "geojson"
    lower = bare[:1024].lower()
    if lower.startswith(b"<"):
        raise _markup(path, lower)
    if lower.startswith(b"%pdf"):
        raise InvalidFile(
            f"{path.name} 是 PDF。 {path.name} is a PDF.",
            remedy="请向提供方索取 XLSX 或 CSV。 Ask for the XLSX or CSV it was made from.",
        )
    return "csv"


def _markup(path: Path, lower: bytes) -> InvalidFile:
    if b"<osm" in lower:
        return InvalidFile(
            f"{path.name} 是 OpenStreetMap 数据。 {path.name} is OpenStreetMap data.",
            remedy="请用 nuanyi import streets 导入街道。 Import it with nuanyi import streets.",
        )
    if b"<kml" in lower or b"<gml" in lower or b"opengis" in lower:
        return InvalidFile(
            f"{path.name} 是 KML 或 GML。 {path.name} is KML or GML.",
            remedy="请在 GIS 软件中另存为 GeoPackage。 Save it as GeoPackage.",
        )
    what = "XML 表格" if b"spreadsheet" in lower else "网页（HTML）"
    return InvalidFile(
        f"{path.name} 的内容其实是{what}，不是真正的表格文件。 "
        f"{path.name} is in fact a web page or XML, not a spreadsheet file.",
        remedy="请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再导入。 "
        "Open it in Excel or WPS, save it as an Excel workbook (.xlsx), and import that.",
    )
