"""Databases of a test run: copies of one that has the newest schema."""

import contextlib
import itertools
from collections.abc import Iterator

from sqlalchemy import Connection, text

from geo.database import Database
from geo.postgres import Cluster

TEMPLATE = "nuanyi_template"
_numbers = itertools.count(1)


@contextlib.contextmanager
def outside(cluster: Cluster) -> Iterator[Connection]:
    """A connection in no transaction, to make and drop databases."""
    admin = Database(cluster.url("postgres"), pool_size=1)
    try:
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    finally:
        admin.close()


def make_template(cluster: Cluster) -> None:
    """The database that all others are copied from."""
    with outside(cluster) as connection:
        connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    template = Database(cluster.url(TEMPLATE))
    template.migrate()
    template.close()


@contextlib.contextmanager
def another_database(cluster: Cluster, pool_size: int = 8) -> Iterator[Database]:
    """A database of the newest schema with the pool of a real service, dropped at the end."""
    name = f"test_{next(_numbers)}"
    with outside(cluster) as connection:
        # Files are copied in a tenth of the time that the log would take, and nothing here has to
        # survive a crash. Before PostgreSQL 15 it was the only way.
        version = connection.dialect.server_version_info or (0,)
        how = "STRATEGY file_copy" if version >= (15,) else ""
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} {how}"))
        database = Database(cluster.url(name), pool_size=pool_size)
        try:
            yield database
        finally:
            database.close()
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
