"""The last rung: the merged model by HiGHS (Huangfu and Hall, Math. Programming Computation 10,
2018), in a process of its own, which can be ended at any moment and holds nobody's lock.

Variables x_j (candidates, 0 or 1), y_g and z_g (a group covered once, twice; free between 0 and 1,
since they end whole by themselves):

    max sum first_g y_g + second_g z_g,   sum_{j covers g} x_j >= y_g + z_g,   side rows on x,
    sum of district d counted_g y_g >= floor_d.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from geo.siting.control import Control
from geo.siting.model import highs
from geo.siting.model.merge import Merged
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs

IN_PROCESS_PAIRS: Final = 3_000
"""So small a model is solved sooner than a process starts."""
TICK: Final = 0.1
GRACE: Final = 0.5


@dataclass(frozen=True, eq=False)
class Exact:
    """What the search found: `opened` positions among the candidates (None: no plan), `bound` no
    plan is above (base included), and whether it proved that there is no plan at all."""

    opened: Longs | None
    bound: float
    infeasible: bool
    finished: bool


def solve(merged: Merged, sides: Sides, start: Longs | None, control: Control) -> Exact:
    """Solve the merged model to the end, or until the control says stop.

    Args:
        start: a plan to begin from, positions among the candidates.

    Raises:
        RuntimeError: the solver's process died.
    """
    model = model_of(merged, sides, start)
    model["gap"] = 0.5 * control.gap
    found = solve_model(model, control)
    if found is None:
        return Exact(None, np.inf, infeasible=False, finished=False)
    opened = None if found["x"] is None else np.flatnonzero(found["x"][: sides.cost.size] > 0.5)
    return Exact(
        None if opened is None else opened.astype(np.int64),
        merged.base + float(found["bound"]),
        bool(found["infeasible"]),
        bool(found["finished"]),
    )


def solve_model(model: dict[str, Any], control: Control) -> dict[str, Any] | None:
    """Solve a model of plain arrays as :func:`model_of` makes them (without its `time`); None when
    it was ended before it had said anything.

    Raises:
        RuntimeError: the solver's process died.
    """
    # The process has to start, and to end, within the limit.
    model["time"] = max(0.1, control.left - 0.5)
    if len(model["index"]) <= IN_PROCESS_PAIRS:
        return highs.run(model)
    return _in_own_process(model, control)


def model_of(merged: Merged, sides: Sides, start: Longs | None) -> dict[str, Any]:
    """The model as plain arrays, by row, minimising the negative worth."""
    sites, groups = len(merged.candidates), len(merged)
    again = np.flatnonzero(merged.second > 0)
    columns = sites + groups + len(again)
    twice = np.full(groups, -1, np.int64)
    twice[again] = sites + groups + np.arange(len(again))
    rows: list[tuple[Longs, Floats]] = []
    low: list[float] = []
    high: list[float] = []
    if sides.most < sites:
        rows.append((np.arange(sites, dtype=np.int64), np.ones(sites)))
        low.append(-np.inf)
        high.append(float(sides.most))
    if np.isfinite(sides.budget):
        rows.append((np.arange(sites, dtype=np.int64), sides.cost))
        low.append(-np.inf)
        high.append(sides.budget)
    owner = np.repeat(np.arange(sites, dtype=np.int64), np.diff(sides.start))
    for number, limit in enumerate(sides.limit):
        mine = sides.row == number
        rows.append((owner[mine], sides.coefficient[mine]))
        low.append(-np.inf)
        high.append(float(limit))
    for district in np.flatnonzero(sides.floor > 0):
        mine = np.flatnonzero(merged.district == district)
        rows.append((mine.astype(np.int64) + sites, merged.counted[mine]))
        low.append(float(sides.floor[district]))
        high.append(np.inf)
    # The covering rows at once: candidates with 1, then y and z with -1.
    of_row = np.repeat(np.arange(groups), np.diff(merged.row))
    cover_row = np.concatenate((of_row, np.arange(groups), again))
    cover_column = np.concatenate(
        (merged.column.astype(np.int64), sites + np.arange(groups), twice[again])
    )
    cover_value = np.concatenate((np.ones(len(of_row)), -np.ones(groups + len(again))))
    order = np.argsort(cover_row, kind="stable")
    index = np.concatenate([*(who for who, _ in rows), cover_column[order]])
    value = np.concatenate([*(how for _, how in rows), cover_value[order]])
    sizes = np.concatenate(
        (
            np.array([len(who) for who, _ in rows], np.int64),
            np.bincount(cover_row, minlength=groups),
        )
    )
    begin = None
    if start is not None:
        begin = np.zeros(sites)
        begin[start] = 1.0
    return {
        "cost": -np.concatenate((np.zeros(sites), merged.first, merged.second[again])),
        "sites": sites,
        "columns": columns,
        "low": np.concatenate((np.array(low), np.zeros(groups))),
        "high": np.concatenate((np.array(high), np.full(groups, np.inf))),
        "begin": np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))),
        "index": index,
        "value": value,
        "start": begin,
        # The plan is all but the best: what would look for others only takes time.
        "proof_only": begin is not None,
        "unit": merged.unit,
    }


def _in_own_process(model: dict[str, Any], control: Control) -> dict[str, Any] | None:
    """None when it was ended before it had said anything."""
    with subprocess.Popen(
        [sys.executable, "-P", highs.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        answer: list[bytes] = []
        message = pickle.dumps(model, protocol=5)
        talk = threading.Thread(
            target=lambda: answer.append(process.communicate(message)[0]), daemon=True
        )
        talk.start()
        # The solver keeps the time itself; it is ended when it does not, or when asked to.
        latest = control.seconds + control.left + GRACE
        while talk.is_alive() and not control.asked_to_stop and control.seconds < latest:
            talk.join(TICK)
        ended = talk.is_alive()
        if ended:
            process.kill()
        talk.join()
    if ended:
        return None
    if process.returncode != 0 or not answer or not answer[0]:
        raise RuntimeError(f"The exact search ended with code {process.returncode}.")
    found: dict[str, Any] = pickle.loads(answer[0])  # noqa: S301 - from our own child
    return found
