"""What is said beside a plan: what is odd about a question, who is beyond reach, idle sites."""

import pytest
from planning_desk import WORKDAY, covered, finished


def solved(planner, **question):
    asked = {"question": {"seconds": 5, **question}}
    made = planner.post("/api/siting/plans", json=asked)
    assert made.status_code == 202, made.text
    return finished(planner, made.json()["id"])


def test_what_is_odd_but_no_mistake_is_remarked(planner):
    many = solved(planner, sites=500)["answer"]
    assert any("500 sites are asked for; there are 11 candidates" in one for one in many["relaxed"])
    poor = solved(planner, budget=10)["answer"]
    assert any("below the cheapest candidate (1,000)" in one for one in poor["relaxed"])
    assert solved(planner, sites=2)["answer"]["relaxed"] == []


def test_who_is_beyond_reach_is_told_with_the_walk_that_counts(planner, town):
    question = {"model": "p-median", "sites": 1, "radius_metres": 50, "gap": 0.5}
    plan = solved(planner, **question)
    chosen = [town.hosts[n - 1] for n in plan["answer"]["sites"]]
    left = WORKDAY * (~covered(town, chosen, radius=2000.0)).sum()
    assert left > 0
    (said,) = [one for one in plan["answer"]["relaxed"] if "count as walking" in one]
    assert f"{left:,.0f} person-hours have no station within 2,000 m" in said


def test_sites_that_add_nobody_are_told_and_stand_in_for_nobody(planner):
    """More sites than are needed: whoever comes only to make up the number is no replacement."""
    plan = solved(planner, sites=12)
    idle = [one for one in plan["facts"]["sites"] if one["adds_last"] == 0]
    assert idle
    (said,) = [one for one in plan["answer"]["relaxed_en"] if "not needed" in one]
    assert said.startswith(f"{len(idle)} of the sites")
    few = solved(planner, sites=2)
    assert not [one for one in few["answer"]["relaxed_en"] if "not needed" in one]
    # Of eleven most are idle: without one that is not, nobody else can reach its people.
    many = solved(planner, sites=11)
    lost = 0
    for one in many["facts"]["sites"]:
        without = one.get("without")
        if without and without["possible"] and abs(without["loss"] - one["adds_last"]) < 0.05:
            lost += 1
            assert without["comes"] == without["goes"] == []
    assert lost


def test_a_plan_without_sites_says_that_none_is_needed(planner, town):
    """Nobody whom a candidate reaches is left: today's stations reach everybody of a share."""
    share = float(covered(town, []).mean()) / 2
    plan = solved(planner, model="set-cover", share=share)
    assert plan["answer"]["sites"] == []
    assert plan["answer"]["relaxed_en"] == ["No candidate makes it any better: none is needed."]


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ({"sites": 0}, "So it was asked for: no new site."),
        (
            {"sites": 3, "spacing_metres": 20_000},
            "Under these conditions not one candidate can be chosen.",
        ),
    ],
)
def test_a_plan_without_sites_blames_the_conditions_and_not_the_candidates(planner, asks, says):
    plan = solved(planner, **asks)
    assert plan["answer"]["sites"] == []
    assert says in plan["answer"]["relaxed_en"]
    assert not any("none is needed" in one for one in plan["answer"]["relaxed_en"])
