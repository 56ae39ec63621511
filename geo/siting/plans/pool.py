"""The solver's processes between their jobs: what one remembers of its plans is worth more than
that another one is new."""

from __future__ import annotations

import threading
import time
from typing import Final

from geo.siting.plans.working import Worker

MOST_IDLE: Final = 2
SPARE_SECONDS: Final = 300.0
"""So long processes wait for their next job after somebody looked at plans."""
SOON_SECONDS: Final = 3.0
"""So long after a job began its process may be back soon: another one would take a core from it to
make itself ready, and be one too many."""


class Pool:
    """Lends processes; those that come back well wait here. Safe to use from many threads."""

    def __init__(self) -> None:
        """Nothing is started before one is asked for."""
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._leaving: list[Worker] = []
        self._since = 0.0
        self._lent = 0
        self._lent_since = 0.0
        self._closed = False

    def lend(self, earlier: int | None = None) -> Worker:
        """A process for one job, as a rule one that is ready; the caller gives it back.

        Args:
            earlier: the plan that the job is an edit of: who worked it out remembers it. Any other
                job leaves processes that remember something alone, if it can.

        Raises:
            Unavailable: no process can be started.
        """
        with self._lock:
            gone = [one for one in self._idle if not one.fresh]
            self._idle = [one for one in self._idle if one.fresh]
            best = min(
                self._idle,
                key=lambda one: (earlier not in one.knows, len(one.knows) > 0),
                default=None,
            )
            if best is not None:
                self._idle.remove(best)
        for one in gone:
            one.end()
        found = best or Worker()
        with self._lock:
            self._lent += 1
            self._lent_since = time.monotonic()
        return found

    def give_back(self, worker: Worker) -> None:
        """The job is done: the process waits for the next one, or ends when it has told what it
        finds around its plans."""
        with self._lock:
            self._lent -= 1
            if worker.fresh and not self._closed:
                self._idle.append(worker)
                self._since = time.monotonic()
            gone = [] if worker in self._idle else [worker]
            while len(self._idle) > MOST_IDLE:
                # The one that knows nothing, else the one that waits longest.
                useless = min(self._idle, key=lambda one: len(one.knows) > 0)
                self._idle.remove(useless)
                gone.append(useless)
            if not self._closed:
                self._leaving += [one for one in gone if one.looking]
                few = self._leaving[-MOST_IDLE:]
                gone = [one for one in (*gone, *self._leaving) if one not in few]
                self._leaving = few
        for one in gone:
            one.end()

    def keep_one(self) -> None:
        """Start the process of the next job, so that nobody waits for it to be ready.

        Raises:
            Unavailable: no process can be started.
        """
        with self._lock:
            if not self._closed:
                if not self._idle:
                    self._idle.append(Worker())
                self._since = time.monotonic()

    @property
    def soon_back(self) -> bool:
        """Whether a process that has a job may be done with it soon."""
        with self._lock:
            return self._lent > 0 and time.monotonic() - self._lent_since < SOON_SECONDS

    def let_go(self) -> None:
        """End those that are not needed any more; those that wait, if nobody has looked at plans
        for a while."""
        with self._lock:
            gone = [one for one in self._leaving if not one.looking]
            if time.monotonic() - self._since > SPARE_SECONDS:
                gone += self._idle
                self._idle = []
            self._leaving = [one for one in self._leaving if one not in gone]
        for one in gone:
            one.end()

    def close(self) -> None:
        """End those that wait; those that are lent end when they come back."""
        with self._lock:
            self._closed = True
            gone = self._idle + self._leaving
            self._idle, self._leaving = [], []
        for one in gone:
            one.end()


__all__ = ["Pool"]
