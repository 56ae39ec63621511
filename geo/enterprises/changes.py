"""Noting what became of a unit's union: founded, joined, ended; and taking it back.

In the same transaction the counts of all areas that hold the unit are brought up to date, and every
process is told. Whoever changes what is counted takes the turn of :mod:`geo.imports.activation`, so
changes go one after the other, and none falls between the reading and the activating of an edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy.exc import OperationalError

from geo import clusters, editions
from geo.areas.assign import find_assignment
from geo.coverage.keeping import add_difference, count_anew, counted_by
from geo.coverage.targets import Targets
from geo.database import Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.inforce import IN_FORCE, changes, units_in_force
from geo.errors import Busy, Conflict, Invalid, NotFound
from geo.files.codes import credit_codes
from geo.schema.enterprises import UNION_STATES

TURN = "put in force"
WAIT_SECONDS = 10
MOST_MEMBERS = 2_000_000
LONGEST = {"union_name": 200, "upper_union": 200, "note": 1000}
UNIONISED = ("own", "joint")


@dataclass(frozen=True)
class Change:
    """A change of a unit's union as it was noted; `holds` whether it is the one in force over the
    active edition. `name` is None where that edition does not have the unit."""

    id: int
    enterprise_id: int
    name: str | None
    since: date
    union_state: str
    union_name: str | None
    union_uscc: str | None
    upper_union: str | None
    members: int | None
    note: str | None
    noted_at: datetime
    noted_by: str
    revoked_at: datetime | None
    holds: bool


def note_change(
    writer: Writer,
    targets: Targets,
    enterprise_id: int,
    union_state: str,
    *,
    today: date,
    since: date | None = None,
    union_name: str | None = None,
    union_uscc: str | None = None,
    upper_union: str | None = None,
    members: int | None = None,
    note: str | None = None,
) -> Change:
    """Note what became of the union of a unit of the active edition.

    Args:
        writer: the transaction.
        targets: the thresholds areas are counted with.
        enterprise_id: which unit.
        union_state: what holds from now on, of :data:`geo.schema.UNION_STATES`.
        today: the present day where the unit is.
        since: from when; today if not given.
        union_name, union_uscc, upper_union: of the union; what is not given stays as the edition
            states it.
        members: how many members the union has in this unit; likewise.
        note: in words, such as where it is written.

    Raises:
        NotFound: no edition is active, or it has no such unit.
        Invalid: no such state; a day in the future, or before the edition's date; more members than
            employees; a union named where there is none; a text too long; no credit code.
        Conflict: it is so already.
        Busy: an edition is being put in force.

    Cost: some 20 ms, and 40 ms to look at the clusters around again.
    """
    told = _checked(union_state, union_name, union_uscc, upper_union, members, note)
    take_turn(writer)
    edition = editions.require_active(writer, "enterprises")
    unit = _unit(writer, edition, enterprise_id)
    day = _day(edition, since, today)
    _check_members(unit.employees, members)
    before = units_in_force(writer, edition, [enterprise_id])
    was = _state_of(writer, edition, enterprise_id)
    with writer.connection.begin_nested():
        number = writer.scalar(
            "INSERT INTO union_change (enterprise_id, since, noted_by, "
            f"{', '.join(told)}) VALUES (:enterprise, :since, :by, "
            f"{', '.join(f':{name}' for name in told)}) RETURNING id",
            enterprise=enterprise_id,
            since=day,
            by=str(writer.actor),
            **told,
        )
        change = _one(writer, number)
        if change.holds and _state_of(writer, edition, enterprise_id) == was:
            raise Conflict(
                f"“{unit.name}”已经是这样登记的。 Enterprise {enterprise_id} stands so already.",
                remedy="无需再登记。 There is nothing to note.",
            )
    _follow(writer, targets, edition, before, enterprise_id)
    return change


def revoke_change(
    writer: Writer, targets: Targets, change_id: int, enterprise_id: int | None = None
) -> Change:
    """Take a change back, as if it had not been noted; its line stays in the book.

    Args:
        writer: the transaction.
        targets: the thresholds areas are counted with.
        change_id: which one.
        enterprise_id: of this unit only.

    Raises:
        NotFound: there is none of that number (of that unit).
        Conflict: it was taken back before.
        Busy: an edition is being put in force.
    """
    take_turn(writer)
    change = _one(writer, change_id)
    if enterprise_id is not None and change.enterprise_id != enterprise_id:
        raise NotFound(
            f"单位 {enterprise_id} 没有变更 {change_id}。 Enterprise {enterprise_id} has no change "
            f"{change_id}.",
            remedy="请看该单位的变更记录。 See the history of that enterprise.",
        )
    if change.revoked_at is not None:
        raise Conflict(
            f"变更 {change_id} 已经撤销。 Change {change_id} was revoked before.",
            remedy="无需再撤销。 There is nothing to revoke.",
        )
    edition = editions.active(writer, "enterprises")
    before = None if edition is None else units_in_force(writer, edition, [change.enterprise_id])
    writer.execute(
        "UPDATE union_change SET revoked_at = now(), revision = DEFAULT WHERE id = :id",
        {"id": change_id},
    )
    if edition is not None and before is not None and len(before):
        _follow(writer, targets, edition, before, change.enterprise_id)
    else:
        editions.tell(writer, f"{editions.UNION}{change.enterprise_id}")
    return _one(writer, change_id)


def list_changes(
    reader: Reader,
    *,
    enterprise_id: int | None = None,
    with_revoked: bool = True,
    after: int | None = None,
    limit: int = 100,
) -> list[Change]:
    """Changes as they were noted, the last first.

    Args:
        reader: the transaction.
        enterprise_id: of this unit only.
        with_revoked: those that were taken back, too.
        after: only numbers below this one.
        limit: how many at most.
    """
    where = ["TRUE"]
    values: dict[str, Any] = {"limit": limit}
    if enterprise_id is not None:
        where.append("c.enterprise_id = :enterprise")
        values["enterprise"] = enterprise_id
    if not with_revoked:
        where.append("c.revoked_at IS NULL")
    if after is not None:
        where.append("c.id < :after")
        values["after"] = after
    rows = reader.all(
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY c.id DESC LIMIT :limit", **values
    )
    return [Change(**row_of) for row_of in map(_named, rows)]


def take_turn(writer: Writer) -> None:
    """Wait for whoever else changes what is counted, but not for long.

    Raises:
        Busy: an edition is being put in force.
    """
    writer.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    try:
        writer.lock(TURN)
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) == "55P03":
            raise Busy(
                "正在启用新的数据版本。 Another edition is being put in force.",
                remedy="请稍后再试。 Try again in a minute.",
            ) from error
        raise
    writer.execute("SET LOCAL lock_timeout = 0")


def _follow(
    writer: Writer, targets: Targets, edition: EditionFacts, before: Any, enterprise_id: int
) -> None:
    """What hangs on a change: the counts, the clusters around, and telling every process."""
    after = units_in_force(writer, edition, [enterprise_id])
    areas = editions.active(writer, "areas")
    assignment = None if areas is None else find_assignment(writer, edition.id, areas.id)
    if areas is not None and assignment is not None:
        if counted_by(writer, assignment) == targets.mark:
            add_difference(writer, edition, assignment, areas.id, before, after, targets)
        else:
            count_anew(writer, edition, assignment, areas.id, targets)
    if (before.state != after.state).any():
        clusters.rescan(writer, edition.id, [enterprise_id])
    editions.tell(writer, f"{editions.UNION}{enterprise_id}")


def _checked(
    union_state: str,
    union_name: str | None,
    union_uscc: str | None,
    upper_union: str | None,
    members: int | None,
    note: str | None,
) -> Mapping[str, Any]:
    """What is told, in columns of the table."""
    if union_state not in UNION_STATES:
        raise Invalid(
            f"没有“{union_state}”这种建会状态。 '{union_state}' is not a union state.",
            remedy=f"可选 / Use one of {', '.join(UNION_STATES)}.",
            field="union_state",
        )
    texts = {"union_name": union_name, "upper_union": upper_union, "note": note}
    told: dict[str, Any] = {"union_state": union_state, "members": members}
    for name, given in texts.items():
        text = (given or "").strip()
        if len(text) > LONGEST[name] or "\0" in text:
            raise Invalid(
                f"最多 {LONGEST[name]} 字，不含空字符。 At most {LONGEST[name]} characters, "
                "none of them null.",
                remedy="请写得短些。 Say it shorter.",
                field=name,
            )
        told[name] = text or None
    told["union_uscc"] = _credit_code(union_uscc)
    if members is not None and not 0 <= members <= MOST_MEMBERS:
        raise Invalid(
            f"会员人数须在 0 至 {MOST_MEMBERS} 之间。 Members are 0 to {MOST_MEMBERS}.",
            remedy="请核对。 Check the number.",
            field="members",
        )
    if union_state in ("none", "unknown"):
        for name in ("union_name", "union_uscc", "upper_union", "members"):
            if told[name]:
                raise Invalid(
                    f"没有工会（或不详）时不填这一项。 There is no {name.replace('_', ' ')} where "
                    f"the state is '{union_state}'.",
                    remedy="请改状态或去掉这一项。 Change the state, or leave it out.",
                    field=name,
                )
    return told


def _credit_code(text: str | None) -> str | None:
    text = (text or "").strip()
    if not text:
        return None
    parsed = credit_codes(pa.array([text], type=pa.large_string()))
    for fault in parsed.faults:
        raise Invalid(
            f"{fault.reason_zh}。 {fault.reason}.",
            remedy=f"{fault.remedy_zh}。 {fault.remedy}.",
            field="union_uscc",
        )
    return str(parsed.values[0].as_py())


def _check_members(employees: int | None, members: int | None) -> None:
    if members is not None and employees is not None and members > employees:
        raise Invalid(
            f"会员 {members} 人多于该单位职工 {employees} 人。 {members} members are more than the "
            f"{employees} employees of this unit.",
            remedy="请核对；职工人数有变时先更新名册。 Check the number; if the employees changed, "
            "load a new list first.",
            field="members",
        )


def _day(edition: EditionFacts, since: date | None, today: date) -> date:
    latest = max(today, edition.as_of)
    if since is None:
        return latest
    if since > latest:
        raise Invalid(
            f"{since} 还没有到。 {since} is in the future.",
            remedy="到那天再登记。 Note it when it has happened.",
            field="since",
        )
    if since < edition.as_of:
        raise Invalid(
            f"{since} 早于现行名册的日期 {edition.as_of}，以名册为准。 {since} is before the date "
            f"of the list in force, {edition.as_of}, which tells what held then.",
            remedy="名册有误时请更正后重新导入。 If the list is wrong, correct it and load it "
            "again.",
            field="since",
        )
    return since


def _unit(reader: Reader, edition: EditionFacts, enterprise_id: int) -> Any:
    row = reader.first(
        "SELECT name, employees FROM enterprise WHERE edition_id = :edition AND id = :id",
        edition=edition.id,
        id=enterprise_id,
    )
    if row is None:
        raise NotFound(
            f"名册中没有单位 {enterprise_id}。 Edition {edition.id} has no enterprise "
            f"{enterprise_id}.",
            remedy="请在企业列表中查找（/api/enterprises?q=…）。 "
            "Look it up among the enterprises (/api/enterprises?q=…).",
        )
    return row


def _state_of(reader: Reader, edition: EditionFacts, enterprise_id: int) -> tuple[Any, ...]:
    """All that is in force of the union of one unit."""
    held = changes(edition.as_of, f"AND enterprise_id = {int(enterprise_id)}")
    row = reader.first(
        f"SELECT {', '.join(IN_FORCE.values())} FROM enterprise e LEFT JOIN ({held}) c "
        "ON c.enterprise_id = e.id WHERE e.edition_id = :edition AND e.id = :id",
        edition=edition.id,
        id=enterprise_id,
    )
    return () if row is None else tuple(row)


_ACTIVE = "(SELECT {} FROM edition WHERE dataset = 'enterprises' AND state = 'active')"
_SELECT = f"""
SELECT c.id, c.enterprise_id, e.name, c.since, c.union_state, c.union_name, c.union_uscc,
  c.upper_union, c.members, c.note, c.noted_at, c.noted_by, c.revoked_at,
  c.revoked_at IS NULL AND e.id IS NOT NULL AND c.since >= {_ACTIVE.format("as_of")}
  AND NOT EXISTS (SELECT FROM union_change o WHERE o.enterprise_id = c.enterprise_id
    AND o.revoked_at IS NULL AND (o.since, o.id) > (c.since, c.id)) AS holds
FROM union_change c
LEFT JOIN enterprise e ON e.edition_id = {_ACTIVE.format("id")} AND e.id = c.enterprise_id
"""


def _named(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Change.__dataclass_fields__}


def _one(reader: Reader, change_id: int) -> Change:
    row = reader.first(f"{_SELECT} WHERE c.id = :id", id=change_id)
    if row is None:
        raise NotFound(
            f"没有变更 {change_id}。 There is no change {change_id}.",
            remedy="`nuanyi unions changes` 列出全部变更 / lists them all.",
        )
    return Change(**_named(row))
