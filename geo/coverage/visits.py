"""Where to send people (蹲点): areas by the workers whose units have no union, each with a reason.

The gap in workers is the employees of units stated to have no union. Of each area one sentence says
what is fewest doors for most of them: its large units, if they hold a quarter of its gap; else its
obliged units, if they do; else that they are small, and how small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.coverage.definitions import SET_APART, SET_APART_ZH
from geo.coverage.rates import AreaCoverage, CoverageAnswer, area_rates
from geo.database import Reader
from geo.settings import Settings

GOOD_PART = 0.25
"""From this share of an area's gap on, its larger units are the reason."""
MEASURE = (
    f"缺口职工：明确未建会且已填职工数的单位的职工合计；{SET_APART_ZH}",
    "Gap in workers: the employees of units stated to have no union, where they state them; "
    + SET_APART,
)


@dataclass(frozen=True)
class Visit:
    """An area worth a visit.

    `gap_workers` are the employees of its units without a union, `share` their part of those of
    `of`: the area above it, or everything. `units_none` have no union; of these `units_25_none`
    and `units_100_none` state as many employees as their region calls obliged and large.
    """

    rank: int
    area: AreaCoverage
    of_id: int | None
    of_name: str | None
    gap_workers: int
    share: float | None
    units_none: int
    units_25_none: int
    units_100_none: int
    workers_25: int
    workers_100: int
    reason_zh: str
    reason_en: str


def visits(
    reader: Reader,
    kind: str,
    settings: Settings,
    *,
    parent_id: int | None = None,
    limit: int = 20,
) -> tuple[list[Visit], CoverageAnswer]:
    """The areas of a kind by their gap in workers, those with units without a union only.

    Args:
        reader: the transaction.
        kind: of the areas.
        settings: thresholds, and what denominators are small.
        parent_id: only areas below this one.
        limit: how many at most.

    Returns:
        The visits, the largest gap first; and the rates they were taken from.

    Raises:
        Invalid: no such kind of area.
        NotFound: no active edition of areas or enterprises; no such area.
    """
    answer = area_rates(reader, kind, settings, parent_id=parent_id)
    gap, units = answer.counts("employees_without_union"), answer.counts("units_none")
    # By workers, then by units; and by code where both are the same.
    order = np.lexsort((np.arange(len(gap)), -units, -gap))
    order = order[units[order] > 0][:limit]
    chosen = [answer.some(at, at + 1)[0] for at in order.tolist()]
    above = _above(reader, answer, {area.parent_id for area in chosen})
    return [_visit(number + 1, area, answer, above) for number, area in enumerate(chosen)], answer


def _above(
    reader: Reader, answer: CoverageAnswer, ids: set[int | None]
) -> dict[int | None, tuple[str | None, int]]:
    """Name and gap in workers of the areas above; of everything under None."""
    rows = reader.all(
        "SELECT a.id, a.name, f.employees_without_union AS gap FROM area a JOIN area_figures f "
        "ON f.area_id = a.id JOIN assignment s ON s.id = f.assignment_id "
        "AND s.edition_id = :enterprises AND s.area_edition_id = a.edition_id "
        "WHERE a.edition_id = :areas AND a.id = ANY(:ids)",
        enterprises=answer.enterprises.id,
        areas=answer.area_edition.id,
        ids=[one for one in ids if one is not None],
    )
    everything = int(answer.whole.figures["employees_without_union"])
    return {None: (None, everything), **{row.id: (row.name, int(row.gap)) for row in rows}}


def _visit(
    rank: int,
    area: AreaCoverage,
    answer: CoverageAnswer,
    above: dict[int | None, tuple[str | None, int]],
) -> Visit:
    figures = area.figures
    gap = figures["employees_without_union"]
    parent = area.parent_id if area.parent_id in above else None
    name, whole = above[parent]
    # Units that lie in two divisions above, or in none, may make it more than all.
    share = gap / whole if whole >= gap > 0 else None
    zh, en = reason(area, answer, name, whole)
    return Visit(
        rank=rank,
        area=area,
        of_id=parent,
        of_name=name,
        gap_workers=gap,
        share=share,
        units_none=figures["units_none"],
        units_25_none=figures["units_25_none"],
        units_100_none=figures["units_100_none"],
        workers_25=figures["employees_25_without_union"],
        workers_100=figures["employees_100_without_union"],
        reason_zh=zh,
        reason_en=en,
    )


def reason(
    area: AreaCoverage, answer: CoverageAnswer, above: str | None, whole: int
) -> tuple[str, str]:
    """Why to go there, in one sentence, Chinese and English.

    Args:
        area: with units without a union.
        answer: the rates it is from.
        above: the name of what its part is told of; None for everything.
        whole: the gap in workers of that.
    """
    figures, numbers = area.figures, answer.numbers(area)
    gap, none = figures["employees_without_union"], figures["units_none"]
    name = area.name or f"#{area.id}"
    of_zh, of_en = (above, above) if above else ("全域", "everything")
    if gap == 0:
        zh = f"{name}{none:,}家单位未建会，均未填职工数，缺口无法估计。"
        en = f"{name}: {none:,} without a union, none states its employees: no gap can be told."
        return zh, en
    for size, least in (("100", numbers["large"]), ("25", numbers["obliged"])):
        workers = figures[f"employees_{size}_without_union"]
        units = figures[f"units_{size}_none"]
        if workers >= GOOD_PART * gap:
            zh = f"{name}{units:,}家{_size_zh(least)}单位未建会，涉及职工{workers:,}人"
            en = (
                f"{name}: {units:,} unit{'s' * (units != 1)} with {least} employees or more "
                f"{'have' if units != 1 else 'has'} no union, {workers:,} employees"
            )
            break
    else:
        workers = gap
        least = numbers["obliged"]
        zh = f"{name}{none:,}家单位未建会，多为{least}人以下小微单位，涉及职工{gap:,}人"
        en = (
            f"{name}: {none:,} units without a union, mostly with fewer than {least} employees, "
            f"{gap:,} in all"
        )
    if whole >= workers:
        part = _percent(workers / whole)
        zh, en = f"{zh}，占{of_zh}缺口{part}", f"{en}, {part} of the gap of {of_en}"
    return f"{zh}。", f"{en}."


def _size_zh(least: int) -> str:
    return "百人以上" if least == 100 else f"{least}人以上"


def _percent(share: float) -> str:
    """A share as a person says it: whole per cent, but never 0 % or 100 % of what is not."""
    if share < 0.01:
        return f"{share:.1%}" if share >= 0.001 else "<0.1%"
    return "99%" if 0.99 < share < 1 else f"{share:.0%}"
