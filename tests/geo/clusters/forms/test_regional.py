"""The rule table as a region has it."""

import pytest

from geo.clusters.forms import rules, rules_of
from geo.coverage.targets import read_targets
from geo.settings import Settings


@pytest.fixture
def targets(tmp_path):
    return read_targets(Settings(state=tmp_path, database_url=None))


def chair(table) -> str:
    return table.sentences["chair"].filled({"chair_workers": "200", "chair": "3"}).zh


def test_where_the_regions_law_says_shall_the_advice_says_so_too(targets):
    assert "可设专职主席" in chair(rules_of(targets, None))
    chongqing = chair(rules_of(targets, "500112"))
    assert chongqing == (
        "职工 200 人及以上的 3 家（重庆市地方性法规：职工200人以上的应当设专职工会主席）。"
    )


@pytest.mark.parametrize("code", [None, "310115", "500112"])
def test_each_threshold_is_told_with_who_set_it(targets, code):
    told = {one.name: one.source for one in rules_of(targets, code).thresholds}
    stated = targets.of(code).thresholds["full_time_chair_employees"]
    assert stated.source_zh in told["chair_workers"]
    assert stated.source in told["chair_workers"]
    assert told.keys() == {one.name for one in rules().thresholds}


def test_without_targets_the_table_is_the_packaged_one():
    assert rules_of(None, "310115") is rules()
