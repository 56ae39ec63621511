"""Advice for the clusters of a town, from the register, the areas, the stations and the streets."""

from datetime import date

import cluster_town
import pytest
import rows
from cluster_town import BARE, BUILDING, FAR, LARGE, PARK, STREET, enterprise

from geo import editions
from geo.clusters import forms
from geo.coverage.targets import read_targets
from geo.database import Writer
from geo.enterprises.filter import Filter
from geo.errors import NotFound
from geo.settings import Settings
from geo.walking.finder import Finder


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path)


def advice_of(writer: Writer, finder: Finder | None = None, **more) -> dict[int, forms.Advice]:
    edition = editions.require_active(writer, "enterprises")
    found = forms.clusters_of(writer, edition)
    told = forms.advise(writer, found, edition=edition, finder=finder, **more)
    return {one.cluster.id: one for one in told}


def test_each_place_gets_what_fits_it(writer, settings):
    cluster_town.build(writer)
    told = advice_of(writer, Finder.load(writer, settings), targets=read_targets(settings))
    assert {number: one.form.rule for number, one in told.items()} == {
        BUILDING: "building_union",
        PARK: "extend_in_unit",
        STREET: "extend_nearby",
        FAR: "industry_union",
        LARGE: "own_unions",
        BARE: "extend_nearby",
    }
    building = told[BUILDING].form
    assert (building.own_unions, building.shall, building.full_time_chair) == (2, 1, 1)
    assert (building.rest, building.rest_workers, building.employees_unstated) == (10, 45, 1)
    assert (building.in_preparation, building.unions_in_unit) == (1, 1)
    park = told[PARK].form
    assert (park.existing_union.name, park.existing_union.covers) == ("云杉园区联合工会", 1)
    assert park.seat.address == "园区一层"
    street = told[STREET].form
    assert street.existing_union.name == "长桥社区联合工会"
    # From the outline's edge, which stands 8.5 m beyond the last enterprise, to 1,080 m east.
    assert street.existing_union.metres == pytest.approx(1080 - 872 - 8.5, abs=2)
    assert told[FAR].form.existing_union is None


def test_the_upper_union_is_the_subdistricts_else_what_most_state(writer):
    cluster_town.build(writer)
    told = advice_of(writer)
    upper = told[BUILDING].form.upper_union
    assert (upper.name, upper.source, upper.phone) == (
        "云杉街道总工会",
        "subdistrict",
        "000-1234567",
    )
    assert told[FAR].form.upper_union.source == "neighbours"
    assert told[FAR].form.upper_union.name == "青松镇总工会"
    writer.execute(
        "UPDATE enterprise SET upper_union = '某园区总工会' WHERE id BETWEEN 400 AND 402"
    )
    assert advice_of(writer)[FAR].form.upper_union.source == "members"
    writer.execute("UPDATE enterprise SET upper_union = NULL")
    unknown = advice_of(writer)[FAR].form
    assert (unknown.upper_union.name, unknown.upper_union.source) == (None, "unknown")
    assert "上级工会未登记" in unknown.reason.zh


def test_the_talk_is_where_one_may_come_in_and_it_is_not_closed(writer, settings):
    cluster_town.build(writer)
    told = advice_of(writer, Finder.load(writer, settings))
    near = told[BUILDING].form.nearest_station
    # 1 is for its own staff, 2 closed for a month, 4 a rest home of drivers.
    assert (near.id, near.hall, near.straight_line) == (3, True, False)
    assert told[STREET].form.nearest_station.id == 5
    assert told[STREET].form.nearest_station.hall is False
    # Two kilometres away is no place to meet.
    assert told[FAR].form.nearest_station is None
    assert told[BUILDING].form.seat.source == "station"
    assert told[STREET].form.seat.source == "union_office"
    assert told[FAR].form.seat.source == "enterprise"


def test_without_stations_streets_or_areas_there_is_advice_all_the_same(writer, settings):
    town = cluster_town.build(writer, streets=False)
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": town.stations})
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": town.areas})
    told = advice_of(writer, Finder.load(writer, settings))
    assert told[BUILDING].form.nearest_station is None
    assert told[BUILDING].form.unit is None
    assert told[BUILDING].form.upper_union.source == "unknown"
    assert told[BUILDING].form.rule == "extend_nearby"


