"""The application as a whole: it opens what its settings name, and closes it again."""

import logging

import anyio.to_thread
from fastapi.testclient import TestClient
from served import LOCAL

from api.app import create_app
from geo.settings import Settings


def test_it_opens_the_database_that_the_settings_name(database, tmp_path):
    url = database.url.render_as_string(hide_password=False)
    app = create_app(Settings(state=tmp_path, database_url=url, pool_size=3))
    with TestClient(app, base_url=LOCAL) as client:
        assert client.get("/readyz").json()["missing"][0].startswith("No edition of areas")
        assert client.get("/api/editions").json() == {"editions": []}
        opened = app.state.service.database
        assert opened is not database
        assert opened.engine.pool.size() == 3
    assert opened.engine.pool.checkedin() == 0


def test_there_are_as_many_threads_as_connections(city, tmp_path):
    app = create_app(Settings(state=tmp_path, pool_size=5), city.database)
    seen = []

    @app.get("/threads")
    async def threads() -> float:
        seen.append(anyio.to_thread.current_default_thread_limiter().total_tokens)
        return seen[-1]

    with TestClient(app, base_url=LOCAL) as client:
        assert client.get("/threads").status_code == 200
    assert seen == [5]


def test_two_applications_stand_side_by_side(city, tmp_path):
    one = create_app(Settings(state=tmp_path), city.database)
    other = create_app(Settings(state=tmp_path, key="another"), city.database)
    with TestClient(one, base_url=LOCAL) as first, TestClient(other, base_url=LOCAL) as second:
        assert first.get("/api/clusters").status_code == 200
        assert second.get("/api/clusters").status_code == 401
        assert first.get("/api/clusters").status_code == 200


def test_the_log_of_a_host_is_left_alone(client):
    # pytest has set up logging, so we added no handler of our own.
    assert logging.getLogger().handlers
    assert logging.getLogger("nuanyi").handlers == []
