"""How far a task has come; and what opened becomes a station.

An edition of stations is made, the one in force and the new station, and put in force at once, so
that it is found, counted and drawn like any other; going back is activating the edition before. A
later list that lacks it is made whole by :func:`publish_opened`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from geo import editions
from geo.database import Writer
from geo.editions import EditionFacts
from geo.errors import Conflict, Invalid
from geo.files.identity import stable_ids
from geo.imports import activation
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress
from geo.schema import Station
from geo.schema.plans import TASK_STATES
from geo.settings import Settings
from geo.siting.plans.furnishing import Furnished, checked_services, standing_by_id, understood
from geo.siting.plans.tasks import COLUMNS, Task, get_task, listed, stated
from geo.stations.duplicates import find_duplicates

MARK: Final = " + 新建驿站 opened "
KEY: Final = "siting-task-"
"""What keys of stations begin with that tasks have made; the number of the task follows."""


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
        services: what it offers. Either after it opened: the station is set right at once.

    Raises:
        NotFound: there is none of that number.
        Invalid: no such state or service, or hours that are not understood.
        Conflict: it has opened already, and is closed as a station; or the list in force says
            itself what this station offers.

    Cost: of opening and of setting right that of :func:`publish_opened`.
    """
    # Two who change one task take turns.
    writer.first("SELECT id FROM siting_task WHERE id = :id FOR UPDATE", id=task_id)
    task = get_task(writer, task_id)
    if state is not None and state not in TASK_STATES:
        raise Invalid(
            f"没有状态“{state}”。 '{state}' is not a state of a task.",
            remedy=f"可用 / use one of {', '.join(TASK_STATES)}.",
            field="state",
        )
    facts = hours_text is not None or services is not None
    if task.state == "opened" and state not in (None, "opened"):
        raise Conflict(
            f"任务 {task_id} 已建成驿站 {task.station_id}。 "
            f"Task {task_id} is station {task.station_id} already.",
            remedy="关闭驿站请登记驿站状态。 To close it, set the station's status: "
            "`nuanyi stations status`.",
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
    newly = state == "opened" and task.state != "opened"
    if newly or (facts and task.state == "opened"):
        # Also one that a list has lacked since comes back with what is stated.
        publish_opened(writer, settings, progress)
        if facts:
            _set_right(writer, settings, task_id, hours, services, progress, newly=newly)
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
        f"SELECT {COLUMNS} FROM siting_task t WHERE state = 'opened' AND NOT EXISTS "
        "(SELECT FROM station s WHERE s.edition_id = :base AND s.id = t.station_id) "
        "AND id IN (SELECT min(id) FROM siting_task WHERE state = 'opened' "
        "GROUP BY station_id) ORDER BY id",
        base=-1 if base is None else base.id,
    )
    missing = stated(writer, [Task(**row._asdict()) for row in rows])
    if not missing:
        return 0
    source = f"{'' if base is None else base.source.split(MARK)[0]}{MARK}{len(missing)}".strip()
    _publish(writer, settings, base, source, missing, {}, progress)
    return len(missing)


def _set_right(
    writer: Writer,
    settings: Settings,
    task_id: int,
    hours: str | None,
    services: Sequence[str] | None,
    progress: Progress,
    *,
    newly: bool,
) -> None:
    """Put an edition in force where the station of a task has the hours, or the services, that are
    stated for it now, and all else as it was; none where it says so already.

    Args:
        hours, services: None: not stated now.
        newly: the task has just opened; what a list says of its station stays then.
    """
    base = editions.require_active(writer, "stations")
    row = writer.first(f"SELECT {COLUMNS} FROM siting_task WHERE id = :id", id=task_id)
    assert row is not None
    (task,) = stated(writer, [Task(**row._asdict())])
    now = standing_by_id(writer, [row.station_id])[row.station_id]
    known, wanted = task.furnished, now.furnished
    if hours is not None:
        wanted = replace(wanted, hours_text=known.hours_text, opening_hours=known.opening_hours)
    if services is not None:
        wanted = replace(wanted, services=known.services)
    if wanted == now.furnished:
        return
    if not (now.key or "").startswith(KEY):
        if newly:
            return
        raise Conflict(
            f"驿站 {row.station_id} 的开放时间和服务来自导入的名单。 The hours and services of "
            f"station {row.station_id} come with the list in force.",
            remedy="请在名单中改正后重新导入。 Set the list right and import it again.",
        )
    _publish(writer, settings, base, base.source, [], {row.station_id: wanted}, progress)


def _publish(
    writer: Writer,
    settings: Settings,
    base: EditionFacts | None,
    source: str,
    missing: Sequence[Task],
    right: Mapping[int, Furnished],
    progress: Progress,
) -> None:
    """Put an edition in force: the one before with the stations of some tasks that it lacks, and
    with what is `right` of some that it has."""
    facts = repr([[task.furnished for task in missing], sorted(right.items())])
    digest = (
        f"{0 if base is None else base.id}+opened-{'-'.join(str(task.id) for task in missing)}-"
        f"{hashlib.sha256(facts.encode()).hexdigest()[:16]}"
    )
    same = editions.same_content(writer, "stations", digest)
    if same is not None:
        activation.put_in_force(writer, settings, same.id, progress)
        return
    edition = editions.open_draft(
        writer,
        "stations",
        as_of=activation.today(),
        source=source,
        content_hash=digest,
        declared_crs="wgs84",
    )
    carried = 0 if base is None else _carry_over(writer, edition, base.id)
    for task in missing:
        _insert(writer, edition, task)
    for station, known in right.items():
        writer.execute(
            "UPDATE station SET hours_text = :hours, opening_hours = :form, services = :services "
            "WHERE edition_id = :edition AND id = :station",
            {
                "hours": known.hours_text,
                "form": known.opening_hours,
                "services": known.services,
                "edition": edition,
                "station": station,
            },
        )
    report: dict[str, Any] = {} if base is None else dict(base.report)
    report["duplicates"] = find_duplicates(writer, edition)
    if missing:
        report["opened"] = [task.id for task in missing]
    count = carried + len(missing)
    editions.record_counts(
        writer,
        edition,
        read=count,
        accepted=count,
        rejected=0,
        unlocated=0 if base is None else base.rows_unlocated,
        report=report,
    )
    activation.put_in_force(writer, settings, edition, progress)


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
            "key": f"{KEY}{task.id}",
        },
    )
