"""Classes, colours and legends: one source for the live map, the portable map and the sheet.

Colours are ColorBrewer's (Cynthia Brewer, Mark Harrower, The Pennsylvania State University,
Apache-2.0), schemes their authors mark as safe for colour-blind readers: BrBG 8 classes for a rate
with a target (browns: still below, darker is farther; teal: reached), YlGnBu for one without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid

BELOW_TARGET = ("#f8edcf", "#e5ce97", "#cc9a57", "#a3743b")
"""ColorBrewer BrBG, brown arm (#f6e8c3 #dfc27d #bf812d #8c510a), a fifth of white mixed in so that
names stay readable on it: from just below the target to far below it."""
TARGET_MET = "#5daca5"
"""ColorBrewer BrBG, teal arm (#35978f), likewise."""
SEQUENTIAL = {
    1: ("#7fcdbb",),
    2: ("#c7e9b4", "#2c7fb8"),
    3: ("#edf8b1", "#7fcdbb", "#2c7fb8"),
    4: ("#ffffcc", "#a1dab4", "#41b6c4", "#225ea8"),
    5: ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"),
}
"""ColorBrewer YlGnBu: low to high, when there is no target to meet."""
NO_DATA = "#e4e5e7"
NO_DATA_LINE = "#a9adb3"
INK = "#22303c"
CLUSTER = "#6d1a52"
WITHOUT_UNION = ("#fcc5c0", "#fa9fb5", "#f768a1", "#c51b8a", "#7a0177")
"""ColorBrewer RdPu, 6 classes without the palest: few to many of the enterprises have no union."""
WITHOUT_UNION_BREAKS = (0.2, 0.4, 0.6, 0.8)
WITHOUT_UNION_BY_NIGHT = ("#5f2a4a", "#8f3566", "#c64f8d", "#f27fb2", "#ffc9dd")
"""The same on a dark ground, where what is to be seen must be bright."""
REACHED_BREAKS = (0.2, 0.4, 0.6, 0.8)
"""Of the share of workers who reach a station: the same at every hour, so that hours compare."""

PLAN_PEOPLE = ("#c8500a", "#7d8a95", "#00706b")
"""Workers on the planner's map: not reached, reached today, newly reached. An orange against a
blue-green, which colour-blind readers tell apart, and a grey between them."""
PLAN_PEOPLE_BY_NIGHT = ("#ff9a4d", "#8996a1", "#3fd0c3")
PLAN_CANDIDATE, PLAN_CANDIDATE_BY_NIGHT = "#6a3fa0", "#c6a5f2"
PLAN_STATION, PLAN_STATION_BY_NIGHT = "#2b3a48", "#e3ecf4"

TARGET_GAPS = (0.30, 0.15, 0.05)
"""Fixed breaks lie this far below the target, in shares of one (30, 15, 5 points)."""
MOST_CLASSES = 5
"""More shades of one hue cannot be told apart on a map (Brewer)."""
MOST_IN_ONE_CLASS = 0.7
"""Fixed breaks that put more of the areas than this into one class tell nothing; then quantiles."""

Method = Literal["auto", "target", "quantile"]


@dataclass(frozen=True, slots=True)
class StationStyle:
    """How a kind of station is drawn: a solid dot, or a ring when `ring` is set. Two cues, so that
    no kind depends on its hue alone."""

    colour: str
    ring: bool


STATION_STYLES: dict[str, StationStyle] = {
    "warm_station": StationStyle("#c1272d", ring=False),
    "union_service_station": StationStyle("#1f4e9c", ring=False),
    "workers_home": StationStyle("#22303c", ring=False),
    "mother_baby_room": StationStyle("#c1272d", ring=True),
    "childcare_class": StationStyle("#1f4e9c", ring=True),
    "driver_rest_home": StationStyle("#22303c", ring=True),
}
OTHER_STATION = StationStyle("#6b7680", ring=True)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One class: `low` ≤ value < `high`, None where it is open; `count` areas lie in it."""

    colour: str
    low: float | None
    high: float | None
    count: int
    meets_target: bool

    @property
    def label(self) -> str:
        """`< 65%`, `65–80%`, `≥ 95%`: the same in both languages."""
        if self.low is None and self.high is None:
            return "0–100%"
        if self.low is None and self.high is not None:
            return f"< {short_percent(self.high)}"
        if self.high is None and self.low is not None:
            return f"≥ {short_percent(self.low)}"
        return f"{short_percent(self.low)[:-1]}–{short_percent(self.high)}"

    @property
    def low_text(self) -> str:
        """The break below this class: `65%`."""
        return "" if self.low is None else f"{short_percent(self.low)}"


@dataclass(frozen=True, slots=True)
class Classes:
    """Inner breaks, ascending, and one colour more than breaks. A value equal to a break belongs
    to the class above it, so that a rate that just meets the target meets it."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    method: Literal["target", "quantile", "given"]
    target: float | None

    def index(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """(n,) class of each value, counted from 0; -1 where there is no value (NaN)."""
        numbers = np.asarray(values, dtype=np.float64)
        found = np.searchsorted(np.array(self.breaks), numbers, side="right")
        return np.where(np.isfinite(numbers), found, -1).astype(np.int64)

    def legend(self, values: npt.ArrayLike) -> list[LegendEntry]:
        """One entry a class, low to high, with how many of `values` lie in each."""
        found = self.index(values)
        counts = np.bincount(found[found >= 0], minlength=len(self.colours))
        edges = [None, *self.breaks, None]
        return [
            LegendEntry(
                colour,
                edges[at],
                edges[at + 1],
                int(counts[at]),
                self.target is not None and (edges[at] or 0.0) >= self.target,
            )
            for at, colour in enumerate(self.colours)
        ]


def classes(
    values: npt.ArrayLike,
    *,
    target: float | None = None,
    method: Method = "auto",
    breaks: Sequence[float] | None = None,
    count: int = 5,
) -> Classes:
    """Classes for a choropleth of shares.

    `values`: (n,) shares of one; NaN for no data, which belongs to no class. `target`: the share to
    reach; it is always a break, and the last. `breaks`: given inner breaks. `method`:
    `target` puts breaks 30, 15 and 5 points below the target (comparable between maps and years);
    `quantile` puts equal numbers of areas below the target into `count - 1` classes (`count`
    classes without a target), breaks rounded to a full percent where that keeps them apart; `auto`
    takes the first unless it would put more than 70 % of the areas into one class.

    Raises Invalid when breaks do not ascend or are too many, or `method="target"` has no target.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not 1 <= count <= MOST_CLASSES:
        raise Invalid(f"A map has 1 to {MOST_CLASSES} classes, not {count}.", field="count")
    if breaks is not None:
        inner = tuple(float(value) for value in breaks)
        if any(low >= high for low, high in pairwise(inner)):
            raise Invalid("Class breaks must ascend.", remedy="Give them from low to high.")
        if target is not None:
            # One colour says "reached", so the target divides and nothing divides above it.
            inner = (*(value for value in inner if value < target), target)
        if len(inner) >= MOST_CLASSES:
            raise Invalid(
                f"{len(inner)} breaks make more classes than the eye tells apart.",
                remedy=f"Give at most {MOST_CLASSES - 1}, the target included.",
                field="breaks",
            )
        return _coloured(inner, "given", target)
    if target is not None and method != "quantile":
        fixed = _coloured(_below(target), "target", target)
        if method == "target" or not numbers.size:
            return fixed
        shares = np.bincount(fixed.index(numbers), minlength=1) / numbers.size
        # All above the target is a fact worth one colour; all far below it needs finer classes.
        if shares.max() <= MOST_IN_ONE_CLASS or shares.argmax() == len(fixed.breaks):
            return fixed
    elif method == "target":
        raise Invalid("Breaks against a target need a target.", remedy="Give `target`.")
    if target is None:
        return _coloured(_quantiles(numbers, count), "quantile", None)
    below = numbers[numbers < target]
    inner = tuple(value for value in _quantiles(below, count - 1) if value < target)
    return _coloured((*inner, target), "quantile", target)


def percent(share: float | None, *, target: float | None = None) -> str:
    """A share as text with one decimal: `62.4%`; empty for None.

    Rounding never claims what is not so: 94.96 % under a target of 95 % is written `94.96%`, one
    of 5,000 is `0.02%`, and all but one of 5,000 is `99.98%`.
    """
    if share is None or not np.isfinite(share):
        return ""
    hundred = Decimal(repr(float(share))) * 100
    borders = [Decimal(0), Decimal(100)]
    if target is not None:
        borders.append(Decimal(repr(float(target))) * 100)
    for decimals in range(1, 5):
        shown = round(hundred, decimals)
        if all((shown > border) == (hundred > border) for border in borders) and all(
            (shown < border) == (hundred < border) for border in borders
        ):
            return f"{shown}%"
    return f"{hundred.normalize():f}%"


def gap(numerator: int, denominator: int, target: float | None) -> int | None:
    """How many more are needed to reach `target`: the least g ≥ 0 with (numerator + g) /
    denominator ≥ target. None without a target or a denominator. Exact, in decimal."""
    if target is None or denominator <= 0:
        return None
    needed = Decimal(repr(float(target))) * denominator
    return max(0, int(needed.to_integral_value(ROUND_CEILING)) - numerator)


def _coloured(
    breaks: tuple[float, ...], method: Literal["target", "quantile", "given"], target: float | None
) -> Classes:
    if target is None:
        colours = SEQUENTIAL[len(breaks) + 1]
    else:
        colours = (*reversed(_sampled(BELOW_TARGET, len(breaks))), TARGET_MET)
    return Classes(breaks, colours, method, target)


def _sampled(ramp: tuple[str, ...], count: int) -> tuple[str, ...]:
    """`count` colours of a ramp, evenly spread; at most as many as it has."""
    if count <= 1:
        return ramp[len(ramp) // 2 : len(ramp) // 2 + count]
    places = np.linspace(0, len(ramp) - 1, count).round().astype(int)
    return tuple(ramp[place] for place in places)


def _below(target: float) -> tuple[float, ...]:
    kept = [round(target - gap_, 10) for gap_ in TARGET_GAPS if target - gap_ > 0]
    return (*kept, target)


def _quantiles(numbers: npt.NDArray[np.float64], count: int) -> tuple[float, ...]:
    """At most `count - 1` inner breaks, distinct, rounded as coarsely as keeps them apart."""
    if numbers.size == 0 or count < 2:
        return ()
    raw = np.unique(np.quantile(numbers, np.linspace(0, 1, count + 1)[1:-1]))
    # A break at or below the smallest value would open an empty class.
    raw = raw[raw > numbers.min()]
    for decimals in (2, 3, 4):
        rounded = np.unique(np.round(raw, decimals))
        rounded = rounded[(rounded > numbers.min()) & (rounded <= numbers.max())]
        if rounded.size == raw.size:
            return tuple(float(value) for value in rounded)
    return tuple(float(value) for value in raw)


def short_percent(share: float | None) -> str:
    """A break or a target, which are round numbers: `95%`, `47.5%`; empty for None."""
    return "" if share is None else f"{round(share * 100, 2):g}%"
