"""Whom to visit, as a walk: the enterprises worth it, in the order of a short round on foot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo.clusters.facts import ClusterFacts
from geo.clusters.forms.gather import meeting_places
from geo.clusters.forms.members import MemberRow, Members, member_rows
from geo.clusters.forms.rules import Rules, rules
from geo.clusters.forms.situation import MeetingPlace
from geo.clusters.forms.tour import shortest_round
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid
from geo.walking.between import between
from geo.walking.finder import Finder
from geo.walking.graph import WalkingGraph, empty_network
from geo.walking.routes import route_between, snap

MOST_VISITS = 40
USUAL_VISITS = 20
SAME_PLACE = 6
"""Decimals of a degree, 11 cm: enterprises this near to each other share a door."""


@dataclass(frozen=True)
class Stop:
    """One door on the walk, with all enterprises to see behind it, the largest first. `metres` and
    `minutes` are on foot from the stop before (the start for the first)."""

    lon: float
    lat: float
    metres: float
    minutes: float
    straight_line: bool
    enterprises: list[MemberRow]


@dataclass(frozen=True)
class Visits:
    """The visiting list of a cluster.

    Attributes:
        start: the station where the talk is, and where the walk begins; None where none is near:
            then it begins at the largest enterprise.
        stops: in walking order.
        unplaced: enterprises on the list that have no place; they are to be found by address.
        metres, minutes: of the whole walk.
        exact: whether no shorter order of these stops exists; else it is a good one.
        straight_line: whether any leg is a straight line, there being no way over streets known.
        more: enterprises without a union that are not on the list, being smaller.
        line: (p, 2) the walk's own line, longitude and latitude in WGS 84.
    """

    start: MeetingPlace | None
    stops: list[Stop]
    unplaced: list[MemberRow]
    metres: float
    minutes: float
    exact: bool
    straight_line: bool
    more: int
    line: npt.NDArray[np.float64]

    @property
    def notes(self) -> list[str]:
        """What is to be known of it, in both languages."""
        told = []
        if not self.stops and not self.unplaced:
            told.append(
                "没有需要走访的企业：都已建会或正在筹建 / Nobody to visit: all have a union by "
                "now or prepare one."
            )
        if self.start is None and self.stops:
            told.append(
                "附近没有可开沟通会的驿站，从最大的企业出发 / No station for a talk is near: the "
                "walk begins at the largest enterprise."
            )
        if self.straight_line:
            told.append(
                "有的路段没有路网，按直线计算，实际更远 / Some legs are straight lines, there "
                "being no streets: the walk is longer."
            )
        if self.unplaced:
            told.append(
                f"{len(self.unplaced)} 家没有位置，请按地址查找 / {len(self.unplaced)} have no "
                "place on the map: find them by address."
            )
        return told


def visits(
    reader: Reader,
    cluster: ClusterFacts,
    members: Members,
    *,
    edition: EditionFacts,
    finder: Finder | None = None,
    limit: int = USUAL_VISITS,
    table: Rules | None = None,
    now: datetime | None = None,
) -> Visits:
    """The enterprises of a cluster worth a visit, the largest of those without a union first
    chosen, then ordered as a walk.

    Args:
        reader: the transaction.
        cluster: the cluster.
        members: its members, of :func:`geo.clusters.forms.members.read_members`.
        edition: of the enterprises.
        finder: stations and streets; without them the walk is of straight lines.
        limit: how many enterprises at most, 1 to 40. Those that do not state their employees come
            after those that do.
        table: the rules, for what a hall is.
        now: the moment at which the start must not be closed by a dated status.

    Raises:
        Invalid: a limit out of range.

    Cost: some 10 ms for the distances of 40 stops, 30 ms for their order.
    """
    if not 1 <= limit <= MOST_VISITS:
        raise Invalid(
            f"走访名单为 1 至 {MOST_VISITS} 家。 A walk visits 1 to {MOST_VISITS} enterprises.",
            field="limit",
        )
    waiting = members.ids[members.without]
    rows = member_rows(reader, edition, waiting[:limit].tolist())
    placed = [row for row in rows if row.lon is not None and row.lat is not None]
    start = meeting_places(
        finder, np.array([cluster.lon]), np.array([cluster.lat]), [table or rules()], now
    )[0][0]
    graph = WalkingGraph.build(empty_network()) if finder is None else finder.graph
    doors: dict[tuple[float, float], list[MemberRow]] = {}
    for row in placed:
        at = round(float(row.lon or 0), SAME_PLACE), round(float(row.lat or 0), SAME_PLACE)
        doors.setdefault(at, []).append(row)
    places = list(doors)
    behind = list(doors.values())
    # The walk begins at the talk, or else with the largest, which is the first.
    if start is not None:
        places.insert(0, (start.lon, start.lat))
        behind.insert(0, [])
    stops, line, exact = _walk(graph, places, behind)
    if start is not None:
        stops = stops[1:]
    return Visits(
        start=start,
        stops=stops,
        unplaced=[row for row in rows if row.lon is None or row.lat is None],
        metres=round(sum(stop.metres for stop in stops), 1),
        minutes=round(sum(stop.minutes for stop in stops), 1),
        exact=exact,
        straight_line=any(stop.straight_line for stop in stops),
        more=max(0, len(waiting) - len(rows)),
        line=line,
    )


def _walk(
    graph: WalkingGraph, places: list[tuple[float, float]], behind: list[list[MemberRow]]
) -> tuple[list[Stop], npt.NDArray[np.float64], bool]:
    """The places in the order of a short walk that begins at the first, and its line."""
    if not places:
        return [], np.empty((0, 2)), True
    lon, lat = np.array(places).T
    apart = between(graph, lon, lat)
    order, exact = shortest_round(apart.metres)
    stops = []
    lines: list[npt.NDArray[np.float64]] = [np.array([places[int(order[0])]])]
    for position, place in enumerate(order.tolist()):
        before = int(order[position - 1]) if position else place
        stops.append(
            Stop(
                lon=places[place][0],
                lat=places[place][1],
                metres=round(float(apart.metres[before, place]), 1),
                minutes=round(float(apart.seconds[before, place]) / 60, 1),
                straight_line=bool(apart.straight_line[before, place]),
                enterprises=behind[place],
            )
        )
        if position and apart.direct[before, place]:
            lines.append(np.array([places[place]]))
        elif position:
            leg = route_between(graph, snap(graph, *places[before]), snap(graph, *places[place]))
            lines.append(leg.line)
    return stops, np.concatenate(lines), exact
