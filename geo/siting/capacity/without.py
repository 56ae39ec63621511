"""The same question without capacities, which is a hundred times as easy: no plan serves more than
the best plan covers where there is room for everybody.

So its bound holds, its plan is a beginning, and its prices of being covered are near those of being
served. Where capacities hardly bind that is all that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from geo.siting.capacity.roomy import Asked
from geo.siting.control import Control
from geo.siting.max_cover.lagrangian import outward
from geo.siting.max_cover.warmth import Warmth
from geo.siting.model.merge import Merged
from geo.siting.problem import Answer, Floats, Longs, Rules

SHARE: Final = 0.1
"""Of the time, for a plan as if there were room everywhere."""
AT_MOST: Final = 5.0
"""Seconds for it where there is no time limit: it is but a beginning."""
MORE: Final = 0.3
"""Of the time, where everybody whom such a plan covers is served too: then its proof may do."""
NEAR_GAP: Final = 0.002

Ask = Callable[[Rules, Control, Longs | Answer | None], Answer]
"""Asks :func:`geo.siting.max_cover.solve.max_cover`: rules, control, what to begin from."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """What an answer within capacities leaves behind for the next question.

    Attributes:
        plan: the best one, among all sites.
        roomy: the answer without capacities, with its warmth.
        price: (n,) of each person of a point for being served, 0 … 1.
    """

    plan: Longs
    roomy: Answer
    price: Floats


def without_capacities(
    ask: Ask,
    rules: Rules,
    control: Control,
    warm: Longs | Answer | None,
    served: Callable[[Longs], float],
) -> Answer:
    """The answer as if there were room everywhere: a quick one, or where a plan serves nearly all
    that it covers one to the gap that was asked for.

    Args:
        warm: what the question with capacities begins from. served: takes a plan in, and says how
            many it serves.
    """
    known = loaded(warm)
    before = warm if known is None else known.roomy
    plain = replace(rules, capacities=False)
    quick = control.part(
        AT_MOST if control.time_limit is None else SHARE * control.left,
        max(NEAR_GAP, control.gap),
    )
    quick.exact = False
    found = ask(plain, quick, before)
    many = served(found.sites)
    if many * (1.0 + control.gap) >= found.bound or not found.found:
        return found
    if many * (1.0 + control.gap) < found.objective or control.stopped() or not control.exact:
        return found
    limit = None if control.time_limit is None else MORE * control.left
    proved = ask(plain, control.part(limit), found)
    served(proved.sites)
    return proved if proved.found and proved.bound <= found.bound else found


def loaded(warm: Longs | Answer | None) -> Loaded | None:
    """What there is to begin from, if it is of a question within capacities."""
    known = warm.warmth if isinstance(warm, Answer) else None
    return known if isinstance(known, Loaded) else None


def beginning(asked: Asked, roomy: Answer, known: Loaded | None) -> Floats:
    """(G,) prices to begin from: those of a question like this one, or of being covered."""
    people = asked.merged
    if known is not None and len(known.price) == people.of.shape[1]:
        return _of_groups(people, known.price)
    kept = roomy.warmth
    if not isinstance(kept, Warmth):
        return np.full(len(people), 0.5)
    of, level = kept.neutral.of[0], np.asarray(kept.prices.level, np.float64)
    if len(of) != people.of.shape[1]:
        return np.full(len(people), 0.5)
    # A level of 1 is free, of 2 all that a person is worth. Who is reached by what stands: all.
    price = np.where(of >= 0, level[np.maximum(of, 0)] - 1.0, 1.0) if len(level) else of + 1.0
    return _of_groups(people, np.clip(price, 0.0, 1.0))


def price_of_points(merged: Merged, price: Floats) -> Floats:
    """(n,) prices of groups for the points they were made from."""
    of = merged.of[0]
    found: Floats = np.where(of >= 0, price[np.maximum(of, 0)] if len(price) else 1.0, 1.0)
    return found


def _of_groups(merged: Merged, price: Floats) -> Floats:
    of = merged.of[0]
    met = of >= 0
    sums = np.bincount(of[met], price[met], len(merged))
    found: Floats = sums / np.maximum(1, np.bincount(of[met], minlength=len(merged)))
    return found


def bound_of(roomy: Answer, unit: float) -> float:
    """No plan serves more; `unit`: of every plan's value."""
    return outward(roomy.bound, unit) if roomy.found else np.inf


def by_whom(roomy: Answer) -> str:
    """Who proved its bound."""
    return "prices" if roomy.certificate is None else str(roomy.certificate["by"])


def proof_of(roomy: Answer) -> dict[str, Any]:
    """What its certificate adds to one with capacities."""
    return {} if roomy.certificate is None else {"roomy": roomy.certificate}
