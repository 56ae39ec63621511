"""A question of plain files D.csv and C.csv in a folder."""

from __future__ import annotations

from pathlib import Path

from geo.siting.files.asked import Question

RADIUS = 160.0


def asked(folder: Path, **more) -> Question:
    said = {"model": "max-cover", "sites": 3, "radius": RADIUS} | more
    return Question(demand=folder / "D.csv", candidates=folder / "C.csv", **said)
