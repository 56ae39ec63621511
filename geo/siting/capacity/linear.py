"""The linear relaxation of maximum coverage within capacities, by HiGHS (Huangfu and Hall,
Mathematical Programming Computation 10, 2018), with cuts and splits that come and go.

Columns: sites 0 … 1, then the part of its group that each pair serves. Rows: number of sites,
budget, conditions, groups, capacities, and f_gj <= x_j of each pair; then cuts and splits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from geo.siting.capacity.cuts import Cut
from geo.siting.capacity.roomy import Asked
from geo.siting.control import Control
from geo.siting.model import highs
from geo.siting.model.narrowing import OPENED, SHUT
from geo.siting.problem import Bytes, Floats, Longs, Singles

INFINITE: Final = float("inf")
IDLE: Final = 12
"""After so many solutions that a cut did not bind it goes."""
LEAST_SECONDS: Final = 0.05


@dataclass(frozen=True, eq=False)
class Split:
    """At most so many of some sites are opened; or with `sign` -1, at least -`most`."""

    who: tuple[int, ...]
    sign: float
    most: float


@dataclass(frozen=True, eq=False)
class Duals:
    """Prices at a solution: (G,) of each person of a group, (R,) of conditions, and of the cuts and
    splits that have one."""

    price: Floats | Singles
    row: Floats
    cuts: list[tuple[Cut, float]]
    splits: list[tuple[Split, float]]


@dataclass(eq=False)
class _Extra:
    """A row beside the model's own: a cut, or sites that are split by how many are open."""

    cut: Cut | None
    who: tuple[int, ...]
    idle: int = 0


