"""Hearing what the database tells, and noticing when it no longer does."""

import threading
import time

import pytest
from sqlalchemy import text

from geo import editions, listening
from geo.database import ANYONE
from geo.listening import Listening


@pytest.fixture
def looked(monkeypatch):
    """How often was looked; looks of its own accord are rare here."""
    monkeypatch.setattr(listening, "CHECK_SECONDS", 60.0)
    return []


@pytest.fixture
def hears(database, looked):
    """One who listens to everything but what begins with 'other'."""
    began = threading.Event()

    def look() -> bool:
        looked.append(time.monotonic())
        began.set()
        return True

    heard = Listening(database, look, concerns=lambda message: not message.startswith("other"))
    heard.begin()
    heard.begin()
    assert began.wait(10)
    yield heard
    heard.close()


def tell(database, message: str) -> float:
    with database.write(ANYONE) as writer:
        editions.tell(writer, message)
    return time.monotonic()


def until(done, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_a_call_is_heard_at_once_and_not_at_the_next_look(database, hears, looked):
    assert len(looked) == 1
    told = tell(database, "union 5")
    until(lambda: len(looked) == 2, 5)
    assert looked[1] - told < 1.0


def test_what_does_not_concern_is_let_pass(database, hears, looked):
    tell(database, "other matters")
    tell(database, "union 5")
    until(lambda: len(looked) == 2, 5)
    time.sleep(0.2)
    assert len(looked) == 2


def test_what_is_rolled_back_is_not_told(database, hears, looked):
    with pytest.raises(ZeroDivisionError), database.write(ANYONE) as writer:
        editions.tell(writer, "union 5")
        raise ZeroDivisionError
    time.sleep(0.5)
    assert len(looked) == 1


def test_a_line_that_was_cut_is_taken_up_again(database, monkeypatch):
    monkeypatch.setattr(listening, "CHECK_SECONDS", 0.3)
    listeners = (
        "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )

    def lines() -> list[int]:
        with database.read(ANYONE) as reader:
            return reader.scalar(f"SELECT coalesce(array_agg(pid), '{{}}') {listeners}")

    heard = Listening(database, lambda: True, name="a line to be cut")
    heard.begin()
    until(lambda: len(lines()) == 1, 10)
    before = lines()
    with database.engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {listeners}"))
    # The line that was cut may be listed a moment longer than the order to end it takes.
    until(lambda: lines() not in ([], before), 10)
    assert len(lines()) == 1
    heard.close()
    assert not [one for one in threading.enumerate() if one.name == "a line to be cut"]
