"""Partitions of the large tables: one per edition (or per assignment).

The rows of an edition are loaded into a table of its own, its indexes are built over all rows at
once, and only then is it attached to its parent. Until the transaction commits nobody sees it, and
readers of other editions are never held up: attaching takes a lock that lets reads and writes pass.

    child = partitions.create(writer, Street, edition_id)
    writer.copy_in(child, columns, rows)        # the key column may be left out: it has a default
    partitions.attach(writer, Street, edition_id)

What the child needs (primary key, unique constraints, indexes) is read from the model, so that it
cannot drift from what the parent has.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import AddConstraint, CreateIndex
from sqlalchemy.sql import quoted_name

from geo.database import Reader, Writer
from geo.errors import Busy, Conflict
from geo.schema import Base

Partitioned: TypeAlias = type[Base] | Table | str
"""A partitioned table: its model, its table, or its name."""

DROP_WAIT_SECONDS = 10
NAME_LIMIT = 63  # bytes of an identifier in PostgreSQL


def name(table: Partitioned, key: int) -> str:
    """The name of the partition of one edition (or assignment): `street_p7`."""
    return f"{_table(table).name}_p{_checked(key)}"


def exists(reader: Reader, table: Partitioned, key: int) -> bool:
    """Whether that partition is there, attached or not."""
    return reader.scalar("SELECT to_regclass(:name) IS NOT NULL", name=name(table, key)) is True


def keys(reader: Reader, table: Partitioned) -> list[int]:
    """The key values whose partitions are attached, in order."""
    rows = reader.all(
        "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
        " WHERE inhparent = to_regclass(:name)",
        name=_table(table).name,
    )
    found = (re.search(r"_p(\d+)$", row.relname) for row in rows)
    return sorted(int(match.group(1)) for match in found if match)


def create(writer: Writer, table: Partitioned, key: int) -> str:
    """Make the empty partition of `key`, not yet attached and without indexes: ready for `COPY`.

    It carries a check that every row has this key (so that attaching need not look at the rows
    again), and the key as default of its column.

    Returns:
        Its name, to load into.

    Raises:
        Conflict: it is there already.
    """
    parent = _table(table)
    child = name(parent, key)
    if exists(writer, parent, key):
        raise Conflict(
            f"The partition {child} exists already.",
            remedy="Discard that edition first, or import into a new one.",
        )
    column = _key_column(parent).name
    writer.execute(
        f'CREATE TABLE "{child}" (LIKE "{parent.name}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
    )
    writer.execute(
        f'ALTER TABLE "{child}" ALTER COLUMN "{column}" SET DEFAULT {int(key)},'
        f' ADD CONSTRAINT "{_check_name(child)}" CHECK ("{column}" = {int(key)})'
    )
    return child


def attach(writer: Writer, table: Partitioned, key: int) -> None:
    """Build the partition's primary key and indexes, attach it to its parent, gather statistics.

    Cost: that of the indexes; the rows are not scanned again. Readers of the parent are not held
    up. Call once, after all rows are loaded.
    """
    parent = _table(table)
    child = name(parent, key)
    # A copy of the model under the child's name, from which SQLAlchemy writes the very same keys
    # and indexes; PostgreSQL recognises them as the parent's when attaching.
    model = parent.to_metadata(MetaData(), name=child)
    for constraint in model.constraints:
        if not isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            continue  # checks came with the table; foreign keys are not made on partitions
        constraint.name = _suffixed(str(constraint.name), key)
        writer.execute(AddConstraint(constraint))
    for index in sorted(model.indexes, key=lambda index: str(index.name)):
        index.name = _suffixed(str(index.name), key)
        writer.execute(CreateIndex(index))
    writer.execute(
        f'ALTER TABLE "{parent.name}" ATTACH PARTITION "{child}" FOR VALUES IN ({int(key)})'
    )
    writer.execute(f'ALTER TABLE "{child}" DROP CONSTRAINT "{_check_name(child)}"')
    writer.execute(f'ANALYZE "{child}"')


def drop(writer: Writer, table: Partitioned, key: int) -> bool:
    """Drop the partition of `key` with all its rows, attached or not. Instant, however many rows.

    Returns:
        Whether there was one.

    Raises:
        Busy: somebody read the table for longer than ten seconds; waiting on would hold up every
            new reader.
    """
    parent = _table(table)
    if not exists(writer, parent, key):
        return False
    before = writer.scalar("SELECT current_setting('lock_timeout')")
    writer.execute(text(f"SET LOCAL lock_timeout = '{DROP_WAIT_SECONDS}s'"))
    try:
        writer.execute(f'DROP TABLE "{name(parent, key)}"')
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) == "55P03":
            raise Busy(
                f"The table {parent.name} is being read and cannot be changed just now.",
                remedy="Try again in a minute.",
            ) from error
        raise
    writer.execute(text("SELECT set_config('lock_timeout', :before, true)"), {"before": before})
    return True


def _table(table: Partitioned) -> Table:
    if isinstance(table, str):
        found = Base.metadata.tables[table]
    elif isinstance(table, Table):
        found = table
    else:
        found = Base.metadata.tables[table.__tablename__]
    _key_column(found)
    return found


def _key_column(table: Table) -> Column[Any]:
    """The column a model says it is partitioned by."""
    rule = str(table.dialect_options["postgresql"]["partition_by"] or "")
    match = re.fullmatch(r"LIST \((\w+)\)", rule)
    if match is None:
        raise ValueError(f"{table.name} is not partitioned by a list of keys")
    return table.columns[match.group(1)]


def _checked(key: int) -> int:
    number = int(key)
    if number < 0:
        raise ValueError("a partition's key is a positive number")
    return number


def _check_name(child: str) -> str:
    return f"ck_{child}_key"


def _suffixed(label: str, key: int) -> quoted_name:
    """A name of its own for the child's key or index: names are unique in a schema."""
    ending = f"_p{int(key)}"
    return quoted_name(label[: NAME_LIMIT - len(ending)] + ending, quote=None)
