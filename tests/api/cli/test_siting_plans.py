"""`nuanyi siting plan`, `plans` and `tasks`: scenarios on the editions in force."""

import json
import time
from types import SimpleNamespace

import planning_town
import pypdf
import pytest

from api.cli import siting_plans
from geo.database import Actor

DONE, UNUSABLE, NOWHERE = 0, 2, 4


@pytest.fixture
def town(database):
    return planning_town.fill(database)


def test_a_plan_is_worked_out_kept_taken_away_and_opened(nuanyi, town, tmp_path):
    told = nuanyi(
        "siting", "plan", "--sites", "2", "--seconds", "10", "--name", "甲", "--out",
        tmp_path / "plan.json",
    )  # fmt: skip
    assert told.code == DONE, told.err
    plan = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert plan["state"] == "done"
    assert plan["answer"]["status"] == "optimal"
    assert plan["facts"]["steady"]["looking"] is False
    assert all(one["often"] and one["without"] for one in plan["facts"]["sites"])
    assert f"{plan['facts']['share']:.1%}" in told.out
    written = nuanyi("siting", "plan", "--id", "1", "--out", tmp_path / "plan.pdf")
    assert written.code == DONE, written.err
    assert len(pypdf.PdfReader(tmp_path / "plan.pdf").pages) == 2
    listed = json.loads(nuanyi("siting", "plans", "--json").out)
    assert [(one["name"], one["sites_n"]) for one in listed] == [("甲", 2)]
    assert nuanyi("siting", "tasks", "--plan", "1", "--make").code == DONE
    opened = nuanyi(
        "siting", "tasks", "--task", "1", "--state", "opened", "--hours", "9:00-21:30",
        "--services", "hot_water, rest",
    )  # fmt: skip
    assert opened.code == DONE, opened.err
    assert "opened" in opened.out
    with town.database.read(Actor("test")) as reader:
        (row,) = reader.all(
            "SELECT services, opening_hours FROM station s JOIN edition e ON e.id = s.edition_id "
            "AND e.state = 'active' WHERE s.source_key = 'siting-task-1'"
        )
    assert (row.services, row.opening_hours) == (["hot_water", "rest"], "09:00-21:30")
    again = nuanyi("siting", "tasks", "--publish")
    assert "0 added" in again.out, "the edition in force has it already"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plan", "--sites", "2", "--out", "plan.docx"), UNUSABLE),
        (("plan",), UNUSABLE),
        (("plan", "--model", "best", "--sites", "2"), UNUSABLE),
        (("plan", "--id", "77"), NOWHERE),
        (("tasks", "--make"), UNUSABLE),
        (("tasks", "--task", "77", "--state", "agreed"), NOWHERE),
    ],
)
def test_what_cannot_be_is_told(nuanyi, town, arguments, code):
    told = nuanyi("siting", *arguments)
    assert told.code == code, told.out + told.err


@pytest.mark.parametrize("comes", [True, False])
def test_what_is_found_after_the_plan_is_waited_for_but_not_for_long(monkeypatch, comes):
    looked = []

    def look():
        looked.append(time.monotonic())
        looking = not comes or len(looked) < 4
        return SimpleNamespace(summary={"steady": {"looking": looking}})

    monkeypatch.setattr(siting_plans, "MORE_SECONDS", 30.0 if comes else 0.5)
    siting_plans._wait_for_more(look)
    assert len(looked) == 4 if comes else looked[-1] - looked[0] < 2


@pytest.mark.parametrize("summary", [None, {}, {"steady": None}])
def test_nothing_more_is_waited_for_of_a_plan_around_which_nobody_looks(monkeypatch, summary):
    def sleep(seconds):
        raise AssertionError(f"{seconds} s were waited")

    monkeypatch.setattr(siting_plans.time, "sleep", sleep)
    siting_plans._wait_for_more(lambda: SimpleNamespace(summary=summary))
