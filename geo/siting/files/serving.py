"""What a set of sites does for the demand of the files, from the raw pairs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import InvalidFile
from geo.siting.conditions import served_by
from geo.siting.evaluate import Evaluator
from geo.siting.files.load import Problem
from geo.siting.problem import Floats, Ints, Longs, Reach
from geo.siting.reach import Discs, gathered
from geo.siting.shared_out import least_walk, most_served


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
    reach = problem.reach
    if isinstance(reach, Discs):
        reach = gathered(reach)
    if not isinstance(reach, Reach):  # pragma: no cover - there is no third kind
        raise TypeError(type(reach))
    site = np.repeat(np.arange(len(reach), dtype=np.int64), np.diff(reach.start))
    metres = None if reach.metres is None else reach.metres.astype(np.float64)
    return reach.demand.astype(np.int64), site, metres


def _shared_out(problem: Problem, both: Longs) -> float:
    """The objective where sites have capacities."""
    demand, site, metres = pairs_of(problem)
    weight, capacity = problem.demand.weight, problem.sites.capacity
    assert capacity is not None
    if problem.question.model == "max-cover":
        return most_served(weight, demand, site, capacity, both)
    if metres is None:
        return float("nan")
    beyond = problem.rules.unserved_metres
    return least_walk(weight, demand, site, metres, capacity, both, beyond)


def served(problem: Problem, opened: Longs) -> tuple[Ints, Floats, Floats]:
    """(n,) the nearest open site of each demand point, how far it is, and the share with which the
    point counts as covered: :func:`geo.siting.conditions.served_by`."""
    points, sites = len(problem.demand), len(problem.sites)
    return served_by(points, sites, problem.reach, problem.rules.steps, opened)


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
