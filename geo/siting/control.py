"""How long a solver goes on, and who is told of what it finds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from geo.errors import Invalid
from geo.siting.problem import Longs

Improved = Callable[[float, float, Longs], None]


class Control:
    """How long a solver goes on, and who is told of each improvement.

    Args:
        time_limit: seconds from :meth:`begin`; None: until the gap is reached.
        gap: good enough: (bound - value) / value.
        on_improved: told value, bound and sites; called from the solver's thread, must be quick.
        exact: whether the last rung, an exact search in a process of its own, may be climbed.

    :meth:`stop` may be called from any thread; the best plan so far is then the answer.
    """

    def __init__(
        self,
        time_limit: float | None = None,
        gap: float = 0.0,
        on_improved: Improved | None = None,
        *,
        exact: bool = True,
    ) -> None:
        if time_limit is not None and not time_limit >= 0:
            raise Invalid(
                f"时限不能是 {time_limit}。 The time limit is {time_limit}.",
                remedy="填写不小于 0 的秒数。 Give seconds, 0 or more.",
                field="time_limit",
            )
        if not gap >= 0:
            raise Invalid(
                f"差距不能是 {gap}。 The gap is {gap}.",
                remedy="填写不小于 0 的比例，如 0.01。 Give a share of 0 or more, such as 0.01.",
                field="gap",
            )
        self.time_limit = time_limit
        self.gap = gap
        self.exact = exact
        self.history: list[tuple[float, float, float]] = []
        self._told = on_improved
        self._stop = threading.Event()
        self._began = time.perf_counter()

    def begin(self) -> None:
        """The clock starts anew."""
        self._began = time.perf_counter()
        self.history = []

    def part(self, seconds: float | None, gap: float | None = None) -> Control:
        """A control for a part of the work: of so many seconds, and stopped with the whole; `gap`:
        where another is good enough for it."""
        made = Control(seconds, self.gap if gap is None else gap, exact=self.exact)
        made._stop = self._stop
        return made

    @property
    def seconds(self) -> float:
        """Since :meth:`begin`."""
        return time.perf_counter() - self._began

    @property
    def left(self) -> float:
        """Seconds until the time limit; infinite without one."""
        return np.inf if self.time_limit is None else max(0.0, self.time_limit - self.seconds)

    def stop(self) -> None:
        """Ask the solver to end soon."""
        self._stop.set()

    @property
    def asked_to_stop(self) -> bool:
        """Whether somebody called :meth:`stop`."""
        return self._stop.is_set()

    def stopped(self) -> bool:
        """Whether it is time to end: asked to, or out of time."""
        return self._stop.is_set() or self.left <= 0

    def improved(self, value: float, bound: float, sites: Longs) -> None:
        """A better plan or a better bound."""
        self.history.append((self.seconds, value, bound))
        if self._told is not None:
            self._told(value, bound, sites)
