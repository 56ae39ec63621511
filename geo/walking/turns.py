"""A way told in steps: where to turn, which street, stairs, bridges and underpasses.

A step begins where something must be done: at a junction where one turns or could go wrong, where a
street of another name begins, where stairs, a bridge or an underpass begin or end. Directions are
taken over ten metres, not from one bend to the next, and turns that follow each other within twelve
metres are one (a road is often crossed by a jog of three).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.walking.arrays import Floats, Ints, Streets
from geo.walking.facts import BRIDGE, STEPS, TUNNEL, StreetFacts, no_facts
from geo.walking.paths import Laid, forks
from geo.walking.snapping import metres_per_degree

StepKind = Literal["depart", "turn", "stairs", "cross_bridge", "underpass", "arrive"]
Turn = Literal[
    "straight",
    "slight_left",
    "left",
    "sharp_left",
    "slight_right",
    "right",
    "sharp_right",
    "back",
]

REACH = 10.0
"""Metres over which a direction is taken."""
TOGETHER = 12.0
"""Turns closer than this are one."""
NEAR = 10.0
"""A street nearer than this is underfoot: no position is more exact."""
BESIDE = 3.0
"""A station farther than this from its foot stands on one side of the street."""
LANDING = 10.0
"""Between two flights of stairs so little is no way of its own."""
WORTH_A_WORD = 15.0
"""A shorter bridge or tunnel is not noticed by who walks it."""
GAP = 25.0
"""A shorter piece without a name, between two of one name, belongs to them."""
SLIGHT, FULL, SHARP, BACK = 20.0, 45.0, 120.0, 160.0
"""Degrees from which a change of direction is one."""

PLAIN, STAIRS, OVER, UNDER, OFF = range(5)
_KINDS: tuple[StepKind, ...] = ("turn", "stairs", "cross_bridge", "underpass", "turn")
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Step:
    """One thing to do on a way, and the metres until the next.

    Attributes:
        kind: depart and arrive are the first and the last; `turn` also where one goes straight on
            along a street of another name, or where stairs end.
        turn: into which direction; of `arrive` the side on which the station stands, where it does;
            None for `depart`.
        street: the name of the street that one follows, as in the data; None without one.
        metres: from here to the next step.
        lon, lat: where, WGS 84 degrees.
        heading: degrees clockwise from north in which one goes on.
        off_street: whether one leaves the streets here, or sets off to one.
    """

    kind: StepKind
    turn: Turn | None
    street: str | None
    metres: float
    lon: float
    lat: float
    heading: float
    off_street: bool


def turn_of(degrees: float) -> Turn:
    """The word for a change of direction; to the right is positive."""
    size = abs(degrees)
    if size < SLIGHT:
        return "straight"
    if size >= BACK:
        return "back"
    right = degrees > 0
    if size < FULL:
        return "slight_right" if right else "slight_left"
    if size < SHARP:
        return "right" if right else "left"
    return "sharp_right" if right else "sharp_left"


def steps_of(streets: Streets, facts: StreetFacts | None, way: Laid) -> tuple[list[Step], float]:
    """A way as steps, and its metres of stairs.

    Args:
        streets: the graph it lies on.
        facts: of these streets; None, or of fewer of them, where nobody knows any.
        way: with the metres off the street at both ends, whose segments have street -1.

    Returns:
        At least a departure and an arrival; their metres add up to the way's.
    """
    pieces = int(way.street.max()) + 1
    if facts is None or len(facts.name) < pieces:
        facts = no_facts(pieces)
    teller = _Teller(streets, facts, way)
    return teller.steps(), teller.stairs_metres


class _Decision(NamedTuple):
    """A point where something must be said: `first` and `last` of the turns that are one."""

    first: int
    last: int
    turned: float


class _Teller:
    def __init__(self, streets: Streets, facts: StreetFacts, way: Laid) -> None:
        self.streets = streets
        self.facts = facts
        self.way = way
        self.length = np.diff(way.metres)
        street = way.street[:-1]
        made = np.where(street >= 0, facts.made[street] if len(facts.made) else 0, 0)
        kind = np.select(
            [street < 0, (made & STEPS) > 0, (made & TUNNEL) > 0, (made & BRIDGE) > 0],
            [OFF, STAIRS, UNDER, OVER],
            PLAIN,
        ).astype(np.int8)
        name = np.where(street >= 0, facts.name[street] if len(facts.name) else -1, -1)
        self.stairs_metres = float(self.length[kind == STAIRS].sum())
        across, along = metres_per_degree(float(way.lat.mean()))
        self.x = (way.lon - way.lon[0]) * across
        self.y = (way.lat - way.lat[0]) * along
        self.junction = way.junction.copy()
        self.begin, self.end = 0.0, float(way.metres[-1])  # directions are taken between them
        self.side: Turn | None = None
        self._step_onto(kind, name)
        self.kind = _smooth(kind, self.length)
        self.name = _join_names(name, self.length)

    def steps(self) -> list[Step]:
        """All of them."""
        decisions = list(self._decisions())
        if decisions and self._sets_off_along(decisions[0]):
            self.name[: decisions[0].last] = self.name[decisions[0].last]
            del decisions[0]
        at = [0, *(one.first for one in decisions), len(self.way.lon) - 1]
        told = [self._departure(at[1])]
        if self.kind[0] in (STAIRS, OVER, UNDER):
            told.append(self._step(_Decision(0, 0, 0.0), at[1]))
            told[0] = self._departure(0)
        told += [self._step(one, after) for one, after in zip(decisions, at[2:], strict=True)]
        return [*told, self._arrival()]

    # ------------------------------------------------------------------ the ends
    def _step_onto(self, kind: Kinds, name: Ints) -> None:
        """A street a few metres off is underfoot: its step begins where one stands, and at its
        other end the station stands beside it."""
        if len(kind) < 2:
            return
        if kind[0] == OFF != kind[1] and self.length[0] < NEAR:
            self.begin = float(self.way.metres[1])
            kind[0], name[0], self.junction[1] = PLAIN, name[1], -1
        if kind[-1] == OFF != kind[-2] and self.length[-1] < NEAR:
            self.end = float(self.way.metres[-2])
            kind[-1], name[-1], self.junction[-2] = PLAIN, name[-2], -1
            self.side = self._beside()

    def _beside(self) -> Turn | None:
        """On which side of the street the station stands, where it does stand on one."""
        if self.length[-1] < BESIDE:
            return None
        across = self._heading(self.end, self.way.metres[-1])
        turned = _turned(float(self._heading_before(self.end)), float(across))
        if not SLIGHT <= abs(turned) <= BACK:
            return None
        return "right" if turned > 0 else "left"

    def _sets_off_along(self, first: _Decision) -> bool:
        """Whether the first word is only the name of the street on which one sets off."""
        straight = turn_of(first.turned) == "straight" and bool(
            (self.kind[: first.last + 1] == PLAIN).all()
        )
        return straight and self.way.metres[first.first] - self.begin < TOGETHER

    def _departure(self, until: int) -> Step:
        step = self._told("depart", None, 0, 0, until)
        return replace(
            step,
            heading=float(self._heading_after(self.begin)),
            # Where there is no street at all one does not walk to one.
            off_street=step.off_street and bool((self.kind != OFF).any()),
        )

    def _arrival(self) -> Step:
        last = len(self.way.lon) - 1
        return Step(
            "arrive",
            self.side,
            None,
            0.0,
            float(self.way.lon[last]),
            float(self.way.lat[last]),
            float(self._heading_before(self.end)),
            off_street=False,
        )

    # ------------------------------------------------------------------ in between
    def _step(self, one: _Decision, until: int) -> Step:
        kind = _KINDS[self.kind[one.last]]
        return self._told(kind, turn_of(one.turned), one.first, one.last, until)

    def _told(self, kind: StepKind, turn: Turn | None, first: int, last: int, until: int) -> Step:
        name = int(self.name[last])
        return Step(
            kind,
            turn,
            self.facts.names[name] if name >= 0 else None,
            float(self.way.metres[until] - self.way.metres[first]),
            float(self.way.lon[first]),
            float(self.way.lat[first]),
            float(self._heading_after(self.way.metres[last])),
            off_street=bool(self.kind[last] == OFF),
        )

    def _heading_after(self, metres: Floats | float) -> Floats:
        return self._heading(metres, np.minimum(metres + REACH, self.end))

    def _heading_before(self, metres: Floats | float) -> Floats:
        return self._heading(np.maximum(metres - REACH, self.begin), metres)

    def _heading(self, start: Floats | float, end: Floats | float) -> Floats:
        dx, dy = (
            np.interp(end, self.way.metres, values) - np.interp(start, self.way.metres, values)
            for values in (self.x, self.y)
        )
        degrees: Floats = np.degrees(np.arctan2(dx, dy)) % 360.0
        return degrees

    def _decisions(self) -> Iterator[_Decision]:
        """The points where something must be said, those close together as one."""
        points, turned, must = self._candidates()
        place = 0
        while place < len(points):
            first = last = int(points[place])
            total = float(turned[place])
            said = bool(must[place])
            place += 1
            while place < len(points) and self._is_one(last, int(points[place])):
                point = int(points[place])
                net = self._between(first, point)
                if abs(net) >= SHARP and self._metres(first, point) >= TOGETHER / 2:
                    break  # half way round is two turns
                last, total = point, net
                said = said or bool(must[place])
                place += 1
            if first != last and not said:
                said = abs(total) >= SLIGHT or self._name_begins(first, last)
            elif first == last:
                said = True
            if said:
                yield _Decision(first, last, total)

    def _is_one(self, last: int, point: int) -> bool:
        near = self._metres(last, point) < TOGETHER
        return bool(near and self.kind[last] == self.kind[point] == self.kind[point - 1])

    def _metres(self, first: int, last: int) -> float:
        return float(self.way.metres[last] - self.way.metres[first])

    def _name_begins(self, first: int, last: int) -> bool:
        return bool(self.name[last] >= 0 and self.name[last] != self.name[first - 1])

    def _between(self, first: int, last: int) -> float:
        metres = self.way.metres
        return _turned(
            float(self._heading_before(metres[first])), float(self._heading_after(metres[last]))
        )

    def _candidates(self) -> tuple[Ints, Floats, npt.NDArray[np.bool_]]:
        """Inner points where something may have to be said, the turn at each, and whether the word
        is needed even where one goes straight on."""
        inner = np.arange(1, len(self.way.lon) - 1)
        metres = self.way.metres[inner]
        before = self._heading_before(metres)
        turned = (self._heading_after(metres) - before + 180.0) % 360.0 - 180.0
        size = np.abs(turned)
        others = np.zeros(len(inner), np.uint8)
        straightest = np.full(len(inner), 360.0)
        at = np.flatnonzero(self.junction[inner] >= 0)
        others[at], straightest[at] = forks(
            self.streets, self.junction[inner[at]], before[at], turned[at], REACH
        )
        rival = np.abs(straightest)
        kind_changes = self.kind[inner - 1] != self.kind[inner]
        # One turns; or another street goes on as straight as ours does.
        narrow = (others > 0) & (size >= SLIGHT / 2) & (size < SLIGHT) & (rival < SLIGHT)
        choice = (others > 0) & ((size >= FULL) | ((size >= SLIGHT) & (rival < FULL))) | narrow
        # Of two that hardly turn, ours is the left or the right one.
        narrow &= ~kind_changes
        turned[narrow] = np.where(turned < straightest, -SLIGHT, SLIGHT)[narrow]
        name_changes = self.name[inner - 1] != self.name[inner]
        begins = name_changes & (self.name[inner] >= 0)
        ends = name_changes & (self.name[inner] < 0) & (size >= SLIGHT)
        picked = kind_changes | begins | ends | choice
        return inner[picked], turned[picked], kind_changes[picked]


def _turned(before: float, after: float) -> float:
    return float((after - before + 180.0) % 360.0 - 180.0)


def _runs(values: npt.NDArray[np.generic]) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of equal values."""
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    ends = [0, *edges.tolist(), len(values)]
    yield from itertools.pairwise(ends)


def _smooth(kind: Kinds, length: Floats) -> Kinds:
    """Bridges and tunnels that nobody notices are plain, landings belong to their stairs."""
    kind = kind.copy()
    for begin, end in list(_runs(kind)):
        if kind[begin] in (OVER, UNDER) and length[begin:end].sum() < WORTH_A_WORD:
            kind[begin:end] = PLAIN
    for begin, end in list(_runs(kind)):
        if (
            kind[begin] == PLAIN
            and begin > 0
            and end < len(kind)
            and kind[begin - 1] == kind[end] != OFF
            and length[begin:end].sum() < LANDING
        ):
            kind[begin:end] = kind[end]
    return kind


def _join_names(name: Ints, length: Floats) -> Ints:
    """A short piece without a name between two of one name has that name."""
    name = name.copy()
    for begin, end in list(_runs(name)):
        if (
            name[begin] < 0
            and begin > 0
            and end < len(name)
            and name[begin - 1] == name[end]
            and length[begin:end].sum() < GAP
        ):
            name[begin:end] = name[end]
    return name
