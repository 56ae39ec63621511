"""Opening and closing sites with exact gains at all times: what greedy, swap and annealing share.

`gain[i]` is what opening candidate i would add. Opening or closing j touches only the groups of j,
and of these only the candidates that share them; so a step costs the overlap, not the instance.
Heat bath: one open site is dropped, and what goes in instead is drawn from the Boltzmann
distribution over the exact gains by adding Gumbel noise (Kirkpatrick et al., Science 220, 1983;
Gumbel-max as in Maddison et al., NeurIPS 2014). At temperature 0 this is the best one-swap of Teitz
and Bart (1968), and a fill from nothing is the greedy of Church and ReVelle (1974).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.compiled import copy_into
from geo.siting.model.merge import Merged
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Ints, Longs

Flags = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Matrix = npt.NDArray[np.float64]
NOISE_REACHES = 14.0
"""Gumbel noise beyond so many temperatures comes once in a million draws."""
FIRST = 1e3
"""What a unit short of a floor counts, when floors go before everything else."""
LIFT = 1e15
"""Above every weight: a condition that is not met yet goes first."""
IN: Any = np.bool_(True)
OUT: Any = np.bool_(False)
"""Not plain truth values: for each literal that it is given Numba compiles a function anew."""


class Board(NamedTuple):
    """The problem as the kernels read it. `dear` (D,) is what a unit that is missing of a floor
    of a district counts for the steering, and `slot` (D,) the column of each floor in
    :attr:`State.aid`, -1 where a district has none."""

    start: Longs
    group: Ints
    row: Longs
    column: Ints
    first: Floats
    second: Floats
    dear: Floats
    slot: Ints
    counted: Floats
    district: Ints
    cost: Floats
    side_start: Longs
    side_row: Ints
    side_coefficient: Floats
    limit: Floats
    floor: Floats


class State(NamedTuple):
    """Which candidates are open, and all that follows. `tally` = open sites, their cost, value;
    `aid` (k, floors): what opening a candidate adds to what a floor counts; `random` is the word
    that the next draw comes from."""

    opened: Flags
    covers: Ints
    gain: Floats
    used: Floats
    share: Floats
    aid: Matrix
    tally: Floats
    random: Words


OPEN, SPENT, VALUE = 0, 1, 2


def board_of(merged: Merged, sides: Sides, dear: Floats | None = None) -> Board:
    """The kernels' view; `dear` (D,): what a unit short of each floor counts for the steering, by
    default so much that a floor goes before everything else."""
    asked = sides.floor > 0
    slot = np.where(asked, np.cumsum(asked) - 1, -1).astype(np.int32)
    return Board(
        merged.start,
        merged.group,
        merged.row,
        merged.column,
        merged.first,
        merged.second,
        np.where(asked, FIRST, 0.0) if dear is None else dear,
        slot,
        merged.counted,
        merged.district,
        sides.cost,
        sides.start,
        sides.row,
        sides.coefficient,
        sides.limit,
        sides.floor,
    )


def state_of(board: Board, opened: Longs, seed: int) -> State:
    """The state with some candidates open. Cost: one pass over the pairs."""
    sites = len(board.start) - 1
    state = State(
        np.zeros(sites, np.uint8),
        np.zeros(len(board.first), np.int32),
        np.zeros(sites),
        np.zeros(len(board.limit)),
        np.zeros(len(board.floor)),
        np.zeros((sites, int(board.slot.max(initial=-1)) + 1)),
        np.zeros(3),
        np.array([(seed * 0x9E3779B97F4A7C15 + 1) % 2**64], np.uint64),
    )
    set_up(board, state, np.ascontiguousarray(opened, np.int64))
    return state


@njit(cache=True, nogil=True)
def set_up(board: Board, state: State, opened: Longs) -> None:  # pragma: no cover - compiled
    """Gains of the empty plan, then open what is open."""
    for j in range(len(state.gain)):
        gain = 0.0
        for number in range(board.start[j], board.start[j + 1]):
            g = board.group[number]
            gain += board.first[g]
            if board.district[g] >= 0 and board.slot[board.district[g]] >= 0:
                state.aid[j, board.slot[board.district[g]]] += board.counted[g]
        state.gain[j] = gain
    for j in opened:
        put(board, state, j, IN)


@njit(cache=True, nogil=True)
def put(board: Board, state: State, j: int, into: bool) -> None:  # pragma: no cover - compiled
    """Open candidate j, or close it."""
    sign = 1 if into else -1
    state.opened[j] = 1 if into else 0
    state.tally[OPEN] += sign
    state.tally[SPENT] += sign * board.cost[j]
    for number in range(board.side_start[j], board.side_start[j + 1]):
        state.used[board.side_row[number]] += sign * board.side_coefficient[number]
    for number in range(board.start[j], board.start[j + 1]):
        g = board.group[number]
        before = state.covers[g]
        state.covers[g] = before + sign
        # The covering that comes or goes is the `which`-th of this group.
        which = before if into else before - 1
        if which == 0:
            state.tally[VALUE] += sign * board.first[g]
            d = board.district[g]
            if d >= 0:
                state.share[d] += sign * board.counted[g]
                if board.slot[d] >= 0:
                    for place in range(board.row[g], board.row[g + 1]):
                        state.aid[board.column[place], board.slot[d]] -= sign * board.counted[g]
            change = sign * (board.second[g] - board.first[g])
        elif which == 1:
            state.tally[VALUE] += sign * board.second[g]
            change = -sign * board.second[g]
        else:
            continue
        if change != 0.0:
            for place in range(board.row[g], board.row[g + 1]):
                state.gain[board.column[place]] += change


@njit(cache=True, nogil=True)
def draw(state: State) -> float:  # pragma: no cover - compiled
    """Uniform in (0, 1)."""
    return float(uniform(state.random))


@njit(cache=True, nogil=True)
def uniform(random: Words) -> float:  # pragma: no cover - compiled
    """Uniform in (0, 1): splitmix64."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (float(z >> np.uint64(11)) + 0.5) / 9007199254740992.0


