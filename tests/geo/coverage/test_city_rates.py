"""Rates of a whole city that came through the import, against SQL over its enterprises; under
filters, after changes, counted anew; and where to send people."""

import re
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from databases import another_database

from geo import editions
from geo.coverage.filtered import CountersKept, rates_of_register
from geo.coverage.rates import RATES, area_rates
from geo.coverage.recount import recount
from geo.coverage.targets import read_targets
from geo.coverage.visits import reason, visits
from geo.database import Actor
from geo.enterprises.changes import note_change, revoke_change
from geo.enterprises.filter import Filter
from geo.enterprises.register import load_register
from geo.errors import Invalid, NotFound
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("test", sees_enterprises=True)
DAY = date(2026, 6, 30)
COUNTED = (
    "NOT EXISTS (SELECT FROM set_apart s WHERE s.enterprise_id = e.id "
    "AND s.assignment_id = m.assignment_id)"
)


@pytest.fixture(scope="module")
def city(cluster, tmp_path_factory):
    """The small demo city in a database of its own. What a test changes it changes back."""
    made = write_city(tmp_path_factory.mktemp("city"), "small")
    settings = Settings(state=made.directory / "state", small_denominator=30)
    with another_database(cluster) as database:
        for dataset in ("areas", "enterprises"):
            options = ImportOptions(crs="wgs84", as_of=DAY, commit=True)
            import_file(database, ACTOR, settings, dataset, getattr(made, dataset), options)
        yield SimpleNamespace(database=database, settings=settings)


@pytest.fixture
def reader(city):
    with city.database.read(ACTOR) as reader:
        yield reader


def by_sql(reader, kind: str, what: str, where: str = "true") -> dict[int, int]:
    """Something summed over the counted enterprises of each area of a kind."""
    rows = reader.all(
        f"SELECT a.id, coalesce({what}, 0) AS n FROM area a "
        "JOIN edition d ON d.id = a.edition_id AND d.state = 'active' "
        "LEFT JOIN area_membership m ON m.area_id = a.id AND m.assignment_id IN "
        "(SELECT s.id FROM assignment s JOIN edition t ON t.id = s.edition_id "
        "AND t.dataset = 'enterprises') "
        "LEFT JOIN enterprise e ON e.id = m.member_id "
        f"AND {COUNTED} AND ({where}) WHERE a.kind = :kind GROUP BY a.id",
        kind=kind,
    )
    return {row.id: int(row.n) for row in rows}


def column(answer, name: str) -> dict[int, int]:
    return {area.id: area.figures[name] for area in answer.areas}


@pytest.mark.parametrize(
    "kind", ["district", "subdistrict", "community", "industrial_park", "office_building"]
)
def test_the_rates_of_every_level_are_those_of_its_enterprises(reader, city, kind) -> None:
    answer = area_rates(reader, kind, city.settings)
    union = "union_state IN ('own', 'joint')"
    eligible = "employees >= 1"
    for name, where in {
        "units": "true",
        "units_25": "employees >= 25",
        "units_100_unionised": f"employees >= 100 AND {union}",
        "units_eligible": eligible,
        "units_eligible_unionised": f"{eligible} AND {union}",
        "units_eligible_unknown": f"{eligible} AND union_state = 'unknown'",
        "units_25_none": "employees >= 25 AND union_state = 'none'",
    }.items():
        assert column(answer, name) == by_sql(reader, kind, "count(e.id)", where), name
    workers = by_sql(reader, kind, "sum(e.employees)", "union_state = 'none' AND employees >= 100")
    assert column(answer, "employees_100_without_union") == workers
    unions = by_sql(
        reader, kind, "count(DISTINCT coalesce(e.union_uscc, e.union_name, e.id::text))",
        "union_state = 'joint'",
    )  # fmt: skip
    assert column(answer, "joint_unions") == unions
    joint = {area.id: area.rates["joint_coverage"] for area in answer.areas}
    assert {at: rate.numerator for at, rate in joint.items()} == column(answer, "units_joint")
    assert all(unions[at] <= rate.numerator for at, rate in joint.items())


