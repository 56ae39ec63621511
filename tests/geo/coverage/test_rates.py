"""Rates: never bare, never 0 % for no data."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.coverage.rates import FIGURES, RATES, rates_of, wilson
from geo.editions import EditionFacts
from geo.settings import Settings

EDITION = EditionFacts(
    id=7,
    dataset="enterprises",
    state="active",
    as_of=date(2026, 6, 30),
    source="test",
    declared_crs=None,
    rows_read=0,
    rows_accepted=0,
    rows_rejected=0,
    rows_unlocated=0,
    created_at=datetime.now(UTC),
    created_by="test",
    activated_at=None,
    report={},
)
NOTHING = dict.fromkeys(FIGURES, 0)


def rates(**counts: int):
    return rates_of({**NOTHING, **counts}, EDITION, Settings())


def test_no_data_is_not_zero_percent() -> None:
    for rate in rates().values():
        assert rate.value is None
        assert rate.missing_share is None
        assert rate.low is rate.high is None


def test_a_rate_carries_what_it_rests_on() -> None:
    rate = rates(units=110, units_own=60, units_joint=10, units_none=25,
                 units_in_preparation=5, units_unknown=10)["establishment"]  # fmt: skip
    assert rate.value == 0.7
    assert (rate.numerator, rate.denominator) == (70, 100)
    assert rate.missing_share == pytest.approx(10 / 110)
    assert rate.target == 0.95
    assert "顺义" in rate.target_source_zh
    assert rate.target_source
    assert rate.gap == 25
    assert (rate.edition_id, rate.as_of) == (7, date(2026, 6, 30))
    assert rate.scope
    assert rate.scope_zh
    assert not rate.small_denominator


def test_few_units_are_marked() -> None:
    assert rates(units=3, units_own=3)["establishment"].small_denominator


def test_employees_of_large_units_do_not_hide_in_the_rate_of_units() -> None:
    both = rates(units=2, units_own=1, units_none=1, all_employees=1000, all_members=990)
    assert both["establishment"].value == 0.5
    assert both["membership_all"].value == 0.99


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys(drawn: tuple[int, int]) -> None:
    numerator, denominator = drawn
    expected = binomtest(numerator, denominator).proportion_ci(0.95, "wilson")
    low, high = wilson(numerator, denominator)
    assert low == pytest.approx(expected.low, abs=1e-9)
    assert high == pytest.approx(expected.high, abs=1e-9)


def test_none_and_all_are_exact_ends_of_the_interval() -> None:
    for of in range(1, 400):
        assert wilson(0, of)[0] == 0.0
        assert wilson(of, of)[1] == 1.0


def test_more_members_than_employees_gives_no_false_interval() -> None:
    rate = rates(units_own=1, units=1, unionised_employees=10, unionised_members=12)
    assert rate["membership_unionised"].value == 1.2
    assert rate["membership_unionised"].low is None


def test_a_union_state_that_is_not_known_is_in_no_denominator() -> None:
    found = rates(units_25=12, units_25_unionised=6, units_25_unknown=2,
                  units_100=5, units_100_unionised=5, units_100_unknown=0,
                  units_eligible=30, units_eligible_unionised=10,
                  units_eligible_unknown=10)  # fmt: skip
    assert found["establishment_25"].value == 0.6
    assert found["establishment_25"].missing_share == pytest.approx(2 / 12)
    assert found["establishment_100"].value == 1.0
    assert found["establishment_100"].gap == 0
    assert found["establishment_eligible"].value == 0.5
    assert rates(units_25=3, units_25_unknown=3)["establishment_25"].value is None


def test_what_joint_unions_cover_is_a_part_of_what_is_covered() -> None:
    found = rates(units=100, units_own=20, units_joint=30, units_none=50)
    assert found["joint_coverage"].value == 0.3
    assert found["establishment"].value == 0.5
    assert found["joint_coverage"].target is None
    assert found["joint_coverage"].gap is None


def test_scope_and_title_state_the_thresholds_of_the_region(tmp_path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(
        '[[region]]\ncode = "11"\n[region.thresholds]\n'
        'obliged_employees = { value = 30, zh = "北京" }\n',
        encoding="utf-8",
    )
    here = rates_of(NOTHING, EDITION, Settings(targets=file), "110113")["establishment_25"]
    there = rates_of(NOTHING, EDITION, Settings(targets=file), "12")["establishment_25"]
    assert "30人及以上" in here.scope_zh
    assert "25人及以上" in there.scope_zh
    assert "另计" in here.scope_zh
    assert "apart" in here.scope
    for definition in RATES.values():
        assert "{" not in definition.scope + definition.scope_zh + definition.title_zh


def test_every_rate_is_made_of_counts_that_exist() -> None:
    for definition in RATES.values():
        for name in (*definition.numerator, *definition.denominator,
                     *definition.left_out, *definition.whole, *definition.less):  # fmt: skip
            assert name in FIGURES
