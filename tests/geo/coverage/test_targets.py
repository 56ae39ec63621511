"""Targets and thresholds by region: whose holds where, and with which source."""

import numpy as np
import pytest

from geo.coverage.targets import OF_UNITS, STANDS_FOR, TARGETS, THRESHOLDS, read_targets
from geo.errors import Invalid
from geo.settings import Settings


def own(tmp_path, text: str) -> Settings:
    file = tmp_path / "targets.toml"
    file.write_text(text, encoding="utf-8")
    return Settings(targets=file)


SHUNYI = """
[[region]]
code = "1101"
[region.targets]
establishment = { value = 0.8, zh = "北京" }
[region.thresholds]
obliged_employees = { value = 30, en = "Beijing" }

[[region]]
code = "110113"
[region.targets]
establishment_large = { value = 0.99, zh = "顺义", en = "Shunyi" }
"""


def test_everything_has_a_value_and_a_source_everywhere() -> None:
    of = read_targets(Settings()).of(None)
    assert set(of.targets) == set(TARGETS) - {"membership_all"}, "nobody set one for all employees"
    assert set(of.thresholds) == set(THRESHOLDS)
    for stated in (*of.targets.values(), *of.thresholds.values()):
        assert stated.source_zh
        assert stated.source
    assert of.targets["establishment"].value == 0.95
    assert "顺义" in of.targets["establishment"].source_zh
    assert of.numbers == {"obliged": 25, "large": 100, "eligible": 1}


def test_the_longest_prefix_that_states_a_value_holds(tmp_path) -> None:
    targets = read_targets(own(tmp_path, SHUNYI))
    assert targets.of("110113004").targets["establishment"].value == 0.8
    assert targets.of("110113004").targets["establishment_large"].value == 0.99
    assert targets.of("110114").targets["establishment_large"].value == 0.8, "as all its units"
    assert targets.of("110114").targets["establishment_large"].source == "北京"
    assert targets.of("110114").targets["membership_unionised"].value == 0.9
    assert targets.of("110114").thresholds["obliged_employees"].value == 30
    assert targets.of("12").targets["establishment"].value == 0.95
    assert targets.of("110114").targets["establishment"].region == "1101"
    assert set(STANDS_FOR.values()) == {"establishment"}


def test_regions_that_come_with_the_product_say_who_set_them() -> None:
    targets = read_targets(Settings())
    assert targets.of("360102").targets["establishment"].value == 0.9
    assert "江西" in targets.of("360102").targets["establishment"].source_zh
    assert "上海" in targets.of("310115").thresholds["full_time_chair_employees"].source_zh


def test_a_file_of_ones_own_can_stand_alone(tmp_path) -> None:
    targets = read_targets(own(tmp_path, "only = true\n" + SHUNYI))
    assert targets.of("110113").targets["establishment"].value == 0.8
    assert targets.of("360102").targets == {}
    assert targets.of("360102").thresholds["obliged_employees"].value == 25


def test_a_setting_goes_over_all_regions_and_says_so(tmp_path) -> None:
    of = own(tmp_path, SHUNYI)
    targets = read_targets(Settings(targets=of.targets, target_establishment=0.7))
    stated = targets.of("110113").targets
    assert stated["establishment"].value == stated["establishment_large"].value == 0.7
    assert "NUANYI_TARGET_ESTABLISHMENT" in stated["establishment"].source_zh
    assert stated["membership_unionised"].value == 0.9


def test_a_changed_file_is_read_again_and_marked_otherwise(tmp_path) -> None:
    first = read_targets(own(tmp_path, SHUNYI))
    import os

    second_settings = own(tmp_path, SHUNYI.replace("0.8", "0.81"))
    os.utime(tmp_path / "targets.toml", ns=(1, 1))
    second = read_targets(second_settings)
    assert second.of("1101").targets["establishment"].value == 0.81
    assert first.mark != second.mark


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[region]\n", "cannot be used"),
        ('[[region]]\ncode = "1A"\n', "code of digits"),
        ('[[region]]\ncode = "11"\n[region.targets]\nestablishmnt = { value = 0.9, zh = "x" }\n',
         "establishmnt"),
        ('[[region]]\ncode = "11"\n[region.targets]\nestablishment = { value = 95, zh = "x" }\n',
         "95"),
        ('[[region]]\ncode = "11"\n[region.targets]\nestablishment = { value = 0.9 }\n', "source"),
        ('[[region]]\ncode = "11"\n[region.targets]\nestablishment = 0.9\n', "value, zh, en"),
        ("regions = 3\n", "region"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_by_name(tmp_path, text, told) -> None:
    with pytest.raises(Invalid) as refused:
        read_targets(own(tmp_path, text))
    assert told in refused.value.detail
    assert "targets.toml" in refused.value.detail


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(Invalid, match=r"no\.toml"):
        read_targets(Settings(targets=tmp_path / "no.toml"))


def test_a_unit_follows_the_innermost_division_that_holds_it(tmp_path) -> None:
    targets = read_targets(own(tmp_path, SHUNYI))
    codes = ["11", "1101", "110114001", None, "1101YQ"]
    divisions = np.array([True, True, True, True, False])
    #  unit 0 in 11 > 1101 > 110114001; unit 1 in 11 only; unit 2 in a park; unit 3 nowhere
    unit, area = np.array([0, 0, 0, 1, 2]), np.array([2, 0, 1, 0, 4])
    rules = targets.unit_rules(4, codes, divisions, unit, area)
    assert rules.of("obliged_employees").tolist() == [30, 25, 25, 25]
    assert rules.of("large_employees").tolist() == [100] * 4
    same = read_targets(Settings()).unit_rules(4, codes, divisions, unit, area)
    assert same.of("obliged_employees") == 25
    assert same.table.shape == (1, len(OF_UNITS))
