"""What is worked out for service areas is made once, kept, and forgotten in its turn."""

import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose
from reach_streets import LONG, TUESDAY, ZONE, demand_of, finder_of

from geo.errors import Busy
from geo.walking.reach import Question, counting
from geo.walking.reach.keeper import Kept


# ---------------------------------------------------------------------- keeping
def test_a_thing_is_made_once_for_all_who_ask_at_once():
    kept, made = Kept(2), []

    def make() -> str:
        time.sleep(0.05)
        made.append(1)
        return "thing"

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept.get("a", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, len(made)) == (["thing"] * 4, 1)


def test_when_too_many_wait_the_next_is_sent_away_and_what_is_there_is_not():
    kept, go = Kept(4, most_waiting=2), threading.Event()
    kept.get("ready", lambda: 1)
    threads = [
        threading.Thread(target=lambda name=name: kept.get(name, lambda: go.wait(10)))
        for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    try:
        with pytest.raises(Busy):
            kept.get("c", lambda: 3)
        assert kept.get("ready", lambda: 2) == 1
    finally:
        go.set()
    for thread in threads:
        thread.join()
    assert kept.get("c", lambda: 3) == 3


def test_of_too_many_things_the_longest_unused_is_forgotten():
    kept = Kept(2)
    for name in ("a", "b", "a", "c"):
        kept.get(name, lambda name=name: name)
    assert kept.get("a", lambda: "again") == "a"
    assert kept.get("b", lambda: "again") == "again"


def test_what_fails_is_not_kept_and_does_not_block_the_next():
    kept = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 7) == 7


def test_who_leaves_while_waiting_keeps_nobody_from_a_turn():
    kept, go, left = Kept(4, most_waiting=2, busy="忙。 Busy."), threading.Event(), []
    making = threading.Thread(target=lambda: kept.get("long", lambda: go.wait(10)))
    making.start()

    def wait_and_leave() -> None:
        with pytest.raises(Busy, match="离开"):
            kept.get("a", lambda: 1, lambda: True)
        left.append(True)

    waiting = threading.Thread(target=wait_and_leave)
    time.sleep(0.1)
    waiting.start()
    time.sleep(0.1)
    with pytest.raises(Busy, match="忙"):
        kept.get("b", lambda: 2)
    waiting.join(5)
    assert left == [True]
    later = threading.Thread(target=lambda: left.append(kept.get("b", lambda: 2)))
    later.start()
    go.set()
    later.join(5)
    making.join(5)
    assert left == [True, 2]


def test_the_mark_changes_with_the_stations_that_count():
    finder = finder_of(LONG, [(0, 0), (1000, 0)], ["08:00-18:00", "24/7"])

    def mark(**more):
        return counting(finder, Question.asked("12", TUESDAY, ZONE, **more)).mark()

    assert mark() == mark()
    assert mark() != mark(kinds=["driver_rest_home"])
    later = finder_of(LONG, [(0, 0), (1000, 0)], ["08:00-19:00", "24/7"])
    assert counting(later, Question.asked("12", TUESDAY, ZONE)).mark() != mark()


def test_people_at_an_hour_are_those_of_that_hour():
    finder = finder_of(LONG, [])
    places = demand_of(finder, [(0, 0), (10, 0)], np.arange(24)[:, None] * [[1, 2]]).places
    everyone = np.ones(2, bool)
    assert_allclose(np.sort(places.at_hour(5, everyone)), [5, 10])
    assert_allclose(np.sort(places.at_hour(None, everyone)), [11.5, 23])
