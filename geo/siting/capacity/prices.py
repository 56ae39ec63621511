"""Prices of being served and of conditions, made better step by step: the bound of
:mod:`geo.siting.capacity.solve`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from geo.siting.capacity.flows import knapsacks, offered
from geo.siting.capacity.roomy import Asked
from geo.siting.control import Control
from geo.siting.max_cover.descent import pick
from geo.siting.max_cover.lagrangian import outward
from geo.siting.problem import Floats

AT_ONCE: Final = 20
"""Steps, between two looks whether it is time to end."""


@dataclass(eq=False)
class Prices:
    """Prices, and the state of the steps: averaged slope, length, failures.

    Attributes:
        price: (G,) of each person of a group for being served. row: (R,) of the conditions.
        raw, best: the least L, infinite before the first step, and the prices it is at.
        profit: (k,) what each site earns there.
    """

    price: Floats
    row: Floats
    raw: float = np.inf
    best: tuple[Floats, Floats] = field(init=False)
    slope: Floats = field(init=False)
    theta: float = 0.1
    failed: int = 0
    profit: Floats | None = None

    def __post_init__(self) -> None:
        """No step was made."""
        self.best = self.price.copy(), self.row.copy()
        self.slope = np.zeros(len(self.price) + len(self.row))


def descend(asked: Asked, prices: Prices, target: float, steps: int, control: Control) -> float:
    """So many steps of averaged slopes; the bound they prove."""
    net, sides = asked.net, asked.sides
    groups = len(net.people)
    if not np.isfinite(target):
        target = 0.0
    worth, load = np.empty(len(net.capacity)), np.empty(len(net.capacity))
    taken, free = np.zeros(len(net.capacity)), asked.free.astype(bool)
    scale = np.concatenate((1.0 / np.maximum(net.people, 1e-12), np.ones(len(net.limit))))
    scale[groups:] *= max(1.0, float(net.capacity.mean()) if len(net.capacity) else 1.0)
    inner = np.empty(int(free.sum()))
    # Dearer than that no row has to be: a site could pay with all that it serves.
    dearest = _dearest(asked)
    for step in range(steps):
        if step % AT_ONCE == AT_ONCE - 1 and control.stopped():
            break
        order = np.argsort(prices.price, kind="stable")
        knapsacks(net, prices.price, prices.row, worth, load, order)
        raw = float(net.people @ prices.price + net.limit @ prices.row)
        raw += float(worth[asked.standing].sum())
        raw += pick(worth[free], sides.cost, sides.most, sides.budget, sides.by_number, inner)
        taken[free] = inner
        taken[asked.standing] = 1.0
        if raw < prices.raw:
            prices.failed = 0 if raw < prices.raw - 1e-8 * abs(raw) else prices.failed
            prices.theta = min(2.0, prices.theta * 1.1) if step else prices.theta
            prices.raw = raw
            prices.best = prices.price.copy(), prices.row.copy()
            prices.profit = worth.copy()
            if outward(raw, asked.unit) <= target:
                break
        else:
            prices.failed += 1
            if prices.failed >= 10:
                prices.theta, prices.failed = prices.theta * 0.8, 0
                if prices.theta < 1e-4:
                    prices.theta = 0.01
        served, used = offered(net, prices.price, taken, order)
        slope = np.concatenate((net.people - served, net.limit - used))
        prices.slope = slope if not prices.slope.any() else 0.9 * prices.slope + 0.1 * slope
        here = np.concatenate(prices.best)
        moving = np.where((here <= 0) & (prices.slope > 0), 0.0, prices.slope)
        norm = float((moving * moving * scale).sum())
        if norm <= 0:
            break
        length = prices.theta * max(prices.raw - target, 1e-7 * abs(prices.raw)) / norm
        values = np.maximum(0.0, here - length * scale * moving)
        prices.price = np.minimum(1.0, values[:groups])
        prices.row = np.minimum(values[groups:], dearest)
    return outward(prices.raw, asked.unit)


def _dearest(asked: Asked) -> Floats:
    """(R,) all people for the least that a site counts for in each row. Prices far above that would
    cancel each other to nothing but rounding."""
    net = asked.net
    least = np.full(len(net.limit), np.inf)
    much = np.abs(net.side_coefficient)
    np.minimum.at(least, net.side_row[much > 0], much[much > 0])
    found: Floats = float(net.people.sum()) / least
    return found
