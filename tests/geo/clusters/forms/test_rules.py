"""The rule table: complete, readable, the first rule that holds decides."""

import re
import string
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import shapely
from hostile import HOSTILE_NAME
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clusters.facts import ClusterFacts
from geo.clusters.forms.choose import CONDITIONS, choose, sentence
from geo.clusters.forms.rules import FORM_KINDS, NOTHING, percent, rules
from geo.clusters.forms.situation import (
    Counts,
    ExistingUnion,
    Largest,
    Situation,
    Unit,
    UpperUnion,
)
from geo.enterprises.classes import INDUSTRIES
from geo.errors import Invalid
from geo.schema.areas import UNIT_KINDS

CHINESE = re.compile(r"[一-鿿]")


def unit(kind: str = "office_building", **facts) -> Unit:
    plain = Unit(20, kind, f"{HOSTILE_NAME}{{rest}}大厦", None, None, None, None)
    return replace(plain, **facts)


def counts(without: int = 30, own: int = 2, workers: int = 200, **facts) -> Counts:
    plain = Counts(
        without=without,
        workers=workers,
        unstated=0,
        own=own,
        shall=0,
        chair=0,
        own_workers=min(workers, 30 * own),
        in_preparation=0,
        rest_industry=(0, 0),
    )
    return replace(plain, **facts)


def cluster(**facts) -> ClusterFacts:
    plain = {
        "id": 1, "tier": "confirmed", "kind": "whole_unit", "area_id": 20, "subdistrict_id": 10,
        "place": None, "score": 9.0, "p_value": 0.01, "units": 30, "units_25": 2, "units_100": 0,
        "units_all": 40, "expected": 12.8, "employees": 200, "employees_unstated": 0,
        "addresses": 9, "diameter_metres": 80.0, "first_seen": date(2026, 6, 30), "lon": 101.0,
        "lat": 40.0, "outline": shapely.box(101, 40, 101.001, 40.001),
    }  # fmt: skip
    return ClusterFacts(**(plain | facts))


def situation(**facts) -> Situation:
    plain = Situation(
        cluster=cluster(),
        counts=counts(),
        unit=None,
        subdistrict=None,
        own_unions=0,
        joint_unions=0,
        existing=(),
        upper=UpperUnion("云杉街道总工会", "subdistrict"),
        largest=Largest(7, HOSTILE_NAME, "云杉路1号", 60, 101.0, 40.0),
        meeting=None,
        hall=None,
    )
    return replace(plain, **facts)


def near(metres: float, name: str | None = "长桥联合工会") -> ExistingUnion:
    return ExistingUnion(name, "register", in_unit=False, metres=metres, covers=None)


INSIDE = ExistingUnion(
    "大厦联合工会", "unit", in_unit=True, metres=0.0, covers=5, unit="大厦", address="一层"
)


# ---------------------------------------------------------------------- the table
def test_every_condition_of_the_table_is_known_and_every_kind_is_reached():
    table = rules()
    assert {name for rule in table.table for name in rule.when} == set(CONDITIONS)
    assert {rule.kind for rule in table.table} == set(FORM_KINDS) - {NOTHING}
    assert len({rule.id for rule in table.table}) == len(table.table)


def test_every_rule_is_told_in_both_languages_with_its_law():
    table = rules()
    for rule in table.table:
        for words in (rule.condition, rule.title, rule.reason, rule.article, rule.law_text):
            assert CHINESE.search(words.zh)
            assert words.en
            assert not CHINESE.search(words.en)
            names = [
                {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in words
            ]
            assert names[0] == names[1], rule.id
        assert "{" not in rule.condition.zh
    assert "第十一条" in {rule.article.zh for rule in table.table}
    assert set(table.unit_kinds) == set(UNIT_KINDS)
    assert set(table.industries) == set(INDUSTRIES) - {"unstated", "other"}


def test_the_handbook_has_the_table_as_it_is():
    handbook = Path(__file__).resolve().parents[4] / "docs" / "users.md"
    text = handbook.read_text("utf-8")
    for number, rule in enumerate(rules().table, 1):
        told = f"| {number} | {rule.condition.zh} | {rule.title.zh} {rule.title.en} | "
        assert f"{told}{rule.article.zh}；" in text


def test_a_regions_own_threshold_replaces_ours_everywhere():
    table = rules(own_workers=30)
    assert table.values.own_workers == 30
    assert "30" in next(rule.condition.zh for rule in table.table if rule.id == "own_unions")
    assert "30 人" in next(one.meaning.zh for one in table.thresholds if one.name == "own_workers")
    assert rules().values.own_workers == 25
    with pytest.raises(Invalid):
        rules(own_wrkers=30)
    with pytest.raises(Invalid):
        rules(own_workers=0)


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.95, "95%"), (0.3199, "32%"), (1.0, "100%"), (0.9970, "99.7%"), (0.0, "0%"),
     (0.0004, "0.04%"), (0.99996, "99.996%")],
)  # fmt: skip
def test_a_percentage_never_claims_all_or_nothing(share, told):
    assert percent(share) == told


