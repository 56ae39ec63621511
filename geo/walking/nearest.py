"""The doors of the walking search: one person, many people, every junction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.walking.arrays import Flags, Floats, Hours, Ints
from geo.walking.graph import WalkingGraph
from geo.walking.search import NO_HOURS, nearest_of_all, search_many
from geo.walking.stations import StationsOnStreets
from geo.walking.straight import straight_line

DEFAULT_CAP_METRES = 3000.0
NO_STATES = Hours(np.empty((0, 0), np.uint8), np.empty((0, 0), np.uint8), np.empty(0, np.int32))
_ALL = np.empty(0, np.uint8)


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
            self.start_minute,
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


@dataclass(frozen=True, eq=False)
class Nearest:
    """Stations by walking distance, the nearest first; n of them.

    Attributes:
        station: (n,) index of the station.
        metres: (n,) the whole way: to the street, along it, to the station.
        metres_off_station: (n,) of it, from the street to the station.
        metres_off_start: of it, from the person to the street.
        seconds: (n,) walking time of that way.
        state: (n,) hours on arrival: 0 closed, 1 open, 2 unknown (or not asked).
        straight_line: True where there is no street near: `metres` is then the geodesic, and the
            real way is longer.
    """

    station: Ints
    metres: Floats
    metres_off_station: Floats
    metres_off_start: float
    seconds: Floats
    state: Flags
    straight_line: bool

    @property
    def on_network(self) -> bool:
        """Whether the person is near a street."""
        return not self.straight_line

    @property
    def metres_off_street(self) -> Floats:
        """(n,) metres off the street at both ends."""
        return self.metres_off_start + self.metres_off_station

    def __len__(self) -> int:
        return len(self.station)


@dataclass(frozen=True, eq=False)
class NearestMany:
    """As :class:`Nearest` for q people at once: (q, k) arrays, filled up with station -1 and
    infinite metres. `count` (q,) says how many there are, `straight_line` (q,) which rows are."""

    station: Ints
    metres: Floats
    seconds: Floats
    state: Flags
    metres_off_start: Floats
    count: Ints
    straight_line: npt.NDArray[np.bool_]


def nearest(
    stations: StationsOnStreets,
    lon: float,
    lat: float,
    k: int = 5,
    *,
    max_metres: float = DEFAULT_CAP_METRES,
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
    hours: OpenWhen | None = None,
) -> Nearest:
    """The k nearest stations on foot, exact over the street network.

    Stations equally far come in the order of their id. Where no street is within the graph's cap
    (500 m) of the person, or there is no network, they come by geodesic distance, marked.

    Args:
        stations: with the graph they lie on.
        lon, lat: the person, WGS 84 degrees. Neither stored nor logged.
        k: how many.
        max_metres: the longest way, off-street metres included.
        allow: (S,) which stations may be returned; all by default.
        required, any_of: bits of the stations' `features`: all of the former, one of the latter.
        hours: leave out what is closed on arrival, or tell it.

    Raises:
        Invalid: a position that is not on Earth, k or max_metres out of range, arrays that do not
            fit the stations.

    Cost: some microseconds when stations are dense; bounded by the streets within `max_metres`.
    """
    many = nearest_many(
        stations,
        np.array([lon], np.float64),
        np.array([lat], np.float64),
        k,
        max_metres=max_metres,
        allow=allow,
        required=required,
        any_of=any_of,
        hours=hours,
    )
    found = slice(0, int(many.count[0]))
    station = many.station[0, found]
    straight = bool(many.straight_line[0])
    return Nearest(
        station=station,
        metres=many.metres[0, found],
        metres_off_station=(
            np.zeros(len(station)) if straight else stations.feet.off_street[station]
        ),
        metres_off_start=float(many.metres_off_start[0]),
        seconds=many.seconds[0, found],
        state=many.state[0, found],
        straight_line=straight,
    )


def nearest_many(
    stations: StationsOnStreets,
    lon: Floats,
    lat: Floats,
    k: int = 5,
    *,
    max_metres: float = DEFAULT_CAP_METRES,
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
    hours: OpenWhen | None = None,
) -> NearestMany:
    """:func:`nearest` for q people at once, without a Python step between them.

    Args:
        lon, lat: (q,) WGS 84 degrees; the rest as :func:`nearest`.

    Raises:
        Invalid: as :func:`nearest`.

    Cost: as `nearest` less its call; people off the network cost a pass over all stations each. It
    runs in the caller's thread without the interpreter's lock: split the people over threads.
    """
    graph = stations.graph
    lon = np.ascontiguousarray(lon, np.float64)
    lat = np.ascontiguousarray(lat, np.float64)
    _check(lon, lat, k, max_metres)
    k = min(k, len(stations))
    mask = _mask(stations, allow)
    states, when = (NO_STATES, NO_HOURS) if hours is None else hours.packed()
    _check_hours(stations, states, when)
    people = len(lon)
    station = np.full((people, k), -1, np.int32)
    metres = np.full((people, k), np.inf)
    seconds = np.full((people, k), np.inf)
    state = np.full((people, k), 2, np.uint8)
    off_street = np.full(people, np.inf)
    count = np.full(people, -1, np.int32)
    all_bits, any_bits = np.uint64(required), np.uint64(any_of)
    search_many(
        graph.streets,
        graph.grid,
        stations.feet,
        stations.workspace(),
        lon,
        lat,
        graph.snapping.radius_metres,
        graph.snapping.cap_metres,
        graph.pace.on_streets,
        float(max_metres),
        mask,
        all_bits,
        any_bits,
        states,
        when,
        station,
        metres,
        seconds,
        state,
        off_street,
        count,
    )
    straight = count < 0
    for row in np.flatnonzero(straight):
        count[row] = straight_line(
            stations,
            (float(lon[row]), float(lat[row])),
            max_metres,
            (mask, all_bits, any_bits),
            (states, when),
            (station[row], metres[row], seconds[row], state[row]),
        )
        off_street[row] = 0.0
    return NearestMany(station, metres, seconds, state, off_street, count, straight)


def nearest_everywhere(
    stations: StationsOnStreets,
    *,
    max_metres: float = np.inf,
    allow: npt.NDArray[np.bool_] | Flags | None = None,
    required: int = 0,
    any_of: int = 0,
) -> tuple[Floats, Floats, Ints]:
    """The nearest station of every junction of the graph.

    Returns:
        (J,) metres to it along the streets and off them to the station (infinite where there is
        none), (J,) seconds, (J,) its index (-1).

    Cost: one search over the whole network, some 60 ms for 200,000 junctions.
    """
    graph: WalkingGraph = stations.graph
    return nearest_of_all(
        graph.streets,
        stations.feet,
        graph.pace.on_streets,
        float(max_metres),
        _mask(stations, allow),
        np.uint64(required),
        np.uint64(any_of),
    )


# ---------------------------------------------------------------------- checks
def _check(lon: Floats, lat: Floats, k: int, max_metres: float) -> None:
    if lon.shape != lat.shape or lon.ndim != 1:
        raise Invalid("Longitudes and latitudes are not of one length.", field="lon")
    if not ((lon >= -180) & (lon <= 180)).all():
        raise Invalid("The longitude is not between -180 and 180.", field="lon")
    if not ((lat >= -90) & (lat <= 90)).all():
        raise Invalid(
            "The latitude is not between -90 and 90.",
            remedy="Longitude comes first; perhaps the two are swapped.",
            field="lat",
        )
    if k < 1:
        raise Invalid(f"k is {k}: ask for at least one station.", field="k")
    if not max_metres >= 0:
        raise Invalid(f"The distance {max_metres} is not a positive number.", field="max_m")


def _mask(stations: StationsOnStreets, allow: npt.NDArray[np.bool_] | Flags | None) -> Flags:
    if allow is None:
        return _ALL
    if len(allow) != len(stations):
        raise Invalid(f"A mask of {len(allow)} for {len(stations)} stations.", field="allow")
    if not len(stations):
        return _ALL
    return np.ascontiguousarray(allow, np.bool_).view(np.uint8)


def _check_hours(stations: StationsOnStreets, states: Hours, when: Floats) -> None:
    if states is NO_STATES:
        return
    pattern = states.row_pattern
    if len(pattern) != len(stations):
        raise Invalid(f"Hours of {len(pattern)} for {len(stations)} stations.", field="hours")
    if len(pattern) and int(pattern.max()) >= len(states.open):
        raise Invalid("A station's hours name a pattern that is not there.", field="hours")
    if states.open.ndim != 2 or states.open.shape != states.unknown.shape:
        raise Invalid("The bits of open and unknown hours differ in shape.", field="hours")
    if not (0 <= when[0] < 1e9 and 0 <= when[2] <= 10_080):
        raise Invalid("The minute asked for is out of range.", field="open")
