"""GeoJSON, GeoPackage and Shapefile: attributes as text, geometry in longitude and latitude."""

from __future__ import annotations

import io
import json
import re
import warnings
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.errors
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.raw import read_arrow

from geo.errors import InvalidFile
from geo.files.encodings import detect_encoding
from geo.files.parsed import mask_of
from geo.files.problems import Problems
from geo.files.tables import RawTable, text_frame, unique_headers

# Systems in degrees on the datum that is stored; CGCS2000 differs by centimetres.
_SAME_AS_STORED: Final = {"EPSG:4326", "EPSG:4490", "EPSG:4979", "EPSG:4480", "OGC:CRS84"}


def read_geojson(path: Path) -> RawTable:
    """Read GeoJSON: a collection, one feature, or features line by line.

    RFC 7946 has the coordinates in WGS 84, but much of what is published in China is GCJ-02: only a
    `crs` member counts as the file's own word. About 10 s for 1,000,000 points.
    """
    encoding = detect_encoding(path)
    # The reader of the file wants UTF-8; a copy is made only of one that is not.
    whole = None
    if encoding not in ("utf-8", "utf-8-sig"):
        whole = path.read_bytes().decode(encoding).encode()
    declared = _declares_crs(whole if whole is not None else path)
    try:
        table = _read(whole if whole is not None else path, None, "geojson")
    except pyogrio.errors.DataSourceError as error:
        raise _not_geojson(path, error) from error
    table.encoding = encoding
    if not declared:
        table.declared_crs_of_file = None
    return table


def read_geopackage(path: Path, layer: str | None) -> RawTable:
    """Read one layer of a GeoPackage; which one must be said when there are several."""
    return _read(path, _layer(path, layer), "gpkg")


def read_shapefile(path: Path, encoding: str | None) -> RawTable:
    """Read a Shapefile whose attributes are in `encoding`; see :mod:`geo.files.shapefile`."""
    return _read(path, None, "shp", encoding)


def _layer(path: Path, wanted: str | None) -> str:
    try:
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except pyogrio.errors.DataSourceError as error:
        raise _unreadable(path.name, error) from error
    names = [name for name, _ in layers]
    if wanted is not None:
        if wanted not in names:
            raise InvalidFile(
                f"没有名为“{wanted}”的图层。 There is no layer '{wanted}'.",
                remedy=f"可用：{'、'.join(names)}。 Use one of these.",
                field="layer",
            )
        return wanted
    spatial = [name for name, kind in layers if kind is not None] or names
    if not spatial:
        raise InvalidFile(
            f"文件 {path.name} 没有图层。 The file {path.name} has no layer.",
            remedy="请检查是否选对了文件。 Check that it is the right file.",
        )
    if len(spatial) > 1:
        raise InvalidFile(
            f"文件有多个图层：{'、'.join(spatial)}。 The file has several layers.",
            remedy=f"请用 --layer 指定，例如 --layer {spatial[0]}。 "
            f"Say which, for instance --layer '{spatial[0]}'.",
            field="layer",
        )
    return spatial[0]


def _read(
    source: Path | bytes, layer: str | None, kind: str, encoding: str | None = None
) -> RawTable:
    options: dict[str, Any] = {}
    if kind == "geojson":
        options = {"DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES"}
    name = source.name if isinstance(source, Path) else "GeoJSON"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            about, table = read_arrow(source, layer=layer, encoding=encoding, **options)
        except pyogrio.errors.DataSourceError as error:
            if kind == "geojson":
                raise
            raise _unreadable(name, error) from error
        except (pyogrio.errors.DataLayerError, pa.ArrowException, UnicodeDecodeError) as error:
            raise _unreadable(name, error) from error
    if table.num_rows == 0:
        raise InvalidFile(
            f"文件 {name} 没有任何要素。 The file {name} has no features.",
            remedy="请检查是否选对了文件或图层。 Check that it is the right file and layer.",
        )
    notes = [f"读取时的警告：{text} / warning while reading" for text in _messages(warned)]
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    raw = RawTable(
        frame=_attributes(table),
        row_numbers=numbers,
        format=kind,
        encoding=encoding,
        notes=notes,
        problems=Problems(numbers),
    )
    _add_geometry(raw, table, about.get("crs"))
    return raw


def _messages(warned: list[warnings.WarningMessage]) -> list[str]:
    return list(dict.fromkeys(str(warning.message) for warning in warned))[:5]


def _is_geometry(field: Any) -> bool:
    name: bytes = (field.metadata or {}).get(b"ARROW:extension:name", b"")
    return name.startswith(b"geoarrow")


def _attributes(table: Any) -> Any:
    """Every attribute as text; see :func:`_text`."""
    fields = [field for field in table.schema if not _is_geometry(field)]
    names = unique_headers([field.name for field in fields])
    columns = {
        name: _text(table.column(table.schema.get_field_index(field.name)))
        for name, field in zip(names, fields, strict=True)
    }
    return text_frame(columns, table.num_rows)


