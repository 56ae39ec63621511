"""Placing by a name in the address: only what is named, never a guess."""

import re

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.areas.naming import ENDS_A_PART, bare_name, find_named, places_from

NAMES = [
    ("office_building", "云杉国际大厦"),
    ("industrial_park", "云杉科技园"),
    ("community", "海棠社区"),
    ("community", "东海棠社区"),
    ("commercial_district", "云杉商圈"),
]


def known(names=NAMES):
    boxes = [shapely.box(number, 0, number + 1, 1) for number in range(len(names))]
    return places_from(
        list(range(len(names))),
        [kind for kind, _ in names],
        [name for _, name in names],
        np.array(boxes, dtype=object),
    )


def named(address: str | None, names=NAMES) -> str | None:
    places = known(names)
    found = int(find_named(places, [address])[0])
    return places.names[found] if found >= 0 else None


def test_an_address_that_names_a_building_is_placed_there() -> None:
    assert named("演示市云杉区石榴街道云杉国际大厦12层1203室") == "云杉国际大厦"


def test_the_building_wins_over_the_park_it_stands_in() -> None:
    assert named("云杉科技园云杉国际大厦3层") == "云杉国际大厦"
    assert named("海棠社区云杉科技园B区") == "云杉科技园"


def test_a_name_inside_a_longer_name_is_not_found() -> None:
    assert named("石榴街道东海棠社区5号") == "东海棠社区"
    assert named("石榴街道大海棠社区5号") is None


def test_an_address_that_names_nothing_known_is_left_unlocated() -> None:
    assert named("云杉区某某路12号") is None
    assert named("") is None
    assert named(None) is None


def test_a_name_borne_by_two_areas_places_nothing() -> None:
    twice = [("office_building", "金桥大厦"), ("office_building", "金桥大厦")]
    assert find_named(known(twice), ["金桥大厦5层"]).tolist() == [-2]


def test_a_bracketed_addition_is_no_part_of_the_name() -> None:
    assert bare_name("云杉国际大厦（演示数据）") == "云杉国际大厦"
    assert (
        named("云杉国际大厦5层", [("office_building", "云杉国际大厦（演示数据）")])
        == "云杉国际大厦"
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("甲乙丙丁区路号", min_size=0, max_size=14), max_size=8),
    st.lists(st.text("甲乙丙丁", min_size=3, max_size=5), min_size=1, max_size=6, unique=True),
)
def test_the_search_agrees_with_regular_expressions(addresses: list[str], names: list[str]) -> None:
    places = known([("community", name) for name in names])
    found = find_named(places, addresses)
    before = "(?:^|(?<=[" + re.escape(ENDS_A_PART) + "]))"
    for address, number in zip(addresses, found.tolist(), strict=True):
        hits = [name for name in names if re.search(before + re.escape(name), address)]
        longest = max((len(name) for name in hits), default=0)
        if not hits:
            assert number == -1
        else:
            assert places.names[number] in hits
            assert len(places.names[number]) == longest
