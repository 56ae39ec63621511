"""Working scenarios out in the background: a few at a time, each in a process of its own.

Any number of server processes may run one of these on the same database; a plan is claimed by one
of them. What is asked of it (stop, delete) and what it tells (progress, answer) goes through the
database, so that it outlives every page, and a restart is noticed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

from geo.database import Actor, Database
from geo.errors import DomainError
from geo.siting.ground.planning import Planning
from geo.siting.ground.posing import pose
from geo.siting.plans import scenarios
from geo.siting.plans.ending import ending, finite, tell_around
from geo.siting.plans.jobs import Failed, Job, Solved
from geo.siting.plans.looking import NOT_YET, Afterwards, Around
from geo.siting.plans.pool import Pool
from geo.siting.plans.scenarios import Claim
from geo.siting.plans.working import READY_SECONDS, Begun, Improved, Later, Worker
from geo.siting.problem import gap_of
from geo.siting.question import Ref
from geo.siting.solving import Problem

logger = logging.getLogger("nuanyi.siting")

RUNNER: Final = Actor("planner", sees_enterprises=True)
MOST_RUNNING: Final = 2
LOOK_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 0.5
TELL_SECONDS: Final = 0.25
PATIENCE_SECONDS: Final = 60.0
"""How long past its limit, or after it was told to stop, a solver may take to end."""
TRIES: Final = 4
"""So often it is tried to write down what was found around a plan."""
MOST_HISTORY: Final = 400
UNKNOWN: Final = Afterwards(looking=True, why_not=NOT_YET)
"""Of a plan around which nobody has looked yet."""


@dataclass
class Course:
    """How a search has gone so far; `refs` are what the sites are called."""

    refs: Sequence[Ref] = ()
    history: list[list[float | None]] = field(default_factory=list)
    progress: dict[str, Any] = field(default_factory=dict)

    def take(self, told: Improved) -> None:
        """A better plan or bound."""
        gap = gap_of(told.value, told.bound)
        self.history.append([round(told.seconds, 3), finite(told.value), finite(told.bound)])
        if len(self.history) > MOST_HISTORY:
            del self.history[1::2]
        self.progress = {
            "phase": "search",
            "seconds": round(told.seconds, 3),
            "objective": finite(told.value),
            "bound": finite(told.bound),
            "gap": finite(gap),
            "sites": len(told.sites),
            "chosen": [self.refs[at] for at in told.sites.tolist() if at < len(self.refs)],
        }


class Runner:
    """See the module. :meth:`begin` before anything is expected of it; :meth:`close` at the end."""

    def __init__(self, database: Database, planning: Planning) -> None:
        """Nothing runs before :meth:`begin`."""
        self._database = database
        self._planning = planning
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._pool = Pool()

    def begin(self) -> None:
        """Look after plans that wait, now and from now on."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._watch, name="plans", daemon=True)
                self._thread.start()
        self._asked.set()
        self._wake.set()

    def close(self) -> None:
        """Stop everything; what was running is marked as interrupted."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            threads = [*([self._thread] if self._thread else []), *self._running]
        for thread in threads:
            thread.join(timeout=PATIENCE_SECONDS)
        self._pool.close()

    def worker(self, earlier: int | None = None) -> Worker:
        """A process for a job, see :meth:`geo.siting.plans.pool.Pool.lend`; the caller gives it
        back."""
        return self._pool.lend(earlier)

    def give_back(self, worker: Worker) -> None:
        """The caller is done with it."""
        self._pool.give_back(worker)

    # ------------------------------------------------------------------ one after the other
    def _watch(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(Exception):  # the database may be away for a while
                self._start_waiting()
            # Else it is looked again at the next turn.
            if self._asked.is_set() and not self._pool.soon_back:
                self._asked.clear()
                with contextlib.suppress(DomainError):
                    self._pool.keep_one()
            self._pool.let_go()
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def _start_waiting(self) -> None:
        with self._database.write(RUNNER) as writer:
            scenarios.mark_interrupted(writer)
        while len(self._running) < MOST_RUNNING and not self._stopping.is_set():
            with self._database.write(RUNNER) as writer:
                found = scenarios.claim(writer)
            if found is None:
                return
            thread = threading.Thread(
                target=self._run, args=(found,), name=f"plan-{found.id}", daemon=True
            )
            with self._lock:
                self._running.add(thread)
            thread.start()

    def _run(self, claim: Claim) -> None:
        plan_id = claim.id
        try:
            self._work_out(claim)
        except DomainError as error:
            self._failed(plan_id, error.detail, error.remedy)
        except Exception:
            logger.exception("plan %d could not be worked out", plan_id)
            self._failed(
                plan_id,
                "计算失败。 The plan could not be worked out.",
                "请查看服务日志，或重新计算。 See the server's log, or run it again.",
            )
        finally:
            with self._lock:
                self._running.discard(threading.current_thread())
            self._wake.set()

    def _failed(self, plan_id: int, detail: str, remedy: str | None) -> None:
        problem = {"detail": detail, "remedy": remedy}
        with contextlib.suppress(Exception), self._database.write(RUNNER) as writer:
            scenarios.finish(writer, plan_id, "failed", problem=problem)

    # ------------------------------------------------------------------ one plan
    def _work_out(self, claim: Claim) -> None:
        plan_id, question = claim.id, claim.question
        beating = _Beating(self._database, plan_id)
        with beating:
            beating.tell({"phase": "ground", "seconds": 0.0})
            ground = self._planning.ground(question)
            problem = pose(ground, question)
            beating.tell({"phase": "search", "seconds": 0.0})
            course = Course(problem.refs)
            later = Postscript(self._database, plan_id, problem)
            told = self._solved(problem, claim, course, beating, later.take)
            if told is None:
                return
            if isinstance(told, Failed):
                if not told.known:
                    raise RuntimeError(told.detail)
                self._failed(plan_id, told.detail, told.remedy)
                return
            beating.tell({**course.progress, "phase": "facts"})
            ended = ending(ground, question, problem, told, course.history)
        with self._database.write(RUNNER) as writer:
            finished_at = scenarios.finish(writer, plan_id, **ended)
        if finished_at is not None and told.looking:
            later.may_write(finished_at, ended["facts"])

    def _solved(
        self, problem: Problem, claim: Claim, course: Course, beating: _Beating, later: Later
    ) -> Solved | Failed | None:
        """What the solver said at last; None when the plan is gone, or the service stops."""
        question, earlier = claim.question, claim.earlier
        worker = self.worker(None if earlier is None else earlier.number)
        worker.begin(
            Job(
                problem,
                question.gap,
                question.seconds,
                question.seed,
                around=True,
                number=claim.id,
                earlier=earlier,
            ),
            later,
        )
        ready_by = time.monotonic() + READY_SECONDS
        begun: float | None = None
        stopped: float | None = None
        try:
            while True:
                told = worker.next(TELL_SECONDS)
                if isinstance(told, Begun):
                    begun = time.monotonic()
                elif isinstance(told, Improved):
                    course.take(told)
                    beating.tell(course.progress)
                elif isinstance(told, Solved | Failed):
                    return told
                if self._stopping.is_set():
                    beating.interrupt()
                    return None
                if beating.gone:
                    return None
                now = time.monotonic()
                if beating.stop_asked and stopped is None:
                    worker.stop()
                    stopped = now
                if begun is None:
                    late = now > ready_by
                else:
                    patience = begun + question.seconds + 2 * PATIENCE_SECONDS
                    if stopped is not None:
                        patience = min(patience, max(begun, stopped) + PATIENCE_SECONDS)
                    late = now > patience
                if late:
                    return Failed(
                        "求解器没有按时结束。 The solver did not end in time.",
                        "缩小区域或放宽条件后重试。 Try a smaller area or fewer conditions.",
                        None,
                        known=True,
                    )
        finally:
            self.give_back(worker)


class _Beating:
    """Notes in the database that a plan is worked at, and how far it has come; hears what is asked
    of it."""

    def __init__(self, database: Database, plan_id: int) -> None:
        self._database = database
        self._plan_id = plan_id
        self._news: dict[str, Any] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, name=f"beat-{plan_id}", daemon=True)
        self.stop_asked = False
        self.gone = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def tell(self, progress: dict[str, Any]) -> None:
        """What the next beat tells."""
        self._news = progress

    def interrupt(self) -> None:
        """The service stops before the plan is done."""
        with contextlib.suppress(Exception), self._database.write(RUNNER) as writer:
            scenarios.finish(writer, self._plan_id, "interrupted")

    def _go(self) -> None:
        while True:
            news, self._news = self._news, None
            try:
                with self._database.write(RUNNER) as writer:
                    asked = scenarios.beat(writer, self._plan_id, news)
            except Exception:  # noqa: BLE001  the next beat may get through
                self._news = self._news or news
            else:
                self.gone = asked is None
                self.stop_asked = bool(asked)
            if self._over.wait(BEAT_SECONDS):
                return


class Postscript:
    """Writes down what is found around a plan after it was told: that may come before the plan
    itself is written down, and as often as more is known."""

    def __init__(self, database: Database, plan_id: int, problem: Problem) -> None:
        """Nothing was found yet, and the plan is not written down."""
        self._database = database
        self._plan_id = plan_id
        self._problem = problem
        self._lock = threading.Lock()
        self._found: Afterwards | None = UNKNOWN
        self._written: tuple[datetime, dict[str, Any]] | None = None

    def take(self, told: Around | None) -> None:
        """What was found; None: there will be no more."""
        if told is not None and told.mistake:
            logger.error("after plan %d was found: %s", self._plan_id, told.mistake)
        with self._lock:
            if told is not None:
                self._found = told.found
            elif self._found is not None:
                self._found = replace(self._found, looking=False)
            self._write()

    def may_write(self, finished_at: datetime, facts: dict[str, Any]) -> None:
        """The plan is written down, with these facts."""
        with self._lock:
            self._written = finished_at, facts
            self._write()

    def _write(self) -> None:
        if self._written is None or self._found is UNKNOWN:
            return
        finished_at, facts = self._written
        tell_around(facts, self._problem, self._found)
        for left in range(TRIES)[::-1]:
            try:
                with self._database.write(RUNNER) as writer:
                    scenarios.add_facts(writer, self._plan_id, finished_at, facts)
            except Exception:  # the database may be away: the plan stands without it
                if not left:
                    logger.exception("what was found around plan %d is lost", self._plan_id)
                time.sleep(TELL_SECONDS)
            else:
                return


__all__ = ["Course", "Postscript", "Runner", "finite"]
