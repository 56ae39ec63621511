"""Comparison, series and ledger over HTTP: counted when first asked for, cached, paged, refused."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import LOCAL

from api.app import create_app
from geo import partitions
from geo.coverage import past
from geo.database import Actor, Database, Writer
from geo.postgres import Cluster
from geo.progress import SILENT
from geo.settings import Settings

DISTRICT, WEST, EAST = 100, 110, 120


def list_of(writer: Writer, as_of: date, units: list[tuple[int, str, float]], **more: str) -> int:
    number = rows.edition(writer, "enterprises", as_of=as_of, **more)
    child = partitions.create(writer, "enterprise", number)
    for identity, state, lon in units:
        writer.execute(
            f"INSERT INTO {child} (id, name, location, employees, members, union_state, located_by)"
            " VALUES (:id, :name, ST_Point(:lon, 34.75, 4326), 40, :members, :state, "
            "'coordinates')",
            {
                "id": identity,
                "name": HOSTILE_NAME,
                "lon": lon,
                "state": state,
                "members": 30 if state == "own" else None,
            },
        )
    partitions.attach(writer, "enterprise", number)
    return number


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[SimpleNamespace]:
    """Three editions of a town of two subdistricts, a draft, and a ledger; hostile names."""
    with another_database(cluster) as database:
        with database.write(Actor("test")) as writer:
            areas = rows.edition(writer, "areas")
            whole = rows.square(113.6, 34.7, 0.2)
            rows.area(writer, areas, DISTRICT, whole, kind="district", code="410199")
            for number, west in ((WEST, 113.6), (EAST, 113.7)):
                square = rows.square(west, 34.7)
                code = f"410199{number}"
                rows.area(writer, areas, number, square, code=code, parent_id=DISTRICT)
            first = list_of(
                writer, date(2025, 6, 30), [(1, "none", 113.65), (2, "none", 113.65)],
                state="retired",
            )  # fmt: skip
            second = list_of(
                writer, date(2025, 12, 31), [(1, "own", 113.65), (2, "none", 113.65)],
                state="retired",
            )  # fmt: skip
            third = list_of(writer, date(2026, 6, 30), [(1, "own", 113.75), (2, "own", 113.65)])
            draft = list_of(writer, date(2026, 7, 1), [], state="draft")
            for number, day in ((1, date(2026, 3, 4)), (2, date(2026, 4, 8))):
                writer.execute(
                    "INSERT INTO ledger_entry (id, day, division, area_code, enterprise_talks, "
                    "without_union, agreed, source) "
                    "VALUES (:id, :day, :name, :code, 2, 10, :n, :s)",
                    {
                        "id": number,
                        "day": day,
                        "name": HOSTILE_NAME,
                        "code": f"410199{WEST}" if number == 1 else None,
                        "n": number,
                        "s": HOSTILE_NAME,
                    },
                )
        yield SimpleNamespace(
            database=database, areas=areas, first=first, second=second, third=third, draft=draft
        )


@pytest.fixture(scope="module")
def client(town: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = create_app(Settings(state=tmp_path_factory.mktemp("change")), town.database)
    with TestClient(app, base_url=LOCAL) as client:
        yield client


def test_two_editions_compared_say_what_moved_and_what_is_real(
    client: TestClient, town: SimpleNamespace
) -> None:
    answer = client.get(f"/api/coverage/compare?from={town.second}&to={town.third}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    west, east = body["areas"]
    assert (west["units"]["moved_out"], west["covered"]["newly_own"]) == (1, 1)
    assert (east["units"]["moved_in"], east["covered"]["newly_own"]) == (1, 0)
    assert west["members"]["went"]["moved_out"] == 30
    assert west["members"]["now_stated"] == 30
    assert west["unions"]["founded"] == 1
    assert east["unions"] == {
        "before": 0, "after": 1, "change": 1, "founded": 0, "ended": 0, "renamed": 0,
    }  # fmt: skip
    rate = west["rates"]["establishment"]
    assert (rate["before"]["value"], rate["after"]["value"], rate["change"]) == (0.5, 1.0, 0.5)
    assert rate["change"] == pytest.approx(rate["real"] + rate["composition"])
    assert east["rates"]["establishment"]["before"]["value"] is None
    assert east["rates"]["establishment"]["change"] is None
    assert body["whole"]["units"]["in_both"] == 2
    assert body["before"]["as_of"] == "2025-12-31"
    assert west["name"].startswith(HOSTILE_NAME)
    for name in ("units", "covered", "members"):
        for area in (west, east, body["whole"]):
            parts = area[name]
            assert parts["after"] - parts["before"] == parts["change"]


def test_without_numbers_it_is_the_edition_in_force_against_the_one_before(
    client: TestClient, town: SimpleNamespace
) -> None:
    body = client.get("/api/coverage/compare?kind=district").json()
    assert (body["before"]["id"], body["after"]["id"]) == (town.second, town.third)
    # Within the district nobody moved.
    assert body["areas"][0]["units"]["moved_out"] == 0
    assert body["areas"][0]["units"]["in_both"] == 2


def test_a_comparison_is_paged_and_cached(client: TestClient, town: SimpleNamespace) -> None:
    first = client.get(f"/api/coverage/compare?from={town.first}&limit=1")
    second = client.get(first.json()["next"]).json()
    assert [first.json()["areas"][0]["id"], second["areas"][0]["id"]] == [WEST, EAST]
    assert second["next"] is None
    assert first.headers["link"].endswith('rel="next"')
    again = client.get(
        f"/api/coverage/compare?from={town.first}&limit=1",
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert again.status_code == 304
    other = first.json()["next"].replace(f"from={town.first}", f"from={town.second}")
    assert client.get(other).json()["field"] == "after"


def test_what_cannot_be_compared_is_told(client: TestClient, town: SimpleNamespace) -> None:
    for question, status, field in (
        (f"from={town.third}&to={town.third}", 422, "from"),
        (f"from={town.areas}", 422, "from"),
        (f"from={town.draft}", 409, "from"),
        (f"to={town.draft}", 409, "to"),
        ("from=2000000000", 404, None),
        (f"to={town.first}", 404, "from"),
        (f"from={town.first}&area_id=7", 404, "area_id"),
        (f"from={town.first}&parent_id=7", 404, "parent_id"),
    ):
        answer = client.get(f"/api/coverage/compare?{question}")
        assert answer.status_code == status, (question, answer.text)
        assert answer.json()["remedy"], question
        assert answer.json().get("field") == field, question


def test_while_another_pair_is_counted_one_is_told_to_come_back(
    client: TestClient, town: SimpleNamespace
) -> None:
    database: Database = town.database
    with database.write(Actor("test")) as busy:
        past.take(busy, SILENT, wait=True)
        answer = client.get(f"/api/coverage/compare?from={town.third}&to={town.first}")
        assert (answer.status_code, answer.json()["type"]) == (503, "/help/problems/busy")
    answer = client.get(f"/api/coverage/compare?from={town.third}&to={town.first}")
    assert answer.status_code == 200
    assert any("backwards" in note["en"] for note in answer.json()["notes"])


def test_a_series_has_a_point_for_each_edition_and_a_forecast(
    client: TestClient, town: SimpleNamespace
) -> None:
    answer = client.get("/api/coverage/series?kind=district")
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["series"]
    assert [point["share"]["value"] for point in one["points"]] == [0, 0.5, 1.0]
    assert [point["edition_id"] for point in one["points"]] == [town.first, town.second, town.third]
    forecast = one["forecast"]
    assert forecast["state"] == "reached"
    assert forecast["value"] == 1.0
    assert (forecast["points"], forecast["target_date"]) == (3, "2026-12-31")
    assert forecast["assumption_zh"]
    tag = answer.headers["etag"]
    again = client.get("/api/coverage/series?kind=district", headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_a_series_without_an_area_is_of_everything(client: TestClient) -> None:
    body = client.get("/api/coverage/series?measure=membership_unionised").json()
    (one,) = body["series"]
    assert (one["id"], one["kind"]) == (0, "whole")
    assert one["points"][0]["share"]["value"] is None
    assert one["points"][0]["reason_zh"]
    assert one["forecast"]["state"] == "too_few_points"
    assert body["definition"]["counts"] == "people"


def test_series_are_paged(client: TestClient) -> None:
    first = client.get("/api/coverage/series?kind=subdistrict&limit=1").json()
    second = client.get(first["next"]).json()
    assert [first["series"][0]["id"], second["series"][0]["id"]] == [WEST, EAST]
    assert client.get("/api/coverage/series?area_id=7").status_code == 404
    asked = client.get("/api/coverage/series?target_date=2030-06-30").json()
    assert asked["series"][0]["forecast"]["target_date"] == "2030-06-30"


def test_the_ledger_is_a_funnel(client: TestClient) -> None:
    answer = client.get(f"/api/ledger?area_id={DISTRICT}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    funnel = body["area"]["funnel"]
    assert (funnel["talks"]["value"], funnel["counts"]["agreed"]["value"]) == (2, 1)
    assert funnel["counts"]["sign_ups"] == {"value": None, "entries": 0}
    agreed = funnel["conversions"]["agreed"]
    assert (agreed["numerator"], agreed["denominator"], agreed["value"]) == (1, 10, 0.1)
    assert body["listed_kind"] == "subdistrict"
    assert [area["id"] for area in body["areas"]] == [WEST]
    assert (body["unplaced"], body["unplaced_names"]) == (1, {HOSTILE_NAME: 1})
    assert list(body["months"]) == ["2026-03"]
    assert body["whole"]["entries"] == 2
    tag = answer.headers["etag"]
    again = client.get(f"/api/ledger?area_id={DISTRICT}", headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_the_ledger_of_some_days(client: TestClient) -> None:
    body = client.get("/api/ledger?from=2026-04-01&to=2026-04-30").json()
    assert body["whole"]["entries"] == 1
    assert body["area"] is None
    answer = client.get("/api/ledger?from=2026-05-01&to=2026-04-30")
    assert (answer.status_code, answer.json()["field"]) == (422, "from")


def test_without_the_key_nobody_sees_them(
    town: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(state=tmp_path_factory.mktemp("keyed"), key="open-sesame")
    with TestClient(create_app(settings, town.database), base_url="https://n.example") as stranger:
        for path in ("/api/coverage/compare", "/api/coverage/series", "/api/ledger"):
            assert stranger.get(path).status_code == 401
