"""The questions of a finder: made ready once, kept while they hold, asked in their own time.

What is asked (:class:`geo.walking.wanted.Wanted`) becomes masks and bits of hours that the compiled
search reads (:class:`geo.walking.prepared.Prepared`). These hold for a day, or until the next dated
status begins or ends.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.hours import HoursTable
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.walking.closures import Closures
from geo.walking.nearest import Nearest, asked
from geo.walking.prepared import OpenWhen, Prepared
from geo.walking.stations import StationsOnStreets
from geo.walking.wanted import Wanted

KEPT_QUESTIONS = 64


class KeptQuestions:
    """Questions about S stations under their dated statuses; any number of threads may ask.

    Args:
        stations: with the graph they lie on.
        hours, closures: of the S stations.
        kinds, access, grades: (S,) indices in STATION_KINDS and ACCESS, and stars (0: none).
    """

    def __init__(
        self,
        stations: StationsOnStreets,
        hours: HoursTable,
        closures: Closures,
        *,
        kinds: npt.NDArray[np.int8],
        access: npt.NDArray[np.int8],
        grades: npt.NDArray[np.int8],
    ) -> None:
        self.stations, self.hours, self.closures = stations, hours, closures
        self.kinds, self.access, self.grades = kinds, access, grades
        self._kept: OrderedDict[tuple[Any, ...], Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def ready(self, what: Wanted, moment: datetime) -> Prepared | None:
        """The question made ready for a moment and those after it; None when a dated status begins
        or ends within the longest walk."""
        span: int | None = 0
        if what.only_open and self.closures:
            first = moment.timestamp()
            span = self.closures.span(first, first + self._longest(what))
            if span is None:
                return None
        day = moment.date()
        # The moment itself is no part of what is kept.
        key = (
            what._replace(open_rule="any" if not what.only_open else "arrival"),
            what.on_arrival,
            day,
            span,
        )
        kept = self._kept.get(key)
        if kept is None:
            allow = self._allowed(what)
            if what.only_open:
                allow &= ~self.closures.at(moment)
            kept = self.prepare(what, day, allow)
            with self._lock:
                self._kept[key] = kept
                while len(self._kept) > KEPT_QUESTIONS:
                    self._kept.popitem(last=False)
        return kept

    def search(self, what: Wanted, x: float, y: float, moment: datetime) -> Nearest:
        """The answer from a place in WGS 84 at a local time, dated statuses included."""
        question = self.ready(what, moment)
        if question is not None:
            return asked(question, x, y, minute_of(moment))
        # A status begins or ends on the way: such stations are asked for and looked at again at
        # their own arrival.
        seconds = self._longest(what)
        changing = self.closures.changing(moment, moment + timedelta(seconds=seconds))
        allow = self._allowed(what) & (~self.closures.at(moment) | changing)
        k = what.k
        while True:
            question = self.prepare(what._replace(k=k), moment.date(), allow)
            found = asked(question, x, y, minute_of(moment))
            good = [
                row
                for row, (number, walked) in enumerate(
                    zip(found.station.tolist(), found.seconds.tolist(), strict=True)
                )
                if not changing[number] or self._lets_in(what, number, what.arrival(moment, walked))
            ]
            if len(good) >= what.k or len(found) < k:
                return found.take(good[: what.k])
            k *= 4

    def prepare(self, what: Wanted, day: date, allow: npt.NDArray[np.bool_]) -> Prepared:
        """A question of a day about the stations that `allow` (S,) lets pass."""
        # A walk of at most 5 km ends today or tomorrow.
        horizon = self.hours.horizon(day, days=2)
        return Prepared(
            self.stations,
            what.k,
            max_metres=what.max_metres,
            allow=allow,
            required=bits_of(what.services),
            hours=OpenWhen(
                open=horizon.open,
                unknown=horizon.unknown,
                row_pattern=horizon.row_pattern,
                start_minute=0,
                walking_counts=what.on_arrival,
                minutes_before_closing=what.stay_minutes,
                only_open=what.only_open,
            ),
        )

    def _lets_in(self, what: Wanted, number: int, there: datetime) -> bool:
        """Whether no dated status closes a station at a moment, nor during the stay after it."""
        if self.closures.closed(number, there):
            return False
        shut = self.closures.next(number, there, closed=True)
        return shut is None or shut >= there + timedelta(minutes=what.stay_minutes)

    def _allowed(self, what: Wanted) -> npt.NDArray[np.bool_]:
        """(S,) which stations pass what is asked, apart from hours, statuses and services."""
        allow = np.isin(self.access, [ACCESS.index(name) for name in what.access])
        if what.kinds:
            allow &= np.isin(self.kinds, [STATION_KINDS.index(name) for name in what.kinds])
        if what.min_grade:
            allow &= self.grades >= what.min_grade
        return allow

    def _longest(self, what: Wanted) -> float:
        """Seconds that the longest walk and the stay after it take: all the way along steps."""
        pace = self.stations.graph.pace
        walk = what.max_metres / min(pace.on_streets, pace.on_steps) if what.on_arrival else 0.0
        return walk + 60.0 * what.stay_minutes


def minute_of(moment: datetime) -> float:
    """Minutes since the midnight of a local time; fractions count."""
    seconds = moment.second + moment.microsecond / 1e6
    return moment.hour * 60 + moment.minute + seconds / 60


def bits_of(services: Sequence[str]) -> int:
    """Services as bits of a station's features."""
    return sum(1 << SERVICES.index(name) for name in set(services) if name in SERVICES)
