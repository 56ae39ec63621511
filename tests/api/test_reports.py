"""Reports over HTTP: anonymous, sent once however often, limited, and followed by their receipt."""

import json
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import numpy as np
import pytest
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import KEY, SOUTH, WEST, fill

from api.app import create_app
from api.problems import MEDIA_TYPE
from geo.database import Actor
from geo.settings import Settings
from geo.stations.cells import cell_name, cell_numbers
from geo.stations.reports import decide_report, list_reports

CELL_OF_2 = cell_name(int(cell_numbers(np.array([WEST + 0.01]), np.array([SOUTH + 0.05]))[0]))
OUTSIDE = "https://nuanyi.example"
SECRETS = ("203.0.113.7", "Mozilla/5.0 Unmistakable")


def report(**more) -> dict:
    now = datetime.now(UTC).isoformat()
    return {"receipt": uuid.uuid4().hex, "kind": "closed", "seen_at": now} | more


@pytest.fixture(scope="module")
def written(cluster):
    """A city of our own, to write into."""
    with another_database(cluster) as database:
        fill(database)
        yield database


@pytest.fixture
def make_client(written, tmp_path):
    """A person somewhere; settings as given, reports of other tests gone."""
    with written.write(Actor("test")) as writer:
        writer.execute("DELETE FROM station_report")

    def made(**settings) -> TestClient:
        settings = {"reports_per_ten_minutes": 1000, "reports_per_day": 1000} | settings
        app = create_app(Settings(state=tmp_path, key=KEY, **settings), written)
        return TestClient(app, base_url=OUTSIDE)

    return made


def kept(database):
    with database.read(Actor("test")) as reader:
        return list_reports(reader, state=None)


def problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "<" not in answer.text
    return answer.json()


# ---------------------------------------------------------------------- sending
def test_a_report_is_taken_thanked_for_and_found_again(make_client, written) -> None:
    sent = report(kind="broken_kit", service="hot_water", note="水龙头坏了")
    with make_client() as client:
        answer = client.post("/api/stations/2/reports", json=sent)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["receipt"], body["station_id"]) == (sent["receipt"], 2)
        assert body["thanks"]["zh"].startswith("谢谢")
        assert body["thanks"]["en"].startswith("Thank you")
        for name in ("seen_at", "received_at"):
            moment = datetime.fromisoformat(body[name])
            assert (moment.minute % 15, moment.second, moment.microsecond) == (0, 0, 0)
        where = answer.headers["location"]
        found = client.get(where).json()
        assert (found["state"], found["answer"]) == ("open", None)
        assert "note" not in found
        [one] = kept(written)
        with written.write(Actor("operator")) as writer:
            decide_report(writer, one.id, "confirmed", answer="明天修好")
        found = client.get(where).json()
        assert (found["state"], found["answer"]) == ("confirmed", "明天修好")
        assert set(found["state_text"]) == {"zh", "en"}
        assert "operator" not in json.dumps(found)


def test_the_same_receipt_again_is_the_same_answer(make_client, written) -> None:
    sent = report(note="没开门")
    with make_client() as client:
        first = client.post("/api/stations/2/reports", json=sent)
        again = client.post("/api/stations/2/reports", json=sent)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        other = problem(client.post("/api/stations/2/reports", json=sent | {"kind": "other"}), 409)
        assert other["type"].endswith("/conflict")
        assert other["field"] == "receipt"
        assert sent["receipt"] not in json.dumps(other)
    assert len(kept(written)) == 1


def test_many_phones_that_repeat_themselves_make_one_report_each(make_client, written) -> None:
    sent = [report() for _ in range(5)]
    with make_client() as client:

        def send(number: int) -> int:
            return client.post("/api/stations/3/reports", json=sent[number % 5]).status_code

        with ThreadPoolExecutor(8) as people:
            codes = list(people.map(send, range(40)))
    assert sorted(codes) == [200] * 35 + [201] * 5
    assert len(kept(written)) == 5


