"""What was counted, as the lines of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.clusters.find import ClusterFacts
from geo.clusters.forms import Advice
from geo.coverage.compare import AreaChangeFacts
from geo.coverage.definitions import RATES
from geo.coverage.ranking import ranks
from geo.coverage.rates import AreaCoverage, Rate
from geo.coverage.targets import Regional
from maps.bulletin.tree import Tree
from maps.bulletin.view import (
    Change,
    ChangedRate,
    ChangeFact,
    ChildLine,
    ClusterLine,
    RateLine,
    Sheet,
)
from maps.editions import EditionLine
from maps.texts import Both, both

MEASURE = "establishment"
CHANGED = (MEASURE, "membership_unionised")
"""Rates whose change is told on the page."""


@dataclass(frozen=True)
class Below:
    """The areas of a kind that a page ranks, and their ranks among each other."""

    kind: str | None
    areas: Sequence[tuple[AreaCoverage, int | None]]


def below_of(kind: str | None, areas: Sequence[AreaCoverage]) -> Below:
    """Areas of a kind, ranked among each other by the shrunk value of what is ranked by."""
    shrunk = [one.rates[MEASURE].shrunk for one in areas]
    values = np.array([np.nan if one is None else one for one in shrunk], dtype=np.float64)
    places = ranks(values).tolist()
    return Below(kind, list(zip(areas, (place or None for place in places), strict=True)))


def sheet_of(
    own: AreaCoverage,
    below: Below,
    tree: Tree,
    clusters: Sequence[tuple[ClusterFacts, Advice | None]],
    change: Change | None,
    region: Regional,
) -> Sheet:
    """One page: an area, those below it, the clusters in it, what became of it."""
    numbers = region.numbers
    return Sheet(
        id=own.id,
        name=own.name,
        kind=own.kind,
        code=own.code,
        shape=tree.shapes.get(own.id),
        without=own.figures["employees_without_union"],
        rates=[rate_line(rate, numbers) for rate in own.rates.values()],
        apart=own.set_apart,
        children=[_child(area, rank, tree, numbers) for area, rank in below.areas],
        child_kind=below.kind,
        clusters=[_cluster(one, advised, tree) for one, advised in clusters],
        change=change,
    )


def order(clusters: Sequence[ClusterFacts]) -> list[ClusterFacts]:
    """The surest first, then the most employees."""
    return sorted(clusters, key=lambda one: (one.tier != "confirmed", -one.employees, one.id))


def rate_line(rate: Rate, numbers: Mapping[str, int]) -> RateLine:
    """A rate as it is printed; `numbers` are the thresholds of its region."""
    definition = RATES[rate.name]
    told = definition.told(numbers)
    source = None
    if rate.target_source or rate.target_source_zh:
        zh, en = rate.target_source_zh or "", rate.target_source or ""
        source = Both(zh or en, en or zh)
    return RateLine(
        name=rate.name,
        title=Both(told["title_zh"], told["title"]),
        scope=Both(
            definition.scope_zh_text.format(**numbers), definition.scope_text.format(**numbers)
        ),
        value=rate.value,
        numerator=rate.numerator,
        denominator=rate.denominator,
        low=rate.low,
        high=rate.high,
        shrunk=rate.shrunk,
        missing_share=rate.missing_share,
        small=rate.small_denominator,
        target=rate.target,
        target_source=source,
        gap=rate.gap,
        people=definition.counts == "people",
    )


def _child(
    area: AreaCoverage, rank: int | None, tree: Tree, numbers: Mapping[str, int]
) -> ChildLine:
    rates = {name: rate_line(rate, numbers) for name, rate in area.rates.items()}
    without = area.figures["employees_without_union"]
    return ChildLine(
        id=area.id,
        name=area.name,
        kind=area.kind,
        code=area.code,
        shape=tree.shapes.get(area.id),
        rates=rates,
        rank=rank,
        without=without,
        workers=None if area.figures["units"] == 0 else without,
    )


def _cluster(one: ClusterFacts, advised: Advice | None, tree: Tree) -> ClusterLine:
    facts = ClusterLine(
        id=one.id,
        place=one.place or _somewhere(one, tree),
        sure=one.tier == "confirmed",
        shape=one.outline,
        units=one.units,
        units_25=one.units_25,
        employees=one.employees,
        sentence=both(
            "bulletin.cluster_share", share=f"{one.share:.0%}", usual=f"{one.expected_share:.0%}"
        ),
        form=None,
    )
    if advised is None:
        return facts
    form = advised.form
    return replace(
        facts,
        sentence=Both(*advised.sentence),
        form=Both(*form.title),
        duty=_duty(form.upper_union.name, form.seat.name if form.seat else None),
        reason=Both(*form.reason),
        law=Both(*form.law),
    )


def _somewhere(one: ClusterFacts, tree: Tree) -> str | None:
    """The subdistrict of a place without a name."""
    node = tree.nodes.get(one.subdistrict_id or 0)
    return None if node is None else node.name


def _duty(upper: str | None, seat: str | None) -> Both | None:
    parts = [
        both(f"bulletin.{key}", name=name)
        for key, name in (("upper", upper), ("seat", seat))
        if name
    ]
    if not parts:
        return None
    return Both("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


def change_of(facts: AreaChangeFacts, since: EditionLine) -> Change:
    """What became of an area, in the numbers that are printed."""
    counts = facts.counts

    def total(*names: str) -> int:
        return sum(counts.get(name, 0) for name in names)

    numbers: list[tuple[str, int, bool]] = [
        ("unions_founded", total("unions_founded"), False),
        ("newly_covered", total("newly_own", "newly_joint", "newly_known"), False),
        ("lost", total("lost_union"), False),
        ("members", total("members_after") - total("members_before"), True),
        ("appeared", total("appeared"), False),
        ("closed", total("closed", "unlisted"), False),
        ("moved_in", total("moved_in"), False),
        ("moved_out", total("moved_out"), False),
    ]
    return Change(
        since=since,
        facts=[
            ChangeFact(name, both(f"bulletin.fact_{name}"), value, signed)
            for name, value, signed in numbers
        ],
        rates=[
            ChangedRate(
                name,
                both(f"measure.{name}"),
                facts.rates[name].before.value,
                facts.rates[name].after.value,
                facts.rates[name].real,
            )
            for name in CHANGED
        ],
    )