def _text(column: Any) -> Any:
    """A column as text: 25.0 as 25, dates as 2021-03-05, truth as 是 or 否, lists as JSON."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        column = pc.if_else(column, "是", "否")
    elif pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column.cast(pa.float64()), None)
        # 9e15 is written in full; what is beyond, spreadsheets and drivers round anyway.
        whole = pc.and_(pc.equal(pc.round(column), column), pc.less(pc.abs(column), 9e15))
        digits = pc.if_else(whole, column, None).cast(pa.int64(), safe=False).cast(pa.string())
        column = pc.if_else(whole, digits, column.cast(pa.string()))
    elif pa.types.is_timestamp(kind):
        days = column.cast(pa.timestamp("s", kind.tz), safe=False)
        midnight = pc.equal(days, pc.floor_temporal(days, unit="day"))
        column = pc.if_else(
            midnight, pc.strftime(days, "%Y-%m-%d"), pc.strftime(days, "%Y-%m-%d %H:%M:%S")
        )
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind):
        column = pa.chunked_array(
            [[None if cell is None else _json(cell) for cell in column.to_pylist()]], pa.string()
        )
    column = column.cast(pa.large_string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.large_string()), column)


def _json(cell: Any) -> str:
    return json.dumps(cell, ensure_ascii=False, default=repr)


def _add_geometry(raw: RawTable, table: Any, crs: str | None) -> None:
    """Decode the geometry, turn it to degrees, and report shapes that are broken."""
    field = next((field for field in table.schema if _is_geometry(field)), None)
    if field is None:
        return
    column = table.column(field.name).combine_chunks()
    wkb = column.to_numpy(zero_copy_only=False)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    broken = shapely.is_missing(shapes) & mask_of(pc.is_valid(column))
    raw.problems.add_mask(
        broken,
        "geometry",
        reason_zh="图形坐标残缺，无法读取",
        reason="The shape is broken and cannot be read",
        remedy_zh="在 GIS 软件中修复该要素（环至少 4 个点且首尾闭合）",
        remedy="Mend the feature in a GIS (a ring has four points or more and is closed)",
    )
    shapes = shapely.force_2d(shapes)
    shapes[shapely.is_empty(shapes)] = None
    raw.geometry = shapes
    if crs is not None:
        _to_degrees(raw, shapes, crs)


def _to_degrees(raw: RawTable, shapes: NDArray[np.object_], declared: str) -> None:
    try:
        system = pyproj.CRS.from_user_input(declared)
    except pyproj.exceptions.CRSError as error:
        raise _odd_system(declared) from error
    raw.declared_crs_of_file = name = system_name(system)
    if name in _SAME_AS_STORED:
        return
    try:
        transformer = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise _odd_system(name) from error
    raw.geometry_in_file = shapes
    raw.geometry = shapely.transform(shapes, cast("Any", transformer.transform), interleaved=False)
    accuracy = f"{transformer.accuracy:g} m" if transformer.accuracy >= 0 else "?"
    raw.notes.append(
        f"坐标由 {name}（{system.name}）转换为 WGS 84，标称精度 {accuracy} / "
        f"transformed from {name} ({system.name}) to WGS 84, stated accuracy {accuracy}"
    )


def system_name(system: pyproj.CRS) -> str:
    """`EPSG:4490` where the system is a registered one, else its own name."""
    authority = system.to_authority(min_confidence=60)
    return ":".join(authority) if authority else str(system.name)


def _odd_system(name: str) -> InvalidFile:
    return InvalidFile(
        f"文件的坐标系 {name} 无法转换为经纬度。 "
        f"The file's coordinate system {name} cannot be turned into longitude and latitude.",
        remedy="请在 GIS 软件中另存为 EPSG:4326 后再导入。 Save it in EPSG:4326 with a GIS.",
    )


def _declares_crs(source: Path | bytes) -> bool:
    """Whether the collection, not a feature of it, has a `crs` member."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        head = stream.read(1 << 20).partition(b'"features"')[0]
        stream.seek(max(0, stream.seek(0, io.SEEK_END) - (1 << 16)))
        tail = stream.read().rpartition(b"]")[2]
    return re.search(rb'"crs"\s*:\s*\{', head + b" " + tail) is not None


def _not_geojson(path: Path, error: Exception) -> InvalidFile:
    return InvalidFile(
        f"文件 {path.name} 不是完整的 GeoJSON。 "
        f"The file {path.name} is not complete GeoJSON: {_bare(error)}",
        remedy="请检查文件是否下载完整；TopoJSON 等请先转为 GeoJSON。 "
        "Check that it was downloaded whole; turn TopoJSON and the like into GeoJSON first.",
    )


def _unreadable(name: str, error: Exception) -> InvalidFile:
    return InvalidFile(
        f"文件 {name} 已损坏或无法读取。 The file {name} is damaged or cannot be read: "
        f"{_bare(error)}",
        remedy="请在 GIS 软件（如 QGIS）中打开并另存为 GeoPackage 后再导入。 "
        "Open it in a GIS such as QGIS, save it as GeoPackage, and import that.",
    )


def _bare(error: Exception) -> str:
    """The reason without the reader's advice and its names of temporary files."""
    text = str(error).split("; It might help")[0]
    return re.sub(r"'?/(?:vsimem|tmp)[^\s']*'?", "the file", text).rstrip(".") + "."
