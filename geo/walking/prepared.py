"""Questions made ready to be asked many times: the filters worked out once, the hours laid out."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.walking.addresses import Handle
from geo.walking.arrays import Flags, Floats, Hours, Ints, Known
from geo.walking.question import ARRAYS, QUESTION, ask
from geo.walking.search import NO_HOURS, SURE
from geo.walking.stations import StationsOnStreets

DEFAULT_CAP_METRES = 3000.0
NO_STATES = Hours(np.empty((0, 0), np.uint8), np.empty((0, 0), np.uint8), np.empty(0, np.int32))
MOST_FEW, FEW_SHARE = 2000, 8
"""So few stations, and at most one in so many, are all looked at first: some two microseconds."""
AHEAD_MINUTES = 30
"""For so long the list of stations that are sure to be open is kept before it is made again."""


class OpenWhen(NamedTuple):
    """The hours of the stations, and when they are asked for.

    Attributes:
        open, unknown: (patterns, bytes) uint8, one-minute bits from the midnight on that the
            horizon begins with, the first minute in the lowest bit: where a pattern is open, and
            where that is not known. See :class:`geo.hours.Horizon`. What lies beyond is unknown.
        row_pattern: (S,) int32, each station's pattern; -1 where its hours are not known.
        start_minute: now, or the moment asked for, since that midnight. Fractions count.
        walking_counts: whether a station is asked for the moment one gets there.
        minutes_before_closing: it must stay open for at least so long after that.
        only_open: leave closed stations out; otherwise they are returned with their state.
        unknown_passes: with `only_open`, whether stations of unknown hours are kept.
    """

    open: Flags
    unknown: Flags
    row_pattern: Ints
    start_minute: float
    walking_counts: bool = True
    minutes_before_closing: int = 0
    only_open: bool = True
    unknown_passes: bool = False

    def packed(self) -> tuple[Hours, Floats]:
        """As the compiled search takes it."""
        when = [
            self.walking_counts,
            self.minutes_before_closing,
            self.only_open,
            self.unknown_passes,
        ]
        return (
            Hours(
                np.ascontiguousarray(self.open, np.uint8),
                np.ascontiguousarray(self.unknown, np.uint8),
                np.ascontiguousarray(self.row_pattern, np.int32),
            ),
            np.array(when, np.float64),
        )


class Room:
    """One thread's side of a prepared question: its handle, and where the answer lies afterwards.
    `station`, `metres`, `seconds` and `state` hold the answer of the last question."""

    __slots__ = (
        "handle",
        "metres",
        "number",
        "seconds",
        "since",
        "start",
        "state",
        "station",
        "until",
        "vicinity",
    )

    def __init__(
        self, handle: Handle, out: tuple[Any, ...], since: float, until: float, vicinity: Known
    ) -> None:
        self.handle, self.number = handle, handle.number
        self.station, self.metres, self.seconds, self.state, self.start = out
        self.since, self.until, self.vicinity = since, until, vicinity


class Prepared:
    """The k nearest stations that pass some filters, asked from anywhere.

    Any number of threads may ask at once. A question costs its search and one microsecond.

    Args:
        stations: with the graph they lie on.
        k: how many; past 64 the search is slower.
        max_metres: the longest way, off-street metres included.
        allow: (S,) which stations may be returned; all by default.
        required, any_of: bits of the stations' `features`: all of the former, one of the latter.
        hours: leave out what is closed on arrival, or tell it.

    Raises:
        Invalid: k or max_metres out of range, arrays that do not fit the stations.
    """

    def __init__(
        self,
        stations: StationsOnStreets,
        k: int = 5,
        *,
        max_metres: float = DEFAULT_CAP_METRES,
        allow: npt.NDArray[np.bool_] | Flags | None = None,
        required: int = 0,
        any_of: int = 0,
        hours: OpenWhen | None = None,
    ) -> None:
        if k < 1:
            raise Invalid(
                f"k 是 {k}。 k is {k}.",
                remedy="至少 1 个。 Ask for at least one station.",
                field="k",
            )
        if not max_metres >= 0:
            raise Invalid(
                f"距离 {max_metres} 不是正数。 {max_metres} is not a positive distance.",
                field="max_m",
            )
        self.stations = stations
        self.k = min(k, len(stations))
        self.max_metres = float(max_metres)
        self.passing = _passing(stations, allow, required, any_of)
        self.asked = hours
        self.hours: Hours
        self.when: Floats
        self.hours, self.when = (NO_STATES, NO_HOURS) if hours is None else hours.packed()
        _check_hours(stations, self.hours, self.when, 0.0 if hours is None else hours.start_minute)
        self.start_minute = 0.0 if hours is None else float(hours.start_minute)
        """The moment the question was made for."""
        self._admitted: tuple[float, float, Flags] | None = None
        self._local = threading.local()

    def one(self, lon: float, lat: float, minute: float | None = None) -> tuple[int, Room]:
        """Ask from one point, WGS 84 degrees, at a minute of the horizon.

        Returns:
            How many were found (-1: there is no street near), and where they lie, until the same
            thread asks again.
        """
        if minute is None:
            minute = self.start_minute
        room = self.room(minute)
        return ask(room.number, lon, lat, minute), room

    def room(self, minute: float) -> Room:
        """Where the calling thread asks at a minute of the horizon, until another minute comes; one
        of before the table of the vicinity was made is only slower."""
        room: Room | None = getattr(self._local, "room", None)
        if (
            room is None
            or not room.since <= minute < room.until
            or room.vicinity is not self.stations.vicinity
        ):
            room = self._local.room = self._room(minute)
        return room

    def many(self, lon: Floats, lat: Floats, *rows: Any) -> None:
        """Ask from each of n points, WGS 84 degrees, at the minute the question was made for.

        Args:
            rows: (n, k) stations, metres, seconds, states, (n, 2) starts and (n,) counts, written.
        """
        if len(lon):
            minute = self.start_minute
            out = (*rows[:5], lon, lat, rows[5])
            handle = self._handle(self.admit(minute)[2], self.stations.vicinity, out, len(lon))
            ask(handle.number, 0.0, 0.0, minute)

    def _handle(
        self, admitted: Flags, vicinity: Known, out: tuple[Any, ...], people: int
    ) -> Handle:
        """Everything a search takes but the point and the minute; see
        :data:`geo.walking.question.ARRAYS`."""
        stations = self.stations
        graph = stations.graph
        arrays = (
            *stations.records,
            vicinity,
            *stations.scratch(),
            admitted,
            self._few(admitted),
            *self.hours,
            self.when,
            *out,
        )
        return Handle(
            QUESTION,
            ARRAYS,
            dict(zip(ARRAYS, arrays, strict=True)),
            ground=graph.ground.number,
            pace=graph.pace.on_streets,
            limit=self.max_metres,
            k=self.k,
            known=vicinity.shape[1] if len(vicinity) else 0,
            patterns=self.hours.open.shape[0],
            bytes=self.hours.open.shape[1],
            people=people,
        )

    @staticmethod
    def _few(admitted: Flags) -> Ints:
        """Where the admitted ones are, when they are so few that looking ahead pays."""
        places: Ints = np.flatnonzero(admitted).astype(np.int32)
        is_few = len(places) <= MOST_FEW and FEW_SHARE * len(places) <= len(admitted)
        return places if is_few else places[:0]

    def _room(self, minute: float) -> Room:
        size = self.k
        out = (
            np.zeros(size, np.int32),
            np.zeros(size),
            np.zeros(size),
            np.zeros(size, np.uint8),
            np.zeros(2),
        )
        since, until, admitted = self.admit(minute)
        vicinity = self.stations.vicinity
        nobody = (np.empty(0), np.empty(0), np.empty(0, np.int32))
        return Room(
            self._handle(admitted, vicinity, (*out, *nobody), 0), out, since, until, vicinity
        )

    def admit(self, minute: float) -> tuple[float, float, Flags]:
        """From which minute until which a list of admitted stations holds, and the list."""
        kept = self._admitted
        if kept is not None and kept[0] <= minute < kept[1]:
            return kept
        order = self.stations.feet.on_chain
        admitted = self.passing[order].view(np.uint8)
        if self.asked is None or not self.asked.only_open:
            kept = (-np.inf, np.inf, admitted * np.uint8(SURE))
        else:
            sure = self._sure(minute)[self.hours.row_pattern[order]]
            kept = (minute, minute + AHEAD_MINUTES, admitted + (admitted & sure))
        self._admitted = kept
        return kept

    def _sure(self, minute: float) -> Flags:
        """(patterns + 1,) open whenever a walk of this question may end that begins from `minute`
        on; the last is for stations whose hours are not known."""
        pace = self.stations.graph.pace
        longest = self.max_metres / min(pace.on_streets, pace.on_steps) / 60 if self.when[0] else 0
        first = int(minute)
        last = int(minute + AHEAD_MINUTES + longest + self.when[1]) + 1
        whole = np.zeros(len(self.hours.open) + 1, np.uint8)
        if first >= 0 and last <= 8 * self.hours.open.shape[1]:
            low = first >> 3
            bits = np.unpackbits(
                self.hours.open[:, low : (last >> 3) + 1], axis=1, bitorder="little"
            )
            whole[:-1] = bits[:, first - 8 * low : last - 8 * low].all(axis=1)
        return whole


# ---------------------------------------------------------------------- checks
def _passing(
    stations: StationsOnStreets,
    allow: npt.NDArray[np.bool_] | Flags | None,
    required: int,
    any_of: int,
) -> npt.NDArray[np.bool_]:
    features = stations.feet.features
    passing: npt.NDArray[np.bool_] = (features & np.uint64(required)) == np.uint64(required)
    if any_of:
        passing &= (features & np.uint64(any_of)) != 0
    if allow is not None:
        if len(allow) != len(stations):
            raise Invalid(f"A mask of {len(allow)} for {len(stations)} stations.", field="allow")
        passing &= np.asarray(allow, np.bool_)
    return passing


def _check_hours(
    stations: StationsOnStreets, states: Hours, when: Floats, start_minute: float
) -> None:
    if states is NO_STATES:
        return
    pattern = states.row_pattern
    if len(pattern) != len(stations):
        raise Invalid(f"Hours of {len(pattern)} for {len(stations)} stations.", field="hours")
    if len(pattern) and int(pattern.max()) >= len(states.open):
        raise Invalid("A station's hours name a pattern that is not there.", field="hours")
    if states.open.ndim != 2 or states.open.shape != states.unknown.shape:
        raise Invalid("The bits of open and unknown hours differ in shape.", field="hours")
    if not (0 <= start_minute < 1e9 and 0 <= when[1] <= 10_080):
        raise Invalid("The minute asked for is out of range.", field="open")
