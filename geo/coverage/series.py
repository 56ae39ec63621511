"""A rate of an area over all editions of enterprises, by the day each speaks for.

Editions that were in force are points as well as the one that is; drafts and discarded ones are
not. Of several editions of one day the one in force, else the last, is the point; the others are
named. All are counted within the borders in force (:mod:`geo.coverage.past`), so that a reform of
divisions makes nothing jump; an area that was formed later says so. Where a point has no value, it
has a reason instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geo import editions
from geo.coverage.definitions import RATES, RateDefinition
from geo.coverage.forecast import Forecast, end_of_year, forecast
from geo.coverage.listed import Listed, everything, list_areas
from geo.coverage.past import series_points
from geo.coverage.places import whole_region
from geo.coverage.share import Share, share_of
from geo.coverage.targets import Targets, read_targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid
from geo.settings import Settings

REASONS = {
    "no_border": (
        "该区域没有边界，也没有下级区域，无法归属单位",
        "the area has neither a boundary nor areas below it, so no unit can be placed in it",
    ),
    "no_units": ("该版本没有单位位于该区域", "no unit of this edition lies in the area"),
    "all_apart": (
        "该版本在该区域的单位均已另计（集群注册、歇业、注销）",
        "all units of this edition in the area are set apart (mass registrations, dormant, closed)",
    ),
    "not_stated": (
        "该区域的单位没有填报这一指标所需的数据",
        "no unit there states what this rate needs",
    ),
    "not_laid": ("该版本尚未按现行区域统计", "not yet counted over the areas in force"),
}
NOTES = {
    "superseded": (
        "同一日期有多个版本：版本{left}未列出。",
        "Several editions speak for one day: editions {left} are not shown.",
    ),
    "later": (
        "版本{later}的日期晚于现行版本；如系误导入，请废弃（`nuanyi editions discard`）。",
        "Editions {later} are of a later day than the one in force; discard them if mistaken.",
    ),
    "formed": (
        "{n}个区域在最早版本之后才设立（前身代码见predecessor_code）；此前各点按今天的边界倒算。",
        "{n} areas were formed later than some points (from predecessor_code): today's borders.",
    ),
    "changed_since": (
        "现行版本的点含启用后登记的{n}项工会变更。",
        "The point of the edition in force holds {n} changes of unions noted since.",
    ),
}


@dataclass(frozen=True)
class Point:
    """One edition. Without data `share.value` is None and `reason` says why; `share` itself is None
    where nothing was counted. `formed_later`: the area was formed only afterwards."""

    edition_id: int
    as_of: date
    state: str
    share: Share | None
    reason: tuple[str, str] | None
    formed_later: bool


@dataclass(frozen=True)
class Series:
    """The points of one area, by day, and where they go."""

    area: Listed
    points: list[Point]
    forecast: Forecast


@dataclass(frozen=True)
class SeriesAnswer:
    """The series of a page of areas; `region` is the one whose thresholds say what the rate is."""

    definition: RateDefinition
    region: str | None
    area_edition: EditionFacts
    editions: list[EditionFacts]
    left_out: list[EditionFacts]
    series: list[Series]
    more: bool
    notes: list[tuple[str, str]]


def series(
    reader: Reader,
    settings: Settings,
    *,
    measure: str = "establishment",
    kind: str | None = None,
    area_id: int | None = None,
    parent_id: int | None = None,
    target_date: date | None = None,
    after: int | None = None,
    limit: int = 100,
) -> SeriesAnswer:
    """A rate over time: of one area, of a page of areas of a kind by code, or of everything.

    Args:
        reader: the transaction.
        settings: targets, and what denominators are small.
        measure: a name of :data:`geo.coverage.definitions.RATES`.
        kind: of the areas; without it, and without `area_id`, everything together.
        area_id, parent_id, after, limit: which areas; see
            :func:`geo.coverage.listed.list_areas`.
        target_date: what forecasts look at; by default the end of the year of the last edition.

    Raises:
        Invalid: no such measure or kind.
        NotFound: no edition of areas or enterprises is active, or there is no such area.
    """
    if measure not in RATES:
        raise Invalid(
            f"'{measure}' is not a rate.", remedy=f"Use one of {', '.join(RATES)}.", field="measure"
        )
    active = editions.require_active(reader, "enterprises")
    areas = editions.require_active(reader, "areas")
    points, left_out = series_points(reader)
    page, more = [everything(reader, areas)], False
    if area_id is not None or kind is not None:
        page, more = list_areas(
            reader,
            areas,
            kind or "subdistrict",
            area_id=area_id,
            parent_id=parent_id,
            after=after,
            limit=limit,
        )
    counts = _counts(reader, RATES[measure], points, areas, [area.id for area in page])
    day = target_date or end_of_year(max(facts.as_of for facts in points))
    targets = read_targets(settings)
    found = [_series(area, RATES[measure], points, counts, settings, targets, day) for area in page]
    return SeriesAnswer(
        definition=RATES[measure],
        region=page[0].region if len(page) == 1 else whole_region(reader, areas.id),
        area_edition=areas,
        editions=points,
        left_out=left_out,
        series=found,
        more=more,
        notes=_notes(reader, active, points, left_out, found),
    )


def _counts(
    reader: Reader,
    definition: RateDefinition,
    points: Sequence[EditionFacts],
    areas: EditionFacts,
    ids: Sequence[int],
) -> dict[tuple[int, int], Mapping[str, int]]:
    """What the rate is made of, by edition and area."""
    used = (
        definition.numerator,
        definition.denominator,
        definition.less,
        definition.left_out,
        definition.whole,
    )
    names = sorted(
        {
            *(name for group in used for name in group),
            *("units", "units_mass_registration", "units_dormant", "units_closed"),
        }
    )
    rows = reader.all(
        f"SELECT s.edition_id, f.area_id, {', '.join(f'f.{name}' for name in names)} "
        "FROM assignment s JOIN area_figures f ON f.assignment_id = s.id "
        "WHERE s.area_edition_id = :areas AND s.edition_id = ANY(:editions) "
        "AND f.area_id = ANY(:ids)",
        areas=areas.id,
        editions=[facts.id for facts in points],
        ids=list(ids),
    )
    return {
        (row.edition_id, row.area_id): {name: int(getattr(row, name)) for name in names}
        for row in rows
    }


def _series(
    area: Listed,
    definition: RateDefinition,
    editions_: Sequence[EditionFacts],
    counts: Mapping[tuple[int, int], Mapping[str, int]],
    settings: Settings,
    targets: Targets,
    target_date: date,
) -> Series:
    points = [
        _point(area, definition, facts, counts.get((facts.id, area.id)), settings)
        for facts in editions_
    ]
    target = targets.of(area.region).targets.get(definition.target or "")
    return Series(
        area=area,
        points=points,
        forecast=forecast(
            [point.as_of for point in points],
            [None if point.share is None else point.share.value for point in points],
            target=None if target is None else target.value,
            target_date=target_date,
        ),
    )


def _point(
    area: Listed,
    definition: RateDefinition,
    facts: EditionFacts,
    counts: Mapping[str, int] | None,
    settings: Settings,
) -> Point:
    share = None if counts is None else share_of(definition.parts(counts), settings)
    reason = None
    if share is None or counts is None or share.value is None:
        apart = counts and (
            counts["units_mass_registration"] + counts["units_dormant"] + counts["units_closed"]
        )
        if not area.holds:
            reason = REASONS["no_border"]
        elif counts is None:
            reason = REASONS["not_laid"]
        elif counts["units"]:
            reason = REASONS["not_stated"]
        else:
            reason = REASONS["all_apart" if apart else "no_units"]
    return Point(
        edition_id=facts.id,
        as_of=facts.as_of,
        state=facts.state,
        share=share,
        reason=reason,
        formed_later=area.formed_after(facts.as_of),
    )


def _notes(
    reader: Reader,
    active: EditionFacts,
    points: Sequence[EditionFacts],
    left_out: Sequence[EditionFacts],
    found: Sequence[Series],
) -> list[tuple[str, str]]:
    told: list[tuple[str, dict[str, Any]]] = []
    if left_out:
        told.append(("superseded", {"left": ", ".join(str(one.id) for one in left_out)}))
    later = [one.id for one in points if one.as_of > active.as_of]
    if later:
        told.append(("later", {"later": ", ".join(str(number) for number in later)}))
    formed = sum(any(point.formed_later for point in one.points) for one in found)
    if formed:
        told.append(("formed", {"n": formed}))
    since = reader.scalar(
        "SELECT count(DISTINCT enterprise_id) FROM union_change "
        "WHERE revoked_at IS NULL AND since >= :day",
        day=active.as_of,
    )
    if since:
        told.append(("changed_since", {"n": int(since)}))
    return [
        (NOTES[name][0].format(**values), NOTES[name][1].format(**values)) for name, values in told
    ]
