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
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Final, Literal

import numpy as np

from geo.errors import DomainError, Unavailable
from geo.siting.afterwards import SECONDS, Afterwards, afterwards
from geo.siting.changes import best_moves, which_to_close
from geo.siting.conditions import everybody_needed
from geo.siting.curve import Curve, budget_curve, curve
from geo.siting.explanation import Names
from geo.siting.problem import Answer, Bools, Control, Demand, Floats, Longs, Rules, Sites
from geo.siting.reach import from_file
from geo.siting.solving import Problem, solve

if TYPE_CHECKING:
    from geo.siting.robust import Aim

MODULE: Final = "geo.siting.working"
USUAL_MODEL: Final = "max-cover"
WORK, STOP = b"j", b"s"
MOST_JOBS: Final = 50
MOST_PAIRS: Final = 5_000_000
"""What a process has worked at before it is replaced: memory that was large once stays so."""
NO_PLAN: Final = "没有方案满足全部条件。", "No plan keeps to all conditions."
"""What is said where nothing better explains it."""
READY_SECONDS: Final = 600.0
"""So long a process may take to begin a job: on a new machine all it needs is compiled first."""


@dataclass(frozen=True, eq=False)
class Change:
    """Stations of today are closed, or moved to candidates: so many of those (m,) that `may` go."""

    kind: Literal["close", "move"]
    count: int
    may: Bools


@dataclass(frozen=True, eq=False)
class Cases:
    """(S, n) people of each case (a day, an edition of demand) that one plan is to do for."""

    table: Floats
    aim: Aim


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker is to do: solve, and perhaps look `around` the plan; or work out the curve of
    maximum coverage up to `most` sites, or for some budgets, a change of today's stations, one plan
    for several cases."""

    problem: Problem
    gap: float
    seconds: float
    seed: int
    most: int | None = None
    budgets: list[float] | None = None
    change: Change | None = None
    cases: Cases | None = None
    around: bool = False


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


@dataclass(frozen=True)
class Failed:
    """What went wrong; `known`: the asker can do something about it."""

    detail: str
    remedy: str | None
    field: str | None
    known: bool


@dataclass(frozen=True, eq=False)
class Solved:
    """The answer; where there is no plan, why, in both languages; what was found around it."""

    answer: Answer
    why_zh: str = ""
    why_en: str = ""
    around: Afterwards | None = None


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


def work(job: Job, control: Control) -> object:
    """Do a job here and now: Solved, Curve, Robust, or Failed."""
    problem = job.problem
    arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
    try:
        if job.most is not None or job.budgets is not None:
            return _curve(job, control)
        if job.cases is not None:
            from geo.siting.robust import robust  # only then

            found = robust(job.cases.table, *arrays, job.cases.aim, control, job.seed)
            if found.answer.status == "infeasible":
                found.why_zh, found.why_en = _why_not(problem)
            return found
        if job.change is not None:
            change = which_to_close if job.change.kind == "close" else best_moves
            return Solved(change(*arrays, job.change.count, control, job.seed, job.change.may))
        answer = solve(problem, control, job.seed)
        if answer.status != "infeasible":
            around = None
            if job.around:
                around = afterwards(problem, answer, control, job.seed, min(SECONDS, job.seconds))
            # Nobody asks again here, and it is large.
            answer.warmth = None
            return Solved(answer, around=around)
        return Solved(answer, *_why_not(problem))
    except DomainError as error:
        return Failed(error.detail, error.remedy, error.field, known=True)
    except Exception as error:  # noqa: BLE001  the other process must hear of it
        return Failed(f"{type(error).__name__}: {error}", None, None, known=False)


def _curve(job: Job, control: Control) -> Curve:
    """The curve of a job; where none of its points has a plan, with why the last has none."""
    problem = job.problem
    arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
    if job.most is not None:
        found = curve(*arrays, job.most, control, job.seed)
    else:
        found = budget_curve(*arrays, job.budgets or [], control, job.seed)
    if np.isfinite(found.value).any():
        return found
    zh, en = _why_not(replace(problem, rules=found.rules_of(-1, problem.rules)))
    return replace(found, why_zh=zh, why_en=en)


def _why_not(problem: Problem) -> tuple[str, str]:
    """Why no plan keeps to the conditions, and what would change that, in both languages."""
    from geo.siting.explain import explain  # only then

    told = explain(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        names=problem.names,
        everybody=everybody_needed(problem.model, problem.rules),
    )
    return told.zh or NO_PLAN[0], told.en or NO_PLAN[1]


def warm_up(model: str, *, capacities: bool = False) -> None:
    """Have the solver of a model compiled, or loaded from its cache, before the clock starts.

    Two triangles, each site beside two of three points, three sites for six points: their linear
    relaxation reaches everybody, no plan does; so that every rung of the ladder is needed.
    """
    point, site = np.arange(12) // 2, np.array([0, 1, 1, 2, 2, 0, 3, 4, 4, 5, 5, 3])
    reach = from_file(point, site, np.full(12, 0.5), 6, 6)
    rules = Rules(
        p=None if model == "set-cover" else 3,
        share=0.5 if model == "set-cover" else None,
        unserved_metres=1.0 if model == "p-median" else None,
        capacities=capacities,
    )
    sites = Sites.of(6, x=np.arange(6.0), y=np.zeros(6), capacity=np.full(6, 2.0))
    demand = Demand.of(np.ones(6), x=np.arange(6.0), y=np.zeros(6))
    tiny = Problem(model, demand, sites, reach, rules, [], Names(), 0)
    with contextlib.suppress(DomainError):
        # No limit of time: what has to be compiled takes longer than any that would end it.
        solve(tiny, Control(), 0, proof=False)


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
    while True:
        job, control = jobs.get()
        kind = job.problem.model, job.problem.rules.capacities
        if kind not in warm:
            warm_up(kind[0], capacities=kind[1])
            warm.add(kind)
        with guard:
            _write(out, Begun())
        told = work(job, control)
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


__all__ = [
    "NO_PLAN",
    "READY_SECONDS",
    "Begun",
    "Cases",
    "Change",
    "Curve",
    "Failed",
    "Improved",
    "Job",
    "Solved",
    "Worker",
    "main",
    "work",
]

if __name__ == "__main__":
    # Under its own name, so that what is pickled is the same on both ends.
    from geo.siting.working import main as run

    run()
