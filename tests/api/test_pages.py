"""The front door in a real browser, and the headers that guard it."""

import pytest

from api.door import DATA_HEADERS, HEADERS
from api.pages import served


@pytest.mark.parametrize("path", ["/", "/start", "/docs", "/help/problems/busy"])
def test_every_document_carries_the_security_headers(client, path):
    answer = client.get(path)
    for name, value in HEADERS.items():
        if name == "Content-Security-Policy" and path in ("/", "/docs"):
            assert answer.headers[name].startswith(value)
        else:
            assert answer.headers[name] == value


@pytest.mark.parametrize(
    "path", ["/api/stations", "/api/stations/nearest?lon=113.65&lat=34.75", "/nowhere"]
)
def test_what_is_data_is_nothing_else_and_for_these_pages_only(client, path):
    answer = client.get(path)
    assert answer.headers["content-type"].partition(";")[0].endswith("json")
    assert {name for name in HEADERS if name in answer.headers} == set(DATA_HEADERS)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/start"])
def test_a_page_is_chinese_first(client, path):
    page = client.get(path, headers={"Accept-Language": "en"})
    assert '<html lang="zh-CN">' in page.text
    assert '<html lang="en">' in client.get(f"{path}?lang=en").text
    # In another language it speaks its first: whoever follows a link shall read something.
    assert '<html lang="zh-CN">' in client.get(f"{path}?lang=fr").text
    assert client.get(path, headers={"If-None-Match": page.headers["etag"]}).status_code == 304


def test_files_are_served_by_name_only(client):
    assert "start/start.js" in served()
    for name in served():
        answer = client.get(f"/web/{name}")
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = client.get(f"/web/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    for name in ("vendor/refresh.py", "../texts.toml", "start/start.html", "%2e%2e/texts.toml", ""):
        assert client.get(f"/web/{name}").status_code == 404
