"""The ground of the invented city: from block coordinates to longitude and latitude.

Everything is laid out on a lattice of blocks: block (i, j) is the unit square from (i, j) to
(i + 1, j + 1). One continuous, invertible mapping carries the lattice onto the ground: corners are
shifted at random, rows that hold a river are widened, the centre is made denser, smooth waves bend
the whole. Because the mapping is one-to-one, what does not cross on the lattice does not cross on
the ground, so streets meet only where they share a node and borders never cross themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.sample.shape import BLOCK_STEP, CENTRE, CityShape, Flags, Floats, Ints

DENSITY = 0.5  # blocks are so much narrower in the centre, and up to 2 times deeper at the rim
TURN = np.radians(11.0)  # no street runs exactly north
_PHI = np.radians(CENTRE[1])
# Metres per degree on the WGS 84 ellipsoid (series of the radii of curvature, error below 1 m).
METRES_LON = float(111_412.84 * np.cos(_PHI) - 93.5 * np.cos(3 * _PHI) + 0.118 * np.cos(5 * _PHI))
METRES_LAT = float(111_132.92 - 559.82 * np.cos(2 * _PHI) + 1.175 * np.cos(4 * _PHI))

Reals = npt.NDArray[Any]  # whole or broken numbers

RESIDENTIAL, SECONDARY, PRIMARY, TERTIARY = 0, 1, 2, 3


@dataclass(frozen=True)
class Plane:
    """The lattice and its mapping. `column_class[i]`, `row_class[j]`: rank of each lattice line."""

    cells: int
    half_side: float
    river_rows: Ints
    expressway_rows: Ints
    railway_columns: Ints
    column_class: Ints
    row_class: Ints
    jitter: Floats  # (cells + 1, cells + 1, 2), in blocks
    widening: tuple[Floats, Floats]  # shift of each lattice line along u and along v, in blocks
    waves: Floats  # (k, 5): wave vector x, y (radians a metre), phase, shift x, y (metres)

    def metres(self, u: Reals, v: Reals, *, jittered: bool = True) -> Floats:
        """Lattice → metres east and north of the centre; same shape plus a last axis of 2."""
        if jittered:
            shift = self._shift(u, v)
            u, v = u + shift[..., 0], v + shift[..., 1]
        lines = np.arange(self.cells + 1, dtype=float)
        place = []
        for along, widening in zip((u, v), self.widening, strict=True):
            # Beyond the rim the last shift holds, so the mapping goes on without a step.
            wide = along + np.interp(along, lines, widening)
            place.append(2 * wide / (self.cells + widening[-1]) - 1)
        x, y = place
        # From the centre outwards along rays; r is 1 in the middle of each side (fourth-power norm,
        # so the city stays a rounded square). Beyond the rim distances grow evenly.
        r = (x**4 + y**4) ** 0.25
        inside = DENSITY + (1 - DENSITY) * r**2
        x, y = (self.half_side * np.where(r > 1, 1.0, inside) * part for part in (x, y))
        bent_x, bent_y = x.copy(), y.copy()
        for kx, ky, phase, ax, ay in self.waves:
            wave = np.sin(kx * x + ky * y + phase)
            bent_x += ax * wave
            bent_y += ay * wave
        cos, sin = np.cos(TURN), np.sin(TURN)
        return np.stack([bent_x * cos - bent_y * sin, bent_x * sin + bent_y * cos], axis=-1)

    def lonlat(self, u: Reals, v: Reals, *, jittered: bool = True, digits: int = 7) -> Floats:
        """Lattice → longitude, latitude (WGS 84), rounded; same shape plus a last axis of 2.

        `jittered=False` leaves out the shifts of the street corners: borders do not follow streets.
        """
        ground = self.metres(np.asarray(u, float), np.asarray(v, float), jittered=jittered)
        degrees = ground / (METRES_LON, METRES_LAT) + CENTRE
        return np.asarray(np.round(degrees, digits), dtype=np.float64)

    def _shift(self, u: Reals, v: Reals) -> Floats:
        i = np.clip(np.floor(u).astype(int), 0, self.cells - 1)
        j = np.clip(np.floor(v).astype(int), 0, self.cells - 1)
        s = np.clip(u - i, 0, 1)[..., None]
        t = np.clip(v - j, 0, 1)[..., None]
        near = self.jitter[i, j] * (1 - s) + self.jitter[i + 1, j] * s
        far = self.jitter[i, j + 1] * (1 - s) + self.jitter[i + 1, j + 1] * s
        return np.asarray(near * (1 - t) + far * t)

    def rim(self, i: Reals, j: Reals) -> Floats:
        """How far out a block lies: 0 in the centre, 1 at the middle of the rim."""
        middle = self.cells / 2
        return np.asarray(np.hypot(i + 0.5 - middle, j + 0.5 - middle) / middle)

    def buildable(self) -> Flags:
        """(cells, cells): blocks that no river, expressway or railway takes."""
        free = np.ones((self.cells, self.cells), dtype=bool)
        free[self.railway_columns, :] = False
        free[:, self.river_rows] = False
        free[:, self.expressway_rows] = False
        return free


def plan(shape: CityShape, seed: int) -> Plane:
    """Draws the ground of a city."""
    rng = np.random.default_rng([seed, 1])
    n = shape.cells
    squares = n // BLOCK_STEP - 1
    rows = _spread(squares, shape.rivers + shape.expressways)
    is_river = np.zeros(len(rows), dtype=bool)  # the southernmost is a river
    is_river[np.linspace(0, len(rows) - 1, shape.rivers).astype(int)] = True
    rivers, expressways = rows[is_river], rows[~is_river]
    railways = _spread(squares, shape.railways, 0.62)

    column_class, row_class = _ranks(rng, n), _ranks(rng, n)
    row_class[np.concatenate([expressways, expressways + 1])] = SECONDARY  # frontage roads
    jitter = rng.uniform(-0.18, 0.18, (n + 1, n + 1, 2))
    # Main roads run smoothly, lanes do not.
    jitter[:, :, 0] *= np.where(column_class == PRIMARY, 0.25, 1.0)[:, None]
    jitter[:, :, 1] *= np.where(row_class == PRIMARY, 0.25, 1.0)[None, :]

    widening = []
    for special, extra in ((railways, 0.1), (rivers, 0.7)):
        shift = np.zeros(n + 1)
        shift[1:][special] = extra
        widening.append(np.cumsum(shift))
    length = shape.half_side * rng.uniform(0.5, 1.1, 3)
    heading = rng.uniform(0, 2 * np.pi, (3, 2))
    wavenumber = 2 * np.pi / length
    # A slope of 0.11 a wave, three waves: below 1 together, so the mapping stays one-to-one.
    size = 0.11 / wavenumber
    waves = np.stack(
        [
            wavenumber * np.cos(heading[:, 0]),
            wavenumber * np.sin(heading[:, 0]),
            rng.uniform(0, 2 * np.pi, 3),
            size * np.cos(heading[:, 1]),
            size * np.sin(heading[:, 1]),
        ],
        axis=1,
    )
    return Plane(
        n,
        shape.half_side,
        rivers,
        expressways,
        railways,
        column_class,
        row_class,
        jitter,
        (widening[0], widening[1]),
        waves,
    )


def _spread(squares: int, count: int, middle: float = 0.5) -> Ints:
    """First rows (or columns) of `count` different squares, evenly spread."""
    if not count:
        return np.empty(0, dtype=np.int64)
    if count == 1:
        return np.array([max(1, round(middle * squares))]) * BLOCK_STEP
    step = np.linspace(0.5, squares + 0.49, count + 2)[1:-1] if squares > count + 1 else None
    picked = np.arange(1, count + 1) if step is None else np.unique(np.round(step).astype(int))
    return np.asarray(np.clip(picked, 1, squares) * BLOCK_STEP, dtype=np.int64)


def _ranks(rng: np.random.Generator, n: int) -> Ints:
    """Rank of each lattice line: primary roads at uneven distances, secondary ones between."""
    rank = np.full(n + 1, RESIDENTIAL, dtype=np.int64)
    main = np.cumsum(rng.integers(6, 11, n)) - rng.integers(3, 6)
    main = main[main < n]
    if len(main) < 2:
        main = np.array([n // 4, 3 * n // 4])
    rank[main] = PRIMARY
    between = (main[:-1] + main[1:]) // 2
    rank[between] = SECONDARY
    plain = np.flatnonzero(rank == RESIDENTIAL)
    rank[rng.choice(plain, len(plain) // 5, replace=False)] = TERTIARY
    rank[[0, n]] = TERTIARY
    return rank
