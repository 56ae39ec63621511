"""What a quarter's sites serve together, rounded: residual capacity inequalities.

The linear relaxation serves a quarter of 250 people with two and a half sites of 100; a plan has
two there, or three. For any groups S, sites J and size d let D be the people of S, e = ceil(D / d)
and r = D - (e - 1) d. A site serves at most c_j = min(its capacity, people of S within its reach),
so those of S whom J does not serve, and sum_J c_j x_j, are at least D; mixed-integer rounding by d:

    sum_{S, J} f_gj - sum_J t_j x_j <= D - r e,      t_j = r floor(c_j / d) + min(r, c_j mod d)

(Magnanti, Mirchandani and Vachani, Mathematical Programming 60, 1993; for sites of one capacity it
is theirs, for others the rounding of Nemhauser and Wolsey, Mathematical Programming 46, 1990.) For
given J and e those S are best of whom J serves a larger part than what is over of its room, and for
given S those J that serve more of S than r x_j (Atamtürk and Rajan, Mathematical Programming 92,
2002): :func:`_better` takes turns, from the surroundings of each site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from geo.siting.capacity.flows import Net
from geo.siting.model.moves import Flags, Matrix, Words
from geo.siting.problem import Floats, Longs

AROUND: Final = 24
"""So many sites around each are tried as a quarter, one after the other."""
KEPT: Final = 200
"""Of the quarters found in one round, to choose from."""
ALIKE: Final = 0.9
"""Of two cuts that share so much of their sites the weaker goes."""
ROUNDED: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Cut:
    """Sites `who` (ascending) and groups `whom` of a quarter, and the size by which it is rounded.

    With that: `pairs`, positions of their pairs among the groups' pairs; `takes`, what each site
    counts for; `limit`: people served over the pairs less what the open sites count for are at
    most so many.
    """

    who: Longs
    whom: Longs
    size: float
    pairs: Longs
    takes: Floats
    limit: float


def cut_of(net: Net, who: Longs, whom: Longs, size: float) -> Cut:
    """The inequality of some sites and groups. Cost: the pairs of these groups."""
    inside = np.zeros(len(net.capacity), np.bool_)
    inside[who] = True
    sizes = np.diff(net.row)[whom]
    ends = np.cumsum(sizes)
    every = np.repeat(net.row[whom] - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
    pairs = every[inside[net.column[every]]].astype(np.int64)
    people = np.repeat(net.people[whom], sizes)[inside[net.column[every]]]
    within = np.bincount(net.column[pairs], people, len(net.capacity))[who]
    most = np.minimum(net.capacity[who], within)
    total = float(net.people[whom].sum())
    times, rest = rounded(total, size)
    whole = np.floor(most / size)
    takes = rest * whole + np.minimum(rest, most - size * whole)
    return Cut(who, whom, size, pairs, takes, total - rest * times)


def rounded(total: float, size: float) -> tuple[float, float]:
    """How many times `size` it takes for `total`, and what is left for the last."""
    times = max(1.0, float(np.ceil(total / size - ROUNDED)))
    return times, max(0.0, total - (times - 1.0) * size)


def found_cuts(
    net: Net, opened: Floats, flow: Floats, known: list[Longs], least: float, most: int
) -> list[Cut]:
    """Cuts that a solution of the linear relaxation is against, by at least so many people; those
    furthest first, no two alike.

    Args:
        opened: (k,) 0 … 1 of each site. flow: people over each pair, by group.
        known: groups of quarters to begin from, beside the sites' surroundings.

    Cost: the pairs of the open sites, some hundred times for each such site.
    """
    some = np.flatnonzero(opened > ROUNDED).astype(np.int64)
    flags = np.zeros((len(known), len(net.people)), np.uint8)
    for number, whom in enumerate(known):
        flags[number, whom] = 1
    sizes = np.unique(net.capacity[some])
    much, quarter, size = _quarters(net, opened, flow, some, flags, sizes[sizes > 0], least)
    chosen: list[Cut] = []
    for at in np.argsort(-much, kind="stable"):
        if len(chosen) == most:
            break
        cut = _widened(net, opened, flow, quarter[at], float(size[at]))
        if all(_shared(cut.who, other.who) < ALIKE for other in chosen):
            chosen.append(cut)
    return chosen


def _shared(one: Longs, other: Longs) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(1, len(one), len(other))


def _widened(net: Net, opened: Floats, flow: Floats, quarter: Flags, size: float) -> Cut:
    """The cut of a quarter. Sites that are shut now and could serve it come in too: it costs
    nothing, and the next solution cannot go round the cut by them."""
    whom = np.flatnonzero(quarter).astype(np.int64)
    everybody = np.arange(len(net.capacity), dtype=np.int64)
    wide = cut_of(net, everybody, whom, size)
    served = np.bincount(net.column[wide.pairs], flow[wide.pairs], len(everybody))
    _, rest = rounded(float(net.people[whom].sum()), size)
    # Of a site that can serve as many as are left for the last one it takes at least these.
    could, does = wide.takes >= rest, served > wide.takes * opened + ROUNDED
    inside = np.where(opened <= ROUNDED, could, does)
    return cut_of(net, np.flatnonzero(inside).astype(np.int64), whom, size)


@njit(cache=True, nogil=True)
def _quarters(
    net: Net,
    opened: Floats,
    flow: Floats,
    some: Longs,
    known: Flags,
    sizes: Floats,
    least: float,
) -> tuple[Floats, Flags, Floats]:  # pragma: no cover - compiled
    """(people above the cut, groups, size) of the quarters found."""
    groups, count = len(net.people), len(some)
    much, size = np.full(KEPT, -np.inf), np.zeros(KEPT)
    name, names = np.zeros(KEPT, np.uint64), np.empty(groups, np.uint64)
    quarter = np.zeros((KEPT, groups), np.uint8)
    word = np.uint64(0x9E3779B97F4A7C15)
    for g in range(groups):
        word = word * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        names[g] = word ^ (word >> np.uint64(29))
    taken, now = np.zeros(len(net.capacity), np.uint8), np.zeros(groups, np.uint8)
    reach, serves = _neighbours(net, flow, some)
    by_size = len(sizes)
    for number in range(len(known)):
        for k in range(min(by_size, 3)):
            each = sizes[by_size - 1 - k]
            now[:] = known[number]
            over = _better(net, opened, flow, each, taken, now)
            _keep(over, each, now, least, much, size, name, names, quarter)
    start = np.zeros(groups, np.uint8)
    near = np.zeros(count)
    inside = np.zeros(count, np.uint8)
    for a in range(count):
        each = net.capacity[some[a]]
        if each <= 0.0:
            continue
        for how in range(2):
            start[:] = 0
            inside[:] = 0
            near[:] = 0.0
            b = a
            for _ in range(AROUND + 1):
                inside[b] = 1
                for i in range(net.start[some[b]], net.start[some[b] + 1]):
                    start[net.group[i]] = 1
                now[:] = start
                over = _better(net, opened, flow, each, taken, now)
                _keep(over, each, now, least, much, size, name, names, quarter)
                b = -1
                for c in range(count):
                    if how == 0:
                        near[c] = reach[a, c] * opened[some[c]]
                    elif inside[c] == 0:
                        near[c] = 0.0
                        for i in range(count):
                            if inside[i]:
                                near[c] += serves[i, c]
                    if inside[c] == 0 and near[c] > 0.0 and (b < 0 or near[c] > near[b]):
                        b = c
                if b < 0:
                    break
    found = np.flatnonzero(much > -np.inf)
    return much[found], quarter[found], size[found]


@njit(cache=True, nogil=True)
def _neighbours(net: Net, flow: Floats, some: Longs) -> tuple[Matrix, Matrix]:  # pragma: no cover
    """People within reach of two sites, and those of them whom either serves."""
    place = np.full(len(net.capacity), -1, np.int64)
    for a in range(len(some)):
        place[some[a]] = a
    reach, serves = np.zeros((len(some), len(some))), np.zeros((len(some), len(some)))
    for g in range(len(net.people)):
        for pair in range(net.row[g], net.row[g + 1]):
            a = place[net.column[pair]]
            if a < 0:
                continue
            for other in range(net.row[g], net.row[g + 1]):
                b = place[net.column[other]]
                if b >= 0:
                    reach[a, b] += net.people[g]
                    if flow[pair] > 0.0 and flow[other] > 0.0:
                        serves[a, b] += flow[pair] + flow[other]
    return reach, serves


@njit(cache=True, nogil=True)
def _better(
    net: Net, opened: Floats, flow: Floats, size: float, taken: Flags, now: Flags
) -> float:  # pragma: no cover - compiled
    """Sites and groups in turns, until no cut is further from the solution; people above it. `now`
    (G,) is given, and left, as the groups."""
    groups, sites = len(net.people), len(net.capacity)
    best = -np.inf
    kept = now.copy()
    part = np.empty(groups)
    for _ in range(20):
        total = 0.0
        for g in range(groups):
            if now[g]:
                total += net.people[g]
        if total <= 0.0:
            break
        times = max(1.0, np.ceil(total / size - 1e-9))
        rest = total - (times - 1.0) * size
        over, room = rest * times - total, 0.0
        for j in range(sites):
            taken[j] = 0
            if opened[j] <= 1e-9:
                continue
            serves, reach = 0.0, 0.0
            for i in range(net.start[j], net.start[j + 1]):
                if now[net.group[i]]:
                    serves += flow[net.at[i]]
                    reach += net.people[net.group[i]]
            most = min(net.capacity[j], reach)
            whole = np.floor(most / size)
            left = most - size * whole
            gain = serves - (rest * whole + min(rest, left)) * opened[j]
            if gain > 1e-9:
                taken[j] = 1
                over += gain
                room += (whole + (1.0 if left >= rest - 1e-9 else 0.0)) * opened[j]
        if over <= best + 1e-7:
            break
        best = over
        kept[:] = now
        share = 1.0 + room - times
        if share <= 0.0 or share >= 1.0:
            break
        after = 0.0
        for g in range(groups):
            serves = 0.0
            for pair in range(net.row[g], net.row[g + 1]):
                if taken[net.column[pair]]:
                    serves += flow[pair]
            part[g] = serves / net.people[g] - share if net.people[g] > 0.0 else -1.0
            now[g] = 1 if part[g] > 1e-9 else 0
            if now[g]:
                after += net.people[g]
        if after <= (times - 1.0) * size or after > times * size:
            # With so many times the size: those served most, as far as there is room.
            order = np.argsort(-part)
            after = 0.0
            now[:] = 0
            for g in order:
                if part[g] <= -share + 1e-12 or (part[g] <= 1e-9 and after > (times - 1.0) * size):
                    break
                if after + net.people[g] <= times * size:
                    now[g] = 1
                    after += net.people[g]
            if after <= (times - 1.0) * size:
                break
    now[:] = kept
    return best


@njit(cache=True, nogil=True)
def _keep(
    over: float,
    each: float,
    now: Flags,
    least: float,
    much: Floats,
    size: Floats,
    name: Words,
    names: Words,
    quarter: Flags,
) -> None:  # pragma: no cover - compiled
    """Among the furthest so far, if it is one and not there yet."""
    if over <= least:
        return
    word = np.uint64(each)
    for g in range(len(now)):
        if now[g]:
            word += names[g]
    weakest = 0
    for k in range(len(much)):
        if much[k] > -np.inf and name[k] == word:
            return
        if much[k] < much[weakest]:
            weakest = k
    if over > much[weakest]:
        much[weakest], size[weakest], name[weakest] = over, each, word
        quarter[weakest] = now
