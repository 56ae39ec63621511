"""Where the rows of a file are: from their geometry, two columns, or one column for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo.coordinates import CRS_NAMES, Bounds, Crs, in_range, looks_swapped, to_wgs84
from geo.errors import Invalid
from geo.files.headers import Matched, latitude_first
from geo.files.parsed import Mask, mask_of
from geo.files.problems import Problems
from geo.files.tables import RawTable
from geo.files.values import numbers, plain

Floats = NDArray[np.float64]

_NUMBER: Final = "[+-]?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SIDES: Final = {"lon": ("东经|东|E", "西经|西|W"), "lat": ("北纬|北|N", "南纬|南|S")}
_FRAME: Final = "[\\s\\[\\](){}<>]*"


@dataclass(frozen=True)
class Positions:
    """Places of n rows.

    `lon`, `lat` are WGS 84 degrees; `original_x`, `original_y` what the file has, in
    `original_crs`; all NaN where a row has no (usable) position. `has_position` tells where it has;
    rows where `problems` rejects nothing either are unlocated, which is no fault.
    """

    lon: Floats
    lat: Floats
    original_x: Floats
    original_y: Floats
    original_crs: str
    has_position: Mask
    problems: Problems
    notes: list[str] = field(default_factory=list)

    @property
    def unlocated(self) -> int:
        """How many rows are not rejected and have no position."""
        return int((~self.has_position & self.problems.accepted_mask).sum())


def declared_crs(raw: RawTable, crs: Crs | None) -> Crs:
    """The system the coordinates are in: what a person said, else what the file says.

    Raises :class:`geo.errors.Invalid` when neither says.
    """
    if crs is not None:
        if crs not in CRS_NAMES:
            raise Invalid(
                f"没有坐标系 {crs}。 There is no coordinate system '{crs}'.",
                remedy=f"可用：{', '.join(CRS_NAMES)}。 Use one of these.",
                field="crs",
            )
        return crs
    if raw.geometry is not None and raw.declared_crs_of_file is not None:
        return "wgs84"
    raise Invalid(
        "没有说明坐标系。 The coordinate system is not declared.",
        remedy="请加 --crs wgs84、gcj02（高德、腾讯）或 bd09（百度）；"
        "高德、腾讯坐标直接使用会偏约 350 米。 "
        "Say --crs wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu): Amap/Tencent data is off by some "
        "350 m when taken as it is.",
        field="crs",
    )


def shapes_in_wgs84(raw: RawTable, crs: Crs | None) -> NDArray[np.object_]:
    """(n,) the geometries in WGS 84, polygons as they are; None where a feature has none.

    Raises :class:`Invalid` when the system is not declared, or the file has no geometry.
    """
    if raw.geometry is None:
        raise Invalid(
            "文件没有图形。 The file has no geometry.",
            remedy="请提供 GeoJSON、GeoPackage 或 Shapefile。 "
            "Give a GeoJSON, GeoPackage or Shapefile.",
        )
    system = declared_crs(raw, crs)
    if system == "wgs84":
        return raw.geometry

    def move(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        return to_wgs84(x, y, system)

    # The library's types know of the interleaved form only.
    return shapely.transform(raw.geometry, cast("Any", move), interleaved=False)


def positions(
    raw: RawTable, matched: Matched, crs: Crs | None, bounds: Bounds | None = None
) -> Positions:
    """The place of each row, in WGS 84.

    Args:
        raw: the file; its geometry counts first. Shapes that are no points get a point inside.
        matched: finds `lon` and `lat`, or `position` (`113.56,34.81`, `POINT(…)`, latitude first
            when the header says so, or when every pair that allows no other reading does).
        crs: what the coordinates were declared to be in.
        bounds: west, south, east, north in degrees WGS 84; what lies outside is a fault.

    Faults, each with its remedy: not a number, one of two missing, 0/0, out of range, swapped axes,
    outside `bounds`. No position at all is none. About 1 s for 1,000,000 rows.

    Raises:
        Invalid: there are coordinates and nobody says in which system they are.
    """
    problems = Problems(raw.row_numbers)
    rows = len(raw)
    nothing = np.full(rows, np.nan)
    notes: list[str] = []
    columns = [name for name in ("lon", "lat", "position") if name in matched]
    drawn = raw.geometry is not None and not shapely.is_missing(raw.geometry).all()
    if not drawn and not columns:
        none = np.zeros(rows, dtype=np.bool_)
        return Positions(nothing, nothing, nothing, nothing, crs or "wgs84", none, problems, notes)
    system = declared_crs(raw, crs)
    label, shown = "geometry", None
    original: tuple[Floats, Floats] | None = None
    original_crs: str = system
    if drawn:
        if columns:
            notes.append("以图形为准，未用坐标列 / the geometry counts, not the columns beside it")
        x, y, original = _of_shapes(raw, notes)
        if original is not None:
            original_crs = raw.declared_crs_of_file or system
            if system != "wgs84":
                notes.append(
                    f"文件坐标系为 {original_crs}，又声明 {system}：先转为经纬度，再纠偏 / "
                    f"in {original_crs} and declared {system}: both were undone"
                )
    elif "lon" in matched and "lat" in matched:
        return of_columns(raw, matched, system, bounds)
    elif "position" in matched:
        x, y = _of_one_column(raw, matched, problems, notes)
        label, shown = matched.header("position"), _cells(raw, matched, "position")
    else:
        only = matched.header(columns[0])
        raise Invalid(
            f"只有“{only}”一列，缺少另一列坐标。 There is only '{only}' of longitude and latitude.",
            remedy="请用 --map lon=列名 --map lat=列名 指定。 "
            "Name both with --map lon=COLUMN --map lat=COLUMN.",
            field="map",
        )
    return _placed(x, y, original, system, original_crs, bounds, label, shown, problems, notes)


def of_columns(
    raw: RawTable,
    matched: Matched,
    system: Crs,
    bounds: Bounds | None = None,
    lon: str = "lon",
    lat: str = "lat",
) -> Positions:
    """As :func:`positions`, from two columns that are there: the fields `lon` and `lat`."""
    problems = Problems(raw.row_numbers)
    x, y = _of_columns(raw, matched, problems, lon, lat)
    shown = pc.binary_join_element_wise(
        _cells(raw, matched, lon),
        _cells(raw, matched, lat),
        pa.scalar(",", pa.large_string()),
        null_handling="replace",
    )
    label = f"{matched.header(lon)}、{matched.header(lat)}"
    return _placed(x, y, None, system, system, bounds, label, shown, problems, [])


def _placed(
    x: Floats,
    y: Floats,
    original: tuple[Floats, Floats] | None,
    system: Crs,
    original_crs: str,
    bounds: Bounds | None,
    label: str,
    shown: Any,
    problems: Problems,
    notes: list[str],
) -> Positions:
    """Check pairs of coordinates and take them to WGS 84."""
    nothing = np.full(len(x), np.nan)
    good = np.isfinite(x) & np.isfinite(y)
    good = _check(x, y, good, label, shown, problems)
    lon, lat = nothing.copy(), nothing.copy()
    lon[good], lat[good] = to_wgs84(x[good], y[good], system)
    if bounds is not None:
        good = _check_bounds(lon, lat, good, bounds, label, shown, problems)
    kept_x, kept_y = original if original is not None else (x, y)
    return Positions(
        np.where(good, lon, np.nan),
        np.where(good, lat, np.nan),
        np.where(good, kept_x, np.nan),
        np.where(good, kept_y, np.nan),
        original_crs,
        good,
        problems,
        notes,
    )


def _cells(raw: RawTable, matched: Matched, name: str) -> Any:
    cells = pa.array(matched.column(raw.frame, name).array)
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    return cells.cast(pa.large_string())


def _of_shapes(
    raw: RawTable, notes: list[str]
) -> tuple[Floats, Floats, tuple[Floats, Floats] | None]:
    assert raw.geometry is not None
    points, extended = _points(raw.geometry)
    if extended:
        notes.append(
            f"{extended} 个非点要素取其内部一点为位置 / "
            f"{extended} shapes that are no points are placed at a point inside"
        )
    x, y = shapely.get_x(points), shapely.get_y(points)
    if raw.geometry_in_file is None:
        return x, y, None
    before, _ = _points(raw.geometry_in_file)
    return x, y, (shapely.get_x(before), shapely.get_y(before))


def _points(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], int]:
    """Points for shapes; a point inside for what is none, and how many those are."""
    extended = ~shapely.is_missing(shapes) & (shapely.get_type_id(shapes) != 0)
    if not extended.any():
        return shapes, 0
    points = shapes.copy()
    wide = shapes[extended]
    invalid = ~shapely.is_valid(wide)
    wide[invalid] = shapely.make_valid(wide[invalid])
    points[extended] = shapely.point_on_surface(wide)
    points[shapely.is_empty(points)] = None
    return points, int(extended.sum())


def _of_columns(
    raw: RawTable, matched: Matched, problems: Problems, lon: str, lat: str
) -> tuple[Floats, Floats]:
    parsed, missing = {}, {}
    for name, (positive, negative) in zip((lon, lat), _SIDES.values(), strict=True):
        cells = matched.column(raw.frame, name)
        column = plain(cells)
        read = numbers(_degrees(column, positive, negative))
        bad = mask_of(pc.is_valid(column)) & mask_of(pc.is_null(read.values))
        problems.add_mask(
            bad,
            matched.header(name),
            cells,
            reason_zh="坐标不是数字",
            reason="The coordinate is not a number",
            remedy_zh="改为十进制度数，例如 113.564525；不知道位置时留空",
            remedy="Write decimal degrees such as 113.564525; leave it empty when not known",
        )
        parsed[name], missing[name] = read.floats(), mask_of(pc.is_null(column))
    for name, other in ((lon, lat), (lat, lon)):
        problems.add_mask(
            missing[name] & ~missing[other],
            matched.header(name),
            reason_zh="经度、纬度只填了一个",
            reason="Only one of longitude and latitude is given",
            remedy_zh="两个都填，或都留空",
            remedy="Give both, or neither",
        )
    return parsed[lon], parsed[lat]


def _degrees(column: Any, positive: str, negative: str) -> Any:
    """Decimal degrees without their marks; a comma for the point, as some countries write it."""
    column = pc.replace_substring_regex(column, "^([+-]?[0-9]{1,3}),([0-9]+)$", "\\1.\\2")
    if pc.all(pc.match_substring_regex(column, "^[+-]?[0-9.]+$")).as_py():
        return column
    number = "([0-9]{1,3}(?:\\.[0-9]+)?)\\s*(?:°|度)?"
    for words, sign in ((positive, ""), (negative, "-")):
        column = pc.replace_substring_regex(column, f"(?i)^(?:{words})\\s*{number}$", f"{sign}\\1")
        column = pc.replace_substring_regex(column, f"(?i)^{number}\\s*(?:{words})$", f"{sign}\\1")
    return pc.replace_substring_regex(column, "^([+-]?[0-9]{1,3}(?:\\.[0-9]+)?)\\s*[°度]$", "\\1")


def _of_one_column(
    raw: RawTable, matched: Matched, problems: Problems, notes: list[str]
) -> tuple[Floats, Floats]:
    cells = matched.column(raw.frame, "position")
    column = plain(cells)
    stated = mask_of(pc.is_valid(column))
    bare = pc.replace_substring_regex(column, "(?i)^(?:srid=[0-9]+;)?\\s*point\\s*z?\\s*", "")
    is_point = mask_of(pc.match_substring_regex(column, "(?i)^(?:srid=[0-9]+;)?\\s*point"))
    # Commas as decimal points leave blanks or semicolons to part the two.
    bare = pc.replace_substring_regex(
        bare,
        "^([+-]?[0-9]{1,3}),([0-9]+)(\\s+|\\s*;\\s*)([+-]?[0-9]{1,3}),([0-9]+)$",
        "\\1.\\2 \\4.\\5",
    )
    north_first = mask_of(pc.match_substring_regex(bare, "(?i)^(?:北纬|纬度|n|lat)|^[^,; ]*n[,; ]"))
    bare = pc.replace_substring_regex(bare, "(?i)东经|北纬|经度|纬度|[°度en:：]|lat|lng|lon", "")
    pattern = (
        f"^{_FRAME}(?P<a>{_NUMBER})(?:\\s*[,;/|、]\\s*|\\s+)(?P<b>{_NUMBER})"
        f"(?:[\\s,]+{_NUMBER})?{_FRAME}$"
    )
    parts = pc.extract_regex(bare, pattern)
    first, second = (
        np.array(
            parts.field(name).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64
        )
        for name in "ab"
    )
    read = mask_of(pc.is_valid(parts))
    first[~read], second[~read] = np.nan, np.nan
    problems.add_mask(
        stated & ~read,
        matched.header("position"),
        cells,
        reason_zh="坐标格式无法识别",
        reason="The position cannot be read",
        remedy_zh="改为“经度,纬度”，例如 113.564525,34.819187",
        remedy="Write longitude,latitude, for instance 113.564525,34.819187",
    )
    swap = np.full(len(first), latitude_first(matched.header("position"))) & ~is_point
    swap |= north_first
    if not swap.any() and not _names_order(matched.header("position")):
        free = read & ~is_point
        telling_lat_first = free & (np.abs(second) > 90) & (np.abs(first) <= 90)
        telling_lon_first = free & (np.abs(first) > 90)
        if telling_lat_first.any() and not telling_lon_first.any():
            swap = free
            notes.append(
                f"“{matched.header('position')}”按“纬度,经度”读取 / "
                f"'{matched.header('position')}' was read as latitude, longitude"
            )
    return np.where(swap, second, first), np.where(swap, first, second)


def _names_order(header: str) -> bool:
    """Whether the header names both axes apart, so that it must be believed."""
    lowered = header.casefold()
    return any(
        mark in lowered for mark in ("经度,", "经度，", "纬度,", "纬度，", "lat", "lon", "lng")
    )


def _check(x: Floats, y: Floats, good: Mask, label: str, shown: Any, problems: Problems) -> Mask:
    zero = good & (x == 0) & (y == 0)
    problems.add_mask(
        zero,
        label,
        shown,
        reason_zh="坐标为 0,0，不是真实位置",
        reason="The position is 0,0, which is no real place",
        remedy_zh="填写真实坐标；不知道位置时留空",
        remedy="Give the real position; leave it empty when not known",
    )
    swapped = good & (np.abs(y) > 90) & (np.abs(x) <= 90) & (np.abs(y) <= 180)
    problems.add_mask(
        swapped,
        label,
        shown,
        reason_zh="经度与纬度疑似填反",
        reason="Longitude and latitude look swapped",
        remedy_zh="对调经度与纬度",
        remedy="Swap longitude and latitude",
    )
    outside = good & ~in_range(x, y) & ~swapped
    problems.add_mask(
        outside,
        label,
        shown,
        reason_zh="坐标超出经纬度范围",
        reason="The coordinates are out of the range of degrees",
        remedy_zh="使用十进制度数：经度 -180～180，纬度 -90～90",
        remedy="Use decimal degrees: longitude -180 to 180, latitude -90 to 90",
    )
    return np.asarray(good & ~zero & ~swapped & ~outside)


def _check_bounds(
    lon: Floats,
    lat: Floats,
    good: Mask,
    bounds: Bounds,
    label: str,
    shown: Any,
    problems: Problems,
) -> Mask:
    west, south, east, north = bounds
    swapped = good & looks_swapped(lon, lat, bounds)
    problems.add_mask(
        swapped,
        label,
        shown,
        reason_zh="经度与纬度疑似填反",
        reason="Longitude and latitude look swapped",
        remedy_zh="对调经度与纬度",
        remedy="Swap longitude and latitude",
    )
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    outside = good & ~inside & ~swapped
    area = f"{west:g}～{east:g}, {south:g}～{north:g}"
    problems.add_mask(
        outside,
        label,
        shown,
        reason_zh="位置不在服务范围内",
        reason="The position is outside of the service area",
        remedy_zh=f"核对坐标与坐标系；范围 {area}",
        remedy=f"Check the coordinates and their system; the area is {area}",
    )
    return np.asarray(good & inside)
