"""Things dear to make: one at a time, the last few kept, nobody waited for who has left."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, TypeVar

from geo.errors import Busy

T = TypeVar("T")
LOOK_SECONDS: Final = 0.5
"""How often whoever waits for a turn is looked after."""


def gone() -> Busy:
    """What ends the work for somebody who has left; as a rule nobody reads it."""
    return Busy(
        "提问的人已离开，不再计算。 Whoever asked has left; it is not worked out.",
        remedy="请重新提问。 Ask again.",
    )


class Kept:
    """The last few things made, by what they were made of. One is made at a time, and those who
    want one wait for it; when too many wait already, the next is sent away."""

    def __init__(self, most: int, busy: str, *, most_waiting: int = 4) -> None:
        """`busy`: what is said to whom is sent away."""
        self._most = most
        self._most_waiting = most_waiting
        self._busy = busy
        self._things: OrderedDict[Hashable, Any] = OrderedDict()
        self._making = threading.Lock()
        self._guard = threading.Lock()
        self._waiting = 0

    def get(
        self, key: Hashable, make: Callable[[], T], left: Callable[[], bool] = lambda: False
    ) -> T:
        """The thing of this key, made if it is not there. `left`: whether whoever wants it has gone
        meanwhile, and no turn is theirs any more.

        Raises:
            Busy: too many others are waiting for something to be made; or whoever wanted it left.
        """
        with self._guard:
            if key in self._things:
                self._things.move_to_end(key)
                found: T = self._things[key]
                return found
        with self._turn(left):
            with self._guard:
                if key in self._things:
                    found = self._things[key]
                    return found
            made = make()
            with self._guard:
                self._things[key] = made
                while len(self._things) > self._most:
                    self._things.popitem(last=False)
            return made

    @contextlib.contextmanager
    def _turn(self, left: Callable[[], bool]) -> Iterator[None]:
        with self._guard:
            if self._waiting >= self._most_waiting:
                raise Busy(self._busy, remedy="请稍后再试。 Try again in a few seconds.")
            self._waiting += 1
        try:
            while not self._making.acquire(timeout=LOOK_SECONDS):
                if left():
                    raise gone()
            try:
                yield
            finally:
                self._making.release()
        finally:
            with self._guard:
                self._waiting -= 1
