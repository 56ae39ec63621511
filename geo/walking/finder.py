"""Which stations can be walked to: the active stations, their hours and the street network in
memory, keyed by edition.

A Finder never changes after it is loaded, so any number of threads may ask it at once; when an
edition or a station's dated status changes, a new one is loaded and takes its place
(:class:`FinderHolder`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.coordinates import Bounds, Crs, check_range, from_wgs84, to_wgs84
from geo.database import ANYONE, Database, Reader
from geo.errors import Invalid, InvalidFile
from geo.hours import Calendar, HolidayTable, HoursTable
from geo.progress import SILENT, Progress
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.settings import Settings
from geo.streets import fetch
from geo.walking.graph import Pace, WalkingGraph, empty_network
from geo.walking.nearest import DEFAULT_CAP_METRES, Nearest, OpenWhen, nearest
from geo.walking.stations import StationsOnStreets

OpenRule = Literal["arrival", "any"] | datetime
STATES = ("closed", "open", "unknown")
MOST = 50
CAP_METRES = 5000.0
OFFERED_ACCESS = ("public", "members", "unknown")
"""Who is let in is told with each station; those for a host's own staff only when asked for."""
MARGIN_DEGREES = 0.5
"""Farther than some 50 km from every street and station a position is taken for a mistake."""

FACTS = (
    "id",
    "kind",
    "name",
    "address",
    "network_brand",
    "operator",
    "host",
    "phone",
    "hours_text",
    "opening_hours",
    "access",
    "access_method",
    "services",
    "capacity",
    "star_grade",
    "verified_on",
    "located_by",
)


@dataclass(frozen=True)
class NearStation:
    """A station one can walk to. `station` holds its public facts, with `lon` and `lat` in the
    coordinate system asked for. `metres` is the whole way, `off_street_metres` the part of it that
    follows no street; `minutes` the walking time; `hours_state` the state on arrival (or at the
    time asked for)."""

    station: dict[str, Any]
    metres: float
    minutes: float
    off_street_metres: float
    straight_line: bool
    hours_state: str
    open_until: datetime | None


@dataclass(frozen=True)
class NearestAnswer:
    """Stations in walking order, and what is to be known about the answer."""

    stations: list[NearStation]
    notes: list[str]
    network_edition: int | None
    station_edition: int | None
    as_of: datetime
    crs: Crs


