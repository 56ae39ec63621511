"""What a bound is proved by: price vectors, and sites on which the question was split in two.

A price is told as a level t of each group, which means the same whatever is open already: with F
left to earn for the first covering (what floors pay included) and S for the second (S <= F), the
price is t S up to t = 1 and S + (t - 1) (F - S) beyond. So :mod:`geo.siting.checker` can follow the
search from point to point: at each vector it derives the bound, settles sites by it, and goes on;
at each split it does so with the site opened and with the site shut.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.siting.model.merge import Merged
from geo.siting.problem import Floats, Longs


@dataclass(eq=False)
class Vector:
    """Levels of the groups of the problem as first merged, prices of rows and of floors; sites were
    settled by them for plans better than `cut`."""

    level: npt.NDArray[np.floating[Any]]
    row: Floats
    floor: Floats
    cut: float = np.inf


@dataclass(eq=False)
class Branch:
    """A part of all plans: vectors one after the other, then perhaps a split on a site."""

    vectors: list[Vector] = field(default_factory=list)
    site: int = -1
    opened: Branch | None = None
    shut: Branch | None = None

    def told(self) -> dict[str, Any]:
        """In numbers and text (JSON)."""
        known = [
            {
                "level": text_of(one.level),
                "row": one.row.tolist(),
                "floor": one.floor.tolist(),
                **({"cut": float(one.cut)} if np.isfinite(one.cut) else {}),
            }
            for one in self.vectors
        ]
        if self.opened is None or self.shut is None:
            return {"vectors": known}
        return {
            "vectors": known,
            "site": self.site,
            "opened": self.opened.told(),
            "shut": self.shut.told(),
        }


def once_of(merged: Merged, floor: Floats) -> Floats:
    """(G,) what the first covering is worth, with what the floors of districts pay for it."""
    if not floor.any():
        return merged.first
    paid = np.where(merged.district >= 0, floor[np.maximum(merged.district, 0)], 0.0)
    found: Floats = merged.first + paid * merged.counted
    return found


def levels(merged: Merged, price: Floats, floor: Floats) -> Floats:
    """(G,) levels of some prices, beside those of the floors."""
    first, second = once_of(merged, floor), merged.second
    room = first - second
    high = np.divide(price - second, room, out=np.zeros_like(price), where=room > 0)
    found: Floats = 1.0 + np.maximum(0.0, high)
    if not second.any():
        return found
    low = np.divide(price, second, out=np.zeros_like(price), where=second > 0)
    found = np.where(price <= second, low, found)
    # Nothing to earn a second time: every price lies beyond the first level.
    found[(second <= 0)] = 1.0 + np.maximum(0.0, high[second <= 0])
    return found


def prices_at(merged: Merged, level: Floats, floor: Floats) -> Floats:
    """(G,) prices of some levels."""
    first, second = once_of(merged, floor), merged.second
    found: Floats = np.minimum(level, 1.0) * second + np.maximum(level - 1.0, 0.0) * (
        first - second
    )
    return found


def spread(level: Floats, into: Longs, before: npt.NDArray[np.floating[Any]]) -> Floats:
    """Levels of a smaller problem told for the groups of the first: (G,) `into` says which group
    each became, below 0: none, and then `before` stands."""
    found: Floats = before.astype(np.float64)
    met = into >= 0
    found[met] = level[into[met]]
    return found


def gathered(level: npt.NDArray[np.floating[Any]], into: Longs, groups: int) -> Floats:
    """Levels of the first problem for the groups of a smaller one: of those that became one, one
    speaks for all."""
    found = np.ones(groups)
    met = into >= 0
    found[into[met]] = level[met]
    return found


def text_of(values: npt.NDArray[np.floating[Any]]) -> str:
    """Floats as a certificate has them: their kind, then base64."""
    kind = "<f4" if values.dtype == np.float32 else "<f8"
    return kind + base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()


def vector_of(merged: Merged, price: Floats, row: Floats, floor: Floats) -> Vector:
    """The levels of some prices of a problem."""
    return Vector(levels(merged, price, floor), row, floor)
