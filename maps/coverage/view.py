"""What a coverage map is given: plain values, no database, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from maps.editions import EditionLine
from maps.texts import Both


class RateLike(Protocol):
    """A rate with everything that must travel with it."""

    @property
    def value(self) -> float | None:
        """A share of one; None for no data."""

    @property
    def numerator(self) -> int:
        """What has it."""

    @property
    def denominator(self) -> int:
        """What could have it; 0 means no data."""

    @property
    def scope(self) -> str:
        """What is counted, in English."""

    @property
    def scope_zh(self) -> str:
        """What is counted, in Chinese."""

    @property
    def edition_id(self) -> int | None:
        """Edition of the data it was counted from."""

    @property
    def as_of(self) -> date | None:
        """Date it speaks for."""

    @property
    def missing_share(self) -> float | None:
        """Share of units that did not state what it needs."""

    @property
    def small_denominator(self) -> bool:
        """Whether chance moves it more than facts do."""

    @property
    def target(self) -> float | None:
        """The share to reach."""

    @property
    def low(self) -> float | None:
        """Lower bound of its interval."""

    @property
    def high(self) -> float | None:
        """Upper bound of its interval."""

    @property
    def shrunk(self) -> float | None:
        """Its value for ranking: drawn to what is usual where it rests on few."""

    @property
    def gap(self) -> int | None:
        """Units or people missing to the target."""

    @property
    def target_source(self) -> str | None:
        """Who set the target, in English."""

    @property
    def target_source_zh(self) -> str | None:
        """Who set the target, in Chinese."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The plainest `RateLike`."""

    value: float | None
    numerator: int
    denominator: int
    scope: str = ""
    scope_zh: str = ""
    edition_id: int | None = None
    as_of: date | None = None
    missing_share: float | None = None
    small_denominator: bool = False
    target: float | None = None
    low: float | None = None
    high: float | None = None
    shrunk: float | None = None
    gap: int | None = None
    target_source: str | None = None
    target_source_zh: str | None = None


@dataclass(frozen=True, slots=True)
class AreaMark:
    """An area: `kind` of `geo.schema.areas.AREA_KINDS`; `geometry` a shapely (Multi)Polygon in
    WGS 84 or None; `rank` its place by the shrunk rate, 1 the highest."""

    id: int
    name: str | None
    kind: str
    geometry: Any
    rate: RateLike
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class StationMark:
    """A station in WGS 84 degrees, or without a place. `state`: open, closed, limited, moved or
    unknown."""

    id: int
    name: str | None
    kind: str
    lon: float | None
    lat: float | None
    hours_text: str | None = None
    state: str = "unknown"


@dataclass(frozen=True, slots=True)
class ClusterMark:
    """A cluster of enterprises without a union: `outline` a shapely Polygon in WGS 84 or None.
    `share_text` says in words how the share compares, as data or in both languages; `place` is the
    name of the area it lies in; `tier` (confirmed, to_check) how sure it is."""

    id: int
    outline: Any
    units: int
    employees: int
    units_25: int
    share_text: str | Both | None = None
    name: str | None = None
    place: str | None = None
    tier: str = "confirmed"


@dataclass(frozen=True, slots=True)
class CoverageView:
    """Everything the coverage map shows. `measure` names the rate (`establishment`, …: the keys of
    section `measure` in texts.toml; another name is shown as it is). `total` is the same rate for
    the whole, which is not the sum of areas that overlap. `set_apart` counts the units that no
    rate holds: mass_registration, dormant, closed, and their employees."""

    title: str | Both
    measure: str
    areas: Sequence[AreaMark] = ()
    stations: Sequence[StationMark] = ()
    clusters: Sequence[ClusterMark] = ()
    editions: Sequence[EditionLine] = ()
    total: RateLike | None = None
    notice: Both | None = None
    attribution: Both | None = None
    approval_number: str | None = None
    made_at: date | None = None
    set_apart: Mapping[str, int] = field(default_factory=dict)
