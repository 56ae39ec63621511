"""The transaction types, on real PostGIS."""

import io

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from geo.database import Actor, Database, Writer
from geo.errors import Unavailable
from geo.migrations import env_options
from geo.schema import Base


def test_a_reader_cannot_write(database: Database, actor: Actor) -> None:
    with (
        pytest.raises(DBAPIError, match="read-only"),
        database.read(actor) as reader,
    ):
        reader.all(
            "INSERT INTO station_status (station_id, status, starts_at, created_by) "
            "VALUES (1, 'closed', now(), 'test') RETURNING id"
        )


def test_a_failed_write_leaves_nothing(database: Database, actor: Actor) -> None:
    statement = (
        "INSERT INTO station_status (station_id, status, starts_at, created_by) "
        "VALUES (1, 'closed', now(), 'test')"
    )
    with pytest.raises(ZeroDivisionError), database.write(actor) as writer:
        writer.execute(statement)
        raise ZeroDivisionError
    with database.read(actor) as reader:
        assert reader.scalar("SELECT count(*) FROM station_status") == 0
    with database.write(actor) as writer:
        writer.execute(statement)
    with database.read(actor) as reader:
        assert reader.scalar("SELECT count(*) FROM station_status") == 1


def test_copy_keeps_missing_apart_from_empty_and_text_as_it_is(writer: Writer) -> None:
    writer.execute("CREATE TEMP TABLE heap (id int, name text)")
    names = ["", None, 'a "quoted", text', "两\n行", "\\N", "=1+1"]
    writer.copy_in("heap", ["id", "name"], pa.table({"id": range(6), "name": names}))
    read = writer.all("SELECT name FROM heap ORDER BY id")
    assert [row.name for row in read] == names
    back = writer.copy_out("SELECT id, name FROM heap ORDER BY id")
    assert back.column("name").to_pylist() == names


def test_copy_takes_plain_bytes(writer: Writer) -> None:
    writer.execute("CREATE TEMP TABLE heap (id int, name text)")
    writer.copy_in("heap", ["id", "name"], io.BytesIO(b"1,one\n2,\n"))
    assert [tuple(row) for row in writer.all("SELECT * FROM heap")] == [(1, "one"), (2, None)]


def test_an_unreachable_database_is_said_so(actor: Actor) -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(Unavailable, match="cannot be reached"), database.read(actor):
        pass
    database.close()


def test_models_and_migrations_do_not_drift(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=env_options())
        assert compare_metadata(context, Base.metadata) == []
    assert database.is_current()
