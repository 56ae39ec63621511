"""The places of the active editions, kept fresh."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np

from geo import editions
from geo.coordinates import Bounds
from geo.database import ANYONE, Database, Reader
from geo.editions import EditionFacts
from geo.errors import Busy, DomainError, Unavailable
from geo.places.gather import gather
from geo.places.index import PlaceIndex, build

DATASETS = ("areas", "stations", "streets")
CHECK_SECONDS = 1.0
WAIT_SECONDS = 20.0
MARGIN = 0.5
"""Degrees around all places that still count as near them."""


@dataclass(frozen=True)
class Places:
    """The index and the editions it was made of."""

    index: PlaceIndex
    editions: list[EditionFacts]

    @classmethod
    def load(cls, reader: Reader) -> Places:
        """Read and index the active editions; those that are missing are left out.

        Cost: a few seconds at city scale; see docs/operators.md.
        """
        found = in_force(reader)
        return cls(build(gather(reader, {one.dataset: one.id for one in found})), found)

    @property
    def bounds(self) -> Bounds | None:
        """West, south, east and north of all places with a margin; None without a place."""
        table = self.index.table
        if len(table) == 0:
            return None
        return (
            float(np.min(table.lon)) - MARGIN,
            float(np.min(table.lat)) - MARGIN,
            float(np.max(table.lon)) + MARGIN,
            float(np.max(table.lat)) + MARGIN,
        )


def in_force(reader: Reader) -> list[EditionFacts]:
    """The active editions that places are made of."""
    found = (editions.active(reader, dataset) for dataset in DATASETS)
    return [facts for facts in found if facts is not None]


class PlacesHolder:
    """The places of the active editions: made by a thread of their own, first when :meth:`begin` is
    called or somebody asks, and again when an edition changes. Meanwhile the old ones answer; so
    they do when the database does not."""

    def __init__(self, database: Database) -> None:
        """Nothing is made yet."""
        self._database = database
        self._places: Places | None = None
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None
        self._checked = 0.0
        self._lock = threading.Lock()

    def begin(self) -> threading.Thread:
        """Look for other editions, and make the places of them, beside whatever goes on."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._checked = time.monotonic()
                self._thread = threading.Thread(target=self._load, name="places", daemon=True)
                self._thread.start()
            return self._thread

    def current(self) -> Places:
        """The places in force; after a change of edition those before it for some seconds more.

        Raises:
            Busy: they are being made for the first time, and that took longer than 20 seconds.
            Unavailable: the database cannot be reached and nothing was made before.
        """
        places = self._places
        if places is None:
            self.begin().join(WAIT_SECONDS)
            places = self._places
            if places is None:
                raise self._reason()
        elif time.monotonic() - self._checked >= CHECK_SECONDS:
            self.begin()
        return places

    def close(self) -> None:
        """Wait until nothing is read from the database any more."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _load(self) -> None:
        try:
            with self._database.read(ANYONE) as reader:
                before = self._places
                if before is None or before.editions != in_force(reader):
                    self._places = Places.load(reader)
        except Exception as error:  # noqa: BLE001  a thread has nobody to tell but who asks next
            self._failure = error
        else:
            self._failure = None

    def _reason(self) -> DomainError:
        if isinstance(self._failure, DomainError):
            return self._failure
        if self._failure is not None:
            error = Unavailable(
                "地名无法读取。 The places cannot be read.",
                remedy="请稍后再试。 Try again later.",
            )
            error.__cause__ = self._failure
            return error
        return Busy(
            "地名索引正在建立。 The index of places is being made.",
            remedy="请稍后再试。 Try again in a few seconds.",
        )
