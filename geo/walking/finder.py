"""Which stations can be walked to: the active stations, their hours and the street network in
memory, keyed by edition.

A Finder never changes after it is loaded, so any number of threads may ask it at once; when an
edition or a station's dated status changes, a new one is loaded and takes its place
(:class:`geo.walking.holder.FinderHolder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.coordinates import CRS_NAMES, Bounds, Crs, check_range, from_wgs84, in_range, to_wgs84
from geo.database import Reader
from geo.errors import Invalid
from geo.hours import Calendar, HolidayTable, HoursTable
from geo.progress import SILENT, Progress
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.settings import Settings
from geo.walking.answers import FACTS, NearestAnswer, NearStation
from geo.walking.closures import Closures, DatedStatus
from geo.walking.graph import WalkingGraph
from geo.walking.nearest import DEFAULT_CAP_METRES, Nearest, OpenWhen, nearest
from geo.walking.snapshot import load_graph
from geo.walking.stations import StationsOnStreets

OpenRule = Literal["arrival", "any"] | datetime
STATES = ("closed", "open", "unknown")
MOST = 50
CAP_METRES = 5000.0
OFFERED_ACCESS = ("public", "members", "unknown")
"""Who is let in is told with each station; those for a host's own staff only when asked for."""
TO_COME = "(ends_at IS NULL OR ends_at > now())"
"""Dated statuses that hold or will: those that are over close nothing any more."""
MARGIN_DEGREES = 0.5
"""Farther than some 50 km from every street and station a position is taken for a mistake."""