@njit(cache=True, nogil=True)
def lift(board: Board, state: State, j: int) -> int:  # pragma: no cover - compiled
    """-1 where a row forbids j, else how many rows that are not met yet it helps."""
    helped = 0
    for number in range(board.side_start[j], board.side_start[j + 1]):
        r, a = board.side_row[number], board.side_coefficient[number]
        if a > 0.0 and state.used[r] + a > board.limit[r] + 1e-9:
            return -1
        if a < 0.0 and state.used[r] > board.limit[r] + 1e-9:
            helped += 1
    return helped


@njit(cache=True, nogil=True)
def steered(board: Board, state: State) -> float:  # pragma: no cover - compiled
    """The value, less what is missing of the floors at its price: an exact penalty, so that no more
    than the floor is paid for."""
    worth = state.tally[VALUE]
    for d in range(len(board.floor)):
        if board.slot[d] >= 0:
            worth -= board.dear[d] * max(0.0, board.floor[d] - state.share[d])
    return float(worth)


@njit(cache=True, nogil=True)
def fill(
    board: Board,
    state: State,
    most: int,
    budget: float,
    temperature: float,
    power: float,
    added: Ints,
) -> int:  # pragma: no cover - compiled
    """Open the best candidates until nothing more fits or adds anything; their number."""
    sites = len(state.opened)
    score = np.empty(sites)
    short = np.empty(state.aid.shape[1], np.int32)
    size = 0
    while state.tally[OPEN] < most:
        missed = 0
        if len(short):
            for d in range(len(board.floor)):
                if board.slot[d] >= 0 and state.share[d] < board.floor[d]:
                    short[missed] = d
                    missed += 1
        left = budget - state.tally[SPENT] + 1e-9
        best, chosen = 0.0, -1
        # Nothing but the gain counts: most are seen to be no better at one look.
        plain = temperature <= 0.0 and power == 0.0 and missed == 0 and len(board.limit) == 0
        for i in range(sites):
            worth = state.gain[i]
            if plain and worth <= best:
                continue
            score[i] = -1.0
            if state.opened[i] or board.cost[i] > left:
                continue
            for number in range(missed):
                d = short[number]
                helps = min(state.aid[i, board.slot[d]], board.floor[d] - state.share[d])
                worth += board.dear[d] * helps
            if board.side_start[i + 1] > board.side_start[i]:
                helped = lift(board, state, i)
                if helped < 0:
                    continue
                worth += helped * LIFT
            if power != 0.0:
                worth /= max(board.cost[i], 1e-9) ** power
            score[i] = worth
            if worth > best:
                best, chosen = worth, i
        if chosen < 0:
            break
        if temperature > 0.0:
            loudest = -np.inf
            for i in range(sites):
                if score[i] > 0.0 and score[i] >= best - NOISE_REACHES * temperature:
                    noisy = score[i] - temperature * np.log(-np.log(draw(state)))
                    if noisy > loudest:
                        loudest, chosen = noisy, i
        put(board, state, chosen, IN)
        added[size] = chosen
        size += 1
    return size


