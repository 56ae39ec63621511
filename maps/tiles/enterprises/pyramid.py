"""All tiles of the register, for every choice of enterprises, as they are at this moment.

One order of places and one numbering of cells (:mod:`maps.tiles.enterprises.order`) serve every
filter; a filter adds its own sums, made in some 30 ms for a million enterprises and kept for the
last dozen. Changes of unions reach all of them in place.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.enterprises.apart import APART, COUNTED
from geo.enterprises.classes import SIZES
from geo.enterprises.filter import CHOICES, EVERYTHING, Filter
from geo.enterprises.register import Register
from geo.schema.enterprises import UNION_STATES
from maps.tiles.enterprises.draw import Pen
from maps.tiles.enterprises.order import BITS, FULL, every_other, ordered
from maps.tiles.enterprises.sums import CATEGORIES, LEFT_OUT, WORKERS, Sums, summed

LAYER = "enterprises"
APART_REASONS = APART[COUNTED + 1 :]
MOST_CHOICES = 12
assert len(UNION_STATES) <= CATEGORIES
assert len(APART_REASONS) <= CATEGORIES


@dataclass(frozen=True)
class Choice:
    """Which enterprises a tile shows: those a filter keeps, either the counted ones by their union
    state, or (`apart`) the ones set apart by the reason why."""

    filter: Filter = EVERYTHING
    apart: bool = False

    @property
    def key(self) -> str:
        """Canonical text."""
        return f"{self.filter.key}{'&apart=1' if self.apart else ''}"

    @property
    def categories(self) -> tuple[str, ...]:
        """What its points are counted by."""
        return APART_REASONS if self.apart else UNION_STATES


@dataclass
class _Shown:
    """The sums of a choice, and what it needs to follow changes: which points of the order may be
    shown at all, and in which union states."""

    choice: Choice
    sums: Sums
    may: npt.NDArray[np.bool_]
    states: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An uncompressed tile (empty where nothing is shown), the version of the sums it was drawn
    from and the places of the order that lie in it."""

    body: bytes
    version: int
    first: int
    last: int


