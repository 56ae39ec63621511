"""Editions: each import is numbered, dated, compared, activated, rolled back or discarded.

A dataset has at most one active edition. Activating another one retires it; rolling back is
activating the earlier one again. Only what an edition *is* lives here; what must be computed when
it becomes active is :mod:`geo.imports.activation`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text, update

from geo import partitions
from geo.database import Reader, Writer
from geo.errors import Conflict, NotFound
from geo.schema import Base, Edition

TABLES: Mapping[str, str] = {
    "areas": "area",
    "streets": "street",
    "stations": "station",
    "enterprises": "enterprise",
    "candidate_sites": "candidate_site",
    "demand": "demand",
}
"""The main table of each dataset."""

NOT_COMPARED = frozenset({"edition_id", "source_row", "from_node", "to_node", "part"})
CHANNEL = "nuanyi_edition"
UNION = "union "
"""How a message begins that tells of a change of a union; the enterprise's number follows."""


@dataclass(frozen=True)
class EditionFacts:
    """One edition as a person reads it."""

    id: int
    dataset: str
    state: str
    as_of: date
    source: str
    declared_crs: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_unlocated: int
    created_at: datetime
    created_by: str
    activated_at: datetime | None
    report: dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """What changed from one edition to another of the same dataset, by stable identity."""

    dataset: str
    earlier: EditionFacts
    later: EditionFacts
    added: int
    removed: int
    changed: int
    same: int
    examples_added: tuple[str, ...]
    examples_removed: tuple[str, ...]
    figures: dict[str, tuple[float | None, float | None]]


_COLUMNS = [getattr(Edition, name) for name in EditionFacts.__dataclass_fields__]


def _facts(row: Any) -> EditionFacts:
    return EditionFacts(*row)


def list_editions(reader: Reader, dataset: str | None = None) -> list[EditionFacts]:
    """All editions, the newest first."""
    statement = select(*_COLUMNS).order_by(Edition.id.desc())
    if dataset is not None:
        statement = statement.where(Edition.dataset == dataset)
    return [_facts(row) for row in reader.all(statement)]


def show(reader: Reader, edition_id: int) -> EditionFacts:
    """One edition.

    Raises:
        NotFound: there is none of that number.
    """
    row = reader.first(select(*_COLUMNS).where(Edition.id == edition_id))
    if row is None:
        raise NotFound(
            f"There is no edition {edition_id}.",
            remedy="全部版本见 nuanyi editions list。 `nuanyi editions list` names them all.",
        )
    return _facts(row)


def active(reader: Reader, dataset: str) -> EditionFacts | None:
    """The active edition of a dataset, or None."""
    row = reader.first(
        select(*_COLUMNS).where(Edition.dataset == dataset, Edition.state == "active")
    )
    return None if row is None else _facts(row)


def require_active(reader: Reader, dataset: str) -> EditionFacts:
    """The active edition of a dataset.

    Raises:
        NotFound: nothing has been imported yet.
    """
    found = active(reader, dataset)
    if found is None:
        raise NotFound(
            f"No edition of {dataset} is active.",
            remedy=f"请先导入：nuanyi import {dataset.replace('_', '-')} 文件 --commit。 "
            f"Load one: `nuanyi import {dataset.replace('_', '-')} FILE --commit`.",
        )
    return found


def same_content(reader: Reader, dataset: str, content_hash: str) -> EditionFacts | None:
    """The edition that came from the same bytes with the same options, if it is still kept."""
    row = reader.first(
        select(*_COLUMNS).where(
            Edition.dataset == dataset,
            Edition.content_hash == content_hash,
            Edition.state != "discarded",
        )
    )
    return None if row is None else _facts(row)


def open_draft(
    writer: Writer,
    dataset: str,
    *,
    as_of: date,
    source: str,
    content_hash: str,
    declared_crs: str | None,
) -> int:
    """A new, empty draft edition; its number.

    Raises:
        Conflict: the same content is already there (the database's own constraint).
    """
    edition = Edition(
        dataset=dataset,
        state="draft",
        as_of=as_of,
        source=source,
        content_hash=content_hash,
        declared_crs=declared_crs,
        created_by=str(writer.actor),
        report={},
    )
    values = {
        column.key: getattr(edition, column.key)
        for column in Edition.__table__.columns
        if getattr(edition, column.key) is not None
    }
    row = writer.first(Edition.__table__.insert().values(**values).returning(Edition.id))  # type: ignore[attr-defined]
    if row is None:  # pragma: no cover - an INSERT RETURNING gives its row or raises
        raise Conflict("The edition could not be opened.")
    return int(row.id)


