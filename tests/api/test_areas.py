"""Areas over HTTP."""

import pytest
import shapely
from served import SOUTH, WEST

from geo.coordinates import from_wgs84


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [area["id"] for area in answer.json()["areas"]]


def test_areas_are_listed_and_paged(client):
    assert ids(client.get("/api/areas")) == [100, 110, 120, 130]
    first = client.get("/api/areas?kind=subdistrict&limit=1")
    assert ids(first) == [110]
    second = client.get(first.links["next"]["url"])
    assert ids(second) == [120]
    assert ids(client.get("/api/areas?parent_id=100")) == [110, 120, 130]
    assert ids(client.get("/api/areas?text=410199")) == [100, 110, 120]


def test_a_box_asks_for_what_it_touches(client):
    box = f"{WEST + 0.12},{SOUTH + 0.01},{WEST + 0.13},{SOUTH + 0.02}"
    assert ids(client.get(f"/api/areas?bbox={box}&kind=subdistrict")) == [120]


def test_geojson_carries_whole_polygons_and_names_without_one(client):
    body = client.get("/api/areas?format=geojson").json()
    shapes = [
        shapely.geometry.shape(one["geometry"]) if one["geometry"] else None
        for one in body["features"]
    ]
    assert shapes[0].equals(shapely.box(WEST, SOUTH, WEST + 0.2, SOUTH + 0.2).normalize()) or (
        shapes[0].symmetric_difference(shapely.box(WEST, SOUTH, WEST + 0.2, SOUTH + 0.2)).area
        < 1e-9
    )
    assert shapes[3] is None


def test_polygons_come_in_the_asked_system(client):
    [one] = client.get("/api/areas/110?format=geojson&crs=bd09").json()["features"]
    corners = shapely.get_coordinates(shapely.geometry.shape(one["geometry"]))
    lon, lat = from_wgs84(WEST, SOUTH, "bd09")
    assert min(abs(corners[:, 0] - lon) + abs(corners[:, 1] - lat)) < 1e-6


def test_one_area_tells_what_is_around_it(client, city):
    answer = client.get("/api/areas/110")
    body = answer.json()
    assert [one["id"] for one in body["ancestors"]] == [100]
    assert body["stations"] == {"warm_station": 13}
    assert body["area"]["bbox"] == pytest.approx([WEST, SOUTH, WEST + 0.1, SOUTH + 0.1])
    assert answer.headers["etag"] == f'W/"areas-{city.areas}.stations-{city.stations}"'
    assert [one["id"] for one in client.get("/api/areas/100").json()["children"]] == [130, 110, 120]
    assert client.get("/api/areas/5").status_code == 404
