"""The tree for problems of many pairs: each node is a problem of its own, reduced by its own bound,
so that a node costs what is left of it; small ones go to :class:`geo.siting.median.tree.Tree`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo.siting.median.prices import Prices, ascend
from geo.siting.median.reduction import carried, reduced, settled
from geo.siting.median.tree import Tree
from geo.siting.median.walks import Walks
from geo.siting.problem import Longs

SMALL: Final = 2_000
"""Pairs that the compiled tree takes as they are."""
STEPS: Final = 40
PATIENCE: Final = 6
WORN: Final = 0.99


@dataclass(eq=False)
class _Node:
    walks: Walks
    prices: Prices
    most: int
    bound: float


class Branching:
    """A tree that can be grown piece by piece.

    Attributes:
        nodes: looked at so far.
    """

    def __init__(self, walks: Walks, prices: Prices, most: int) -> None:
        self.nodes = 0
        self._stack = [_Node(walks, prices, most, prices.raw)]
        self._tree: Tree | None = None
        self._within: _Node | None = None

    @property
    def finished(self) -> bool:
        """Nothing is left to search."""
        return not self._stack and self._tree is None

    @property
    def bound(self) -> float:
        """The least bound of what is left to search."""
        bounds = [node.bound for node in self._stack]
        if self._within is not None:
            bounds.append(self._within.bound)
        return min(bounds, default=np.inf)

    def grow(self, goal: float, nodes: int) -> Longs | None:
        """Look at some nodes more, or until a plan of `goal` or better is met: its candidates, by
        positions among all sites."""
        for _ in range(nodes):
            if self._tree is not None and self._within is not None:
                before = self._tree.nodes
                met = self._tree.grow(goal, 20)
                self.nodes += self._tree.nodes - before
                node = self._within
                if self._tree.finished:
                    self._tree = self._within = None
                elif self._tree.overgrown:
                    self._tree = self._within = None
                    self._branch(node, goal)
                if met is not None:
                    return self._named(node.walks, met)
                continue
            if not self._stack:
                return None
            met = self._look(self._stack.pop(), goal)
            if met is not None:
                return met
        return None

    def level_plan(self, names: Longs, walks: Walks) -> Longs:
        """Positions among the candidates of `walks` of a plan that :meth:`grow` met."""
        return walks.local(names)

    def _look(self, node: _Node, goal: float) -> Longs | None:
        self.nodes += 1
        tolerance = 1e-9 * abs(goal)
        if node.bound > goal + tolerance:
            return None
        walks, prices, most = node.walks, node.prices, node.most
        raw = node.bound
        for again in range(5):
            if most < 0:
                return None
            if most == 0 or not walks.sites:
                return self._leaf(walks, goal)
            if len(walks.column) <= SMALL:
                prices.raw = raw
                self._within = _Node(walks, prices, most, raw)
                self._tree = Tree(walks, prices, most)
                return None
            state = np.zeros(walks.sites, np.int8)
            prices.theta = max(prices.theta, 0.2 if again else 0.5)
            prices.raw = -np.inf
            target = goal + 0.02 * abs(goal - raw)
            ascend(walks, prices, state, most, np.inf, target, STEPS, PATIENCE)
            raw = max(raw, prices.raw)
            if prices.raw > goal + tolerance:
                return None
            closed, opened = settled(walks, prices, state, most, np.inf, goal)
            if int(opened.sum()) > most:
                return None
            smaller = reduced(walks, prices, closed, opened, goal)
            most -= int(opened.sum())
            little = smaller.sites > 0.8 * walks.sites
            prices = carried(prices, walks, smaller)
            walks = smaller
            if little and again:
                break
        here = _Node(walks, prices, most, raw)
        if most < 0:
            return None
        if most == 0 or not walks.sites:
            return self._leaf(walks, goal)
        self._branch(here, goal)
        plan = np.argsort(-prices.share, kind="stable")[:most].astype(np.int64)
        near = walks.nearest(plan)
        if float(np.dot(near, walks.weight)) <= goal:
            return self._named(walks, plan)
        return None

    def _leaf(self, walks: Walks, goal: float) -> Longs | None:
        if float(np.dot(walks.far, walks.weight)) <= goal * (1.0 + 1e-9):
            return walks.opened
        return None

    def _branch(self, node: _Node, goal: float) -> None:
        """On the candidate most chosen: closing it costs most, opening it settles most."""
        walks, share = node.walks, node.prices.share
        j = int(np.argmax(np.where(share < WORN, share, -1.0)))
        none = np.zeros(walks.sites, np.bool_)
        one = none.copy()
        one[j] = True
        known = replace(node.prices, raw=node.bound)
        shut = reduced(walks, known, one, none, goal)
        opened = reduced(walks, known, none, one, goal)
        self._stack.append(_Node(shut, carried(known, walks, shut), node.most, node.bound))
        self._stack.append(_Node(opened, carried(known, walks, opened), node.most - 1, node.bound))

    def _named(self, walks: Walks, plan: Longs) -> Longs:
        return np.concatenate((walks.opened, walks.candidates[plan].astype(np.int64)))
