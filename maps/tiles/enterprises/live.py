"""The tiles of the register in force: the last ones kept compressed, drawn again when they change.

A tile that was asked for before is looked up; whether it still is as it was is told by the versions
of its points alone. What a change elsewhere did not touch keeps its tag, so that a browser that has
it is answered 304.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeAlias

from geo.enterprises.holder import LiveState, RegisterHolder
from geo.enterprises.register import Codes, Integers, Register
from maps.tiles.enterprises.pyramid import Choice, Drawn, Pyramid
from maps.tiles.packing import mark, packed

MOST_BYTES = 48 * 2**20
OVERHEAD = 400
"""Bytes that keeping a tile takes beside its own."""
Key: TypeAlias = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """A tile as gzip (empty where nothing is shown), and a tag of what is in it, with the edition
    before it."""

    body: bytes
    tag: str
    edition: int
    drawn: Drawn


class LiveTiles:
    """The tiles of one process. Safe for threads.

    Args:
        holder: of the register in force.
        most_bytes: what the kept tiles may take.
    """

    def __init__(self, holder: RegisterHolder, most_bytes: int = MOST_BYTES) -> None:
        self._holder = holder
        self._most = most_bytes
        self._held = 0
        self._kept: OrderedDict[Key, Finished] = OrderedDict()
        self._pyramid: Pyramid | None = None
        self._clusters: str | None = None
        self._making = threading.Lock()
        self._keeping = threading.Lock()
        holder.on_change(self._changed)
        holder.on_state(self._state)

    def pyramid(self, at_least: int = 0) -> Pyramid:
        """The pyramid of the register in force; made when it is another one than before.

        Args:
            at_least: a version of the register that somebody has seen elsewhere.

        Raises:
            NotFound, Busy, Unavailable: as :meth:`geo.enterprises.holder.RegisterHolder.current`.
        """
        return self._of(self._holder.current(at_least))

    def tile(self, choice: Choice, z: int, x: int, y: int, at_least: int = 0) -> Finished:
        """A tile as it is now; see :meth:`Pyramid.tile` and :meth:`pyramid`."""
        return self._finished(self.pyramid(at_least), choice, z, x, y)

    def at_hand(self, choice: Choice, z: int, x: int, y: int, at_least: int = 0) -> Finished | None:
        """A tile as it is now if it takes a millisecond at most, else None."""
        register, pyramid = self._holder.loaded, self._pyramid
        if (
            register is None
            or pyramid is None
            or pyramid.register is not register
            or register.version < at_least
            or not pyramid.knows(choice)
            or pyramid.busy
        ):
            return None
        return self._finished(pyramid, choice, z, x, y)

    @property
    def held_bytes(self) -> int:
        """What the kept tiles take."""
        return self._held

    # ------------------------------------------------------------------ keeping
    def _finished(self, pyramid: Pyramid, choice: Choice, z: int, x: int, y: int) -> Finished:
        key = (choice.key, z, x, y)
        kept = self._kept.get(key)
        edition = pyramid.register.edition.id
        if kept is not None and kept.edition == edition:
            if pyramid.is_as_drawn(choice, kept.drawn):
                with self._keeping:
                    if key in self._kept:
                        self._kept.move_to_end(key)
                return kept
        else:
            kept = None
        drawn = pyramid.tile(choice, z, x, y)
        tag = f"{edition}.{mark(drawn.body)}"
        # A change nearby that did not touch it, or one that was taken back.
        body = kept.body if kept is not None and kept.tag == tag else packed(drawn.body)
        found = Finished(body, tag, edition, Drawn(b"", drawn.version, drawn.first, drawn.last))
        self._keep(pyramid, key, found)
        return found

    def _keep(self, pyramid: Pyramid, key: Key, tile: Finished) -> None:
        with self._keeping:
            if pyramid is not self._pyramid:
                return
            before = self._kept.pop(key, None)
            if before is not None:
                self._held -= len(before.body) + OVERHEAD
            self._kept[key] = tile
            self._held += len(tile.body) + OVERHEAD
            while self._held > self._most and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._held -= len(dropped.body) + OVERHEAD

    # ------------------------------------------------------------------ following
    def _of(self, register: Register) -> Pyramid:
        pyramid = self._pyramid
        if pyramid is not None and pyramid.register is register:
            return pyramid
        with self._making:
            pyramid = self._pyramid
            if pyramid is None or pyramid.register is not register:
                pyramid = Pyramid(register)
                with self._keeping:
                    # Their versions are those of other sums.
                    self._kept.clear()
                    self._held = 0
                    self._pyramid = pyramid
            return pyramid

    def _changed(self, register: Register, rows: Integers, _before: Codes) -> None:
        with self._making:
            pyramid = self._pyramid
            if pyramid is not None and pyramid.register is register:
                pyramid.change(rows)

    def _state(self, state: LiveState) -> None:
        with self._making:
            pyramid = self._pyramid
            if state.clusters != self._clusters and pyramid is not None:
                pyramid.forget("tiers")
            self._clusters = state.clusters
        register = self._holder.loaded
        if pyramid is not None and register is not None and pyramid.register is not register:
            # Another edition: its tiles are there before anybody is told to ask for them.
            self._of(register).totals(Choice())
