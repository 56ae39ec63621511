"""What questions about service areas share: people laid on the streets, kept by edition."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.areas import assign
from geo.database import Reader
from geo.turns import Kept
from geo.walking.arrays import Longs
from geo.walking.graph import WalkingGraph
from geo.walking.reach.places import DAY_CLASSES, Places

AREAS_BUSY: Final = "有多个服务范围正在计算。 Several service areas are being worked out already."


@dataclass(frozen=True, eq=False)
class Demand:
    """Outdoor workers by hour, on the streets; `lon` and `lat` in the order of the places."""

    places: Places
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Employees:
    """Employees at their enterprises' places. `unplaced` are those of enterprises without a place,
    `unstated` how many enterprises do not say how many employees they have."""

    places: Places
    unplaced: int
    unstated: int


@dataclass(frozen=True, eq=False)
class Memberships:
    """Pairs of a place and an area that holds it, as positions; areas in the order of `ids`."""

    ids: Longs
    place: Longs
    area: Longs

    def of(self, area_ids: Longs) -> tuple[Longs, Longs]:
        """The pairs of some areas: place, and position in `area_ids`."""
        position = np.full(len(self.ids), -1, np.int64)
        order = np.argsort(area_ids, kind="stable")
        at = np.searchsorted(area_ids, self.ids, sorter=order)
        at = np.minimum(at, max(len(area_ids) - 1, 0))
        if len(area_ids):
            same = area_ids[order[at]] == self.ids
            position[same] = order[at[same]]
        wanted = position[self.area]
        kept = wanted >= 0
        return self.place[kept], wanted[kept]


@dataclass(frozen=True, eq=False)
class Keeper:
    """Keeps people on the streets by the editions they come from, grids for drawing, and answers.

    Some 200 bytes a place of demand and 25 an enterprise; a grid has at most 25 MB.
    """

    places: Kept = field(default_factory=lambda: Kept(4, AREAS_BUSY, most_waiting=100))
    grids: Kept = field(default_factory=lambda: Kept(2, AREAS_BUSY, most_waiting=100))
    answers: Kept = field(default_factory=lambda: Kept(32, AREAS_BUSY))

    def demand(self, reader: Reader, graph: WalkingGraph, edition_id: int) -> Demand:
        """The demand of an edition on the streets; read and laid once."""
        key = ("demand", edition_id, *mark_of(graph))
        return self.places.get(key, lambda: read_demand(reader, graph, edition_id))

    def employees(self, reader: Reader, graph: WalkingGraph, edition_id: int) -> Employees:
        """The employees of an edition of enterprises on the streets; read and laid once."""
        key = ("employees", edition_id, *mark_of(graph))
        return self.places.get(key, lambda: read_employees(reader, graph, edition_id))

    def demand_areas(
        self, reader: Reader, graph: WalkingGraph, demand: Demand, edition_id: int, areas_id: int
    ) -> Memberships:
        """Which areas of an edition hold the places of demand; found once."""
        key = ("areas", edition_id, areas_id, *mark_of(graph))

        def find() -> Memberships:
            index = assign.load_index(reader, areas_id)
            place, area, _ = assign.memberships(index, demand.lon, demand.lat)
            return Memberships(index.ids, place, area)

        return self.places.get(key, find)


def mark_of(graph: WalkingGraph) -> tuple[Hashable, ...]:
    """What tells two walking graphs apart."""
    return (graph.edition_id, graph.pace, graph.snapping, graph.junctions, graph.chains)


def read_demand(reader: Reader, graph: WalkingGraph, edition_id: int) -> Demand:
    """Read the demand of an edition and lay it on the streets; some 2 s for 200,000 places."""
    hours = ", ".join(f"people[{hour + 1}] AS h{hour}" for hour in range(24))
    classes = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(DAY_CLASSES))
    table = reader.copy_out(
        f"SELECT id, ST_X(location) AS lon, ST_Y(location) AS lat, CASE day_class {classes} END "
        f"AS day, {hours} FROM demand WHERE edition_id = {int(edition_id)} ORDER BY id"
    )
    if table.num_rows == 0:
        none = np.empty(0)
        places = Places.lay(graph, np.empty(0, np.int64), none, none, np.empty((24, 0), np.float32))
        return Demand(places, none, none)
    ids = table.column("id").to_numpy()
    lon, lat = _floats(table.column("lon")), _floats(table.column("lat"))
    people = np.array([_floats(table.column(f"h{hour}")) for hour in range(24)], np.float32)
    day = table.column("day").to_numpy().astype(np.uint8)
    places = Places.lay(graph, ids, lon, lat, people, day)
    at = np.searchsorted(ids, places.ids)
    return Demand(places, lon[at], lat[at])


def read_employees(reader: Reader, graph: WalkingGraph, edition_id: int) -> Employees:
    """Read the employees of an edition and lay them on the streets; some 3 s for 1,000,000."""
    table = reader.copy_out(
        "SELECT id, ST_X(location) AS lon, ST_Y(location) AS lat, employees FROM enterprise "
        f"WHERE edition_id = {int(edition_id)} AND location IS NOT NULL AND employees > 0 "
        "ORDER BY id"
    )
    rest = reader.first(
        "SELECT coalesce(sum(employees) FILTER (WHERE location IS NULL), 0) AS unplaced, "
        "count(*) FILTER (WHERE employees IS NULL) AS unstated FROM enterprise "
        "WHERE edition_id = :edition",
        edition=edition_id,
    )
    unplaced, unstated = (int(rest.unplaced), int(rest.unstated)) if rest else (0, 0)
    if table.num_rows == 0:
        none = np.empty(0)
        places = Places.lay(graph, np.empty(0, np.int64), none, none, np.empty((1, 0), np.float32))
        return Employees(places, unplaced, unstated)
    places = Places.lay(
        graph,
        table.column("id").to_numpy(),
        _floats(table.column("lon")),
        _floats(table.column("lat")),
        _floats(table.column("employees"))[None].astype(np.float32),
    )
    return Employees(places, unplaced, unstated)


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = (
        pc.cast(column, pa.float64()).combine_chunks().to_numpy(zero_copy_only=False)
    )
    return values
