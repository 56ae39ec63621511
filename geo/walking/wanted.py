"""What a person asks of a station, checked once and then compared as one value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from geo.errors import Invalid
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.walking.prepared import DEFAULT_CAP_METRES

OpenRule = Literal["arrival", "any"] | datetime
MOST = 50
CAP_METRES = 5000.0
LONGEST_STAY = 240
OFFERED_ACCESS = ("public", "unknown")
"""Who is let in where nothing else is asked for: everyone, and where nobody said who; the answer
tells which. Stations for members or a host's own staff only when asked for."""


class Wanted(NamedTuple):
    """What a station must be, and when.

    Attributes:
        k: how many stations.
        max_metres: not farther than this.
        kinds: any of these; none means all.
        services: all of these.
        access: any of these.
        min_grade: at least so many stars; 0: whatever.
        open_rule: `arrival`: open when one gets there; a time: open then; `any`: whatever the
            hours, which are then only told. Hours that are not known pass only `any`.
        stay_minutes: open for at least so long after that.
    """

    k: int = 5
    max_metres: float = DEFAULT_CAP_METRES
    kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    access: tuple[str, ...] = OFFERED_ACCESS
    min_grade: int = 0
    open_rule: OpenRule = "arrival"
    stay_minutes: int = 0

    @property
    def only_open(self) -> bool:
        """Whether closed stations are left out."""
        return self.open_rule != "any"

    @property
    def on_arrival(self) -> bool:
        """Whether a station is asked for the moment one gets there, not for one moment for all."""
        return not isinstance(self.open_rule, datetime)

    def arrival(self, moment: datetime, seconds: float) -> datetime:
        """The moment that counts for a station so many seconds away."""
        return moment + timedelta(seconds=seconds) if self.on_arrival else moment


def wanted(
    *,
    k: int = 5,
    max_metres: float = DEFAULT_CAP_METRES,
    kinds: Sequence[str] = (),
    services: Sequence[str] = (),
    access: Sequence[str] = OFFERED_ACCESS,
    min_grade: int = 0,
    open_rule: OpenRule = "arrival",
    stay_minutes: int = 0,
) -> Wanted:
    """What is asked, checked; see :class:`Wanted`.

    Raises:
        Invalid: a value out of range, or a kind, service, access or rule that does not exist.
    """
    if not isinstance(open_rule, datetime) and open_rule not in ("arrival", "any"):
        raise Invalid(
            f"没有开放规则“{str(open_rule)[:60]}”。 '{str(open_rule)[:60]}' is no rule for opening "
            "hours.",
            remedy="可用 / use arrival, any, or a time such as 2026-11-21T12:40.",
            field="open",
        )
    _check_words("kinds", kinds, STATION_KINDS)
    _check_words("services", services, SERVICES)
    _check_words("access", access, ACCESS)
    _check_range("k", k, 1, MOST)
    _check_range("min_grade", min_grade, 0, 5)
    _check_range("stay", stay_minutes, 0, LONGEST_STAY)
    if not 0 < max_metres <= CAP_METRES:
        raise Invalid(
            f"max_m 是 {max_metres:g}。 max_m is {max_metres:g}.",
            remedy=f"大于 0，至多 {CAP_METRES:.0f} 米。 More than 0 and at most {CAP_METRES:.0f} "
            "metres.",
            field="max_m",
        )
    return Wanted(
        k,
        float(max_metres),
        tuple(sorted(set(kinds))),
        tuple(sorted(set(services))),
        tuple(sorted(set(access))),
        min_grade,
        open_rule,
        stay_minutes,
    )


def _check_words(field: str, words: Sequence[str], known: Sequence[str]) -> None:
    for word in words:
        if word not in known:
            raise Invalid(
                f"{field} 中没有“{word[:60]}”。 '{word[:60]}' is not one of the {field}.",
                remedy=f"可用 / use {', '.join(known)}.",
                field=field,
            )


def _check_range(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(
            f"{field} 是 {value}。 {field} is {value}.",
            remedy=f"{least} 到 {most}。 Give {least} to {most}.",
            field=field,
        )
