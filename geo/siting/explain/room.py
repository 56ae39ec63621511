"""Sites that have room for so many, where everybody has to be served: as rows of the small integer
program of :mod:`geo.siting.explain.elastic`.

Whom each site serves of each group is a column z in 0 … 1, at most x of the site; each group is
served once, each site serves at most its capacity. Sites that stand are candidates which are open,
since what room they have is theirs too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from geo.siting.amounts import amount, need, sites_text
from geo.siting.control import Control
from geo.siting.explain.elastic import Elastic, Row, elastic_of
from geo.siting.explain.explanation import Change, Explanation, Reason
from geo.siting.model.merge import merge
from geo.siting.model.sides import slack
from geo.siting.problem import EXISTING, FORCED, FREE, Covering, Demand, Rules, Sites

MOST_PAIRS: Final = 100_000
MOST_ROOM: Final = 10_000.0
"""Nobody is told to give sites more than so many times the room they have."""


def elastic_within_room(
    demand: Demand, sites: Sites, reach: Covering, rules: Rules
) -> Elastic | None:
    """The conditions on sites, and that everybody whom a site reaches is served within its room;
    None where that is too large to be looked into.

    Cost: a merge; a column and a row for each pair.
    """
    if sites.capacity is None:
        return None
    stands = np.isin(sites.fixed, (FORCED, EXISTING))
    all_free = replace(sites, fixed=np.where(stands, FREE, sites.fixed).astype(np.int8))
    plain = replace(rules, steps=(), backup=0.0, district_least_share={}, share=None)
    merged = merge(demand, all_free, reach, plain)
    pairs = len(merged.column)
    if pairs > MOST_PAIRS:
        return None
    model = elastic_of(merged, demand, sites, plain, everybody=False)
    count, free = model.count, merged.candidates.astype(np.int64)
    group = np.repeat(np.arange(len(merged)), np.diff(merged.row))
    site = merged.column.astype(np.int64)
    people, column = merged.first[group], count + np.arange(pairs)
    all_of_it = float(merged.first.sum())
    rows = model.rows
    rows.append(
        Row(
            "everybody", column, people, all_of_it * (1 - 1e-9), np.inf,
            max(1.0, all_of_it), 1.0, 0.0,
        )
    )  # fmt: skip
    for j in np.flatnonzero(stands[free]).tolist():
        rows.append(Row("standing", np.array([j]), np.ones(1), 1.0, 1.0, 1.0, 1.0, 1.0))
    for begin, end in zip(merged.row[:-1].tolist(), merged.row[1:].tolist(), strict=True):
        ones = np.ones(end - begin)
        rows.append(Row("once", column[begin:end], ones, -np.inf, 1.0, 1.0, 1.0, 1.0))
    known = sites.capacity[free]
    smallest = float(known[known > 0].min(initial=np.inf))
    most = float(np.clip(all_of_it / smallest, 1.0, MOST_ROOM))
    order = np.argsort(site, kind="stable")
    ends = np.cumsum(np.bincount(site, minlength=count))
    for j, mine in enumerate(np.split(order, ends[:-1])):
        room = float(sites.capacity[free[j]])
        if not len(mine) or np.isinf(room):
            continue
        who = np.append(column[mine], j)
        much = np.append(people[mine], -room)
        rows.append(Row("capacities", who, much, -np.inf, 0.0, room * most, 1.0, 1.0))
    return replace(
        model,
        reached=(np.arange(pairs + 1, dtype=np.int64), site),
        groups=np.arange(pairs, dtype=np.int64),
    )


def room_short(
    told: Explanation,
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control,
) -> bool:
    """Whether all sites together lack room for somebody, each for those whom it reaches; else it is
    told where the largest of so many do."""
    all_open = replace(
        rules, p=None, budget=None, per_chain_most=None, spacing_metres=0.0,
        open_24h_least=0, district_least_sites={},
    )  # fmt: skip
    model = elastic_within_room(demand, sites, reach, all_open)
    if model is None or model.possible(control) is not False:
        # How many sites are needed the conditions together tell, where they can be looked into.
        _largest(told, demand, sites, rules, alone=model is None)
        return False
    more = sum(one.value for one in model.give_way(["everybody"], control) or [])
    told.reasons.append(
        Reason(
            f"站点容不下所有人：候选点和现有站点全用上，还有 {need(more)} 人够得着的站点都满了",
            "the sites have no room for everybody: with all candidates and today's stations, for "
            f"{need(more)} people every site within reach is full",
            "capacities",
        )
    )
    return True


def _largest(told: Explanation, demand: Demand, sites: Sites, rules: Rules, *, alone: bool) -> None:
    if sites.capacity is None:
        return
    total = float(demand.weight.sum())
    kept = np.isin(sites.fixed, (FORCED, EXISTING))
    forced = int((sites.fixed == FORCED).sum())
    free = np.sort(sites.capacity[sites.fixed == FREE])[::-1]
    room = len(free) if rules.p is None else max(0, rules.p - forced)
    most = np.concatenate(([0.0], np.cumsum(free))) + float(sites.capacity[kept].sum())
    if most[min(room, len(free))] >= total - slack(total):
        return
    enough = np.flatnonzero(most >= total - slack(total))
    largest = amount(float(most[min(room, len(free))]))
    told.reasons.append(
        Reason(
            f"需求 {amount(total)} 超过容量：最大的站点合计只有 {largest}",
            f"the demand of {amount(total)} is above the capacity: the largest sites have "
            f"{largest}",
            "capacities",
        )
    )
    if alone and len(enough):
        number = int(enough[0]) + forced
        told.changes.append(
            Change(f"至少设 {number} 个站点", f"allow {sites_text(number)} at least", "p", number)
        )


__all__ = ["elastic_within_room", "room_short"]
