"""A solver in a process of its own: it can take a whole core, be stopped at any moment, and never
keeps a server from answering.

Run as a module it reads one job, tells of each improvement, then the answer; it ends when it is
told to stop, and at once when whoever started it is gone.
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

import numpy as np

from geo.errors import DomainError, Unavailable
from geo.siting.curve import Curve, curve
from geo.siting.explanation import Names
from geo.siting.problem import Answer, Control, Demand, Longs, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem, solve

MODULE: Final = "geo.siting.working"
WARM_SECONDS: Final = 0.5
USUAL_MODEL: Final = "max-cover"


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker is to do: solve, or work out the curve of maximum coverage up to `most`
    sites."""

    problem: Problem
    gap: float
    seconds: float
    seed: int
    most: int | None = None


@dataclass(frozen=True, eq=False)
class Improved:
    """A better plan or bound."""

    seconds: float
    value: float
    bound: float
    sites: Longs


@dataclass(frozen=True)
class Failed:
    """What went wrong; `known`: the asker can do something about it."""

    detail: str
    remedy: str | None
    field: str | None
    known: bool


@dataclass(frozen=True, eq=False)
class Solved:
    """The answer; and, where there is no plan, why, in both languages."""

    answer: Answer
    why_zh: str = ""
    why_en: str = ""


class Worker:
    """A process that does one job. It makes itself ready before the job comes."""

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

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def begin(self, job: Job) -> None:
        """Give it its job."""
        self._reader = threading.Thread(target=self._read, args=(job,), daemon=True)
        self._reader.start()

    def next(self, seconds: float) -> object | None:
        """What it tells next: Improved, Solved, Curve or Failed; None when nothing came in time."""
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
                    pipe.write(b"s")
                    pipe.flush()

    def end(self) -> None:
        """End it now, whatever it does."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self, job: Job) -> None:
        pipe, out = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert out is not None
        try:
            with self._lock:
                _write(pipe, job)
            while True:
                message = _take(out)
                self._told.put(message)
                if not isinstance(message, Improved):
                    break
        except (OSError, EOFError):
            self._told.put(
                Failed(
                    "计算进程意外结束。 The solver's process ended unexpectedly.",
                    "可能内存不足；可缩小区域后重试。 Perhaps out of memory; try a smaller area.",
                    None,
                    known=True,
                )
            )
        finally:
            with self._lock, contextlib.suppress(OSError):
                pipe.close()
            out.close()
            self._process.wait()


def work(job: Job, control: Control) -> object:
    """Do a job here and now: Solved, Curve, or Failed."""
    problem = job.problem
    try:
        if job.most is not None:
            return curve(
                problem.demand,
                problem.sites,
                problem.reach,
                problem.rules,
                job.most,
                control,
                job.seed,
            )
        answer = solve(problem, control, job.seed)
        if answer.status != "infeasible":
            return Solved(answer)
        from geo.siting.explain import explain  # only then

        told = explain(
            problem.demand,
            problem.sites,
            problem.reach,
            problem.rules,
            names=problem.names,
            everybody=problem.model in ("p-median", "p-centre"),
        )
        return Solved(answer, told.zh, told.en)
    except DomainError as error:
        return Failed(error.detail, error.remedy, error.field, known=True)
    except Exception as error:  # noqa: BLE001  the other process must hear of it
        return Failed(f"{type(error).__name__}: {error}", None, None, known=False)


def warm_up(model: str) -> None:
    """Have the solver of a model compiled, or loaded from its cache, before the clock starts."""
    rng = np.random.default_rng(1)
    here, there = rng.random((80, 2)), rng.random((16, 2))
    reach = euclidean(here, there, 0.3)
    sites = Sites.of(16, x=there[:, 0], y=there[:, 1])
    rules = Rules(
        p=None if model == "set-cover" else 3,
        share=0.5 if model == "set-cover" else None,
        unserved_metres=1.0 if model == "p-median" else None,
    )
    demand = Demand.of(rng.integers(1, 9, 80), x=here[:, 0], y=here[:, 1])
    tiny = Problem(model, demand, sites, reach, rules, [], Names(), 0)
    with contextlib.suppress(DomainError):
        solve(tiny, Control(WARM_SECONDS, 0.0, exact=False), 0, proof=False)


def main() -> None:
    """The other end of a :class:`Worker`."""
    source = os.fdopen(os.dup(0), "rb")
    out = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not come between the messages.
    os.dup2(2, 1)
    os.nice(5)
    warm_up(USUAL_MODEL)
    try:
        job = _take(source)
    except EOFError:
        return
    assert isinstance(job, Job)
    guard = threading.Lock()

    def improved(value: float, bound: float, sites: Longs) -> None:
        with guard:
            _write(out, Improved(control.seconds, float(value), float(bound), sites))

    control = Control(job.seconds, job.gap, improved)

    def listen() -> None:
        while source.read(1):
            control.stop()
        # Whoever started us is gone: end with all that we started.
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=listen, daemon=True).start()
    if job.problem.model != USUAL_MODEL:
        warm_up(job.problem.model)
    told = work(job, control)
    with guard:
        _write(out, told)
    os._exit(0)


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


__all__ = ["Curve", "Failed", "Improved", "Job", "Solved", "Worker", "main", "work"]

if __name__ == "__main__":
    # Under its own name, so that what is pickled is the same on both ends.
    from geo.siting.working import main as run

    run()
