"""Which data a map or a page was made from, and whether they are invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geo.demo import LABEL
from geo.editions import EditionFacts
from maps.texts import Both, both, named


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition of a dataset, as it is named under what was made from it."""

    dataset: str
    number: int
    as_of: date
    source: str = ""


def line_of(facts: EditionFacts) -> EditionLine:
    """An edition as it is named."""
    return EditionLine(facts.dataset, facts.id, facts.as_of, facts.source)


def notice_of(lines: Sequence[EditionFacts]) -> Both | None:
    """That the data, or which of them, are the demo city's; None for real data."""
    invented = [facts.dataset for facts in lines if facts.source.startswith(LABEL)]
    if len(invented) == len(lines):
        return both("demo.all")
    if not invented:
        return None
    words = [named("dataset", dataset) for dataset in invented]
    zh, en = "、".join(word.zh for word in words), ", ".join(word.en for word in words)
    return Both(both("demo.some", datasets=zh).zh, both("demo.some", datasets=en).en)