class Linear:
    """A linear relaxation that remembers its last solution."""

    def __init__(self, asked: Asked, control: Control) -> None:
        """Nothing is solved yet."""
        self._net, self._control, self._whole = asked.net, control, bool(asked.unit)
        self._sites, self._groups = len(asked.net.capacity), len(asked.net.people)
        self._extra: list[_Extra] = []
        self._solved = False
        rows, net, sides = _Rows(), asked.net, asked.sides
        free = np.flatnonzero(asked.free)
        zero = np.zeros(len(free), np.int64)
        rows.add(zero, free, np.ones(len(free)), [float(sides.most)])
        # Beside a number a budget is one of the conditions.
        if np.isfinite(sides.budget) and not sides.by_number:
            rows.add(zero, free, net.cost[free], [sides.budget])
        self._first_side = rows.count
        owner = np.repeat(np.arange(self._sites), np.diff(net.side_start))
        rows.add(net.side_row, owner, net.side_coefficient, net.limit)
        self._first_group = rows.count
        group = np.repeat(np.arange(self._groups), np.diff(net.row))
        self._people = net.people[group]
        pair, every = self._sites + np.arange(len(group)), np.arange(self._sites)
        rows.add(group, pair, np.ones(len(group)), np.ones(self._groups))
        rows.add(
            np.concatenate((net.column, every)),
            np.concatenate((pair, every)),
            np.concatenate((self._people, -net.capacity)),
            np.zeros(self._sites),
        )
        rows.add(
            np.tile(pair - self._sites, 2),
            np.concatenate((pair, net.column)),
            np.concatenate((np.ones(len(pair)), -np.ones(len(pair)))),
            np.zeros(len(pair)),
        )
        self._own = rows.count
        self._low = np.zeros(self._sites)
        self._low[asked.standing] = 1.0
        self._bounds = self._low, np.ones(self._sites)
        self._solver = _solver(rows, self._people, self._low)
        self._solver.cbIpmInterrupt += self._end
        self._solver.cbSimplexInterrupt += self._end

    def solve(self, iterations: int | None = None) -> float:
        """The bound, -inf where there is no solution, inf where it was ended before.

        Args:
            iterations: of the simplex method, at most; what it has then is an estimate.
        """
        solver = self._solver
        left = max(LEAST_SECONDS, min(self._control.left, 1e9))
        solver.setOptionValue("time_limit", solver.getRunTime() + left)
        solver.setOptionValue("simplex_iteration_limit", iterations or 2**31 - 1)
        # Interior points find the first solution sooner, the simplex method each that follows.
        solver.setOptionValue("solver", "simplex" if self._solved else "ipm")
        solver.run()
        self._solved = True
        status = solver.modelStatusToString(solver.getModelStatus())
        if status == "Infeasible":
            return -np.inf
        if status == "Optimal" or iterations is not None:
            return -float(solver.getInfo().objective_function_value)
        return np.inf

    def solution(self) -> tuple[Floats, Floats]:
        """((k,) 0 … 1 of each site, people over each pair)."""
        values = np.array(self._solver.getSolution().col_value)
        opened = np.where(values[: self._sites] < 1e-9, 0.0, values[: self._sites])
        return opened, np.maximum(0.0, values[self._sites :]) * self._people

    def duals(self, path: list[Split]) -> Duals:
        """Of the last solution; `path`: the splits that hold there."""
        signed = -np.array(self._solver.getSolution().row_dual)
        dual = np.maximum(0.0, signed)
        people = np.maximum(self._net.people, 1e-12)
        price = dual[self._first_group : self._first_group + self._groups] / people
        side = dual[self._first_side : self._first_side + len(self._net.limit)]
        cuts, splits = [], []
        for at, extra in enumerate(self._extra, self._own):
            if extra.cut is not None and dual[at] > 0:
                cuts.append((extra.cut, float(dual[at])))
            elif extra.cut is None and signed[at]:
                # Of several splits of the same sites the tightest has the price.
                mine = [s for s in path if s.who == extra.who and s.sign * signed[at] > 0]
                if mine:
                    splits.append((min(mine, key=lambda s: s.most), abs(float(signed[at]))))
        # As exact as they are told: between whole units there is room.
        kind = np.float32 if self._whole else np.float64
        return Duals(np.clip(price, 0.0, 1.0).astype(kind), side, cuts, splits)

    def bind(self, status: Bytes, path: list[Split]) -> None:
        """Open some sites, shut others, and keep to these splits, to no others."""
        low, high = np.where(status == OPENED, 1.0, self._low), np.where(status == SHUT, 0.0, 1.0)
        self._bounds = low, high
        every = np.arange(self._sites, dtype=np.int32)
        self._solver.changeColsBounds(self._sites, every, low, high)
        known = {extra.who for extra in self._extra if extra.cut is None}
        for who in {split.who for split in path} - known:
            self._row(-INFINITE, INFINITE, np.array(who), np.ones(len(who)))
            self._extra.append(_Extra(None, who))
        for at, extra in enumerate(self._extra, self._own):
            if extra.cut is None:
                mine = [split for split in path if split.who == extra.who]
                most = min((s.most for s in mine if s.sign > 0), default=INFINITE)
                least = max((-s.most for s in mine if s.sign < 0), default=-INFINITE)
                self._solver.changeRowBounds(at, least, most)

    def estimate(self, split: Split, basis: Any, iterations: int) -> float:
        """The bound with one more split, after so many iterations; then all is as before."""
        low, high = (-INFINITE, split.most) if split.sign > 0 else (-split.most, INFINITE)
        solver = self._solver
        if len(split.who) == 1:
            j = split.who[0]
            now = float(self._bounds[0][j]), float(self._bounds[1][j])
            solver.changeColBounds(j, max(now[0], low), min(now[1], high))
            found = self.solve(iterations)
            solver.changeColBounds(j, *now)
        else:
            self._row(low, high, np.array(split.who), np.ones(len(split.who)))
            found = self.solve(iterations)
            solver.deleteRows(1, np.array([solver.getNumRow() - 1], np.int32))
        solver.setBasis(basis)
        return found

    def basis(self) -> Any:
        """Of the last solution, to come back to."""
        return self._solver.getBasis()

    def add(self, cuts: list[Cut]) -> None:
        """From now on."""
        for cut in cuts:
            columns = np.concatenate((self._sites + cut.pairs, cut.who))
            values = np.concatenate((self._people[cut.pairs], -cut.takes))
            self._row(-INFINITE, cut.limit, columns, values)
            self._extra.append(_Extra(cut, ()))

    def forget(self) -> None:
        """Cuts that have not bound for long."""
        dual = np.array(self._solver.getSolution().row_dual)
        gone = []
        for at, extra in enumerate(self._extra):
            extra.idle = 0 if extra.cut is None or dual[self._own + at] else extra.idle + 1
            if extra.idle > IDLE:
                gone.append(at)
        if gone:
            rows = np.array(gone, np.int32) + self._own
            self._solver.deleteRows(len(rows), rows.astype(np.int32))
            left = set(range(len(self._extra))) - set(gone)
            self._extra = [self._extra[at] for at in sorted(left)]

    def _end(self, event: Any) -> None:
        if self._control.asked_to_stop:
            event.interrupt()

    def _row(self, low: float, high: float, columns: Any, values: Floats) -> None:
        self._solver.addRow(low, high, len(columns), columns.astype(np.int32), values)


class _Rows:
    def __init__(self) -> None:
        self.count = 0
        self.row: list[Longs] = []
        self.column: list[Longs] = []
        self.value: list[Floats] = []
        self.high: list[Floats] = []

    def add(self, row: Any, column: Any, value: Any, high: Any) -> None:
        self.row.append(np.asarray(row, np.int64) + self.count)
        self.column.append(np.asarray(column, np.int64))
        self.value.append(np.asarray(value, np.float64))
        self.high.append(np.asarray(high, np.float64))
        self.count += len(self.high[-1])


def _solver(rows: _Rows, people: Floats, low: Floats) -> Any:
    row = np.concatenate(rows.row)
    order = np.argsort(row, kind="stable")
    sizes = np.bincount(row, minlength=rows.count)
    solver = highs.quiet()
    program = highs.program_of(
        {
            "columns": len(low) + len(people),
            "cost": np.concatenate((np.zeros(len(low)), -people)),
            "low": np.full(rows.count, -INFINITE),
            "high": np.concatenate(rows.high),
            "begin": np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))),
            "index": np.concatenate(rows.column)[order],
            "value": np.concatenate(rows.value)[order],
        }
    )
    program.col_lower_ = np.concatenate((low, np.zeros(len(people))))
    solver.passModel(program)
    return solver
