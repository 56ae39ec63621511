"""How long work tells that it goes on. The command line draws bars; tests and routes are silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


class Progress:
    """Told of each long step. This base class says nothing.

    A step that is cancelled (KeyboardInterrupt, or any exception raised by `advance`) leaves the
    surrounding transaction, which then rolls back: nothing is half there.
    """

    @contextmanager
    def step(self, label: str, total: int | None = None) -> Iterator[Advance]:
        """One step: `label` is shown to a person; `total` in whatever `advance` counts."""
        del label, total
        yield _ignore


def _ignore(done: int) -> None:
    del done


SILENT = Progress()
