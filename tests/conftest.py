"""One embedded cluster a run, one migrated template database, rollback or a fresh copy per test."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import compiled_once
from databases import another_database, make_template

from geo.database import Actor, Database, Writer
from geo.postgres import THROWAWAY, Cluster

# On a build machine the same examples every time, so that it fails only for a reason; everywhere
# else new ones with each run, which is how properties find what nobody thought of.
settings.register_profile("build", derandomize=True, print_blob=True)
settings.load_profile("build" if os.environ.get("CI") else "default")

if "PYTEST_XDIST_WORKER" in os.environ and "NUMBA_CACHE_DIR" in os.environ:
    compiled_once.install(Path(os.environ["NUMBA_CACHE_DIR"]))


@pytest.fixture(scope="session")
def actor() -> Actor:
    return Actor("test", sees_enterprises=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data that is never part of the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real development data in ../shared/data, which is not here")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A throw-away PostGIS of this test run, with the migrated template database."""
    # Not pytest's own temporary folder: root's is closed to the user PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="nuanyi-test-"))
    try:
        with Cluster(folder, THROWAWAY).running() as running:
            make_template(running)
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database of the newest schema, for tests that commit."""
    with another_database(cluster, pool_size=4) as database:
        yield database


@pytest.fixture(scope="session")
def shared_database(cluster: Cluster) -> Iterator[Database]:
    """One database for all tests that roll back."""
    with another_database(cluster, pool_size=4) as database:
        yield database


@pytest.fixture
def writer(shared_database: Database, actor: Actor) -> Iterator[Writer]:
    """A transaction that is rolled back when the test ends."""
    with shared_database.engine.connect() as connection, connection.begin() as transaction:
        yield Writer(connection, actor)
        transaction.rollback()
