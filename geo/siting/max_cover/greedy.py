"""The first plan, in milliseconds: open what adds most, until nothing more fits.

At least 1 - 1/e of the best for a number of sites (Nemhauser, Wolsey, Fisher, Math. Programming 14,
1978). Under a budget both orders are tried, by gain and by gain per cost (Khuller, Moss and Naor,
Information Processing Letters 70, 1999), and the better plan is taken.
"""

from __future__ import annotations

import numpy as np

from geo.siting.model.merge import Merged
from geo.siting.model.moves import Board, State, board_of, fill, state_of, steered
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs


def greedy(merged: Merged, sides: Sides, dear: Floats | None = None) -> Longs:
    """Positions among the k candidates, ascending.

    Args:
        dear: (D,) what a unit short of each district's floor counts; by default floors go first.

    Cost: a pass over the pairs, and one over the candidates for each site opened. Exact gains, ties
    to the first candidate.
    """
    board = board_of(merged, sides, dear)
    best = _filled(board, sides, 0.0)
    if np.isfinite(sides.budget) and np.ptp(sides.cost) > 0:
        other = _filled(board, sides, 1.0)
        if steered(board, other) > steered(board, best):
            best = other
    opened: Longs = np.flatnonzero(best.opened).astype(np.int64)
    return opened


def _filled(board: Board, sides: Sides, power: float) -> State:
    state = state_of(board, np.empty(0, np.int64), 0)
    fill(board, state, sides.most, sides.budget, 0.0, power, np.empty(len(state.opened), np.int32))
    return state
