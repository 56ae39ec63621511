"""Hearing what the database tells: the waiting part of whatever is kept fresh in memory."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

from geo import editions
from geo.database import Database

CHECK_SECONDS = 1.0
"""Between two looks though nobody called: a call may be lost, and a change by hand calls nobody."""


class Listening:
    """A thread that looks at the database when it calls (`LISTEN`), and every second besides.

    While the database does not answer it tries again every second.
    """

    def __init__(
        self,
        database: Database,
        look: Callable[[], bool],
        *,
        concerns: Callable[[str], bool] = bool,
        name: str = "freshness",
    ) -> None:
        """Nothing is listened to yet.

        Args:
            database: whom to listen to.
            look: looks at it and does what is to be done; whether it answered. Must not raise.
            concerns: whether a message is worth a look at once.
            name: of the thread.
        """
        self._database = database
        self._look = look
        self._concerns = concerns
        self._name = name
        self._stopping = threading.Event()
        self._woken, self._wake = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Start listening, unless it was started before."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, daemon=True, name=self._name)
                self._thread.start()

    def close(self) -> None:
        """Stop, and wait until a look under way has ended."""
        self._stopping.set()
        with contextlib.suppress(OSError):  # closed before
            self._wake.send(b".")
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)
        if thread is None or not thread.is_alive():
            self._woken.close()
            self._wake.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(Exception):
                self._listen()
            if self._stopping.is_set():
                return
            # The line is broken, or there never was one.
            self._look()
            self._stopping.wait(CHECK_SECONDS)

    def _listen(self) -> None:
        """Wait for calls and look after each, until the connection breaks or listening ends."""
        with contextlib.closing(self._database.listening(editions.CHANNEL)) as line:
            looked = 0.0
            while not self._stopping.is_set():
                if time.monotonic() - looked > CHECK_SECONDS:
                    if not self._look():
                        return
                    looked = time.monotonic()
                ready, _, _ = select.select([line, self._woken], [], [], CHECK_SECONDS / 3)
                if line in ready:
                    line.poll()
                    if any(self._concerns(call.payload) for call in line.notifies):
                        looked = 0.0
                    line.notifies.clear()
