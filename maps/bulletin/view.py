"""What a bulletin is given: plain values, no database, no request, no typesetter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from maps.editions import EditionLine
from maps.texts import Both

Apart = Literal["mass_registration", "dormant", "closed"]


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate with everything that must travel with it. Shares of one; None for no data."""

    name: str
    title: Both
    scope: Both
    value: float | None
    numerator: int
    denominator: int
    low: float | None
    high: float | None
    shrunk: float | None
    """The value drawn towards the whole, the more the fewer it rests on: what is ranked by."""
    missing_share: float | None
    small: bool
    target: float | None
    target_source: Both | None
    gap: int | None
    """Units or people missing to the target."""
    people: bool
    """Whether it counts people; else units."""


@dataclass(frozen=True, slots=True)
class ChildLine:
    """An area below the one of the page; `shape` in WGS 84 or None. `without` are the known
    employees of units without a union; `workers` how many of them stand between the area and the
    target, None where it cannot be said."""

    id: int
    name: str | None
    kind: str
    code: str | None
    shape: Any
    rates: Mapping[str, RateLine]
    rank: int | None
    without: int
    workers: int | None


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """A cluster to act on. Shares of one."""

    id: int
    place: str | None
    sure: bool
    shape: Any
    units: int
    units_25: int
    employees: int
    sentence: Both
    form: Both | None
    """The form of union that fits."""
    duty: Both | None = None
    """Who is responsible, and where its seat could be."""
    reason: Both | None = None
    law: Both | None = None


@dataclass(frozen=True, slots=True)
class ChangeFact:
    """One thing that changed. `value` None: not known. `signed`: written with its sign."""

    name: str
    title: Both
    value: int | None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class ChangedRate:
    """A rate then and now. `real` is what the units in both editions changed, the rest of the
    change is of units that came, went or weigh otherwise."""

    name: str
    title: Both
    before: float | None
    after: float | None
    real: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the area since an earlier edition."""

    since: EditionLine
    facts: Sequence[ChangeFact]
    rates: Sequence[ChangedRate]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: an area, those below it, what changed, where to go."""

    id: int
    name: str | None
    kind: str
    code: str | None
    shape: Any
    without: int
    """Known employees of units without a union."""
    rates: Sequence[RateLine]
    apart: Mapping[str, int]
    """Units that are set apart, by reason; `employees` of them."""
    children: Sequence[ChildLine]
    child_kind: str | None
    clusters: Sequence[ClusterLine]
    """Those that lie in it, the most pressing first."""
    change: Change | None


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Everything a bulletin shows. `whole` is the page of everything together, which a booklet
    begins with; `measure` names the rate that maps and rankings are by."""

    measure: str
    sheets: Sequence[Sheet]
    whole: Sheet | None
    editions: Sequence[EditionLine]
    as_of: date
    printed_on: date
    earlier: EditionLine | None
    small_denominator: int
    issuer: str | None = None
    attribution: str | None = None
    approval_number: str | None = None
    notice: Both | None = None
