"""Whom to visit: the largest first chosen, then a walk from the talk."""

import cluster_town
import numpy as np
import pytest
from cluster_town import BARE, BUILDING, LARGE, PARK
from pyproj import Geod

from geo import editions
from geo.clusters import forms
from geo.errors import Invalid
from geo.settings import Settings
from geo.walking.finder import Finder


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path)


def walk(writer, number: int, finder: Finder | None, **more) -> forms.Visits:
    edition = editions.require_active(writer, "enterprises")
    cluster = forms.one_cluster(writer, edition, number)
    members = forms.read_members(writer, edition, [number])
    return forms.visits(writer, cluster, members, edition=edition, finder=finder, **more)


def test_the_walk_goes_from_the_talk_to_the_far_end(writer, settings):
    cluster_town.build(writer)
    found = walk(writer, BUILDING, Finder.load(writer, settings))
    assert found.start.id == 3
    order = [row.id for stop in found.stops for row in stop.enterprises]
    # The station is east of the row of doors, so one walks west.
    assert order == list(range(111, 99, -1))
    assert found.exact
    assert not found.straight_line
    assert found.stops[-1].metres == pytest.approx(3, abs=0.2)
    geod = Geod(ellps="WGS84")
    assert geod.line_length(found.line[:, 0], found.line[:, 1]) == pytest.approx(
        found.metres, abs=1
    )
    assert found.minutes == pytest.approx(found.metres / 75, abs=0.7)


def test_the_largest_are_chosen_first_and_those_who_say_nothing_last(writer, settings):
    cluster_town.build(writer)
    finder = Finder.load(writer, settings)
    chosen = {r.id for s in walk(writer, BUILDING, finder, limit=3).stops for r in s.enterprises}
    assert chosen == {100, 101, 103}
    found = walk(writer, BUILDING, finder, limit=11)
    assert 102 not in {row.id for stop in found.stops for row in stop.enterprises}
    assert found.more == 1


def test_enterprises_behind_one_door_are_one_stop(writer, settings):
    cluster_town.build(writer)
    writer.execute(
        "UPDATE enterprise SET location = (SELECT location FROM enterprise WHERE id = 201) "
        "WHERE id BETWEEN 202 AND 210"
    )
    found = walk(writer, PARK, Finder.load(writer, settings))
    assert len(found.stops) == 5
    assert sorted(len(stop.enterprises) for stop in found.stops) == [1, 1, 1, 1, 10]


def test_without_a_station_it_begins_at_the_largest(writer, settings):
    cluster_town.build(writer)
    found = walk(writer, LARGE, Finder.load(writer, settings))
    assert found.start is None
    assert found.stops[0].enterprises[0].id == 509
    assert found.stops[0].metres == 0
    assert any("从最大的企业出发" in note for note in found.notes)


def test_without_streets_the_legs_are_straight_lines_and_marked(writer, settings):
    cluster_town.build(writer, streets=False)
    for finder in (Finder.load(writer, settings), None):
        found = walk(writer, BUILDING, finder)
        assert found.straight_line
        assert all(stop.straight_line for stop in found.stops if stop.metres)
        assert any("直线" in note for note in found.notes)


def test_enterprises_nobody_can_find_are_listed_apart(writer, settings):
    cluster_town.build(writer)
    found = walk(writer, BARE, Finder.load(writer, settings))
    assert found.stops == []
    assert len(found.unplaced) == 11
    assert found.metres == 0
    assert len(found.line) <= 1


def test_more_than_forty_is_refused(writer, settings):
    cluster_town.build(writer)
    for limit in (0, 41):
        with pytest.raises(Invalid):
            walk(writer, BUILDING, None, limit=limit)


@pytest.mark.slow
def test_forty_stops_are_a_walk_hardly_longer_than_any_other(writer, settings):
    cluster_town.build(writer)
    rng = np.random.default_rng(3)
    edition = editions.require_active(writer, "enterprises")
    ids = list(range(10_001, 10_041))
    for number in ids:
        lon, lat = cluster_town.place(rng.uniform(0, 900), rng.uniform(-60, 60))
        writer.execute(
            "INSERT INTO enterprise (edition_id, id, name, location, employees, union_state, "
            "located_by) VALUES (:e, :id, 'x', ST_Point(:lon, :lat, 4326), 9, 'none', "
            "'coordinates')",
            {"e": edition.id, "id": number, "lon": lon, "lat": lat},
        )
        writer.execute(
            "INSERT INTO cluster_member (edition_id, cluster_id, enterprise_id) "
            "VALUES (:e, :c, :id)",
            {"e": edition.id, "c": LARGE, "id": number},
        )
    writer.execute("DELETE FROM cluster_member WHERE cluster_id = :c AND enterprise_id < 10000",
                   {"c": LARGE})  # fmt: skip
    found = walk(writer, LARGE, Finder.load(writer, settings), limit=40)
    assert len(found.stops) == 40
    assert not found.exact
    # Out and back along 900 m of street, and to every door and back.
    assert found.metres < 2 * 900 + 40 * 2 * 60
