"""Coordinate systems of maps in China, checks of positions, and metric work on the ellipsoid.

Three systems occur in the files people have: `wgs84` (satellite positioning, OpenStreetMap; the
national CGCS2000 of Tianditu differs by centimetres and counts as the same), `gcj02` (Amap,
Tencent) and `bd09` (Baidu, a second offset on top of GCJ-02). Stored is WGS 84 longitude and
latitude in degrees, always in that order.

**The formula of GCJ-02 is public but unofficial.** It has been used by map libraries since 2013 and
agrees with the services' own conversion within a few metres; no authority has published it. The
same holds for BD-09. What is exact here is the inverse: it undoes the public formula to well under
a millimetre, so that a position that goes to a map and comes back is the same position.

Where the offsets apply
    Nothing is shifted outside the rectangle 72.004..137.8347 E, 0.8293..55.8271 N (the test all
    implementations share). Inside it GCJ-02 shifts everywhere but in Hong Kong, Macao and Taiwan,
    told by three simple polygons that are *approximate* (up to 1 km at the land borders, drawn on
    the far side so that no place of the mainland is cut out; Kinmen, Matsu and the smallest islands
    are not cut out either). BD-09's own offset applies in the whole rectangle.
The border
    A shifted position just inside a border and an unshifted one just outside can have the same
    coordinates. The inverse then takes the shifted one, so every position of the mainland comes
    back, the rectangle's edge included; a position of Hong Kong, Macao or a neighbouring country
    within some 700 m of a border may be read as lying on the other side.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal, cast, get_args

import numpy as np
import shapely
from numba import njit
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod, Transformer

from geo.errors import Invalid, OutsideServiceArea

Crs = Literal["wgs84", "gcj02", "bd09"]
CRS_NAMES: Final[tuple[Crs, ...]] = get_args(Crs)

Bounds = tuple[float, float, float, float]
Floats = NDArray[np.float64]

_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
# Krasovsky 1940, as the formula has it.
_A = 6378245.0
_EE = 0.00669342162296594323
_X_PI = math.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006
# Positions that an inverse puts this close outside the rectangle lay on its edge: 0.1 mm.
_EDGE = 1e-9
# Five steps leave 9 nm of GCJ-02 (each step gains a factor of some 150) and, of BD-09 on top, the
# same after four; one more of each costs little.
_STEPS = 5

# Rings are not closed. Drawn from general knowledge; see the module's text for what they are worth.
_HONG_KONG = np.array(
    [
        (113.835, 22.150), (113.835, 22.300), (113.870, 22.420), (113.925, 22.450),
        (113.960, 22.476), (114.000, 22.488), (114.020, 22.499), (114.050, 22.500),
        (114.066, 22.511), (114.080, 22.511), (114.093, 22.523), (114.112, 22.527),
        (114.128, 22.533), (114.145, 22.538), (114.158, 22.552), (114.180, 22.551),
        (114.205, 22.551), (114.222, 22.545), (114.228, 22.540), (114.262, 22.545),
        (114.330, 22.557), (114.430, 22.557), (114.455, 22.535), (114.470, 22.440),
        (114.500, 22.400), (114.500, 22.150),
    ],
    dtype=np.float64,
)  # fmt: skip
_MACAO = np.array(
    [
        (113.5330, 22.2000), (113.5360, 22.2110), (113.5410, 22.2115), (113.5480, 22.2140),
        (113.5560, 22.2135), (113.5900, 22.2060), (113.6050, 22.1800), (113.6050, 22.1050),
        (113.5560, 22.1050), (113.5535, 22.1300), (113.5545, 22.1420), (113.5490, 22.1550),
        (113.5440, 22.1700), (113.5330, 22.1830),
    ],
    dtype=np.float64,
)  # fmt: skip
_TAIWAN = np.array(
    [
        (119.20, 23.10), (120.00, 22.20), (120.60, 21.60), (121.80, 21.60), (122.30, 24.60),
        (122.30, 25.80), (121.30, 25.50), (120.60, 25.00), (119.30, 23.90),
    ],
    dtype=np.float64,
)  # fmt: skip


@njit(cache=True, nogil=True)
def _inside(ring: Floats, lon: float, lat: float) -> bool:
    inside = False
    previous = ring.shape[0] - 1
    for i in range(ring.shape[0]):
        y1, y2 = ring[i, 1], ring[previous, 1]
        if (y1 > lat) != (y2 > lat):
            x1, x2 = ring[i, 0], ring[previous, 0]
            if lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                inside = not inside
        previous = i
    return inside


@njit(cache=True, nogil=True)
def _in_rectangle(lon: float, lat: float, edge: float) -> bool:
    # NaN is in no rectangle, and so passes through unchanged.
    return _WEST - edge <= lon <= _EAST + edge and _SOUTH - edge <= lat <= _NORTH + edge


@njit(cache=True, nogil=True)
def _cut_out(lon: float, lat: float) -> bool:
    if 113.53 <= lon <= 114.51 and 22.10 <= lat <= 22.56:
        return _inside(_HONG_KONG, lon, lat) or _inside(_MACAO, lon, lat)
    if 119.2 <= lon <= 122.3 and 21.6 <= lat <= 25.8:
        return _inside(_TAIWAN, lon, lat)
    return False


@njit(cache=True, nogil=True)
def _gcj_shift(lon: float, lat: float) -> tuple[float, float]:
    """Degrees to add to a WGS 84 position, by the public formula, wherever it lies."""
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    px, py = math.pi * x, math.pi * y
    sine2 = math.sin(2.0 * px)
    # sin 3t = 3 sin t - 4 sin³ t spares the formula's sin 6πx.
    common = 20.0 * (sine2 * (3.0 - 4.0 * sine2 * sine2)) + 20.0 * sine2
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += common * 2.0 / 3.0
    north += (20.0 * math.sin(py) + 40.0 * math.sin(py / 3.0)) * 2.0 / 3.0
    north += (160.0 * math.sin(py / 12.0) + 320.0 * math.sin(py / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += common * 2.0 / 3.0
    east += (20.0 * math.sin(px) + 40.0 * math.sin(px / 3.0)) * 2.0 / 3.0
    east += (150.0 * math.sin(px / 12.0) + 300.0 * math.sin(px / 30.0)) * 2.0 / 3.0
    radians = math.radians(lat)
    sine = math.sin(radians)
    magic = 1.0 - _EE * sine * sine
    root_magic = math.sqrt(magic)
    return (
        math.degrees(east / (_A / root_magic * math.cos(radians))),
        math.degrees(north / (_A * (1.0 - _EE) / (magic * root_magic))),
    )


@njit(cache=True, nogil=True)
def _bd_forward(lon: float, lat: float) -> tuple[float, float]:
    radius = math.sqrt(lon * lon + lat * lat) + 0.00002 * math.sin(lat * _X_PI)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _X_PI)
    return radius * math.cos(angle) + _BD_LON, radius * math.sin(angle) + _BD_LAT


@njit(cache=True, nogil=True)
def _gcj_inverse(lon: float, lat: float) -> tuple[float, float]:
    """Fixed point of w = g - shift(w); the shift's slope is under 0.01, so each step gains 100."""
    w_lon, w_lat = lon, lat
    for _ in range(_STEPS):
        d_lon, d_lat = _gcj_shift(w_lon, w_lat)
        w_lon, w_lat = lon - d_lon, lat - d_lat
    return w_lon, w_lat