class Finder:
    """See the module. Load with :meth:`load`."""

    def __init__(
        self,
        graph: WalkingGraph,
        facts: Sequence[dict[str, Any]],
        position: npt.NDArray[np.float64],
        hours: HoursTable,
        *,
        zone: ZoneInfo,
        closures: Sequence[tuple[int, str, datetime, datetime | None]] = (),
        network_edition: int | None = None,
        station_edition: int | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """A finder over stations given as arrays.

        Args:
            graph: the streets.
            facts: S dictionaries with the keys of :data:`FACTS`.
            position: (S, 2) longitude and latitude in WGS 84; of the entrance where it is known.
            hours: the opening hours of the S stations.
            zone: in which the hours are meant.
            closures: dated statuses: position in `facts`, status, from, until.
            network_edition, station_edition: what it was loaded from.
            bounds: west, south, east, north; a position outside is a mistake.
        """
        self.facts = facts
        self.position = position
        self.hours = hours
        self.zone = zone
        self.closures = closures
        self.network_edition = network_edition
        self.station_edition = station_edition
        self.graph = graph
        self.kinds = np.array([STATION_KINDS.index(fact["kind"]) for fact in facts], dtype=np.int8)
        self.access = np.array([ACCESS.index(fact["access"]) for fact in facts], dtype=np.int8)
        self.on_streets = StationsOnStreets(
            graph,
            position[:, 0],
            position[:, 1],
            ids=np.array([fact["id"] for fact in facts], dtype=np.int64),
            features=np.array([_bits(fact["services"] or ()) for fact in facts], dtype=np.uint64),
        )
        self.bounds = bounds or _bounds(graph, position)

    @classmethod
    def load(cls, reader: Reader, settings: Settings, progress: Progress = SILENT) -> Self:
        """Read the active stations and streets. The network comes from its snapshot in the state
        directory when there is one, else from PostGIS, and is kept there.

        Cost: some seconds for a city from PostGIS, a fraction of one from the snapshot.
        """
        streets = editions.active(reader, "streets")
        stations = editions.active(reader, "stations")
        graph = load_graph(reader, settings, streets.id if streets else None, progress)
        columns = ", ".join(f'"{name}"' for name in FACTS)
        rows = (
            reader.all(
                f"SELECT {columns}, ST_X(coalesce(entrance, location)) AS x, "
                "ST_Y(coalesce(entrance, location)) AS y, ST_X(location) AS lon, "
                "ST_Y(location) AS lat FROM station "
                "WHERE edition_id = :edition AND location IS NOT NULL ORDER BY id",
                edition=stations.id,
            )
            if stations
            else []
        )
        facts = [
            {name: getattr(row, name) for name in FACTS} | {"lon": row.lon, "lat": row.lat}
            for row in rows
        ]
        place = {fact["id"]: number for number, fact in enumerate(facts)}
        closures = [
            (place[row.station_id], row.status, row.starts_at, row.ends_at)
            for row in reader.all(
                "SELECT station_id, status, starts_at, ends_at FROM station_status "
                "WHERE ends_at IS NULL OR ends_at > now() ORDER BY starts_at, id"
            )
            if row.station_id in place
        ]
        position = np.array([(row.x, row.y) for row in rows], dtype=np.float64).reshape(-1, 2)
        zone = ZoneInfo(settings.time_zone)
        return cls(
            graph,
            facts,
            position,
            HoursTable(
                [fact["opening_hours"] for fact in facts],
                Calendar(HolidayTable.read(settings.holidays)),
                timezone=settings.time_zone,
            ),
            zone=zone,
            closures=closures,
            network_edition=streets.id if streets else None,
            station_edition=stations.id if stations else None,
            bounds=settings.service_area,
        )

    def __len__(self) -> int:
        return len(self.facts)

    # ------------------------------------------------------------------ asking
    def nearest(
        self,
        lon: float,
        lat: float,
        *,
        k: int = 5,
        crs: Crs = "wgs84",
        kinds: Sequence[str] = (),
        services: Sequence[str] = (),
        access: Sequence[str] = OFFERED_ACCESS,
        open_rule: OpenRule = "arrival",
        max_metres: float = DEFAULT_CAP_METRES,
        now: datetime | None = None,
    ) -> NearestAnswer:
        """The nearest stations on foot, in exact order of metres over the street network.

        Args:
            lon, lat: where the person is, in `crs`.
            k: how many, at most 50.
            crs: coordinate system of the question and of the answer.
            kinds: only these kinds of station; none means all.
            services: all of these must be there.
            access: only these kinds of access.
            open_rule: `arrival`: open when one gets there; a time: open then; `any`: whatever the
                hours, which are then only told. Hours that are not known pass only `any`.
            max_metres: not farther than this, at most 5,000 m.
            now: the present, for tests; else the clock.

        Raises:
            Invalid: a value out of range, or a kind, service or access that does not exist.
            OutsideServiceArea: no street and no station anywhere near; perhaps swapped axes.
        """
        _check_words("kinds", kinds, STATION_KINDS)
        _check_words("services", services, SERVICES)
        _check_words("access", access, ACCESS)
        if not 1 <= k <= MOST:
            raise Invalid(f"k is {k}.", remedy=f"Ask for 1 to {MOST} stations.", field="k")
        if not 0 < max_metres <= CAP_METRES:
            raise Invalid(
                f"max_m is {max_metres:g}.",
                remedy=f"Give more than 0 and at most {CAP_METRES:.0f} metres.",
                field="max_m",
            )
        check_range(lon, lat)
        x, y = (float(value) for value in to_wgs84(lon, lat, crs))
        if self.bounds is not None:
            check_range(x, y, self.bounds)
        at = (now or datetime.now(self.zone)).astimezone(self.zone)
        asked = at
        if isinstance(open_rule, datetime):
            asked = (
                open_rule.replace(tzinfo=self.zone)
                if open_rule.tzinfo is None
                else open_rule.astimezone(self.zone)
            )
        if len(self) == 0:
            return self._answer([], ["还没有驿站数据 / No stations have been loaded."], at, crs)
        allow = np.isin(self.access, [ACCESS.index(name) for name in access])
        if kinds:
            allow &= np.isin(self.kinds, [STATION_KINDS.index(name) for name in kinds])
        closed = self._closed_at(asked)
        only_open = open_rule != "any"
        when = self._when(asked, walking=not isinstance(open_rule, datetime), only_open=only_open)
        found = nearest(
            self.on_streets,
            x,
            y,
            k,
            max_metres=max_metres,
            allow=allow & ~closed if only_open else allow,
            required=_bits(services),
            hours=when,
        )
        stations = self._stations(found, asked, crs, closed, isinstance(open_rule, datetime))
        notes = self._notes(
            found, (x, y), k, allow, closed, services, asked, max_metres, only_open=only_open
        )
        return self._answer(stations, notes, at, crs)

    def _answer(
        self, stations: list[NearStation], notes: list[str], at: datetime, crs: Crs
    ) -> NearestAnswer:
        return NearestAnswer(stations, notes, self.network_edition, self.station_edition, at, crs)

    def _when(self, asked: datetime, *, walking: bool, only_open: bool) -> OpenWhen:
        # A walk of at most 5 km ends today or tomorrow.
        horizon = self.hours.horizon(asked.date(), days=2)
        return OpenWhen(
            open=horizon.open,
            unknown=horizon.unknown,
            row_pattern=horizon.row_pattern,
            start_minute=asked.hour * 60 + asked.minute + asked.second / 60,
            walking_counts=walking,
            only_open=only_open,
        )

    def _closed_at(self, asked: datetime) -> npt.NDArray[np.bool_]:
        """Stations that a dated status closes at that moment; the latest status counts."""
        closed = np.zeros(len(self), dtype=bool)
        for place, status, starts, ends in self.closures:
            if starts <= asked and (ends is None or asked < ends):
                closed[place] = status in ("closed", "moved")
        return closed

    def _stations(
        self,
        found: Nearest,
        asked: datetime,
        crs: Crs,
        closed: npt.NDArray[np.bool_],
        at_that_time: bool,
    ) -> list[NearStation]:
        answer = []
        for place, number in enumerate(found.station.tolist()):
            fact = dict(self.facts[number])
            out_lon, out_lat = from_wgs84(fact["lon"], fact["lat"], crs)
            fact["lon"], fact["lat"] = round(float(out_lon), 7), round(float(out_lat), 7)
            seconds = float(found.seconds[place])
            arrival = asked if at_that_time else asked + timedelta(seconds=seconds)
            state = "closed" if closed[number] else STATES[int(found.state[place])]
            answer.append(
                NearStation(
                    station=fact,
                    metres=round(float(found.metres[place]), 1),
                    minutes=round(seconds / 60, 1),
                    off_street_metres=round(float(found.metres_off_street[place]), 1),
                    straight_line=found.straight_line,
                    hours_state=state,
                    open_until=self.hours.open_until(number, arrival) if state == "open" else None,
                )
            )
        return answer

    def _notes(
        self,
        found: Nearest,
        person: tuple[float, float],
        k: int,
        allow: npt.NDArray[np.bool_],
        closed: npt.NDArray[np.bool_],
        services: Sequence[str],
        asked: datetime,
        max_metres: float,
        *,
        only_open: bool,
    ) -> list[str]:
        notes = []
        if found.straight_line:
            notes.append(
                "此处没有路网，距离为直线距离，实际步行更远 / No street network here: the distances "
                "are straight lines, the real walk is longer."
            )
        if not self.hours.holidays_known(asked):
            notes.append(
                f"缺少 {asked.year} 年节假日安排，开放状态按平日计算 / The holidays of {asked.year} "
                "are not known: hours are those of ordinary days."
            )
        if len(found) > 0 or not only_open:
            if len(found) == 0:
                notes.append(
                    f"{max_metres:.0f} 米步行范围内没有符合条件的驿站 / No such station within "
                    f"{max_metres:.0f} m on foot."
                )
            return notes
        # None is open: say what there is, so that nobody walks in vain or gives up too early.
        whatever = nearest(
            self.on_streets,
            *person,
            k,
            max_metres=CAP_METRES,
            allow=allow,
            required=_bits(services),
            hours=self._when(asked, walking=True, only_open=False),
        )
        if len(whatever) == 0:
            notes.append(
                "5 公里步行范围内没有符合条件的驿站 / No such station within 5 km on foot."
            )
            return notes
        number = int(whatever.station[0])
        name, metres = self.facts[number]["name"], ceil(float(whatever.metres[0]))
        opens = None if closed[number] else self.hours.next_opening(number, asked)
        if whatever.state[0] == 2 and not closed[number]:
            zh, en = "开放时间未知", "its hours are not known"
        elif opens is not None:
            zh, en = f"{opens:%m-%d %H:%M} 开放", f"opens {opens:%Y-%m-%d %H:%M}"
        else:
            zh, en = "当前关闭", "closed"
        notes.append(
            f"{max_metres:.0f} 米内没有到达时确定开放的驿站；最近的是“{name}”，步行 {metres} 米，"
            f"{zh} / None within {max_metres:.0f} m is known to be open on arrival; the nearest is "
            f"“{name}”, {metres} m on foot, {en}."
        )
        return notes

    def unreachable(self) -> list[dict[str, Any]]:
        """Stations on small separate parts of the network, or off it: to be looked at."""
        worse = np.concatenate([self.on_streets.unreachable, self.on_streets.off_network])
        return [self.facts[int(number)] for number in np.sort(worse)]


def load_graph(
    reader: Reader, settings: Settings, edition_id: int | None, progress: Progress = SILENT
) -> WalkingGraph:
    """The walking graph of an edition of streets, from its snapshot or from PostGIS."""
    pace = Pace(settings.walking_metres_per_second, settings.steps_metres_per_second)
    if edition_id is None:
        return WalkingGraph.build(empty_network(), pace=pace)
    path = snapshot_path(settings, reader, edition_id)
    if path.exists():
        try:
            graph = WalkingGraph.load(path)
        except InvalidFile:
            path.unlink(missing_ok=True)
        else:
            if graph.edition_id == edition_id and graph.pace == pace:
                return graph
    with progress.step("读取路网 / reading the street network"):
        graph = WalkingGraph.build(fetch(reader, edition_id), edition_id=edition_id, pace=pace)
        graph.save(path)
    return graph


def snapshot_path(settings: Settings, reader: Reader, edition_id: int) -> Path:
    """Where the snapshot of an edition lies. The database's own number is part of the name, so that
    two databases that share a state directory never share a network."""
    number = reader.scalar(
        "SELECT format('%s-%s', (SELECT oid FROM pg_database WHERE datname = current_database()), "
        "extract(epoch FROM created_at)::bigint) FROM edition WHERE id = :edition",
        edition=edition_id,
    )
    return settings.state / "cache" / f"streets-{edition_id}-{number}.npz"


class FinderHolder:
    """The finder of the active editions, loaded when first asked for and again when they change.

    Others go on with the old one while a new one is loaded. Asks the database at most once a
    second whether anything changed; when it does not answer, the finder in memory goes on.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._database = database
        self._settings = settings
        self._finder: Finder | None = None
        self._key: tuple[Any, ...] | None = None
        self._checked = 0.0
        self._lock = threading.Lock()

    def current(self) -> Finder:
        """The finder in force.

        Raises:
            Unavailable: the database cannot be reached and nothing was loaded before.
        """
        if self._finder is not None and time.monotonic() - self._checked < 1.0:
            return self._finder
        if self._finder is not None and not self._lock.acquire(blocking=False):
            return self._finder
        if self._finder is None:
            self._lock.acquire()
        try:
            return self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> Finder:
        if self._finder is not None and time.monotonic() - self._checked < 1.0:
            return self._finder
        try:
            with self._database.read(ANYONE) as reader:
                key = tuple(
                    reader.all(
                        "SELECT id FROM edition WHERE state = 'active' "
                        "AND dataset IN ('streets', 'stations') ORDER BY id"
                    )
                ) + tuple(reader.all("SELECT max(id), count(*), max(ends_at) FROM station_status"))
                if self._finder is None or key != self._key:
                    self._finder, self._key = Finder.load(reader, self._settings), key
        except Exception:
            if self._finder is None:
                raise
        self._checked = time.monotonic()
        return self._finder


def _bits(services: Sequence[str]) -> int:
    return sum(1 << SERVICES.index(name) for name in services if name in SERVICES)


def _check_words(field: str, words: Sequence[str], known: Sequence[str]) -> None:
    for word in words:
        if word not in known:
            raise Invalid(
                f"'{word[:60]}' is not one of the {field}.",
                remedy=f"Use {', '.join(known)}.",
                field=field,
            )


def _bounds(graph: WalkingGraph, position: npt.NDArray[np.float64]) -> Bounds | None:
    lon = np.concatenate([graph.streets.vertex_lon, position[:, 0]])
    lat = np.concatenate([graph.streets.vertex_lat, position[:, 1]])
    if len(lon) == 0:
        return None
    return (
        float(lon.min()) - MARGIN_DEGREES,
        float(lat.min()) - MARGIN_DEGREES,
        float(lon.max()) + MARGIN_DEGREES,
        float(lat.max()) + MARGIN_DEGREES,
    )
