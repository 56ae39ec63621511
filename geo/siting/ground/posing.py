"""A question on its ground as the arrays that the solvers take.

Sites come in this order: the candidates of the ground, the question's own places, today's stations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.errors import Invalid
from geo.siting.fields import check_fields, taken
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import costs_of, middle_cost, split
from geo.siting.ground.rooms import rooms_of
from geo.siting.names import Names
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Demand,
    Floats,
    Longs,
    Reach,
    Rules,
    Sites,
)
from geo.siting.question import Question, Ref
from geo.siting.solving import Problem

REFUSED, AGREED = 0, 1


def check_asked(asked: Question) -> None:
    """Refuse a question that does not say what its model needs, or says what it does not take.

    Raises:
        Invalid: no number of sites, budget or share; a condition that the model does not take.
    """
    check_fields(asked)
    if asked.model == "set-cover" or asked.sites is not None:
        return
    if asked.model == "max-cover":
        if asked.budget is None:
            raise Invalid(
                "没有说明站点数或预算。 Neither a number of sites nor a budget is given.",
                remedy="填写 sites 或 budget。 Give `sites` or `budget`.",
                field="sites",
            )
        return
    raise Invalid(
        "没有说明站点数。 The number of sites is not given.",
        remedy="填写 sites。 Give `sites`.",
        field="sites",
    )


def pose(ground: Ground, asked: Question, *, every_station: bool = False) -> Problem:
    """The problem of a question on its ground.

    Args:
        ground, asked: the question on its ground.
        every_station: all stations of `ground.stations_near` with all they reach, instead of the
            two nearest to each point: for when stations may go.

    Raises:
        Invalid: the question does not say what its model needs, or nobody is there, or no candidate
            although not only today's stations are asked about.
        NotFound: it locks or forbids what is not there.
    """
    hosts = ground.city.hosts
    host, station = ground.host, ground.station
    if every_station:
        station, standing = ground.stations_near
    else:
        check_asked(asked)
        check_candidates(ground, asked)
        standing = _stations(ground)
    if not len(ground):
        raise Invalid(
            "这里没有需求。 Nobody is here at these hours.",
            remedy="换一个区域、时段或人群。 Choose another area, other hours or groups.",
            field="area_id",
        )
    names, sites = sites_of(ground, asked, station)
    free = sites.fixed[: len(host)] != FORBIDDEN
    unstated = int((~np.isfinite(hosts.cost[host]) & free).sum())
    return Problem(
        asked.model,
        Demand.of(ground.weight, district=ground.district, x=ground.lon, y=ground.lat),
        sites,
        _reach(ground, asked, standing),
        rules_of(ground, asked),
        refs_of(ground, asked),
        names,
        unstated if _by_cost(asked) else 0,
        none_costs=not np.isfinite(hosts.cost[host]).any(),
    )


def check_candidates(ground: Ground, asked: Question) -> None:
    """Refuse a question about new sites where none can be.

    Raises:
        Invalid: no candidate is there, and the question has no place of its own.
    """
    if not len(ground.host) and not asked.extra:
        raise Invalid(
            "这里没有候选点。 There are no candidates here.",
            remedy="换一个区域，或导入候选点。 Choose another area, or import candidates.",
            field="area_id",
        )


def refs_of(ground: Ground, asked: Question) -> list[Ref]:
    """What the candidates and the question's own places are called, in the order of the sites."""
    return [*ground.city.hosts.ids[ground.host].tolist(), *(one.key for one in asked.extra)]


def sites_of(ground: Ground, asked: Question, station: Longs) -> tuple[Names, Sites]:
    """The candidates, the question's own places and some of today's stations, with their names."""
    city, hosts = ground.city, ground.city.hosts
    host, extra = ground.host, asked.extra
    count = len(host) + len(extra)
    fixed = np.concatenate((_free(ground, asked), np.full(len(station), EXISTING))).astype(np.int8)
    if not asked.keep_existing:
        fixed[count:] = FORBIDDEN
    chains, chain, host_names = ground.kept(("names of sites",), lambda: _named(ground))
    middle = middle_cost(ground)
    own = np.array([middle if one.cost is None else one.cost for one in extra], np.float64)
    cost = np.concatenate((costs_of(ground), own, np.zeros(len(station))))
    if asked.model == "set-cover" and asked.least == "sites":
        cost[:count] = 1.0
    home = city.places.home
    nobody = np.full(len(extra), -1)
    sites = Sites.of(
        len(fixed),
        capacity=_capacities(ground, asked, len(station)),
        cost=cost,
        fixed=fixed,
        district=np.concatenate(
            (home[1][host], _districts_of(ground, asked), home[2][station])
        ).astype(np.int32),
        chain=np.concatenate((chain, nobody, np.full(len(station), -1))).astype(np.int32),
        open_24h=np.concatenate(
            (hosts.open_24h[host], nobody >= 0, city.standing.open_24h[station])
        ),
        x=np.concatenate((hosts.lon[host], [one.lon for one in extra], city.standing.lon[station])),
        y=np.concatenate((hosts.lat[host], [one.lat for one in extra], city.standing.lat[station])),
        degrees=True,
    )
    names = Names(
        districts=city.places.names,
        chains=chains,
        sites=[
            *host_names,
            *(one.called[0] for one in extra),
            *(city.standing.names[at] for at in station.tolist()),
        ],
        sites_en={len(host) + at: one.called[1] for at, one in enumerate(extra)},
    )
    return names, sites


