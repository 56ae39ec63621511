"""A search on the command line: what is told while it goes on, and Ctrl-C for the best so far."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from api.cli import console

if TYPE_CHECKING:
    from geo.siting.control import Control
    from geo.siting.problem import Longs

TICK = 0.2
STATUS = {
    "optimal": "已证明最优 / proved to be the best",
    "gap reached": "达到要求的差距 / the gap asked for is reached",
    "time limit": "到时间 / out of time",
    "stopped": "已停止 / stopped",
    "infeasible": "没有可行方案 / no plan is possible",
}
Found = TypeVar("Found")
ENDING: Final = 3
"""So many times Ctrl-C is pressed by somebody who does not want the best so far either."""


class Said:
    """What is told while the search goes on."""

    def __init__(self) -> None:
        self.stopping = False
        self.latest: tuple[float, float] | None = None

    def __call__(self, value: float, bound: float, sites: Longs) -> None:
        """After each improvement, from the solver's thread."""
        del sites
        self.latest = (value, bound)

    @property
    def text(self) -> str:
        """One line for a person who waits."""
        told = "求解 / solving"
        if self.latest is not None:
            from geo.siting.problem import gap_of

            value, bound = self.latest
            told += f" · {value:,.10g} · 距最优不超过 within {gap_of(value, bound):.2%}"
        return told + (" · 正在停止 / stopping" if self.stopping else "")


def watched(work: Callable[[], Found], said: Said) -> Found:
    """What a search finds, in a thread of its own; see :func:`until_written`."""
    with ThreadPoolExecutor(1) as pool, console.err.status("求解 / solving") as status:
        job = pool.submit(work)
        while not job.done():
            wait([job], TICK)
            status.update(said.text)
        return job.result()


@contextmanager
def until_written(control: Control, said: Said) -> Iterator[None]:
    """While this lasts, from the search until its file is written, Ctrl-C asks for the best so far:
    pressed again soon after, it does not lose that. Only the third time it ends the command."""
    pressed = 0

    def press(number: int, frame: object) -> None:
        del number, frame
        nonlocal pressed
        pressed += 1
        control.stop()
        said.stopping = True
        if pressed >= ENDING:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