def record_counts(
    writer: Writer,
    edition_id: int,
    *,
    read: int,
    accepted: int,
    rejected: int,
    unlocated: int,
    report: dict[str, Any],
) -> None:
    """Write what an import counted."""
    writer.execute(
        update(Edition)
        .where(Edition.id == edition_id)
        .values(
            rows_read=read,
            rows_accepted=accepted,
            rows_rejected=rejected,
            rows_unlocated=unlocated,
            report=report,
        )
    )


def set_active(writer: Writer, edition_id: int) -> EditionFacts:
    """Make an edition the active one of its dataset and tell every process.

    Raises:
        NotFound: there is none of that number.
        Conflict: it was discarded.
    """
    writer.lock(f"activate {show(writer, edition_id).dataset}")
    facts = show(writer, edition_id)
    if facts.state == "discarded":
        raise Conflict(
            f"Edition {edition_id} was discarded; its data are gone.",
            remedy="Import the file again.",
        )
    writer.execute(
        update(Edition)
        .where(Edition.dataset == facts.dataset, Edition.state == "active")
        .values(state="retired")
    )
    writer.execute(
        update(Edition)
        .where(Edition.id == edition_id)
        .values(state="active", activated_at=func.now())
    )
    writer.execute(select(func.pg_notify(CHANNEL, f"{facts.dataset} {edition_id}")))
    return show(writer, edition_id)


def retire(writer: Writer, edition_id: int) -> EditionFacts:
    """File a draft as a past edition: compared with and shown in series, but never in force. So the
    list of last year can be had without replacing today's.

    Raises:
        NotFound: there is none of that number.
        Conflict: it is active, or was discarded.
    """
    writer.lock(f"activate {show(writer, edition_id).dataset}")
    facts = show(writer, edition_id)
    if facts.state == "active":
        raise Conflict(
            f"Edition {edition_id} is the active edition of {facts.dataset}.",
            remedy="Activate another one; then this one is retired.",
        )
    if facts.state == "discarded":
        raise Conflict(
            f"Edition {edition_id} was discarded; its data are gone.",
            remedy="Import the file again.",
        )
    writer.execute(update(Edition).where(Edition.id == edition_id).values(state="retired"))
    return show(writer, edition_id)


def discard(writer: Writer, edition_id: int) -> EditionFacts:
    """Throw an edition's data away at once and keep its line in the book.

    Partitions are dropped, so the cost does not grow with the number of rows.

    Raises:
        NotFound: there is none of that number.
        Conflict: it is active.
    """
    # Whoever is activating it just now goes first.
    writer.lock(f"activate {show(writer, edition_id).dataset}")
    facts = show(writer, edition_id)
    if facts.state == "active":
        raise Conflict(
            f"Edition {edition_id} is the active edition of {facts.dataset}.",
            remedy="Activate another one first.",
        )
    assignments = writer.all(
        "SELECT id FROM assignment WHERE edition_id = :edition OR area_edition_id = :edition",
        edition=edition_id,
    )
    for row in assignments:
        partitions.drop(writer, "area_membership", row.id)
    writer.execute(
        "DELETE FROM assignment WHERE edition_id = :edition OR area_edition_id = :edition",
        {"edition": edition_id},
    )
    for table in Base.metadata.sorted_tables:
        if "edition_id" not in table.columns or table.name == "assignment":
            continue
        if table.dialect_options["postgresql"]["partition_by"]:
            partitions.drop(writer, table, edition_id)
        else:
            writer.execute(table.delete().where(table.c.edition_id == edition_id))
    writer.execute(update(Edition).where(Edition.id == edition_id).values(state="discarded"))
    return show(writer, edition_id)