def test_what_is_set_apart_is_told_of_every_area(reader, city) -> None:
    answer = area_rates(reader, "subdistrict", city.settings)
    whole = answer.whole.set_apart
    assert min(whole.values()) > 0
    for why in ("mass_registration", "dormant", "closed", "employees"):
        assert sum(area.set_apart[why] for area in answer.areas) <= whole[why]
    assert answer.whole.figures["units"] + whole["mass_registration"] + whole["dormant"] + whole[
        "closed"
    ] == reader.scalar("SELECT count(*) FROM enterprise")


def test_ranks_follow_the_shrunk_value_and_the_gap(reader, city) -> None:
    for area_kind in ("subdistrict", "office_building"):
        areas = area_rates(reader, area_kind, city.settings).areas
        for name in RATES:
            told = [area for area in areas if area.rates[name].value is not None]
            assert all(area.rank[name] is None for area in areas if area not in told)
            order = sorted(told, key=lambda area: area.rank[name])
            shrunk = [area.rates[name].shrunk for area in order]
            assert shrunk == sorted(shrunk, reverse=True)
            assert all(
                area.rates[name].shrunk_low <= area.rates[name].shrunk
                for area in told
                if area.rates[name].shrunk_low is not None
            )
            gaps = [area for area in told if area.rates[name].gap is not None]
            missing = [a.rates[name].gap for a in sorted(gaps, key=lambda a: a.rank_gap[name])]
            assert missing == sorted(missing, reverse=True)
            assert bool(gaps) == (RATES[name].target in answerable(city))


def answerable(city) -> set[str]:
    return set(read_targets(city.settings).of("990101").targets)


def test_below_an_area_only_its_own_are_ranked_and_valued_as_among_all(reader, city) -> None:
    everything = area_rates(reader, "community", city.settings)
    district = area_rates(reader, "district", city.settings).areas[0]
    below = area_rates(reader, "community", city.settings, parent_id=district.id)
    assert 0 < len(below) < len(everything)
    assert all(area.code.startswith(district.code) for area in below.areas)
    value = {area.id: area.rates["establishment"].shrunk for area in everything.areas}
    assert all(area.rates["establishment"].shrunk == value[area.id] for area in below.areas)
    assert {area.rank["establishment"] for area in below.areas} >= {1}
    assert below.whole.figures == everything.whole.figures
    one = area_rates(reader, "community", city.settings, area_id=everything.ids[3])
    assert one.areas == everything.areas[3:4]


def test_an_area_that_is_not_there_is_named(reader, city) -> None:
    with pytest.raises(NotFound, match="77"):
        area_rates(reader, "community", city.settings, parent_id=77)
    with pytest.raises(NotFound, match="77"):
        area_rates(reader, "community", city.settings, area_id=77)
    with pytest.raises(Invalid, match="galaxy"):
        area_rates(reader, "galaxy", city.settings)


# ---------------------------------------------------------------- filters, from memory
@pytest.fixture(scope="module")
def memory(city):
    with city.database.read(ACTOR) as reader:
        register = load_register(reader)
    kept = CountersKept()
    targets = read_targets(city.settings)

    def rates(reader, kind: str, chosen: Filter, **more):
        counter = kept.of(register, targets)
        return rates_of_register(reader, register, counter, kind, city.settings, chosen, **more)

    return SimpleNamespace(register=register, kept=kept, targets=targets, rates=rates)


def test_without_a_filter_memory_and_database_say_the_same(reader, city, memory) -> None:
    for kind in ("subdistrict", "office_building"):
        theirs = area_rates(reader, kind, city.settings)
        assert memory.rates(reader, kind, Filter()).areas == theirs.areas
        assert memory.rates(reader, kind, Filter()).whole == theirs.whole
        counted = memory.kept.of(memory.register, memory.targets).count()
        for name, kept in memory.register.figures.items():
            assert (counted[name] == kept).all(), name


