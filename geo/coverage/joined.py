"""Two editions of enterprises joined by identity, and what became of the units of each area.

The units are matched by their stable identity (sorted, so by binary search), the memberships by
area and identity. Whatever is counted is first stated unit by unit and then summed by area with a
sparse matrix of who lies where; so the flows of an area add up to the last unit and member:

* ``units_after`` = ``units_before`` + came in − went out, where units come in by :data:`CAME`
  (appeared, no longer set apart, moved in) and go out by :data:`WENT` (said to be closed, no longer
  in the list, set apart now, moved out);
* ``members_after`` = ``members_before`` + ``members_real`` + ``members_now_stated`` −
  ``members_no_longer_stated`` + members of who came in − members of who went out;
* ``covered_after`` = ``covered_before`` + ``newly_own`` + ``newly_joint`` + ``newly_known`` −
  ``lost_union`` − ``no_longer_known`` + covered that came in − covered that went out.

A unit is *in both* editions of an area when it lies there in both and is set apart in neither. A
unit that lies elsewhere now has moved, and is neither founded nor closed; nowhere is elsewhere, and
counted beside it (``moved_out_unplaced``, ``moved_in_unplaced``). The whole edition is a last
``area`` that nobody moves in or out of.

A union is *founded* when no unit of the earlier edition was in it, and *ended* when no unit of the
later one is. A union whose code or name alone has changed is neither but *renamed*: most of the
units it has in both editions had (or have) a union of the same kind whose key is gone (or new).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from geo.coverage.counting import Counter
from geo.coverage.targets import UnitRules
from geo.enterprises.apart import CLOSED, COUNTED
from geo.enterprises.units import STATE, Units

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CAME = ("appeared", "no_longer_set_apart", "moved_in")
"""How a unit comes to be counted in an area."""
WENT = ("closed", "unlisted", "now_set_apart", "moved_out")
"""How it comes to be counted there no more. `closed`: the later edition says so; `unlisted`: it is
no longer in the list."""
TRANSITIONS = (
    "newly_own",
    "newly_joint",
    "newly_known",
    "own_to_joint",
    "joint_to_own",
    "lost_union",
    "no_longer_known",
)
"""What became of the unions of units in both editions. `newly_known`: had a state that was not
known, has a union; `no_longer_known` the other way round."""
MEASURES = ("units", "covered", "members")


@dataclass(frozen=True)
class Side:
    """One edition: N units, how each is set apart (a position in
    :data:`geo.enterprises.apart.APART`), by which thresholds it is counted, and the M memberships.

    `unit` and `area` are positions among the units and the areas, ordered by area, then unit.
    """

    units: Units
    apart: npt.NDArray[np.int8]
    rules: UnitRules
    unit: Integers
    area: Integers

    @property
    def counted(self) -> Mask:
        """(N,) which units are not set apart."""
        counted: Mask = self.apart == COUNTED
        return counted

    @property
    def covered(self) -> Mask:
        """(N,) which have an own or joint union."""
        state = self.units.state
        covered: Mask = (state == STATE["own"]) | (state == STATE["joint"])
        return covered


def changes(
    before: Side, after: Side, areas: int, columns: tuple[str, ...] = ()
) -> dict[str, Integers]:
    """Count what became of the units of each area.

    Args:
        before, after: the two editions over the same areas.
        areas: how many areas there are, A.
        columns: columns of :mod:`geo.coverage.counting`; each is given four times: ``before.…``
            and ``after.…`` over all that is counted there, and ``stayed_before.…``,
            ``stayed_after.…`` over the units in both.

    Returns:
        Arrays of shape (A + 1,), the whole editions last. Names: see the module.

    Cost: 1,000,000 units on each side in 350 areas some 2 s and 1 GB.
    """
    later = _positions(before.units.ids, after.units.ids)
    earlier = _positions(after.units.ids, before.units.ids)
    old, new = _with_whole(before, areas), _with_whole(after, areas)
    # One number for each area and identity: sorted as both sides are, so that they can be merged.
    everyone = np.sort(np.concatenate([before.units.ids, after.units.ids[earlier < 0]]))
    key_old = old.area * len(everyone) + np.searchsorted(everyone, before.units.ids)[old.unit]
    key_new = new.area * len(everyone) + np.searchsorted(everyone, after.units.ids)[new.unit]
    stayed_old, stayed_new = _positions(key_old, key_new) >= 0, _positions(key_new, key_old) >= 0

    def matrix(part: _Members, mask: Mask, units: int) -> sparse.csr_array:
        ends = np.searchsorted(part.area[mask], np.arange(areas + 2))
        ones = np.ones(int(ends[-1]), dtype=np.int64)
        return sparse.csr_array((ones, part.unit[mask], ends), shape=(areas + 1, units))

    n_old, n_new = len(before.units), len(after.units)
    everywhere = [
        matrix(old, np.ones(len(old.unit), dtype=bool), n_old),
        matrix(new, np.ones(len(new.unit), dtype=bool), n_new),
    ]
    stayed = [matrix(old, stayed_old, n_old), matrix(new, stayed_new, n_new)]
    went, came = matrix(old, ~stayed_old, n_old), matrix(new, ~stayed_new, n_new)

    counts: dict[str, Integers] = {}
    values = [_measures(before), _measures(after)]
    for name in MEASURES:
        counts[f"{name}_before"] = everywhere[0] @ values[0][name]
        counts[f"{name}_after"] = everywhere[1] @ values[1][name]
    for flows, matrix_of, value in (
        (_went(after, later), went, values[0]),
        (_came(before, earlier), came, values[1]),
    ):
        for flow, mask in flows.items():
            for name in MEASURES:
                label = flow if name == "units" else f"{name}_{flow}"
                counts[label] = matrix_of @ (value[name] * mask)
    counts["in_both"] = stayed[0] @ np.ones(n_old, dtype=np.int64)
    counts["moved_out_unplaced"] = went @ _unplaced(after, later)
    counts["moved_in_unplaced"] = came @ _unplaced(before, earlier)
    counts["set_apart_before"] = _set_apart(before, areas)
    counts["set_apart_after"] = _set_apart(after, areas)

    for name, mask in _transitions(before, after, later).items():
        counts[name] = stayed[0] @ mask.astype(np.int64)
    for name, members in _member_changes(before, after, later).items():
        counts[name] = stayed[0] @ members
    counts |= _unions(before, after, later, old, new, areas)
    if columns:
        for side, label, all_of, stayers in (
            (before, "before", everywhere[0], stayed[0]),
            (after, "after", everywhere[1], stayed[1]),
        ):
            # One counter for both, the units in both as further areas: packing them costs most.
            start = np.concatenate([all_of.indptr, all_of.indptr[-1] + stayers.indptr[1:]])
            member = np.concatenate([all_of.indices, stayers.indices])
            counter = Counter(
                side.units, side.apart, side.rules, start.astype(np.int64), member, near=False
            )
            counted = counter.count(whole=False)
            for name in columns:
                counts[f"{label}.{name}"] = counted[name][: areas + 1]
                counts[f"stayed_{label}.{name}"] = counted[name][areas + 1 : -1]
    return counts


@dataclass(frozen=True)
class _Members:
    """Memberships of counted units, and of each in the whole, by area, then unit."""

    unit: Integers
    area: Integers


def _with_whole(side: Side, areas: int) -> _Members:
    counted = side.counted
    inside = counted[side.unit]
    everyone = np.flatnonzero(counted)
    return _Members(
        np.concatenate([side.unit[inside], everyone]),
        np.concatenate([side.area[inside], np.full(len(everyone), areas, dtype=np.int64)]),
    )


def _positions(of: Integers, among: Integers) -> Integers:
    """Where each value stands in a sorted array, -1 where it does not."""
    if len(among) == 0:
        return np.full(len(of), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, of), len(among) - 1)
    return np.where(among[at] == of, at, -1).astype(np.int64)


def _measures(side: Side) -> dict[str, Integers]:
    return {
        "units": np.ones(len(side.units), dtype=np.int64),
        "covered": side.covered.astype(np.int64),
        "members": np.rint(np.nan_to_num(side.units.members)).astype(np.int64),
    }


def _seen(values: npt.NDArray[Any], index: Integers, otherwise: Any) -> npt.NDArray[Any]:
    """The values at these positions; `otherwise` where the position is -1."""
    if len(values) == 0:
        return np.full(len(index), otherwise, dtype=values.dtype)
    return np.where(index >= 0, values[index], otherwise)


def _went(after: Side, later: Integers) -> dict[str, Mask]:
    """Why a unit of the earlier edition is counted no more where it was; of N before."""
    listed = later >= 0
    now = _seen(after.apart, later, COUNTED)
    apart, closed = now != COUNTED, now == CLOSED
    return {
        "closed": closed,
        "unlisted": ~listed,
        "now_set_apart": apart & ~closed,
        "moved_out": listed & ~apart,
    }


def _came(before: Side, earlier: Integers) -> dict[str, Mask]:
    """How a unit of the later edition comes to be counted where it was not; of N after."""
    listed = earlier >= 0
    was_apart = _seen(before.apart, earlier, COUNTED) != COUNTED
    return {
        "appeared": ~listed,
        "no_longer_set_apart": was_apart,
        "moved_in": listed & ~was_apart,
    }


def _unplaced(there: Side, other: Integers) -> Integers:
    """(N,) which units are counted, but have no place, in the other edition."""
    placed = ~np.isnan(_seen(there.units.lon, other, 0.0))
    counted = _seen(there.apart, other, COUNTED) == COUNTED
    return np.asarray((other >= 0) & ~placed & counted, dtype=np.int64)


def _set_apart(side: Side, areas: int) -> Integers:
    apart = ~side.counted
    counted = np.bincount(side.area[apart[side.unit]], minlength=areas + 1).astype(np.int64)
    counted[areas] = int(apart.sum())
    return counted


def _transitions(before: Side, after: Side, later: Integers) -> dict[str, Mask]:
    """What became of the union of each unit before; where it is in both editions."""
    own, joint, unknown = STATE["own"], STATE["joint"], STATE["unknown"]
    was, now = before.units.state, _seen(after.units.state, later, unknown)
    had, has = before.covered, _seen(after.covered, later, False)
    without = ~had & (was != unknown)
    return {
        "newly_own": without & (now == own),
        "newly_joint": without & (now == joint),
        "newly_known": (was == unknown) & has,
        "own_to_joint": (was == own) & (now == joint),
        "joint_to_own": (was == joint) & (now == own),
        "lost_union": had & ~has & (now != unknown),
        "no_longer_known": had & (now == unknown),
    }


def _member_changes(before: Side, after: Side, later: Integers) -> dict[str, Integers]:
    was, now = before.units.members, _seen(after.units.members, later, np.nan)
    stated_then, stated_now = ~np.isnan(was), ~np.isnan(now)
    old, new = (np.rint(np.nan_to_num(one)).astype(np.int64) for one in (was, now))
    return {
        "members_real": (new - old) * (stated_then & stated_now),
        "members_now_stated": new * (stated_now & ~stated_then),
        "members_no_longer_stated": old * (stated_then & ~stated_now),
    }


def _unions(
    before: Side, after: Side, later: Integers, old: _Members, new: _Members, areas: int
) -> dict[str, Integers]:
    """How many different unions there were and are in each area, and which of them are new."""
    keys, number = np.unique(
        np.concatenate([before.units.union_key, after.units.union_key]), return_inverse=True
    )
    key_old, key_new = number[: len(before.units)], number[len(before.units) :]
    had, has = before.covered, after.covered
    gone, fresh = _flags(key_old[had], len(keys)), _flags(key_new[has], len(keys))
    gone, fresh = gone & ~fresh, fresh & ~gone
    both = np.flatnonzero(had & _seen(has, later, False))
    now = later[both]
    alike = before.units.state[both] == after.units.state[now]
    renamed = _mostly(key_new[now], alike & gone[key_old[both]], len(keys)) & fresh
    carried = _mostly(key_old[both], alike & renamed[key_new[now]], len(keys)) & gone
    there_then = _pairs(old, had, key_old, len(keys))
    there_now = _pairs(new, has, key_new, len(keys))

    def counted(pairs: tuple[Integers, Integers], wanted: Mask) -> Integers:
        area, key = pairs
        return np.bincount(area[wanted[key]], minlength=areas + 1).astype(np.int64)

    every = np.ones(len(keys), dtype=bool)
    return {
        "unions_before": counted(there_then, every),
        "unions_after": counted(there_now, every),
        "unions_founded": counted(there_now, fresh & ~renamed),
        "unions_ended": counted(there_then, gone & ~carried),
        "unions_renamed": counted(there_now, renamed),
    }


def _flags(numbers: Integers, count: int) -> Mask:
    flags = np.zeros(count, dtype=bool)
    flags[numbers] = True
    return flags


def _mostly(numbers: Integers, mask: Mask, count: int) -> Mask:
    """Which numbers meet the mask in more than half of the places they stand in."""
    mostly: Mask = 2 * np.bincount(numbers, weights=mask, minlength=count) > np.bincount(
        numbers, minlength=count
    )
    return mostly


def _pairs(part: _Members, covered: Mask, key: Integers, keys: int) -> tuple[Integers, Integers]:
    """Each area and union in it, once."""
    taken = covered[part.unit]
    # Sorted by hand: numpy's `unique` looks whole numbers up in a hash table, ten times slower.
    both = np.sort(part.area[taken] * max(keys, 1) + key[part.unit[taken]])
    first = np.ones(len(both), dtype=bool)
    first[1:] = both[1:] != both[:-1]
    return both[first] // max(keys, 1), both[first] % max(keys, 1)
