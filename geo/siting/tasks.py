"""What is done about a chosen plan: each site a task, from the first talk with the host to opening.

A site that opened becomes a station: an edition of stations that is the one in force and the new
station, put in force at once, so that it is found, counted and drawn like any other; going back is
activating the edition before. A later list that lacks it is made whole by :func:`publish_opened`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from geo import editions
from geo.database import Reader, Writer
from geo.errors import Conflict, Invalid, NotFound
from geo.files.identity import stable_ids
from geo.imports import activation
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.schema import Station
from geo.schema.plans import TASK_STATES
from geo.settings import Settings
from geo.siting import scenarios
from geo.siting.city import Said
from geo.siting.furnishing import (
    NOTHING,
    Furnished,
    checked_services,
    furnished,
    hosts_by_id,
    understood,
)
from geo.stations.duplicates import find_duplicates

LONGEST_NOTE: Final = 1000
MARK: Final = " + 新建驿站 opened "


@dataclass(frozen=True)
class Task:
    """A task as it is kept; `replacements`: who could stand in, as the plan's facts have it, but
    for hosts that declined since. `hours_text` and `services`: as stated for the station, None
    where nobody did; `furnished`: with what the register knows."""

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


_COLUMNS = ", ".join(
    name for name in Task.__dataclass_fields__ if name not in ("replacements", "furnished")
)


def said_of_hosts(reader: Reader) -> dict[int, Said]:
    """What hosts said when somebody talked with them about a plan, by the candidate's id: the last
    word of each."""
    rows = reader.all(
        "SELECT DISTINCT ON (candidate_id) candidate_id, state <> 'declined' AS agreed, "
        "changed_at FROM siting_task WHERE candidate_id IS NOT NULL "
        "AND state IN ('agreed', 'opened', 'declined') "
        "ORDER BY candidate_id, changed_at DESC, id DESC"
    )
    return {int(row.candidate_id): Said(bool(row.agreed), row.changed_at) for row in rows}


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
        f"SELECT {_COLUMNS} FROM siting_task WHERE id > :after "
        "AND (CAST(:plan AS int) IS NULL OR plan_id = :plan) "
        "AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY id LIMIT :limit",
        after=after or 0,
        plan=plan_id,
        state=state,
        limit=limit,
    )
    return _whole(reader, [Task(**row._asdict()) for row in rows])


def get_task(reader: Reader, task_id: int) -> Task:
    """One task.

    Raises:
        NotFound: there is none of that number.
    """
    row = reader.first(f"SELECT {_COLUMNS} FROM siting_task WHERE id = :id", id=task_id)
    if row is None:
        raise NotFound(
            f"没有任务 {task_id}。 There is no task {task_id}.",
            remedy="从任务列表中另选（/api/siting/tasks）。 "
            "Take another of the list of tasks (/api/siting/tasks).",
            field="task_id",
        )
    return _whole(reader, [Task(**row._asdict())])[0]


def _whole(reader: Reader, found: list[Task]) -> list[Task]:
    """The same with what the register and the plan know."""
    ids = [task.candidate_id for task in found if task.candidate_id is not None]
    hosts = hosts_by_id(reader, ids)
    with_hosts = [
        replace(
            task,
            furnished=furnished(
                task.hours_text, task.services, task.open_24h, hosts.get(task.candidate_id or -1)
            ),
        )
        for task in found
    ]
    return _with_replacements(reader, with_hosts)


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
            one for one in row.replacements or [] if one["id"] not in said or said[one["id"]].agreed
        ]
        for row in rows
    }
    return [replace(task, replacements=ready.get(task.id, [])) for task in found]


def change_task(
    writer: Writer,
    settings: Settings,
    task_id: int,
    *,
    state: str | None = None,
    note: str | None = None,
    hours_text: str | None = None,
    services: Sequence[str] | None = None,
    progress: Progress = SILENT,
) -> Task:
    """Note how far it has come. `opened` makes it a station at once.

    Args:
        hours_text: when the station is open; "" for as the register has it.
        services: what it offers.

    Raises:
        NotFound: there is none of that number.
        Invalid: no such state or service, or hours that are not understood.
        Conflict: it has opened already, and stations are changed as stations.
    """
    task = get_task(writer, task_id)
    if state is not None and state not in TASK_STATES:
        raise Invalid(
            f"没有状态“{state}”。 '{state}' is not a state of a task.",
            remedy=f"可用 / use one of {', '.join(TASK_STATES)}.",
            field="state",
        )
    facts = hours_text is not None or services is not None
    if task.state == "opened" and (facts or state not in (None, "opened")):
        raise Conflict(
            f"任务 {task_id} 已建成驿站 {task.station_id}。 "
            f"Task {task_id} is station {task.station_id} already.",
            remedy="关闭驿站请登记驿站状态，改开放时间和服务请重新导入驿站。 To close it, set the "
            "station's status: `nuanyi stations status`; its hours and services come with a list "
            "of stations.",
        )
    hours = None if hours_text is None else hours_text.strip()
    if hours:
        understood(hours)
    writer.execute(
        "UPDATE siting_task SET state = coalesce(:state, state), note = coalesce(:note, note), "
        "hours_text = nullif(coalesce(:hours_text, hours_text), ''), "
        "services = coalesce(CAST(:services AS text[]), services), "
        "changed_at = now(), changed_by = :by WHERE id = :id",
        {
            "id": task_id,
            "state": state,
            "note": note,
            "hours_text": hours,
            "services": None if services is None else checked_services(services),
            "by": str(writer.actor),
        },
    )
    if state == "opened" and task.state != "opened":
        publish_opened(writer, settings, progress)
    return get_task(writer, task_id)


def publish_opened(writer: Writer, settings: Settings, progress: Progress = SILENT) -> int:
    """Put an edition of stations in force that has all sites that opened: when one opens, and again
    after a list was imported that lacks some.

    Returns:
        How many the edition in force lacked; 0: nothing was done.

    Cost: a copy of the edition in force, and laying its stations over the areas: some seconds for
    25,000 stations.
    """
    take_turn(writer, "import stations", progress)
    base = editions.active(writer, "stations")
    for task in listed(writer, state="opened", limit=100_000):
        if task.station_id is None:
            writer.execute(
                "UPDATE siting_task SET station_id = :station WHERE id = :id",
                {"id": task.id, "station": _identity(task)},
            )
    rows = writer.all(
        f"SELECT {_COLUMNS} FROM siting_task t WHERE state = 'opened' AND NOT EXISTS "
        "(SELECT FROM station s WHERE s.edition_id = :base AND s.id = t.station_id) "
        "AND id IN (SELECT min(id) FROM siting_task WHERE state = 'opened' "
        "GROUP BY station_id) ORDER BY id",
        base=-1 if base is None else base.id,
    )
    missing = _whole(writer, [Task(**row._asdict()) for row in rows])
    if not missing:
        return 0
    opened = "-".join(str(task.id) for task in missing)
    digest = f"{0 if base is None else base.id}+opened-{opened}"
    same = editions.same_content(writer, "stations", digest)
    if same is not None:
        activation.put_in_force(writer, settings, same.id, progress)
        return len(missing)
    edition = editions.open_draft(
        writer,
        "stations",
        as_of=activation.today(),
        source=f"{'' if base is None else base.source.split(MARK)[0]}{MARK}{len(missing)}".strip(),
        content_hash=digest,
        declared_crs="wgs84",
    )
    carried = 0 if base is None else _carry_over(writer, edition, base.id)
    for task in missing:
        _insert(writer, edition, task)
    duplicates = find_duplicates(writer, edition)
    count = carried + len(missing)
    report: dict[str, Any] = {} if base is None else dict(base.report)
    editions.record_counts(
        writer,
        edition,
        read=count,
        accepted=count,
        rejected=0,
        unlocated=0 if base is None else base.rows_unlocated,
        report={**report, "duplicates": duplicates, "opened": [task.id for task in missing]},
    )
    activation.put_in_force(writer, settings, edition, progress)
    return len(missing)


def _identity(task: Task) -> int:
    """As an import gives it to a row of this name and address."""
    return int(stable_ids(np.array([task.name]), np.array([task.address or f"task {task.id}"]))[0])


def _carry_over(writer: Writer, edition: int, base: int) -> int:
    columns = ", ".join(
        f'"{column.name}"' for column in Station.__table__.columns if column.name != "edition_id"
    )
    done = writer.execute(
        f"INSERT INTO station (edition_id, {columns}) SELECT :edition, {columns} FROM station "
        "WHERE edition_id = :base",
        {"edition": edition, "base": base},
    )
    return int(done.rowcount)


def _insert(writer: Writer, edition: int, task: Task) -> None:
    known = task.furnished
    writer.execute(
        "INSERT INTO station (edition_id, id, kind, name, address, host, network_brand, access, "
        "services, hours_text, opening_hours, capacity, floor_square_metres, location, original_x, "
        "original_y, original_crs, located_by, source_key) VALUES (:edition, :id, 'warm_station', "
        ":name, :address, :name, :chain, 'public', :services, :hours_text, :opening_hours, "
        ":capacity, :floor, ST_Point(:lon, :lat, 4326), :lon, :lat, 'wgs84', 'coordinates', :key)",
        {
            "edition": edition,
            "id": task.station_id,
            "name": task.name,
            "address": task.address,
            "chain": task.chain,
            "services": known.services,
            "hours_text": known.hours_text,
            "opening_hours": known.opening_hours,
            "capacity": known.capacity,
            "floor": known.floor_square_metres,
            "lon": task.lon,
            "lat": task.lat,
            "key": f"siting-task-{task.id}",
        },
    )
