"""The catalogue of texts: both languages, nothing asked for that is not there."""

import re
import string
from pathlib import Path

import pytest

from geo.schema.areas import AREA_KINDS
from geo.schema.editions import DATASETS
from geo.schema.stations import STATION_KINDS, STATION_STATUSES
from maps.portable import used_keys, web
from maps.texts import LANGUAGES, Both, both, catalogue, named, text

MAPS = Path(__file__).resolve().parents[2] / "maps"
PYTHON = re.compile(r'\b(?:both|text)\(\s*"([a-z_]+\.[a-z_0-9]+)"')
TEMPLATE = re.compile(r'\b(?:b|label|text)\(\s*["\']([a-z_]+\.[a-z_0-9]+)["\']\s*[,)]')


def placeholders(pattern: str) -> set[str]:
    found = (name for _, name, _, _ in string.Formatter().parse(pattern) if name)
    return {name.partition("|")[0] for name in found}


def test_every_text_exists_in_both_languages_with_the_same_placeholders() -> None:
    assert len(catalogue()) > 1000
    assert [
        key
        for key, entry in catalogue().items()
        if not (entry.zh.strip() and entry.en.strip())
        or placeholders(entry.zh) != placeholders(entry.en)
    ] == []


@pytest.mark.parametrize("n", [1, "1", 2, 0, "1,001"])
def test_one_is_one_and_others_are_many(n) -> None:
    word = "site" if str(n) == "1" else "sites"
    assert both("plan.sites_n", n=n) == Both(f"{n} 个站点", f"{n} {word}")


def test_chinese_knows_no_plural() -> None:
    assert [key for key, entry in catalogue().items() if "|" in entry.zh] == []


@pytest.mark.parametrize("word", ["station", "site", "area", "place", "cluster", "candidate"])
def test_english_counts_one_as_one(word) -> None:
    """But for numbers of which another one is told: they are many."""
    counted = re.compile(rf"(?<! of )(?<!\bthe )\{{(?:n|count)\}} {word}s\b")
    assert [key for key, entry in catalogue().items() if counted.search(entry.en)] == []


def test_chinese_texts_are_chinese_and_english_ones_are_not() -> None:
    chinese = re.compile(r"[一-鿿]")
    assert [key for key, entry in catalogue().items() if not chinese.search(entry.zh)] == [
        # A link to the other language is written in that language.
        "start.other_language"
    ]
    # 审图号 has no English name; it is explained beside it.
    assert [
        key for key, entry in catalogue().items() if chinese.search(entry.en.replace("审图号", ""))
    ] == ["start.other_language"]


def test_every_text_that_python_asks_for_is_in_the_catalogue() -> None:
    asked = {key for file in MAPS.rglob("*.py") for key in PYTHON.findall(file.read_text("utf-8"))}
    assert len(asked) > 10
    assert asked <= set(catalogue())


def test_every_text_that_a_template_asks_for_is_in_the_catalogue() -> None:
    asked = {
        key
        for file in (MAPS / "web").glob("*.html")
        for key in TEMPLATE.findall(file.read_text("utf-8"))
    }
    assert len(asked) > 20
    assert asked <= set(catalogue())


def test_every_text_that_a_script_asks_for_is_in_the_catalogue() -> None:
    asked = used_keys(web("coverage.js"), web("coverage_tables.js"))
    assert len(asked) > 20
    assert asked <= set(catalogue())


def test_every_kind_state_and_dataset_has_a_name() -> None:
    for kind in (*AREA_KINDS, *STATION_KINDS):
        assert f"kind.{kind}" in catalogue()
    for state in (*STATION_STATUSES, "unknown"):
        assert f"state.{state}" in catalogue()
    for dataset in DATASETS:
        assert f"dataset.{dataset}" in catalogue()


def test_every_rate_has_a_title_and_says_what_it_divides() -> None:
    rates = pytest.importorskip("geo.coverage.rates").RATES
    for name in rates:
        for section in ("measure", "numerator", "denominator", "missing"):
            assert f"{section}.{name}" in catalogue()


def test_a_text_is_filled_in_each_language() -> None:
    assert text("legend.target", "zh", target="95%") == "目标 95%"
    assert both("legend.target", target="95%") == Both("目标 95%", "Target 95%")
    assert LANGUAGES[0] == "zh"


def test_a_missing_key_or_value_is_a_mistake_and_not_a_hole_in_the_page() -> None:
    with pytest.raises(KeyError):
        text("legend.no_such_text", "zh")
    with pytest.raises(KeyError):
        text("legend.target", "en")


def test_a_code_that_is_not_in_the_catalogue_is_shown_as_it_is() -> None:
    assert named("kind", "warm_station") == Both("暖心驿站", "Warm station")
    assert named("kind", "floating_station") == Both("floating_station", "floating_station")
