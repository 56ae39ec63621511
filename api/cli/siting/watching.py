"""A search on the command line: what is told while it goes on, and Ctrl-C for the best so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from api.cli import console

if TYPE_CHECKING:
    from geo.siting.problem import Control, Longs

TICK = 0.2
STATUS = {
    "optimal": "已证明最优 / proved to be the best",
    "gap reached": "达到要求的差距 / the gap asked for is reached",
    "time limit": "到时间 / out of time",
    "stopped": "已停止 / stopped",
    "infeasible": "没有可行方案 / no plan is possible",
}
Found = TypeVar("Found")


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


def watched(work: Callable[[], Found], control: Control, said: Said) -> Found:
    """What a search finds, in a thread of its own; Ctrl-C asks it for the best so far.

    Raises:
        BaseException: whatever the search raises.
    """
    found: list[Found] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - told in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    with console.err.status("求解 / solving") as status:
        thread.start()
        while thread.is_alive():
            try:
                thread.join(TICK)
                status.update(said.text)
            except KeyboardInterrupt:
                control.stop()
                said.stopping = True
    if failed:
        raise failed[0]
    return found[0]
