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
from datetime import date, datetime, timedelta
from math import inf
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from api import identity
from api.door import HEADERS
from api.position import HEADER
from api.questions import POSITION, without_position
from geo.coordinates import Crs, from_wgs84
from geo.errors import DomainError
from geo.walking.finder import Finder, minute_of
from geo.walking.search import OPEN
from geo.walking.wanted import Wanted
from maps.geojson import MEDIA_TYPE, to_json

PATH = "/api/stations/nearest"
LOG_SECONDS = 10.0
_HEADER = HEADER.lower().encode()
_GEOJSON = MEDIA_TYPE.encode()
_PLAIN_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
]

access = logging.getLogger("nuanyi.access")


class Pieces:
    """The answers' ready-made pieces, of one finder: what is said of a station whoever asks, and
    when a pattern of hours ends."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.stations: dict[tuple[Crs, int], bytes] = {}
        self.off_street: list[float] = finder.on_streets.feet.off_street.tolist()
        self.doubtful: list[int] = finder.on_streets.snapped.doubtful.tolist()
        self.pattern: list[int] = finder.hours.row_pattern.tolist()
        # By pattern: from which minute (since the year 1) until which it holds, and the text.
        self.until: dict[int, tuple[int, float, bytes]] = {}
        self.known_day: date | None = None
        self.tail = (
            f'"loaded_at":"{finder.loaded_at.isoformat()}",'
            f'"network_edition":{to_json(finder.network_edition)},'
            f'"station_edition":{to_json(finder.station_edition)}}}'
        ).encode()

    def station(self, number: int, crs: Crs) -> bytes:
        """What is said of a station: the rest of its object, closing brace included."""
        piece = self.stations.get((crs, number))
        if piece is None:
            piece = _piece(self.finder, number, crs)
            # The reason of a dated status changes with the time.
            if number not in self.finder.closures:
                self.stations[crs, number] = piece
        return piece

    def hours(self, number: int, state: int, minute: int, at: datetime, seconds: float) -> bytes:
        """State, ending and opening of a station so many seconds after a time, which is a minute
        since the year 1."""
        pattern = self.pattern[number]
        plain = state == OPEN and number not in self.finder.closures
        if plain:
            kept = self.until.get(pattern)
            if kept is not None and kept[0] <= minute < kept[1]:
                return kept[2]
        moment = at + timedelta(seconds=seconds)
        word, until, opens, suspended = self.finder.hours_at(number, state, moment)
        text = (
            f'"hours_state":"{word}","open_until":{_time(until)},"opens_at":{_time(opens)},'
            f'"suspended":{"true" if suspended else "false"},'
        ).encode()
        if plain:
            last: float = minute + 1
            if until is not None:
                last = _minutes(until)
            elif self.finder.hours.never_closes(number):
                last = inf
            self.until[pattern] = (minute, last, text)
        return text


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
        self.hosts: set[tuple[bytes, str]] = set()
        self.answered, self.busy, self.logging = 0, 0.0, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass on."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            began = time.perf_counter()
            body = self._answer(scope)
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
    def _answer(self, scope: Scope) -> bytes | None:
        """The answer, or None for whatever is not plain."""
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
        kept = service.questions.get(query)
        if kept is None or position is None:
            return None
        try:
            return self._near(service.finder(), kept[0], kept[1], position)
        except Exception:  # noqa: BLE001  the ordinary route tells it properly
            return None

    def _near(self, finder: Finder, what: Wanted, crs: Crs, position: bytes) -> bytes | None:
        first, _, second = position.partition(b",")
        lon, lat = float(first), float(second)
        if crs != "wgs84":
            lon, lat = finder.place(lon, lat, crs)
        bounds = finder.bounds
        if bounds is None or not (bounds[0] < lon < bounds[2] and bounds[1] < lat < bounds[3]):
            return None
        at = datetime.now(finder.zone)
        pieces = self.pieces
        if pieces is None or pieces.finder is not finder:
            pieces = self.pieces = Pieces(finder)
        day = at.date()
        if finder.unconfirmed_since is not None or (
            pieces.known_day != day and not finder.hours.holidays_known(at)
        ):
            return None
        pieces.known_day = day
        question = finder.question(what, at)
        if question is None:
            return None
        minute = minute_of(at)
        count, room = question.one(lon, lat, minute)
        if count <= 0:
            return None
        off_start, doubtful = room.start.tolist()
        today = day.toordinal() * 1440 + minute
        told = []
        for number, metres, seconds, state in zip(
            room.station.tolist()[:count],
            room.metres.tolist(),
            room.seconds.tolist(),
            room.state.tolist(),
            strict=False,
        ):
            told.append(
                b'{"metres":%.1f,"minutes":%.1f,"off_street_metres":%.1f,"straight_line":false,'
                b'"uncertain":%s,%s%s'
                % (
                    metres,
                    seconds / 60,
                    off_start + pieces.off_street[number],
                    b"true" if doubtful or pieces.doubtful[number] else b"false",
                    pieces.hours(
                        number,
                        state,
                        int(today + seconds / 60),
                        at,
                        seconds if what.on_arrival else 0.0,
                    ),
                    pieces.station(number, crs),
                )
            )
        return b'{"stations":[%s],"notes":[],"beyond":null,"crs":"%s","as_of":"%s",%s' % (
            b",".join(told),
            crs.encode(),
            at.isoformat().encode(),
            pieces.tail,
        )

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
    from api.stations.nearest import STATION_FIELDS

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
