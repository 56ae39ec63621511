"""What an offline phone needs of the stations around, and later only what has changed.

An answer holds the stations of some cells (:mod:`geo.stations.cells`) with their facts, their hours
as spans of the next eight days, dated statuses, open reports, and how much longer a walk is there
than its line.

The token of an answer names the state of each of its cells by a digest of everything the cell said.
Whoever sends it back gets the difference, if this process still remembers those states; otherwise
everything. Applying the difference to the old answer gives the new one, exactly: take the stations
and patterns that are given, drop those that are removed, keep the rest. Digests depend on nothing
but the content: two processes on the same data give the same tokens.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.stations.cells import MOST_CELLS, Integers, cell_name, read_cells, read_token, token_of
from geo.stations.news import News
from geo.stations.told import DAYS, NOTHING, CellTold, StationsTold, as_text, iso
from geo.walking.circuity import USUAL
from geo.walking.finder import Finder

REMEMBERED_CELLS = 2_000
REMEMBERED_STATIONS = 500_000


@dataclass(frozen=True)
class Changes:
    """An answer. `stations` are ready JSON objects; `patterns` are ready JSON lists by number.

    With `full` it is everything there is in the cells; else what is new or different since the
    token that was sent, and the ids that are no longer there. `detour` has a factor for each cell;
    those of `detour_usual` could not be measured. `until` ends the days of the patterns.
    """

    token: str
    as_of: datetime
    until: datetime
    full: bool
    stations: list[str]
    removed: list[int]
    patterns: dict[int, str]
    detour: dict[str, float]
    detour_usual: list[str]
    notes: list[str]

    def as_json(self) -> bytes:
        """The whole answer, WGS 84."""
        plain = {
            "removed": self.removed,
            "detour": self.detour,
            "detour_usual": self.detour_usual,
            "notes": self.notes,
            "crs": "wgs84",
        }
        head = {
            "token": self.token,
            "as_of": iso(self.as_of, "seconds"),
            "until": iso(self.until, "seconds"),
            "full": self.full,
        }
        patterns = ",".join(f'"{number}":{ready}' for number, ready in self.patterns.items())
        return (
            f'{as_text(head)[:-1]},"stations":[{",".join(self.stations)}],'
            f'"patterns":{{{patterns}}},{as_text(plain)[1:]}'
        ).encode()


class _Known(NamedTuple):
    """What is remembered of a cell that was told: marks by id and by number of the pattern."""

    ids: Integers
    marks: npt.NDArray[np.uint64]
    patterns: Mapping[int, int]


class ChangesFeed:
    """What was told of late, and the difference to what is. Any thread may ask.

    Remembers at most 2,000 states of cells and half a million stations in them (some 10 MB); those
    longest unused are forgotten.
    """

    def __init__(
        self, most_cells: int = REMEMBERED_CELLS, most_stations: int = REMEMBERED_STATIONS
    ) -> None:
        """Nothing was told yet."""
        self._most_cells = most_cells
        self._most_stations = most_stations
        self._known: OrderedDict[tuple[int, bytes], _Known] = OrderedDict()
        self._held = 0
        self._of: StationsTold | None = None
        self._said: dict[int, CellTold] = {}
        self._for: tuple[News, date] | None = None
        self._lock = threading.Lock()

    def answer(
        self,
        finder: Finder,
        cells: Sequence[str],
        since: str | None = None,
        now: datetime | None = None,
    ) -> Changes:
        """The stations of some cells, or what has changed of them since an answer before.

        Args:
            finder: the stations in force, with their statuses and reports.
            cells: names of 1 to 9 cells.
            since: token of an answer before, for these or other cells; None: everything.
            now: the present, else the clock's.

        Raises:
            Invalid: as :func:`read_cells`.

        Cost: once for each cell and each change some 10 µs a station, and 1 to 10 ms for its
        detour factor; then some microseconds and the size of the answer.
        """
        numbers = read_cells(cells)
        now = now or datetime.now(finder.zone)
        with self._lock:
            fresh = {number: self._cell(finder, number, now) for number in numbers}
            before = self._before(since)
            for number, cell in fresh.items():
                self._remember(number, cell)
        return _difference(finder, fresh, before, now)

    def _cell(self, finder: Finder, number: int, now: datetime) -> CellTold:
        """What a cell says, worked out again when anything it stands on is another."""
        stations = self._of
        if stations is None or not stations.holds(finder):
            stations = self._of = StationsTold(finder)
            self._for = None
        if number not in stations.cells:
            # There is no end of cells without anything; none of them takes room.
            return NOTHING
        today = now.astimezone(finder.zone).date()
        if self._for is None or self._for[0] is not finder.news or self._for[1] != today:
            self._for, self._said = (finder.news, today), {}
        cell = self._said.get(number)
        if cell is None or (cell.until is not None and cell.until <= now):
            cell = self._said[number] = stations.cell(number, finder.news, now)
        return cell

    def _before(self, since: str | None) -> list[_Known] | None:
        """The states that a token names; None when one of them is not remembered."""
        named = read_token(since)
        if named is None:
            return None
        found = []
        for key in named:
            if key[1] == NOTHING.digest:
                continue
            known = self._known.get(key)
            if known is None:
                return None
            self._known.move_to_end(key)
            found.append(known)
        return found

    def _remember(self, number: int, cell: CellTold) -> None:
        if cell is NOTHING:
            return
        key = (number, cell.digest)
        if key not in self._known:
            marks = {pattern: mark for pattern, (mark, _) in cell.patterns.items()}
            self._known[key] = _Known(cell.ids, cell.marks, marks)
            self._held += len(cell.ids)
        self._known.move_to_end(key)
        while len(self._known) > self._most_cells or (
            self._held > self._most_stations and len(self._known) > MOST_CELLS
        ):
            _, gone = self._known.popitem(last=False)
            self._held -= len(gone.ids)


def _difference(
    finder: Finder, fresh: Mapping[int, CellTold], before: list[_Known] | None, now: datetime
) -> Changes:
    """The answer that turns what was told before into what is."""
    old_ids, old_marks, old_patterns = _joined(before or [])
    stations: list[str] = []
    patterns: dict[int, str] = {}
    for cell in fresh.values():
        same = _same(old_ids, old_marks, cell.ids, cell.marks).tolist()
        stations += [text for text, known in zip(cell.stations, same, strict=True) if not known]
        for number, (mark, text) in cell.patterns.items():
            if old_patterns.get(number) != mark:
                patterns[number] = text
    new_ids = np.concatenate([cell.ids for cell in fresh.values()])
    midnight = datetime.combine(now.astimezone(finder.zone).date(), time(), finder.zone)
    usual = [number for number, cell in fresh.items() if cell.detour is None]
    return Changes(
        token=token_of((number, cell.digest) for number, cell in fresh.items()),
        as_of=(finder.unconfirmed_since or now).astimezone(finder.zone),
        until=midnight + timedelta(days=DAYS),
        full=before is None,
        stations=stations,
        removed=np.setdiff1d(old_ids, new_ids).tolist(),
        patterns=patterns,
        detour={cell_name(number): cell.detour or USUAL for number, cell in fresh.items()},
        detour_usual=[cell_name(number) for number in usual],
        notes=_notes(finder, now),
    )


def _joined(known: list[_Known]) -> tuple[Integers, npt.NDArray[np.uint64], dict[int, int]]:
    """Several cells as one; ids ascending."""
    ids = np.concatenate([np.empty(0, np.int64), *(one.ids for one in known)])
    marks = np.concatenate([np.empty(0, np.uint64), *(one.marks for one in known)])
    patterns: dict[int, int] = {}
    for one in known:
        patterns.update(one.patterns)
    order = np.argsort(ids, kind="stable")
    return ids[order], marks[order], patterns


def _same(
    old_ids: Integers,
    old_marks: npt.NDArray[np.uint64],
    ids: Integers,
    marks: npt.NDArray[np.uint64],
) -> npt.NDArray[np.bool_]:
    """Which of the stations were told before just as they are."""
    if not len(old_ids):
        return np.zeros(len(ids), dtype=bool)
    place = np.minimum(np.searchsorted(old_ids, ids), len(old_ids) - 1)
    return np.asarray((old_ids[place] == ids) & (old_marks[place] == marks), dtype=bool)


def _notes(finder: Finder, now: datetime) -> list[str]:
    notes = []
    if finder.unconfirmed_since is not None:
        since = finder.unconfirmed_since.astimezone(finder.zone)
        notes.append(
            f"数据库暂时连不上，驿站是 {since:%m-%d %H:%M} 的数据 / The database cannot be "
            f"reached; the stations are those of {since:%Y-%m-%d %H:%M}."
        )
    if not finder.hours.holidays_known(now):
        year = now.astimezone(finder.zone).year
        notes.append(
            f"缺少 {year} 年节假日安排，开放时间按平日计算 / The holidays of {year} are not known: "
            "hours are those of ordinary days."
        )
    return notes
