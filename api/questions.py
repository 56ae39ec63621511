"""Questions that were asked before, checked: what the short ways answer past the framework.

Those for the nearest stations (:mod:`api.stations.shortcut`), and the filters of tiles of
enterprises (:mod:`api.tiles.shortcut`).
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from urllib.parse import parse_qsl

from geo.coordinates import Crs
from geo.walking.wanted import Wanted
from maps.tiles.enterprises import Choice

KEPT = 512
CHOICES_KEPT = 256
POSITION = re.compile(rb"(?:^|&)(lon|lat)=(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)(?=&|$)")
"""A position in a query; all else of it is the question."""


def without_position(query: bytes) -> bytes:
    """The question of a query."""
    return POSITION.sub(b"", query).strip(b"&")


class Questions:
    """Questions that were asked before, checked, by the text of their query without its position;
    the last 512."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, tuple[Wanted, Crs]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, query: bytes, what: Wanted, crs: Crs) -> None:
        """Remember a question that the ordinary route has answered. One about a fixed time is
        asked by one person only."""
        if what.only_open and not what.on_arrival:
            return
        text = without_position(query)
        names = {name for name, _ in parse_qsl(text.decode("latin-1"), keep_blank_values=True)}
        if names & {"lon", "lat"}:
            return  # written in another way: a position must not be kept
        with self._lock:
            self._kept[text] = (what, crs)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def get(self, text: bytes) -> tuple[Wanted, Crs] | None:
        """What was asked with this text before."""
        return self._kept.get(text)


class Choices:
    """Which enterprises tiles were asked for, by the text of the query without `v`; the last 256.
    Used from the event loop only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Choice] = OrderedDict()

    def keep(self, query: bytes, choice: Choice) -> None:
        """Remember one."""
        text, _ = without_version(query)
        if b"v=" in text:
            return  # several versions: which one counts is for the ordinary route
        self._kept[text] = choice
        self._kept.move_to_end(text)
        while len(self._kept) > CHOICES_KEPT:
            self._kept.popitem(last=False)

    def get(self, text: bytes) -> Choice | None:
        """What a query without `v` asks for."""
        return self._kept.get(text)


def without_version(query: bytes) -> tuple[bytes, bytes | None]:
    """A query without its only `v`, and that; None where there is none, or several."""
    parts = query.split(b"&")
    versions = [part for part in parts if part.startswith(b"v=")]
    if len(versions) != 1:
        return query, None
    return b"&".join(part for part in parts if part is not versions[0]), versions[0][2:]