@njit(cache=True, nogil=True)
def _bd_inverse(lon: float, lat: float) -> tuple[float, float]:
    g_lon, g_lat = lon - _BD_LON, lat - _BD_LAT
    for _ in range(_STEPS):
        b_lon, b_lat = _bd_forward(g_lon, g_lat)
        g_lon, g_lat = g_lon + (lon - b_lon), g_lat + (lat - b_lat)
    return g_lon, g_lat


@njit(cache=True, nogil=True)
def _forward_all(lon: Floats, lat: Floats, baidu: bool, out_lon: Floats, out_lat: Floats) -> None:
    for i in range(lon.shape[0]):
        x, y = lon[i], lat[i]
        if _in_rectangle(x, y, 0.0):
            if not _cut_out(x, y):
                d_lon, d_lat = _gcj_shift(x, y)
                x, y = x + d_lon, y + d_lat
            if baidu:
                x, y = _bd_forward(x, y)
        out_lon[i], out_lat[i] = x, y


@njit(cache=True, nogil=True)
def _inverse_all(lon: Floats, lat: Floats, baidu: bool, out_lon: Floats, out_lat: Floats) -> None:
    for i in range(lon.shape[0]):
        x, y = lon[i], lat[i]
        # No offset reaches 0.1 degrees: what is farther out was never shifted.
        if _in_rectangle(x, y, 0.1):
            g_lon, g_lat = x, y
            if baidu:
                g_lon, g_lat = _bd_inverse(x, y)
            w_lon, w_lat = _gcj_inverse(g_lon, g_lat)
            if _in_rectangle(w_lon, w_lat, _EDGE) and not _cut_out(w_lon, w_lat):
                x, y = w_lon, w_lat
            elif baidu and _in_rectangle(g_lon, g_lat, _EDGE) and _cut_out(g_lon, g_lat):
                x, y = g_lon, g_lat
        out_lon[i], out_lat[i] = x, y


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    x = np.asarray(lon, dtype=np.float64)
    y = np.asarray(lat, dtype=np.float64)
    if x.shape != y.shape:
        x, y = np.broadcast_arrays(x, y)
    return x, y