@dataclass(frozen=True, eq=False)
class _Question:
    """What is searched: a place in WGS 84, `required` services as bits, `asked` in local time."""

    x: float
    y: float
    k: int
    max_metres: float
    allow: npt.NDArray[np.bool_]
    required: int
    asked: datetime
    walking: bool
    only_open: bool

    def moment(self, seconds: float) -> datetime:
        """The moment that counts for a station so many seconds away."""
        return self.asked + timedelta(seconds=seconds) if self.walking else self.asked


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
        closures: Sequence[DatedStatus] = (),
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
            closures: dated statuses: index in `facts`, status, from, until (with their zone).
            network_edition, station_edition: what it was loaded from.
            bounds: west, south, east, north; a position outside is a mistake.
        """
        self.facts = facts
        self.position = position
        self.hours = hours
        self.zone = zone
        self.closures = Closures(closures, len(facts))
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
        self.loaded_at = datetime.now(zone)
        self.unconfirmed_since: datetime | None = None
        """Since when nobody could ask whether these editions are still in force; set by whoever
        asks (:class:`FinderHolder`), told with every answer."""

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
                f"WHERE {TO_COME} ORDER BY starts_at, id"
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
            now: the present, else the clock's.

        Times without a zone are those of the settings' zone.

        Raises:
            Invalid: a value out of range, or a kind, service, access, rule or coordinate system
                that does not exist.
            OutsideServiceArea: no street and no station anywhere near; perhaps swapped axes.
        """
        if crs not in CRS_NAMES:
            raise Invalid(
                f"'{str(crs)[:60]}' is not a coordinate system.",
                remedy=f"Use one of {', '.join(CRS_NAMES)}.",
                field="crs",
            )
        if not isinstance(open_rule, datetime) and open_rule not in ("arrival", "any"):
            raise Invalid(
                f"'{str(open_rule)[:60]}' is no rule for opening hours.",
                remedy="Use arrival, any, or a time such as 2026-11-21T12:40.",
                field="open",
            )
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
        # A latitude beyond 90 is mostly a longitude; the bounds know whether it would be one here.
        check_range(lon, lat, None if in_range(lon, lat).all() else self.bounds)
        x, y = (float(value) for value in to_wgs84(lon, lat, crs))
        if self.bounds is not None:
            check_range(x, y, self.bounds)
        at = self._local(now or datetime.now(self.zone))
        walking = not isinstance(open_rule, datetime)
        asked = self._local(open_rule) if isinstance(open_rule, datetime) else at
        if len(self) == 0:
            note = "还没有可以前往的驿站数据 / No stations with a place have been loaded."
            return self._answer([], [note], at, crs)
        allow = np.isin(self.access, [ACCESS.index(name) for name in access])
        if kinds:
            allow &= np.isin(self.kinds, [STATION_KINDS.index(name) for name in kinds])
        only_open = open_rule != "any"
        question = _Question(
            x, y, k, max_metres, allow, _bits(services), asked, walking=walking, only_open=only_open
        )
        found = self._found(question)
        stations = self._stations(question, found, crs)
        return self._answer(stations, self._notes(question, found), at, crs)

    def _found(self, question: _Question) -> Nearest:
        """The search, dated statuses included."""
        asked = question.asked
        when = self._when(question)
        if not question.only_open:
            return self._search(question, question.allow, when)
        # A status that begins or ends on the way: such stations are asked for and looked at again
        # at their own arrival. Nobody walks longer than all the way along steps.
        pace = self.graph.pace
        slowest = min(pace.on_streets, pace.on_steps)
        longest = timedelta(seconds=question.max_metres / slowest if question.walking else 0)
        changing = self.closures.changing(asked, asked + longest)
        allow = question.allow & (~self.closures.at(asked) | changing)
        while True:
            found = self._search(question, allow, when)
            wrong = [
                number
                for number, seconds in zip(found.station, found.seconds, strict=True)
                if changing[number]
                and self.closures.closed(number, question.moment(float(seconds)))
            ]
            if not wrong:
                return found
            allow[wrong] = False

    def _search(self, question: _Question, allow: npt.NDArray[np.bool_], when: OpenWhen) -> Nearest:
        return nearest(
            self.on_streets,
            question.x,
            question.y,
            question.k,
            max_metres=question.max_metres,
            allow=allow,
            required=question.required,
            hours=when,
        )

    def _local(self, moment: datetime) -> datetime:
        """A time in the zone of the hours; one without a zone is meant there."""
        if moment.tzinfo is None:
            return moment.replace(tzinfo=self.zone)
        return moment.astimezone(self.zone)

    def _answer(
        self, stations: list[NearStation], notes: list[str], at: datetime, crs: Crs
    ) -> NearestAnswer:
        if self.unconfirmed_since is not None:
            since = self._local(self.unconfirmed_since)
            notes.append(
                f"数据库暂时连不上，驿站和道路是 {since:%m-%d %H:%M} 的数据 / The database cannot "
                f"be reached; stations and streets are those of {since:%Y-%m-%d %H:%M}."
            )
        return NearestAnswer(
            stations,
            notes,
            self.network_edition,
            self.station_edition,
            at,
            crs,
            self.loaded_at,
        )

    def _when(self, question: _Question) -> OpenWhen:
        asked = question.asked
        # A walk of at most 5 km ends today or tomorrow.
        horizon = self.hours.horizon(asked.date(), days=2)
        return OpenWhen(
            open=horizon.open,
            unknown=horizon.unknown,
            row_pattern=horizon.row_pattern,
            start_minute=asked.hour * 60 + asked.minute + asked.second / 60,
            walking_counts=question.walking,
            only_open=question.only_open,
        )

    def _stations(self, question: _Question, found: Nearest, crs: Crs) -> list[NearStation]:
        answer = []
        for place, number in enumerate(found.station.tolist()):
            fact = dict(self.facts[number])
            out_lon, out_lat = from_wgs84(fact["lon"], fact["lat"], crs)
            fact["lon"], fact["lat"] = round(float(out_lon), 7), round(float(out_lat), 7)
            seconds = float(found.seconds[place])
            there = question.moment(seconds)
            state = self._state(number, int(found.state[place]), there)
            answer.append(
                NearStation(
                    station=fact,
                    metres=round(float(found.metres[place]), 1),
                    minutes=round(seconds / 60, 1),
                    off_street_metres=round(float(found.metres_off_street[place]), 1),
                    straight_line=found.straight_line,
                    hours_state=state,
                    open_until=self._open_until(number, there) if state == "open" else None,
                )
            )
        return answer

    def _state(self, number: int, by_hours: int, moment: datetime) -> str:
        return "closed" if self.closures.closed(number, moment) else STATES[by_hours]

    def _open_until(self, number: int, moment: datetime) -> datetime | None:
        """When the hours or a dated status close it, whichever comes first."""
        ends = [
            self.hours.open_until(number, moment),
            self.closures.next(number, moment, closed=True),
        ]
        return min((end for end in ends if end is not None), default=None)

    def _notes(self, question: _Question, found: Nearest) -> list[str]:
        notes = []
        if found.straight_line:
            notes.append(
                "此处没有路网，距离为直线距离，实际步行更远 / No street network here: the "
                "distances are straight lines, the real walk is longer."
            )
        if not self.hours.holidays_known(question.asked):
            year = question.asked.year
            notes.append(
                f"缺少 {year} 年节假日安排，开放状态按平日计算 / The holidays of {year} "
                "are not known: hours are those of ordinary days."
            )
        if len(found) > 0:
            return notes
        if not question.only_open:
            notes.append(
                f"{question.max_metres:.0f} 米步行范围内没有符合条件的驿站 / No such station "
                f"within {question.max_metres:.0f} m on foot."
            )
            return notes
        # None is open: say what there is, so that nobody walks in vain or gives up too early.
        whatever = replace(question, k=1, max_metres=CAP_METRES, only_open=False)
        other = self._found(whatever)
        if len(other) == 0:
            notes.append(
                "5 公里步行范围内没有符合条件的驿站 / No such station within 5 km on foot."
            )
            return notes
        number = int(other.station[0])
        name, metres = self.facts[number]["name"], ceil(float(other.metres[0]))
        zh, en = self._words(number, int(other.state[0]), question.moment(float(other.seconds[0])))
        notes.append(
            f"{question.max_metres:.0f} 米内没有到达时确定开放的驿站；最近的是“{name}”，"
            f"步行 {metres} 米，{zh} / None within {question.max_metres:.0f} m is known to be open "
            f"on arrival; the nearest is “{name}”, {metres} m on foot, {en}."
        )
        return notes

    def _words(self, number: int, by_hours: int, moment: datetime) -> tuple[str, str]:
        """What to expect of a station at a moment, in both languages."""
        if self.closures.closed(number, moment):
            again = self.closures.next(number, moment, closed=False)
            if again is None:
                return "暂停开放", "closed until further notice"
            return f"暂停开放至 {again:%m-%d %H:%M}", f"closed until {again:%Y-%m-%d %H:%M}"
        if by_hours == STATES.index("open"):
            return "到达时开放", "open on arrival"
        if by_hours == STATES.index("unknown"):
            return "开放时间未知", "its hours are not known"
        opens = self.hours.next_opening(number, moment)
        if opens is None:
            return "当前关闭", "closed"
        return f"{opens:%m-%d %H:%M} 开放", f"opens {opens:%Y-%m-%d %H:%M}"

    def unreachable(self) -> list[dict[str, Any]]:
        """Stations on small separate parts of the network, or off it: to be looked at."""
        worse = np.concatenate([self.on_streets.unreachable, self.on_streets.off_network])
        return [self.facts[int(number)] for number in np.sort(worse)]


def _bits(services: Sequence[str]) -> int:
    return sum(1 << SERVICES.index(name) for name in set(services) if name in SERVICES)


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
