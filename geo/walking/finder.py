"""Which stations can be walked to: the active stations, their hours and the street network in
memory, keyed by edition.

A Finder never changes after it is loaded, so any number of threads may ask it at once; when an
edition or a station's dated status changes, a new one is loaded and takes its place
(:class:`geo.walking.holder.FinderHolder`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.coordinates import CRS_NAMES, Bounds, Crs, check_range, from_wgs84, in_range, to_wgs84
from geo.database import Reader
from geo.errors import Invalid
from geo.hours import Calendar, HolidayTable, HoursState, HoursTable
from geo.progress import SILENT, Progress
from geo.schema import ACCESS, STATION_KINDS
from geo.settings import Settings
from geo.stations.news import News, read_news
from geo.walking.answers import FACTS, Near, NearestAnswer, NearStation
from geo.walking.beyond import beyond, notes
from geo.walking.closures import Closures, DatedStatus
from geo.walking.graph import WalkingGraph
from geo.walking.kept import KeptQuestions, bits_of, minute_of
from geo.walking.nearest import Nearest
from geo.walking.prepared import DEFAULT_CAP_METRES, Prepared
from geo.walking.snapshot import load_graph
from geo.walking.stations import StationsOnStreets
from geo.walking.telling import Telling
from geo.walking.wanted import CAP_METRES, MOST, OFFERED_ACCESS, OpenRule, Wanted, wanted

__all__ = ["CAP_METRES", "MOST", "OFFERED_ACCESS", "Finder", "OpenRule", "minute_of"]

MARGIN_DEGREES = 0.5
"""Farther than some 50 km from every street and station a position is taken for a mistake."""


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
        news: News | None = None,
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
            news: dated statuses and open reports by station id, instead of `closures`.
            network_edition, station_edition: what it was loaded from.
            bounds: west, south, east, north; a position outside is a mistake.
        """
        self.facts = facts
        self.position = position
        self.hours = hours
        self.zone = zone
        self.number_of = {fact["id"]: number for number, fact in enumerate(facts)}
        self.network_edition = network_edition
        self.station_edition = station_edition
        self.graph = graph
        self.kinds = np.array([STATION_KINDS.index(fact["kind"]) for fact in facts], dtype=np.int8)
        self.access = np.array([ACCESS.index(fact["access"]) for fact in facts], dtype=np.int8)
        self.grades = np.array([fact.get("star_grade") or 0 for fact in facts], dtype=np.int8)
        self.on_streets = StationsOnStreets(
            graph,
            position[:, 0],
            position[:, 1],
            ids=np.array([fact["id"] for fact in facts], dtype=np.int64),
            features=np.array([bits_of(fact["services"]) for fact in facts], dtype=np.uint64),
        )
        self.bounds = bounds or _bounds(graph, position)
        self.loaded_at = datetime.now(zone)
        self.unconfirmed_since: datetime | None = None
        """Since when nobody could ask whether these editions are still in force; set by whoever
        asks (:class:`FinderHolder`), told with every answer."""
        self._take(news or News({}, {}), closures)

    def _take(self, news: News, closures: Sequence[DatedStatus] = ()) -> None:
        """Lay what changes from hour to hour over the stations."""
        self.news = news
        dated = [
            (self.number_of[station], fact.status, fact.starts_at, fact.ends_at)
            for station, facts in news.statuses.items()
            if station in self.number_of
            for fact in facts
        ]
        self.closures = Closures([*closures, *dated], len(self.facts))
        self.questions = KeptQuestions(
            self.on_streets,
            self.hours,
            self.closures,
            kinds=self.kinds,
            access=self.access,
            grades=self.grades,
        )
        self.telling = Telling(self.hours, self.closures, news, self.facts, self.zone)

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
        names = [*FACTS, "lon", "lat"]
        facts = [
            dict(zip(names, (*row[: len(FACTS)], row.lon, row.lat), strict=True)) for row in rows
        ]
        position = np.array([(row.x, row.y) for row in rows], dtype=np.float64).reshape(-1, 2)
        return cls(
            graph,
            facts,
            position,
            HoursTable(
                [fact["opening_hours"] for fact in facts],
                Calendar(HolidayTable.read(settings.holidays)),
                timezone=settings.time_zone,
            ),
            zone=ZoneInfo(settings.time_zone),
            news=read_news(reader),
            network_edition=streets.id if streets else None,
            station_edition=stations.id if stations else None,
            bounds=settings.service_area,
        )

    def with_news(self, news: News) -> Self:
        """The same stations and streets under other statuses and reports."""
        other = copy.copy(self)
        other._take(news)  # noqa: SLF001  its own class
        other.loaded_at = datetime.now(self.zone)
        return other

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
        min_grade: int = 0,
        open_rule: OpenRule = "arrival",
        stay_minutes: int = 0,
        max_metres: float = DEFAULT_CAP_METRES,
        now: datetime | None = None,
    ) -> NearestAnswer:
        """The nearest stations on foot, in exact order of metres over the street network.

        Args:
            lon, lat: where the person is, in `crs`.
            crs: coordinate system of the question and of the answer.
            now: the present, else the clock's.
            k, kinds, services, access, min_grade, open_rule, stay_minutes, max_metres: see
                :class:`geo.walking.wanted.Wanted`.

        Times without a zone are those of the settings' zone.

        Raises:
            Invalid: a value out of range, or a kind, service, access, rule or coordinate system
                that does not exist.
            OutsideServiceArea: no street and no station anywhere near; perhaps swapped axes.
        """
        what = wanted(
            k=k,
            max_metres=max_metres,
            kinds=kinds,
            services=services,
            access=access,
            min_grade=min_grade,
            open_rule=open_rule,
            stay_minutes=stay_minutes,
        )
        x, y = self.place(lon, lat, crs)
        return self.answer(what, x, y, crs, now)

    def place(self, lon: float, lat: float, crs: Crs) -> tuple[float, float]:
        """A position in WGS 84.

        Raises:
            Invalid: the coordinate system does not exist, or the position is none on Earth.
            OutsideServiceArea: no street and no station anywhere near.
        """
        if crs not in CRS_NAMES:
            raise Invalid(
                f"没有坐标系“{str(crs)[:60]}”。 '{str(crs)[:60]}' is not a coordinate system.",
                remedy=f"可用 / use one of {', '.join(CRS_NAMES)}.",
                field="crs",
            )
        # A latitude beyond 90 is mostly a longitude; the bounds know whether it would be one here.
        check_range(lon, lat, None if in_range(lon, lat).all() else self.bounds)
        x, y = (float(value) for value in to_wgs84(lon, lat, crs))
        if self.bounds is not None:
            check_range(x, y, self.bounds)
        return x, y

    def answer(
        self, what: Wanted, x: float, y: float, crs: Crs = "wgs84", now: datetime | None = None
    ) -> NearestAnswer:
        """The answer to a checked question from a place in WGS 84; see :meth:`nearest`."""
        at = self.local(now or datetime.now(self.zone))
        found = self.find(what, x, y, at)
        told = [self.station(near, crs) for near in self.near(what, found, at)]
        more = None if told or not len(self) else beyond(self, what, (x, y), at, crs)
        return NearestAnswer(
            told,
            notes(self, what, found, at, more),
            self.network_edition,
            self.station_edition,
            at,
            crs,
            self.loaded_at,
            more,
        )

    def find(self, what: Wanted, x: float, y: float, at: datetime) -> Nearest:
        """The search, dated statuses included, from a place in WGS 84 at a local time."""
        return self.questions.search(what, x, y, self.moment(what, at))

    def question(self, what: Wanted, moment: datetime) -> Prepared | None:
        """See :meth:`geo.walking.kept.KeptQuestions.ready`."""
        return self.questions.ready(what, moment)

    # ------------------------------------------------------------------ telling
    def local(self, moment: datetime) -> datetime:
        """A time in the zone of the hours; one without a zone is meant there."""
        if moment.tzinfo is None:
            return moment.replace(tzinfo=self.zone)
        return moment.astimezone(self.zone)

    def moment(self, what: Wanted, at: datetime) -> datetime:
        """The local time that a question asked `at` is about."""
        rule = what.open_rule
        return self.local(rule) if isinstance(rule, datetime) else at

    def arrival(self, what: Wanted, moment: datetime, seconds: float) -> datetime:
        """The moment that counts for a station so many seconds away."""
        return what.arrival(moment, seconds)

    def near(self, what: Wanted, found: Nearest, at: datetime) -> list[Near]:
        """What was found, with the hours in words."""
        moment = self.moment(what, at)
        straight = found.straight_line
        rows = []
        for number, metres, off, seconds, state, doubtful in zip(
            found.station.tolist(),
            found.metres.tolist(),
            found.metres_off_street.tolist(),
            found.seconds.tolist(),
            found.state.tolist(),
            found.doubtful.tolist(),
            strict=True,
        ):
            there = self.arrival(what, moment, seconds)
            word, until, opens, suspended = self.hours_at(number, state, there)
            rows.append(
                Near(
                    number,
                    round(metres, 1),
                    round(seconds / 60, 1),
                    round(off, 1),
                    straight,
                    straight or doubtful != 0,
                    word,
                    until,
                    opens,
                    suspended,
                )
            )
        return rows

    def hours_at(
        self, number: int, by_hours: int, there: datetime
    ) -> tuple[HoursState, datetime | None, datetime | None, bool]:
        """See :meth:`geo.walking.telling.Telling.hours_at`."""
        return self.telling.hours_at(number, by_hours, there)

    def station(self, near: Near, crs: Crs) -> NearStation:
        """A found station with its facts, its place in `crs`."""
        fact = dict(self.facts[near.number])
        lon, lat = from_wgs84(fact["lon"], fact["lat"], crs)
        fact["lon"], fact["lat"] = round(float(lon), 7), round(float(lat), 7)
        return NearStation(
            fact,
            near.metres,
            near.minutes,
            near.off_street,
            near.straight_line,
            near.uncertain,
            near.state,
            near.open_until,
            near.opens_at,
            near.suspended,
            self.news.doubts.get(fact["id"], {}),
            self.status_note(near.number),
        )

    def status_note(self, number: int) -> str | None:
        """The reason of the dated status that holds now, or else of the next one."""
        return self.telling.status_note(number)

    def unreachable(self) -> list[dict[str, Any]]:
        """Stations on small separate parts of the network, or off it: to be looked at."""
        worse = np.concatenate([self.on_streets.unreachable, self.on_streets.off_network])
        return [self.facts[int(number)] for number in np.sort(worse)]


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
