"""What the stations of a cell have to say to a phone that will be offline, as ready JSON.

Worked out once for the stations in force, and for a cell again when a status, a report or the day
is another.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.hours import Horizon
from geo.stations.cells import DIGEST_BYTES, Integers, cell_numbers
from geo.stations.news import DatedFact, News
from geo.stations.spans import spans
from geo.walking.circuity import detour_factor
from geo.walking.finder import Finder

DAYS = 8
FACTS = (
    "id", "kind", "name", "address", "lon", "lat", "access", "access_method", "services", "phone",
    "hours_text", "verified_on",
)  # fmt: skip


class CellTold(NamedTuple):
    """Everything a cell says: by id of the station and by number of the pattern the JSON, and
    marks that are equal when it is. `until`: when a status ends and it says something else."""

    ids: Integers
    marks: npt.NDArray[np.uint64]
    stations: list[str]
    patterns: Mapping[int, tuple[int, str]]
    detour: float | None
    digest: bytes
    until: datetime | None


NOTHING = CellTold(
    np.empty(0, np.int64),
    np.empty(0, np.uint64),
    [],
    {},
    None,
    hashlib.blake2b(b"nothing", digest_size=DIGEST_BYTES).digest(),
    None,
)
"""What a cell without stations and streets says."""


class StationsTold:
    """The stations of a finder by cell, and what of them is the same for every answer."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        facts = finder.facts
        lon = np.array([fact["lon"] for fact in facts], dtype=np.float64)
        lat = np.array([fact["lat"] for fact in facts], dtype=np.float64)
        self._cell = cell_numbers(lon, lat)
        self._ids = np.array([fact["id"] for fact in facts], dtype=np.int64)
        self._order = np.lexsort((self._ids, self._cell))
        self._sorted = self._cell[self._order]
        streets = finder.graph.streets
        self._corners = cell_numbers(streets.junction_lon, streets.junction_lat)
        self.cells = frozenset(np.union1d(self._cell, self._corners).tolist())
        """The cells that have a station or a street corner."""
        self._number = _pattern_numbers(finder)
        self._fragments: dict[int, str] = {}
        self._detours: dict[int, float | None] = {}
        self._patterns: dict[int, tuple[int, str]] = {}
        self._horizon: Horizon | None = None

    def holds(self, finder: Finder) -> bool:
        """Whether another finder has the same stations and streets, whatever their news."""
        mine = self.finder
        return (
            finder.facts is mine.facts
            and finder.hours is mine.hours
            and finder.on_streets is mine.on_streets
        )

    def cell(self, number: int, news: News, now: datetime) -> CellTold:
        """What a cell says now."""
        first, last = np.searchsorted(self._sorted, [number, number + 1])
        rows = self._order[first:last]
        ids = self._ids[rows]
        told = [self._told(row, news, now) for row in rows.tolist()]
        stations = [text for text, _ in told]
        marks = np.array([_mark(text) for text in stations], dtype=np.uint64)
        used = np.unique(self.finder.hours.row_pattern[rows])
        patterns = {self._number[row]: self._pattern(row, now) for row in used.tolist() if row != 0}
        detour = self._detour(number)
        digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
        digest.update(ids.tobytes() + marks.tobytes() + repr(detour).encode())
        for pattern in sorted(patterns):
            digest.update(struct.pack(">QQ", pattern, patterns[pattern][0]))
        ends = [end for _, some in told for end in some]
        until = min(ends, default=None)
        return CellTold(ids, marks, stations, patterns, detour, digest.digest(), until)

    def _told(self, row: int, news: News, now: datetime) -> tuple[str, list[datetime]]:
        station_id = int(self._ids[row])
        dated = [
            one
            for one in news.statuses.get(station_id, ())
            if one.ends_at is None or one.ends_at > now
        ]
        zone = self.finder.zone
        more = {
            "status": [_status(one, zone) for one in dated],
            "doubts": dict(news.doubts.get(station_id, {})),
        }
        ends = [one.ends_at for one in dated if one.ends_at is not None]
        return f"{self._fragment(row)},{as_text(more)[1:]}", ends

    def _fragment(self, row: int) -> str:
        """A station's facts, without the closing brace."""
        ready = self._fragments.get(row)
        if ready is None:
            fact = self.finder.facts[row]
            values = {name: fact[name] for name in FACTS}
            values["services"] = list(fact["services"] or ())
            # 0.1 m: finer than anybody walks.
            values["lon"], values["lat"] = round(fact["lon"], 6), round(fact["lat"], 6)
            values["hours"] = self._number.get(int(self.finder.hours.row_pattern[row]))
            ready = self._fragments[row] = as_text(values)[:-1]
        return ready

    def _pattern(self, row: int, now: datetime) -> tuple[int, str]:
        """The mark and the spans of a pattern for the days from today on."""
        today = now.astimezone(self.finder.zone).date()
        if self._horizon is None or self._horizon.start != today:
            self._horizon, self._patterns = self.finder.hours.horizon(today, DAYS), {}
        ready = self._patterns.get(row)
        if ready is None:
            found = spans(self._horizon, row, self.finder.zone)
            text = as_text(
                [[iso(one.start, "minutes"), iso(one.end, "minutes"), one.state] for one in found]
            )
            ready = self._patterns[row] = (_mark(text), text)
        return ready

    def _detour(self, number: int) -> float | None:
        if number not in self._detours:
            streets = self.finder.graph.streets
            here = np.concatenate([self._corners == number, self._cell == number])
            self._detours[number] = detour_factor(
                self.finder.on_streets, streets.junction_lon, streets.junction_lat, here
            )
        return self._detours[number]


def _pattern_numbers(finder: Finder) -> dict[int, int]:
    """A number for each pattern of hours that depends on its text alone, so that it stays the same
    from edition to edition: 32 bits of a hash. Of two texts with one hash the later in the
    alphabet takes the next number."""
    texts: dict[int, str] = {}
    for row, fact in zip(finder.hours.row_pattern.tolist(), finder.facts, strict=True):
        if row != 0 and row not in texts:
            texts[row] = fact["opening_hours"]
    taken: set[int] = set()
    numbers = {}
    for row, text in sorted(texts.items(), key=lambda item: item[1]):
        number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())
        while number in taken:
            number += 1
        taken.add(number)
        numbers[row] = number
    return numbers


def _status(one: DatedFact, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "status": one.status,
        "reason": one.reason,
        "starts_at": iso(one.starts_at.astimezone(zone), "seconds"),
        "ends_at": None if one.ends_at is None else iso(one.ends_at.astimezone(zone), "seconds"),
    }


def as_text(value: object) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def iso(moment: datetime, precision: str) -> str:
    """ISO 8601 with its offset, to `minutes` or `seconds`."""
    return moment.isoformat(timespec=precision)


def _mark(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
