"""Registers as they should not be: no unions, nothing but unions, one enterprise, nothing stated,
everybody at one address. Each gets a sensible answer, and no data is never 0 %."""

from datetime import date
from types import SimpleNamespace

import pytest
from databases import another_database

from geo.coverage.rates import RATES, area_rates
from geo.coverage.recount import recount
from geo.coverage.visits import visits
from geo.database import Actor
from geo.errors import NotFound
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("test", sees_enterprises=True)
HEAD = "单位名称,单位地址,职工人数,会员人数,建会状态,经度,纬度\n"


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    made = write_city(tmp_path_factory.mktemp("town"), "small")
    settings = Settings(state=made.directory / "state")
    with another_database(cluster) as database:
        town = SimpleNamespace(database=database, settings=settings, folder=made.directory)
        with database.read(ACTOR) as reader, pytest.raises(NotFound, match="No edition of"):
            area_rates(reader, "subdistrict", settings)
        load(town, "areas", made.areas)
        yield town


def load(town, dataset: str, file) -> None:
    options = ImportOptions(crs="wgs84", as_of=date(2026, 6, 30), commit=True)
    import_file(town.database, ACTOR, town.settings, dataset, file, options)


def answered(town, rows: list[str]):
    """The rates and visits of a register of these rows."""
    file = town.folder / "odd.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    load(town, "enterprises", file)
    assert recount(town.database, ACTOR, town.settings, write=False) == []
    with town.database.read(ACTOR) as reader:
        answer = area_rates(reader, "subdistrict", town.settings)
        return answer, visits(reader, "subdistrict", town.settings)[0]


def unit(number: int, employees: object, members: object, state: str, address: str = "") -> str:
    place = f"{101 + number % 10 * 0.0004:.5f},{40.2 + number // 10 % 10 * 0.0004:.5f}"
    return f"第{number}公司,{address or f'人民路{number}号'},{employees},{members},{state},{place}"


def test_no_unions_at_all_is_none_of_them_and_not_no_data(town) -> None:
    answer, found = answered(town, [unit(n, 10 + n, "", "未建会") for n in range(120)])
    rate = answer.whole.rates["establishment"]
    assert (rate.value, rate.numerator, rate.denominator) == (0.0, 0, 120)
    assert answer.whole.rates["membership_all"].value == 0.0
    assert answer.whole.rates["membership_unionised"].value is None
    there = [area for area in answer.areas if area.figures["units"]]
    assert there
    assert all(area.rates["establishment"].shrunk == 0.0 for area in there)
    assert all(area.rank["establishment"] == 1 for area in there), "all are alike"
    empty = [area for area in answer.areas if not area.figures["units"]]
    assert empty
    assert all(rate.value is None for area in empty for rate in area.rates.values())
    assert len(found) == len(there)


def test_all_with_a_union_leaves_nowhere_to_go(town) -> None:
    answer, found = answered(town, [unit(n, 10, 9, "已建会") for n in range(120)])
    rate = answer.whole.rates["establishment"]
    assert (rate.value, rate.gap, rate.high) == (1.0, 0, 1.0)
    assert answer.whole.rates["membership_unionised"].value == 0.9
    assert answer.whole.rates["membership_unionised"].gap == 0
    assert found == []


def test_one_enterprise_is_marked_as_few(town) -> None:
    answer, found = answered(town, [unit(1, 130, 40, "已建会")])
    rate = answer.whole.rates["establishment"]
    assert rate.value == 1.0
    assert rate.small_denominator
    assert rate.low < 0.3
    assert [area.rank["establishment"] for area in answer.areas if area.figures["units"]] == [1]
    assert found == []


def test_where_nothing_is_stated_there_is_no_data(town) -> None:
    answer, found = answered(town, [unit(n, "", "", "") for n in range(60)])
    for area in (answer.whole, *answer.areas):
        for rate in area.rates.values():
            assert rate.value is None
            assert rate.gap is None
            assert rate.shrunk is None
        assert set(area.rank.values()) == {None}
    assert answer.whole.rates["establishment"].missing_share == 1.0
    assert answer.whole.rates["membership_all"].missing_share == 1.0
    assert found == []


def test_without_head_counts_the_gap_is_not_called_nothing(town) -> None:
    _, found = answered(town, [unit(n, "", "", "未建会") for n in range(30)])
    assert found
    assert all(one.gap_workers == 0 and one.share is None for one in found)
    assert all("无法估计" in one.reason_zh for one in found)


def test_five_thousand_of_one_at_one_address_are_set_apart(town) -> None:
    answer, _ = answered(
        town, [unit(100 + n, 1, "", "未建会", "和平路1号") for n in range(5000)]
        + [unit(3, 40, 30, "已建会")],
    )  # fmt: skip
    assert answer.whole.set_apart["mass_registration"] == 5000
    assert answer.whole.set_apart["employees"] == 5000
    assert answer.whole.rates["establishment"].denominator == 1


def test_more_members_than_employees_are_told_as_stated(town) -> None:
    answer, _ = answered(town, [unit(n, 10, 12, "已建会") for n in range(40)])
    rate = answer.whole.rates["membership_unionised"]
    assert rate.value == 1.2
    assert (rate.low, rate.high) == (None, None)
    assert rate.gap == 0


def test_a_kind_without_areas_has_none(town) -> None:
    answered(town, [unit(1, 5, "", "未建会")])
    with town.database.read(ACTOR) as reader:
        answer = area_rates(reader, "province", town.settings)
    assert answer.areas == []
    assert set(answer.whole.rates) == set(RATES)