def _convert(lon: ArrayLike, lat: ArrayLike, crs: Crs, *, inverse: bool) -> tuple[Floats, Floats]:
    if crs not in CRS_NAMES:
        raise Invalid(
            f"There is no coordinate system {crs!r}.",
            remedy=f"Use one of {', '.join(CRS_NAMES)}.",
            field="crs",
        )
    x, y = _pair(lon, lat)
    shape = x.shape
    flat_x, flat_y = np.ascontiguousarray(x).ravel(), np.ascontiguousarray(y).ravel()
    if crs == "wgs84":
        out_x, out_y = flat_x.copy(), flat_y.copy()
    else:
        out_x, out_y = np.empty_like(flat_x), np.empty_like(flat_y)
        engine = _inverse_all if inverse else _forward_all
        engine(flat_x, flat_y, crs == "bd09", out_x, out_y)
    # `[()]` turns an array without dimensions into the number it holds.
    return out_x.reshape(shape)[()], out_y.reshape(shape)[()]


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> tuple[Floats, Floats]:
    """Degrees in `crs` to WGS 84 degrees; arrays of one shape (or numbers) in, new float64 out.

    The inverse of :func:`from_wgs84` to well under 1 mm (largest seen 0.1 µm) wherever that shifts,
    by five steps of fixed-point iteration; NaN and infinity pass through. About 0.6 µs a point for
    GCJ-02, 1 µs for BD-09; the first call in a process loads compiled code (0.1 s). Raises
    :class:`geo.errors.Invalid` for a `crs` that is none of :data:`CRS_NAMES`.
    """
    return _convert(lon, lat, crs, inverse=True)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> tuple[Floats, Floats]:
    """WGS 84 degrees to degrees in `crs`; see :func:`to_wgs84` and the module's text.

    Formula: the public ("eviltransform") one for GCJ-02 on the Krasovsky ellipsoid, and BD-09's
    polar offset on top.
    """
    return _convert(lon, lat, crs, inverse=False)


