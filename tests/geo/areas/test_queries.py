"""What a list of areas shows, against rows that were put in by hand."""

import pytest
import rows
import shapely
from hostile import HOSTILE_NAME

from geo.areas.queries import get_area, list_areas
from geo.errors import NotFound


@pytest.fixture
def areas(writer):
    """A district with two subdistricts, a park without a polygon, and a community."""
    edition = rows.edition(writer, "areas")
    rows.area(writer, edition, 50, rows.square(120, 30, 0.2), kind="district", code="330199")
    rows.area(writer, edition, 20, rows.square(120, 30), code="330199002", parent_id=50)
    rows.area(writer, edition, 30, rows.square(120.1, 30), code="330199001", parent_id=50)
    rows.area(writer, edition, 40, None, kind="industrial_park", parent_id=50, name="云栖园")
    rows.area(writer, edition, 10, None, kind="community", parent_id=20)
    return edition


def ids(found):
    return [facts.id for facts in found]


def test_without_an_edition_it_says_what_to_load(writer):
    with pytest.raises(NotFound) as told:
        list_areas(writer)
    assert "nuanyi import areas" in told.value.remedy


def test_areas_come_by_kind_parent_and_page(writer, areas):
    assert ids(list_areas(writer)) == [10, 20, 30, 40, 50]
    assert ids(list_areas(writer, kind="subdistrict")) == [20, 30]
    assert ids(list_areas(writer, parent_id=50)) == [20, 30, 40]
    assert ids(list_areas(writer, parent_id=50, after=20, limit=1)) == [30]
    assert ids(list_areas(writer, kind="marketplace")) == []
    with pytest.raises(NotFound, match="no area 99"):
        list_areas(writer, parent_id=99)


def test_text_is_part_of_the_name_or_the_beginning_of_the_code(writer, areas):
    assert ids(list_areas(writer, text="云栖")) == [40]
    assert ids(list_areas(writer, text="330199")) == [20, 30, 50]
    assert ids(list_areas(writer, text="0199002")) == []
    assert ids(list_areas(writer, text="%")) == []


def test_a_box_asks_for_the_polygon_itself(writer, areas):
    triangle = shapely.Polygon([(10, 10), (11, 10), (10, 11)])
    rows.area(writer, areas, 60, triangle)
    assert ids(list_areas(writer, bbox=(10.0, 10.0, 10.1, 10.1))) == [60]
    # Inside its bounding box, outside the triangle.
    assert ids(list_areas(writer, bbox=(10.8, 10.8, 10.9, 10.9))) == []


def test_the_polygon_comes_only_when_asked(writer, areas):
    assert all(facts.boundary is None for facts in list_areas(writer))
    [facts] = list_areas(writer, kind="district", with_boundary=True)
    assert facts.boundary.equals(rows.square(120, 30, 0.2))
    assert facts.bbox == pytest.approx((120, 30, 120.2, 30.2))
    [park] = list_areas(writer, kind="industrial_park", with_boundary=True)
    assert park.boundary is None
    assert park.bbox is None


def test_one_area_shows_what_is_above_and_below(writer, areas):
    community = get_area(writer, 10)
    assert [name.id for name in community.ancestors] == [50, 20]
    assert community.children == []
    district = get_area(writer, 50)
    assert [name.id for name in district.children] == [40, 30, 20]
    assert district.children[0].name == "云栖园"
    assert district.area.name == f"{HOSTILE_NAME}50"
    assert district.area.boundary is not None
    with pytest.raises(NotFound, match="no area 99"):
        get_area(writer, 99)


def test_stations_are_counted_once_they_were_assigned(writer, areas):
    assert get_area(writer, 20).stations is None
    stations = rows.edition(writer, "stations")
    assignment = rows.assignment(writer, stations, areas, [])
    rows.count_stations(writer, assignment, 20, "warm_station", 3)
    rows.count_stations(writer, assignment, 20, "workers_home", 1)
    assert get_area(writer, 20).stations == {"warm_station": 3, "workers_home": 1}
    assert get_area(writer, 30).stations == {}


def test_an_area_that_is_its_own_ancestor_does_not_run_for_ever(writer, areas):
    rows.area(writer, areas, 71, None, parent_id=72)
    rows.area(writer, areas, 72, None, parent_id=71)
    assert len(get_area(writer, 71).ancestors) == 10
