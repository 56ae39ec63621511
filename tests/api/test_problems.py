"""Errors as a person or a program meets them."""

import logging
import re

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from served import LOCAL

from api import problems
from api.app import create_app
from api.problems import by_slug, classes, preferred_language
from geo.errors import NotFound
from geo.settings import Settings
from maps.texts import catalogue


def test_every_parameter_that_is_wrong_is_named_at_once(client):
    answer = client.get("/api/stations/nearest?lon=x&lat=91&k=0&services=sauna&max_metres=5")
    assert answer.status_code == 422
    body = answer.json()
    assert [one["field"] for one in body["errors"]] == ["lon", "lat", "services", "k", "max_metres"]
    assert all(one["reason"] and one["reason_zh"] for one in body["errors"])


def test_a_value_of_a_part_of_the_body_is_named_by_both(client):
    asked = {"question": {"seed": 1.5, "gap": "x", "steps": [[800, 1], ["a", 0.5]]}}
    answer = client.post("/api/siting/plans", json=asked)
    assert answer.status_code == 422, answer.text
    told = {one["field"] for one in answer.json()["errors"]}
    assert told == {"question.seed", "question.gap", "question.steps"}


@pytest.mark.parametrize("day", ["0", "0.0", "20261120", "2026-13-01", "2026-11-20T00:00"])
def test_a_bare_number_is_no_day(client, day):
    answer = client.get(f"/api/ledger?to={day}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["to"]


def test_swapped_axes_are_recognised(client):
    body = client.get("/api/stations/nearest?lon=34.75&lat=113.65").json()
    assert "Longitude comes first" in body["remedy"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.5, zh-CN;q=0.8", "zh"),
        ("fr, en;q=0.1", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("en;q=0", "zh"),
        ("en;q=oops,zh;q=0.1", "zh"),
        ("EN-us", "en"),
    ],
)
def test_the_title_is_chinese_unless_english_is_preferred(client, header, language):
    assert preferred_language(header) == language
    headers = {} if header is None else {"Accept-Language": header}
    if header is None:
        return
    answer = client.get("/nowhere", headers=headers)
    assert answer.json()["title"] == (NotFound.title if language == "en" else NotFound.title_zh)
    assert answer.headers["content-language"].startswith(language)


@given(st.text())
def test_any_accept_language_is_understood_or_ignored(header):
    assert preferred_language(header) in ("zh", "en")


@pytest.mark.parametrize("error", classes(), ids=lambda error: error.slug)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_type_resolves_to_a_help_page(client, error, lang):
    answer = client.get(f"/help/problems/{error.slug}?lang={lang}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (error.title_zh if lang == "zh" else error.title) in answer.text
    texts = catalogue()
    assert getattr(texts[f"problem.{error.slug}"], lang) in answer.text.replace("&#39;", "'")
    assert str(error.status) in answer.text


@pytest.mark.parametrize(("lang", "heading"), [("zh", "未找到"), ("en", "Not found")])
def test_a_browser_gets_a_page_where_nothing_is_and_a_program_a_problem(client, lang, heading):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = client.get(f"/leaders?lang={lang}", headers=browser)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert "default-src" in page.headers["content-security-policy"]
    assert f"<h1>{heading}</h1>" in page.text
    assert f'href="/?lang={lang}"' in page.text
    for accept in ("*/*", "application/json"):
        told = client.get("/leaders", headers={"Accept": accept})
        assert told.headers["content-type"] == "application/problem+json"
    posted = client.post("/leaders", headers=browser)
    assert posted.headers["content-type"] == "application/problem+json"


def test_an_unknown_slug_is_a_problem_itself(client):
    assert client.get("/help/problems/nonsense").status_code == 404
    with pytest.raises(NotFound):
        by_slug("nonsense")


class Broken:
    """A finder that fails in a way nobody expected, with a position in its message."""

    network_edition = 1

    def answer(self, *_):
        raise AssertionError

    def place(self, lon, lat, _crs):
        message = f"cannot walk from {lon} {lat}"
        raise ZeroDivisionError(message)


def test_a_mistake_of_ours_is_told_by_number_and_logged_without_the_position(
    city, tmp_path, caplog
):
    app = create_app(Settings(state=tmp_path), city.database, Broken())
    caplog.set_level(logging.INFO)
    with TestClient(app, base_url=LOCAL) as client:
        answer = client.get("/api/stations/nearest?lon=113.612345&lat=34.754321")
    assert answer.status_code == 500
    body = answer.json()
    assert body["type"] == "/help/problems/internal"
    assert "113.612345" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("nuanyi")]
    told = "\n".join(ours)
    assert body["incident"] in told
    assert "ZeroDivisionError" in told
    assert "/api/stations/nearest" in told
    # The client of the test writes down what it asks; the service must not.
    served = [one for one in caplog.records if not one.name.startswith("httpx")]
    everything = "".join(caplog.handler.format(one) for one in served)
    assert "113.612345" not in everything
    assert "34.754321" not in everything


@pytest.mark.parametrize(
    "path",
    [
        "/api/stations/nearest?lon=113.612345&lat=34.754321&open=2026-11-21T12:40",
        "/api/stations/nearest?lon=113.612345&lat=134.754321",
        "/113.612345,34.754321",
        "/api/stations/113.612345",
        "/api/stations?113.612345=34.754321",
        "/help/problems/113.612345",
        "/web/113.612345",
    ],
)
def test_one_line_a_request_and_never_a_position(client, caplog, path):
    caplog.set_level(logging.INFO)
    client.get(path)
    ours = [one.getMessage() for one in caplog.records if one.name == "nuanyi.access"]
    assert len(ours) == 1
    assert re.fullmatch(r"GET (/\S*|\(no such address\)) \d{3} \d+ ms", ours[0])
    assert "113.612345" not in "".join(
        one.getMessage() for one in caplog.records if one.name.startswith("nuanyi")
    )


@pytest.mark.parametrize("chunked", [True, False])
def test_a_large_body_is_refused_before_it_is_read(client, chunked):
    body = (b"x" * 1024 for _ in range(1024)) if chunked else b"x" * 1_048_576
    answer = client.request("GET", "/api/stations", content=body)
    if chunked:
        # No address reads a body, so an unannounced one is never taken in.
        assert answer.status_code in (200, 413)
    else:
        assert answer.status_code == 413
        assert answer.json()["type"] == f"{problems.HELP}too-large"


def test_other_methods_are_told_which_are_allowed(client):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = client.request(method, "/api/stations")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET"
        assert answer.json()["type"] == "/help/problems/method-not-allowed"


def test_head_is_get_without_the_body(client):
    for path in ("/api/stations", "/", "/nowhere"):
        head, get = client.head(path), client.get(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        assert head.headers["content-type"] == get.headers["content-type"]


def test_a_database_that_is_away_is_told_as_such(tmp_path):
    from geo.database import Database

    away = Database("postgresql:///nothing?host=/nonexistent", pool_size=2)
    with TestClient(create_app(Settings(state=tmp_path), away), base_url=LOCAL) as client:
        for path in ("/api/stations", "/api/areas/1", "/api/stations/nearest?lon=1&lat=1"):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert answer.json()["type"] == "/help/problems/unavailable"
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert "database" in ready.json()["missing"][0]
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
