"""Partitions: an edition's rows come and go as one, with the parent's own keys and indexes."""

import threading

import pyarrow as pa
import pytest
from sqlalchemy import text

from geo import partitions
from geo.database import Actor, Database, Writer
from geo.errors import Busy, Conflict
from geo.schema import Base, Demand, Enterprise, Street, StreetNode

PARTITIONED = [
    table
    for table in Base.metadata.sorted_tables
    if table.dialect_options["postgresql"]["partition_by"]
]

NODE_COLUMNS = ["id", "osm_id", "part", "location"]


def nodes(count: int) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(range(count), pa.int32()),
            "osm_id": pa.array([None] * count, pa.int64()),
            "part": pa.array([0] * count, pa.int32()),
            "location": pa.array([f"SRID=4326;POINT({i / 1000} 40)" for i in range(count)]),
        }
    )


def index_definitions(writer: Writer, table: str) -> list[str]:
    """Method and columns of each index, without its name and table."""
    rows = writer.all(
        "SELECT pg_get_indexdef(indexrelid) AS definition, indisunique, indisprimary"
        " FROM pg_index WHERE indrelid = CAST(:name AS regclass)",
        name=table,
    )
    return sorted(
        f"{row.definition.split(' USING ')[1]} {row.indisunique} {row.indisprimary}" for row in rows
    )


@pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
def test_a_partition_has_exactly_the_keys_and_indexes_of_its_parent(writer, table):
    partitions.create(writer, table, 7)
    partitions.attach(writer, table, 7)
    child = partitions.name(table, 7)
    assert index_definitions(writer, child) == index_definitions(writer, table.name)
    # each of them is a part of the parent's, not one beside it
    unattached = writer.scalar(
        "SELECT count(*) FROM pg_index i LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid"
        " WHERE i.indrelid = CAST(:name AS regclass) AND h.inhrelid IS NULL",
        name=child,
    )
    assert unattached == 0
    invalid = writer.scalar(
        "SELECT count(*) FROM pg_index WHERE indrelid = CAST(:name AS regclass) AND NOT indisvalid",
        name=table.name,
    )
    assert invalid == 0
    assert partitions.keys(writer, table) == [7]


def test_rows_are_found_through_the_parent_after_attaching_only(writer):
    child = partitions.create(writer, StreetNode, 3)
    writer.copy_in(child, NODE_COLUMNS, nodes(50))
    assert writer.scalar("SELECT count(*) FROM street_node") == 0
    partitions.attach(writer, StreetNode, 3)
    assert writer.scalar("SELECT count(*) FROM street_node WHERE edition_id = 3") == 50


def test_attaching_does_not_read_the_rows_again(writer, caplog):
    child = partitions.create(writer, StreetNode, 3)
    writer.copy_in(child, NODE_COLUMNS, nodes(10))
    writer.execute("SET LOCAL client_min_messages = debug1")
    with caplog.at_level("INFO", logger="sqlalchemy.dialects.postgresql"):
        partitions.attach(writer, StreetNode, 3)
    assert "implied by existing constraints" in caplog.text


def test_a_row_of_another_edition_is_refused(writer):
    child = partitions.create(writer, StreetNode, 3)
    with pytest.raises(Exception, match=f"ck_{child}_key"):
        writer.execute(
            f"INSERT INTO {child} (edition_id, id, part, location)"
            " VALUES (4, 1, 0, 'SRID=4326;POINT(1 1)')"
        )


def test_a_partition_is_made_once(writer):
    partitions.create(writer, Street, 1)
    with pytest.raises(Conflict, match="street_p1"):
        partitions.create(writer, Street, 1)


def test_a_dropped_partition_takes_its_rows_along_and_leaves_the_others(writer):
    for edition in (1, 2):
        child = partitions.create(writer, StreetNode, edition)
        writer.copy_in(child, NODE_COLUMNS, nodes(edition * 10))
        partitions.attach(writer, StreetNode, edition)
    assert partitions.drop(writer, StreetNode, 1) is True
    assert partitions.drop(writer, StreetNode, 1) is False
    assert partitions.keys(writer, StreetNode) == [2]
    assert writer.scalar("SELECT count(*) FROM street_node") == 20


def test_a_partition_that_was_never_attached_can_be_dropped(writer):
    partitions.create(writer, Demand, 5)
    assert partitions.drop(writer, "demand", 5)
    assert not partitions.exists(writer, Demand, 5)


def test_a_table_that_is_not_partitioned_is_refused(writer):
    with pytest.raises(ValueError, match="not partitioned"):
        partitions.create(writer, "station", 1)


def test_a_reader_that_stays_makes_dropping_give_up_instead_of_holding_up_everybody(
    database: Database, actor: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(partitions, "DROP_WAIT_SECONDS", 1)
    with database.write(actor) as writer:
        partitions.create(writer, Enterprise, 1)
        partitions.attach(writer, Enterprise, 1)
    with database.read(actor) as reader:
        reader.scalar("SELECT count(*) FROM enterprise")
        with pytest.raises(Busy, match="enterprise"), database.write(actor) as writer:
            partitions.drop(writer, Enterprise, 1)
    with database.write(actor) as writer:
        assert partitions.drop(writer, Enterprise, 1)


def test_readers_are_not_held_up_while_a_partition_is_attached(database: Database, actor: Actor):
    seen: list[int] = []

    def read() -> None:
        with database.read(actor) as reader:
            seen.append(reader.scalar("SELECT count(*) FROM street_node"))

    with database.write(actor) as writer:
        child = partitions.create(writer, StreetNode, 1)
        writer.copy_in(child, NODE_COLUMNS, nodes(5))
        partitions.attach(writer, StreetNode, 1)
        reading = threading.Thread(target=read)
        reading.start()
        reading.join(timeout=10)
        assert seen == [0]
    read()
    assert seen == [0, 5]
    with database.read(actor) as reader:
        plan = reader.connection.execute(
            text("EXPLAIN SELECT * FROM street_node WHERE edition_id = 1 AND id = 3")
        ).scalars()
        assert any("street_node_p1" in line for line in plan)
