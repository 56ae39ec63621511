"""Which union can I join here, over HTTP."""

import logging

import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import LOCAL, SOUTH, WEST

from api.app import create_app
from api.position import HEADER
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.settings import Settings

LON, LAT = WEST + 0.0201, SOUTH + 0.05
HERE = {HEADER: f"{LON},{LAT}"}


@pytest.fixture(scope="module")
def unions(cluster, tmp_path_factory):
    """A subdistrict with its federation, a park without a word of its own, two service stations."""
    with another_database(cluster) as database:
        with database.write(Actor("test")) as writer:
            areas = rows.edition(writer, "areas")
            rows.area(
                writer, areas, 110, rows.square(WEST, SOUTH), union_name=f"{HOSTILE_NAME}总工会",
                union_address="人民路1号", union_phone="000-12345678",
                union_link="https://union.example/join",
            )  # fmt: skip
            park = rows.square(WEST, SOUTH + 0.02, 0.05)
            rows.area(writer, areas, 130, park, kind="industrial_park", name="云栖科技园")
            rows.area(writer, areas, 140, park, kind="office_building", name=None,
                      union_link="javascript:alert(1)", union_name="云栖大厦联合工会")  # fmt: skip
            streets = rows.edition(writer, "streets")
            rows.street(writer, streets, WEST - 0.002, WEST + 0.16, SOUTH + 0.05)
            stations = rows.edition(writer, "stations")
            for number in range(1, 9):
                rows.station(
                    writer, stations, number, lon=WEST + 0.01 * number, lat=SOUTH + 0.05,
                    kind="union_service_station", phone="000-1",
                    services=["join_union"] if number % 2 else ["hot_water"],
                )  # fmt: skip
        app = create_app(Settings(state=tmp_path_factory.mktemp("unions")), database)
        with TestClient(app, base_url=LOCAL) as client:
            yield client


def test_unions_come_from_the_building_up_with_what_is_known_of_them(unions) -> None:
    answer = unions.get("/api/unions/here", headers=HERE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    told = [(one["level"], one["area_id"], one["union_name"]) for one in body["unions"]]
    assert told == [
        ("office_building", 140, "云栖大厦联合工会"),
        ("industrial_park", 130, None),
        ("subdistrict", 110, f"{HOSTILE_NAME}总工会"),
    ]
    building, park, subdistrict = body["unions"]
    assert building["link"] is None
    assert park["phone"] is None
    assert (subdistrict["address"], subdistrict["phone"], subdistrict["link"]) == (
        "人民路1号", "000-12345678", "https://union.example/join",
    )  # fmt: skip
    # What nobody entered is said to be so.
    assert "云栖科技园" in body["notes"][0]
    assert "No union has been entered" in body["notes"][0]
    assert [one["dataset"] for one in body["editions"]] == ["areas", "stations"]


def test_the_rules_say_why_in_both_languages(unions) -> None:
    rules = unions.get("/api/unions/here", headers=HERE).json()["rules"]
    assert len(rules) == 4
    assert "单位" in rules[0]["zh"]
    assert "employer" in rules[0]["en"]


def test_the_nearest_stations_that_help_one_join_are_told_whatever_their_hours(unions) -> None:
    body = unions.get("/api/unions/here", headers=HERE).json()
    assert [one["id"] for one in body["join_stations"]] == [3, 1, 5]
    first = body["join_stations"][0]
    assert first["metres"] == pytest.approx(906, abs=15)
    assert first["hours_state"] == "unknown"
    assert first["phone"] == "000-1"
    assert not first["straight_line"]


def test_the_header_wins_over_the_query_and_one_of_them_is_needed(unions) -> None:
    by_query = unions.get("/api/unions/here", params={"lon": LON, "lat": LAT}).json()
    by_header = unions.get(
        "/api/unions/here", params={"lon": WEST + 0.15, "lat": LAT}, headers=HERE
    ).json()
    assert by_query["unions"] == by_header["unions"] != []
    for headers, params in (
        ({}, {}),
        ({}, {"lon": 1}),
        ({HEADER: "x"}, {}),
        ({HEADER: "1,95"}, {}),
    ):
        answer = unions.get("/api/unions/here", headers=headers, params=params)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"]


def test_positions_may_be_in_the_systems_of_other_maps(unions) -> None:
    plain = unions.get("/api/unions/here", headers=HERE).json()
    for crs in ("gcj02", "bd09"):
        x, y = from_wgs84(LON, LAT, crs)
        body = unions.get(
            "/api/unions/here", params={"crs": crs}, headers={HEADER: f"{float(x)},{float(y)}"}
        ).json()
        assert body["unions"] == plain["unions"]
        one, other = body["join_stations"][0], plain["join_stations"][0]
        assert one["metres"] == pytest.approx(other["metres"], abs=0.2)
        assert (one["lon"], one["lat"]) == pytest.approx(
            [float(v) for v in from_wgs84(other["lon"], other["lat"], crs)], abs=2e-6
        )
        assert body["crs"] == crs


def test_outside_every_area_it_says_so(unions) -> None:
    body = unions.get("/api/unions/here", params={"lon": WEST + 0.15, "lat": LAT}).json()
    assert body["unions"] == []
    assert "不在任何已导入" in body["notes"][0]
    far = unions.get("/api/unions/here", params={"lon": 10, "lat": 50})
    assert far.status_code == 422
    assert far.json()["type"].endswith("outside-service-area")


def test_without_areas_it_says_that_too(database, tmp_path) -> None:
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        body = client.get("/api/unions/here", headers=HERE).json()
    assert (body["unions"], body["join_stations"], body["editions"]) == ([], [], [])
    assert "还没有导入区域" in body["notes"][0]


def test_the_position_stands_in_no_log_and_no_error(unions, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    unions.get("/api/unions/here", headers=HERE)
    answer = unions.get("/api/unions/here", headers={HEADER: "113.6201,95.123"})
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("nuanyi")
    )
    assert "/api/unions/here 200" in logged
    for digits in ("113.62", "34.75", "95.123"):
        assert digits not in logged
        assert digits not in answer.text
