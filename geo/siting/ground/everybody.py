"""Who has to be served where a question leaves nobody out: set cover without a share, the least
worst walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.siting.conditions import everybody_needed
from geo.siting.ground.ground import Ground
from geo.siting.problem import FORBIDDEN, Bools, Ints, Longs, Reach, Rules, Sites
from geo.siting.question import Question


@dataclass(frozen=True, eq=False)
class Everybody:
    """Of a set of sites.

    Attributes:
        far: metres within which somebody is served.
        must: (n,) whom some site that may be there reaches, and no station of today.
        open: (n,) how many sites of the set reach each point.
    """

    ground: Ground
    asked: Question
    far: float
    must: Bools
    open: Longs

    @classmethod
    def of(
        cls, ground: Ground, asked: Question, sites: Sites, rules: Rules, places: Longs
    ) -> Everybody | None:
        """None where somebody may be left out.

        Args:
            ground, asked, sites, rules: the question in arrays. places: positions of the set.

        Cost: a pass over the candidates' pairs the first time, then one over the points.
        """
        if not everybody_needed(asked.model, rules):
            return None
        far = np.inf if asked.model == "p-centre" else asked.rings[-1][0]
        usable = sites.fixed[: len(ground.host)] != FORBIDDEN
        must = ground.kept(("met", far, usable.tobytes()), lambda: _met(ground, far, usable)).copy()
        made = cls(ground, asked, far, must, np.zeros(len(ground), np.int64))
        own = len(ground.host) + np.arange(len(asked.extra))
        for place in own[sites.fixed[own] != FORBIDDEN].tolist():
            must[made.reached(place)] = True
        must &= ground.weight > 0
        if asked.keep_existing:
            must &= (ground.first < 0) | (ground.first_metres > np.float32(far))
        for place in places.tolist():
            made.open[made.reached(place)] += 1
        return made

    def reached(self, place: int) -> Ints:
        """The points that a candidate, or an own place behind them, serves."""
        own = place - len(self.ground.host)
        if own < 0:
            return _near(self.ground.reach.alone(place), self.far)
        there = self.asked.extra[own]
        return _near(self.ground.reach_of(there.lon, there.lat), self.far)

    @property
    def left(self) -> float:
        """People who have to be served, and are by no site of the set."""
        return float(self.ground.weight[self.must & (self.open == 0)].sum())

    def served_instead(self, gone: int, come: int) -> bool:
        """Whether nobody is left with another site instead of one of the set."""
        now = self.open.copy()
        now[self.reached(gone)] -= 1
        now[self.reached(come)] += 1
        return bool((now[self.must] > 0).all())


def _near(reach: Reach, far: float) -> Ints:
    return reach.within(far).demand


def _met(ground: Ground, far: float, usable: Bools) -> Bools:
    """(n,) points that some of the candidates reach."""
    reach, met = ground.reach, np.zeros(len(ground), np.bool_)
    assert reach.metres is not None
    counts = np.repeat(usable, np.diff(reach.start)) & (reach.metres <= np.float32(far))
    met[reach.demand[counts]] = True
    return met
