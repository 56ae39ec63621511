"""What is done about a chosen plan: each site a task, from the first talk with the host to opening
(:mod:`geo.siting.plans.opening`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from geo.database import Reader, Writer
from geo.errors import Conflict, NotFound
from geo.siting.ground.reading import said_of_hosts
from geo.siting.plans import scenarios
from geo.siting.plans.furnishing import NOTHING, Furnished, furnished, hosts_by_id, standing_by_id

LONGEST_NOTE: Final = 1000


@dataclass(frozen=True)
class Task:
    """A task as it is kept; `replacements`: who could stand in, as the plan's facts have it, but
    for hosts that declined since. `hours_text` and `services`: as stated for the station, None
    where nobody did; `furnished`: with what the register knows; of what opened, what its station
    says."""

    id: int
    plan_id: int | None
    site: str
    candidate_id: int | None
    name: str
    host_type: str | None
    chain: str | None
    address: str | None
    lon: float
    lat: float
    cost: float | None
    open_24h: bool
    state: str
    note: str | None
    hours_text: str | None
    services: list[str] | None
    station_id: int | None
    created_at: datetime
    changed_at: datetime
    changed_by: str
    replacements: list[dict[str, Any]] = field(default_factory=list)
    furnished: Furnished = NOTHING


COLUMNS = ", ".join(
    name for name in Task.__dataclass_fields__ if name not in ("replacements", "furnished")
)


def make_tasks(
    writer: Writer, plan_id: int, sites: Sequence[int | str] | None = None
) -> list[Task]:
    """A task for each site of a plan, or some of them; those there are already stay as they are.

    Raises:
        NotFound: no such plan, or it has no such site.
        Conflict: it has no answer.
    """
    plan = scenarios.show(writer, plan_id)
    if plan.facts is None:
        raise Conflict(
            f"方案 {plan_id} 还没有结果。 Plan {plan_id} has no answer yet.",
            remedy="等它算完。 Wait until it is done.",
        )
    found = {str(one["id"]): one for one in plan.facts["sites"]}
    wanted = list(found) if sites is None else [str(one) for one in sites]
    for one in wanted:
        if one not in found:
            raise NotFound(
                f"方案 {plan_id} 没有站点 {one}。 Plan {plan_id} has no site {one}.",
                remedy="站点见方案的 facts.sites。 Its sites are in `facts.sites`.",
                field="sites",
            )
    there = {task.site for task in listed(writer, plan_id=plan_id, limit=100_000)}
    for one in wanted:
        if one in there:
            continue
        site = found[one]
        writer.execute(
            "INSERT INTO siting_task (plan_id, site, candidate_id, name, host_type, chain, "
            "address, lon, lat, cost, open_24h, changed_by) VALUES (:plan, :site, :candidate, "
            ":name, :host_type, :chain, :address, :lon, :lat, :cost, :open_24h, :by)",
            {
                "plan": plan_id,
                "site": one,
                "candidate": site["id"] if isinstance(site["id"], int) else None,
                "by": str(writer.actor),
                **{
                    name: site[name]
                    for name in (
                        "name", "host_type", "chain", "address", "lon", "lat", "cost", "open_24h"
                    )
                },
            },
        )  # fmt: skip
    return listed(writer, plan_id=plan_id, limit=100_000)


def listed(
    reader: Reader,
    *,
    plan_id: int | None = None,
    state: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[Task]:
    """Tasks by number; of one plan, or in one state."""
    rows = reader.all(
        f"SELECT {COLUMNS} FROM siting_task WHERE id > :after "
        "AND (CAST(:plan AS int) IS NULL OR plan_id = :plan) "
        "AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY id LIMIT :limit",
        after=after or 0,
        plan=plan_id,
        state=state,
        limit=limit,
    )
    return whole(reader, [Task(**row._asdict()) for row in rows])


def get_task(reader: Reader, task_id: int) -> Task:
    """One task.

    Raises:
        NotFound: there is none of that number.
    """
    row = reader.first(f"SELECT {COLUMNS} FROM siting_task WHERE id = :id", id=task_id)
    if row is None:
        raise NotFound(
            f"没有任务 {task_id}。 There is no task {task_id}.",
            remedy="从任务列表中另选（/api/siting/tasks）。 "
            "Take another of the list of tasks (/api/siting/tasks).",
            field="task_id",
        )
    return whole(reader, [Task(**row._asdict())])[0]


def whole(reader: Reader, found: list[Task]) -> list[Task]:
    """Tasks with what is known of them: what opened as its station in force says, what has not as
    the register does; and who could stand in, as the plan says."""
    stands = standing_by_id(reader, [task.station_id for task in found if task.station_id])
    with_facts = [
        replace(task, furnished=stands[task.station_id].furnished)
        if task.state == "opened" and task.station_id in stands
        else task
        for task in stated(reader, found)
    ]
    return _with_replacements(reader, with_facts)


def stated(reader: Reader, found: list[Task]) -> list[Task]:
    """Tasks with what is stated for their stations, and else what the register says."""
    ids = [task.candidate_id for task in found if task.candidate_id is not None]
    hosts = hosts_by_id(reader, ids)
    return [
        replace(
            task,
            furnished=furnished(
                task.hours_text, task.services, task.open_24h, hosts.get(task.candidate_id or -1)
            ),
        )
        for task in found
    ]


def _with_replacements(reader: Reader, found: list[Task]) -> list[Task]:
    rows = reader.all(
        "SELECT task.id, fact -> 'replacements' AS replacements FROM siting_task AS task "
        "JOIN siting_plan AS plan ON plan.id = task.plan_id "
        "CROSS JOIN LATERAL jsonb_array_elements(plan.facts -> 'sites') AS fact "
        "WHERE task.id = ANY(:tasks) AND fact ->> 'id' = task.site",
        tasks=[task.id for task in found if task.plan_id is not None and task.state != "opened"],
    )
    said = said_of_hosts(reader)
    ready = {
        row.id: [
            one
            for one in row.replacements or []
            if (word := said.get(one["id"])) is None or (word.agreed and word.station is None)
        ]
        for row in rows
    }
    return [replace(task, replacements=ready.get(task.id, [])) for task in found]
