"""The nearest stations as JSON, put together by compiled code from texts that lie ready.

What is said of a station whoever asks, and what its hours mean for a while, are written once and
kept side by side in one array; an answer copies them between its own numbers. Whatever is not there
yet, or would not come out as Python writes it, is told back to the caller.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.addresses import Handle, carray, copy_bytes, pointer, record_of
from geo.walking.question import QUESTION, ask

Bytes = npt.NDArray[np.uint8]
LARGEST = 1 << 17
"""Bytes of an answer; a longer one is left to the caller."""
NOT_READY = -1
_ARRAYS = {
    "out": np.uint8,
    "off_street": np.float64,
    "doubtful": np.bool_,
    "hours_key": np.int64,
    "of_station": np.int64,
    "of_hours": np.int64,
    "holds": np.float64,
    "text": np.uint8,
    "end": np.uint8,
}
_TEXTS = record_of(_ARRAYS, {"states": np.int64})
_FLOAT, _LONG, _INT, _FLAG, _TRUTH = np.float64, np.int64, np.int32, np.uint8, np.bool_


def _bytes(text: str) -> Bytes:
    return np.frombuffer(text.encode(), np.uint8).copy()


_BEGIN = _bytes('{"stations":[')
_METRES = _bytes('{"metres":')
_MINUTES = _bytes(',"minutes":')
_OFF_STREET = _bytes(',"off_street_metres":')
_SURE = _bytes(',"straight_line":false,"uncertain":false,')
_UNCERTAIN = _bytes(',"straight_line":false,"uncertain":true,')


class Texts:
    """The texts of some stations, by number, and of some hours, by key. For one thread.

    Args:
        off_street: (S,) metres between each station and the street.
        doubtful: (S,) whether its place at the street is in doubt.
        hours_key: (S,) a station's kind of hours; with its state, `states` of them, the key.
        states: how many states there are.
    """

    def __init__(
        self, off_street: npt.NDArray[Any], doubtful: npt.NDArray[Any],
        hours_key: npt.NDArray[Any], states: int,
    ) -> None:  # fmt: skip
        stations = len(off_street)
        self.off_street = np.ascontiguousarray(off_street, np.float64)
        self.doubtful = np.ascontiguousarray(doubtful, np.bool_)
        self.hours_key = np.ascontiguousarray(hours_key, np.int64)
        self.states = states
        keys = (int(self.hours_key.max()) + 1 if stations else 0) * states
        self._station = np.zeros((stations, 2), np.int64)
        self._hours = np.zeros((keys, 2), np.int64)
        self._holds = np.zeros((keys, 2))  # from which minute, until which
        self._text = np.empty(1 << 16, np.uint8)
        self._used = 0
        self._end = np.empty(0, np.uint8)
        self._out = np.empty(LARGEST, np.uint8)
        self._written = self._out.data
        self._handle = self._made()

    def _made(self) -> Handle:
        arrays: tuple[npt.NDArray[Any], ...] = (
            self._out,
            self.off_street,
            self.doubtful,
            self.hours_key,
            self._station,
            self._hours,
            self._holds,
            self._text,
            self._end,
        )
        values = dict(zip(_ARRAYS, arrays, strict=True))
        return Handle(_TEXTS, _ARRAYS, values, states=self.states)

    def keep_station(self, number: int, text: bytes) -> None:
        """What is said of a station whoever asks: the rest of its object, closing brace
        included."""
        self._station[number] = self._append(text)

    def keep_hours(self, number: int, state: int, since: float, until: float, text: bytes) -> None:
        """What is said of hours like this station's, for arrivals of these minutes."""
        key = int(self.hours_key[number]) * self.states + state
        self._hours[key] = self._append(text)
        self._holds[key] = since, until

    def hours_of(self, number: int, state: int, minute: float) -> bytes | None:
        """What was kept of these hours, while it holds."""
        key = int(self.hours_key[number]) * self.states + state
        since, until = self._holds[key]
        if not since <= minute < until:
            return None
        first, last = self._hours[key]
        return self._text[first:last].tobytes()

    def station_of(self, number: int) -> bytes | None:
        """What was kept of a station."""
        first, last = self._station[number]
        return self._text[first:last].tobytes() if last > first else None

    def end_with(self, text: bytes) -> None:
        """What every answer ends with, from the last station on."""
        if text == self._end.tobytes():
            return
        self._end = np.frombuffer(text, np.uint8)
        self._handle = self._made()

    def answer(
        self, question: int, lon: float, lat: float, now: float, minute: float, arriving: bool
    ) -> bytes | int:
        """Ask a question.

        Returns:
            The answer whole; or, where something to be told of it is not ready, how many stations
            were found (they lie in the question's room), 0 for none.

        Args:
            question: the number of its handle; see :class:`geo.walking.prepared.Room`.
            lon, lat: where from, WGS 84 degrees.
            now: the minute of the question's horizon.
            minute: the same in the minutes of :meth:`keep_hours`, with its fraction.
            arriving: whether hours are told for the arrival, not for the minute of asking.
        """
        size = _answer(self._handle.number, question, lon, lat, now, minute, arriving)
        return bytes(self._written[:size]) if size > 0 else -size

    def _append(self, text: bytes) -> tuple[int, int]:
        first, last = self._used, self._used + len(text)
        if last > len(self._text):
            grown = np.empty(max(2 * len(self._text), last), np.uint8)
            grown[:first] = self._text[:first]
            self._text = grown
            self._handle = self._made()
        self._text[first:last] = np.frombuffer(text, np.uint8)
        self._used = last
        return first, last


