"""The register of the active enterprises in each process, kept up to date."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import numpy as np

from geo.database import ANYONE, Database, Reader
from geo.enterprises.inforce import fetch_states
from geo.enterprises.register import (
    Codes,
    Integers,
    Register,
    clusters_mark,
    load_register,
    one_moment,
    places,
    read_figures,
    read_tiers,
    revision,
)
from geo.errors import Busy, DomainError, NotFound, Unavailable
from geo.listening import CHECK_SECONDS, Listening
from geo.settings import Settings

logger = logging.getLogger("nuanyi.register")

OnChange: TypeAlias = Callable[[Register, Integers, Codes], None]
"""Told of the register, positions of the units that changed, (K,), and their states before."""
WAIT_SECONDS = 20.0
MOST_WAITING = 3
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class LiveState:
    """What is in force: the numbers of the active editions, None where there is none.

    `version` is the number of the last change of a union and `changed` how many units the last look
    that found any found changed. With `unconfirmed_since` the database has not answered since then.
    """

    version: int
    enterprises: int | None
    areas: int | None
    stations: int | None
    clusters: str | None
    as_of: date | None
    changed: int = 0
    unconfirmed_since: datetime | None = None


class RegisterHolder:
    """The register in force: loaded when first asked for, by a thread of its own.

    From then on a change of a union is applied in place as soon as the database calls, and another
    edition is loaded beside the old one, which answers meanwhile. When the database does not
    answer, what is there goes on being used. :meth:`close` it at the end.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        """Nothing is loaded, and nothing listened to, before somebody asks."""
        self._database = database
        self._settings = settings
        self._register: Register | None = None
        self._counted: tuple[int, str] | None = None
        self._shown = 0
        self._state: LiveState | None = None
        self._wanted = False
        self._failure: Exception | None = None
        self._failed = 0.0
        self._confirmed = datetime.now(UTC)
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._seats = threading.BoundedSemaphore(MOST_WAITING)
        self._loader: threading.Thread | None = None
        self._on_change: list[OnChange] = []
        self._on_state: list[Callable[[LiveState], None]] = []
        self._listening = Listening(database, self._look, name="register")

    # ------------------------------------------------------------------ asking
    def current(self, at_least: int = 0) -> Register:
        """The register in force.

        Args:
            at_least: a version somebody has seen elsewhere; looked for in the database at once when
                this process has not come so far.

        Raises:
            NotFound: no edition of enterprises is active.
            Busy: it is being loaded for the first time, and that took longer than 20 seconds, or
                three wait for it already.
            Unavailable: the database cannot be reached and nothing was loaded before.
        """
        register = self._register
        if register is None:
            register = self._awaited()
        elif at_least > self._shown and self._lock.acquire(timeout=LOOK_SECONDS):
            # Not while another edition is being loaded: that takes longer than anybody waits. A
            # look that was under way may have brought it.
            self._lock.release()
            if at_least > self._shown:
                self._look()
            register = self._register or register
        return register

    def _awaited(self) -> Register:
        loader = self.begin()
        # Those who wait hold a thread each, which people's questions need, too.
        if self._seats.acquire(blocking=False):
            try:
                loader.join(WAIT_SECONDS)
            finally:
                self._seats.release()
        register = self._register
        if register is None:
            raise self._reason()
        return register

    @property
    def loaded(self) -> Register | None:
        """The register, if it was asked for before."""
        return self._register

    def begin(self) -> threading.Thread:
        """Load it beside whatever goes on, unless it is loaded."""
        with self._loading:
            self._wanted = True
            if self._loader is None or (not self._loader.is_alive() and self._register is None):
                self._loader = threading.Thread(
                    target=self._first, name="register-load", daemon=True
                )
                self._loader.start()
            return self._loader

    def state(self) -> LiveState:
        """What is in force, without loading the register.

        Raises:
            Unavailable: the database cannot be reached and was never asked before.
        """
        if self._state is None:
            self._refresh_or_raise()
        self._listening.begin()
        assert self._state is not None
        return self._state

    @property
    def known_state(self) -> LiveState | None:
        """What was in force at the last look; None before the first."""
        return self._state

    def on_change(self, callback: OnChange) -> None:
        """Call it after changes of unions were applied in place; from the listening thread."""
        self._on_change.append(callback)

    def on_state(self, callback: Callable[[LiveState], None]) -> None:
        """Call it after anything in force changed, when this process shows it; from the listening
        thread."""
        self._on_state.append(callback)

    def refresh(self) -> LiveState:
        """Look at the database now and apply what changed.

        Raises:
            Unavailable: it cannot be reached.
        """
        self._refresh_or_raise()
        assert self._state is not None
        return self._state

    def close(self) -> None:
        """Stop listening, and wait for a load under way."""
        self._listening.close()
        loader = self._loader
        if loader is not None:
            loader.join()

    # ------------------------------------------------------------------ looking
    def _first(self) -> None:
        try:
            if self._failure is None or time.monotonic() - self._failed > CHECK_SECONDS:
                self._refresh_or_raise()
        except Exception as error:  # noqa: BLE001  a thread has nobody to tell but who asks next
            self._failure, self._failed = error, time.monotonic()
        else:
            self._failure = None
        self._listening.begin()

    def _look(self) -> bool:
        """Look at the database; whether it answered."""
        try:
            self._refresh_or_raise()
        except DomainError as error:
            if not isinstance(error, NotFound):
                self._lost()
            return isinstance(error, NotFound)
        except Exception:  # whatever it is, people get the answers there are
            logger.exception("the register could not be brought up to date")
            self._lost()
            return False
        return True

    def _lost(self) -> None:
        state = self._state
        if state is not None and state.unconfirmed_since is None:
            self._tell(replace(state, unconfirmed_since=self._confirmed))

    def _refresh_or_raise(self) -> None:
        with self._lock:
            before = self._state
            with self._database.read(ANYONE) as reader:
                one_moment(reader)
                state = read_state(reader)
                if before is not None:
                    state = replace(state, changed=before.changed)
                if self._wanted and state.enterprises is not None:
                    state = self._bring_up(reader, state)
                elif state.enterprises is None:
                    self._register = None
                if self._wanted and state.enterprises is None:
                    self._tell(state)
                    raise NotFound(
                        "没有启用的企业版本。 No edition of enterprises is active.",
                        remedy="请先导入。 Load one: `nuanyi import enterprises FILE --commit`.",
                    )
            self._confirmed = datetime.now(UTC)
            self._tell(state)

    def _tell(self, state: LiveState) -> None:
        changed = state != self._state
        self._state = state
        if changed:
            for callback in list(self._on_state):
                _safely(callback, state)

    def _bring_up(self, reader: Reader, state: LiveState) -> LiveState:
        """Make the register what the database says."""
        register, before = self._register, self._state
        counted = _counted(reader)
        if (
            register is None
            or register.edition.id != state.enterprises
            or (register.area_edition.id if register.area_edition else None) != state.areas
            or self._counted != counted
        ):
            self._register, self._counted = load_register(reader), counted
            self._shown = self._register.version
            return state
        if before is not None and before.clusters != state.clusters:
            register.tier[:], register.cluster[:] = read_tiers(
                reader, register.edition.id, register.units.ids
            )
            register.forget_masks()
        if register.version < state.version:
            rows, states = apply_changes(reader, register, state.version)
            state = replace(state, changed=len(rows))
            for callback in list(self._on_change):
                _safely(callback, register, rows, states)
            self._shown = register.version
        return state

    def _reason(self) -> DomainError:
        if isinstance(self._failure, DomainError):
            return self._failure
        if self._failure is not None:
            error = Unavailable(
                "企业数据无法读取。 The enterprises cannot be read.",
                remedy="请稍后再试。 Try again later.",
            )
            error.__cause__ = self._failure
            return error
        return Busy(
            "企业数据正在装载。 The enterprises are being loaded.",
            remedy="请稍后再试。 Try again in a few seconds.",
        )


