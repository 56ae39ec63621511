"""A layer of polygons with an id and properties each, of one edition."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from maps.tiles import protobuf
from maps.tiles.polygons.bands import BITS, EXACT_FROM_ZOOM, FIRST_ZOOMS, Shapes, bands
from maps.tiles.polygons.draw import EXTENT_BITS, drawn

Value = str | int | bool | None


class PolygonLayer:
    """Draws any tile of a layer; safe for threads.

    Args:
        name: of the layer.
        ids: (F,) of the features, whole numbers of 53 bits.
        shapes: (F,) shapely (Multi)Polygons, WGS 84; features without one are drawn nowhere.
        properties: of each feature, the same names in each; None is left out.
        coverage: whether the shapes share borders that must stay shared.
        smallest: square units (a tile is 4,096 wide) that a part must cover to be drawn below zoom
            14.
        dot: half the side of a square, in units, that stands for a feature too small to be drawn;
            0: it is left out.

    Cost: that of :func:`maps.tiles.polygons.bands.bands`; 10 to 20 bytes a vertex.
    """

    def __init__(
        self,
        name: str,
        ids: npt.NDArray[np.int64],
        shapes: Shapes,
        properties: Sequence[Mapping[str, Value]],
        *,
        coverage: bool,
        smallest: int = 0,
        dot: int = 0,
    ) -> None:
        self._ids = np.ascontiguousarray(ids, dtype=np.int64)
        self._bands = bands(shapes, coverage=coverage)
        self._smallest, self._dot = smallest, dot
        keys = list(dict.fromkeys(key for one in properties for key in one))
        number = {key: at for at, key in enumerate(keys)}
        tags = [
            [(number[key], value) for key, value in one.items() if value is not None]
            for one in properties
        ]
        self._tag = np.array([0, *itertools.accumulate(map(len, tags))], dtype=np.int64)
        flat = [tag for one in tags for tag in one]
        self._tag_key = np.array([key for key, _ in flat], dtype=np.int64)
        written = [protobuf.value(value) for _, value in flat]
        self._value = np.frombuffer(b"".join(written) or b"\0", dtype=np.uint8)
        self._value_at = np.array([0, *itertools.accumulate(map(len, written))], dtype=np.int64)
        self._start = protobuf.layer_start(name, 1 << EXTENT_BITS)
        self._keys = np.frombuffer(b"".join(map(protobuf.key, keys)) or b"", dtype=np.uint8)

    def tile(self, z: int, x: int, y: int) -> bytes:
        """A tile, uncompressed; empty where nothing is in it. Some 5 ns a vertex of what it meets
        and 20 a vertex in it."""
        band = self._bands[next(at for at, zoom in enumerate(FIRST_ZOOMS) if z >= zoom)]
        smallest = 0 if z >= EXACT_FROM_ZOOM else 2 * self._smallest
        layer = drawn(
            band.xy, band.ring, band.outer, band.feature, band.box, band.extent, self._ids,
            self._tag, self._tag_key, self._value, self._value_at, self._start, self._keys,
            z, x, y, smallest, self._dot,
        )  # fmt: skip
        return protobuf.framed(layer.tobytes())

    def met(self, z: int) -> set[tuple[int, int]]:
        """Column and row of every tile of a zoom that the box of any feature meets."""
        shift = BITS - z
        found: set[tuple[int, int]] = set()
        for west, north, east, south in (self._bands[0].extent >> shift).tolist():
            found.update(itertools.product(range(west, east + 1), range(north, south + 1)))
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(band.nbytes for band in self._bands) + self._value.nbytes

    def __len__(self) -> int:
        return len(self._ids)
