"""Saved scenarios: making, listing, naming, copying, deleting, and how far each has come."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final

from geo.database import Reader, Writer
from geo.errors import Conflict, NotFound
from geo.siting.plans.remembering import Earlier
from geo.siting.question import Question

LONGEST_NAME: Final = 120
NUMBERED: Final = re.compile(r" \(\d+\)$")
"""The end of a copy's name."""
MOST_PLANS: Final = 2_000
STALE_SECONDS: Final = 15
"""So long without a beat a running plan counts as interrupted."""
ENDED: Final = ("done", "stopped", "failed", "interrupted")


@dataclass(frozen=True)
class Scenario:
    """A plan as it is kept; `facts` and `history` are None in lists."""

    id: int
    name: str
    state: str
    question: dict[str, Any]
    editions: list[Any] | None
    progress: dict[str, Any] | None
    answer: dict[str, Any] | None
    problem: dict[str, Any] | None
    summary: dict[str, Any] | None
    has_proof: bool
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    revision: int
    history: list[Any] | None = None
    facts: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come by itself."""
        return self.state in ENDED


_STATE = (
    f"CASE WHEN state = 'running' AND beat_at < now() - interval '{STALE_SECONDS} seconds' "
    "THEN 'interrupted' ELSE state END AS state"
)
_COLUMNS = (
    f"id, name, {_STATE}, question, editions, progress, answer, problem, "
    "CASE WHEN facts IS NULL THEN NULL ELSE facts - 'sites' - 'districts' END AS summary, "
    "proof IS NOT NULL AS has_proof, created_at, created_by, started_at, finished_at, revision"
)


@dataclass(frozen=True)
class Claim:
    """A scenario to be worked out, and the one it is an edit of."""

    id: int
    question: Question
    earlier: Earlier | None


def make(
    writer: Writer, name: str | None, question: Question, begin_from: int | None = None
) -> int:
    """A new scenario that waits to be worked out; its number.

    Args:
        begin_from: the plan that it is an edit of; one that is gone is as good as none.

    Raises:
        Conflict: there are too many.
    """
    if (writer.scalar("SELECT count(*) FROM siting_plan") or 0) >= MOST_PLANS:
        raise Conflict(
            f"方案已有 {MOST_PLANS} 个。 There are {MOST_PLANS} plans already.",
            remedy="先删除不用的方案。 Delete some first.",
        )
    number = writer.scalar(
        "INSERT INTO siting_plan (name, question, created_by, begin_from) "
        "VALUES (:name, CAST(:question AS jsonb), :by, "
        "(SELECT id FROM siting_plan WHERE id = :begin_from)) RETURNING id",
        name=(name or "").strip()[:LONGEST_NAME],
        question=question.model_dump_json(),
        by=str(writer.actor),
        begin_from=begin_from,
    )
    if not (name or "").strip():
        writer.execute(
            "UPDATE siting_plan SET name = :name WHERE id = :id",
            {"name": f"方案 {number}", "id": number},
        )
    return int(number)


def show(reader: Reader, plan_id: int) -> Scenario:
    """One scenario with all that is known of it.

    Raises:
        NotFound: there is none of that number.
    """
    row = reader.first(
        f"SELECT {_COLUMNS}, history, facts FROM siting_plan WHERE id = :id", id=plan_id
    )
    if row is None:
        raise no_plan(plan_id)
    return Scenario(**row._asdict())


def brief(reader: Reader, plan_id: int) -> Scenario:
    """The same without history and facts: cheap enough to be looked at again and again."""
    row = reader.first(f"SELECT {_COLUMNS} FROM siting_plan WHERE id = :id", id=plan_id)
    if row is None:
        raise no_plan(plan_id)
    return Scenario(**row._asdict())


def listed(reader: Reader, after: int | None, limit: int) -> Sequence[Scenario]:
    """Scenarios, the newest first; with `after`, older ones than that."""
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM siting_plan WHERE CAST(:after AS int) IS NULL OR id < :after "
        "ORDER BY id DESC LIMIT :limit",
        after=after,
        limit=limit,
    )
    return [Scenario(**row._asdict()) for row in rows]


def proof_of(reader: Reader, plan_id: int) -> bytes:
    """The certificate with its pairs, gzip.

    Raises:
        NotFound: no such plan, or it has none.
    """
    brief(reader, plan_id)
    proof = reader.scalar("SELECT proof FROM siting_plan WHERE id = :id", id=plan_id)
    if proof is None:
        raise NotFound(
            f"方案 {plan_id} 没有证明文件。 Plan {plan_id} has no certificate.",
            remedy="算完且规模不太大的方案才有。 "
            "Finished plans have one, unless they are too large.",
        )
    return bytes(proof)


def reached_of(reader: Reader, plan_id: int) -> bytes | None:
    """Whom it reached when it was worked out, see :func:`geo.siting.plans.whom.whom`; None where
    that was not kept."""
    kept = reader.scalar("SELECT reached FROM siting_plan WHERE id = :id", id=plan_id)
    return None if kept is None else bytes(kept)


def rename(writer: Writer, plan_id: int, name: str) -> None:
    """Give it another name.

    Raises:
        NotFound: there is none of that number.
    """
    brief(writer, plan_id)
    writer.execute(
        "UPDATE siting_plan SET name = :name, revision = revision + 1 WHERE id = :id",
        {"id": plan_id, "name": name.strip()[:LONGEST_NAME]},
    )


def copy(writer: Writer, plan_id: int, name: str | None = None) -> int:
    """The same question as a new scenario, which waits to be worked out; its number.

    Raises:
        NotFound, Conflict: as :func:`show` and :func:`make`.
    """
    plan = brief(writer, plan_id)
    question = Question.model_validate(plan.question)
    return make(writer, name or _next_name(writer, plan.name), question)


def _next_name(reader: Reader, name: str) -> str:
    """`name (2)`, or the first number after it that no plan of this name has."""
    stem = NUMBERED.sub("", name)
    taken = {row.name for row in reader.all("SELECT name FROM siting_plan")}
    endings = (f" ({number})" for number in count(2))
    made = (stem[: LONGEST_NAME - len(one)] + one for one in endings)
    return next(one for one in made if one not in taken)


def delete(writer: Writer, plan_id: int) -> None:
    """Delete it; whoever works it out notices. Its tasks stay.

    Raises:
        NotFound: there is none of that number.
    """
    brief(writer, plan_id)
    writer.execute("DELETE FROM siting_plan WHERE id = :id", {"id": plan_id})


def ask_to_stop(writer: Writer, plan_id: int) -> None:
    """Stop it with the best so far; one that still waits is stopped at once.

    Raises:
        NotFound: there is none of that number.
    """
    brief(writer, plan_id)
    writer.execute(
        "UPDATE siting_plan SET stop_asked = (state = 'running'), revision = revision + 1, "
        "finished_at = CASE WHEN state = 'waiting' THEN now() ELSE finished_at END, "
        "state = CASE WHEN state = 'waiting' THEN 'stopped' ELSE state END "
        "WHERE id = :id AND state IN ('waiting', 'running')",
        {"id": plan_id},
    )


def run_again(writer: Writer, plan_id: int) -> None:
    """Work it out anew, with the editions in force now, and from nothing.

    Raises:
        NotFound: there is none of that number.
        Conflict: it is being worked out.
    """
    if not brief(writer, plan_id).ended:
        raise Conflict(
            f"方案 {plan_id} 正在计算。 Plan {plan_id} is being worked out.",
            remedy="先停止它。 Stop it first.",
        )
    writer.execute(
        "UPDATE siting_plan SET state = 'waiting', stop_asked = false, progress = NULL, "
        "history = NULL, answer = NULL, facts = NULL, problem = NULL, proof = NULL, "
        "reached = NULL, editions = NULL, begin_from = NULL, started_at = NULL, "
        "finished_at = NULL, beat_at = NULL, revision = revision + 1 WHERE id = :id",
        {"id": plan_id},
    )


# ---------------------------------------------------------------------- for whoever works it out
def mark_interrupted(writer: Writer) -> int:
    """Write down which running plans nobody works at any more; how many."""
    done = writer.execute(
        "UPDATE siting_plan SET state = 'interrupted', finished_at = now(), "
        "revision = revision + 1 WHERE state = 'running' "
        f"AND beat_at < now() - interval '{STALE_SECONDS} seconds'"
    )
    return int(done.rowcount)


def claim(writer: Writer) -> Claim | None:
    """The oldest plan that waits, now running; None where none does. Two processes never get the
    same."""
    row = writer.first(
        "UPDATE siting_plan AS plan SET state = 'running', started_at = now(), beat_at = now(), "
        "revision = revision + 1 WHERE id = (SELECT id FROM siting_plan WHERE state = 'waiting' "
        "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, question, begin_from, "
        "(SELECT earlier.answer -> 'sites' FROM siting_plan AS earlier "
        "WHERE earlier.id = plan.begin_from) AS sites"
    )
    if row is None:
        return None
    earlier = Earlier(int(row.begin_from), row.sites) if row.sites else None
    return Claim(int(row.id), Question.model_validate(row.question), earlier)


def beat(writer: Writer, plan_id: int, progress: dict[str, Any] | None) -> bool | None:
    """Note that it is worked at, and how far it has come (None: nothing new).

    Returns:
        Whether it shall stop; None: it was deleted.
    """
    row = writer.first(
        "UPDATE siting_plan SET beat_at = now(), "
        "progress = coalesce(CAST(:progress AS jsonb), progress), "
        "revision = revision + CASE WHEN CAST(:progress AS jsonb) IS NULL THEN 0 ELSE 1 END "
        "WHERE id = :id AND state = 'running' RETURNING stop_asked",
        id=plan_id,
        progress=None if progress is None else as_json(progress),
    )
    return None if row is None else bool(row.stop_asked)


def finish(writer: Writer, plan_id: int, state: str, **values: Any) -> datetime | None:
    """Write the end: `answer`, `facts`, `problem`, `history`, `editions` as JSON, `proof` and
    `reached` as bytes.

    Returns:
        When that was; None: nobody waits for it any more.
    """
    given = {name: value for name, value in values.items() if value is not None}
    columns = "".join(
        f", {name} = " + (f":{name}" if isinstance(value, bytes) else f"CAST(:{name} AS jsonb)")
        for name, value in given.items()
    )
    row = writer.execute(
        f"UPDATE siting_plan SET state = :state, finished_at = now(), "
        f"revision = revision + 1{columns} WHERE id = :id AND state = 'running' "
        f"RETURNING finished_at",
        {
            "id": plan_id,
            "state": state,
            **{
                name: value if isinstance(value, bytes) else as_json(value)
                for name, value in given.items()
            },
        },
    ).first()
    return None if row is None else row.finished_at


def add_facts(writer: Writer, plan_id: int, finished_at: datetime, facts: dict[str, Any]) -> None:
    """Write what was found out about a plan after its end; not if it was worked out anew since."""
    writer.execute(
        "UPDATE siting_plan SET facts = CAST(:facts AS jsonb), revision = revision + 1 "
        "WHERE id = :id AND finished_at = :finished_at AND facts IS NOT NULL",
        {"id": plan_id, "finished_at": finished_at, "facts": as_json(facts)},
    )


def as_json(value: object) -> str:
    """JSON that PostgreSQL takes: no NaN, no infinity."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def no_plan(plan_id: int) -> NotFound:
    """What to say of a plan that is not there."""
    return NotFound(
        f"没有方案 {plan_id}。 There is no plan {plan_id}.",
        remedy="从方案列表中另选（/api/siting/plans）。 "
        "Take another of the list of plans (/api/siting/plans).",
        field="plan_id",
    )
