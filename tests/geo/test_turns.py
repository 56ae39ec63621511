"""What is dear to make is made once, kept, and forgotten in its turn."""

import threading
import time

import pytest

from geo.errors import Busy
from geo.turns import Kept

BUSY = "忙。 Busy."


def test_a_thing_is_made_once_for_all_who_ask_at_once():
    kept, made = Kept(2, BUSY), []

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
    kept, go = Kept(4, BUSY, most_waiting=2), threading.Event()
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
    kept = Kept(2, BUSY)
    for name in ("a", "b", "a", "c"):
        kept.get(name, lambda name=name: name)
    assert kept.get("a", lambda: "again") == "a"
    assert kept.get("b", lambda: "again") == "again"


def test_what_fails_is_not_kept_and_does_not_block_the_next():
    kept = Kept(2, BUSY)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 7) == 7


def test_who_leaves_while_waiting_keeps_nobody_from_a_turn():
    kept, go, left = Kept(4, BUSY, most_waiting=2), threading.Event(), []
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
