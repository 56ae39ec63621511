"""Cards over HTTP: where the code leads, parts of a large area, refusals."""

import re

import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import LOCAL, SOUTH, WEST

from api.app import create_app
from geo.database import Actor
from geo.settings import Settings
from maps.cards import MOST


def cards(page: str) -> int:
    return page.count('<article class="card')


@pytest.mark.parametrize("query", ["", "?lang=en", "?paper=a5&lang=en"])
def test_a_station_has_a_card(client, query):
    answer = client.get(f"/cards/4{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert cards(answer.text) == 1
    assert "<img src=x" not in answer.text
    assert "人民路4号" in answer.text
    assert answer.headers["cache-control"].startswith("private")
    again = client.get(f"/cards/4{query}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    for style in re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text):
        assert client.get(style).headers["content-type"].startswith("text/css")


def test_an_area_has_a_card_and_one_a_station(client):
    answer = client.get("/cards/area/110")
    assert answer.status_code == 200
    assert cards(answer.text) == 20
    assert HOSTILE_NAME not in answer.text
    assert cards(client.get("/cards/area/130").text) == 1  # a park without a station


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cards/999", 404),
        ("/cards/area/999", 404),
        ("/cards/x", 422),
        ("/cards/-1", 422),
        ("/cards/4?paper=a0", 422),
        ("/cards/4?lang=fr", 422),
        ("/cards/4?misspelt=1", 422),
        ("/cards/area/110?after=!", 422),
        ("/cards/area/110?paper=a5", 422),
        ("/cards/area", 422),
        ("/cards/", 404),
    ],
)
def test_what_has_no_card_is_told(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_code_leads_to_the_address_that_was_asked_unless_one_is_set(city, stranger, tmp_path):
    assert "https://nuanyi.example" not in stranger.get("/cards/4").text  # only in the code
    assert "nuanyi.example" in stranger.get("/cards/4").text
    settings = Settings(state=tmp_path, public_url="https://zhan.example/nuanyi/")
    with TestClient(create_app(settings, city.database), base_url=LOCAL) as client:
        page = client.get("/cards/4").text
    assert "zhan.example/nuanyi" in page
    assert "127.0.0.1" not in page


@pytest.mark.parametrize(
    "address",
    [
        "zhan.example",
        "ftp://zhan.example",
        "https://",
        "https://a b",
        'https://x"y',
        "https://x/?q",
    ],
)
def test_an_address_that_is_none_is_refused_as_setting(address):
    with pytest.raises(ValueError, match="must be an address"):
        Settings(public_url=address)


def test_a_large_area_comes_in_parts_and_none_is_missing(cluster, tmp_path):
    with another_database(cluster) as database:
        with database.write(Actor("test")) as writer:
            areas, stations = rows.edition(writer, "areas"), rows.edition(writer, "stations")
            rows.area(writer, areas, 7, rows.square(WEST, SOUTH), kind="subdistrict")
            numbers = range(1, 2 * MOST + 31)
            for number in numbers:
                rows.station(
                    writer,
                    stations,
                    number,
                    lon=WEST + 0.01,
                    lat=SOUTH + 0.01,
                    name=f"驿站{number}号",
                )
            counted = rows.assignment(writer, stations, areas, [(7, one) for one in numbers])
            rows.count_stations(writer, counted, 7, "warm_station", len(numbers))
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            path, seen, pages = "/cards/area/7?lang=zh", [], []
            while path:
                page = client.get(path)
                assert page.status_code == 200
                pages.append(cards(page.text))
                seen += [int(one) for one in re.findall(r"<h2>驿站(\d+)号</h2>", page.text)]
                assert f"共 {len(numbers)} 个驿站" in page.text
                found = re.search(r'<a href="([^"]+)">下一份</a>', page.text)
                path = found and found.group(1).replace("&amp;", "&")
    assert pages == [MOST + 1, MOST, 30]
    assert seen == list(numbers)
