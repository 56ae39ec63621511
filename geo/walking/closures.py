"""Dated statuses that close stations and open them again, whatever their hours say."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

SHUT = ("closed", "moved")
"""A station of limited service still lets people in."""

DatedStatus = tuple[int, str, datetime, datetime | None]
"""Index of the station, status, from, until (None: until further notice)."""


class Closures:
    """The dated statuses of S stations. Of those that hold at a moment the one that began last
    counts; of two that began together the one given last."""

    def __init__(self, rows: Sequence[DatedStatus], stations: int) -> None:
        """Takes statuses in any order; moments need their zone."""
        rows = sorted(rows, key=lambda row: row[2])
        self._stations = stations
        self._station = np.array([row[0] for row in rows], dtype=np.int64)
        self._shuts = np.array([row[1] in SHUT for row in rows], dtype=bool)
        self._starts = np.array([row[2].timestamp() for row in rows], dtype=np.float64)
        self._ends = np.array(
            [np.inf if row[3] is None else row[3].timestamp() for row in rows], dtype=np.float64
        )
        times = np.concatenate([self._starts, self._ends])
        self._changes: list[float] = np.unique(times[np.isfinite(times)]).tolist()
        self._rows: dict[int, list[int]] = {}
        for row, station in enumerate(self._station.tolist()):
            self._rows.setdefault(station, []).append(row)

    def __len__(self) -> int:
        return len(self._starts)

    def __contains__(self, station: int) -> bool:
        """Whether anything is said of a station."""
        return station in self._rows

    def span(self, first: float, last: float) -> int | None:
        """The number of the span between two changes that both moments (seconds since 1970) lie in;
        None when a status begins or ends between them."""
        number = bisect.bisect_right(self._changes, first)
        return number if number == bisect.bisect_right(self._changes, last) else None

    def at(self, moment: datetime) -> npt.NDArray[np.bool_]:
        """(S,) which stations are closed at that moment."""
        return self._at(moment.timestamp())

    def closed(self, station: int, moment: datetime) -> bool:
        """Whether one station is closed at that moment."""
        return self._closed(station, moment.timestamp())

    def changing(self, first: datetime, last: datetime) -> npt.NDArray[np.bool_]:
        """(S,) stations of which a status begins or ends after `first` and not after `last`."""
        low, high = first.timestamp(), last.timestamp()
        soon = ((low < self._starts) & (self._starts <= high)) | (
            (low < self._ends) & (self._ends <= high)
        )
        changing = np.zeros(self._stations, dtype=bool)
        changing[self._station[soon]] = True
        return changing

    def next(self, station: int, moment: datetime, *, closed: bool) -> datetime | None:
        """When a station that is not so at `moment` next becomes closed (or not closed); None when
        it stays as it is."""
        mine = self._station == station
        times = np.concatenate([self._starts[mine], self._ends[mine]])
        for time in np.unique(times[(times > moment.timestamp()) & np.isfinite(times)]).tolist():
            if self._closed(station, time) == closed:
                return datetime.fromtimestamp(time, UTC).astimezone(moment.tzinfo)
        return None

    def _closed(self, station: int, second: float) -> bool:
        for row in reversed(self._rows.get(station, ())):
            if self._starts[row] <= second < self._ends[row]:
                return bool(self._shuts[row])
        return False

    def _at(self, second: float) -> npt.NDArray[np.bool_]:
        holds = (self._starts <= second) & (second < self._ends)
        closed = np.zeros(self._stations, dtype=bool)
        # Of several values for one index numpy keeps the last, which began last.
        closed[self._station[holds]] = self._shuts[holds]
        return closed
