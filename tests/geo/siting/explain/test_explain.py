"""Why there is no plan: checked against counting by hand and every subset of a small town."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, raw_pairs

from geo.siting.amounts import amount, need
from geo.siting.explain.explain import Names, explain
from geo.siting.explain.explanation import Change
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean

# Two subdistricts side by side, 1 km apart. 马坡镇 has 100 people: 41 near its four candidates,
# 19 at 700 m, 40 far away. 空港街道 has 50 people beside one candidate.
PEOPLE = np.array([[0, 0], [10, 0], [20, 0], [0, 10], [700, 0], [9000, 9000], [2000, 0]], float)
WEIGHT = [11, 10, 10, 10, 19, 40, 50]
DISTRICT = [0, 0, 0, 0, 0, 0, 1]
HOSTS = np.array([[0, 0], [10, 0], [20, 0], [0, 10], [2000, 0]], float)
NAMES = Names(districts=["马坡镇", "空港街道"], chains=["邻里荷"], sites=list("ABCDE"))


def town(radius=5.0, **sites):
    demand = Demand.of(WEIGHT, district=DISTRICT, x=PEOPLE[:, 0], y=PEOPLE[:, 1])
    hosts = Sites.of(5, district=[0, 0, 0, 0, 1], x=HOSTS[:, 0], y=HOSTS[:, 1], **sites)
    return demand, hosts, euclidean(PEOPLE, HOSTS, radius)


def test_the_district_its_candidates_and_what_they_reach_are_named() -> None:
    told = explain(*town(), Rules(p=5, district_least_share={0: 0.6}), names=NAMES, straight=True)
    assert [(one.district, one.wanted, one.reachable) for one in told.reasons] == [(0, 0.6, 0.41)]
    assert "马坡镇 cannot reach 60%: its 4 candidates reach 41 %." in told.en
    assert "马坡镇达不到 60%" in told.zh
    assert "41 %" in told.zh
    # 19 people stand 700 m from the first host, 680 m from the third.
    ways = {one.rule: one.value for one in told.changes}
    assert ways == {"district_least_share": 0.41, "radius": pytest.approx(680, abs=1.1)}


def test_a_forbidden_candidate_helps_nobody_and_an_existing_one_does() -> None:
    fixed = [FORBIDDEN, EXISTING, 0, 0, 0]
    told = explain(*town(fixed=fixed), Rules(p=5, district_least_share={0: 0.6}), names=NAMES)
    assert told.reasons[0].reachable == pytest.approx(0.30)
    assert "today's stations and its 2 candidates" in told.en


def test_a_share_of_all_demand_that_nobody_reaches() -> None:
    told = explain(*town(), Rules(share=0.9), names=NAMES)
    assert told.reasons[0].reachable == pytest.approx(91 / 150)
    assert "60.6 %" in told.en


@pytest.mark.parametrize(
    ("rules", "fixed", "zh", "way"),
    [
        (Rules(p=1), [FORCED, FORCED, 0, 0, 0], "必选点有 2 个，多于 1 个站点", ("p", 2)),
        (Rules(budget=1.5), [FORCED, FORCED, 0, 0, 0], "超过预算 1.5", ("budget", 2)),
        (
            Rules(p=5, district_least_sites={1: 2}),
            [0] * 5,
            "空港街道要 2 个站点，只有 1 个",
            ("district_least_sites", 1),
        ),
        (Rules(p=5, open_24h_least=2), [0] * 5, "只有 1 个", ("open_24h_least", 1)),
        (
            Rules(p=5, per_chain_most=1),
            [FORCED, FORCED, 0, 0, 0],
            "品牌邻里荷必选 2 个",
            ("per_chain_most", 2),
        ),
        (Rules(p=5, spacing_metres=50), [FORCED, FORCED, 0, 0, 0], "A与B相距不足 50", None),
    ],
)
def test_rules_that_contradict_each_other_at_once(rules, fixed, zh, way) -> None:
    sites = {"fixed": fixed, "chain": [0] * 5, "open_24h": [True, False, False, False, False]}
    told = explain(*town(**sites), rules, names=NAMES)
    assert zh in told.zh
    if way is not None:
        assert (told.changes[0].rule, told.changes[0].value) == way


@given(st.floats(0.001, 1e9) | st.integers(0, 10**12))
def test_what_is_needed_is_told_so_that_it_is_enough(value) -> None:
    told = float(need(float(value)).replace(",", ""))
    assert value * (1 - 1e-9) <= told <= value * 1.00001 + 1e-9
    assert abs(float(amount(float(value)).replace(",", "")) - value) <= 1e-5 * value
    if value == round(value):
        assert told == value


def test_sums_of_money_and_people_are_told_with_all_their_digits() -> None:
    fixed = {"fixed": [FORCED, FORCED, 0, 0, 0], "cost": [1234560, 4.567891, 9, 9, 9]}
    told = explain(*town(**fixed), Rules(budget=1000000.0), names=NAMES)
    assert "必选点共需 1,234,564.57，超过预算 1,000,000" in told.zh
    assert "give a budget of 1,234,564.57." in told.en
    # Two hosts are needed: the cheapest that reaches 11 people, and the one of the other side.
    costs = {"cost": [12345678901, 9e10, 9e10, 9e10, 4]}
    rules = Rules(budget=100.0, district_least_share={0: 0.11, 1: 1.0})
    told = explain(*town(**costs), rules, names=NAMES)
    assert "raise the budget to 12,345,678,905." in told.en
    assert "预算增至 12,345,678,905。" in told.zh
    ways = {one.rule: one.value for one in told.changes}
    assert ways["budget"] == 12_345_678_905
    many = Demand.of([1234567, 1234567], x=[0, 2000], y=[0, 0])
    hosts = Sites.of(2, capacity=[1234000, 1000000])
    reach = euclidean([[0, 0], [2000, 0]], [[0, 0], [2000, 0]], 5.0)
    told = explain(many, hosts, reach, Rules(p=2, capacities=True), everybody=True)
    assert "for 235,134 people every site within reach is full" in told.en
    hosts = Sites.of(2, capacity=[1234567, 1234567])
    told = explain(many, hosts, reach, Rules(p=1, capacities=True), everybody=True)
    assert "The demand of 2,469,134 is above the capacity" in told.en
    assert "have 1,234,567" in told.en


def test_each_can_be_met_but_not_both_and_the_least_change_is_named() -> None:
    rules = Rules(p=2, district_least_share={0: 0.3, 1: 1.0})
    told = explain(*town(), rules, names=NAMES)
    ways = {(one.rule, one.district): one.value for one in told.changes}
    # 11 + 10 + 10 of 100 need three hosts there and one in 空港街道; with one host there it is 11.
    assert ways["p", None] == 4
    assert ways["district_least_share", 0] == pytest.approx(0.11)
    assert "Each condition can be met by itself" in told.en
    assert "马坡镇 does not reach 30%: the nearest plan has it at 11 %" in told.en


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_whatever_is_named_as_a_way_is_one_by_itself(seed) -> None:
    here, there, weight, rng = a_town(seed, 40, 9, clustered=True)
    reach = euclidean(here, there, 0.25)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int) + 2 * (here[:, 1] > 0.5))
    arrays = demand, Sites.of(9, open_24h=rng.random(9) < 0.5), reach
    wanted = rng.choice([0.3, 0.6, 0.9], 4)
    rules = Rules(p=2, district_least_share=dict(enumerate(wanted)), open_24h_least=1)
    told = explain(*arrays, rules)
    if "together" not in [one.rule for one in told.reasons]:
        return
    besides = [one for one in told.changes if one.en.startswith("besides")]
    first = [one for one in told.changes if one not in besides]
    # Where something has to be changed already, that and any one of the others; else any one.
    ways = [[*first, one] for one in besides] if besides else [[one] for one in first]
    for way in ways:
        changed = rules
        for one in way:
            for part in one.parts or (one,):
                changed = with_change(changed, part)
        assert max_cover(*arrays, changed).status != "infeasible", told.en


def with_change(rules: Rules, one: Change) -> Rules:
    if one.rule != "district_least_share":
        return replace(rules, **{one.rule: int(one.value)})
    floors = rules.district_least_share | {one.district: max(0.0, one.value - 1e-9)}
    return replace(rules, district_least_share=floors)


def test_a_spacing_that_leaves_too_few_hosts() -> None:
    told = explain(*town(), Rules(p=4, spacing_metres=15, district_least_sites={0: 3}), names=NAMES)
    ways = {one.rule: one for one in told.changes}
    # Hosts A, C and D keep 20, 10 and 22 m; the best three are A, C, D at 10 m.
    assert ways["spacing_metres"].value == 10
    assert ways["spacing_metres"].least
    assert ways["district_least_sites"].value == 2


def test_where_there_is_a_plan_nothing_is_explained() -> None:
    told = explain(*town(), Rules(p=4, district_least_share={0: 0.3, 1: 1.0}), names=NAMES)
    assert (told.reasons, told.changes, told.zh) == ([], [], "")


def _keeps(plan, demand, sites, reach, rules) -> bool:
    who, where = raw_pairs(reach)
    opened = np.union1d(plan, np.flatnonzero(sites.fixed == EXISTING))
    seen = np.zeros(len(demand), bool)
    seen[who[np.isin(where, opened)]] = True
    for district, share in rules.district_least_share.items():
        inside = demand.district == district
        if demand.weight[inside & seen].sum() < share * demand.weight[inside].sum() - 1e-9:
            return False
    return sites.open_24h[opened].sum() >= rules.open_24h_least


def test_what_is_missing_after_a_change_is_told_too() -> None:
    # One host is open all night, not two; and each subdistrict wants a site, of one in all.
    arrays = town(open_24h=[True, False, False, False, False])
    rules = Rules(p=1, open_24h_least=2, district_least_sites={0: 1, 1: 1})
    told = explain(*arrays, rules, names=NAMES)
    assert [one.rule for one in told.reasons] == ["open_24h_least", "together"]
    first, *besides = told.changes
    assert (first.rule, first.value) == ("open_24h_least", 1)
    rules = replace(rules, open_24h_least=1)
    assert max_cover(*arrays, rules).status == "infeasible"
    assert {(one.rule, one.value) for one in besides} >= {("p", 2), ("district_least_sites", 0)}
    assert all(one.en.startswith("besides (any one of these) ") for one in besides)
    assert "另外还要（任选其一）站点数增至 2" in told.zh
    for one in besides:
        if one.rule == "p":
            assert max_cover(*arrays, replace(rules, p=2)).status == "optimal"
    # Nothing is missing where one change is enough.
    told = explain(*arrays, Rules(p=1, open_24h_least=2), names=NAMES)
    assert [one.rule for one in told.reasons] == ["open_24h_least"]


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_least_number_of_sites_is_that_of_trying_all_of_them(seed) -> None:
    here, there, weight, rng = a_town(seed, 40, 9, clustered=True)
    reach = euclidean(here, there, 0.25)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(9, open_24h=rng.random(9) < 0.4, fixed=rng.choice([0, 0, 0, 0, 0, 3], 9))
    rules = Rules(p=1, district_least_share={0: 0.5, 1: 0.6}, open_24h_least=1)
    free = np.flatnonzero(sites.fixed == 0)
    least = next(
        (
            size
            for size in range(len(free) + 1)
            for plan in itertools.combinations(free, size)
            if _keeps(np.array(plan, int), demand, sites, reach, rules)
        ),
        None,
    )
    told = explain(demand, sites, reach, rules)
    answer = max_cover(demand, sites, reach, rules)
    assert (answer.status == "infeasible") == bool(told.reasons)
    ways = {one.rule: one.value for one in told.changes}
    if least is None:
        # What is asked too much of by itself comes first; then what the rest lacks besides.
        assert told.reasons[0].rule != "together"
        for one in told.changes:
            if one.rule == "district_least_share" and "besides" not in one.en:
                floors = rules.district_least_share | {one.district: one.value}
                rules = replace(rules, district_least_share=floors)
            elif one.rule == "open_24h_least" and "besides" not in one.en:
                rules = replace(rules, open_24h_least=int(one.value))
        rules = replace(rules, p=int(ways.get("p", rules.p)))
        assert max_cover(demand, sites, reach, rules).status != "infeasible"
    elif least <= 1:
        assert not told.reasons
    else:
        assert ways["p"] == least
        # With so many sites there is a plan, with one fewer there is none.
        assert max_cover(demand, sites, reach, replace(rules, p=least)).status != "infeasible"
