"""The doors of the walking search: one person, many people. Every place of the network at once is
the business of :mod:`geo.walking.labels`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.walking.arrays import Flags, Floats, Ints
from geo.walking.prepared import DEFAULT_CAP_METRES, OpenWhen, Prepared
from geo.walking.stations import StationsOnStreets
from geo.walking.straight import straight_line


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
        doubtful: (n,) whether the way to the street, at either end, may lead through something that
            nobody walks through.
    """

    station: Ints
    metres: Floats
    metres_off_station: Floats
    metres_off_start: float
    seconds: Floats
    state: Flags
    straight_line: bool
    doubtful: Flags

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

    def take(self, rows: list[int]) -> Nearest:
        """Some of them, in the order of their numbers here."""
        return replace(
            self,
            station=self.station[rows],
            metres=self.metres[rows],
            metres_off_station=self.metres_off_station[rows],
            seconds=self.seconds[rows],
            state=self.state[rows],
            doubtful=self.doubtful[rows],
        )


@dataclass(frozen=True, eq=False)
class NearestMany:
    """As :class:`Nearest` for q people at once: (q, k) arrays, filled up with station -1 and
    infinite metres. `count` (q,) says how many there are, `straight_line` (q,) which rows are so,
    `doubtful` (q,) which people's way to the street is."""

    station: Ints
    metres: Floats
    seconds: Floats
    state: Flags
    metres_off_start: Floats
    count: Ints
    straight_line: npt.NDArray[np.bool_]
    doubtful: npt.NDArray[np.bool_]


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
    _check(np.array([lon], np.float64), np.array([lat], np.float64))
    question = Prepared(
        stations,
        k,
        max_metres=max_metres,
        allow=allow,
        required=required,
        any_of=any_of,
        hours=hours,
    )
    return asked(question, float(lon), float(lat))


def asked(question: Prepared, lon: float, lat: float, minute: float | None = None) -> Nearest:
    """The answer to a prepared question; `minute` of its horizon, else the one it was made for.

    The position is not checked; see :func:`nearest`.
    """
    stations = question.stations
    count, room = question.one(lon, lat, minute)
    if count >= 0:
        station = room.station[:count].copy()
        return Nearest(
            station=station,
            metres=room.metres[:count].copy(),
            metres_off_station=stations.feet.off_street[station],
            metres_off_start=float(room.start[0]),
            seconds=room.seconds[:count].copy(),
            state=room.state[:count].copy(),
            straight_line=False,
            doubtful=stations.snapped.doubtful[station] | np.uint8(room.start[1]),
        )
    found = (
        np.full(question.k, -1, np.int32),
        np.full(question.k, np.inf),
        np.full(question.k, np.inf),
        np.full(question.k, 2, np.uint8),
    )
    count = straight_line(question, (lon, lat), found, minute)
    return Nearest(
        station=found[0][:count],
        metres=found[1][:count],
        metres_off_station=np.zeros(count),
        metres_off_start=0.0,
        seconds=found[2][:count],
        state=found[3][:count],
        straight_line=True,
        doubtful=np.ones(count, np.uint8),
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
    lon = np.ascontiguousarray(lon, np.float64)
    lat = np.ascontiguousarray(lat, np.float64)
    _check(lon, lat)
    question = Prepared(
        stations,
        k,
        max_metres=max_metres,
        allow=allow,
        required=required,
        any_of=any_of,
        hours=hours,
    )
    people, k = len(lon), question.k
    station = np.full((people, k), -1, np.int32)
    metres = np.full((people, k), np.inf)
    seconds = np.full((people, k), np.inf)
    state = np.full((people, k), 2, np.uint8)
    start = np.zeros((people, 2))
    count = np.full(people, -1, np.int32)
    question.many(lon, lat, station, metres, seconds, state, start, count)
    straight = count < 0
    for row in np.flatnonzero(straight):
        count[row] = straight_line(
            question,
            (float(lon[row]), float(lat[row])),
            (station[row], metres[row], seconds[row], state[row]),
        )
        start[row] = 0.0, 1.0
    return NearestMany(
        station, metres, seconds, state, start[:, 0], count, straight, start[:, 1] != 0
    )


# ---------------------------------------------------------------------- checks
def _check(lon: Floats, lat: Floats) -> None:
    if lon.shape != lat.shape or lon.ndim != 1:
        raise Invalid("Longitudes and latitudes are not of one length.", field="lon")
    if not ((lon >= -180) & (lon <= 180)).all():
        raise Invalid("The longitude is not between -180 and 180.", field="lon")
    if not ((lat >= -90) & (lat <= 90)).all():
        raise Invalid(
            "The latitude is not between -90 and 90.",
            remedy="先经度、后纬度；可能写反了。 "
            "Longitude comes first; perhaps the two are swapped.",
            field="lat",
        )