# ---------------------------------------------------------------------- which rule decides
@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"unit": unit()}, "building_union"),
        ({"unit": unit("marketplace")}, "marketplace_union"),
        ({"unit": unit("industrial_park")}, "park_union"),
        ({"unit": unit("commercial_district")}, "commercial_district_union"),
        ({"unit": unit("functional_area")}, "functional_area_union"),
        ({}, "street_union"),
        ({"counts": counts(rest_industry=(6, 21))}, "industry_union"),
        # `other` is no industry, and 20 of 28 are not three quarters.
        ({"counts": counts(rest_industry=(len(INDUSTRIES) - 1, 28))}, "street_union"),
        ({"counts": counts(rest_industry=(6, 20))}, "street_union"),
        ({"existing": (near(499),)}, "extend_nearby"),
        ({"existing": (near(501),)}, "street_union"),
        # A building of its own founds its own; the union next door is told beside it.
        ({"existing": (near(10),), "unit": unit()}, "building_union"),
        ({"existing": (INSIDE,), "unit": unit()}, "extend_in_unit"),
        ({"unit": unit(), "own_unions": 5}, "federation_of_unions"),
        ({"unit": unit(), "own_unions": 4}, "building_union"),
        ({"own_unions": 9}, "street_union"),
        ({"unit": unit(), "counts": counts(without=102)}, "federation_of_many"),
        ({"counts": counts(without=102)}, "street_union"),
        ({"counts": counts(without=6, own=6, workers=180)}, "own_unions"),
        ({"counts": counts(without=11, own=2)}, "organiser"),
        ({"counts": counts(without=11, own=2), "unit": unit()}, "organiser"),
        ({"counts": counts(without=11, own=2), "existing": (near(300),)}, "attach_nearby"),
        ({"counts": counts(without=20, own=0, workers=24)}, "organiser"),
        ({"counts": counts(without=20, own=0, workers=25)}, "street_union"),
        # Some do not say how many they are: nobody can say that they are few.
        ({"counts": counts(without=20, own=0, workers=4, unstated=18)}, "street_union"),
        ({"counts": counts(without=0, own=0, workers=0)}, "nothing_left"),
    ],
)  # fmt: skip
def test_the_first_rule_that_holds_decides(facts, rule):
    form = choose(situation(**facts), rules())
    assert form.rule == rule
    assert form.reason.zh
    assert "{" not in form.reason.zh.replace("{rest}", "")


def test_what_is_filled_in_is_never_read_as_a_pattern():
    form = choose(situation(unit=unit()), rules())
    assert f"{HOSTILE_NAME}{{rest}}大厦" in form.reason.zh


def test_those_that_can_have_their_own_are_told_beside_the_joint_form():
    at = situation(
        unit=unit(), counts=counts(own=3, shall=2, chair=1, unstated=4, in_preparation=5)
    )
    form = choose(at, rules())
    for words in ("3 家，各自单独建会", "2 家会员已满 25 人，依法应当建会", "1 家，可设专职主席",
                  "4 家未填报职工人数", "5 家正在筹建"):  # fmt: skip
        assert words in form.reason.zh
    assert (form.own_unions, form.rest) == (3, 27)


def test_an_unknown_upper_union_is_said_honestly():
    form = choose(situation(upper=UpperUnion(None, "unknown")), rules())
    assert "上级工会未登记" in form.reason.zh
    assert "not on record" in form.reason.en


def test_the_other_forms_that_hold_are_told():
    form = choose(situation(existing=(near(100),)), rules())
    assert [other.kind for other in form.alternatives] == ["street_union"]
    alone = choose(situation(counts=counts(without=6, own=6, workers=180)), rules())
    assert alone.alternatives == ()


# ---------------------------------------------------------------------- the seat
def test_the_seat_is_the_office_a_hall_or_the_largest_enterprise():
    table = rules()
    extended = choose(situation(existing=(INSIDE,), unit=unit()), table)
    assert (extended.seat.source, extended.seat.address) == ("union_office", "一层")
    office = choose(situation(unit=unit(union_address="二层")), table)
    assert (office.seat.source, office.seat.address) == ("union_office", "二层")
    largest = choose(situation(), table)
    assert (largest.seat.source, largest.seat.enterprise_id) == ("enterprise", 7)
    assert choose(situation(largest=None), table).seat is None


# ---------------------------------------------------------------------- the sentence
def test_the_sentence_says_how_it_stands_out():
    table = rules()
    told = sentence(cluster(units=38, units_all=40, expected=12.8), table)
    assert told.en == "95% without a union where 32% is usual here"
    assert told.zh == "95% 未建会，而按所在街道和企业规模，这里一般为 32%"
    # Nothing to compare with: then how many of how many.
    alone = sentence(cluster(units=38, units_all=40, expected=0.0), table)
    assert alone.zh == "40 家企业中 38 家未建会（95%）"
    assert "38 of 38" in sentence(cluster(units=38, units_all=0), table).en


@settings(max_examples=300, deadline=None)
@given(
    without=st.integers(0, 300),
    own=st.integers(0, 300),
    workers=st.integers(0, 10_000),
    unstated=st.integers(0, 300),
    kind=st.sampled_from([None, *UNIT_KINDS]),
    unions=st.integers(0, 12),
    existing=st.lists(st.sampled_from([near(0), near(499, None), near(900), INSIDE]), max_size=3),
)
def test_whatever_the_situation_there_is_an_answer_in_words(
    without, own, workers, unstated, kind, unions, existing
):
    own = min(own, without)
    at = situation(
        counts=counts(without, own, workers, unstated=min(unstated, without - own)),
        unit=None if kind is None else unit(kind),
        own_unions=unions,
        existing=tuple(existing),
    )
    form = choose(at, rules())
    assert form.kind in FORM_KINDS
    assert (form.kind == NOTHING) == (without == 0)
    assert form.title.zh
    assert form.reason.en
    assert form.own_unions + form.rest == without
    if form.kind in ("extension", "attachment"):
        assert form.existing_union is not None
        assert form.existing_union.in_unit or form.existing_union.metres <= 500
