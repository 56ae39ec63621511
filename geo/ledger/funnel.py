"""What came of the talks: the ledger as a funnel, for an area with all areas in it.

Talks are held with enterprises and with workers; of the enterprises talked to some have no union,
of these some agree to found one, and some do; workers sign up. Each count is the sum over the
entries that state it, with how many do; each conversion divides sums over the same entries, those
that state both, so that a blank cell makes no rate too high or too low.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geo import editions
from geo.coverage.definitions import Parts
from geo.coverage.share import Share, share_of
from geo.database import Reader
from geo.errors import Invalid, NotFound
from geo.ledger.book import COUNTS
from geo.ledger.places import Places, load_places
from geo.schema.areas import AREA_KINDS, DIVISION_KINDS
from geo.settings import Settings

CONVERSIONS: Mapping[str, tuple[str, str]] = {
    "without_union": ("without_union", "enterprises"),
    "agreed": ("agreed", "without_union"),
    "founded_of_agreed": ("founded", "agreed"),
    "founded": ("founded", "without_union"),
}
"""Numerator and denominator of each. `agreed` is what the yearly reports call the conversion."""


@dataclass(frozen=True)
class Counted:
    """A sum over the entries that state it; None where none does, which is not 0."""

    value: int | None
    entries: int


@dataclass(frozen=True)
class Funnel:
    """What was counted over some entries of the ledger, and what came of it.

    `talks` are talks with enterprises and with workers together. `conversions` are named as in
    :data:`CONVERSIONS`; a share above 1 (more unions founded than enterprises talked to at the
    time) has no interval.
    """

    entries: int
    first_day: date | None
    last_day: date | None
    talks: Counted
    counts: Mapping[str, Counted]
    conversions: Mapping[str, Share]


@dataclass(frozen=True)
class AreaFunnel:
    """The funnel of an area with all areas in it."""

    id: int
    name: str | None
    kind: str
    code: str | None
    parent_id: int | None
    funnel: Funnel


@dataclass(frozen=True)
class LedgerAnswer:
    """The ledger of an area (or all of it), of the areas below, and month by month.

    `listed_kind` is the kind of `areas`, those that have entries, by id. `elsewhere` are the
    entries that lie in none of them, such as a district's own; `unplaced` how many name a place
    that no area in force is called by (they count in the whole ledger only), with the names that
    occur most.
    """

    area: AreaFunnel | None
    whole: Funnel
    listed_kind: str | None
    areas: list[AreaFunnel]
    more: bool
    elsewhere: Funnel
    months: dict[str, Funnel]
    unplaced: int
    unplaced_names: dict[str, int]
    area_edition: int | None


def funnel(
    reader: Reader,
    settings: Settings,
    *,
    area_id: int | None = None,
    kind: str | None = None,
    since: date | None = None,
    until: date | None = None,
    after: int = -1,
    limit: int = 100,
) -> LedgerAnswer:
    """The funnel of an area and a page of the areas in it.

    Args:
        reader: the transaction.
        settings: what denominators are small.
        area_id: of the active edition; without it, the whole ledger.
        kind: of the areas to list; by default the division below, or districts.
        since, until: first and last day, both included.
        after: list only areas with greater ids.
        limit: how many at most.

    Raises:
        Invalid: no such kind, or the first day is behind the last.
        NotFound: there is no such area.

    Cost: one pass over the entries of those days in SQL, some 0.1 s for 100,000.
    """
    if kind is not None and kind not in AREA_KINDS:
        raise Invalid(
            f"'{kind}' is not a kind of area.",
            remedy=f"Use one of {', '.join(AREA_KINDS)}.",
            field="kind",
        )
    if since is not None and until is not None and since > until:
        raise Invalid(
            f"起始日期{since}晚于截止日期{until}。 {since} is behind {until}.",
            remedy="请调换两个日期。 Change them round.",
            field="from",
        )
    edition = editions.active(reader, "areas")
    places = load_places(reader, None if edition is None else edition.id)
    at = None if area_id is None else _require(places, area_id, edition)
    groups = _read(reader, since, until)
    chains = {
        place: () if position is None else tuple(places.chain(position))
        for place in {(group.division, group.area_code) for group in groups}
        for position in (places.find(*place),)
    }
    inside = [
        group for group in groups if at is None or at in chains[group.division, group.area_code]
    ]
    listed = kind if kind is not None else _below(places, at)
    of_area: dict[int, list[Any]] = {}
    elsewhere = []
    for group in inside:
        holders = [
            position
            for position in chains[group.division, group.area_code]
            if places.kinds[position] == listed and position != at
        ]
        if holders:
            of_area.setdefault(holders[0], []).append(group)
        else:
            elsewhere.append(group)
    page = sorted(position for position in of_area if places.ids[position] > after)
    by_month: dict[str, list[Any]] = {}
    for group in inside:
        by_month.setdefault(group.month, []).append(group)
    unplaced = [group for group in groups if not chains[group.division, group.area_code]]
    return LedgerAnswer(
        area=None if at is None else _of_area(places, at, inside, settings),
        whole=_sum(groups, settings),
        listed_kind=listed,
        areas=[
            _of_area(places, position, of_area[position], settings) for position in page[:limit]
        ],
        more=len(page) > limit,
        elsewhere=_sum(elsewhere, settings),
        months={month: _sum(by_month[month], settings) for month in sorted(by_month)},
        unplaced=sum(group.entries for group in unplaced),
        unplaced_names=_most(unplaced),
        area_edition=None if edition is None else edition.id,
    )


def _require(places: Places, area_id: int, edition: editions.EditionFacts | None) -> int:
    position = places.position(area_id)
    if position is None:
        which = "无现行区域" if edition is None else f"现行区域版本{edition.id}中"
        raise NotFound(
            f"{which}没有区域{area_id}。 There is no area {area_id} in force.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="area_id",
        )
    return position


def _below(places: Places, at: int | None) -> str | None:
    """The kind that is listed when none is said: the next division that there is."""
    kinds = set(places.kinds)
    if at is None:
        wanted: Sequence[str] = DIVISION_KINDS[2:]
    elif places.kinds[at] in DIVISION_KINDS:
        wanted = DIVISION_KINDS[DIVISION_KINDS.index(places.kinds[at]) + 1 :]
    else:
        wanted = ()
    return next((kind for kind in wanted if kind in kinds), None)


def _read(reader: Reader, since: date | None, until: date | None) -> Sequence[Any]:
    """The entries of some days, summed by place and month."""
    sums = [f"sum({name})::bigint AS {name}, count({name}) AS {name}_entries" for name in COUNTS]
    for name, (part, whole) in CONVERSIONS.items():
        both = f"FILTER (WHERE {part} IS NOT NULL AND {whole} IS NOT NULL)"
        sums += [
            f"coalesce(sum({part}) {both}, 0)::bigint AS {name}_of",
            f"coalesce(sum({whole}) {both}, 0)::bigint AS {name}_in",
            f"count(*) {both} AS {name}_both",
        ]
    talks = "coalesce(enterprise_talks, worker_talks) IS NOT NULL"
    return reader.all(
        "SELECT division, area_code, to_char(day, 'YYYY-MM') AS month, count(*) AS entries, "
        f"min(day) AS first_day, max(day) AS last_day, {', '.join(sums)}, "
        f"count(*) FILTER (WHERE {talks}) AS talks_entries FROM ledger_entry "
        "WHERE (CAST(:since AS date) IS NULL OR day >= :since) "
        "AND (CAST(:until AS date) IS NULL OR day <= :until) GROUP BY 1, 2, 3",
        since=since,
        until=until,
    )


def _of_area(
    places: Places, position: int, groups: Sequence[Any], settings: Settings
) -> AreaFunnel:
    parent = int(places.parents[position])
    return AreaFunnel(
        id=places.ids[position],
        name=places.names[position],
        kind=places.kinds[position],
        code=places.codes[position],
        parent_id=None if parent < 0 else places.ids[parent],
        funnel=_sum(groups, settings),
    )


def _sum(groups: Sequence[Any], settings: Settings) -> Funnel:
    def total(name: str) -> int:
        return sum(getattr(group, name) or 0 for group in groups)

    entries = total("entries")
    counts = {
        name: Counted(total(name) if stating else None, stating)
        for name in COUNTS
        for stating in (total(f"{name}_entries"),)
    }
    talks = total("talks_entries")
    return Funnel(
        entries=entries,
        first_day=min((group.first_day for group in groups), default=None),
        last_day=max((group.last_day for group in groups), default=None),
        talks=Counted(total("enterprise_talks") + total("worker_talks") if talks else None, talks),
        counts=counts,
        conversions={
            name: share_of(
                Parts(
                    total(f"{name}_of"),
                    total(f"{name}_in"),
                    entries - total(f"{name}_both"),
                    entries,
                ),
                settings,
            )
            for name in CONVERSIONS
        },
    )


def _most(groups: Iterable[Any], shown: int = 20) -> dict[str, int]:
    counted: dict[str, int] = {}
    for group in groups:
        counted[group.division] = counted.get(group.division, 0) + group.entries
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:shown])