def test_the_joint_union_of_a_building_is_not_that_of_the_district_around_it(writer):
    """A cluster in a commercial district; a building inside the district has a joint union."""
    town = cluster_town.build(writer)
    rows.area(
        writer, town.areas, 30, cluster_town.box(780, 0, 1300, 100), kind="commercial_district",
        name="长桥商圈", code="C1", square_metres=52_000,
    )  # fmt: skip
    rows.area(
        writer, town.areas, 31, cluster_town.box(1060, 0, 1100, 100), kind="office_building",
        name="长桥大厦", code="B2", square_metres=4_000,
    )  # fmt: skip
    assignment = writer.scalar(
        "SELECT id FROM assignment WHERE edition_id = :e", e=town.enterprises
    )
    for area, member in [*((30, 300 + n) for n in range(14)), (30, 350), (31, 350)]:
        writer.execute(
            "INSERT INTO area_membership (assignment_id, area_id, member_id) VALUES (:x, :a, :m)",
            {"x": assignment, "a": area, "m": member},
        )
    # The scan says nothing of the unit: its members are looked at.
    form = advice_of(writer)[STREET].form
    assert (form.unit.id, form.rule) == (30, "commercial_district_union")
    assert form.existing_union.in_unit is False
    # Once it covers enterprises all over the district, it is the district's.
    writer.execute(
        "UPDATE enterprise SET union_state = 'joint', union_name = '长桥社区联合工会' "
        "WHERE id IN (300, 301, 302)"
    )
    form = advice_of(writer)[STREET].form
    assert form.rule == "extend_in_unit"
    assert (form.existing_union.covers, form.existing_union.unit) == (4, "长桥商圈")


def test_the_joint_union_of_the_park_around_a_building_takes_it_in(writer):
    town = cluster_town.build(writer)
    rows.area(
        writer, town.areas, 40, cluster_town.box(-50, -50, 300, 300), kind="industrial_park",
        name="大园区", code="P9", square_metres=100_000, union_name="大园区联合工会",
    )  # fmt: skip
    writer.execute("UPDATE area SET square_metres = 6000 WHERE id = 20")
    form = advice_of(writer)[BUILDING].form
    assert form.rule == "extend_in_unit"
    assert (form.existing_union.name, form.existing_union.unit) == ("大园区联合工会", "大园区")


def test_changes_of_unions_in_force_count(writer):
    cluster_town.build(writer)
    for number, state, name in ((100, "own", None), (101, "joint", "新联合工会")):
        writer.execute(
            "INSERT INTO union_change (enterprise_id, since, union_state, union_name, noted_by) "
            "VALUES (:id, DATE '2026-07-01', :state, :name, 'test')",
            {"id": number, "state": state, "name": name},
        )
    # One of before the edition's day, and one taken back, say nothing.
    for number, since, revoked in ((102, "2026-01-01", None), (103, "2026-07-01", "now")):
        writer.execute(
            "INSERT INTO union_change (enterprise_id, since, union_state, noted_by, revoked_at) "
            "VALUES (:id, CAST(:since AS date), 'own', 'test', CAST(:revoked AS timestamptz))",
            {"id": number, "since": since, "revoked": revoked},
        )
    form = advice_of(writer)[BUILDING].form
    assert (form.own_unions, form.rest, form.full_time_chair) == (0, 10, 0)
    # The new joint union of the building is there to be extended.
    assert (form.rule, form.existing_union.name) == ("extend_in_unit", "新联合工会")


def test_a_regions_threshold_decides_who_can_have_their_own(writer, tmp_path):
    cluster_town.build(writer)
    file = tmp_path / "targets.toml"
    file.write_text(
        '[[region]]\ncode = "150102001"\n[region.thresholds]\n'
        'obliged_employees = { value = 40, zh = "本地规定", en = "local" }\n',
        "utf-8",
    )
    told = advice_of(writer, targets=read_targets(Settings(state=tmp_path, targets=file)))
    assert told[BUILDING].form.own_unions == 1
    assert "40 人" in told[BUILDING].form.reason.zh
    # Another subdistrict, another rule: there 40 and more are large enough either way.
    assert "25 人" in told[LARGE].form.reason.zh


