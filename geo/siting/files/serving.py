"""What a set of sites does for the demand of the files, from the raw pairs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, vstack

from geo.errors import InvalidFile
from geo.siting.evaluate import Evaluator
from geo.siting.files.load import Problem
from geo.siting.problem import Covering, Floats, Ints, Longs, Reach
from geo.siting.reach import Discs, gathered

_LINPROG: Final[Any] = linprog
"""Its stubs know nothing of sparse matrices."""


def value_of(problem: Problem, opened: Longs, both: Longs) -> float:
    """The objective of some sites, from the raw pairs. `both`: with the existing ones."""
    question, demand = problem.question, problem.demand
    if question.model == "set-cover":
        return float(problem.sites.cost[opened].sum())
    if problem.rules.capacities and problem.sites.capacity is not None:
        return _shared_out(problem, both)
    site, metres, share = served(problem, both)
    if question.model == "max-cover":
        value = float((demand.weight * share).sum())
        if question.backup:
            rules = replace(problem.rules, p=None, budget=None)
            value = Evaluator(demand, problem.sites, problem.reach, rules).evaluate(opened).value
        return value
    there = site >= 0
    if question.model == "p-centre":
        weighty = there & (demand.weight > 0)
        return float(metres[weighty].max(initial=0.0))
    return float((demand.weight[there] * metres[there]).sum())


def pairs_of(problem: Problem) -> tuple[Longs, Longs, Floats | None]:
    """(k,) demand, site and metres of all pairs within reach."""
    reach = gathered_reach(problem.reach)
    site = np.repeat(np.arange(len(reach), dtype=np.int64), np.diff(reach.start))
    metres = None if reach.metres is None else reach.metres.astype(np.float64)
    return reach.demand.astype(np.int64), site, metres


def gathered_reach(reach: Covering) -> Reach:
    """All pairs in memory, also of a reach that is streamed."""
    if isinstance(reach, Discs):
        return gathered(reach)
    if not isinstance(reach, Reach):  # pragma: no cover - there is no third kind
        raise TypeError(type(reach))
    return reach


def _shared_out(problem: Problem, both: Longs) -> float:
    """The objective where sites have capacities: people of one point may go to several sites, so
    that it is a transportation problem, given to scipy's linear programming as it stands."""
    demand, site, metres = pairs_of(problem)
    here = np.isin(site, both)
    demand, site = demand[here], site[here]
    weight, capacity = problem.demand.weight, problem.sites.capacity
    assert capacity is not None
    pairs = np.arange(len(demand))
    ones = np.ones(len(demand))
    to_point = coo_matrix((ones, (demand, pairs)), (len(weight), len(pairs))).tocsr()
    from_site = coo_matrix((ones, (site, pairs)), (len(capacity), len(pairs))).tocsr()
    rooms = np.where(np.isfinite(capacity), capacity, weight.sum())
    if problem.question.model == "max-cover":
        limits = np.concatenate((weight, rooms))
        found = _LINPROG(-ones, vstack((to_point, from_site)), limits, method="highs")
        return float(-found.fun) if found.success else float("nan")
    if metres is None:
        return float("nan")
    reached = np.zeros(len(weight), np.bool_)
    reached[pairs_of(problem)[0]] = True
    found = _LINPROG(
        metres[here],
        from_site,
        rooms,
        to_point[reached],
        weight[reached],
        method="highs",
    )
    return float(found.fun) if found.success else float("nan")


def served(problem: Problem, opened: Longs) -> tuple[Ints, Floats, Floats]:
    """(n,) the nearest open site of each demand point (-1: none within reach), how far it is (0
    where distances are not known), and the share with which the point counts as covered."""
    count = len(problem.demand)
    stands = np.zeros(len(problem.sites), np.bool_)
    stands[opened] = True
    site = np.full(count, -1, np.int32)
    metres, share = np.zeros(count), np.zeros(count)
    steps = problem.rules.steps
    for run in problem.reach.rows(count):
        here = stands[run.site]
        point = np.repeat(np.arange(len(run.start) - 1), np.diff(run.start))[here]
        who = run.site[here]
        far = np.zeros(len(who)) if run.metres is None else run.metres[here].astype(np.float64)
        order = np.lexsort((who, far, point))
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(point[order]) != 0
        best = order[first]
        at = run.first + point[best]
        site[at], metres[at] = who[best], far[best]
        share[at] = 1.0
        if steps:
            number = np.searchsorted(np.array([np.float32(m) for m, _ in steps]), far[best])
            share[at] = np.array([*(part for _, part in steps), 0.0])[number]
    return site, metres, share


def sites_of(problem: Problem, ids: list[str]) -> Longs:
    """Positions of sites by their ids.

    Raises:
        InvalidFile: one that is in no file.
    """
    at = pc.index_in(pa.array(ids, pa.large_string()), problem.site_ids)
    if at.null_count:
        unknown = [name for name, one in zip(ids, at.to_pylist(), strict=True) if one is None]
        raise InvalidFile(
            f"没有候选点 {unknown[0]}。 There is no candidate {unknown[0]} ({len(unknown)} such).",
            remedy="编号以候选点文件为准。 The ids are those of the file of candidates.",
            field="sites",
        )
    return np.sort(at.to_numpy(zero_copy_only=False)).astype(np.int64)


def named(ids: Any, chosen: Longs) -> list[str]:
    """The ids of positions."""
    return [ids[at].as_py() for at in chosen.tolist()]


def number(value: float | None) -> float | int | None:
    """JSON has no infinity; whole numbers are shown as such."""
    if value is None or not np.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
