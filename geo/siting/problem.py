"""What a siting question is made of, and what its answer says.

Sparse throughout: only pairs of demand and candidate within reach exist. Indices are positions in
the arrays given, never identities of a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from geo.compiled import by_key
from geo.errors import Invalid

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

FREE, FORCED, FORBIDDEN, EXISTING = 0, 1, 2, 3
ROUNDING = 1e-9
"""By so much bounds are moved outward, lest the rounding of sums makes them wrong."""
AnyColumn = TypeVar("AnyColumn", Floats, Ints)
Status = Literal["optimal", "gap reached", "time limit", "stopped", "infeasible"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The covering candidates of a run of demand points, by point (CSR).

    Attributes:
        first: index of the first point of the run.
        start: (k+1,) int64.
        site: (nnz,) int32, candidates; ascending within a point.
        metres: (nnz,) float32, or None.
    """

    first: int
    start: Longs
    site: Ints
    metres: Singles | None


class Covering(Protocol):
    """Who reaches whom, told in runs of demand points: a :class:`Reach` in memory, or computed on
    the way so that no one ever holds all pairs (:class:`geo.siting.reach.Discs`)."""

    def rows(self, points: int, run: int = ...) -> Iterator[Rows]:
        """Runs of `points` demand points, in order, about `run` points each."""
        ...


@dataclass(frozen=True, eq=False)
class Reach:
    """Which of m candidates reaches which demand, by candidate (CSR).

    Attributes:
        start: (m+1,) int64.
        demand: (nnz,) int32, ascending within a candidate, each once.
        metres: (nnz,) float32 where distance is needed (steps, p-median), else None.
    """

    start: Longs
    demand: Ints
    metres: Singles | None = None

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def pairs(self) -> int:
        """How many pairs are within reach."""
        return len(self.demand)

    def of(self, site: int) -> Ints:
        """The demand that one candidate reaches."""
        return self.demand[self.start[site] : self.start[site + 1]]

    def alone(self, site: int) -> Reach:
        """The pairs of one candidate, as if there were no other."""
        some = slice(self.start[site], self.start[site + 1])
        size = np.array([0, some.stop - some.start], np.int64)
        return Reach(size, self.demand[some], None if self.metres is None else self.metres[some])

    def by_demand(self, points: int) -> Rows:
        """The same pairs, by demand, of which there are so many points. Cost: one counting sort,
        some 10 ns a pair."""
        if self.demand.max(initial=-1) >= points:
            raise ValueError(f"the reach names demand beyond its {points} points")
        start, order = by_key(self.demand, points)
        site = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.start))[order]
        return Rows(0, start, site, None if self.metres is None else self.metres[order])

    def rows(self, points: int, run: int = 1 << 20) -> Iterator[Rows]:
        """See :class:`Covering`; all at once, since all of it is in memory already."""
        del run
        yield self.by_demand(points)

    def within(self, metres: float) -> Reach:
        """Only the pairs at most so far apart.

        Raises:
            Invalid: the distances are not known.
        """
        if self.metres is None:
            raise Invalid(
                "可达关系没有距离。 The pairs have no distances.",
                remedy="提供距离。 Give the distance of each pair.",
            )
        keep = self.metres <= np.float32(metres)
        counts = np.zeros(len(keep) + 1, np.int64)
        np.cumsum(keep, out=counts[1:])
        return Reach(counts[self.start], self.demand[keep], self.metres[keep])


@dataclass(frozen=True, eq=False)
class Sites:
    """m candidates, existing stations among them.

    Attributes:
        cost: (m,) float64, >= 0, in whatever the budget is in.
        capacity: (m,) float64, the demand a site can serve; None: no limit.
        fixed: (m,) int8: 0 free, 1 forced, 2 forbidden, 3 existing (kept, free of charge).
        district: (m,) int32 position of its subdistrict, -1 none.
        chain: (m,) int32 position of its host chain, -1 none.
        open_24h: (m,) bool.
        x, y: (m,) float64: metres in a plane, or longitude and latitude.
        degrees: x and y are longitude and latitude, WGS 84.
    """

    cost: Floats
    capacity: Floats | None
    fixed: Bytes
    district: Ints
    chain: Ints
    open_24h: Bools
    x: Floats
    y: Floats
    degrees: bool = False

    def __len__(self) -> int:
        return len(self.fixed)

    @classmethod
    def of(
        cls,
        count: int,
        *,
        cost: npt.ArrayLike | None = None,
        capacity: npt.ArrayLike | None = None,
        fixed: npt.ArrayLike | None = None,
        district: npt.ArrayLike | None = None,
        chain: npt.ArrayLike | None = None,
        open_24h: npt.ArrayLike | None = None,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        degrees: bool = False,
    ) -> Self:
        """M candidates; what is not given is a cost of 1, free, no district, no chain, not open
        24 hours, at no place."""
        return cls(
            cost=_column(cost, count, 1.0, "cost"),
            capacity=None if capacity is None else _column(capacity, count, 0.0, "capacity"),
            fixed=_codes(fixed, count, FREE, "fixed").astype(np.int8),
            district=_codes(district, count, -1, "district"),
            chain=_codes(chain, count, -1, "chain"),
            open_24h=_codes(open_24h, count, 0, "open_24h").astype(np.bool_),
            x=_column(x, count, np.nan, "x"),
            y=_column(y, count, np.nan, "y"),
            degrees=degrees,
        )


