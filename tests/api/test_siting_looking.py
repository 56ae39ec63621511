"""What is found around a plan after it was told: written down beside it, whenever it comes."""

import numpy as np
import pytest
from planning_desk import finished

from geo.database import Actor
from geo.siting.names import Names
from geo.siting.plans import scenarios
from geo.siting.plans.looking import Afterwards, Around
from geo.siting.plans.running import Postscript
from geo.siting.problem import Demand, Reach, Rules, Sites
from geo.siting.solving import Problem
from geo.siting.variations.steady import Ready

QUESTION = {"sites": 3, "gap": 0, "seconds": 20}


@pytest.fixture
def told(planner, town):
    """A plan of its own, when it was written, the problem it is the answer to, and what is said to
    be found."""
    number = planner.post("/api/siting/plans", json={"question": QUESTION}).json()["id"]
    plan = finished(planner, number)
    refs, none = plan["answer"]["sites"], np.empty(0, np.int64)
    demand, reach = Demand.of(np.ones(1)), Reach(np.zeros(len(refs) + 1, np.int64), none)
    problem = Problem("max-cover", demand, Sites.of(len(refs)), reach, Rules(p=3), refs, Names(), 0)
    ready = [Ready(0, none, none, 12_345.0, 0.0, None)]
    found = Afterwards(np.full(len(refs), 0.25), 4, 0.01, ready, 2)
    with town.database.read(Actor("test")) as reader:
        written = reader.scalar("SELECT finished_at FROM siting_plan WHERE id = :id", id=number)
    yield plan, written, Postscript(town.database, number, problem), found
    planner.delete(f"/api/siting/plans/{number}")


def facts_now(planner, plan):
    return planner.get(f"/api/siting/plans/{plan['id']}").json()["facts"]


def is_there(planner, plan):
    facts = facts_now(planner, plan)
    site = next(one for one in facts["sites"] if one["id"] == plan["answer"]["sites"][0])
    return facts["steady"]["plans"] == 4 and site["without"]["loss"] == 12_345.0


@pytest.mark.parametrize("first", ["the plan", "what was found"])
def test_what_is_found_stands_beside_the_plan_whichever_comes_first(planner, told, first):
    plan, written, postscript, found = told
    steps = [
        lambda: postscript.may_write(written, plan["facts"]),
        lambda: postscript.take(Around(plan["id"], found, last=True)),
    ]
    for step in steps if first == "the plan" else reversed(steps):
        assert not is_there(planner, plan)
        step()
    assert is_there(planner, plan)
    steady = facts_now(planner, plan)["steady"]
    assert steady["looking"] is False
    assert steady["left_en"] == "There was no time for the best plan without 2 of the sites."


def test_a_plan_says_that_more_is_being_found_out_until_there_is_no_more(planner, told):
    plan, written, postscript, found = told
    more = Afterwards(found.often, found.plans, 0.01, found.ready, 2, looking=True)
    postscript.may_write(written, plan["facts"])
    postscript.take(Around(plan["id"], more, last=False))
    steady = facts_now(planner, plan)["steady"]
    assert steady["looking"] is True
    assert steady["left_zh"] == "还在计算没有另外 2 个站点时的最好方案。"
    postscript.take(None)  # the process has ended
    steady = facts_now(planner, plan)["steady"]
    assert (steady["plans"], steady["looking"]) == (4, False)
    assert steady["left_en"].startswith("There was no time")


def test_a_process_that_ends_before_it_looked_leaves_words(planner, told):
    plan, written, postscript, _ = told
    postscript.may_write(written, plan["facts"])
    assert facts_now(planner, plan)["steady"] == plan["facts"]["steady"], "nothing was found yet"
    postscript.take(None)
    steady = facts_now(planner, plan)["steady"]
    assert steady["looking"] is False
    assert steady["left_en"] == "It has not been looked yet how sure each site is."


def test_a_plan_that_was_worked_out_anew_since_keeps_its_own(planner, told):
    plan, written, postscript, found = told
    planner.post(f"/api/siting/plans/{plan['id']}/run")
    anew = finished(planner, plan["id"])
    postscript.may_write(written, plan["facts"])
    postscript.take(Around(plan["id"], found, last=True))
    assert facts_now(planner, plan) == anew["facts"]


def test_a_plan_that_is_gone_meanwhile_is_no_mistake(planner, told, caplog):
    plan, written, postscript, found = told
    planner.delete(f"/api/siting/plans/{plan['id']}")
    postscript.may_write(written, plan["facts"])
    postscript.take(Around(plan["id"], found, last=True))
    assert caplog.records == []


def test_what_goes_wrong_around_a_plan_is_logged_and_the_plan_stands(planner, told, caplog):
    plan, written, postscript, _ = told
    postscript.take(Around(plan["id"], None, last=True, mistake="Traceback: of a test"))
    assert "of a test" in caplog.text
    postscript.may_write(written, plan["facts"])
    assert facts_now(planner, plan)["steady"] is None
    assert facts_now(planner, plan)["covered"] == plan["facts"]["covered"]


def test_while_the_database_is_away_it_is_logged(planner, told, caplog, monkeypatch):
    plan, written, postscript, found = told

    def away(*arguments):
        raise ConnectionError(arguments)

    monkeypatch.setattr(scenarios, "add_facts", away)
    postscript.may_write(written, plan["facts"])
    postscript.take(Around(plan["id"], found, last=True))
    assert f"around plan {plan['id']} is lost" in caplog.text
