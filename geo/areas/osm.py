"""Areas from an OpenStreetMap extract: its administrative boundaries.

`boundary=administrative` with an `admin_level`: in China 4 province, 5 and 6 prefecture and county
(省/地/县), 7 district of a county-level city, 8 township and subdistrict, 9 and 10 village and
community. Relations whose members the extract cuts off are no polygons: they are counted and left
out, never closed at a guess.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely

from geo.errors import InvalidFile
from geo.files.tables import RawTable

KIND_BY_LEVEL = {
    "4": "province",
    "5": "prefecture",
    "6": "district",
    "7": "district",
    "8": "subdistrict",
    "9": "community",
    "10": "community",
}
CODE_TAGS = ("ref:CN:xzqhdm", "gb2260", "division_code", "ref")


def read_osm_areas(path: Path) -> RawTable:
    """Read the administrative boundaries of an extract.

    Raises:
        InvalidFile: not an OpenStreetMap file, or no whole boundary in it.
    """
    try:
        return _read(path, path.name)
    except RuntimeError as error:
        if "out of order" not in str(error):
            raise _damaged(path, error) from error
    # Editors and some tools write objects in any order; putting rings together needs them sorted.
    with tempfile.TemporaryDirectory() as folder:
        ordered = Path(folder) / "ordered.osm.pbf"
        try:
            reader = osmium.MergeInputReader()
            reader.add_file(str(path))
            with osmium.SimpleWriter(str(ordered)) as writer:
                reader.apply(writer)
            return _read(ordered, path.name)
        except RuntimeError as error:
            raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InvalidFile:
    return InvalidFile(
        f"{path.name} 不是 OpenStreetMap 数据，或已损坏。 {path.name} is not an OpenStreetMap "
        f"extract, or is damaged: {error}.",
        remedy="请提供 .osm.pbf 或 .osm 文件。 Give an .osm.pbf or .osm file.",
    )


def _read(path: Path, name: str) -> RawTable:
    factory = osmium.geom.WKBFactory()
    names: list[dict[str, Any]] = []
    shapes: list[bytes] = []
    relations = 0
    wanted = osmium.filter.TagFilter(("boundary", "administrative"))
    objects: Any = osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted)
    for one in objects:
        if one.is_relation():
            relations += one.tags.get("admin_level", "") in KIND_BY_LEVEL
        if not one.is_area() or one.tags.get("admin_level", "") not in KIND_BY_LEVEL:
            continue
        try:
            shapes.append(bytes.fromhex(factory.create_multipolygon(one)))
        except RuntimeError:
            continue  # a boundary whose rings do not close is counted below as missing
        code = next((one.tags[tag] for tag in CODE_TAGS if tag in one.tags), None)
        names.append(
            {
                "kind": KIND_BY_LEVEL[one.tags["admin_level"]],
                "code": code,
                "name": one.tags.get("name:zh") or one.tags.get("name"),
                "osm_id": str(one.orig_id()),
            }
        )
    if not shapes:
        raise InvalidFile(
            f"{name} 中没有完整的行政边界（{relations} 个被截断）。 {name} holds no whole "
            f"administrative boundary ({relations} are cut off by the extract).",
            remedy="请换更大的范围，或改用 GeoJSON、GeoPackage。 Take a larger extract "
            "(`osmium extract --strategy=smart`), or import the areas from a GeoJSON or GeoPackage "
            "file.",
        )
    table = RawTable(
        frame=pd.DataFrame(names, dtype="str"),
        row_numbers=np.arange(1, len(names) + 1),
        geometry=np.asarray(shapely.from_wkb(shapes), dtype=object),
        declared_crs_of_file="EPSG:4326",
        format="geojson",
    )
    cut = relations - len(names)
    if cut > 0:
        table.notes.append(
            f"{cut} 个行政边界被截断，未导入 / administrative boundaries cut off by the extract, "
            "left out"
        )
    return table
