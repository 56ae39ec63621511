"""What a plan that is taken away says of its own figures."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.siting.question import Question
from maps import plan
from maps.siting.words import EXACT, covered_text, gap_text, proof


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


def test_a_plan_proved_to_the_last_digit_of_a_double_is_called_the_best_as_on_the_page():
    view = SimpleNamespace(answer={"gap": 1.0013e-11, "status": "gap reached"})
    assert proof(view, "zh") == "已证明为最优：没有任何方案比它更好。"
    page = (plan.ROOM / "figures.js").read_text("utf-8")
    assert float(re.search(r"EXACT = ([\d.e-]+);", page)[1]) == EXACT
