"""Finished tiles in memory: the last ones asked for, up to a number of bytes.

A tile of an edition never changes, so what is kept is right for as long as the process lives, and
goes on being answered when the database is stopped.
"""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
Subject = Literal["base", "stations"]
MOST_BYTES = 64 * 2**20
OVERHEAD = 250
"""Bytes that keeping a tile takes beside its own."""


@dataclass(frozen=True, slots=True)
class TileKey:
    """Which tile: of which edition, of what, and where."""

    edition_id: int
    subject: Subject
    z: int
    x: int
    y: int


class TileStore:
    """The tiles of one process, compressed. Safe for threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._tiles: OrderedDict[TileKey, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.in_force: dict[Subject, int] = {}
        """The active editions when the database last told them."""
        self.styles: dict[tuple[str, str], tuple[bytes, str]] = {}
        """The last style of each theme and language, with its tag."""

    def get(self, key: TileKey) -> bytes | None:
        """A finished tile as gzip; empty bytes where there is nothing to draw; None when it is not
        here."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: TileKey, drawn: bytes) -> bytes:
        """Keep a tile, dropping those that were asked for the longest ago; the tile as gzip."""
        # No time stamp: the same tile is the same bytes in every process.
        packed = gzip.compress(drawn, 6, mtime=0) if drawn else b""
        with self._lock:
            before = self._tiles.pop(key, None)
            if before is not None:
                self._held -= len(before) + OVERHEAD
            self._tiles[key] = packed
            self._held += len(packed) + OVERHEAD
            while self._held > self._most and len(self._tiles) > 1:
                _, dropped = self._tiles.popitem(last=False)
                self._held -= len(dropped) + OVERHEAD
        return packed

    @property
    def held_bytes(self) -> int:
        """What the tiles take."""
        return self._held

    def __len__(self) -> int:
        return len(self._tiles)
