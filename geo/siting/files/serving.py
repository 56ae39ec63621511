"""What a set of sites does for the demand of the files, from the raw pairs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from geo.errors import InvalidFile
from geo.siting.conditions import served_by
from geo.siting.files.load import Problem
from geo.siting.files.tables import places_of
from geo.siting.problem import Covering, Floats, Ints, Longs, Reach
from geo.siting.proofs.bounds import Question
from geo.siting.reach import Discs, gathered


def question_in(problem: Problem) -> Question:
    """What was asked, as those who check take it."""
    return Question(
        problem.question.model, problem.demand, problem.sites, problem.reach, problem.rules
    )


def gathered_reach(reach: Covering) -> Reach:
    """All pairs in memory, also of a reach that is streamed."""
    if isinstance(reach, Discs):
        return gathered(reach)
    if not isinstance(reach, Reach):  # pragma: no cover - there is no third kind
        raise TypeError(type(reach))
    return reach


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
    at = places_of(ids, problem.site_ids)
    unknown = [name for name, one in zip(ids, at.tolist(), strict=True) if one < 0]
    if unknown:
        raise InvalidFile(
            f"没有候选点 {unknown[0]}。 There is no candidate {unknown[0]} ({len(unknown)} such).",
            remedy="编号以候选点文件为准。 The ids are those of the file of candidates.",
            field="sites",
        )
    return np.sort(at)


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
