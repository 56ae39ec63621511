"""From a point to a foot on a street that nothing stands before."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import Floats, Ground, Ints
from geo.walking.geometry import point_on
from geo.walking.obstacles import is_crossed

TRIES = 24
"""When something lies between a point and the nearest foot, so many of the nearest are tried."""
STEP_METRES = 40.0
"""Besides the nearest place of a segment, places ever so far along it are feet to be tried: past a
building in front of a long straight street there may be a way."""
FIRST_METRES = 60.0
SAME_METRES = 0.001  # feet so near each other are one: segments meet at their ends


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def free_foot(
    ground: Ground,
    lon: float,
    lat: float,
    across: float,
    along: float,
    wanted: int,
) -> tuple[int, float]:  # pragma: no cover - compiled
    """The nearest foot on the ground within `radius` to which nothing lies between, on parts that
    are small or not as `wanted` says; -1 where there is none among the nearest :data:`TRIES`."""
    radius = ground.radius
    columns, rows = ground.shape
    x = (lon - ground.frame[0]) / ground.frame[2]
    y = (lat - ground.frame[1]) / ground.frame[3]
    width, height = ground.frame[2] * across, ground.frame[3] * along
    feet = np.empty((TRIES, 4))  # metres away, fraction, metres east and north
    segments = np.empty(TRIES, np.int32)
    # Mostly one near by is free: the farther ones are looked at only where none is.
    done = 0.0
    for reach in (min(FIRST_METRES, radius), radius):
        count = 0
        for row in range(
            max(math.floor(y - reach / height), 0),
            min(math.floor(y + reach / height), rows - 1) + 1,
        ):
            py = (y - row) * height
            for column in range(
                max(math.floor(x - reach / width), 0),
                min(math.floor(x + reach / width), columns - 1) + 1,
            ):
                px = (x - column) * width
                cell = row * columns + column
                for position in range(ground.start[cell], ground.start[cell + 1]):
                    one = ground.laid[position]
                    if one.flags != wanted:
                        continue
                    ax, ay = one.x * width - px, one.y * height - py
                    bx, by = one.dx * width, one.dy * height
                    square = bx * bx + by * by
                    at, step = 0.0, 2.0
                    if square > 0.0:
                        at = min(max(-(ax * bx + ay * by) / square, 0.0), 1.0)
                        step = STEP_METRES / math.sqrt(square)
                    for direction in (-step, step):
                        here = at
                        while 0.0 <= here <= 1.0:
                            east, north = ax + here * bx, ay + here * by
                            cost = math.hypot(east, north)
                            if cost > reach:
                                break
                            count = _insert(
                                feet, segments, count, one.segment, cost, here, east, north
                            )
                            here += direction
        for n in range(count):
            if feet[n, 0] <= done:
                continue  # looked at already
            foot_lon, foot_lat = point_on(
                ground.vertex_lon, ground.vertex_lat, segments[n], feet[n, 1]
            )
            if not is_crossed(ground.standing, lon, lat, foot_lon, foot_lat, feet[n, 0]):
                return segments[n], feet[n, 1]
        if count == TRIES:
            break
        done = reach
    return -1, 0.0


@njit(cache=True, nogil=True)
def _insert(
    feet: Floats,
    segments: Ints,
    count: int,
    i: int,
    cost: float,
    at: float,
    x: float,
    y: float,
) -> int:  # pragma: no cover - compiled
    """Put a foot into its place among the nearest so far, `count` of them; a place on the ground
    that is among them already, as where two segments meet, is not taken again.

    Returns:
        How many there are now.
    """
    if count == TRIES and cost > feet[count - 1, 0]:
        return count
    for n in range(count):
        if abs(feet[n, 2] - x) < SAME_METRES and abs(feet[n, 3] - y) < SAME_METRES:
            return count
    n = min(count, TRIES - 1)
    while n > 0 and (feet[n - 1, 0] > cost or (feet[n - 1, 0] == cost and segments[n - 1] > i)):
        segments[n] = segments[n - 1]
        for field in range(4):
            feet[n, field] = feet[n - 1, field]
        n -= 1
    segments[n] = i
    feet[n, 0], feet[n, 1], feet[n, 2], feet[n, 3] = cost, at, x, y
    return min(count + 1, TRIES)