def compare(reader: Reader, first: int, second: int) -> Comparison:
    """What changed between two editions of one dataset: the change over time.

    One SQL pass over both editions, joined by stable identity; rows are equal when all columns but
    the edition and the source row are.

    Raises:
        NotFound: one of them does not exist.
        Conflict: they are of different datasets, or one was discarded.
    """
    earlier, later = show(reader, first), show(reader, second)
    if earlier.dataset != later.dataset:
        raise Conflict(
            f"Edition {first} is of {earlier.dataset}, edition {second} of {later.dataset}.",
            remedy="Compare two editions of one dataset.",
        )
    for facts in (earlier, later):
        if facts.state == "discarded":
            raise Conflict(f"Edition {facts.id} was discarded; its data are gone.")
    table = Base.metadata.tables[TABLES[earlier.dataset]]
    kept = [
        f'"{column.name}"::text'
        for column in table.columns
        if column.name not in NOT_COMPARED and column.name != "id"
    ]
    # Streets have no natural key of their own; the piece itself is one.
    key = "md5(path::text)" if earlier.dataset == "streets" else "id"
    label = "name" if "name" in table.columns else "NULL::text"
    digest = f"hashtextextended(row({', '.join(kept)})::text, 0)"
    side = f'SELECT {key} AS key, {digest} AS digest, {label} AS label FROM "{table.name}"'
    joined = (
        f"WITH a AS ({side} WHERE edition_id = :first), b AS ({side} WHERE edition_id = :second) "
        "SELECT a.key AS a, b.key AS b, a.digest = b.digest AS same, "
        "coalesce(b.label, a.label) AS label FROM a FULL JOIN b ON a.key = b.key"
    )
    counts = reader.first(
        f"SELECT count(*) FILTER (WHERE a IS NULL) AS added, "
        f"count(*) FILTER (WHERE b IS NULL) AS removed, "
        f"count(*) FILTER (WHERE same) AS same, count(*) FILTER (WHERE NOT same) AS changed "
        f"FROM ({joined}) AS pairs",
        first=first,
        second=second,
    )
    if counts is None:  # pragma: no cover - an aggregate always gives one row
        raise NotFound("Nothing to compare.")
    names = reader.all(
        f"(SELECT 'added' AS side, label FROM ({joined}) AS p WHERE a IS NULL ORDER BY 2 LIMIT 5) "
        f"UNION ALL "
        f"(SELECT 'removed', label FROM ({joined}) AS p WHERE b IS NULL ORDER BY 2 LIMIT 5)",
        first=first,
        second=second,
    )
    figures: dict[str, tuple[float | None, float | None]] = {}
    if expressions := FIGURES.get(earlier.dataset):
        columns = ", ".join(f"{sql} AS {name}" for name, sql in expressions.items())
        query = f'SELECT {columns} FROM "{table.name}" WHERE edition_id = :edition'
        before = reader.first(query, edition=first)
        after = reader.first(query, edition=second)
        if before is not None and after is not None:
            figures = {
                name: (_number(getattr(before, name)), _number(getattr(after, name)))
                for name in expressions
            }
    return Comparison(
        dataset=earlier.dataset,
        earlier=earlier,
        later=later,
        added=counts.added,
        removed=counts.removed,
        changed=counts.changed,
        same=counts.same,
        examples_added=tuple(str(row.label) for row in names if row.side == "added"),
        examples_removed=tuple(str(row.label) for row in names if row.side == "removed"),
        figures=figures,
    )


FIGURES: Mapping[str, Mapping[str, str]] = {
    "enterprises": {
        "units": "count(*)",
        "units_unionised": "count(*) FILTER (WHERE union_state IN ('own', 'joint'))",
        "units_without_union": "count(*) FILTER (WHERE union_state = 'none')",
        "employees": "sum(employees)",
        "members": "sum(members)",
        "new_employment_workers": "sum(new_employment_workers)",
        "new_employment_members": "sum(new_employment_members)",
    },
    "stations": {
        "stations": "count(*)",
        "public": "count(*) FILTER (WHERE access = 'public')",
        "hours_unknown": "count(*) FILTER (WHERE opening_hours IS NULL)",
        "unlocated": "count(*) FILTER (WHERE location IS NULL)",
    },
    "streets": {"pieces": "count(*)", "kilometres": "round((sum(length) / 1000)::numeric, 1)"},
    "areas": {"areas": "count(*)", "without_boundary": "count(*) FILTER (WHERE boundary IS NULL)"},
    "candidate_sites": {"hosts": "count(*)", "agreed": "count(*) FILTER (WHERE agreed)"},
    "demand": {
        "points": "count(*)",
        "people_by_day": "sum((SELECT sum(hour) FROM unnest(people) AS hour))",
    },
}
"""The headline figures of each dataset that a comparison sets side by side."""


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def tell(writer: Writer, message: str) -> None:
    """Tell every process of a change that is not an edition (a station's dated status)."""
    writer.execute(
        text("SELECT pg_notify(:channel, :message)"), {"channel": CHANNEL, "message": message}
    )
