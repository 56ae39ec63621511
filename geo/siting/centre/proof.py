"""What a p-centre answer is proved by, and the short checker that multiplies it out.

No plan has everybody within some radius if its covers and rows contradict each other. Farkas: with
prices u >= 0 of the points to be reached and v >= 0 of the rows a x <= b on the free sites,

    sum_i u_i  -  sum_r v_r b_r  -  sum_j max(0, w_j)  >  0,
    w_j  =  sum_{i within the radius of j} u_i  -  sum_r v_r a_rj,

can hold for no plan's x. Where the linear relaxation has a solution, all plans are split in those
with a site and those without it (branch and bound; Land and Doig, Econometrica 28, 1960), until
every part is contradicted. The longest walk is then at least the next distance there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from geo.siting.median.walks import Walks
from geo.siting.model.sides import Sides
from geo.siting.problem import Covering, Demand, Floats, Longs
from geo.siting.set_cover.covers import Cover, first_prices

MOST_PAIRS: Final = 300_000
MOST_PARTS: Final = 200
TINY: Final = 1e-7
STEPS: Final = 300
_LINPROG: Final[Any] = linprog
"""Its stubs know nothing of sparse matrices."""


def check_centre(
    weight: Any, demand: Any, site: Any, metres: Any, fixed: Any, proof: dict[str, Any]
) -> float:
    """The longest walk that no plan is below: 0 where the certificate proves nothing.

    From the weight of each point, the pairs (demand, site, metres), and what is fixed (0 free,
    1 forced, 2 forbidden, 3 existing). Points that nobody reaches are left out.
    """
    usable = (fixed[site] != 2) & (weight[demand] > 0)
    demand, site, metres = demand[usable], site[usable], metres[usable]
    near = metres <= proof["proved_at"]
    needy = np.bincount(demand, minlength=len(weight)) > 0
    needy[demand[near & (fixed[site] % 2 == 1)]] = False
    near &= needy[demand] & (fixed[site] == 0)
    demand, site, beyond = demand[near], site[near], metres[metres > proof["proved_at"]]

    def contradicted(part: dict[str, Any], opened: list[int], shut: list[int]) -> bool:
        if "site" in part:
            j = part["site"]
            return contradicted(part["opened"], [*opened, j], shut) and contradicted(
                part["shut"], opened, [*shut, j]
            )
        u = np.zeros(len(weight))
        for i, price in part["price"]:
            u[i] = max(0.0, price)
        u[~needy] = 0.0
        u[demand[np.isin(site, opened)]] = 0.0
        owed = 0.0 + np.bincount(site, u[demand], len(fixed))
        room = 0.0
        for (who, much, limit), price in zip(proof["rows"], part["row"], strict=True):
            owed[who] -= max(0.0, price) * np.array(much, float)
            used = sum(a for j, a in zip(who, much, strict=True) if j in opened)
            room += max(0.0, price) * (limit - used)
        owed[(fixed != 0) | np.isin(np.arange(len(fixed)), opened + shut)] = 0.0
        left = u.sum() - room - np.maximum(0.0, owed).sum()
        return bool(left > 1e-9 * (u.sum() + abs(room)))

    return float(beyond.min(initial=np.inf)) if contradicted(proof["tree"], [], []) else 0.0


def rows_of(sides: Sides, candidates: Longs) -> list[list[Any]]:
    """[sites, coefficients, limit] of the conditions on free candidates, told by their places among
    all: their number, their cost, and the rest."""
    every = candidates.tolist()
    rows: list[list[Any]] = []
    if sides.by_number:
        rows.append([every, [1.0] * len(every), float(sides.most)])
    if np.isfinite(sides.budget):
        rows.append([every, sides.cost.tolist(), float(sides.budget)])
    owner = np.repeat(np.arange(len(every)), np.diff(sides.start))
    for number, limit in enumerate(sides.limit):
        mine = sides.row == number
        rows.append(
            [candidates[owner[mine]].tolist(), sides.coefficient[mine].tolist(), float(limit)]
        )
    return rows


class Contradiction:
    """Why no plan has all groups of a cover, by linear programs.

    Args:
        cover: groups that have to be reached; all free candidates.
        sides: conditions on the candidates. candidates: their places among all sites.
        leader: (G,) the demand point that speaks for each group.
        seconds: at most.
    """

    def __init__(
        self, cover: Cover, sides: Sides, candidates: Longs, leader: Longs, seconds: float
    ) -> None:
        self.cover = cover
        self.candidates = candidates
        self.leader = leader
        self.until = time.perf_counter() + seconds
        self.parts = 0
        rows = rows_of(sides, np.arange(len(candidates), dtype=np.int64))
        sizes = [len(who) for who, _, _ in rows]
        index = [j for who, _, _ in rows for j in who]
        value = [a for _, much, _ in rows for a in much]
        self.rows = csr_array(
            (value, (np.repeat(np.arange(len(rows)), sizes), index)), (len(rows), len(candidates))
        )
        self.limit = np.array([limit for _, _, limit in rows])
        # By how much a row may be broken for one of the elastic variable.
        self.scale = np.ones(len(rows))
        for r, (_, much, _) in enumerate(rows):
            self.scale[r] = max(1e-12, float(np.abs(much).max(initial=0.0)))

    @cached_property
    def covers(self) -> Any:
        """(groups, candidates) sparse: 1 where one reaches the other."""
        size = len(self.cover), len(self.candidates)
        return csr_array(
            (np.ones(len(self.cover.column)), self.cover.column, self.cover.row), shape=size
        )

    @staticmethod
    def nothing(rows: int) -> dict[str, Any]:
        """A tree that proves nothing."""
        return {"price": [], "row": [0.0] * rows}

    def tree(self, most_parts: int = MOST_PARTS) -> dict[str, Any] | None:
        """The certificate's tree; None: not found in time, or there is a plan."""
        lonely = np.flatnonzero(np.diff(self.cover.row) == 0)
        if len(lonely):
            return self.leaf(np.eye(1, len(self.cover), int(lonely[0]))[0], 0.0 * self.limit)
        self.parts = most_parts
        return self._part(np.zeros(len(self.candidates), np.int8))

    def leaf(self, price: Floats, row: Floats) -> dict[str, Any]:
        """One part of all plans, by prices of the groups and of the rows."""
        some = np.flatnonzero(price > 1e-12 * max(1e-300, float(price.max(initial=0.0))))
        return {
            "price": [[int(self.leader[g]), float(price[g])] for g in some],
            "row": np.maximum(0.0, row).tolist(),
        }

    def _part(self, state: Any) -> dict[str, Any] | None:
        """Of all plans with these candidates open (1) and shut (2)."""
        self.parts -= 1
        left = self.until - time.perf_counter()
        if self.parts < 0 or left <= 0:
            return None
        opened = (state == 1).astype(float)
        groups = np.flatnonzero(self.covers @ opened == 0)
        free = np.flatnonzero(state == 0)
        room = self.limit - self.rows @ opened
        # min t, every row short of being kept by t at most.
        matrix = vstack(
            (
                hstack((-self.covers[groups][:, free], csr_array(-np.ones((len(groups), 1))))),
                hstack((self.rows[:, free], csr_array(-self.scale[:, None]))),
            )
        ).tocsr()
        goal = np.zeros(len(free) + 1)
        goal[-1] = 1.0
        told = _LINPROG(
            goal,
            A_ub=matrix,
            b_ub=np.concatenate((-np.ones(len(groups)), room)),
            bounds=np.column_stack((np.zeros(len(free) + 1), np.append(np.ones(len(free)), 1e9))),
            method="highs",
            options={"time_limit": left},
        )
        if told.x is None or told.status != 0:
            return None
        if told.fun > TINY:
            price = np.zeros(len(self.cover))
            price[groups] = -told.ineqlin.marginals[: len(groups)]
            return self.leaf(price, -told.ineqlin.marginals[len(groups) :])
        x = told.x[:-1]
        whole = np.abs(x - np.round(x)) < 1e-6
        if whole.all():
            return None
        j = int(free[np.argmax(np.where(whole, -1.0, x))])
        halves = []
        for into in (1, 2):
            side = state.copy()
            side[j] = into
            half = self._part(side)
            if half is None:
                return None
            halves.append(half)
        return {"site": int(self.candidates[j]), "opened": halves[0], "shut": halves[1]}


