"""Which conditions of its question a set of sites breaks that somebody drew by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.siting.conditions import Broken, broken_conditions, unserved
from geo.siting.ground.everybody import Everybody
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import Evaluated
from geo.siting.ground.posing import (
    AGREED,
    REFUSED,
    of_what_is_here,
    positions_of,
    refs_of,
    rules_of,
    sites_of,
)
from geo.siting.problem import Demand
from geo.siting.question import Question, Ref

_SAID_NO: Final = ("declined", "包含不同意的单位{}。", "The host of {} has said no.")
_STANDS: Final = (
    "opened",
    "{}已经是驿站，不再是新站。",
    "{} is a station by now, and no new site.",
)
_NOT_YET: Final = (
    "not_agreed",
    "{}尚未同意，而只要已同意的单位。",
    "{} has not agreed, and only hosts that did are asked for.",
)


@dataclass(frozen=True)
class Kept:
    """A condition that is not kept: as :class:`geo.siting.conditions.Broken`, the sites by what
    they are called; stations of today among them have none. Codes besides: `declined`,
    `not_agreed`, `opened`."""

    code: str
    zh: str
    en: str
    sites: list[Ref]
    warns: bool


def broken_of(
    ground: Ground, asked: Question, chosen: Sequence[Ref], found: Evaluated
) -> list[Kept]:
    """The conditions that a set of sites breaks.

    Args:
        ground, asked: the question on its ground.
        chosen: the sites; found: what they do.

    Raises:
        NotFound: a site that is not there.

    Cost: some passes over the candidates and one over the points; a few ms in a large city.
    """
    plain, absent = of_what_is_here(ground, asked)
    names, sites = sites_of(ground, plain, ground.station)
    opened = np.sort(positions_of(ground, plain, chosen))
    demand = Demand.of(ground.weight, district=ground.district)
    rules = rules_of(ground, plain)
    refs = refs_of(ground, asked)
    told = []
    for one in broken_conditions(sites, rules, opened, demand, found.after, names):
        if one.code == "forbidden" and len(one.sites) == 1 and one.sites[0] < len(ground.host):
            told.append(_refused(ground, asked, one, names.site(one.sites[0])))
        else:
            told.append(one)
    everybody = Everybody.of(ground, plain, sites, rules, opened)
    if everybody is not None:
        told += unserved(everybody.left)
    missing = "必选的候选点 {} 不在这里。", "The candidate {} must be in it, and is not here."
    return [
        Kept(one.code, one.zh, one.en, [refs[at] for at in one.sites if at < len(refs)], one.warns)
        for one in told
    ] + [
        Kept("locked", missing[0].format(ref), missing[1].format(ref), [], warns=False)
        for ref in absent
    ]


def _refused(ground: Ground, asked: Question, one: Broken, name: str) -> Broken:
    """Why a candidate must not be in it: it is forbidden, or its host has not agreed."""
    at = int(ground.host[one.sites[0]])
    if int(ground.city.hosts.ids[at]) in asked.forbid:
        return one
    if ground.city.opened[at]:
        code, zh, en = _STANDS
        return Broken(code, zh.format(name), en.format(name), one.sites)
    agreed = int(ground.city.hosts.agreed[at])
    code, zh, en = _SAID_NO if agreed == REFUSED else _NOT_YET
    assert agreed != AGREED
    return Broken(code, zh.format(name), en.format(name), one.sites)
