"""Tiles of areas and clusters over HTTP."""

import contextlib

import mapbox_vector_tile
import pytest
import rows
import shapely
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from pyramids import tile_of
from served import LOCAL, SOUTH, WEST, fill

from api.app import create_app
from geo.database import Actor
from geo.settings import Settings
from maps.tiles.store import MEDIA_TYPE

PRIVATE = "private, max-age=0, must-revalidate"
FOR_EVER = "private, max-age=31536000, immutable"
MIDDLE = (WEST + 0.1, SOUTH + 0.02)


def address(layer: str, z: int, query="", *, edition="current", at=MIDDLE) -> str:
    x, y = tile_of(*at, z)
    return f"/tiles/{edition}/{layer}/{z}/{x}/{y}{query}"


def read(body: bytes, layer: str) -> dict[int, dict]:
    found = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    assert list(found) == [layer]
    return {
        one["id"]: {**one["properties"], "shape": shapely.geometry.shape(one["geometry"])}
        for one in found[layer]["features"]
    }


def test_areas_of_one_kind_with_their_names(client, city):
    answer = client.get(address("areas", 10, "?kind=subdistrict"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPE
    found = read(answer.content, "areas")
    assert set(found) == {110, 120}
    for number, one in found.items():
        assert one["id"] == number
        assert one["name"] == f"{HOSTILE_NAME}{number}"
        assert one["code"] == f"410199{number}"
        assert one["has_children"] is False
        assert one["shape"].is_valid
    # They share the line between them and nothing else.
    assert found[110]["shape"].intersection(found[120]["shape"]).geom_type == "LineString"
    [district] = read(client.get(address("areas", 10, "?kind=district")).content, "areas").values()
    assert district["has_children"] is True
    assert district["shape"].covers(shapely.union_all([one["shape"] for one in found.values()]))
    # The park has no boundary.
    assert client.get(address("areas", 10, "?kind=industrial_park")).status_code == 204
    assert (
        client.get(address("areas", 9)).content
        == client.get(address("areas", 9, "?kind=subdistrict")).content
    )


def test_clusters_with_their_tier_and_numbers(client):
    answer = client.get(address("clusters", 14, at=(WEST + 0.02, SOUTH + 0.02)))
    assert read(answer.content, "clusters")[2].items() >= {
        "id": 2, "tier": "confirmed", "units": 12, "employees": 200,
    }.items()  # fmt: skip
    from_afar = read(client.get(address("clusters", 3)).content, "clusters")
    assert set(from_afar) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("layer", ["areas", "clusters"])
def test_they_are_sent_compressed_private_and_told_by_what_is_in_them(client, city, layer):
    edition = {"areas": city.areas, "clusters": city.enterprises}[layer]
    answer = client.get(address(layer, 8, edition=edition))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == PRIVATE
    assert "Authorization" in answer.headers["vary"]
    tag = answer.headers["etag"]
    assert f"{layer}-{edition}." in tag
    for number in (edition, "current"):
        again = client.get(address(layer, 8, edition=number), headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(address(layer, 8, at=(0.1, 0.1))).status_code == 204
    refused = client.get(address(layer, 8), headers={"Accept-Encoding": "br"})
    assert refused.status_code == 406


def test_an_area_tile_of_an_edition_and_a_drawing_is_kept_for_good(client, city):
    answer = client.get(address("areas", 8, "?v=1a", edition=city.areas))
    assert answer.headers["cache-control"] == FOR_EVER
    assert client.get(address("areas", 8, "?v=1a")).headers["cache-control"] == PRIVATE


@pytest.mark.parametrize("layer", ["areas", "clusters"])
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("17/0/0", 422),
        ("3/8/0", 422),
        ("3/0/8", 422),
        ("x/0/0", 422),
        ("3/0/0?misspelt=1", 422),
        ("3/0/0?v=%3Cscript%3E", 422),
    ],
)
def test_an_address_that_is_none_is_refused(client, layer, end, status):
    assert client.get(f"/tiles/current/{layer}/{end}").status_code == status


def test_other_editions(client, city):
    assert client.get("/tiles/current/areas/3/0/0?kind=planet").status_code == 422
    for layer, wrong in (("areas", city.stations), ("clusters", city.areas)):
        for edition in (wrong, 2**31 - 1):
            assert client.get(address(layer, 8, edition=edition)).status_code == 404


@contextlib.contextmanager
def own_city(cluster, tmp_path):
    with another_database(cluster) as database:
        found = fill(database)
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            yield found, database, client


def test_clusters_looked_for_again_are_other_tiles(cluster, tmp_path):
    with own_city(cluster, tmp_path) as (city, database, client):
        first = client.get(address("clusters", 8))
        with database.write(Actor("test")) as writer:
            rows.cluster(writer, city.enterprises, 6, WEST + 0.15, SOUTH + 0.02)
            writer.execute(
                "INSERT INTO cluster_run (edition_id, method, parameters, seed, replicates, facts) "
                "VALUES (:edition, 'test', '{}', 1, 0, '{}')",
                {"edition": city.enterprises},
            )
        client.app.state.service.register.refresh()
        second = client.get(address("clusters", 8))
        assert second.headers["etag"] != first.headers["etag"]
        assert set(read(second.content, "clusters")) == {1, 2, 3, 4, 5, 6}


def test_an_edition_once_in_force_is_drawn_and_a_draft_is_not(cluster, tmp_path):
    with own_city(cluster, tmp_path) as (_, database, client):
        with database.write(Actor("test")) as writer:
            number = {
                state: rows.edition(writer, "areas", state=state) for state in ("retired", "draft")
            }
            for edition in number.values():
                rows.area(writer, edition, 7, rows.square(WEST, SOUTH))
        assert set(
            read(client.get(address("areas", 9, edition=number["retired"])).content, "areas")
        ) == {7}
        assert client.get(address("areas", 9, edition=number["draft"])).status_code == 404