def proof_of(
    cover_at: Callable[[float], tuple[Cover, Longs]],
    bound: float,
    walks: Walks,
    sides: Sides,
    everyone: Demand,
    reach: Covering,
    seconds: float,
) -> dict[str, Any]:
    """What :func:`check_centre` needs: at the greatest walk `proved_at` for which that is found in
    so many seconds, why no plan keeps everybody so near.

    Args:
        cover_at: the groups that a radius leaves to be reached, and which of `walks` they are.
        bound: that shall be proved.
    """
    until = time.perf_counter() + seconds
    _, first = np.unique(walks.of, return_index=True)
    leader = np.full(len(walks), -1, np.int64)
    leader[walks.of[first][walks.of[first] >= 0]] = first[walks.of[first] >= 0]
    rows = rows_of(sides, walks.candidates.astype(np.int64))
    below = [-1.0]
    for run in reach.rows(len(everyone)):
        if run.metres is not None:
            near = run.metres[run.metres < bound]
            below.append(float(near.max(initial=-1.0)))

    def told(radius: float, parts: int) -> dict[str, Any] | None:
        cover, needy = cover_at(radius)
        lonely = bool((np.diff(cover.row) == 0).any())
        if not lonely and not len(cover):
            return None
        proof = Contradiction(
            cover,
            sides,
            walks.candidates.astype(np.int64),
            leader[needy],
            until - time.perf_counter(),
        )
        if not lonely and sides.by_number:
            prices = first_prices(cover)
            cover.ascend(prices, sides.most + 1e-6, STEPS)
            if prices.raw > sides.most + 1e-6:
                return proof.leaf(prices.price, np.eye(1, len(rows))[0])
        return proof.tree(parts) if lonely or len(cover.column) <= MOST_PAIRS else None

    at, tree = max(below), told(max(below), MOST_PARTS)
    if tree is None:
        # As far up as one linear program says it.
        distances = np.unique(np.concatenate((np.array([-1.0]), walks.metres)))
        distances = distances[distances < at]
        low, high, at = -1, len(distances), -1.0
        while high - low > 1:
            middle = (low + high) // 2
            known = told(float(distances[middle]), 1)
            if known is None:
                high = middle
            else:
                low, at, tree = middle, float(distances[middle]), known
    return {"proved_at": at, "rows": rows, "tree": tree or Contradiction.nothing(len(rows))}