def test_members_without_a_place_or_a_number_are_counted(writer):
    cluster_town.build(writer)
    form = advice_of(writer)[BARE].form
    assert (form.rest, form.rest_workers, form.employees_unstated) == (11, 0, 11)
    assert form.rule == "extend_nearby"


def test_a_cluster_whose_members_are_not_on_record_is_told_as_it_was_found(writer):
    edition = rows.edition(writer, "enterprises")
    rows.cluster(writer, edition, 9, 101.0, 40.0)
    (told,) = advice_of(writer).values()
    assert (told.form.rest, told.form.own_unions) == (9, 3)
    assert told.form.seat is None


def test_a_filter_keeps_clusters_with_such_an_enterprise(writer):
    cluster_town.build(writer)
    edition = editions.require_active(writer, "enterprises")
    asked = forms.Asked(chosen=Filter(sizes=frozenset({"25_99", "100_plus"})))
    found = forms.select(writer, edition, asked)
    assert {one.cluster.id for one in found} == {BUILDING, LARGE}
    (building,) = [one for one in found if one.cluster.id == BUILDING]
    assert (building.matching.units, building.matching.employees) == (2, 250)
    # Those that have a union are no reason to keep a cluster.
    own = forms.Asked(chosen=Filter(states=frozenset({"own"})))
    assert forms.select(writer, edition, own) == []


def test_an_area_holds_the_clusters_of_the_areas_below_it(writer):
    cluster_town.build(writer)
    edition = editions.require_active(writer, "enterprises")

    def inside(area: int) -> set[int]:
        return {one.id for one in forms.clusters_of(writer, edition, area_id=area)}

    assert inside(20) == {BUILDING}
    assert inside(10) == {BUILDING, PARK, STREET, BARE}
    assert inside(1) == {BUILDING, PARK, STREET, FAR, LARGE, BARE}
    with pytest.raises(NotFound, match="没有编号为 4242 的区域"):
        inside(4242)


def test_the_mark_changes_with_a_rescan_and_with_a_union(writer):
    cluster_town.build(writer)
    edition = editions.require_active(writer, "enterprises")
    marks = {forms.clusters_mark(writer, edition)}
    writer.execute("UPDATE cluster SET units = units + 1 WHERE id = :id", {"id": FAR})
    marks.add(forms.clusters_mark(writer, edition))
    writer.execute(
        "INSERT INTO union_change (enterprise_id, since, union_state, noted_by) "
        "VALUES (400, DATE '2026-07-01', 'own', 'test')"
    )
    marks.add(forms.clusters_mark(writer, edition))
    assert len(marks) == 3


def test_an_enterprise_that_left_the_edition_is_no_member_any_more(writer):
    town = cluster_town.build(writer)
    writer.execute("DELETE FROM enterprise WHERE id = 100")
    edition = editions.show(writer, town.enterprises)
    members = forms.read_members(writer, edition, [BUILDING])
    assert 100 not in members.ids.tolist()
    assert forms.member_rows(writer, edition, [100, 101])[0].id == 101
    assert advice_of(writer)[BUILDING].form.full_time_chair == 0


def test_an_enterprise_may_stand_in_two_clusters(writer):
    town = cluster_town.build(writer)
    edition = editions.show(writer, town.enterprises)
    writer.execute(
        "INSERT INTO cluster_member (edition_id, cluster_id, enterprise_id) VALUES (:e, :c, 100)",
        {"e": town.enterprises, "c": PARK},
    )
    members = forms.read_members(writer, edition, [PARK, BUILDING])
    assert members.count(members.ids == 100).tolist() == [1, 1]
    assert enterprise(100, 0)["id"] == 100
    assert edition.as_of == date(2026, 6, 30)
