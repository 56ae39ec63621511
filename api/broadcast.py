"""Telling many waiting clients of one change: no thread, no connection to the database for any."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator

from geo.enterprises.holder import LiveState, RegisterHolder
from geo.errors import Busy

MOST_CLIENTS = 2_000
"""In one process: an open stream costs some kilobytes."""
LOOK_SECONDS = 1.0
"""How long a stream may go on after the server was told to stop."""
BEAT_SECONDS = 15.0


class Broadcast:
    """What is in force, for all who wait for it to change; any number of event loops."""

    def __init__(self, holder: RegisterHolder) -> None:
        """Nobody waits yet."""
        self._holder = holder
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self._closed = False
        holder.on_state(self._tell)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def require_room(self) -> None:
        """Refuse one more, while it can still be told.

        Raises:
            Busy: 2,000 wait already.
        """
        if len(self._waiting) >= MOST_CLIENTS:
            raise Busy(
                "实时连接太多。 Too many live connections.",
                remedy="请稍后再试。 Try again later.",
            )

    async def states(self) -> AsyncIterator[LiveState | None]:
        """What is in force at once, then after each change; of several changes at a time the last.
        None every 15 seconds without a change. Ends when the server stops.
        """
        changed = asyncio.Event()
        with self._lock:
            self._waiting[changed] = asyncio.get_running_loop()
        try:
            last: LiveState | None = None
            quiet = 0.0
            while not self._closed and not server_stops():
                changed.clear()
                state = self._holder.known_state
                if state is not None and state != last:
                    yield state
                    last, quiet = state, 0.0
                    continue
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    quiet += LOOK_SECONDS
                    if quiet >= BEAT_SECONDS:
                        quiet = 0.0
                        yield None
        finally:
            with self._lock:
                del self._waiting[changed]

    def close(self) -> None:
        """Let everybody go."""
        self._closed = True
        self._wake()

    def _tell(self, state: LiveState) -> None:
        del state  # each reads the last one when it wakes
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiting = list(self._waiting.items())
        for changed, loop in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)


def server_stops() -> bool:
    """Whether uvicorn was told to stop. It waits for open answers before it tells the application,
    so a stream must see it for itself: uvicorn's own handler of the signal knows."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
