"""What a set of sites covers, site by site and point by point, in one pass: for the dragging.

Unlike :mod:`geo.siting.evaluate` nothing is merged beforehand, so that a place put on the map a
moment ago counts like any other. With s(d) the share of a site at d metres (1 within the radius, or
by steps, falling), b what a second cover counts, and the sites nearest to a point first:

    value = sum_i w_i (s(d_i1) + b s(d_i2))

which is the objective of :mod:`geo.siting.max_cover`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from geo.siting.problem import Floats, Ints, Longs, Reach, Singles

Shares = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Weighed:
    """Of one set of sites.

    Attributes:
        first, second, third: (n,) the largest shares of each point, stations of today included.
        gain: (m,) what opening one more candidate would add to the value; 0 for those in the set.
        loss: (k,) what the value loses without each of the chosen, in the order given.
    """

    first: Floats
    second: Floats
    third: Floats
    gain: Floats
    loss: Floats


def share_at(metres: Floats | Singles, rings: Shares) -> Floats:
    """The share that counts at a distance; 0 beyond the last ring."""
    far = np.array([ring[0] for ring in rings])
    part = np.array([*(ring[1] for ring in rings), 0.0])
    shares: Floats = part[np.searchsorted(far, metres, side="left")]
    return shares


def weigh(
    weight: Floats,
    today: tuple[Floats, Floats],
    hosts: Reach,
    chosen: Longs,
    extra: list[Reach],
    rings: Shares,
    backup: float,
) -> Weighed:
    """Weigh a set of sites.

    Args:
        weight: (n,) of the points.
        today: (n,) shares of the nearest and second nearest station of today.
        hosts: which of m candidates reach which points, with metres.
        chosen: (j,) positions of candidates in the set, each once.
        extra: reach of further sites in the set, one candidate each.
        rings, backup: how distance and a second cover count.

    Cost: some 2 ns a pair of any candidate.
    """
    assert hosts.metres is not None
    parts = [*extra]
    start = np.concatenate(([0], np.cumsum([one.pairs for one in parts], dtype=np.int64)))
    more = np.concatenate([one.demand for one in parts] or [np.empty(0, np.int32)])
    far = np.concatenate(
        [one.metres for one in parts if one.metres is not None] or [np.empty(0, np.float32)]
    )
    ring = np.array([one[0] for one in rings], np.float32)
    part = np.array([one[1] for one in rings], np.float64)
    tops = np.zeros((3, len(weight)))
    tops[0], tops[1] = today
    gain = np.zeros(len(hosts))
    loss = np.zeros(len(chosen) + len(parts))
    _weigh(
        weight,
        tops,
        hosts.start,
        hosts.demand,
        hosts.metres,
        chosen.astype(np.int64),
        start.astype(np.int64),
        more.astype(np.int32),
        far.astype(np.float32),
        ring,
        part,
        float(backup),
        gain,
        loss,
    )
    return Weighed(tops[0], tops[1], tops[2], gain, loss)


@njit(cache=True, nogil=True)
def _share(metres: float, ring: Singles, part: Floats) -> float:  # pragma: no cover - compiled
    for number in range(len(ring)):
        if metres <= ring[number]:
            return float(part[number])
    return 0.0


@njit(cache=True, nogil=True)
def _lay(
    tops: Floats, demand: Ints, metres: Singles, low: int, high: int, ring: Singles, part: Floats
) -> None:  # pragma: no cover - compiled
    for pair in range(low, high):
        share = _share(metres[pair], ring, part)
        point = demand[pair]
        for place in range(3):
            if share > tops[place, point]:
                share, tops[place, point] = tops[place, point], share


@njit(cache=True, nogil=True)
def _lost(
    weight: Floats,
    tops: Floats,
    demand: Ints,
    metres: Singles,
    low: int,
    high: int,
    ring: Singles,
    part: Floats,
    backup: float,
) -> float:  # pragma: no cover - compiled
    lost = 0.0
    for pair in range(low, high):
        share = _share(metres[pair], ring, part)
        point = demand[pair]
        if share <= 0.0:
            continue
        one, two, three = tops[0, point], tops[1, point], tops[2, point]
        if share >= one:
            lost += weight[point] * ((one - two) + backup * (two - three))
        elif share >= two:
            lost += weight[point] * backup * (two - three)
    return lost


@njit(cache=True, nogil=True)
def _weigh(
    weight: Floats,
    tops: Floats,
    start: Longs,
    demand: Ints,
    metres: Singles,
    chosen: Longs,
    more_start: Longs,
    more: Ints,
    more_metres: Singles,
    ring: Singles,
    part: Floats,
    backup: float,
    gain: Floats,
    loss: Floats,
) -> None:  # pragma: no cover - compiled
    inside = np.zeros(len(start) - 1, np.bool_)
    for site in chosen:
        inside[site] = True
        _lay(tops, demand, metres, start[site], start[site + 1], ring, part)
    for site in range(len(more_start) - 1):
        _lay(tops, more, more_metres, more_start[site], more_start[site + 1], ring, part)
    for number in range(len(chosen)):
        low, high = start[chosen[number]], start[chosen[number] + 1]
        loss[number] = _lost(weight, tops, demand, metres, low, high, ring, part, backup)
    for site in range(len(more_start) - 1):
        low, high = more_start[site], more_start[site + 1]
        loss[len(chosen) + site] = _lost(
            weight, tops, more, more_metres, low, high, ring, part, backup
        )
    for site in range(len(start) - 1):
        if inside[site]:
            continue
        added = 0.0
        for pair in range(start[site], start[site + 1]):
            point = demand[pair]
            share = _share(metres[pair], ring, part)
            one, two = tops[0, point], tops[1, point]
            if share > one:
                added += weight[point] * ((share - one) + backup * (one - two))
            elif share > two:
                added += weight[point] * backup * (share - two)
        gain[site] = added
