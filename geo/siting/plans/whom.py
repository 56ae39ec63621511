"""Whom a plan reaches, on its maps and in its files: as it was when it was worked out.

People and areas say where the dots of a plan are; stations, candidates and streets only who is
covered. So while people and areas are the same the dots are made anew, and whether each was
covered is read from the plan.
"""

from __future__ import annotations

import gzip
from typing import Final, NamedTuple

import numpy as np

from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import Planning, evaluate
from geo.siting.plans.scenarios import Scenario
from geo.siting.problem import Bytes
from geo.siting.question import Question

PEOPLE: Final = "demand", "areas"
"""The datasets that say where dots are, and of how many people."""


class Whom(NamedTuple):
    """The dots of a plan's question, and (n,) of each whether it is uncovered (0), covered by
    stations that were there (1), or newly (2). `in_force`: stations are those of the ground too."""

    ground: Ground
    state: Bytes
    in_force: bool


def packed(state: Bytes) -> bytes:
    """(n,) states as they are kept: a byte each, gzip."""
    return gzip.compress(state.astype(np.int8).tobytes(), 6)


def whom(planning: Planning, plan: Scenario, kept: bytes | None) -> Whom | None:
    """Whom a plan reaches; None where people or areas are no longer those it was worked out with.

    Args:
        kept: what :func:`packed` made of its states; older plans have none, and are known only
            while nothing at all has changed.

    Cost: a ground of the question, mostly at hand; see
    :meth:`geo.siting.ground.planning.Planning.ground`.
    """
    if plan.editions is None or plan.facts is None or plan.answer is None:
        return None
    city = planning.city()
    then = {one["dataset"]: one["id"] for one in plan.editions}
    now = {one.dataset: one.id for one in city.editions}
    question = Question.model_validate(plan.question)
    if then == now:
        ground = planning.ground(question)
        return Whom(ground, evaluate(ground, question, plan.answer["sites"]).state, in_force=True)
    if kept is None or any(then.get(name) != now.get(name) for name in PEOPLE):
        return None
    ground = planning.ground(question)
    state = np.frombuffer(gzip.decompress(kept), np.int8)
    return Whom(ground, state, in_force=False) if len(state) == len(ground) else None
