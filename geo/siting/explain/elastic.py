"""The conditions of a siting question as rows of a small integer program, any kind of which can be
made to give way; see :mod:`geo.siting.explain.explain`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix

from geo.siting.amounts import amount, sites_text
from geo.siting.control import Control
from geo.siting.model.exact import solve_model
from geo.siting.model.merge import Merged
from geo.siting.model.sides import slack, too_near
from geo.siting.problem import EXISTING, FORCED, Demand, Floats, Longs, Rules, Sites
from geo.siting.reach import earth_centred

KINDS: Final = (
    "district_least_share",
    "share",
    "everybody",
    "p",
    "budget",
    "district_least_sites",
    "open_24h_least",
    "per_chain_most",
    "capacities",
    "spacing_metres",
)
"""Conditions in the order in which they are asked to give way."""
TOGETHER: Final = "per_chain_most", "capacities"
"""Of these all rows give way alike: the limits of all chains, the room of all sites."""
SEARCH_STEPS: Final = 7


@dataclass(frozen=True)
class Yielded:
    """A condition that gave way: the value it has to have then. `least`: proved."""

    rule: str
    value: float
    district: int | None
    least: bool


@dataclass(frozen=True, eq=False)
class Row:
    """One condition: low <= coefficient · columns <= high; giving way by `scale` at most, which
    weighs `weight`."""

    kind: str
    columns: Longs
    coefficient: Floats
    low: float
    high: float
    scale: float
    weight: float
    wanted: float
    district: int | None = None


@dataclass(eq=False)
class Elastic:
    """Rows over k candidates and the groups that conditions speak of.

    Attributes:
        reached: (G + 1,) and (pairs,) the candidates that reach each group (CSR).
        groups: those that are spoken of, each a column after the candidates.
    """

    count: int
    reached: tuple[Longs, Longs]
    rules: Rules
    groups: Longs
    rows: list[Row]
    spacing: list[tuple[int, int, float]]
    shut: list[tuple[int, float]]

    @property
    def kinds(self) -> list[str]:
        """The kinds of conditions there are, in the order in which they are asked to give way."""
        there = {row.kind for row in self.rows}
        if self.spacing or self.shut:
            there.add("spacing_metres")
        return [kind for kind in KINDS if kind in there]

    def words(self, rules: Rules, language: str) -> list[str]:
        """The conditions, told in few words."""
        zh = language == "zh"
        money = "" if rules.budget is None else amount(rules.budget)
        told: dict[str, str] = {
            "p": f"至多 {rules.p} 个站点" if zh else f"{sites_text(rules.p or 0)} at most",
            "budget": f"预算 {money}" if zh else f"a budget of {money}",
            "share": f"覆盖 {rules.share}" if zh else f"{rules.share} of all covered",
            "everybody": "人人有站" if zh else "everybody served",
            "district_least_share": "街道最低覆盖率" if zh else "least shares of subdistricts",
            "district_least_sites": "街道最少站点" if zh else "least sites of subdistricts",
            "open_24h_least": (
                f"{rules.open_24h_least} 个 24 小时站点"
                if zh
                else f"{sites_text(rules.open_24h_least)} open 24 hours"
            ),
            "per_chain_most": (
                f"每品牌至多 {rules.per_chain_most} 个"
                if zh
                else f"{sites_text(rules.per_chain_most or 0)} of a chain at most"
            ),
            "capacities": "站点的容量" if zh else "the room of the sites",
            "spacing_metres": (
                f"间距 {rules.spacing_metres:g} 米" if zh else f"{rules.spacing_metres:g} m apart"
            ),
        }
        return [told[kind] for kind in self.kinds]

    def possible(self, control: Control) -> bool | None:
        """Whether a plan keeps to all; None: not known in time."""
        found = self._solve([], control, self._apart(self.rules.spacing_metres))
        if found is None:
            return None
        return found["x"] is not None if not found["infeasible"] else False

    def give_way(self, kinds: Sequence[str], control: Control) -> list[Yielded] | None:
        """The least by which these kinds have to give way while all others hold; None where that
        does not help, or was not found in time."""
        apart = self._apart(self.rules.spacing_metres)
        if list(kinds) == ["spacing_metres"]:
            return self._nearer(control)
        if "spacing_metres" in kinds:
            apart = []
        elastic = [number for number, row in enumerate(self.rows) if row.kind in kinds]
        found = self._solve(elastic, control, apart)
        if found is None or found["x"] is None:
            return None
        gave = found["x"][self.count + len(self.groups) :]
        slots = self._slots(elastic)
        told: dict[tuple[str, int | None], Yielded] = {}
        for number in elastic:
            row, by = self.rows[number], float(gave[slots[number]])
            gives = by * row.scale
            if gives <= 1e-7 * max(1.0, row.scale):
                continue
            if row.kind == "budget":
                # What the sites cost, to the last digit: the solver keeps its rows only nearly.
                opened = found["x"][row.columns] > 0.5
                gives = float(row.coefficient[opened].sum()) - row.high
            told[row.kind, row.district] = Yielded(
                row.kind, _value(row, gives), row.district, bool(found["finished"])
            )
        if "spacing_metres" in kinds:
            told["spacing_metres", None] = Yielded("spacing_metres", 0.0, None, least=False)
        return list(told.values())

    def _nearer(self, control: Control) -> list[Yielded] | None:
        """The largest spacing that is possible, by halving."""
        far = np.unique([0.0, *(m for _, _, m in self.spacing), *(m for _, m in self.shut)])
        low, high, sure = 0, len(far), True
        found = self._solve([], control, [])
        if found is None or found["x"] is None:
            return None
        for _ in range(SEARCH_STEPS + 20):
            if high - low <= 1 or control.stopped():
                sure &= high - low <= 1
                break
            middle = (low + high) // 2
            # At this spacing all pairs strictly nearer are apart.
            trial = self._solve([], control, self._apart(float(far[middle])))
            if trial is not None and trial["x"] is not None:
                low = middle
            else:
                sure &= trial is not None
                high = middle
        return [Yielded("spacing_metres", float(np.floor(far[low])), None, least=sure)]

    def _apart(self, metres: float) -> list[Row]:
        rows = [
            Row("spacing_metres", np.array([a, b]), np.ones(2), -np.inf, 1.0, 1.0, 1.0, metres)
            for a, b, far in self.spacing
            if far < metres
        ]
        shut = np.array([a for a, far in self.shut if far < metres], np.int64)
        if len(shut):
            ones = np.ones(len(shut))
            rows.append(Row("spacing_metres", shut, ones, -np.inf, 0.0, 1.0, 1.0, metres))
        return rows

    def _slots(self, elastic: Sequence[int]) -> dict[int, int]:
        slots: dict[int, int] = {}
        shared: dict[str, int] = {}
        free = 0
        for number in elastic:
            kind = self.rows[number].kind
            if kind in shared:
                slots[number] = shared[kind]
                continue
            slots[number], free = free, free + 1
            if kind in TOGETHER:
                shared[kind] = slots[number]
        return slots

    def _solve(
        self, elastic: Sequence[int], control: Control, apart: list[Row]
    ) -> dict[str, Any] | None:
        sites, groups = self.count, len(self.groups)
        slots = self._slots(elastic)
        more = max(slots.values(), default=-1) + 1
        rows = [*self.rows, *apart]
        cost = np.zeros(sites + groups + more)
        who, how, which = [], [], []
        low, high = np.empty(len(rows)), np.empty(len(rows))
        for number, row in enumerate(rows):
            low[number], high[number] = row.low, row.high
            who.append(row.columns)
            how.append(row.coefficient)
            which.append(np.full(len(row.columns), number))
            if number in slots:
                column = sites + groups + slots[number]
                up = np.isfinite(row.low)
                who.append(np.array([column]))
                how.append(np.array([row.scale if up else -row.scale]))
                which.append(np.array([number]))
                cost[column] = max(cost[column], row.weight)
        # Each group is covered by the candidates that reach it.
        starts, ends = self.reached[0][self.groups], self.reached[0][self.groups + 1]
        sizes = ends - starts
        into = np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
        who += [
            self.reached[1].astype(np.int64)[into + np.arange(sizes.sum())],
            sites + np.arange(groups),
        ]
        how += [np.ones(int(sizes.sum())), -np.ones(groups)]
        which += [len(rows) + np.repeat(np.arange(groups), sizes), len(rows) + np.arange(groups)]
        matrix = coo_matrix(
            (np.concatenate(how), (np.concatenate(which), np.concatenate(who))),
            (len(rows) + groups, len(cost)),
        ).tocsr()
        return solve_model(
            {
                "cost": cost,
                "sites": sites,
                "columns": len(cost),
                "low": np.concatenate((low, np.zeros(groups))),
                "high": np.concatenate((high, np.full(groups, np.inf))),
                "begin": matrix.indptr.astype(np.int64),
                "index": matrix.indices.astype(np.int64),
                "value": matrix.data,
                "start": None,
                "unit": 0.0,
            },
            control,
        )


def _value(row: Row, amount: float) -> float:
    """What a condition has to be, given by how much it gave way."""
    if row.kind in ("p", "per_chain_most"):
        return row.wanted + float(round(amount))
    if row.kind == "budget":
        return row.wanted + amount
    if row.kind == "capacities":
        # Times the room that the site has, the last of its row.
        return row.wanted - amount / float(row.coefficient[-1])
    if row.kind in ("open_24h_least", "district_least_sites"):
        return row.wanted - float(round(amount))
    if row.kind == "everybody":
        return amount
    # Shares: of the demand they speak of.
    whole = row.scale / row.weight if row.weight else 1.0
    return max(0.0, row.wanted - amount / whole)


def elastic_of(
    merged: Merged, demand: Demand, sites: Sites, rules: Rules, *, everybody: bool
) -> Elastic:
    """The conditions as rows.

    Args:
        merged: with districts in its groups where shares are asked of them; sites that stand may be
            among its candidates, but no condition limits them.
        everybody: whoever can be reached has to be.
    """
    free = merged.candidates.astype(np.int64)
    count = len(free)
    forced, existing = sites.fixed == FORCED, sites.fixed == EXISTING
    kept = forced | existing
    rows: list[Row] = []
    each = np.flatnonzero(~kept[free]).astype(np.int64)

    def add(
        kind: str, who: npt.ArrayLike, how: npt.ArrayLike, limit: float, scale: float,
        wanted: float, *, at_least: bool = False, weight: float = 1.0, district: int | None = None,
    ) -> None:  # fmt: skip
        columns = np.asarray(who, np.int64)
        coefficient = np.broadcast_to(np.asarray(how, np.float64), len(columns)).copy()
        low, high = (limit, np.inf) if at_least else (-np.inf, limit)
        rows.append(Row(kind, columns, coefficient, low, high, scale, weight, wanted, district))

    if rules.p is not None:
        add("p", each, 1.0, rules.p - int(forced.sum()), max(1.0, count), rules.p)
    if rules.budget is not None:
        cost, spent = sites.cost[free[each]], float(sites.cost[forced].sum())
        add("budget", each, cost, rules.budget - spent, max(1.0, cost.sum()), rules.budget)
    for at, least in rules.district_least_sites.items():
        limit = least - int((kept & (sites.district == at)).sum())
        if limit > 0:
            who = each[sites.district[free[each]] == at]
            add("district_least_sites", who, 1.0, limit, limit, least, at_least=True, district=at)
    limit = rules.open_24h_least - int((kept & sites.open_24h).sum())
    if limit > 0:
        who = each[sites.open_24h[free[each]]]
        add("open_24h_least", who, 1.0, limit, limit, rules.open_24h_least, at_least=True)
    if rules.per_chain_most is not None:
        for chain in np.unique(sites.chain[sites.chain >= 0]).tolist():
            who = each[sites.chain[free[each]] == chain]
            limit = rules.per_chain_most - int((forced & (sites.chain == chain)).sum())
            if len(who) > limit:
                add("per_chain_most", who, 1.0, limit, max(1.0, count), rules.per_chain_most)
    groups = _wanted(merged, rules, everybody=everybody)
    column = np.full(len(merged), -1, np.int64)
    column[groups] = count + np.arange(len(groups))
    for at, share in rules.district_least_share.items():
        total = float(demand.weight[demand.district == at].sum()) if at >= 0 else 0.0
        floor = share * total - float(merged.base_district[at])
        if at < 0 or floor <= slack(total):
            continue
        here = groups[merged.district[groups] == at]
        add(
            "district_least_share", column[here], merged.counted[here] / floor,
            1.0 - 1e-9, 1.0, share, at_least=True, weight=floor / total, district=at,
        )  # fmt: skip
    whole = float(demand.weight.sum())
    floor = 0.0 if rules.share is None else rules.share * whole - merged.base
    if rules.share is not None and floor > slack(whole):
        add(
            "share", column[groups], merged.first[groups] / floor, 1.0 - 1e-9, 1.0, rules.share,
            at_least=True, weight=floor / whole,
        )  # fmt: skip
    elif everybody and len(groups):
        all_of_it = float(merged.first.sum())
        add(
            "everybody", column[groups], merged.first[groups], all_of_it * (1 - 1e-9), all_of_it,
            0.0, at_least=True,
        )  # fmt: skip
    apart, shut = _spacing(sites, free, kept, rules)
    reached = merged.row, merged.column.astype(np.int64)
    return Elastic(count, reached, rules, groups, rows, apart, shut)


def _wanted(merged: Merged, rules: Rules, *, everybody: bool) -> Longs:
    """The groups that conditions speak of."""
    if everybody or rules.share is not None:
        return np.arange(len(merged), dtype=np.int64)
    asked = np.array([at for at in rules.district_least_share if at >= 0], np.int64)
    return np.flatnonzero(np.isin(merged.district, asked)).astype(np.int64)


def _spacing(
    sites: Sites, free: Longs, kept: npt.NDArray[np.bool_], rules: Rules
) -> tuple[list[tuple[int, int, float]], list[tuple[int, float]]]:
    if rules.spacing_metres <= 0:
        return [], []
    local = np.full(len(sites), -1, np.int64)
    local[free] = np.where(kept[free], -1, np.arange(len(free)))
    near = too_near(sites, rules.spacing_metres)
    far = _metres(sites, near)
    apart: list[tuple[int, int, float]] = []
    shut: list[tuple[int, float]] = []
    for (a, b), metres in zip(near.tolist(), far.tolist(), strict=True):
        if local[a] >= 0 and local[b] >= 0:
            apart.append((int(local[a]), int(local[b]), metres))
        elif local[a] >= 0 and kept[b]:
            shut.append((int(local[a]), metres))
        elif local[b] >= 0 and kept[a]:
            shut.append((int(local[b]), metres))
    return apart, shut


def _metres(sites: Sites, pairs: Longs) -> Floats:
    place = np.column_stack((sites.x, sites.y))
    if sites.degrees:
        place = earth_centred(place)
    told: Floats = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    return told
