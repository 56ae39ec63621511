"""Areas from a checked file to rows of the table: validity, parents, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyproj import Geod

from geo.coordinates import to_wgs84
from geo.errors import Invalid, InvalidFile
from geo.ewkb import shape_column
from geo.files import values
from geo.files.headers import Matched
from geo.files.identity import stable_ids
from geo.files.tables import RawTable
from geo.imports.context import Context
from geo.imports.options import Prepared
from geo.imports.rows import Rows, stated
from geo.schema.areas import AREA_KINDS

KIND_BY_CODE = {2: "province", 4: "prefecture", 6: "district", 9: "subdistrict", 12: "community"}
"""Digits of a division code (GB/T 2260 and the statistical codes) by level."""
UNION_FIELDS = {
    "union_name": values.stated_text,
    "union_address": values.stated_text,
    "union_phone": values.stated_text,
    "union_link": values.links,
}
"""The union that takes in who works in an area, and how to reach it. A link that is none is left
out and told, the area is taken."""

Shapes = npt.NDArray[np.object_]


def prepare_areas(raw: RawTable, matched: Matched, context: Context) -> Prepared:
    """Check every area of a file; see :func:`geo.imports.run.import_file`.

    Invalid rings are mended (GEOS make_valid, method *structure*, never `buffer(0)`, which drops
    half of a bow-tie) and reported. A name without a polygon is legal, and so is a polygon without
    a name; a row with neither is rejected.
    """
    rows = Rows(raw, matched, context)
    code = rows.text("code")
    name = rows.text("name")
    kind = _kinds(rows, code, context)
    parent_code = rows.text("parent_code")
    # A day that is none rejects its row: to be read before it is known which rows are kept.
    validity = {field: rows.dates(field) for field in ("valid_from", "valid_to")}
    shapes, mended = _shapes(rows, context)
    rows.problems.add_mask(
        ~stated(name) & ~stated(code) & shapely.is_missing(shapes),
        matched.fields.get("name", "name"),
        rows.cells("name"),
        reason_zh="没有名称、代码，也没有边界",
        reason="Neither a name, nor a code, nor a boundary",
        remedy_zh="至少填一项",
        remedy="Give at least one of them",
    )
    outline = pa.array(shapely.to_wkb(shapes, hex=True), pa.large_string())
    ids = np.where(
        stated(code),
        stable_ids(kind, code),
        np.where(
            stated(name),
            stable_ids(kind, name, parent_code),
            stable_ids(kind, outline),
        ),
    ).astype(np.int64)
    rows.reject_repeats(ids, "code", "name")
    if mended:
        rows.note(
            f"{len(mended)} 个边界自相交，已修正 / invalid rings mended, rows: "
            + ", ".join(str(row) for row in mended[:30])
        )
    rows.report["mended_rows"] = mended
    unnamed = int((~stated(name))[rows.kept].sum())
    if unnamed:
        rows.note(f"{unnamed} 个区域没有名称 / areas without a name")
    bare = int(shapely.is_missing(shapes)[rows.kept].sum())
    if bare:
        rows.note(f"{bare} 个区域没有边界 / areas without a boundary")
    keep = rows.only_kept
    kept_shapes = shapes[rows.kept]
    columns = {
        "id": ids[rows.kept],
        "kind": keep(kind),
        "code": keep(code),
        "name": keep(name),
        "type_name": keep(rows.text("type_name")),
        "parent_id": _parents(rows, kind, code, parent_code, ids, shapes),
        "predecessor_code": keep(rows.text("predecessor_code")),
        **{field: keep(days) for field, days in validity.items()},
        "address": keep(rows.text("address")),
        **{
            field: keep(rows.read(field, parse, pa.large_string(), rejects=False))
            for field, parse in UNION_FIELDS.items()
        },
        "boundary": shape_column(kept_shapes),
        "square_metres": _square_metres(kept_shapes),
        "source_row": rows.source_rows(),
    }
    return rows.prepared(columns)


def _kinds(rows: Rows, code: Any, context: Context) -> Any:
    """Each row's kind: its own column, else what the import says, else the length of its code."""
    said = context.options.kind
    if said is not None and said not in AREA_KINDS:
        raise Invalid(
            f"'{said}' is not a kind of area.",
            remedy=f"Use one of {', '.join(AREA_KINDS)}.",
            field="kind",
        )
    kind = rows.choice("kind", "area_kind")
    if said is not None:
        return pc.fill_null(kind, said)
    digits = pc.utf8_length(pc.fill_null(code, "")).to_numpy(zero_copy_only=False)
    numeric = pc.match_substring_regex(pc.fill_null(code, ""), "^[0-9]+$")
    by_code = [
        KIND_BY_CODE.get(int(length)) if number else None
        for length, number in zip(digits, numeric.to_pylist(), strict=True)
    ]
    kind = pc.coalesce(kind, pa.array(by_code, pa.large_string()))
    missing = ~stated(kind)
    if missing.all() and rows.count:
        raise InvalidFile(
            "The file does not say what kind of areas these are.",
            remedy=f"Say it with --kind, one of {', '.join(AREA_KINDS)}, or give a column 类型.",
        )
    rows.problems.add_mask(
        missing,
        rows.matched.fields.get("kind", "kind"),
        rows.cells("kind"),
        reason_zh="没有区域类型",
        reason="The kind of this area is missing",
        remedy_zh="填写类型，或用 --kind 指定",
        remedy="Fill it in, or say --kind",
    )
    return kind