class Pyramid:
    """The tiles of one register. Safe for threads: one tile is drawn at a time, in a millisecond.

    Args:
        register: N enterprises; those without a place are in no tile.
        full: see :func:`maps.tiles.enterprises.order.ordered`.

    Cost for a million: 0.15 s; 34 MB, and 1 to 5 MB for each choice kept.
    """

    def __init__(self, register: Register, full: int = FULL) -> None:
        self.register = register
        self.order = ordered(register.units.lon, register.units.lat, full)
        employees = register.units.employees[self.order.point]
        self.workers = np.nan_to_num(employees).astype(np.int32)
        self._sizes = register.sizes[self.order.point]
        self._ids = register.units.ids[self.order.point]
        self._pens = {
            False: Pen(LAYER, UNION_STATES, "state", SIZES),
            True: Pen(LAYER, APART_REASONS, "apart", SIZES),
        }
        self._shown: OrderedDict[str, _Shown] = OrderedDict()
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    # ------------------------------------------------------------------ asking
    def tile(self, choice: Choice, z: int, x: int, y: int, *, singles: bool = True) -> Drawn:
        """A tile as it is now.

        Args:
            choice: which enterprises.
            z, x, y: which tile; at most zoom 18.
            singles: whether enterprises standing alone may be told by their id.

        Cost: up to 1 ms; the first of a choice 30 ms for a million enterprises.
        """
        with self._lock:
            shown = self._of(choice)
            body, first, last = self._pens[choice.apart].tile(
                self.order, shown.sums, self.workers, self._sizes, self._ids, z, x, y,
                singles=singles,
            )  # fmt: skip
            return Drawn(body, shown.sums.version, first, last)

    def is_as_drawn(self, choice: Choice, drawn: Drawn) -> bool:
        """Whether nothing can have changed in a tile since it was drawn. It is also false when the
        choice was not asked for in a long time."""
        shown = self._shown.get(choice.key)
        return shown is not None and shown.sums.unchanged_since(
            drawn.version, drawn.first, drawn.last
        )

    def totals(self, choice: Choice) -> dict[str, int]:
        """What the tiles of any zoom add up to: `n`, each category and `workers`."""
        with self._lock:
            total = self._of(choice).sums.total.tolist()
        counts = dict(zip(choice.categories, total, strict=False))
        return {"n": sum(counts.values()), **counts, "workers": total[WORKERS]}

    def occupied(self, z: int) -> list[tuple[int, int]]:
        """Column and row of every tile of a zoom in which any enterprise lies, shown or not."""
        code = np.unique(self.order.code >> np.uint64(2 * (BITS - z)))
        return [(int(every_other(one)), int(every_other(one >> np.uint64(1)))) for one in code]

    def knows(self, choice: Choice) -> bool:
        """Whether the sums of a choice are at hand, so that a tile takes no longer than one."""
        return choice.key in self._shown

    @property
    def busy(self) -> bool:
        """Whether somebody is drawing, or making sums, which takes longer."""
        return self._lock.locked()

    @property
    def nbytes(self) -> int:
        """Bytes of memory beside the register's."""
        kept = sum(one.sums.nbytes + one.may.nbytes for one in self._shown.values())
        of_points = self.workers.nbytes + self._sizes.nbytes + self._ids.nbytes
        return self.order.nbytes + of_points + kept

    # ------------------------------------------------------------------ changing
    def change(self, rows: npt.NDArray[np.int64]) -> None:
        """Follow the register, in which the union states of these units (positions) are new.

        Cost: 1 µs a unit and choice.
        """
        at = self.order.at[rows]
        at = np.unique(at[at >= 0])
        with self._lock:
            for shown in self._shown.values():
                category = self._categories(shown.choice, shown.may[at], shown.states, at)
                shown.sums.change(self.order, self.workers, at, category, next(self._versions))

    def forget(self, *fields: str) -> None:
        """Drop the sums of filters by any of these fields: their columns are new."""
        with self._lock:
            for key, shown in list(self._shown.items()):
                if any(getattr(shown.choice.filter, field) for field in fields):
                    del self._shown[key]

    # ------------------------------------------------------------------ making
    def _of(self, choice: Choice) -> _Shown:
        key = choice.key
        shown = self._shown.get(key)
        if shown is None:
            shown = self._shown[key] = self._made(choice)
            while len(self._shown) > MOST_CHOICES:
                # The first of all, which every page begins with, stays.
                del self._shown[next(one for one in self._shown if one)]
        else:
            self._shown.move_to_end(key)
        return shown

    def _made(self, choice: Choice) -> _Shown:
        point = self.order.point
        wanted = choice.filter.states
        states = np.array([not wanted or name in wanted for name in CHOICES["states"]])
        may = (self.register.apart[point] == COUNTED) != choice.apart
        rest = choice.filter.without("states")
        if rest:
            may &= rest.keep(self.register)[point]
        every = slice(None)
        category = self._categories(choice, may, states, every)
        return _Shown(choice, self._summed(category), may, states)

    def _summed(self, category: npt.NDArray[np.uint8]) -> Sums:
        return summed(self.order, self.workers, category, next(self._versions))

    def _categories(
        self,
        choice: Choice,
        may: npt.NDArray[np.bool_],
        states: npt.NDArray[np.bool_],
        at: Any,
    ) -> npt.NDArray[np.uint8]:
        """The category of points of the order; `may` is only theirs."""
        point = self.order.point[at]
        state = self.register.units.state[point]
        value = self.register.apart[point] - 1 if choice.apart else state
        if not states.all():
            may = may & states[state]
        return np.where(may, value.astype(np.uint8), LEFT_OUT)
