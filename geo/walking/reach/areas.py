"""Where people are counted: everywhere, in one area, in every area of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo import editions
from geo.areas.assign import find_assignment
from geo.areas.queries import AreaName
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Conflict, Invalid, NotFound
from geo.walking.arrays import Longs
from geo.walking.graph import WalkingGraph
from geo.walking.reach.keeper import Demand, Employees, Keeper
from geo.walking.reach.places import Places
from geo.walking.reach.question import Question
from geo.walking.reach.shares import EVERYWHERE, Pairs, Within

MOST_AREAS: Final = 3_000


@dataclass(frozen=True, eq=False)
class People:
    """Who is counted and where: what :func:`geo.walking.reach.shares.reach` needs besides the
    stations. `areas` are those of `within.area_ids`, in the same order."""

    demand: Demand | None
    employees: Employees | None
    within: Within
    areas: list[AreaName]


def gather(
    reader: Reader,
    keeper: Keeper,
    graph: WalkingGraph,
    question: Question,
    found: Sequence[EditionFacts],
) -> People:
    """The people of the editions in force, laid on the streets, and the areas asked for.

    Args:
        reader: the transaction; enterprises are read only when its actor may see them.
        keeper: what was laid before.
        graph: the streets.
        question: which areas.
        found: the editions of demand, enterprises and areas in force, those there are.

    Raises:
        NotFound: no areas in force, or no such area.
        Invalid: more areas than one answer can hold.
        Conflict: the enterprises were not assigned to the areas in force.

    Cost: some seconds the first time for a million enterprises, then nothing but the pairs of
    enterprise and area, one a microsecond.
    """
    numbers = {one.dataset: one.id for one in found}
    demand_id, units_id = numbers.get("demand"), numbers.get("enterprises")
    demand = None if demand_id is None else keeper.demand(reader, graph, demand_id)
    employees = None
    if units_id is not None and reader.actor.sees_enterprises:
        employees = keeper.employees(reader, graph, units_id)
    if question.area_id is None and question.by_area is None:
        return People(demand, employees, EVERYWHERE, [])

    areas_id = editions.require_active(reader, "areas").id
    areas = _areas(reader, areas_id, question)
    workers = staff = None
    worker_pairs = staff_pairs = None
    area_ids = np.array([one.id for one in areas], np.int64)
    one = np.array([question.area_id or 0], np.int64)
    if demand is not None and demand_id is not None:
        members = keeper.demand_areas(reader, graph, demand, demand_id, areas_id)
        if question.area_id is not None:
            workers = members.of(one)[0]
        if question.by_area is not None:
            worker_pairs = members.of(area_ids)
    if employees is not None and units_id is not None:
        if question.area_id is not None:
            staff = _pairs(reader, units_id, areas_id, one, employees.places)[0]
        if question.by_area is not None:
            staff_pairs = _pairs(reader, units_id, areas_id, area_ids, employees.places)
    return People(
        demand,
        employees,
        Within(
            workers=workers,
            employees=staff,
            area_ids=None if question.by_area is None else area_ids,
            worker_pairs=worker_pairs,
            employee_pairs=staff_pairs,
        ),
        areas,
    )


def _areas(reader: Reader, areas_id: int, question: Question) -> list[AreaName]:
    """The areas of `by_area`, by code; also sees to it that the area asked for is there."""
    if question.area_id is not None and not reader.scalar(
        "SELECT EXISTS (SELECT 1 FROM area WHERE edition_id = :edition AND id = :id)",
        edition=areas_id,
        id=question.area_id,
    ):
        raise NotFound(
            f"区域版本 {areas_id} 中没有这个区域。 Edition {areas_id} of areas has no such area.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="area_id",
        )
    if question.by_area is None:
        return []
    rows = reader.all(
        "SELECT id, kind, code, name FROM area WHERE edition_id = :edition AND kind = :kind "
        "AND (CAST(:above AS bigint) IS NULL OR parent_id = :above) ORDER BY code, id LIMIT :most",
        edition=areas_id,
        kind=question.by_area,
        above=question.area_id,
        most=MOST_AREAS + 1,
    )
    if len(rows) > MOST_AREAS:
        raise Invalid(
            f"这类区域超过 {MOST_AREAS} 个。 There are more than {MOST_AREAS} areas of that kind.",
            remedy="用 area_id 指定上级区域。 Name the area above them with area_id.",
            field="by_area",
        )
    return [AreaName(row.id, row.kind, row.code, row.name) for row in rows]


def _pairs(
    reader: Reader, edition_id: int, areas_id: int, area_ids: Longs, places: Places
) -> Pairs:
    """Which places of enterprises lie in which areas, as they were assigned."""
    assignment = find_assignment(reader, edition_id, areas_id)
    if assignment is None:
        raise Conflict(
            f"Edition {edition_id} of enterprises has not been assigned to edition {areas_id} of "
            "areas.",
            remedy=f"运行 nuanyi editions activate {edition_id}。 "
            f"Run `nuanyi editions activate {edition_id}`.",
            field="area_id",
        )
    nothing = np.empty(0, np.int64)
    if not len(area_ids) or not len(places):
        return nothing, nothing
    wanted = ",".join(str(int(one)) for one in area_ids)
    table = reader.copy_out(
        f"SELECT area_id, member_id FROM area_membership WHERE assignment_id = {assignment} "
        f"AND area_id IN ({wanted})"
    )
    if table.num_rows == 0:
        return nothing, nothing
    member, area = table.column("member_id").to_numpy(), table.column("area_id").to_numpy()
    by_id = np.argsort(places.ids)
    at = np.searchsorted(places.ids, member, sorter=by_id)
    place = by_id[np.minimum(at, len(by_id) - 1)]
    # Members without a place, or without employees, are not among the places.
    known = places.ids[place] == member
    by_area = np.argsort(area_ids)
    position = by_area[np.searchsorted(area_ids, area[known], sorter=by_area)]
    return place[known], position
