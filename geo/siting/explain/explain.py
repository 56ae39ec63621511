"""Why no plan keeps to the rules, in sentences, and the least change with which one does.

First every condition by itself: what all candidates together reach, against what is asked. Where
each can be met but not all at once, a small integer program for each kind of condition finds the
least by which that kind has to give way while the others hold (elastic programming: Chinneck,
Feasibility and Infeasibility in Optimization, 2008, ch. 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from geo.siting.amounts import amount, need
from geo.siting.conditions import counted_steps
from geo.siting.control import Control
from geo.siting.explain.elastic import Elastic, elastic_of
from geo.siting.explain.explanation import (
    Change,
    Explanation,
    Reason,
    change_of,
    joined,
    percent,
)
from geo.siting.explain.room import elastic_within_room, room_short
from geo.siting.model.merge import Merged, merge
from geo.siting.model.sides import slack, too_near
from geo.siting.names import Names
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Covering, Demand, Rules, Sites
from geo.siting.reach import earth_centred

__all__ = ["Change", "Explanation", "Names", "Reason", "explain"]

SHOWN: Final = 6
MOST_PEOPLE: Final = 2_000_000
SUMS: Final = "budget", "share", "district_least_share"
"""Of conditions: numbers that need not be whole."""


def explain(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    *,
    names: Names | None = None,
    everybody: bool = False,
    straight: bool = False,
    farther: bool = True,
    seconds: float = 20.0,
) -> Explanation:
    """Why there is no plan.

    Args:
        demand, sites, reach, rules: as given to the solver.
        names: of subdistricts, chains and sites.
        everybody: all demand that can be reached has to be (p-median, p-centre, and set cover
            without a share).
        straight: reach is by straight lines between `x` and `y`, so that it can be said how far a
            site would have to reach.
        farther: sites could reach farther than was asked for, so that this may be said.
        seconds: for the search for the least changes.

    Returns:
        No reasons where a plan exists after all.

    Cost: a merge, and some integer programs over the groups that conditions speak of.
    """
    names = names or Names()
    told = Explanation()
    # Districts join the merge even where only a number of sites is asked of them.
    asked = rules.district_least_share or {-1: 0.0}
    if everybody:
        rules = replace(rules, steps=counted_steps("set-cover", rules))
    merged = merge(demand, sites, reach, replace(rules, district_least_share=asked, backup=0.0))
    _districts(told, demand, sites, merged, rules, names, straight=straight)
    _everything(told, demand, merged, rules)
    _counts(told, sites, rules, names)
    control = Control(seconds)
    crowded = everybody and rules.capacities and sites.capacity is not None
    short = crowded and room_short(told, demand, sites, reach, rules, control)
    # What these changes leave has to be possible together too.
    left = _changed(rules, told.changes)
    if left is None:
        return told
    if crowded:
        model = elastic_within_room(demand, sites, reach, left)
    else:
        model = elastic_of(merged, demand, sites, left, everybody=everybody)
    if model is not None:
        _together(told, model, left, names, control, alone=not short, farther=farther)
    return told


def _changed(rules: Rules, changes: Sequence[Change]) -> Rules | None:
    """The conditions after changes, of which a larger radius is the other way for one that is told
    already; None: of some it is not known what they would be."""
    for one in changes:
        if one.value is None or one.rule in ("spacing_metres", "capacities", "everybody"):
            return None
        if one.rule == "radius":
            continue
        value: Any = one.value if one.rule in SUMS else int(one.value)
        if one.rule.startswith("district_"):
            if one.district is None:
                return None
            value = {**getattr(rules, one.rule), one.district: value}
        rules = replace(rules, **{one.rule: value})
    return rules


# ---------------------------------------------------------------------- each by itself
def _districts(
    told: Explanation,
    demand: Demand,
    sites: Sites,
    merged: Merged,
    rules: Rules,
    names: Names,
    *,
    straight: bool,
) -> None:
    known = merged.district >= 0
    for at, share in sorted(rules.district_least_share.items()):
        inside = demand.district == at
        total = float(demand.weight[inside].sum())
        here = known & (merged.district == at)
        most = float(merged.base_district[at] + merged.counted[here].sum())
        if not total or most >= share * total - slack(total):
            continue
        hosts = len(np.unique(merged.column[np.repeat(here, np.diff(merged.row))]))
        name, can = names.district(at), most / total
        by_today = "现有站点和" if merged.base_district[at] else ""
        today = "today's stations and " if merged.base_district[at] else ""
        told.reasons.append(
            Reason(
                f"{name}达不到 {share:.0%}：{by_today}够得着的 {hosts} 个候选点全用上也只到 "
                f"{percent(can)}"
                if hosts
                else f"{name}达不到 {share:.0%}：没有候选点够得着还未覆盖的人，现为 {percent(can)}",
                f"{name} cannot reach {share:.0%}: {today}its {hosts} "
                f"candidate{'' if hosts == 1 else 's'} reach {percent(can)}"
                if hosts
                else f"{name} cannot reach {share:.0%}: no candidate reaches those who are not "
                f"covered, it stays at {percent(can)}",
                "district_least_share",
                at,
                share,
                can,
            )
        )
        told.changes.append(
            Change(
                f"把{name}的要求降到 {percent(can)}",
                f"ask no more than {percent(can)} of {name}",
                "district_least_share",
                float(np.floor(can * 1e6) / 1e6),
                at,
            )
        )
        farther = _radius_for(demand, sites, inside, share, total) if straight else None
        if farther is not None and not rules.steps:
            told.changes.append(
                Change(
                    f"把服务半径放宽到 {farther:,.0f}（{name}）",
                    f"let sites reach {farther:,.0f} (for {name})",
                    "radius",
                    farther,
                    at,
                )
            )


def _radius_for(
    demand: Demand, sites: Sites, inside: np.typing.NDArray[np.bool_], share: float, total: float
) -> float | None:
    """How far sites would have to reach for a share, all of them open."""
    usable = (sites.fixed != FORBIDDEN) & np.isfinite(sites.x)
    spots = np.column_stack((demand.x, demand.y))[inside]
    hosts = np.column_stack((sites.x, sites.y))[usable]
    if not len(hosts) or len(spots) > MOST_PEOPLE or not np.isfinite(spots).all():
        return None
    if sites.degrees:
        spots, hosts = earth_centred(spots), earth_centred(hosts)
    far, _ = cKDTree(hosts).query(spots)
    far = np.atleast_1d(np.asarray(far, np.float64))
    order = np.argsort(far)
    reached = np.cumsum(demand.weight[inside][order])
    at = int(np.searchsorted(reached, share * total - slack(total)))
    return float(np.ceil(far[order[min(at, len(order) - 1)]] + 1e-9))


def _everything(told: Explanation, demand: Demand, merged: Merged, rules: Rules) -> None:
    total = float(demand.weight.sum())
    most = float(merged.base + merged.first.sum())
    if rules.share is None or not total or most >= rules.share * total - slack(total):
        return
    can = most / total
    told.reasons.append(
        Reason(
            f"全部需求达不到 {rules.share:.0%}：所有候选点和现有站点一起只到 {percent(can)}",
            f"{rules.share:.0%} of all demand cannot be reached: all candidates and today's "
            f"stations together reach {percent(can)}",
            "share",
            None,
            rules.share,
            can,
        )
    )
    told.changes.append(
        Change(
            f"把要求降到 {percent(can)}",
            f"ask no more than {percent(can)}",
            "share",
            float(np.floor(can * 1e6) / 1e6),
        )
    )


def _counts(told: Explanation, sites: Sites, rules: Rules, names: Names) -> None:
    forced, existing = sites.fixed == FORCED, sites.fixed == EXISTING
    usable = sites.fixed != FORBIDDEN

    def add(
        rule: str, zh: str, en: str, value: float, zh_way: str, en_way: str, at: int | None = None
    ) -> None:
        told.reasons.append(Reason(zh, en, rule))
        told.changes.append(Change(zh_way, en_way, rule, value, at))

    if rules.p is not None and forced.sum() > rules.p:
        add(
            "p",
            f"必选点有 {forced.sum()} 个，多于 {rules.p} 个站点",
            f"{forced.sum()} sites are forced, more than the {rules.p} allowed",
            float(forced.sum()),
            f"站点数改为 {forced.sum()}",
            f"allow {forced.sum()} sites",
        )
    spent = float(sites.cost[forced].sum())
    if rules.budget is not None and spent > rules.budget + slack(rules.budget):
        add(
            "budget",
            f"必选点共需 {amount(spent)}，超过预算 {amount(rules.budget)}",
            f"the forced sites cost {amount(spent)}, more than the budget of "
            f"{amount(rules.budget)}",
            spent,
            f"预算改为 {need(spent)}",
            f"give a budget of {need(spent)}",
        )
    for at, least in sorted(rules.district_least_sites.items()):
        can = int((usable & (sites.district == at)).sum())
        if can < least:
            name = names.district(at)
            add(
                "district_least_sites",
                f"{name}要 {least} 个站点，只有 {can} 个候选点和现有站点",
                f"{name} shall have {least} sites, but has {can} candidates and stations",
                float(can),
                f"{name}改为 {can} 个",
                f"ask {can} of {name}",
                at,
            )
    can = int((usable & sites.open_24h).sum())
    if can < rules.open_24h_least:
        add(
            "open_24h_least",
            f"要 {rules.open_24h_least} 个 24 小时开放的站点，只有 {can} 个",
            f"{rules.open_24h_least} sites shall open 24 hours, but only {can} do",
            float(can),
            f"改为 {can} 个",
            f"ask for {can}",
        )
    if rules.per_chain_most is not None:
        for chain in np.unique(sites.chain[forced & (sites.chain >= 0)]).tolist():
            count = int((forced & (sites.chain == chain)).sum())
            if count > rules.per_chain_most:
                add(
                    "per_chain_most",
                    f"品牌{names.chain(chain)}必选 {count} 个，多于 {rules.per_chain_most} 个",
                    f"{count} sites of {names.chain(chain)} are forced, more than the "
                    f"{rules.per_chain_most} allowed",
                    float(count),
                    f"每品牌改为至多 {count} 个",
                    f"allow {count} of one chain",
                )
    if rules.spacing_metres > 0:
        for a, b in too_near(sites, rules.spacing_metres).tolist():
            if (forced[a] and (forced[b] or existing[b])) or (forced[b] and existing[a]):
                add(
                    "spacing_metres",
                    f"{names.site(a)}与{names.site(b)}相距不足 {rules.spacing_metres:g} 米",
                    f"{names.site_en(a)} and {names.site_en(b)} are nearer than "
                    f"{rules.spacing_metres:g} m",
                    0.0,
                    "缩小间距，或不必选其中之一",
                    "ask for less distance, or do not force one of them",
                )


# ---------------------------------------------------------------------- all of them together
def _together(
    told: Explanation,
    model: Elastic,
    rules: Rules,
    names: Names,
    control: Control,
    *,
    alone: bool,
    farther: bool,
) -> None:
    """Which condition would have to give way, and by how much, while the others hold; where some
    have to be changed already, what has to besides. `alone`: each can be met by itself then."""
    besides = bool(told.changes)
    if model.possible(control) is not False:
        return
    changes: list[Change] = []
    shortest: list[Reason] = []
    for kind in model.kinds:
        yielded = model.give_way([kind], control)
        if yielded is None:
            continue
        changes += joined([change_of(one, names, farther=farther) for one in yielded])
        for one in yielded:
            if one.rule == "district_least_share" and one.district is not None:
                wanted = rules.district_least_share[one.district]
                name = names.district(one.district)
                shortest.append(
                    Reason(
                        f"{name}达不到 {wanted:.0%}，最接近的方案到 {percent(one.value)}",
                        f"{name} does not reach {wanted:.0%}: the nearest plan has it at "
                        f"{percent(one.value)}",
                        one.rule,
                        one.district,
                        wanted,
                        one.value,
                    )
                )
    if not changes:
        all_at_once = model.give_way(list(model.kinds), control) or []
        changes = joined([change_of(one, names, farther=farther) for one in all_at_once])
    words = {language: model.words(rules, language) for language in ("zh", "en")}
    together = Reason(
        f"{'这样改后' if besides else ''}各条件单独可行，合在一起{'仍' if besides else ''}"
        f"不行（{'、'.join(words['zh'])}）",
        f"{'so changed, ' if besides else ''}each condition can be met by itself, but "
        f"{'still ' if besides else ''}not all at once ({', '.join(words['en'])})",
        "together",
    )
    told.reasons += [together] if alone else []
    if besides:
        some = len(changes) > 1
        zh, en = ("（任选其一）", " (any one of these)") if some else ("", "")
        changes = [
            replace(one, zh=f"另外还要{zh}{one.zh}", en=f"besides{en} {one.en}") for one in changes
        ]
    told.reasons.extend(shortest[:SHOWN])
    told.changes.extend(changes)