def positions_of(
    ground: Ground, asked: Question, refs: Sequence[Ref], field: str = "sites"
) -> Longs:
    """(k,) positions among the sites of some candidates, and behind them of own places; each once,
    in the order asked.

    Raises:
        NotFound: see :func:`geo.siting.ground.planning.split`.
    """
    hosts, keys = split(ground, asked, refs, field)
    place = {one.key: len(ground.host) + at for at, one in enumerate(asked.extra)}
    return np.array([*hosts, *(place[key] for key in keys)], np.int64)


def of_what_is_here(ground: Ground, asked: Question) -> tuple[Question, list[Ref]]:
    """The question of sets drawn by hand: with what is locked and forbidden of this ground alone,
    and without capacities, which limit whom sites serve and not which sites may be; and what it
    locks that is not here."""
    own = {one.key for one in asked.extra}

    def here(ref: Ref) -> bool:
        return ref in own if isinstance(ref, str) else ref in ground.host_at

    lock = [ref for ref in asked.lock if here(ref)]
    forbid = [ref for ref in asked.forbid if here(ref)]
    kept = {"capacity_per_place": None, "lock": lock, "forbid": forbid}
    return asked.model_copy(update=kept), [ref for ref in asked.lock if not here(ref)]


def _named(ground: Ground) -> tuple[list[str], Longs, list[str]]:
    """The chains there are, (m,) the chain of each candidate (-1: none), and their names; kept,
    since a question is posed anew with every move of a site that is dragged."""
    hosts, there = ground.city.hosts, ground.host.tolist()
    chains, chain = np.unique([hosts.chains[at] or "" for at in there], return_inverse=True)
    chain = np.where(chains[chain] == "", -1, chain) if there else np.empty(0, np.int64)
    return [str(one) for one in chains], chain, [hosts.names[at] for at in there]


def _by_cost(asked: Question) -> bool:
    """Whether it matters what sites cost."""
    return asked.budget is not None or (asked.model == "set-cover" and asked.least == "cost")


def _free(ground: Ground, asked: Question) -> Longs:
    """(m + e,) which candidates and own places are free, forced or forbidden."""
    agreed = ground.city.hosts.agreed[ground.host]
    shut = agreed == REFUSED
    if asked.agreed_only:
        shut |= agreed != AGREED
    fixed = np.concatenate(
        (np.where(shut, FORBIDDEN, FREE), np.full(len(asked.extra), FREE))
    ).astype(np.int64)
    for field, code in (("forbid", FORBIDDEN), ("lock", FORCED)):
        fixed[positions_of(ground, asked, getattr(asked, field), field)] = code
    # What is a station by now stands, also where it has to be in the plan.
    fixed[: len(agreed)][ground.city.opened[ground.host]] = FORBIDDEN
    return fixed


def _capacities(ground: Ground, asked: Question, stations: int) -> Floats | None:
    """(m + e + s,) people that each can serve over the hours; None when nobody asks."""
    if asked.capacity_per_place is None:
        return None
    free, own = rooms_of(ground, asked)
    return np.concatenate((free, np.full(len(asked.extra), own), np.full(stations, ground.total)))


def _districts_of(ground: Ground, asked: Question) -> Longs:
    """(e,) of the question's own places: that of the nearest person they reach."""
    found = []
    for one in asked.extra:
        reach = ground.reach_of(one.lon, one.lat)
        assert reach.metres is not None
        nearest = int(np.argmin(reach.metres)) if reach.pairs else -1
        found.append(int(ground.district[reach.demand[nearest]]) if nearest >= 0 else -1)
    return np.array(found, np.int64)


def _reach(ground: Ground, asked: Question, standing: Reach) -> Reach:
    """Who reaches whom: candidates, own places, stations."""
    extra = [ground.reach_of(one.lon, one.lat) for one in asked.extra]
    parts = [ground.reach, *extra, standing]
    sizes = np.cumsum([0, *(one.pairs for one in parts)])
    start = np.concatenate(
        [np.zeros(1, np.int64)]
        + [one.start[1:] + before for one, before in zip(parts, sizes, strict=False)]
    )
    metres = np.concatenate([one.metres for one in parts if one.metres is not None])
    whole = Reach(start, np.concatenate([one.demand for one in parts]), metres)
    if asked.model in ("p-median", "p-centre"):
        return whole
    return whole.within(asked.rings[-1][0])


def _stations(ground: Ground) -> Reach:
    """Of the stations the two nearest to each point: nobody counts a third time."""
    point = np.arange(len(ground), dtype=np.int32)
    owner = np.concatenate((ground.first, ground.second))
    known = owner >= 0
    both = np.concatenate((point, point))[known]
    metres = np.concatenate((ground.first_metres, ground.second_metres))[known]
    order = np.lexsort((both, owner[known]))
    start = np.zeros(len(ground.station) + 1, np.int64)
    np.cumsum(np.bincount(owner[known], minlength=len(ground.station)), out=start[1:])
    return Reach(start, both[order], metres[order])


def rules_of(ground: Ground, asked: Question) -> Rules:
    """The conditions of a question that its model takes."""
    districts = ground.districts.tolist()
    there = taken(asked)
    return Rules(
        p=asked.sites,
        budget=asked.budget,
        steps=asked.rings if "steps" in there else (),
        backup=asked.backup if "backup" in there else 0.0,
        spacing_metres=asked.spacing_metres,
        spacing=asked.spacing_rule,
        district_least_sites=dict.fromkeys(districts, asked.area_least_sites)
        if asked.area_least_sites
        else {},
        district_least_share=dict.fromkeys(districts, asked.area_least_share)
        if "area_least_share" in there
        else {},
        open_24h_least=asked.open_24h_least,
        per_chain_most=asked.per_chain_most,
        capacities="capacity_per_place" in there,
        share=asked.share if "share" in there else None,
        unserved_metres=ground.limit if asked.model == "p-median" else None,
    )