@pytest.mark.parametrize(
    ("chosen", "where"),
    [
        (Filter(sizes=frozenset({"25_99", "100_plus"})), "employees >= 25"),
        (Filter(sizes=frozenset({"unstated"})), "employees IS NULL"),
        (
            Filter(sizes=frozenset({"1_4"}), unit_classes=frozenset({"individual_business"})),
            "employees < 5 AND unit_class = '个体工商户'",
        ),
        (
            Filter(unit_classes=frozenset({"social_organisation", "public_institution"})),
            "unit_class IN ('社会组织', '事业单位')",
        ),
    ],
    ids=["25 and more", "unstated", "small traders", "two classes"],
)
def test_a_filter_leaves_what_sql_leaves(reader, memory, chosen, where) -> None:
    answer = memory.rates(reader, "subdistrict", chosen)
    assert column(answer, "units") == by_sql(reader, "subdistrict", "count(e.id)", where)
    own = by_sql(reader, "subdistrict", "count(e.id)", f"{where} AND union_state = 'own'")
    assert column(answer, "units_own") == own
    members = by_sql(reader, "subdistrict", "sum(e.members)", where)
    assert column(answer, "members") == members
    assert answer.whole.figures["units"] >= sum(column(answer, "units").values())


def test_a_choice_by_union_state_gives_no_establishment_rate(reader, memory) -> None:
    answer = memory.rates(reader, "subdistrict", Filter(states=frozenset({"none"})))
    for area in answer.areas:
        assert area.rates["establishment"].value is None
        assert area.rates["establishment_100"].denominator == 0
        assert area.rank["establishment"] is None
        assert area.figures["units_none"] == area.figures["units"]


def test_a_change_of_a_union_is_in_the_next_answer(city, memory) -> None:
    from geo.enterprises.holder import apply_changes
    from geo.enterprises.register import revision

    chosen = Filter(sizes=frozenset({"100_plus"}))
    with city.database.read(ACTOR) as reader:
        before = memory.rates(reader, "subdistrict", chosen).whole.figures
        unit = reader.scalar(
            "SELECT e.id FROM enterprise e WHERE union_state = 'none' AND employees >= 100 "
            "AND NOT EXISTS (SELECT FROM set_apart s WHERE s.enterprise_id = e.id) ORDER BY 1"
        )
    with city.database.write(ACTOR) as writer:
        change = note_change(writer, memory.targets, unit, "own", today=DAY, since=DAY, members=60)
    try:
        with city.database.read(ACTOR) as reader:
            apply_changes(reader, memory.register, revision(reader))
            after = memory.rates(reader, "subdistrict", chosen).whole.figures
        differs = {
            name: after[name] - before[name] for name in after if after[name] != before[name]
        }
        assert differs["units_own"] == 1
        assert differs["units_none"] == -1
        assert differs["unions"] == 1
        assert differs["units_100_unionised"] == 1
    finally:
        with city.database.write(ACTOR) as writer:
            revoke_change(writer, memory.targets, change.id)
        with city.database.read(ACTOR) as reader:
            apply_changes(reader, memory.register, revision(reader))
            assert memory.rates(reader, "subdistrict", chosen).whole.figures == before


# ---------------------------------------------------------------- counted anew
def test_what_is_kept_is_what_counting_anew_gives(city) -> None:
    assert recount(city.database, ACTOR, city.settings, write=False) == []
    assert recount(city.database, ACTOR, city.settings) == []


def test_a_wrong_count_is_found_and_put_right(city) -> None:
    with city.database.write(ACTOR) as writer:
        writer.execute("UPDATE area_figures SET units_own = units_own + 3 WHERE area_id = 0")
    found = recount(city.database, ACTOR, city.settings, write=False)
    assert [(one.area_id, one.column, one.kept - one.counted) for one in found] == [
        (0, "units_own", 3)
    ]
    assert recount(city.database, ACTOR, city.settings) == found
    assert recount(city.database, ACTOR, city.settings, write=False) == []


