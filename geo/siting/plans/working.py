"""A solver in a process of its own: it can take a whole core, be stopped at any moment, and never
keeps a server from answering.

Run as a module it reads a job, tells of each improvement, then the answer, and until the next one
comes looks around the plans it found (:mod:`geo.siting.plans.looking`); it stops a search when it
is told to, and ends at once when whoever started it is gone.
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
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import IO, Any, Final

from geo.errors import Unavailable
from geo.siting.control import Control
from geo.siting.plans.jobs import Failed, Job, Solved, warm_up, work
from geo.siting.plans.looking import Around, Looks
from geo.siting.plans.remembering import MOST_PLANS, Memory
from geo.siting.problem import Longs

MODULE: Final = "geo.siting.plans.working"
USUAL_MODEL: Final = "max-cover"
WORK, STOP = b"j", b"s"
MOST_JOBS: Final = 50
MOST_PAIRS: Final = 20_000_000
"""What a process has worked at before it is replaced: memory that was large once stays so."""
NICE: Final = 5
"""Searches give way to requests by so much, and what nobody asked for to searches."""
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


Later = Callable[[Around | None], None]
"""Told what is found around a plan; None: whoever looked has ended."""


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
        self._giver: threading.Thread | None = None
        self._reader: threading.Thread | None = None
        self._later: Later | None = None
        self._looked: dict[int, Later] = {}
        self._jobs = self._pairs = 0
        self._done = True
        self._plans: deque[int] = deque(maxlen=MOST_PLANS)

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def fresh(self) -> bool:
        """Whether it may be given another job: it ended the last one well, and is not used up."""
        return self._done and self.alive and self._jobs < MOST_JOBS and self._pairs < MOST_PAIRS

    @property
    def looking(self) -> bool:
        """Whether it still looks around a plan that it was told."""
        return self.alive and self._done and bool(self._looked)

    @property
    def knows(self) -> frozenset[int]:
        """The plans that it may remember."""
        return frozenset(self._plans)

    def begin(self, job: Job, later: Later | None = None) -> None:
        """Give it its job; the one before must have ended. `later`: told of what is found around
        the plan after it was answered, on a thread of this worker; must be quick, and not fail."""
        if self._giver is not None:
            self._giver.join()
        self._told = queue.Queue()
        self._later = later
        self._done = False
        self._jobs += 1
        self._pairs += job.problem.reach.pairs
        # What is used stays longest, as in its memory.
        if job.earlier is not None and job.earlier.number in self._plans:
            self._plans.remove(job.earlier.number)
            self._plans.append(job.earlier.number)
        if job.number is not None:
            with contextlib.suppress(ValueError):
                self._plans.remove(job.number)
            self._plans.append(job.number)
        self._giver = threading.Thread(target=self._give, args=(job,), daemon=True)
        self._giver.start()
        if self._reader is None:
            self._reader = threading.Thread(target=self._read, daemon=True)
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
        for thread in (self._giver, self._reader):
            if thread is not None:
                thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # What was not read by it is lost with it.
                with contextlib.suppress(OSError):
                    pipe.close()

    def _give(self, job: Job) -> None:
        """On a thread of its own: a process that is not ready yet takes in what a pipe holds."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            with self._lock:
                pipe.write(WORK)
                _write(pipe, job)
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it
            self._told.put(_ended(error))

    def _read(self) -> None:
        out = self._process.stdout
        assert out is not None
        try:
            while True:
                message = _take(out)
                if isinstance(message, Around):
                    self._tell_later(message)
                    continue
                if isinstance(message, Solved) and message.looking and self._later is not None:
                    self._looked[message.number or 0] = self._later
                # Done, it may be given its next job, and that one has a queue of its own.
                told = self._told
                self._done = not isinstance(message, Begun | Improved)
                told.put(message)
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it
            self._done = False
            self._told.put(_ended(error))
        for later in self._looked.values():
            later(None)

    def _tell_later(self, message: Around) -> None:
        later = self._looked.get(message.number)
        if message.last:
            self._looked.pop(message.number, None)
        if later is not None:
            later(message)


def _ended(error: Exception) -> Failed:
    """Why nothing comes any more."""
    if isinstance(error, OSError | EOFError):
        return Failed(
            "计算进程意外结束。 The solver's process ended unexpectedly.",
            "可能内存不足；可缩小区域后重试。 Perhaps out of memory; try a smaller area.",
            None,
            known=True,
        )
    return Failed(f"{type(error).__name__}: {error}", None, None, known=False)


def main() -> None:
    """The other end of a :class:`Worker`."""
    source = os.fdopen(os.dup(0), "rb")
    out = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not come between the messages.
    os.dup2(2, 1)
    os.nice(NICE)
    guard = threading.Lock()
    jobs: queue.Queue[tuple[Job, Control]] = queue.Queue()

    def control_of(job: Job) -> Control:
        def improved(value: float, bound: float, sites: Longs) -> None:
            with guard:
                _write(out, Improved(control.seconds, float(value), float(bound), sites))

        control = Control(job.seconds, job.gap, improved)
        return control

    # What is done while there is no job stops when one comes.
    idle = [Control()]

    def listen() -> None:
        newest: Control | None = None
        with contextlib.suppress(EOFError):
            while word := source.read(1):
                if word == WORK:
                    job = _take(source)
                    newest = control_of(job)
                    jobs.put((job, newest))
                    idle[0].stop()
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
    looks = Looks(memory)
    beside = ThreadPoolExecutor(1, initializer=_give_way)

    def tell(message: object) -> None:
        with guard:
            _write(out, message)

    while True:
        idle[0] = Control()
        if looks and jobs.empty():
            found = beside.submit(looks.step, idle[0]).result()
            if found is not None:
                tell(found)
            continue
        job, control = jobs.get()
        kind = job.problem.model, job.problem.rules.capacities
        if kind not in warm:
            warm_up(kind[0], capacities=kind[1])
            warm.add(kind)
        tell(Begun())
        told = work(job, control, memory)
        if isinstance(told, Solved):
            look, told = told.look, replace(told, look=None)
            tell(told)
            for gone in looks.take(look) if look is not None else []:
                tell(gone)
        else:
            tell(told)
        del job, control, told


def _give_way() -> None:
    """Let searches go before this thread and what it starts; where a thread has no priority of its
    own it keeps that of its process."""
    here = threading.get_native_id()
    with contextlib.suppress(OSError):
        later = os.getpriority(os.PRIO_PROCESS, here) + NICE
        os.setpriority(os.PRIO_PROCESS, here, later)


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