def apply_changes(reader: Reader, register: Register, version: int) -> tuple[Integers, Codes]:
    """Apply the changes of unions since the register's version in place.

    Returns:
        Positions of the units that changes were noted or revoked for, (K,), and their union states
        before.

    Cost: a query by index, and 1 ms to find the areas of one unit among two million memberships.
    """
    units = register.units
    changed = fetch_states(reader, register.edition, register.version)
    rows, known = places(units.ids, changed.ids)
    rows = rows[known]
    areas = register.areas_of(rows)
    fresh = read_figures(reader, register.assignment, register.area_ids, areas)
    where = np.append(areas, len(register.area_ids))
    before = units.state[rows].copy()
    # All is read; what follows takes microseconds, for whoever reads the arrays meanwhile.
    units.state[rows] = changed.state[known]
    units.union_key[rows] = changed.union_key[known]
    units.members[rows] = changed.members[known]
    units.new_employment_members[rows] = changed.new_employment_members[known]
    for name, column in register.figures.items():
        column[where] = fresh[name]
    register.version = version
    return rows, before


def read_state(reader: Reader) -> LiveState:
    """What is in force; some 0.5 ms."""
    rows = {
        row.dataset: row
        for row in reader.all(
            "SELECT dataset, id, as_of FROM edition WHERE state = 'active' "
            "AND dataset IN ('enterprises', 'areas', 'stations')"
        )
    }
    enterprises = rows.get("enterprises")
    return LiveState(
        version=revision(reader),
        enterprises=None if enterprises is None else int(enterprises.id),
        areas=int(rows["areas"].id) if "areas" in rows else None,
        stations=int(rows["stations"].id) if "stations" in rows else None,
        clusters=clusters_mark(reader),
        as_of=None if enterprises is None else enterprises.as_of,
    )


def _counted(reader: Reader) -> tuple[int, str] | None:
    """The assignment in force, and by which thresholds it was counted."""
    row = reader.first(
        "SELECT s.id, s.rules FROM assignment s JOIN edition e ON e.id = s.edition_id "
        "JOIN edition a ON a.id = s.area_edition_id WHERE e.dataset = 'enterprises' "
        "AND e.state = 'active' AND a.state = 'active'"
    )
    return None if row is None else (int(row.id), str(row.rules))


def _safely(callback: Callable[..., None], *arguments: Any) -> None:
    try:
        callback(*arguments)
    except Exception:  # one listener must not keep the others from hearing
        logger.exception("a listener to the register failed")
