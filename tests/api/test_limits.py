"""How much one sender may send, and whom a request counts for."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits import Rule, Senders, address_of

TEN_MINUTES = Rule(6, 600.0)
A_DAY = Rule(30, 86_400.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_six_pass_at_once_and_the_seventh_is_told_when_to_come_back() -> None:
    clock = Clock()
    senders = Senders(clock)
    assert [senders.take("1.2.3.4", TEN_MINUTES) for _ in range(6)] == [0] * 6
    wait = senders.take("1.2.3.4", TEN_MINUTES)
    assert wait == pytest.approx(100)
    assert senders.take("1.2.3.5", TEN_MINUTES) == 0, "another sender is another"
    clock.now += wait + 1e-6
    assert senders.take("1.2.3.4", TEN_MINUTES) == 0
    assert senders.take("1.2.3.4", TEN_MINUTES) > 0


def test_whoever_is_refused_pays_nothing_for_asking() -> None:
    clock = Clock()
    senders = Senders(clock)
    for _ in range(50):
        senders.take("a", TEN_MINUTES)
    clock.now += 100 + 1e-6
    assert senders.take("a", TEN_MINUTES) == 0


def test_both_rules_hold() -> None:
    clock = Clock()
    senders = Senders(clock)
    passed = 0
    for _ in range(24 * 6 * 10):  # every minute of a day
        passed += senders.take("a", TEN_MINUTES, A_DAY) == 0
        clock.now += 60
    # A bucket of 30 that fills with 30 a day: no more than both, however long one tries.
    assert 55 <= passed <= 60


@given(st.lists(st.floats(0, 400), min_size=1, max_size=60))
def test_never_more_than_the_rule_in_any_stretch(pauses) -> None:
    clock = Clock()
    senders = Senders(clock)
    rule = Rule(4, 300.0)
    passed = []
    for pause in pauses:
        clock.now += pause
        if senders.take("a", rule) == 0:
            passed.append(clock.now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            allowed = rule.most + (passed[last] - passed[first]) * rule.most / rule.seconds
            assert last - first + 1 <= allowed + 1e-6


def test_threads_share_one_count() -> None:
    senders = Senders(Clock())
    with ThreadPoolExecutor(8) as people:
        passed = list(people.map(lambda _: senders.take("a", TEN_MINUTES) == 0, range(200)))
    assert sum(passed) == 6


def test_only_so_many_senders_are_remembered() -> None:
    senders = Senders(Clock(), most=100)
    for number in range(1000):
        senders.take(str(number), TEN_MINUTES)
    assert len(senders) == 100


def test_no_address_is_kept() -> None:
    address = "203.0.113.77-unmistakable"
    one, other = Senders(Clock()), Senders(Clock())
    for senders in (one, other):
        senders.take(address, TEN_MINUTES)
    held = [thing for senders in (one, other) for thing in gc.get_referents(vars(senders))]
    assert "unmistakable" not in repr([vars(one), vars(other), held])
    # The same address is another word in another process: nobody can lay two lists together.
    assert set(one._buckets) != set(other._buckets)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "counted"),
    [
        ([], 0, "10.0.0.1"),
        (["6.6.6.6"], 0, "10.0.0.1"),  # nobody said that we stand behind a proxy
        ([], 1, "10.0.0.1"),
        (["203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9"], 1, "203.0.113.9"),  # what the sender wrote itself is before
        (["6.6.6.6", "203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 10.1.1.1"], 2, "203.0.113.9"),
        (["10.1.1.1"], 2, "10.0.0.1"),  # fewer entries than proxies: it came another way
        (["203.0.113.9:51234"], 1, "203.0.113.9"),
        (["[2001:db8:1:2:3::4]:443"], 1, "2001:db8:1:2::"),
        (["2001:db8:1:2:ffff::9"], 1, "2001:db8:1:2::"),
        (["::ffff:203.0.113.9"], 1, "203.0.113.9"),
        (["6.6.6.6,"], 1, "10.0.0.1"),
        (["not an address" * 20], 1, ("not an address" * 20)[:100]),
    ],
)
def test_whom_a_request_counts_for(forwarded, proxies, counted) -> None:
    assert address_of(forwarded, "10.0.0.1", proxies) == counted


def test_a_request_without_an_address_counts_too() -> None:
    assert address_of([], None, 0) == "?"
    assert address_of([], "testclient", 0) == "testclient"
