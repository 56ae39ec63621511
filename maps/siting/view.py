"""What the drawings of a plan are given: plain values, no database, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.siting.question import Question
from maps.editions import EditionLine
from maps.texts import Both

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class People:
    """Dots of people, WGS 84: how many, and whether uncovered (0), covered today (1), newly (2)."""

    lon: Floats
    lat: Floats
    people: Floats
    state: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class PlanView:
    """Everything that is shown of a plan. `facts` and `answer` are those of
    :func:`geo.siting.plans.facts.facts_of` and of the plan."""

    id: int
    name: str
    question: Question
    facts: dict[str, Any]
    answer: dict[str, Any]
    where: str | None
    areas: Sequence[tuple[int, str | None, Any]] = ()
    stations: Sequence[tuple[int, str, float, float]] = ()
    people: People | None = None
    editions: Sequence[EditionLine] = ()
    notice: Both | None = None
    issuer: str | None = None
    attribution: str | None = None
    approval_number: str | None = None
    made_on: date = field(default_factory=date.today)

    @property
    def sites(self) -> list[dict[str, Any]]:
        """The new sites, those that add most first."""
        found: list[dict[str, Any]] = self.facts["sites"]
        return found

    @property
    def by_hand(self) -> bool:
        """Whether all its sites were fixed in the question, so that none was chosen."""
        return self.question.left_no_choice([one["id"] for one in self.sites])