def test_other_thresholds_are_counted_when_asked(city, tmp_path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(
        '[[region]]\ncode = "9901"\n[region.thresholds]\n'
        'obliged_employees = { value = 40, zh = "演示市" }\n',
        encoding="utf-8",
    )
    other = city.settings.model_copy(update={"targets": file})
    found = recount(city.database, ACTOR, other, write=False)
    assert {one.column for one in found} >= {"units_25", "employees_25_without_union"}
    assert {one.column for one in found}.isdisjoint({"units", "units_100", "units_eligible"})
    try:
        recount(city.database, ACTOR, other)
        with city.database.read(ACTOR) as reader:
            answer = area_rates(reader, "subdistrict", other)
            assert column(answer, "units_25") == by_sql(
                reader, "subdistrict", "count(e.id)", "employees >= 40"
            )
            assert "40人及以上" in answer.areas[0].rates["establishment_25"].scope_zh
            assert "40人及以上" in answer.whole.rates["establishment_25"].scope_zh
    finally:
        recount(city.database, ACTOR, city.settings)


# ---------------------------------------------------------------- where to send people
def test_visits_begin_where_most_workers_have_no_union(reader, city) -> None:
    found, answer = visits(reader, "subdistrict", city.settings, limit=5)
    gaps = by_sql(reader, "subdistrict", "sum(e.employees)", "union_state = 'none'")
    assert [one.gap_workers for one in found] == sorted(gaps.values(), reverse=True)[:5]
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    districts = by_sql(reader, "district", "sum(e.employees)", "union_state = 'none'")
    for one in found:
        assert one.share == gaps[one.area.id] / districts[one.area.parent_id]
        assert one.area.name in one.reason_zh
        assert one.of_name in one.reason_zh
        assert one.reason_zh.endswith("。")
        assert one.reason_zh.count("。") == one.reason_en.count(". ") + 1 == 1
    assert answer.enterprises.id == editions.require_active(reader, "enterprises").id


def told(city, name="河东街道", whole=25_000, above="演示区", **figures) -> tuple[str, str]:
    """The reason for an area of these counts."""
    nothing = dict.fromkeys(
        ("employees_without_union", "units_none", "units_25_none", "units_100_none",
         "employees_25_without_union", "employees_100_without_union"), 0,
    )  # fmt: skip
    area = SimpleNamespace(id=7, name=name, figures=nothing | figures)
    numbers = {"obliged": 25, "large": 100, "eligible": 1}
    return reason(area, SimpleNamespace(numbers=lambda _: numbers), above, whole)


def test_the_reason_names_the_fewest_doors_for_most_workers(city) -> None:
    large = told(
        city, employees_without_union=9_000, units_none=700, units_25_none=60, units_100_none=12,
        employees_25_without_union=6_000, employees_100_without_union=4_310, whole=23_944,
    )  # fmt: skip
    assert large[0] == "河东街道12家百人以上单位未建会，涉及职工4,310人，占演示区缺口18%。"
    assert large[1] == (
        "河东街道: 12 units with 100 employees or more have no union, 4,310 employees, "
        "18% of the gap of 演示区."
    )
    middle = told(
        city, employees_without_union=9_000, units_none=700, units_25_none=60, units_100_none=1,
        employees_25_without_union=3_000, employees_100_without_union=150,
    )  # fmt: skip
    assert "60家25人以上单位" in middle[0]
    small = told(city, employees_without_union=900, units_none=300)
    assert "300家单位未建会，多为25人以下小微单位，涉及职工900人" in small[0]
    one = told(
        city, employees_without_union=400, units_none=1, units_25_none=1, units_100_none=1,
        employees_25_without_union=400, employees_100_without_union=400, above=None,
    )  # fmt: skip
    assert "1 unit with 100 employees or more has no union" in one[1]
    assert "占全域缺口2%" in one[0]


def test_a_gap_that_nobody_can_tell_is_not_called_none(city) -> None:
    zh, en = told(city, units_none=12)
    assert "缺口无法估计" in zh
    assert "12" in en
    assert not re.search(r"\b0\b", zh + en)


def test_all_with_a_union_gives_nowhere_to_go(reader, city) -> None:
    found, _ = visits(reader, "prefecture", city.settings)
    assert len(found) == 1
    nowhere, _ = visits(reader, "functional_area", city.settings, parent_id=found[0].area.id)
    assert len(nowhere) <= 1
    assert np.isfinite([one.gap_workers for one in found]).all()
