"""The short way to `/api/stations/nearest`, past everything that an ordinary request passes.

Nine tenths of an ordinary answer are the framework's work. So a question that was asked before goes
straight from the socket to the search: the first time it is checked and answered by the ordinary
route (:mod:`api.stations.nearest`), which leaves it here, checked, under its own text; from then on
only the position and the moment are new. Whatever is unusual (a value out of range, another format,
a key, a dated status that changes on the way, no street, nothing found) goes to the ordinary route
each time, so that there is one strictness, one answer and one shape of error.

The position is neither stored nor logged: these answers are logged in sums.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from api import identity, problems
from api.door import DATA_HEADERS
from api.near import STATION_FIELDS
from api.position import HEADER
from api.questions import POSITION, without_position
from geo.coordinates import Crs, from_wgs84
from geo.errors import DomainError
from geo.walking.finder import Finder, minute_of
from geo.walking.prepared import Room
from geo.walking.search import OPEN, UNKNOWN
from geo.walking.telling import STATES
from maps.geojson import MEDIA_TYPE, to_json
from maps.near_stations import FOREVER, Texts

PATH = "/api/stations/nearest"
LOG_SECONDS = 10.0
_HEADER = HEADER.lower().encode()
_GEOJSON = MEDIA_TYPE.encode()
_PLAIN_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *((name.lower().encode(), value.encode()) for name, value in DATA_HEADERS.items()),
]

access = logging.getLogger("nuanyi.access")


class Pieces:
    """The answers' ready-made pieces, of one finder: what is said of a station whoever asks, and
    of its hours for as long as they stay so."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        streets = finder.on_streets
        self.texts: dict[Crs, Texts] = {}
        self.off_street = streets.feet.off_street
        self.doubtful = streets.snapped.doubtful
        self.tail = (
            f'"loaded_at":"{finder.loaded_at.isoformat()}",'
            f'"network_edition":{to_json(finder.network_edition)},'
            f'"station_edition":{to_json(finder.station_edition)}}}'
        ).encode()

    def of(self, crs: Crs) -> Texts:
        """The texts with positions in a coordinate system."""
        if crs not in self.texts:
            self.texts[crs] = Texts(
                self.off_street, self.doubtful, self.finder.hours.row_pattern, len(STATES)
            )
        return self.texts[crs]

    def end(self, crs: Crs, at: datetime) -> bytes:
        """What is said after the last station, at a moment."""
        return b'],"notes":[],"beyond":null,"crs":"%s","as_of":"%s",%s' % (
            crs.encode(),
            at.isoformat().encode(),
            self.tail,
        )

    def station(self, number: int, crs: Crs) -> bytes:
        """What is said of a station: the rest of its object, closing brace included."""
        texts = self.of(crs)
        piece = texts.station_of(number)
        if piece is None:
            piece = _piece(self.finder, number, crs)
            # The reason of a dated status changes with the time.
            if number not in self.finder.closures:
                texts.keep_station(number, piece)
        return piece

    def hours(self, number: int, state: int, moment: datetime, crs: Crs) -> bytes:
        """State, ending and opening of a station at a moment."""
        # Of a station without dated statuses, the pattern and the state say it all.
        plain = number not in self.finder.closures
        minute = _minutes(moment)
        if plain and (kept := self.of(crs).hours_of(number, state, minute)):
            return kept
        word, until, opens, suspended = self.finder.hours_at(number, state, moment)
        text = (
            f'"hours_state":"{word}","open_until":{_time(until)},"opens_at":{_time(opens)},'
            f'"suspended":{"true" if suspended else "false"},'
        ).encode()
        if plain:
            change = until or opens
            last: float = minute + 1
            if change is not None:
                last = _minutes(change)
            elif state == UNKNOWN or (state == OPEN and self.finder.hours.never_closes(number)):
                last = FOREVER
            self.of(crs).keep_hours(number, state, minute, last, text)
        return text


