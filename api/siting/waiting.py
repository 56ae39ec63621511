"""Questions that a worker answers while the asker waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from anyio import from_thread
from fastapi import Depends, Request

from geo.errors import Busy, DomainError, Invalid
from geo.siting.plans.jobs import Failed, Job
from geo.siting.plans.running import Runner
from geo.siting.plans.working import READY_SECONDS, Begun, Improved, Worker
from geo.turns import gone

LONGEST_SECONDS: Final = 120.0
PATIENCE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the asker is still there."""
END_SECONDS: Final = 5.0
"""So long a search that nobody waits for may take to end by itself, before its process is ended."""
Told = TypeVar("Told")


def _left(request: Request) -> Callable[[], bool]:
    return lambda: bool(from_thread.run(request.is_disconnected))


Left = Annotated[Callable[[], bool], Depends(_left)]
"""Whether whoever asked has hung up; to be called on a thread of the server."""


def worked_out(runner: Runner, job: Job, kind: type[Told], left: Callable[[], bool]) -> Told:
    """What a worker says to a job, of the kind expected.

    Raises:
        Busy: it was not finished in time; or whoever asked has `left`, and the search was stopped.
        Invalid: what the solver refused.
    """
    worker = runner.worker()
    worker.begin(job)
    until = time.monotonic() + READY_SECONDS
    told: Any
    try:
        while time.monotonic() < until:
            told = worker.next(LOOK_SECONDS)
            if isinstance(told, kind):
                return told
            if isinstance(told, Failed):
                if not told.known:
                    raise RuntimeError(told.detail)
                raise _known(told)
            if isinstance(told, Begun):
                until = time.monotonic() + job.seconds + PATIENCE_SECONDS
            else:
                assert told is None or isinstance(told, Improved)
            if left():
                _end(worker)
                raise gone()
    finally:
        runner.give_back(worker)
    raise Busy(
        "没有按时算完。 It was not finished in time.",
        remedy="减小数量或区域。 Ask for less, or for a smaller area.",
    )


def _end(worker: Worker) -> None:
    """Have it end soon, so that it is ready for the next."""
    worker.stop()
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until:
        told = worker.next(LOOK_SECONDS)
        if told is not None and not isinstance(told, Begun | Improved):
            return


def _known(told: Failed) -> DomainError:
    return Invalid(told.detail, remedy=told.remedy, field=told.field)