def test_nothing_of_the_sender_is_stored_or_logged(make_client, written, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    sent = report(note="门锁着")
    with make_client(proxies=1) as client:
        headers = {"X-Forwarded-For": SECRETS[0], "User-Agent": SECRETS[1]}
        assert client.post("/api/stations/2/reports", json=sent, headers=headers).status_code == 201
        client.get(f"/api/reports/{sent['receipt']}", headers=headers)
    with written.read(Actor("test")) as reader:
        everything = str(reader.all("SELECT to_jsonb(r) FROM station_report AS r"))
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("nuanyi")
    )
    assert "POST /api/stations/{station_id}/reports 201" in logged
    for secret in SECRETS:
        assert secret not in everything
        assert secret not in logged
    assert sent["receipt"] not in logged
    assert "门锁着" not in logged


def test_times_are_local_without_an_offset_and_never_a_bare_number(make_client, written) -> None:
    seen = datetime.now(UTC) - timedelta(hours=3)
    local = (seen + timedelta(hours=8)).replace(tzinfo=None).isoformat()
    with make_client() as client:
        answer = client.post("/api/stations/2/reports", json=report(seen_at=local))
        told = datetime.fromisoformat(answer.json()["seen_at"])
        assert timedelta(0) <= seen - told < timedelta(minutes=15)
        for bad in (1_790_000_000, "1790000000", "now", None, "2026-11-21", True, [1], {}):
            body = problem(client.post("/api/stations/2/reports", json=report(seen_at=bad)), 422)
            assert body["field"] == "seen_at", bad
            assert body["errors"][0]["reason_zh"] != "无法使用"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"receipt": "1"}, "receipt"),
        ({"receipt": None}, "receipt"),
        ({"receipt": str(uuid.uuid4())}, "receipt"),
        ({"kind": HOSTILE_NAME}, "kind"),
        ({"service": "sauna"}, "service"),
        ({"note": "长" * 301}, "note"),
        ({"note": 7}, "note"),
        ({"who": "张三"}, "who"),
        ({"seen_at": "0001-01-01T00:00:00+14:00"}, "seen_at"),
        ({"seen_at": "9999-12-31T23:59:59-12:00"}, "seen_at"),
        ({"seen_at": "2035-01-01T00:00:00Z"}, "seen_at"),
        ({"seen_at": "2020-01-01T00:00:00Z"}, "seen_at"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(make_client, written, more, field) -> None:
    with make_client() as client:
        body = problem(client.post("/api/stations/2/reports", json=report(**more)), 422)
    assert field in (body.get("field"), *(one["field"] for one in body.get("errors", [])))
    assert kept(written) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"receipt": "\\ud800"}', b"[" * 50_000],
)
def test_what_is_no_report_is_refused_in_the_one_shape(make_client, written, content) -> None:
    with make_client() as client:
        answer = client.post(
            "/api/stations/2/reports",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert 400 <= problem(answer, answer.status_code)["status"] < 500
    assert kept(written) == []


def test_a_hostile_note_is_text(make_client, written) -> None:
    note = f"{HOSTILE_NAME}\u202e\x00'); DROP TABLE station_report;--"
    with make_client() as client:
        answer = client.post("/api/stations/2/reports", json=report(note=note))
        assert answer.status_code == 201, answer.text
        key = {"Authorization": b"Bearer " + KEY.encode()}
        listed = client.get("/api/reports", headers=key).json()["reports"]
    assert listed[0]["note"] == f"{HOSTILE_NAME} '); DROP TABLE station_report;--"


def test_half_a_surrogate_pair_is_no_mistake_of_ours(make_client) -> None:
    body = json.dumps(report(note="x")).replace('"x"', '"\\ud800"')
    with make_client() as client:
        answer = client.post(
            "/api/stations/2/reports", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code in (201, 422), answer.text


def test_a_report_on_no_station_is_not_found(make_client) -> None:
    with make_client() as client:
        problem(client.post("/api/stations/99999/reports", json=report()), 404)
        problem(client.get(f"/api/reports/{uuid.uuid4().hex}"), 404)
        problem(client.get("/api/reports/x"), 422)


# ---------------------------------------------------------------------- limits
def test_a_sender_who_sends_too_much_is_told_when_to_come_back(make_client, written) -> None:
    with make_client(reports_per_ten_minutes=3) as client:
        codes = [client.post("/api/stations/2/reports", json=report()) for _ in range(4)]
        assert [answer.status_code for answer in codes] == [201, 201, 201, 429]
        body = problem(codes[-1], 429)
        assert body["type"] == "/help/problems/too-many"
        assert 190 <= int(codes[-1].headers["retry-after"]) <= 200
        assert client.get(body["type"]).status_code == 200
    assert len(kept(written)) == 3


def test_a_forwarded_address_counts_only_behind_a_proxy_of_ours(make_client) -> None:
    def send(client, forwarded):
        return client.post(
            "/api/stations/2/reports", json=report(), headers={"X-Forwarded-For": forwarded}
        ).status_code

    with make_client(reports_per_ten_minutes=1) as client:
        assert [send(client, f"1.2.3.{n}") for n in range(3)] == [201, 429, 429]
    with make_client(reports_per_ten_minutes=1, proxies=1) as client:
        assert [send(client, f"1.2.3.{n}") for n in range(3)] == [201, 201, 201]
        # What a sender writes before our proxy's entry changes nothing.
        assert [send(client, f"9.9.9.{n}, 5.6.7.8") for n in range(3)] == [201, 429, 429]


def test_a_station_takes_only_so_many_a_day(make_client, written) -> None:
    with make_client(reports_per_station_a_day=2) as client:
        codes = [client.post("/api/stations/2/reports", json=report()) for _ in range(3)]
        assert [answer.status_code for answer in codes] == [201, 201, 429]
        assert 80_000 < int(codes[-1].headers["retry-after"]) <= 86_400
        assert client.post("/api/stations/3/reports", json=report()).status_code == 201


# ---------------------------------------------------------------------- the operators' list
def test_the_list_of_reports_is_for_operators(make_client, written) -> None:
    with make_client() as client:
        sent = [report(note=f"第{n}条") for n in range(5)]
        for number, one in enumerate(sent):
            assert client.post(f"/api/stations/{2 + number % 2}/reports", json=one).is_success
        problem(client.get("/api/reports"), 401)
        key = {"Authorization": b"Bearer " + KEY.encode()}
        first = client.get("/api/reports?state=open&limit=3", headers=key)
        assert first.headers["cache-control"] == "no-store"
        body = first.json()
        assert [one["note"] for one in body["reports"]] == ["第4条", "第3条", "第2条"]
        assert body["reports"][0]["name"] == f"{HOSTILE_NAME}2"
        assert all("receipt" not in one for one in body["reports"])
        second = client.get(body["next"], headers=key).json()
        assert [one["note"] for one in second["reports"]] == ["第1条", "第0条"]
        assert second["next"] is None
        only = client.get("/api/reports?station_id=3", headers=key).json()["reports"]
        assert {one["station_id"] for one in only} == {3}
        assert client.get("/api/reports?state=dismissed", headers=key).json()["reports"] == []


def test_a_report_is_a_doubt_until_somebody_looked(make_client, written) -> None:
    def doubts(client) -> dict:
        body = client.get("/api/stations/changes", params={"cells": CELL_OF_2}).json()
        return next(one["doubts"] for one in body["stations"] if one["id"] == 2)

    def become(client, expected) -> bool:
        """News are in every process within two seconds."""
        until = monotonic() + 4
        while doubts(client) != expected and monotonic() < until:
            sleep(0.1)
        return doubts(client) == expected

    with make_client() as client:
        client.post("/api/stations/2/reports", json=report(kind="refused"))
        assert become(client, {"refused": 1})
        [one] = kept(written)
        with written.write(Actor("operator")) as writer:
            decide_report(writer, one.id, "dismissed")
        assert become(client, {})
