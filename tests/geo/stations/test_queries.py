"""What a list of stations shows, against rows that were put in by hand."""

from datetime import timedelta

import pytest
import rows
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import Conflict, Invalid, NotFound
from geo.stations.queries import get_station, list_stations, status_mark


@pytest.fixture
def stations(writer):
    """An active edition; nothing in it yet."""
    return rows.edition(writer, "stations")


def ids(found):
    return [facts.id for facts in found]


def test_without_an_edition_it_says_what_to_load(writer):
    with pytest.raises(NotFound) as told:
        list_stations(writer)
    assert "nuanyi import stations" in told.value.remedy
    with pytest.raises(NotFound):
        get_station(writer, 1)


def test_only_the_active_edition_is_shown(writer, stations):
    earlier = rows.edition(writer, "stations", state="retired")
    rows.station(writer, earlier, 1)
    rows.station(writer, stations, 2)
    assert ids(list_stations(writer)) == [2]
    with pytest.raises(NotFound, match="no station 1"):
        get_station(writer, 1)


def test_pages_follow_each_other_without_gap_or_overlap(writer, stations):
    for number in (9, 3, 7, 1, 5):
        rows.station(writer, stations, number)
    seen, after = [], None
    while page := list_stations(writer, after=after, limit=2):
        seen += ids(page)
        after = page[-1].id
    assert seen == [1, 3, 5, 7, 9]


def test_kinds_are_alternatives_and_services_are_all_wanted(writer, stations):
    rows.station(writer, stations, 1, kind="workers_home", services=["hot_water", "toilet"])
    rows.station(writer, stations, 2, services=["hot_water"])
    rows.station(
        writer, stations, 3, kind="driver_rest_home", services=["toilet", "hot_water", "wifi"]
    )
    assert ids(list_stations(writer, kinds=["workers_home", "driver_rest_home"])) == [1, 3]
    assert ids(list_stations(writer, services=["hot_water", "toilet"])) == [1, 3]
    assert ids(list_stations(writer, services=["wifi"], kinds=["warm_station"])) == []


def test_access_is_filtered(writer, stations):
    rows.station(writer, stations, 1, access="members")
    rows.station(writer, stations, 2, access="unknown")
    assert ids(list_stations(writer, access=["members", "public"])) == [1]


@given(
    text=st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_finds_itself_and_only_itself(writer, text):
    writer.execute("DELETE FROM edition")
    edition = rows.edition(writer, "stations")
    rows.station(writer, edition, 1, name=f"甲{text}乙")
    rows.station(writer, edition, 2, name="丙\u2063丁")
    found = ids(list_stations(writer, text=text))
    assert 1 in found
    assert (2 in found) == (text in "丙\u2063丁")


def test_text_looks_in_the_address_and_the_host_too(writer, stations):
    rows.station(writer, stations, 1, address="人民路100号")
    rows.station(writer, stations, 2, host="中国邮政")
    assert ids(list_stations(writer, text="人民路")) == [1]
    assert ids(list_stations(writer, text="邮政")) == [2]
    assert ids(list_stations(writer, text=HOSTILE_NAME[:9].upper())) == [1, 2]


def test_a_box_takes_what_lies_in_it_and_nothing_unlocated(writer, stations):
    rows.station(writer, stations, 1, lon=120.05, lat=30.05)
    rows.station(writer, stations, 2, lon=121.0, lat=30.05)
    rows.station(writer, stations, 3, lon=None)
    assert ids(list_stations(writer, bbox=(120.0, 30.0, 120.1, 30.1))) == [1]
    assert ids(list_stations(writer)) == [1, 2, 3]


def test_a_box_may_span_the_antimeridian(writer, stations):
    rows.station(writer, stations, 1, lon=179.9, lat=0.5)
    rows.station(writer, stations, 2, lon=-179.9, lat=0.5)
    rows.station(writer, stations, 3, lon=0.0, lat=0.5)
    assert ids(list_stations(writer, bbox=(179.0, 0.0, -179.0, 1.0))) == [1, 2]


def test_a_box_without_height_is_refused(writer, stations):
    with pytest.raises(Invalid) as told:
        list_stations(writer, bbox=(120.0, 31.0, 121.0, 30.0))
    assert told.value.field == "bbox"


def test_an_area_shows_the_stations_assigned_to_it(writer, stations):
    areas = rows.edition(writer, "areas")
    for number in (10, 11):
        rows.area(writer, areas, number, rows.square(120, 30))
    for number in (1, 2, 3):
        rows.station(writer, stations, number)
    with pytest.raises(Conflict, match="not been assigned"):
        list_stations(writer, area_id=10)
    rows.assignment(writer, stations, areas, [(10, 1), (10, 3)])
    assert ids(list_stations(writer, area_id=10)) == [1, 3]
    assert ids(list_stations(writer, area_id=11)) == []
    with pytest.raises(NotFound, match="no area 12"):
        list_stations(writer, area_id=12)


def test_the_assignment_of_another_edition_does_not_count(writer, stations):
    areas = rows.edition(writer, "areas")
    old = rows.edition(writer, "stations", state="retired")
    rows.area(writer, areas, 10, rows.square(120, 30))
    rows.station(writer, stations, 1)
    rows.assignment(writer, old, areas, [(10, 1)])
    rows.assignment(writer, stations, areas, [])
    assert ids(list_stations(writer, area_id=10)) == []


def test_every_fact_comes_back_as_it_was_stored(writer, stations):
    rows.station(
        writer,
        stations,
        2**53 - 1,
        lon=113.65,
        lat=34.75,
        services=["rest"],
        verified_on="2026-05-01",
        capacity=12,
        hours_text="24小时",
        opening_hours="24/7",
        original_x=113.656,
        original_y=34.749,
        original_crs="gcj02",
    )
    facts = get_station(writer, 2**53 - 1)
    assert (facts.lon, facts.lat) == (113.65, 34.75)
    assert (facts.original_x, facts.original_y, facts.original_crs) == (113.656, 34.749, "gcj02")
    assert (facts.hours_text, facts.opening_hours, facts.capacity) == ("24小时", "24/7", 12)
    assert facts.name.startswith(HOSTILE_NAME)
    assert facts.verified_on.isoformat() == "2026-05-01"
    assert facts.services == ["rest"]
    assert facts.entrance_lon is None
    assert facts.status_now is None


def test_the_newest_status_that_holds_now_is_shown(writer, stations):
    rows.station(writer, stations, 1)
    rows.status(writer, 1, "limited", "-3 days", None)
    rows.status(writer, 1, "closed", "-1 day", "2 days")
    rows.status(writer, 1, "open", "-12 hours", "-6 hours")
    rows.status(writer, 1, "moved", "1 day", None)
    now = get_station(writer, 1).status_now
    assert (now.status, now.reason) == ("closed", "停水")
    assert now.ends_at - now.starts_at == timedelta(days=3)
    assert len(list_stations(writer)) == 1


def test_the_mark_moves_when_a_status_begins_or_is_edited_only(writer, stations):
    empty = status_mark(writer)
    rows.status(writer, 1, "closed", "1 day", None)
    assert status_mark(writer) == empty
    rows.status(writer, 1, "closed", "-1 day", "1 day")
    begun = status_mark(writer)
    assert begun != empty
    writer.execute("UPDATE station_status SET ends_at = ends_at + interval '1 day'")
    assert status_mark(writer) not in (empty, begun)
