"""Documents that take a while to make, kept by what they show."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from geo.errors import Busy


class Prints:
    """The last documents that were made. One is made at a time, beside everything else: whoever
    asks for the same meanwhile waits for it, and when several wait already the next is sent away,
    so that documents never take all threads."""

    def __init__(self, most: int = 6, most_waiting: int = 3) -> None:
        self._most = most
        self._turns = threading.BoundedSemaphore(most_waiting)
        self._making = threading.Lock()
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, tag: str, make: Callable[[], bytes]) -> bytes:
        """The document of this tag, made if it is not there.

        Raises:
            Busy: too many others are waiting for theirs.
        """
        found = self._find(tag)
        if found is not None:
            return found
        if not self._turns.acquire(blocking=False):
            raise Busy(
                "有多份通报正在编排。 Several bulletins are being made already.",
                remedy="请稍后再试。 Try again in half a minute.",
            )
        try:
            with self._making:
                found = self._find(tag)
                if found is None:
                    found = make()
                    with self._guard:
                        self._kept[tag] = found
                        while len(self._kept) > self._most:
                            self._kept.popitem(last=False)
            return found
        finally:
            self._turns.release()

    def _find(self, tag: str) -> bytes | None:
        with self._guard:
            found = self._kept.get(tag)
            if found is not None:
                self._kept.move_to_end(tag)
            return found