def _shapes(rows: Rows, context: Context) -> tuple[Shapes, list[int]]:
    """Boundaries in WGS 84 as valid MultiPolygons or None; and which rows were mended."""
    raw = rows.raw
    shapes: Shapes = np.full(rows.count, None, dtype=object)
    if raw.geometry is None:
        return shapes, []
    shapes[:] = shapely.force_2d(raw.geometry)
    crs = context.options.crs
    if crs is None and raw.declared_crs_of_file is None and not shapely.is_missing(shapes).all():
        raise Invalid(
            "The file does not say its coordinate system.",
            remedy="Say --crs wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu): they differ by some "
            "350 m.",
            field="crs",
        )
    empty = shapely.is_empty(shapes)
    shapes[empty] = None
    dimension = shapely.get_dimensions(shapes)
    rows.problems.add_mask(
        ~shapely.is_missing(shapes) & (dimension != 2),
        "geometry",
        None,
        reason_zh="边界不是面",
        reason="The boundary is not a polygon",
        remedy_zh="改为面（Polygon）",
        remedy="Give a polygon",
    )
    shapes[~shapely.is_missing(shapes) & (dimension != 2)] = None
    if crs in ("gcj02", "bd09"):
        shapes = shapely.transform(
            shapes, lambda at: np.column_stack(to_wgs84(at[:, 0], at[:, 1], crs))
        )
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        outside = (np.abs(bounds[:, [0, 2]]) > 180).any(axis=1) | (
            np.abs(bounds[:, [1, 3]]) > 90
        ).any(axis=1)
    rows.problems.add_mask(
        outside,
        "geometry",
        None,
        reason_zh="坐标超出经纬度范围",
        reason="Coordinates outside the range of longitude and latitude",
        remedy_zh="检查坐标系，用 --crs 指定，或转换为经纬度",
        remedy="Check the coordinate system; convert to degrees",
    )
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    mended = rows.raw.row_numbers[broken].tolist()
    if broken.any():
        shapes[broken] = shapely.make_valid(
            shapes[broken], method="structure", keep_collapsed=False
        )
    return _multi(shapes), mended


def _multi(shapes: Shapes) -> Shapes:
    """Everything with an area as a MultiPolygon; lines and points that mending left are dropped."""
    present = np.flatnonzero(~shapely.is_missing(shapes))
    parts, owner = shapely.get_parts(shapes[present], return_index=True)
    inner, of_part = shapely.get_parts(parts, return_index=True)
    flat = shapely.get_type_id(inner) == shapely.GeometryType.POLYGON
    answer: Shapes = np.full(len(shapes), None, dtype=object)
    if flat.any():
        which, place = np.unique(owner[of_part[flat]], return_inverse=True)
        answer[present[which]] = shapely.multipolygons(inner[flat], indices=place)
    return answer


def _parents(
    rows: Rows,
    kind: Any,
    code: Any,
    parent_code: Any,
    ids: npt.NDArray[np.int64],
    shapes: Shapes,
) -> Any:
    """The parent of each accepted area: by the parent code it states, by the beginning of its own
    code, or, for a statutory level without codes, the next level above that holds a point of it."""
    kept = rows.kept
    codes = code.to_pylist()
    said = parent_code.to_pylist()
    kinds = kind.to_pylist()
    by_code = {codes[number]: number for number in kept.tolist() if codes[number]}
    parents: list[int | None] = []
    lost = 0
    for number in kept.tolist():
        parent = by_code.get(said[number]) if said[number] else None
        if said[number] and parent is None:
            lost += 1
        own = codes[number]
        if parent is None and own and own.isdigit():
            lengths = [length for length in KIND_BY_CODE if length < len(own)]
            begins = (by_code.get(own[:length]) for length in reversed(lengths))
            parent = next((found for found in begins if found is not None), None)
        parents.append(None if parent in (None, number) else int(ids[parent]))
    if lost:
        rows.note(f"{lost} 个区域的上级代码不在文件中 / areas whose parent code is not in the file")
    _parents_by_place(kept, kinds, ids, shapes, parents)
    return pa.array(parents, pa.int64())


def _parents_by_place(
    kept: npt.NDArray[np.int64],
    kinds: list[str],
    ids: npt.NDArray[np.int64],
    shapes: Shapes,
    parents: list[int | None],
) -> None:
    level = np.array([AREA_KINDS.index(kinds[number]) for number in kept.tolist()])
    boundary = shapes[kept]
    orphans = np.array([parent is None for parent in parents], dtype=bool) & ~shapely.is_missing(
        boundary
    )
    for low in range(1, 5):
        children = np.flatnonzero(orphans & (level == low))
        for high in range(low - 1, -1, -1):
            above = np.flatnonzero((level == high) & ~shapely.is_missing(boundary))
            if not len(children) or not len(above):
                continue
            inside: Any = shapely.point_on_surface(boundary[children])
            child, holder = shapely.STRtree(boundary[above]).query(inside, predicate="within")
            for one, other in zip(child.tolist(), holder.tolist(), strict=True):
                if parents[children[one]] is None:
                    parents[children[one]] = int(ids[kept[above[other]]])
            children = np.array(
                [one for one in children.tolist() if parents[one] is None], dtype=np.int64
            )


def _square_metres(shapes: Shapes) -> Any:
    """Areas on the ellipsoid."""
    geod = Geod(ellps="WGS84")
    return pa.array(
        [
            None if shape is None else abs(geod.geometry_area_perimeter(shape)[0])
            for shape in shapely.orient_polygons(shapes)
        ],
        pa.float64(),
    )
