"""Questions that a worker answers while the asker waits."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from geo.errors import Busy, DomainError, Invalid
from geo.siting.running import Runner
from geo.siting.working import READY_SECONDS, Begun, Failed, Improved, Job

LONGEST_SECONDS = 120.0
PATIENCE_SECONDS = 60.0
Told = TypeVar("Told")


def worked_out(runner: Runner, job: Job, kind: type[Told]) -> Told:
    """What a worker says to a job, of the kind expected.

    Raises:
        Busy: it was not finished in time. Invalid: what the solver refused.
    """
    worker = runner.worker()
    worker.begin(job)
    until = time.monotonic() + READY_SECONDS
    told: Any
    try:
        while time.monotonic() < until:
            told = worker.next(1.0)
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
    finally:
        runner.give_back(worker)
    raise Busy(
        "没有按时算完。 It was not finished in time.",
        remedy="减小数量或区域。 Ask for less, or for a smaller area.",
    )


def _known(told: Failed) -> DomainError:
    return Invalid(told.detail, remedy=told.remedy, field=told.field)
