"""The steps of a route in words."""

import itertools
from typing import get_args

import pytest
from hostile import HOSTILE_NAME

from geo.walking.turns import Step, StepKind, Turn
from maps.routes import spoken, told_metres
from maps.texts import catalogue


def step(kind="turn", turn="left", street="人民路", metres=123.4, heading=44.0, off_street=False):
    return Step(kind, turn, street, metres, 113.6, 34.7, heading, off_street)


@pytest.mark.parametrize(
    ("one", "zh", "en"),
    [
        (step(), "左转进入人民路，走 120 米", "Turn left into 人民路, 120 m"),
        (step(street=None, turn="sharp_right", metres=8.4), "向右后方转，走 8 米",
         "Turn sharp right, 8 m"),
        (step(turn="straight"), "沿人民路直行 120 米", "Go straight on along 人民路, 120 m"),
        (step("depart", None), "沿人民路向东北出发，走 120 米",
         "Set off to the north-east along 人民路, 120 m"),
        (step("depart", None, None, heading=359), "向北出发，走 120 米",
         "Set off to the north, 120 m"),
        (step("depart", None, None, 23.0, 181, off_street=True), "向南走 25 米，走到路上",
         "Walk 25 m to the south, to the street"),
        (step("depart", None, None, 0.0), "从这里出发", "Set off from here"),
        (step("stairs", "straight", None, 26), "走台阶 25 米", "Take the stairs, 25 m"),
        (step("stairs", "right", None, 26), "右转，走台阶 25 米",
         "Turn right onto the stairs, 25 m"),
        (step("cross_bridge", "straight", "东桥", 50), "过桥 50 米", "Cross the bridge, 50 m"),
        (step("underpass", "back", None, 50), "掉头，走地下通道 50 米",
         "Turn round through the underpass, 50 m"),
        (step(street=None, metres=14.6, off_street=True), "左转离开道路，走 15 米",
         "Turn left, off the street, 15 m"),
        (step("arrive", None, None, 0), "到达“云杉驿站”", "You are at 云杉驿站"),
        (step("arrive", "right", None, 0), "到达“云杉驿站”，在右手边",
         "You are at 云杉驿站, on the right"),
    ],
)  # fmt: skip
def test_what_a_person_hears(one, zh, en):
    assert spoken(one, "云杉驿站") == (zh, en)


def test_every_step_there_can_be_has_words():
    for kind, turn, street, off in itertools.product(
        get_args(StepKind), (None, *get_args(Turn)), (None, "人民路"), (False, True)
    ):
        if kind == "arrive" and turn not in (None, "left", "right"):
            continue
        for text in spoken(step(kind, turn, street, off_street=off), "站"):
            assert text
            assert "{" not in text
    assert {f"route_turn.{turn}" for turn in get_args(Turn)} <= set(catalogue())


def test_names_stay_as_they_are_in_the_data():
    for name in (HOSTILE_NAME, "{metres}", "{0.__class__}", "%s"):
        assert name in spoken(step(street=name), "站").zh
        assert name in spoken(step("arrive", None, None, 0), name).en


def test_metres_are_told_as_one_says_them():
    told = [told_metres(metres) for metres in (0, 0.4, 7.6, 19.4, 22, 23, 99, 104, 1236)]
    assert told == [1, 1, 8, 19, 20, 25, 100, 100, 1240]
