"""Which conditions of a question a given set of sites does not keep, each from its definition.

Shares no code with the solvers. It serves whoever checks a plan from its files or from its proof,
and whoever draws a set of sites by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.siting.names import Names
from geo.siting.problem import (
    FORBIDDEN,
    FORCED,
    Covering,
    Demand,
    Floats,
    Ints,
    Longs,
    Rules,
    Sites,
)
from geo.siting.stated import broken_spacing, standing_with

NAMED: Final = 5
"""So many of a kind are told one by one: pairs too near, districts below their floor."""
NEAR: Final = 1e-9


@dataclass(frozen=True)
class Broken:
    """A condition that is not kept.

    Attributes:
        code: `sites`, `budget`, `share`, `area_least_share`, `area_least_sites`, `open_24h_least`,
            `per_chain_most`, `spacing`, `locked`, `forbidden`, `unserved`.
        zh, en: a sentence each.
        sites: positions of the sites concerned; empty where it is about all of them.
        warns: the question only warns of it.
    """

    code: str
    zh: str
    en: str
    sites: tuple[int, ...] = ()
    warns: bool = False


def broken_conditions(
    sites: Sites,
    rules: Rules,
    opened: Longs,
    demand: Demand,
    share: Floats,
    names: Names | None = None,
) -> list[Broken]:
    """The conditions that a set of sites breaks.

    Args:
        sites, rules, demand: as the solvers take them.
        opened: (k,) new and forced sites, positions among all; existing ones are open besides.
        share: (n,) how much of each point's demand counts as covered, see :func:`served_by`.
        names: of districts, chains and sites.

    Cost: some passes over the sites, and one over the demand for each district with a floor.
    """
    names = names or Names()
    both = standing_with(sites, opened)
    return [
        *_too_many(sites, rules, opened),
        *_covers_too_little(demand, rules, share, names),
        *_too_few(sites, rules, both, names),
        *_one_chain(sites, rules, opened, names),
        *too_near(sites, rules, opened, names),
        *_fixed(sites, opened, names),
    ]


def served_by(
    points: int, sites: int, reach: Covering, steps: tuple[tuple[float, float], ...], opened: Longs
) -> tuple[Ints, Floats, Floats]:
    """(n,) the nearest open site of each of n points (-1: none within reach), how far it is (0
    where distances are not known), and the share with which the point counts as covered."""
    stands = np.zeros(sites, np.bool_)
    stands[opened] = True
    site = np.full(points, -1, np.int32)
    metres, share = np.zeros(points), np.zeros(points)
    for run in reach.rows(points):
        here = stands[run.site]
        point = np.repeat(np.arange(len(run.start) - 1), np.diff(run.start))[here]
        who = run.site[here]
        far = np.zeros(len(who)) if run.metres is None else run.metres[here].astype(np.float64)
        order = np.lexsort((who, far, point))
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(point[order]) != 0
        best = order[first]
        at = run.first + point[best]
        site[at], metres[at] = who[best], far[best]
        share[at] = 1.0
        if steps:
            number = np.searchsorted(np.array([np.float32(m) for m, _ in steps]), far[best])
            share[at] = np.array([*(part for _, part in steps), 0.0])[number]
    return site, metres, share


def everybody_needed(model: str, rules: Rules) -> bool:
    """Whether all whom a candidate reaches have to be served, as the model reads its conditions."""
    if model == "set-cover":
        return rules.share is None and not rules.district_least_share
    return model in ("p-median", "p-centre") and rules.unserved_metres is None


def counted_steps(model: str, rules: Rules) -> tuple[tuple[float, float], ...]:
    """What a distance counts for, as the model reads its conditions: where everybody has to be
    served, it is enough to be within the last step that counts at all."""
    within = [metres for metres, share in rules.steps if share > 0]
    return ((within[-1], 1.0),) if within and everybody_needed(model, rules) else rules.steps


def left_unserved(
    model: str, demand: Demand, sites: Sites, reach: Covering, rules: Rules, share: Floats
) -> list[Broken]:
    """Whether a plan leaves somebody without a site whom it has to serve.

    Args:
        share: (n,) with what share each point counts as covered, 0: it is out of reach, also of
            the last step; see :func:`served_by`.

    Cost: a pass over the pairs, where everybody has to be served.
    """
    if not everybody_needed(model, rules):
        return []
    usable = np.flatnonzero(sites.fixed != FORBIDDEN).astype(np.int64)
    _, _, can = served_by(len(demand), len(sites), reach, rules.steps, usable)
    return unserved(float(demand.weight[(can > 0) & (share <= 0)].sum()))


def unserved(left: float) -> list[Broken]:
    """What to say of people who have to be served and are not."""
    if left <= 0:
        return []
    return [
        Broken(
            "unserved",
            f"有 {left:,.10g} 的需求够得着候选点却没有站点服务。",
            f"Demand of {left:,.10g} is reached by candidates but by no site of the plan.",
        )
    ]


def _too_many(sites: Sites, rules: Rules, opened: Longs) -> list[Broken]:
    told = []
    if rules.p is not None and len(opened) > rules.p:
        told.append(
            Broken(
                "sites",
                f"共 {len(opened)} 个新站点，多于 {rules.p} 个。",
                f"There are {len(opened)} new sites, more than {rules.p}.",
            )
        )
    cost = float(sites.cost[opened].sum())
    if rules.budget is not None and cost > rules.budget * (1 + NEAR):
        told.append(
            Broken(
                "budget",
                f"共需 {cost:,.10g}，超过预算 {rules.budget:,.10g}。",
                f"They cost {cost:,.10g}, above the budget of {rules.budget:,.10g}.",
            )
        )
    return told


def _covers_too_little(demand: Demand, rules: Rules, share: Floats, names: Names) -> list[Broken]:
    told = []
    weight, district = demand.weight, demand.district
    if rules.district_least_share:
        known = district >= 0
        size = max(int(district.max(initial=-1)), *rules.district_least_share) + 1
        people = np.bincount(district[known], weight[known], minlength=size)
        reached = np.bincount(district[known], (weight * share)[known], minlength=size)
        for at, least in rules.district_least_share.items():
            if reached[at] < least * people[at] * (1 - NEAR) - NEAR:
                name, part = names.district(at), reached[at] / people[at]
                told.append(
                    Broken(
                        "area_least_share",
                        f"{name}只覆盖 {_down(part)}，要求 {_asked(least)}。",
                        f"{name} is covered to {_down(part)}; {_asked(least)} are asked for.",
                    )
                )
    whole = float(weight.sum())
    covered = float((weight * share).sum())
    if rules.share is not None and covered < rules.share * whole * (1 - NEAR) - NEAR:
        told.append(
            Broken(
                "share",
                f"共覆盖 {_down(covered / whole)}，要求 {_asked(rules.share)}。",
                f"{_down(covered / whole)} are covered; {_asked(rules.share)} are asked for.",
            )
        )
    return told


def _asked(share: float) -> str:
    """A share as it was asked for, so that no rounding makes it less than what is covered."""
    return f"{100 * share:.6g}%"


def _down(share: float) -> str:
    """What is covered, rounded down: what is not enough does not look as if it were."""
    return f"{np.floor(1000 * share + NEAR) / 10:.1f}%"


def _too_few(sites: Sites, rules: Rules, both: Longs, names: Names) -> list[Broken]:
    told = []
    for at, least in rules.district_least_sites.items():
        there = int((sites.district[both] == at).sum())
        if there < least:
            told.append(
                Broken(
                    "area_least_sites",
                    f"{names.district(at)}有 {there} 个站点，要求 {least} 个。",
                    f"{names.district(at)} has {there} sites; {least} are asked for.",
                )
            )
    open_then = int(sites.open_24h[both].sum())
    if open_then < rules.open_24h_least:
        told.append(
            Broken(
                "open_24h_least",
                f"24 小时开放的站点有 {open_then} 个，要求 {rules.open_24h_least} 个。",
                f"{open_then} sites are open 24 hours; {rules.open_24h_least} are asked for.",
            )
        )
    return told


def _one_chain(sites: Sites, rules: Rules, opened: Longs, names: Names) -> list[Broken]:
    if rules.per_chain_most is None:
        return []
    chain = sites.chain[opened]
    told = []
    for at in np.flatnonzero(np.bincount(chain[chain >= 0], minlength=1) > rules.per_chain_most):
        mine = opened[chain == at]
        told.append(
            Broken(
                "per_chain_most",
                f"{names.chain(int(at))}有 {len(mine)} 个站点，"
                f"同一品牌至多 {rules.per_chain_most} 个。",
                f"{len(mine)} sites are of {names.chain(int(at))}, "
                f"at most {rules.per_chain_most} of one chain are asked for.",
                tuple(mine.tolist()),
            )
        )
    return told


def too_near(sites: Sites, rules: Rules, opened: Longs, names: Names) -> list[Broken]:
    """Pairs of sites that stand nearer than asked, in metres or, where positions are no longitudes,
    in the unit of `x` and `y`; the first some by their names."""
    pairs = broken_spacing(sites, rules, opened)
    warns, far = rules.spacing == "warn", f"{rules.spacing_metres:g}"
    zh, en = (f"{far} 米", f"{far} m") if sites.degrees else (far, far)
    told = [
        Broken(
            "spacing",
            f"{names.site(one)}与{names.site(other)}相距不到 {zh}。",
            f"{names.site_en(one)} and {names.site_en(other)} are less than {en} apart.",
            (one, other),
            warns,
        )
        for one, other in pairs[:NAMED]
    ]
    rest = pairs[NAMED:]
    if rest:
        told.append(
            Broken(
                "spacing",
                f"另有 {len(rest)} 对站点相距不到 {zh}。",
                f"{len(rest)} more pairs of sites are less than {en} apart.",
                tuple(sorted({at for pair in rest for at in pair})),
                warns,
            )
        )
    return told


def _fixed(sites: Sites, opened: Longs, names: Names) -> list[Broken]:
    missing = np.setdiff1d(np.flatnonzero(sites.fixed == FORCED), opened)
    forbidden = opened[sites.fixed[opened] == FORBIDDEN]
    told = []
    for code, some, zh, en in (
        ("locked", missing, "缺少必选点{}。", "A site that must be in it is missing: {}."),
        ("forbidden", forbidden, "包含禁选点{}。", "A site that must not be in it is: {}."),
    ):
        for at in some[:NAMED].tolist():
            of_one = zh.format(names.site(at)), en.format(names.site_en(at))
            told.append(Broken(code, *of_one, (at,)))
        rest = some[NAMED:].tolist()
        if rest:
            more = Broken(
                code,
                zh.format(f"：另有 {len(rest)} 个"),
                en.format(f"{len(rest)} more"),
                tuple(rest),
            )
            told.append(more)
    return told
