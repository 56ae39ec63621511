"""What a plan that is taken away says of its own figures."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.siting.amounts import half_up, whole_text
from geo.siting.question import Question
from maps import plan
from maps.siting.view import PlanView
from maps.siting.words import (
    EXACT,
    column,
    covered_text,
    gap_of,
    gap_text,
    gini_text,
    proof,
    summary,
)


def test_covered_is_defined_by_the_radius_or_by_the_steps_and_never_by_the_last_step_alone():
    """The page's wording of steps, and no figure that the question does not have."""
    one = SimpleNamespace(question=Question(radius_metres=700))
    assert "within 700 m on foot" in covered_text(one, "en")
    several = SimpleNamespace(question=Question(steps=[(300, 1), (800, 0.5), (1200, 0.3)]))
    assert covered_text(several, "en").endswith(
        "whatever its hours: in full within 300 m, half to 800 m, 30% to 1,200 m."
    )
    zh = covered_text(several, "zh")
    assert zh.endswith("300 米内全算、到 800 米算一半、到 1,200 米算 30%。")


@pytest.mark.parametrize(
    ("gap", "told"),
    [(None, "–"), (float("inf"), "–"), (0.0, "0%"), (1.0013e-11, "0%"), (2e-9, "0.0001%"),
     (0.00184, "0.19%"), (0.001, "0.10%"), (0.0301, "3.1%"), (0.25, "25%")],
)  # fmt: skip
def test_a_gap_is_told_in_a_few_figures(gap, told):
    assert gap_text(gap) == told


@given(st.floats(EXACT, 10.0, exclude_min=True))
def test_a_gap_is_never_told_smaller_than_it_is(gap):
    told = gap_text(gap)
    assert float(told.rstrip("%")) >= gap * 100 * (1 - 1e-6)
    assert len(told) <= 8


def viewed(asked, sites, answer):
    facts = {"sites": [{"id": one} for one in sites]}
    return PlanView(1, "方案", asked, facts, answer, None)


def test_a_plan_proved_to_the_last_digit_of_a_double_is_called_the_best_as_on_the_page():
    view = viewed(Question(), [3], {"gap": 1.0013e-11, "status": "gap reached"})
    assert proof(view, "zh") == "已证明为最优：没有任何方案比它更好。"
    page = (plan.ROOM / "figures.js").read_text("utf-8")
    assert float(re.search(r"EXACT = ([\d.e-]+);", page)[1]) == EXACT


def test_how_uneven_it_is_goes_from_today_to_the_plan_however_the_database_orders_it():
    stored = {"after": 0.107, "before": 0.168}
    view = SimpleNamespace(facts={"equity": stored}, question=Question())
    assert gini_text(view) == "0.168 → 0.107"
    without = SimpleNamespace(facts={"equity": stored}, question=Question(keep_existing=False))
    assert gini_text(without) == "– → 0.107"


@pytest.mark.parametrize(
    ("value", "told"), [(244.5, "245"), (2100.5, "2,101"), (0.49, "0"), (-0.5, "-1"), (3.0, "3")]
)
def test_halves_are_rounded_as_the_page_rounds_them(value, told):
    assert whole_text(value) == told
    assert half_up(value) == int(told.replace(",", ""))


def test_of_sites_that_were_all_set_by_hand_nothing_is_called_the_best():
    answer = {"gap": 0.0, "status": "optimal"}
    asked = Question(sites=2, lock=[3, 4])
    drawn = viewed(asked, [3, 4], answer)
    assert "by hand" in proof(drawn, "en")
    assert gap_of(drawn) == "–"
    chosen = viewed(asked, [3, 5], answer)
    assert "best" in proof(chosen, "en")
    assert gap_of(chosen) == "0%"


def test_where_todays_stations_do_not_count_nothing_is_said_of_today():
    facts = {
        "hours": 17, "people": 100.0, "covered": 55.0, "covered_today": 0.0,
        "share_today": 0.0, "share": 0.55,
    }  # fmt: skip
    view = SimpleNamespace(
        question=Question(keep_existing=False), facts=facts, where=None, sites=[{"id": 3}]
    )
    assert "Today" not in summary(view, "en")
    assert "not counting" in summary(view, "en").lower()
    assert "今日" not in summary(view, "zh")


def test_a_column_of_people_over_several_hours_says_that_they_are_person_hours():
    view = SimpleNamespace(facts={"hours": 17})
    assert [column(one, view, "en") for one in ("people", "after", "share_after")] == [
        "Person-hours", "With the plan (person-hours)", "Share with the plan",
    ]  # fmt: skip
    assert column("people", SimpleNamespace(facts={"hours": 1}), "en") == "People"
