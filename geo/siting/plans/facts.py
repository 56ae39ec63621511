"""What a plan does, and why each of its sites is in it: told in numbers and sentences.

People are summed over the hours asked for. Figures of fewer than may be shown are 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy import sparse

from geo.siting.amounts import whole_text
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import Evaluated, evaluate, split
from geo.siting.ground.rooms import reaches_of
from geo.siting.ground.weighing import share_at
from geo.siting.plans.replacing import replacements_of
from geo.siting.problem import Floats, Reach
from geo.siting.question import Question, Ref

OVERLAPS: Final = 5


def facts_of(ground: Ground, asked: Question, chosen: Sequence[Ref]) -> dict[str, Any]:
    """The facts of a plan, as JSON takes them.

    Args:
        ground, asked: the question on its ground.
        chosen: the sites of the plan.

    Raises:
        NotFound: a site that is not there.

    Cost: some passes over the pairs of all candidates, and over those around each site.
    """
    least = ground.least
    found = evaluate(ground, asked, chosen)
    hosts, keys = split(ground, asked, chosen)
    refs: list[Ref] = [*(int(ground.city.hosts.ids[ground.host[at]]) for at in hosts), *keys]
    order = {ref: at for at, ref in enumerate(dict.fromkeys(chosen))}
    at = [order[ref] for ref in refs]
    reaches = reaches_of(ground, asked, hosts, keys)
    overlap, today = overlaps_of(ground, asked, reaches)
    standing_in = replacements_of(ground, asked, refs, reaches)
    newly = max(found.covered - found.covered_today, 0.0)
    before = ground.by_district(ground.weight * found.before)
    after = ground.by_district(ground.weight * found.after)
    everyone = ground.by_district(ground.weight)
    sites = []
    for number, ref in enumerate(refs):
        site = _place(ground, asked, ref)
        home = site.pop("home")
        place = int(np.searchsorted(ground.districts, home)) if home >= 0 else -1
        known = 0 <= place < len(ground.districts) and int(ground.districts[place]) == home
        site |= {
            "district": ground.city.places.names[home] if home >= 0 else None,
            "adds_last": _told(found.loss[at[number]], least),
            "alone": _told(found.alone[at[number]], least),
            "overlap_today": _told(today[number], least),
            "overlap": largest(refs, overlap[number], least),
            **_room_of(found, at[number], least),
            "replacements": [
                {
                    "id": int(ground.city.hosts.ids[ground.host[one]]),
                    "name": ground.city.hosts.names[ground.host[one]],
                    "loss": _told(loss, least),
                }
                for one, loss in standing_in[number]
            ],
        }
        told = known and asked.keep_existing and everyone[place] > 0
        share = before[place] / everyone[place] if told else None
        site["why_zh"], site["why_en"] = _why(site, newly, share, ground.hours)
        sites.append(site)
    sites.sort(key=lambda one: -float(one["adds_last"]))
    names = ground.city.places.names
    ids = ground.city.places.ids
    return {
        "people": _told(ground.total, least),
        "hours": ground.hours,
        "least": least,
        "covered_today": _told(found.covered_today, least),
        "covered": _told(found.covered, least),
        "share_today": _share(found.covered_today, ground.total),
        "share": _share(found.covered, ground.total),
        "cost": round(found.cost, 2),
        "stations": len(ground.station),
        "straight_line": ground.city.straight_line,
        "room_regarded": None if asked.capacity_per_place is None else found.room is not None,
        "district_kind": ground.city.places.kind,
        "equity": {
            "before": gini(_shares(before, everyone), everyone),
            "after": gini(_shares(after, everyone), everyone),
        },
        "districts": [
            {
                "id": int(ids[one]),
                "name": names[one],
                "people": _told(everyone[k], least),
                "before": _told(before[k], least),
                "after": _told(after[k], least),
            }
            for k, one in enumerate(ground.districts.tolist())
        ],
        "sites": sites,
    }


def _room_of(found: Evaluated, at: int, least: float) -> dict[str, float]:
    """Of a site the people it has room for and serves, where that is regarded."""
    if found.room is None:
        return {}
    return {
        "capacity": round(float(found.room.capacity[at]), 1),
        "served": _told(float(found.room.served[at]), least),
    }


def largest(refs: Sequence[Ref], shared: Floats, least: float) -> list[dict[str, Any]]:
    """The sites with which one shares most people."""
    return [
        {"id": refs[other], "people": _told(shared[other], least)}
        for other in np.argsort(-shared, kind="stable")[:OVERLAPS].tolist()
        if shared[other] >= max(least, 1e-9)
    ]


def shares_by_hour(ground: Ground, after: Floats) -> list[float | None]:
    """The share of people covered in each hour of the profile, so rounded that no difference of two
    tells of fewer people than may be told; None where there are so few.

    Cost: a pass over the points for each hour.
    """
    least = ground.least / ground.hours
    total = ground.by_hour.sum(axis=1, dtype=np.float64)
    # Not by @: its threads would wait for those of the server's other requests.
    reached = np.einsum("hp,p->h", ground.by_hour, after.astype(np.float32))
    told: list[float | None] = []
    for all_, covered in zip(total.tolist(), reached.tolist(), strict=True):
        if all_ <= 0 or all_ < least:
            told.append(None)
            continue
        step = max(0.001, least / all_)
        told.append(min(1.0, round(round(covered / all_ / step) * step, 4)))
    return told


def gini(shares: Floats, weight: Floats) -> float | None:
    """How unevenly districts are served, 0 (all alike) to 1; weighted by people. Lerman and
    Yitzhaki, Journal of Econometrics 42, 1989."""
    known = weight > 0
    x, w = shares[known], weight[known]
    mean = float((w * x).sum() / w.sum()) if len(w) else 0.0
    if len(w) < 2 or mean <= 0:
        return None
    apart = np.abs(x[:, None] - x[None, :]) * w[:, None] * w[None, :]
    return round(float(apart.sum() / (2.0 * w.sum() ** 2 * mean)), 4)


def _shares(part: Floats, whole: Floats) -> Floats:
    shares: Floats = part / np.maximum(whole, 1e-300)
    return shares


def _told(value: float, least: float) -> float:
    return 0.0 if value < least else round(float(value), 1)


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole > 0 else None


def overlaps_of(ground: Ground, asked: Question, reaches: list[Reach]) -> tuple[Floats, Floats]:
    """(k, k) people whom two sites both reach (0 with itself), and (k,) of each site's people those
    whom a station of today reaches."""
    count = len(reaches)
    owner = np.repeat(np.arange(count), [one.pairs for one in reaches])
    point = np.concatenate([one.demand for one in reaches] or [np.empty(0, np.int32)])
    touches = sparse.csr_matrix((np.ones(len(point)), (owner, point)), shape=(count, len(ground)))
    weighted = touches @ sparse.diags(ground.weight)
    both = np.asarray((weighted @ touches.T).todense(), np.float64).reshape(count, count)
    np.fill_diagonal(both, 0.0)
    served = (share_at(ground.first_metres, asked.rings) > 0) & asked.keep_existing
    return both, np.asarray(weighted @ served.astype(np.float64)).reshape(count)


def _place(ground: Ground, asked: Question, ref: Ref) -> dict[str, Any]:
    if isinstance(ref, str):
        one = next(place for place in asked.extra if place.key == ref)
        return {
            "id": ref,
            "name": one.label,
            "lon": one.lon,
            "lat": one.lat,
            "cost": one.cost,
            "host_type": None,
            "chain": None,
            "address": None,
            "agreed": None,
            "open_24h": False,
            "source": "map",
            "home": -1,
        }
    hosts = ground.city.hosts
    at = int(ground.host[ground.host_at[ref]])
    return {
        "id": ref,
        "name": hosts.names[at],
        "lon": round(float(hosts.lon[at]), 6),
        "lat": round(float(hosts.lat[at]), 6),
        "cost": float(hosts.cost[at]) if np.isfinite(hosts.cost[at]) else None,
        "host_type": hosts.host_types[at],
        "chain": hosts.chains[at],
        "address": hosts.addresses[at],
        "agreed": None if hosts.agreed[at] < 0 else bool(hosts.agreed[at]),
        "open_24h": bool(hosts.open_24h[at]),
        "source": hosts.sources[at],
        "home": int(ground.city.places.home[1][at]),
    }


def _why(site: dict[str, Any], newly: float, share: float | None, hours: int) -> tuple[str, str]:
    """Why a site is in the plan, in one paragraph of each language."""
    unit_zh, unit_en = ("人·时", "person-hours") if hours > 1 else ("人", "people")
    adds, alone = site["adds_last"], site["alone"]
    part = f"（占新增覆盖的 {adds / newly:.0%}）" if newly > 0 and adds else ""
    part_en = f" ({adds / newly:.0%} of all newly covered)" if newly > 0 and adds else ""
    lost, by_itself = whole_text(adds), whole_text(alone)
    zh = [f"没有它会少覆盖 {lost} {unit_zh}{part}；单独建它可新覆盖 {by_itself} {unit_zh}。"]
    without = f"Without it {lost} {unit_en} fewer are covered{part_en};"
    en = [f"{without} on its own it newly reaches {by_itself}."]
    if share is not None and site["district"]:
        zh.append(f"所在的{site['district']}目前覆盖 {share:.0%}。")
        en.append(f"{site['district']} is covered to {share:.0%} today.")
    if site["open_24h"]:
        zh.append("24 小时开放。")
        en.append("It is open 24 hours.")
    if site["agreed"]:
        zh.append("该单位已同意。")
        en.append("The host has agreed.")
    elif site["agreed"] is None and site["source"] == "register":
        zh.append("尚未征求该单位意见。")
        en.append("The host has not been asked yet.")
    if site["replacements"]:
        first = site["replacements"][0]
        fewer = whole_text(first["loss"])
        less_zh = f"少覆盖 {fewer} {unit_zh}" if fewer != "0" else "覆盖不减少"
        less_en = f"for {fewer} fewer" if fewer != "0" else "at no loss"
        zh.append(f"如不成，可由{first['name']}代替，{less_zh}。")
        en.append(f"If it falls through, {first['name']} can take its place {less_en}.")
    return "".join(zh), " ".join(en)
