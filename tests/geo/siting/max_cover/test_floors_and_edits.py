"""Floors of districts that bind, gaps that are good enough, and questions asked again after an
edit: against scipy's milp and every plan there is."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from siting_oracle import a_town, best_by_milp, raw_pairs

from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.max_cover import ladder, summit
from geo.siting.max_cover.fixing import cut_of
from geo.siting.max_cover.solve import max_cover
from geo.siting.max_cover.summit import search_exactly
from geo.siting.max_cover.warmth import begin_of, settled_sites, sharpened_again
from geo.siting.model.merge import merge
from geo.siting.model.shares import broken, sharpened
from geo.siting.model.sides import sides_of
from geo.siting.problem import FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean

NONE = np.empty(0, np.int64)


def a_floored_town(seed: int, points: int, hosts: int, reach: float):
    """Four districts; the poor ones ask for more than the best plan gives them."""
    here, there, weight, rng = a_town(seed, points, hosts, clustered=bool(seed % 2))
    quarter = 2 * (here[:, 0] > np.median(here[:, 0])) + (here[:, 1] > np.median(here[:, 1]))
    demand = Demand.of(weight, district=quarter)
    return demand, Sites.of(hosts, cost=rng.integers(1, 6, hosts)), euclidean(here, there, reach)


def binding(demand: Demand, sites: Sites, reach, rules: Rules) -> Rules:
    """With floors a little above what the best plan without them reaches of its poorest."""
    best = max_cover(demand, sites, reach, rules)
    hit = np.zeros(len(demand), bool)
    for j in best.sites:
        hit[reach.of(j)] = True
    people = np.bincount(demand.district, demand.weight, 4)
    share = np.bincount(demand.district, demand.weight * hit, 4) / np.maximum(people, 1)
    floors = {int(d): float(share[d] + 0.05) for d in np.argsort(share)[:2]}
    return replace(rules, district_least_share=floors)


def proved(answer, demand, sites, reach, gap: float = 0.0) -> None:
    """What the certificate says anyone can derive from the raw pairs."""
    who, where = raw_pairs(reach)
    proof = json.loads(json.dumps(answer.certificate))
    value, bound = check(demand.weight, who, where, None, sites.cost, proof, demand.district)
    assert value == pytest.approx(answer.objective)
    if proof["by"] != "highs":
        assert bound <= answer.bound + 1e-6 * max(1.0, answer.bound)
    assert answer.bound <= answer.objective * (1 + gap) + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_that_meets_the_floors_breaks_a_sharper_row(seed) -> None:
    demand, sites, reach = a_floored_town(seed, 80, 11, 0.17)
    rng = np.random.default_rng(seed)
    hit = np.isin(np.arange(80), np.concatenate([reach.of(j) for j in rng.choice(11, 4, False)]))
    people = np.bincount(demand.district, demand.weight, 4)
    share = np.bincount(demand.district, demand.weight * hit, 4) / np.maximum(people, 1)
    rules = Rules(p=4, district_least_share={int(d): float(share[d]) for d in range(4)})
    merged = merge(demand, sites, reach, rules)
    sides = sides_of(merged, demand, sites, rules, NONE)
    rows = [row for _ in range(30) for row in broken(merged, sides, rng.random(11) * 0.7)]
    assert rows
    sharp = sharpened(sides, rows)
    assert sharp.stated.limit.tolist() == sides.limit.tolist()
    some = 0
    for size in range(5):
        for plan in itertools.combinations(range(len(merged.candidates)), size):
            opened = np.array(plan, np.int64)
            if sides.kept_by(merged, opened):
                some += 1
                assert sharp.kept_by(merged, opened)
    assert some


@pytest.mark.parametrize("seed", range(4))
def test_floors_that_bind_are_proved_and_can_be_multiplied_out(seed) -> None:
    demand, sites, reach = a_floored_town(seed, 500, 45, 0.09)
    rules = binding(demand, sites, reach, Rules(p=7))
    answer = max_cover(demand, sites, reach, rules, seed=seed)
    best = best_by_milp(demand, sites, reach, rules)
    if best is None:
        assert answer.status == "infeasible"
        return
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best)
    proved(answer, demand, sites, reach)


def test_a_row_without_ground_proves_nothing() -> None:
    """Whatever a certificate derives its rows from, what they say stays true."""
    demand, sites, reach = a_floored_town(1, 500, 45, 0.09)
    rules = binding(demand, sites, reach, Rules(p=7))
    answer = max_cover(demand, sites, reach, rules)
    who, where = raw_pairs(reach)
    rng = np.random.default_rng(0)
    told = [[rng.choice(45, 2).tolist(), int(rng.integers(4)), 1.0 + n] for n in range(6)]
    forged = dict(answer.certificate, derived=told)
    size = len(answer.certificate["rows"]) + 6
    for vector in forged["tree"]["vectors"]:
        vector["row"] = [50.0] * size
    bare = dict(forged, tree={"vectors": forged["tree"]["vectors"]}, bound=0.0)
    _, bound = check(demand.weight, who, where, None, sites.cost, bare, demand.district)
    assert bound >= answer.objective


@pytest.mark.parametrize(
    "rules",
    [
        Rules(p=7),
        Rules(budget=20.0),
        Rules(p=7, per_chain_most=2),
        Rules(p=7, backup=0.5),
        Rules(p=8, district_least_share={0: 0.3, 3: 0.3}),
    ],
    ids=["sites", "budget", "chains", "backup", "floors"],
)
def test_an_edit_is_answered_as_if_asked_anew(rules) -> None:
    demand, sites, reach = a_floored_town(3, 700, 60, 0.1)
    sites = replace(sites, chain=(np.arange(60) % 5).astype(np.int32))
    answer = max_cover(demand, sites, reach, rules)
    state = sites.fixed.copy()
    for number, kind in enumerate((FORBIDDEN, FORCED, FORBIDDEN)):
        other = np.setdiff1d(np.flatnonzero(state == 0), answer.sites)
        state[answer.sites[2] if kind == FORBIDDEN else other[number]] = kind
        edited = replace(sites, fixed=state.copy())
        answer = max_cover(demand, edited, reach, rules, warm=answer)
        best = best_by_milp(demand, edited, reach, rules)
        assert answer.status == "optimal"
        assert answer.objective == pytest.approx(best)
        proved(answer, demand, edited, reach)


@pytest.mark.parametrize("change", ["places", "spacing", "neither"])
def test_after_an_edit_sites_stay_apart_by_where_they_are_now(change) -> None:
    here, there, weight, rng = a_town(5, 150, 30)
    demand, reach = Demand.of(weight), euclidean(here, there, 0.2)
    sites = Sites.of(30, x=there[:, 0], y=there[:, 1])
    rules = Rules(p=5, spacing_metres=0.2)
    first = max_cover(demand, sites, reach, rules)
    assert first.warmth.near is not None
    fixed = sites.fixed.copy()
    fixed[first.sites[0]] = FORBIDDEN
    edited = replace(sites, fixed=fixed)
    if change == "places":
        shift = rng.permutation(30)
        edited = replace(edited, x=sites.x[shift], y=sites.y[shift])
    elif change == "spacing":
        rules = replace(rules, spacing_metres=0.3)
    again = max_cover(demand, edited, reach, rules, warm=first)
    assert (again.warmth.near is first.warmth.near) == (change == "neither")
    anew = max_cover(demand, edited, reach, rules)
    assert again.objective == pytest.approx(anew.objective)
    xy = np.column_stack((edited.x, edited.y))[again.sites]
    apart = np.linalg.norm(xy[:, None] - xy[None, :], axis=2)[np.triu_indices(len(xy), 1)]
    assert apart.min() >= rules.spacing_metres


def test_rows_that_stay_keep_their_prices_where_others_go() -> None:
    here, there, weight, _ = a_town(4, 700, 60, clustered=True)
    demand, reach = Demand.of(weight), euclidean(here, there, 0.1)
    sites = Sites.of(60, x=there[:, 0], y=there[:, 1])
    rules = Rules(p=12, spacing_metres=0.16)
    known = max_cover(demand, sites, reach, rules).warmth
    before = priced_pairs(known.neutral, demand, sites, rules, known.prices.row)
    assert max(before.values()) > 0
    gone = max(before, key=lambda pair: before[pair])[0]
    fixed = np.where(np.arange(60) == gone, FORBIDDEN, 0)
    edited = replace(sites, fixed=fixed)
    merged = settled_sites(known.neutral, edited)
    sides = sides_of(merged, demand, edited, rules, NONE)
    begin = begin_of(known, merged.of[0].astype(np.int64), len(merged))
    _, prices, _ = sharpened_again(known, merged, sides, begin)
    after = priced_pairs(merged, demand, edited, rules, prices.row)
    assert after == {pair: price for pair, price in before.items() if gone not in pair}
    assert max(after.values()) > 0


def priced_pairs(merged, demand, sites, rules, row) -> dict[tuple[int, ...], float]:
    """The price of each pair of sites that are too near."""
    sides = sides_of(merged, demand, sites, rules, NONE)
    owner = np.repeat(merged.candidates, np.diff(sides.start))
    return {
        tuple(owner[sides.row == number].tolist()): float(row[number])
        for number in range(len(sides.limit))
    }


@pytest.mark.parametrize("gap", [0.002, 0.02])
def test_a_gap_is_kept_and_its_bound_holds(gap) -> None:
    for seed in range(3):
        demand, sites, reach = a_floored_town(seed, 350, 40, 0.1)
        rules = replace(binding(demand, sites, reach, Rules(p=7)), backup=0.25 * (seed % 2))
        best = best_by_milp(demand, sites, reach, rules)
        answer = max_cover(demand, sites, reach, rules, Control(gap=gap), seed=seed)
        assert answer.status in {"gap reached", "optimal"}
        assert answer.objective <= best + 1e-6 <= answer.bound + 2e-6
        proved(answer, demand, sites, reach, gap)


KINDS = {
    "sites": Rules(p=10),
    "budget": Rules(budget=30.0),
    "both": Rules(p=12, budget=30.0),
    "chains": Rules(p=10, per_chain_most=2),
    "backup": Rules(p=9, backup=0.5),
    "spacing": Rules(p=9, spacing_metres=0.1),
}
CASES = [(2, 0.001, kind) for kind in KINDS] + [(3, 0.002, kind) for kind in KINDS]
CASES += [(3, 0.0005, "chains"), (5, 0.0, "budget"), (23, 0.002, "backup"), (33, 0.002, "backup")]
CASES += [(25, 0.0, "floors"), (12, 0.001, "floors")]


@pytest.mark.parametrize(("seed", "gap", "kind"), CASES)
def test_after_each_edit_the_proof_is_as_good_as_the_bound(seed, gap, kind) -> None:
    """In whole people and in parts of them; three sites are refused one by one, one is forced."""
    rng = np.random.default_rng(seed)
    size = 1500, 120, 0.15
    if (seed, gap) != (3, 0.002):
        size = (
            int(rng.integers(300, 2000)),
            int(rng.integers(40, 150)),
            rng.choice([0.08, 0.12, 0.15]),
        )
    demand, sites, reach = a_floored_town(seed, *size)
    many = len(sites)
    sites = replace(sites, chain=(np.arange(many) % 6).astype(np.int32))
    sites = replace(sites, x=rng.random(many), y=rng.random(many))
    if seed % 3 == 2:
        demand = replace(demand, weight=demand.weight * rng.random(len(demand)))
    if kind == "floors":
        rules = binding(demand, sites, reach, Rules(p=7))
        least = {where: min(1.0, share) for where, share in rules.district_least_share.items()}
        rules = replace(rules, district_least_share=least)
    else:
        rules = KINDS[kind]
    state, answer = sites.fixed.copy(), None
    for change in (FORBIDDEN, FORBIDDEN, FORCED, None):
        edited = replace(sites, fixed=state.copy())
        answer = max_cover(demand, edited, reach, rules, Control(gap=gap), warm=answer)
        assert answer.status in {"optimal", "gap reached"}
        proved(answer, demand, edited, reach, gap)
        if change == FORCED:
            state[np.setdiff1d(np.flatnonzero(state == 0), answer.sites)[0]] = FORCED
        elif change == FORBIDDEN:
            state[answer.sites[1]] = FORBIDDEN


@pytest.mark.parametrize("fits", [True, False])
def test_a_tree_that_does_not_fit_an_edit_is_given_up(fits, monkeypatch) -> None:
    """Where the old splits leave a wide gap a tree from nothing is smaller; either way proves."""
    monkeypatch.setattr(ladder, "NEAR_GAP", np.inf if fits else -1.0)
    monkeypatch.setattr(summit, "AGAIN_PARTS", 0)
    demand, sites, reach = a_floored_town(3, 700, 60, 0.1)
    sites, rules = replace(sites, chain=np.arange(60) % 5), Rules(p=7, per_chain_most=2)
    first = max_cover(demand, sites, reach, rules)
    assert first.warmth.trunk is not None
    edited = replace(sites, fixed=np.where(np.arange(60) == first.sites[2], FORBIDDEN, 0))
    grown = []

    def searched(found, level, control, trunk, tree=None, **how) -> None:
        grown.append((trunk is not None, tree is not None))
        search_exactly(found, level, control, trunk, tree, **how)

    monkeypatch.setattr(ladder, "search_exactly", searched)
    again = max_cover(demand, edited, reach, rules, warm=first)
    assert grown[0][0] is fits
    assert fits or not grown[0][1]
    assert (
        again.objective
        == again.bound
        == pytest.approx(max_cover(demand, edited, reach, rules).objective)
    )
    proved(again, demand, edited, reach)


def test_good_enough_is_a_whole_unit() -> None:
    assert cut_of(1000.0, 1.0, 0.0) == 1000.0
    assert cut_of(1000.0, 1.0, 0.0019) == 1001.0
    assert cut_of(1000.0, 0.0, 0.5) <= 1500.0
    assert cut_of(-np.inf, 1.0, 0.1) == -np.inf