@dataclass(frozen=True, eq=False)
class Demand:
    """n points.

    Attributes:
        weight: (n,) float64, >= 0: people, or people times hours.
        district: (n,) int32 position of its subdistrict, -1 none.
        x, y: (n,) float64, as those of :class:`Sites`.
    """

    weight: Floats
    district: Ints
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def of(
        cls,
        weight: npt.ArrayLike,
        *,
        district: npt.ArrayLike | None = None,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
    ) -> Self:
        """N points with weights; what is not given: no district, at no place."""
        weights = np.ascontiguousarray(weight, np.float64)
        count = len(weights)
        # One number seen n times: twenty million points shall not pay for where they are not.
        nowhere = np.broadcast_to(np.float64(np.nan), (count,))
        return cls(
            weight=weights,
            district=_codes(district, count, -1, "district"),
            x=nowhere if x is None else _column(x, count, np.nan, "x"),
            y=nowhere if y is None else _column(y, count, np.nan, "y"),
        )


@dataclass(frozen=True)
class Rules:
    """What the plan has to keep to.

    Attributes:
        p: at most so many new sites (forced ones count, existing ones do not).
        budget: at most so much cost of new sites.
        steps: ((metres, share), …), metres rising and shares falling: demand counts with the share
            of the nearest site's step. Empty: every pair within reach counts in full.
        backup: 0 … 1; being covered a second time counts so much of the first.
        spacing_metres: two new sites, or a new and an existing one, stand at least so far apart.
        spacing: "forbid", or "warn": nearer pairs may stand, and the answer names them.
        district_least_sites: district -> sites, existing ones counted.
        district_least_share: district -> 0 … 1 of its demand, counted as the objective counts it,
            without the backup.
        open_24h_least: so many sites open 24 hours, existing ones counted.
        per_chain_most: at most so many new sites of one chain.
        capacities: a site serves at most its capacity.
        share: set cover: at least so much of all demand, 0 … 1 (None: all that can be reached).
        unserved_metres: p-median: who has no open site within reach counts as walking so far; None:
            everybody who can be served must be.
    """

    p: int | None = None
    budget: float | None = None
    steps: tuple[tuple[float, float], ...] = ()
    backup: float = 0.0
    spacing_metres: float = 0.0
    spacing: Literal["forbid", "warn"] = "forbid"
    district_least_sites: Mapping[int, int] = field(default_factory=dict)
    district_least_share: Mapping[int, float] = field(default_factory=dict)
    open_24h_least: int = 0
    per_chain_most: int | None = None
    capacities: bool = False
    share: float | None = None
    unserved_metres: float | None = None

    @property
    def keep_apart(self) -> bool:
        """Whether no plan may hold sites that stand too near."""
        return self.spacing_metres > 0 and self.spacing == "forbid"


@dataclass
class Answer:
    """A plan and how good it is.

    Attributes:
        status: "optimal" (bound met), "gap reached" (as asked), "time limit", "stopped",
            "infeasible" (proved: no plan keeps to the rules; `sites` is empty).
        objective: of the plan, recomputed from the pairs given.
        bound: no plan whatever is better than this: above `objective` when maximising, below it
            when minimising.
        gap: |bound - objective| / objective; 0 when both are 0, infinite when only that is.
        sites: (k,) int64, ascending: the new and forced sites; existing ones are not listed.
        seconds: since the start. seed: as given.
        relaxed: what the bound leaves out or the plan could not keep, in words.
        history: (seconds, value, bound) after each improvement.
        assignment: (n,) int32 site of each demand point, -1 none; on request.
        certificate: see :mod:`geo.siting.max_cover.certificate`.
        warmth: given to the next question as `warm`, an edit is answered in a fraction of the time.
        found: whether there is a plan, be it one of no new sites; without one `objective` is 0 and
            `gap` infinite.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    sites: Longs
    seconds: float
    seed: int
    relaxed: list[str] = field(default_factory=list)
    history: list[tuple[float, float, float]] = field(default_factory=list)
    assignment: Ints | None = None
    certificate: dict[str, Any] | None = None
    warmth: Any = field(default=None, repr=False, compare=False)
    found: bool = True


def gap_of(value: float, bound: float) -> float:
    """|bound - value| / |value|; 0 where they are equal, infinite where only the value is 0 (not
    where the bound is what the rounding of sums leaves of 0)."""
    if bound == value or (not value and abs(bound) <= ROUNDING):
        return 0.0
    return abs(bound - value) / abs(value) if value else float("inf")


def _column(values: npt.ArrayLike | None, count: int, otherwise: float, name: str) -> Floats:
    if values is None:
        return np.full(count, otherwise)
    return _fits(np.ascontiguousarray(values, np.float64), count, name)


def _codes(values: npt.ArrayLike | None, count: int, otherwise: int, name: str) -> Ints:
    if values is None:
        return np.full(count, otherwise, np.int32)
    return _fits(np.ascontiguousarray(values, np.int32), count, name)


def _fits(values: AnyColumn, count: int, name: str) -> AnyColumn:
    if values.shape != (count,):
        raise Invalid(
            f"{name} 有 {values.shape} 个值，应为 {count} 个。 "
            f"{name} has the shape {values.shape}, not ({count},).",
            remedy="每行一个值。 Give one value a row.",
            field=name,
        )
    return values
