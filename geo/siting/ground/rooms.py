"""How many people the sites of a question have room for, and whom they reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.errors import Invalid
from geo.siting.ground.ground import Ground
from geo.siting.problem import Floats, Reach
from geo.siting.question import Question


def regards_room(ground: Ground, asked: Question) -> bool:
    """Whether it is counted whom sites have room for: capacities are asked for and stated, and
    nobody counts in part or twice (with steps and backup capacities are not defined)."""
    if asked.capacity_per_place is None or asked.steps or asked.backup:
        return False
    return bool(np.isfinite(ground.city.hosts.capacity[ground.host]).any())


def rooms_of(ground: Ground, asked: Question) -> tuple[Floats, float]:
    """(m,) people that each candidate can serve over the hours, and as much of a place put on the
    map: one that states no capacity is taken at the middle one.

    Raises:
        Invalid: no candidate states a capacity.
    """
    places = ground.city.hosts.capacity[ground.host]
    stated = places[np.isfinite(places)]
    if not len(stated):
        raise Invalid(
            "候选点都没有填写容纳人数。 No candidate here states a capacity.",
            remedy="补充容纳人数后重新导入，或不考虑容量。 "
            "Import capacities, or leave `capacity_per_place` out.",
            field="capacity_per_place",
        )
    middle = float(np.median(stated))
    each = (asked.capacity_per_place or 0.0) * ground.hours
    return np.where(np.isfinite(places), places, middle) * each, middle * each


def missing(ground: Ground, asked: Question, share: Floats) -> Floats:
    """(m,) people within the radius of each candidate who are not covered."""
    reach = ground.reach
    assert reach.metres is not None
    left = (ground.weight * (1.0 - share))[reach.demand]
    left[reach.metres > np.float32(asked.rings[-1][0])] = 0.0
    before = np.concatenate((np.zeros(1), np.cumsum(left)))[reach.start]
    return np.maximum(np.diff(before), 0.0)


def reaches_of(
    ground: Ground, asked: Question, hosts: Sequence[int], keys: Sequence[str]
) -> list[Reach]:
    """Whom each of some candidates, and of the question's own places, reaches within the radius."""
    places = {one.key: one for one in asked.extra}
    found = [ground.reach.alone(at) for at in hosts]
    found += [ground.reach_of(places[key].lon, places[key].lat) for key in keys]
    return [one.within(asked.rings[-1][0]) for one in found]
