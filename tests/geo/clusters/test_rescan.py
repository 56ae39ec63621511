"""One union changes: the clusters around it are looked at again, the others stay as they are."""

from datetime import date

import pytest
import scanned_town
from scanned_town import PLANTED_BUILDING, Town

from geo import clusters
from geo.database import Writer


@pytest.fixture
def town(writer: Writer) -> Town:
    town = scanned_town.build(writer)
    clusters.find(writer, town.enterprises, town.in_force(writer), area_edition_id=town.areas)
    return town


def told(writer: Writer, town: Town) -> dict[int, tuple]:
    """Everything stated of each cluster."""
    return {
        one.id: (
            one.tier, one.kind, one.area_id, one.place, round(one.score, 6), one.units,
            one.units_all, round(one.expected, 3), one.employees, one.first_seen,
            round(one.diameter_metres, 3),
            tuple(clusters.member_ids(writer, town.enterprises, one.id).tolist()),
        )
        for one in clusters.list_clusters(writer, town.enterprises)
    }  # fmt: skip


def change(writer: Writer, town: Town, ids: list[int], state: str = "own") -> int:
    for number in ids:
        writer.execute(
            "INSERT INTO union_change (enterprise_id, since, union_state, noted_by) "
            "VALUES (:id, '2026-07-15', :state, 'test')",
            {"id": number, "state": state},
        )
    return clusters.rescan(writer, town.enterprises, ids)


def at(writer: Writer, town: Town, area_id: int) -> clusters.ClusterFacts | None:
    found = clusters.list_clusters(writer, town.enterprises, area_id=area_id)
    return found[0] if found else None


@pytest.mark.parametrize("name", ["building", "corner", "twin", "strip"])
def test_looking_again_at_what_did_not_change_changes_nothing(writer, town, name):
    before = told(writer, town)
    clusters.rescan(writer, town.enterprises, town.planted[name][:2])
    after = told(writer, town)
    assert after.keys() == before.keys()
    for number, facts in after.items():
        assert facts == before[number]


def test_a_union_founded_in_a_cluster_is_counted_at_once(writer, town):
    before = at(writer, town, PLANTED_BUILDING)
    others = {number: facts for number, facts in told(writer, town).items() if number != before.id}
    by_id = {unit["id"]: unit for unit in town.units}
    one = next(
        number for number in town.planted["building"] if by_id[number]["union_state"] == "none"
    )
    assert change(writer, town, [one]) == 1
    after = at(writer, town, PLANTED_BUILDING)
    assert (after.id, after.first_seen) == (before.id, before.first_seen)
    assert (after.units, after.units_all) == (before.units - 1, before.units_all)
    assert after.employees == before.employees - by_id[one]["employees"]
    assert after.score < before.score
    assert {
        number: facts for number, facts in told(writer, town).items() if number in others
    } == others


def test_a_building_that_is_organised_is_no_cluster_any_more(writer, town):
    before = at(writer, town, PLANTED_BUILDING)
    assert change(writer, town, town.planted["building"], "joint") == 0
    assert at(writer, town, PLANTED_BUILDING) is None
    assert before.id not in told(writer, town)
    left = writer.scalar(
        "SELECT count(*) FROM cluster_member WHERE edition_id = :e AND cluster_id = :id",
        e=town.enterprises, id=before.id,
    )  # fmt: skip
    assert left == 0


def test_where_unions_end_a_new_cluster_appears(writer, town):
    number = 103
    inside = [member for area, member in town.pairs if area == number]
    assert at(writer, town, number) is None
    assert change(writer, town, inside, "none") >= 1
    found = at(writer, town, number)
    assert (found.kind, found.units, found.tier) == ("whole_unit", 30, "confirmed")
    assert found.first_seen >= date(2026, 7, 1)
    # And it is what a scan of the whole town finds.
    clusters.find(writer, town.enterprises, town.in_force(writer), area_edition_id=town.areas)
    again = at(writer, town, number)
    assert (again.id, again.units, again.units_all) == (found.id, found.units, found.units_all)


def test_the_run_says_as_of_when(writer, town):
    before = clusters.get_run(writer, town.enterprises)
    change(writer, town, town.planted["corner"][:1], "joint")
    after = clusters.get_run(writer, town.enterprises)
    assert after.as_of > before.as_of
    assert after.found_at == before.found_at
    assert clusters.up_to_date(writer, town.enterprises, town.areas)
    tiers = [one.tier for one in clusters.list_clusters(writer, town.enterprises)]
    assert after.facts["confirmed"] == tiers.count("confirmed")


def test_several_far_apart_are_looked_at_each_for_itself(writer, town):
    before = told(writer, town)
    clusters.rescan(
        writer, town.enterprises, [town.planted[name][0] for name in ("building", "twin", "strip")]
    )
    assert told(writer, town) == before


def test_without_a_scan_there_is_nothing_to_look_at_again(writer, town):
    clusters.find(
        writer, town.enterprises, town.in_force(writer), area_edition_id=town.areas, method="dbscan"
    )
    before = told(writer, town)
    assert clusters.rescan(writer, town.enterprises, town.planted["corner"]) == 0
    assert told(writer, town) == before
    assert clusters.rescan(writer, 999_999, [1]) == 0