def in_range(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether each pair of degrees is finite, |lon| <= 180 and |lat| <= 90."""
    x, y = _pair(lon, lat)
    return np.asarray((np.abs(x) <= 180.0) & (np.abs(y) <= 90.0))


def looks_swapped(lon: ArrayLike, lat: ArrayLike, bounds: Bounds) -> NDArray[np.bool_]:
    """Whether each position is outside `bounds` as given and inside with its axes swapped.

    `bounds`: west, south, east, north in degrees, edges count as inside. NaN looks swapped never.
    """
    x, y = _pair(lon, lat)
    return np.asarray(~_within(x, y, bounds) & _within(y, x, bounds))


def check_range(lon: ArrayLike, lat: ArrayLike, bounds: Bounds | None = None) -> None:
    """Raise :class:`OutsideServiceArea` that names the first position that is no position.

    That is one not :func:`in_range`, or outside `bounds` (west, south, east, north) where given;
    the remedy tells whether its axes look swapped. For a file, use the arrays of :func:`in_range`
    and :func:`looks_swapped` and report each row.
    """
    x, y = (np.atleast_1d(values).ravel() for values in _pair(lon, lat))
    good = in_range(x, y)
    if bounds is not None:
        good &= _within(x, y, bounds)
    bad = np.flatnonzero(~good)
    if bad.size == 0:
        return
    first = int(bad[0])
    place = f" (number {first + 1} of {x.size})" if x.size > 1 else ""
    remedy = (
        "请用度：经度 -180 至 180，纬度 -90 至 90。 "
        "Give degrees: longitude -180 to 180, latitude -90 to 90."
    )
    if bounds is not None:
        west, south, east, north = bounds
        remedy = (
            f"经度须在 {west:g} 至 {east:g}，纬度须在 {south:g} 至 {north:g}。 "
            f"Give longitude {west:g} to {east:g} and latitude {south:g} to {north:g}."
        )
        if looks_swapped(x[first], y[first], bounds):
            remedy = (
                "经纬度可能写反了：先经度，后纬度。 "
                "Longitude and latitude look swapped: give longitude first."
            )
    # The position itself is left out: a worker's place must reach no log.
    raise OutsideServiceArea(
        f"The position{place} is outside of what this service knows.", remedy=remedy, field="lon"
    )


def _within(x: Floats, y: Floats, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


NEARLY_EQUATOR = 1e-8  # degrees


class LocalPlane:
    """A plane in metres that touches the WGS 84 ellipsoid at a centre.

    Azimuthal equidistant: lengths and directions *from the centre* are exact; elsewhere lengths
    across that direction are too long by r²/(6 R²), which is 1.0e-5 (10 mm in a kilometre) at 50 km
    and 4e-7 at 10 km. About 1 µs a point either way. One object may be used by several threads.
    """

    def __init__(self, lon: float, lat: float) -> None:
        """Centre in WGS 84 degrees. Raises :class:`OutsideServiceArea` when it is no position."""
        check_range(lon, lat)
        self.lon, self.lat = float(lon), float(lat)
        # PROJ takes a centre this near to the equator for one on it, and is then off by up to
        # 0.6 mm: stand a centimetre further north, where it computes exactly.
        if 0 < abs(self.lat) < NEARLY_EQUATOR:
            self.lat = 10 * NEARLY_EQUATOR
        self._transformer = Transformer.from_crs(
            "EPSG:4326",
            f"+proj=aeqd +lat_0={self.lat!r} +lon_0={self.lon!r} +datum=WGS84 +units=m",
            always_xy=True,
        )

    @classmethod
    def around(cls, lon: ArrayLike, lat: ArrayLike) -> LocalPlane:
        """The plane at the middle of the positions' bounding box; raises when there is none."""
        x, y = _pair(lon, lat)
        known = np.isfinite(x) & np.isfinite(y)
        if not known.any():
            raise Invalid("There is no position to centre a plane on.", field="lon")
        x, y = x[known], y[known]
        return cls(float((x.min() + x.max()) / 2), float((y.min() + y.max()) / 2))

    def forward(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """WGS 84 degrees to metres east and north of the centre; NaN stays NaN."""
        return self._apply(lon, lat, "FORWARD")

    def inverse(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Metres to WGS 84 degrees."""
        return self._apply(x, y, "INVERSE")

    def geometry(self, geometries: Any) -> Any:
        """Shapely geometries (an array or one) from WGS 84 degrees to metres; None stays None."""
        return shapely.transform(geometries, cast("Any", self.forward), interleaved=False)

    def geometry_back(self, geometries: Any) -> Any:
        """Shapely geometries (an array or one) from metres to WGS 84 degrees."""
        return shapely.transform(geometries, cast("Any", self.inverse), interleaved=False)

    def _apply(
        self, first: ArrayLike, second: ArrayLike, direction: Literal["FORWARD", "INVERSE"]
    ) -> tuple[Floats, Floats]:
        a, b = _pair(first, second)
        known = np.isfinite(a) & np.isfinite(b)
        x, y = self._transformer.transform(
            np.where(known, a, 0.0), np.where(known, b, 0.0), direction=direction
        )
        return (
            cast("Floats", np.where(known, x, np.nan)[()]),
            cast("Floats", np.where(known, y, np.nan)[()]),
        )


_GEOD = Geod(ellps="WGS84")


def geodesic_metres(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Metres along the WGS 84 ellipsoid between positions in degrees; broadcasts, NaN stays NaN.

    Karney's method through PROJ, exact to nanometres; about 1 µs a pair.
    """
    a, b, c, d = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (lon1, lat1, lon2, lat2))
    )
    known = np.isfinite(a) & np.isfinite(b) & np.isfinite(c) & np.isfinite(d)
    # Only what is known goes to PROJ, which answers NaN with an error in some releases.
    out = np.full(known.shape, np.nan)
    out[known] = _GEOD.inv(a[known], b[known], c[known], d[known])[2]
    return cast("Floats", out[()])


def path_lengths(geometries: Any) -> Floats:
    """Geodesic metres of each line in WGS 84 degrees: an array of as many numbers.

    Lines and multi-lines; a point or an empty line has 0, None gives NaN. Raises
    :class:`geo.errors.Invalid` for polygons, whose length would be a guess.
    """
    lines = np.atleast_1d(np.asarray(geometries, dtype=object))
    if np.any(shapely.get_dimensions(lines) == 2):
        raise Invalid("An area has no path length.", remedy="Give lines, or the area's boundary.")
    parts, owner = shapely.get_parts(lines, return_index=True)
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    metres = np.zeros(len(lines))
    if len(coordinates) > 1:
        steps = geodesic_metres(*coordinates[:-1].T, *coordinates[1:].T)
        joined = part[:-1] == part[1:]
        metres = np.bincount(
            owner[part[:-1][joined]], weights=steps[joined], minlength=len(lines)
        ).astype(np.float64)
    metres[shapely.is_missing(lines)] = np.nan
    return metres
