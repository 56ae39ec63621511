"""What a set of sites covers, site by site and point by point, in one pass: for the dragging.

Unlike :mod:`geo.siting.evaluate` nothing is merged beforehand, so that a place put on the map a
moment ago counts like any other. With s(d) the share of a site at d metres (1 within the radius, or
by steps, falling), b what a second cover counts, and the sites nearest to a point first:

    value = sum_i w_i (s(d_i1) + b s(d_i2))

which is the objective of :mod:`geo.siting.max_cover.solve`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from geo.siting.problem import Floats, Ints, Longs, Reach, Rows, Singles

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


def with_more(
    weight: Floats,
    found: Weighed,
    chosen: Longs,
    more: list[Reach],
    points: Rows,
    rings: Shares,
    backup: float,
) -> Weighed:
    """A set that was weighed, and further sites in it: as :func:`weigh` would weigh all of them,
    but looking only at the candidates around the further sites. So dragging one costs little.

    Args:
        weight: (n,) of the points.
        found: the set without them. chosen: (j,) its candidates, as they were weighed.
        more: reach of further sites, one candidate each.
        points: the candidates that reach each point, with metres.
        rings, backup: as the set was weighed.

    Cost: 2 ms for 200,000 points, to copy what was known of them.
    """
    assert points.metres is not None
    tops = np.stack((found.first, found.second, found.third))
    gain, loss = found.gain.copy(), found.loss.copy()
    slot = np.full(len(gain), -1, np.int64)
    slot[chosen] = np.arange(len(chosen))
    ring = np.array([one[0] for one in rings], np.float32)
    part = np.array([one[1] for one in rings], np.float64)
    for one in more:
        assert one.metres is not None
        _join(
            weight,
            tops,
            one.demand,
            one.metres,
            points.start,
            points.site,
            points.metres,
            slot,
            ring,
            part,
            float(backup),
            gain,
            loss,
        )
    last = [
        _lost(weight, tops, one.demand, one.metres, 0, one.pairs, ring, part, float(backup))
        for one in more
        if one.metres is not None
    ]
    return Weighed(tops[0], tops[1], tops[2], gain, np.concatenate((loss, np.array(last))))


def stand_ins(
    weight: Floats, found: Weighed, gone: Reach, points: Rows, rings: Shares, backup: float
) -> Floats:
    """(m,) what each candidate would add to the set without one of its sites.

    Args:
        weight: (n,) of the points.
        found: the set, weighed.
        gone: whom the site reaches that leaves.
        points: the candidates that reach each point, with metres.
        rings, backup: as the set was weighed.

    Cost: the candidates around the site only, not a pass over all pairs.
    """
    assert gone.metres is not None
    assert points.metres is not None
    gain = found.gain.copy()
    _stand_ins(
        weight,
        np.stack((found.first, found.second, found.third)),
        gone.demand,
        gone.metres,
        points.start,
        points.site,
        points.metres,
        np.array([one[0] for one in rings], np.float32),
        np.array([one[1] for one in rings], np.float64),
        float(backup),
        gain,
    )
    return gain


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


@njit(cache=True, nogil=True)
def _added(
    share: float, one: float, two: float, backup: float
) -> float:  # pragma: no cover - compiled
    if share > one:
        return (share - one) + backup * (one - two)
    return backup * (share - two) if share > two else 0.0


@njit(cache=True, nogil=True)
def _missed(
    share: float, one: float, two: float, three: float, backup: float
) -> float:  # pragma: no cover - compiled
    if share >= one:
        return (one - two) + backup * (two - three)
    return backup * (two - three) if share >= two else 0.0


@njit(cache=True, nogil=True)
def _join(
    weight: Floats,
    tops: Floats,
    demand: Ints,
    metres: Singles,
    point_start: Longs,
    point_site: Ints,
    point_metres: Singles,
    slot: Longs,
    ring: Singles,
    part: Floats,
    backup: float,
    gain: Floats,
    loss: Floats,
) -> None:  # pragma: no cover - compiled
    for pair in range(len(demand)):
        share = _share(metres[pair], ring, part)
        point = demand[pair]
        one, two, three = tops[0, point], tops[1, point], tops[2, point]
        if share <= three:
            continue
        first, second, third = one, two, share
        if share > one:
            first, second, third = share, one, two
        elif share > two:
            second, third = share, two
        tops[0, point], tops[1, point], tops[2, point] = first, second, third
        for place in range(point_start[point], point_start[point + 1]):
            site = point_site[place]
            other = _share(point_metres[place], ring, part)
            if other <= 0.0:
                continue
            if slot[site] < 0:
                change = _added(other, first, second, backup) - _added(other, one, two, backup)
                gain[site] += weight[point] * change
            else:
                change = _missed(other, first, second, third, backup)
                change -= _missed(other, one, two, three, backup)
                loss[slot[site]] += weight[point] * change


@njit(cache=True, nogil=True)
def _stand_ins(
    weight: Floats,
    tops: Floats,
    demand: Ints,
    metres: Singles,
    point_start: Longs,
    point_site: Ints,
    point_metres: Singles,
    ring: Singles,
    part: Floats,
    backup: float,
    gain: Floats,
) -> None:  # pragma: no cover - compiled
    for pair in range(len(demand)):
        share = _share(metres[pair], ring, part)
        point = demand[pair]
        one, two, three = tops[0, point], tops[1, point], tops[2, point]
        if share <= 0.0 or share < two:
            continue
        first = two if share >= one else one
        for place in range(point_start[point], point_start[point + 1]):
            other = _share(point_metres[place], ring, part)
            more = _added(other, first, three, backup) - _added(other, one, two, backup)
            gain[point_site[place]] += weight[point] * more