@njit(cache=True, nogil=True)
def met(board: Board, state: State) -> bool:  # pragma: no cover - compiled
    """Whether every row and floor is kept to."""
    for r in range(len(board.limit)):
        if state.used[r] > board.limit[r] + 1e-9:
            return False
    for d in range(len(board.floor)):
        if board.floor[d] > 0.0 and state.share[d] < board.floor[d] * (1.0 - 1e-12):
            return False
    return True


@njit(cache=True, nogil=True)
def walk(
    board: Board,
    state: State,
    most: int,
    budget: float,
    drops: Ints,
    hot: float,
    cold: float,
    uneven: bool,
    best: Flags,
    record: Floats,
    enough: Floats,
) -> int:  # pragma: no cover - compiled
    """Drop and put in again, cooling from `hot` to `cold`. `drops` are candidates to drop in turn;
    empty ones: at random, as many as its length. Whatever is best and keeps to all goes into `best`
    and `record[0]`; a plan worth `enough[0]` ends it, and another thread may lower that. With
    `uneven` costs a step back is taken back unless its draw allows it.

    Returns how many steps made the steered value better.
    """
    sites = len(state.opened)
    added = np.empty(sites, np.int32)
    list_open = np.empty(sites, np.int32)
    better = 0
    tied = uneven or len(board.limit) > 0 or (board.floor > 0.0).any()
    size = 0
    for j in range(sites):
        if state.opened[j]:
            list_open[size] = j
            size += 1
    for step in range(len(drops)):
        if record[0] >= enough[0]:
            break
        temperature = 0.0
        if hot > 0.0:
            temperature = hot * (cold / hot) ** (step / len(drops))
        at = -1
        out = drops[step]
        if out < 0:
            if size == 0:
                break
            at = min(size - 1, int(draw(state) * size))
            out = list_open[at]
        elif not state.opened[out]:
            continue
        before = steered(board, state)
        put(board, state, out, OUT)
        # Where rows tie sites together, one alone often cannot be exchanged: two at a time, then.
        also = -1
        if at >= 0 and tied and size > 1 and draw(state) < 0.5:
            also = min(size - 2, int(draw(state) * (size - 1)))
            also += also >= at
            put(board, state, list_open[also], OUT)
        power = 1.0 if uneven and draw(state) < 0.5 else 0.0
        heat = temperature
        if power > 0.0:
            heat = temperature / max(board.cost[out], 1e-9)
        many = fill(board, state, most, budget, heat, power, added)
        after = steered(board, state)
        if uneven and after < before + temperature * np.log(draw(state)) - 1e-9:
            for number in range(many):
                put(board, state, added[number], OUT)
            put(board, state, out, IN)
            if also >= 0:
                put(board, state, list_open[also], IN)
            continue
        if after > before + 1e-9 * max(1.0, abs(before)):
            better += 1
        if at < 0:
            size = 0
            for j in range(sites):
                if state.opened[j]:
                    list_open[size] = j
                    size += 1
        else:
            size -= 1
            list_open[at] = list_open[size]
            if also >= 0:
                also = at if also == size else also
                size -= 1
                list_open[also] = list_open[size]
            for number in range(many):
                list_open[size] = added[number]
                size += 1
        if state.tally[VALUE] > record[0] and met(board, state):
            record[0] = state.tally[VALUE]
            copy_into(best, state.opened)
    return better