class Asked(NamedTuple):
    """A question as it is asked in one second of the clock, from anywhere."""

    room: Room
    number: int
    """Of the room; what compiled code takes."""
    texts: Texts
    west: float
    south: float
    east: float
    north: float
    crs: Crs
    on_arrival: bool
    at: datetime
    minute: float
    """Of the day."""
    minutes: float
    """Since the year 1."""


class Shortcut:
    """ASGI middleware; see the module. Stands before the door, whose checks it repeats.

    Args:
        app: where everything else goes.
        loopback_only: whether this machine alone may ask (there is no key).
        service: the running service, once there is one.
    """

    def __init__(
        self, app: ASGIApp, *, loopback_only: bool, service: Callable[[], Any | None]
    ) -> None:
        self.app = app
        self.loopback_only = loopback_only
        self.service = service
        self.pieces: Pieces | None = None
        self.asked: dict[bytes, Asked] = {}
        """By the question's text, which is hashed sooner than what it means; of one second."""
        self.until = 0.0
        """When that is over, on the clock that only measures."""
        self.hosts: set[tuple[bytes, str]] = set()
        self.answered, self.busy, self.logging = 0, 0.0, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass on."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            began = time.perf_counter()
            body = self._answer(scope, began)
            if body is not None:
                self._count(time.perf_counter() - began)
                length = (b"content-length", b"%d" % len(body))
                await send(
                    {
                        "type": "http.response.start",
                        "status": 200,
                        "headers": [*_PLAIN_HEADERS, length],
                    }
                )
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)
        if scope["type"] == "lifespan":
            self.log()  # what the last seconds left

    # ------------------------------------------------------------------ asking
    def _answer(self, scope: Scope, now: float) -> bytes | None:
        """The answer, or None for whatever is not plain; `now` by the clock that only measures."""
        service = self.service()
        if service is None:
            return None
        position = host = None
        for name, value in scope["headers"]:
            if name == _HEADER:
                if position is not None or not 0 < len(value) <= 100:
                    return None
                position = value
            elif name == b"host":
                host = value
            elif name == b"accept":
                if _GEOJSON in value.lower():
                    return None
            elif name in _UNUSUAL or (self.loopback_only and name in _FORWARDED):
                return None
        if self.loopback_only and not self._is_own(scope, host):
            return None
        query = scope["query_string"]
        if b"lon=" in query or b"lat=" in query:
            values = dict(given := POSITION.findall(query))
            if position is not None or len(given) != 2 or len(values) != 2:
                return None
            position = values[b"lon"] + b"," + values[b"lat"]
            query = without_position(query)
        if position is None:
            return None
        try:
            return self._near(service, query, position, now)
        except (DomainError, ValueError):
            return None  # the ordinary route says what is wrong with the position
        except Exception as error:  # noqa: BLE001  the ordinary route may answer all the same
            problems.unexpected(error, "GET", PATH)
            return None

    def _near(self, service: Any, text: bytes, position: bytes, now: float) -> bytes | None:
        finder = service.finder()
        if now >= self.until or self.pieces is None or self.pieces.finder is not finder:
            self.pieces = self._begin(finder, now)
        asked = self.asked.get(text) or self._ask(service, self.pieces, text)
        if asked is None:
            return None
        first, _, second = position.partition(b",")
        lon, lat = float(first), float(second)
        if asked.crs != "wgs84":
            lon, lat = finder.place(lon, lat, asked.crs)
        if not (asked.west < lon < asked.east and asked.south < lat < asked.north):
            return None
        told = asked.texts.answer(
            asked.number, lon, lat, asked.minute, asked.minutes, asked.on_arrival
        )
        return told if isinstance(told, bytes) else self._told(self.pieces, asked, told)

    def _begin(self, finder: Finder, now: float) -> Pieces:
        """Another second, or another finder: what was made ready is made ready again. A dated
        status may begin with any second."""
        self.asked = {}
        self.until = now + 1 - time.time() % 1
        pieces = self.pieces
        return pieces if pieces is not None and pieces.finder is finder else Pieces(finder)

    def _ask(self, service: Any, pieces: Pieces, text: bytes) -> Asked | None:
        """A question made ready for this second; None for one that must go the ordinary way: never
        asked before, on a day whose holidays are not known, while nobody knows whether the stations
        are still in force, or because a dated status changes on the way."""
        kept, finder = service.questions.get(text), pieces.finder
        if kept is None or finder.bounds is None or finder.unconfirmed_since is not None:
            return None
        what, crs = kept
        at = datetime.fromtimestamp(int(time.time()), finder.zone)
        question = finder.question(what, at) if finder.hours.holidays_known(at) else None
        if question is None:
            return None
        minute = minute_of(at)
        room = question.room(minute)
        texts = pieces.of(crs)
        texts.end_with(pieces.end(crs, at))
        asked = self.asked[text] = Asked(
            room, room.number, texts, *finder.bounds, crs, what.on_arrival, at, minute,
            _minutes(at) + at.second / 60,
        )  # fmt: skip
        return asked

    def _told(self, pieces: Pieces, asked: Asked, count: int) -> bytes | None:
        """The answer in words, of which something was not ready; it is from now on. None where
        nothing was found."""
        if not count:
            return None
        room, crs = asked.room, asked.crs
        off_start, doubtful = room.start.tolist()
        told = []
        for number, metres, seconds, state in zip(
            room.station.tolist()[:count],
            room.metres.tolist(),
            room.seconds.tolist(),
            room.state.tolist(),
            strict=False,
        ):
            then = asked.at + timedelta(seconds=seconds if asked.on_arrival else 0.0)
            told.append(
                b'{"metres":%.1f,"minutes":%.1f,"off_street_metres":%.1f,"straight_line":false,'
                b'"uncertain":%s,%s%s'
                % (
                    metres,
                    seconds / 60,
                    off_start + float(pieces.off_street[number]),
                    b"true" if doubtful or pieces.doubtful[number] else b"false",
                    pieces.hours(number, state, then, crs),
                    pieces.station(number, crs),
                )
            )
        return b'{"stations":[' + b",".join(told) + pieces.end(crs, asked.at)

    def _is_own(self, scope: Scope, host: bytes | None) -> bool:
        """Whether this machine asks by its own name; see :func:`api.identity.check_loopback`."""
        client = scope.get("client")
        asking = (host or b"", client[0] if client else "")
        if asking not in self.hosts:
            try:
                identity.check_loopback({"host": asking[0].decode("latin-1")}, asking[1] or None)
            except DomainError:
                return False
            if len(self.hosts) < 64:
                self.hosts.add(asking)
        return True

    # ------------------------------------------------------------------ logging
    def _count(self, seconds: float) -> None:
        self.answered += 1
        self.busy += seconds
        if not self.logging:
            self.logging = True
            asyncio.get_running_loop().call_later(LOG_SECONDS, self.log)

    def log(self) -> None:
        """One line for all answers since the last."""
        if self.answered:
            mean = 1000 * self.busy / self.answered
            access.info("GET %s 200 ×%d %.2f ms each", PATH, self.answered, mean)
        self.answered, self.busy, self.logging = 0, 0.0, False


_UNUSUAL = frozenset([b"authorization", b"range"])
_FORWARDED = frozenset(name.encode() for name in identity.FORWARDED)


def _time(moment: datetime | None) -> str:
    return "null" if moment is None else f'"{moment.isoformat()}"'


def _minutes(moment: datetime) -> int:
    """Minutes since the year 1."""
    return moment.toordinal() * 1440 + moment.hour * 60 + moment.minute


def _piece(finder: Finder, number: int, crs: Crs) -> bytes:
    """What is said of a station whoever asks: the rest of its object, closing brace included."""
    fact = finder.facts[number]
    lon, lat = from_wgs84(fact["lon"], fact["lat"], crs)
    values = {
        "status_note": finder.status_note(number),
        "doubts": dict(finder.news.doubts.get(fact["id"], {})),
        **{name: fact[name] for name in STATION_FIELDS},
        "lon": round(float(lon), 7),
        "lat": round(float(lat), 7),
    }
    return to_json(values)[1:].encode()