FOREVER = inf


@njit(cache=True, nogil=True)
def _put_tenths(out: Any, at: int, value: float) -> int:  # pragma: no cover - compiled
    """A positive number with one decimal; NOT_READY too near to the middle of two tenths, where
    only the exact decimal value tells which one it is."""
    scaled = value * 10
    whole = np.rint(scaled)
    if not 0 <= scaled < 1e15 or abs(scaled - whole) > 0.499999:
        return NOT_READY
    rest = int(whole)
    tenth = rest % 10
    rest //= 10
    digits = 1
    power = 10
    while rest >= power:
        power *= 10
        digits += 1
    for place in range(digits):
        out[at + digits - 1 - place] = 48 + rest % 10
        rest //= 10
    out[at + digits] = 46
    out[at + digits + 1] = 48 + tenth
    return at + digits + 2


@njit(cache=True, nogil=True)
def _put(out: int, at: int, text: Any) -> int:  # pragma: no cover - compiled
    copy_bytes(out + at, text.ctypes.data, len(text))
    return at + len(text)


@njit(cache=True, nogil=True)
def _answer(
    number: int, asked: int, lon: float, lat: float, now: float, minute: float, arriving: bool
) -> int:  # pragma: no cover - compiled
    """How long the answer in `out` is; minus how many were found, where something is not ready."""
    count = ask(asked, lon, lat, now)
    if count <= 0:
        return 0
    texts, question = carray(pointer(number), 1, _TEXTS)[0], carray(pointer(asked), 1, QUESTION)[0]
    station = carray(pointer(question.found), count, _INT)
    metres = carray(pointer(question.found_metres), count, _FLOAT)
    seconds = carray(pointer(question.found_seconds), count, _FLOAT)
    state = carray(pointer(question.found_state), count, _FLAG)
    start = carray(pointer(question.start), 2, _FLOAT)
    stations, keys, states = texts.off_street_size, texts.of_hours_size >> 1, texts.states
    out, size = texts.out, texts.out_size - texts.end_size
    written = carray(pointer(out), texts.out_size, _FLAG)
    off_street = carray(pointer(texts.off_street), stations, _FLOAT)
    doubtful = carray(pointer(texts.doubtful), stations, _TRUTH)
    hours_key = carray(pointer(texts.hours_key), stations, _LONG)
    of_station = carray(pointer(texts.of_station), (stations, 2), _LONG)
    of_hours = carray(pointer(texts.of_hours), (keys, 2), _LONG)
    holds = carray(pointer(texts.holds), (keys, 2), _FLOAT)
    at = _put(out, 0, _BEGIN)
    for i in range(count):
        one = station[i]
        first, length = of_station[one, 0], of_station[one, 1] - of_station[one, 0]
        key = hours_key[one] * states + state[i]
        hours, hours_length = of_hours[key, 0], of_hours[key, 1] - of_hours[key, 0]
        then = np.floor(minute + seconds[i] / 60 if arriving else minute)
        if length == 0 or not holds[key, 0] <= then < holds[key, 1]:
            return -count
        if at + 256 + length + hours_length > size:
            return -count
        if i > 0:
            written[at] = 44
            at += 1
        at = _put(out, at, _METRES)
        at = _put_tenths(written, at, metres[i])
        if at == NOT_READY:
            return -count
        at = _put(out, at, _MINUTES)
        at = _put_tenths(written, at, seconds[i] / 60)
        if at == NOT_READY:
            return -count
        at = _put(out, at, _OFF_STREET)
        at = _put_tenths(written, at, start[0] + off_street[one])
        if at == NOT_READY:
            return -count
        at = _put(out, at, _UNCERTAIN if start[1] != 0 or doubtful[one] else _SURE)
        copy_bytes(out + at, texts.text + hours, hours_length)
        at += hours_length
        copy_bytes(out + at, texts.text + first, length)
        at += length
    copy_bytes(out + at, texts.end, texts.end_size)
    whole: int = at + texts.end_size
    return whole
