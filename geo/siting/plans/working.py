"""A solver in a process of its own: it can take a whole core, be stopped at any moment, and never
keeps a server from answering.

Run as a module it reads a job, tells of each improvement, then the answer, and waits for the next
one; it stops a search when it is told to, and ends at once when whoever started it is gone.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO, Any, Final

from geo.errors import Unavailable
from geo.siting.control import Control
from geo.siting.plans.jobs import Failed, Job, warm_up, work
from geo.siting.plans.remembering import Memory
from geo.siting.problem import Longs

MODULE: Final = "geo.siting.plans.working"
USUAL_MODEL: Final = "max-cover"
WORK, STOP = b"j", b"s"
MOST_JOBS: Final = 50
MOST_PAIRS: Final = 20_000_000
"""What a process has worked at before it is replaced: memory that was large once stays so."""
READY_SECONDS: Final = 600.0
"""So long a process may take to begin a job: on a new machine all it needs is compiled first."""


@dataclass(frozen=True)
class Begun:
    """The process is ready and begins with the job: from now on its seconds count."""


@dataclass(frozen=True, eq=False)
class Improved:
    """A better plan or bound."""

    seconds: float
    value: float
    bound: float
    sites: Longs


class Worker:
    """A process that does one job after the other. It makes itself ready before the first comes."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            Unavailable: no process can be started.
        """
        try:
            # A session of its own: what it started itself ends with it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(
                "无法启动计算进程。 The solver's process cannot be started.",
                remedy="请稍后再试。 Try again later.",
            ) from error
        self._told: queue.Queue[object] = queue.Queue()
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._jobs = self._pairs = 0
        self._done = True

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def fresh(self) -> bool:
        """Whether it may be given another job: it ended the last one well, and is not used up."""
        return self._done and self.alive and self._jobs < MOST_JOBS and self._pairs < MOST_PAIRS

    def begin(self, job: Job) -> None:
        """Give it its job; the one before must have ended."""
        if self._reader is not None:
            self._reader.join()
        self._told = queue.Queue()
        self._done = False
        self._jobs += 1
        self._pairs += job.problem.reach.pairs
        self._reader = threading.Thread(target=self._read, args=(job,), daemon=True)
        self._reader.start()

    def next(self, seconds: float) -> object | None:
        """What it tells next: Begun, Improved, Solved, Curve, Robust or Failed; None: nothing came
        in time."""
        try:
            return self._told.get(timeout=seconds)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Ask it to end soon with the best so far."""
        with self._lock:
            pipe = self._process.stdin
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(OSError):  # it has ended
                    pipe.write(STOP)
                    pipe.flush()

    def end(self) -> None:
        """End it now, whatever it does."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self, job: Job) -> None:
        pipe, out = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert out is not None
        told = self._told
        try:
            with self._lock:
                pipe.write(WORK)
                _write(pipe, job)
            while True:
                message = _take(out)
                self._done = not isinstance(message, Begun | Improved)
                told.put(message)
                if self._done:
                    return
        except (OSError, EOFError):
            told.put(
                Failed(
                    "计算进程意外结束。 The solver's process ended unexpectedly.",
                    "可能内存不足；可缩小区域后重试。 Perhaps out of memory; try a smaller area.",
                    None,
                    known=True,
                )
            )
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it
            told.put(Failed(f"{type(error).__name__}: {error}", None, None, known=False))


def main() -> None:
    """The other end of a :class:`Worker`."""
    source = os.fdopen(os.dup(0), "rb")
    out = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not come between the messages.
    os.dup2(2, 1)
    os.nice(5)
    guard = threading.Lock()
    jobs: queue.Queue[tuple[Job, Control]] = queue.Queue()

    def control_of(job: Job) -> Control:
        def improved(value: float, bound: float, sites: Longs) -> None:
            with guard:
                _write(out, Improved(control.seconds, float(value), float(bound), sites))

        control = Control(job.seconds, job.gap, improved)
        return control

    def listen() -> None:
        newest: Control | None = None
        with contextlib.suppress(EOFError):
            while word := source.read(1):
                if word == WORK:
                    job = _take(source)
                    newest = control_of(job)
                    jobs.put((job, newest))
                elif newest is not None:
                    newest.stop()
        # Whoever started us is gone: end with all that we started.
        os.killpg(os.getpgrp(), signal.SIGKILL)

    # Before anything is made ready: a job that comes meanwhile is taken in, so that whoever gave it
    # can already ask to stop it.
    threading.Thread(target=listen, daemon=True).start()
    warm_up(USUAL_MODEL)
    warm = {(USUAL_MODEL, False)}
    memory = Memory()
    while True:
        job, control = jobs.get()
        kind = job.problem.model, job.problem.rules.capacities
        if kind not in warm:
            warm_up(kind[0], capacities=kind[1])
            warm.add(kind)
        with guard:
            _write(out, Begun())
        told = work(job, control, memory)
        with guard:
            _write(out, told)
        del job, control, told


def _write(pipe: IO[bytes], message: object) -> None:
    body = pickle.dumps(message, protocol=5)
    pipe.write(struct.pack(">Q", len(body)))
    pipe.write(body)
    pipe.flush()


def _take(pipe: IO[bytes]) -> Any:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    (size,) = struct.unpack(">Q", head)
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return pickle.loads(body)  # noqa: S301  from our own process


__all__ = ["READY_SECONDS", "Begun", "Improved", "Worker", "main"]

if __name__ == "__main__":
    # Under its own name, so that what is pickled is the same on both ends.
    from geo.siting.plans.working import main as run

    run()
