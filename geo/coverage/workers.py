"""Who is counted on the stations' side of coverage: outdoor workers, else employees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo import editions
from geo.coverage.walks import Crowd
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.apart import COUNTED
from geo.enterprises.register import Register
from geo.errors import Invalid
from geo.schema.areas import AREA_KINDS
from geo.walking.arrays import Longs
from geo.walking.graph import WalkingGraph
from geo.walking.reach.keeper import Keeper, mark_of
from geo.walking.reach.places import Places


def crowd_of(
    reader: Reader,
    keeper: Keeper,
    graph: WalkingGraph,
    kind: str,
    register: Callable[[], Register],
) -> tuple[Crowd | None, list[EditionFacts]]:
    """Who is counted, with the areas of a kind, and which editions that comes from.

    The outdoor workers of the demand in force; without any, the employees of the enterprises in
    force at their places (mass registrations, dormant and closed ones left out). None without
    either.

    Args:
        reader: the transaction.
        keeper: what was laid on the streets before.
        graph: the streets.
        kind: of the areas, in the order of their ids.
        register: the enterprises in force; asked only when there is no demand.

    Raises:
        Invalid: no such kind of area.
        NotFound: no edition of areas is active.

    Cost: some seconds the first time for a million enterprises, then a pass over the memberships.
    """
    if kind not in AREA_KINDS:
        raise Invalid(
            f"'{kind}' is not a kind of area.",
            remedy=f"Use one of {', '.join(AREA_KINDS)}.",
            field="kind",
        )
    areas = editions.require_active(reader, "areas")
    rows = reader.all(
        "SELECT id FROM area WHERE edition_id = :edition AND kind = :kind ORDER BY id",
        edition=areas.id,
        kind=kind,
    )
    area_ids = np.array([row.id for row in rows], dtype=np.int64)
    demand_facts = editions.active(reader, "demand")
    if demand_facts is not None:
        demand = keeper.demand(reader, graph, demand_facts.id)
        if len(demand.places) and float(demand.places.people.sum()) > 0:
            held = keeper.demand_areas(reader, graph, demand, demand_facts.id, areas.id)
            place, area = held.of(area_ids)
            crowd = Crowd(
                "outdoor_workers", demand.places, demand.lon, demand.lat, area_ids, place, area
            )
            return crowd, [areas, demand_facts]
    if editions.active(reader, "enterprises") is None:
        return None, [areas]
    return _employees(keeper, graph, register(), area_ids, areas)


def _employees(
    keeper: Keeper,
    graph: WalkingGraph,
    register: Register,
    area_ids: Longs,
    areas: EditionFacts,
) -> tuple[Crowd | None, list[EditionFacts]]:
    units = register.units
    counted = (register.apart == COUNTED) & (np.nan_to_num(units.employees) > 0)
    rows = np.flatnonzero(counted & ~np.isnan(units.lon) & ~np.isnan(units.lat))
    if not len(rows):
        return None, [areas, register.edition]

    def lay() -> Places:
        people = units.employees[rows].astype(np.float32)[None]
        return Places.lay(graph, rows, units.lon[rows], units.lat[rows], people)

    key = ("counted employees", register.edition.id, *mark_of(graph))
    places = keeper.places.get(key, lay)
    place_of = np.full(len(units), -1, dtype=np.int64)
    place_of[places.ids] = np.arange(len(places))
    position = np.array(
        [-1 if (at := register.area_position(one)) is None else at for one in area_ids.tolist()],
        dtype=np.int64,
    )
    member: list[Longs] = [np.empty(0, np.int64)]
    whose: list[Longs] = [np.empty(0, np.int64)]
    for number, at in enumerate(position.tolist()):
        if at >= 0:
            inside = place_of[register.members_of(at)]
            inside = inside[inside >= 0]
            member.append(inside)
            whose.append(np.full(len(inside), number, dtype=np.int64))
    crowd = Crowd(
        who="employees",
        places=places,
        lon=units.lon[places.ids],
        lat=units.lat[places.ids],
        area_ids=area_ids,
        place=np.concatenate(member),
        area=np.concatenate(whose),
    )
    return crowd, [areas, register.edition]
