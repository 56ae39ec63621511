"""What changed between two editions of enterprises, area by area.

Real change (a union founded, members won) is told apart from moves (the same unit, elsewhere), from
units that appeared, closed or left the list, and from units that were set apart: see
:mod:`geo.coverage.joined`, whose parts add up exactly. A pair is counted once, over the areas in
force, and read from `area_change` afterwards.

The change of a rate is split in two. *Real*: what the units in both editions changed, at the mean
of the weight they have in the two denominators. *Composition*: the rest, from units that came, went
or weigh more or less than before. With w the share that the units in both have of the denominator
and r their rate: real = mean(w) · Δr, composition = the whole change − real; see Griliches & Regev
(1995), "Firm productivity in Israeli industry 1979–1988", J. Econometrics 65: 175–203.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo.coverage.definitions import RATES, Parts, RateDefinition
from geo.coverage.figures import WHOLE
from geo.coverage.listed import Listed, everything, list_areas
from geo.coverage.pairs import COLUMNS, MARK, OF_PAIR, Pair
from geo.coverage.share import Share, share_of
from geo.coverage.targets import read_targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import NotFound
from geo.settings import Settings

NOTES = {
    "reversed": (
        "“from”的日期晚于“to”：变化按从后往前计算。",
        "“from” is the later of the two: the change runs backwards.",
    ),
    "disjoint": (
        "两个版本没有同一单位：统一社会信用代码（或名称、地址）无一相同，无法区分真实变化与名单变化。",
        "No unit stands in both editions, so real change cannot be told from another list.",
    ),
    "few": (
        "其中一个版本不足30个单位，变化只作参考。",
        "One of the editions has fewer than 30 units: take the change with care.",
    ),
    "changed_since": (
        "版本{id}启用后另登记了{n}项工会变更，未计入比较（比较只按名册原文）。",
        "{n} changes of unions noted since edition {id} are not in it: editions as they stand.",
    ),
    "borders": (
        "各版本均按现行边界统计；{n}个区域在版本{id}之后才设立，其数字是按今天的边界倒算的。",
        "Counted within today's borders; {n} areas were formed only after edition {id}.",
    ),
}


@dataclass(frozen=True)
class RateChange:
    """How a rate changed. `real` + `composition` = `change`; all None where either has no data.
    `both_before` and `both_after` are the rate over the units in both editions alone."""

    name: str
    scope: str
    scope_zh: str
    before: Share
    after: Share
    both_before: float | None
    both_after: float | None
    change: float | None
    real: float | None
    composition: float | None


@dataclass(frozen=True)
class AreaChangeFacts:
    """What became of one area; `counts` are those of :func:`geo.coverage.joined.changes`, without
    those that are 0. `formed_later`: it was formed only after the earlier edition, which is counted
    within its borders all the same."""

    area: Listed
    formed_later: bool
    counts: Mapping[str, int]
    rates: Mapping[str, RateChange]


@dataclass(frozen=True)
class ChangeAnswer:
    """The change of a page of areas, and of everything together."""

    before: EditionFacts
    after: EditionFacts
    area_edition: EditionFacts
    whole: AreaChangeFacts
    areas: list[AreaChangeFacts]
    more: bool
    notes: list[tuple[str, str]]
    """Chinese, English."""


def compare(
    reader: Reader,
    pair: Pair,
    settings: Settings,
    *,
    kind: str = "subdistrict",
    area_id: int | None = None,
    parent_id: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> ChangeAnswer:
    """The change between two editions that have been counted, for a page of areas by code.

    Args:
        reader: the transaction.
        pair: of :func:`geo.coverage.pairs.find_pair`.
        settings: what denominators are small, and the thresholds of regions.
        kind, area_id, parent_id, after, limit: which areas; see
            :func:`geo.coverage.listed.list_areas`.

    Raises:
        Invalid: no such kind of area, or `after` is none of the list.
        NotFound: the pair has not been counted, or there is no such area.
    """
    whole = _counts(reader, pair, [WHOLE]).get(WHOLE)
    if whole is None:
        raise NotFound(
            f"版本{pair.before.id}与{pair.after.id}尚未比较。 Editions {pair.before.id} and "
            f"{pair.after.id} have not been compared.",
            remedy=f"`nuanyi coverage compare {pair.before.id} {pair.after.id}`",
        )
    page, more = list_areas(
        reader,
        pair.area_edition,
        kind,
        area_id=area_id,
        parent_id=parent_id,
        after=after,
        limit=limit,
    )
    counts = _counts(reader, pair, [area.id for area in page])
    targets = read_targets(settings)
    earlier = min(pair.before.as_of, pair.after.as_of)

    def facts(area: Listed, of_area: Mapping[str, int]) -> AreaChangeFacts:
        numbers = targets.of(area.region).numbers
        rates = {name: _rate(one, of_area, settings, numbers) for name, one in RATES.items()}
        return AreaChangeFacts(area, area.formed_after(earlier), of_area, rates)

    return ChangeAnswer(
        before=pair.before,
        after=pair.after,
        area_edition=pair.area_edition,
        whole=facts(everything(reader, pair.area_edition), whole),
        areas=[facts(area, counts.get(area.id, {})) for area in page],
        more=more,
        notes=_notes(reader, pair, whole),
    )


def _counts(reader: Reader, pair: Pair, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    rows = reader.all(
        f"SELECT c.area_id, c.counts {OF_PAIR} AND c.area_id = ANY(:ids)",
        **pair.parameters,
        ids=list(ids),
    )
    return {
        row.area_id: {str(name): int(n) for name, n in row.counts.items() if name != MARK}
        for row in rows
    }


def _rate(
    definition: RateDefinition,
    counts: Mapping[str, int],
    settings: Settings,
    numbers: Mapping[str, int],
) -> RateChange:
    def parts(prefix: str) -> Parts:
        return definition.parts({name: counts.get(f"{prefix}.{name}", 0) for name in COLUMNS})

    before, after = parts("before"), parts("after")
    both = parts("stayed_before"), parts("stayed_after")
    change, real = decompose(before, after, *both)
    told = definition.told(numbers)
    return RateChange(
        name=definition.name,
        scope=told["scope"],
        scope_zh=told["scope_zh"],
        before=share_of(before, settings),
        after=share_of(after, settings),
        both_before=_ratio(both[0]),
        both_after=_ratio(both[1]),
        change=change,
        real=real,
        composition=None if change is None or real is None else change - real,
    )


def decompose(
    before: Parts, after: Parts, both_before: Parts, both_after: Parts
) -> tuple[float | None, float | None]:
    """The change of a rate, and what of it the units in both editions made; see the module.

    (None, None) where either edition has no data. Where none of the units in both counts in one of
    the editions, all of the change is composition.
    """
    first, second = _ratio(before), _ratio(after)
    if first is None or second is None:
        return None, None
    of_both = _ratio(both_before), _ratio(both_after)
    if of_both[0] is None or of_both[1] is None:
        return second - first, 0.0
    weight = both_before.denominator / before.denominator
    weight += both_after.denominator / after.denominator
    return second - first, weight / 2 * (of_both[1] - of_both[0])


def _ratio(parts: Parts) -> float | None:
    return parts.numerator / parts.denominator if parts.denominator else None


def _notes(reader: Reader, pair: Pair, whole: Mapping[str, int]) -> list[tuple[str, str]]:
    found: list[tuple[str, dict[str, int]]] = []
    sizes = [
        whole.get(f"units_{side}", 0) + whole.get(f"set_apart_{side}", 0)
        for side in ("before", "after")
    ]
    if pair.before.as_of > pair.after.as_of:
        found.append(("reversed", {}))
    strangers = all(
        whole.get(flow, 0) == whole.get(side, 0)
        for flow, side in (("unlisted", "units_before"), ("appeared", "units_after"))
    )
    if strangers and all(sizes):
        found.append(("disjoint", {}))
    elif min(sizes) < 30:
        found.append(("few", {}))
    for facts in (pair.before, pair.after):
        since = facts.state == "active" and reader.scalar(
            "SELECT count(DISTINCT enterprise_id) FROM union_change "
            "WHERE revoked_at IS NULL AND since >= :day",
            day=facts.as_of,
        )
        if since:
            found.append(("changed_since", {"id": facts.id, "n": int(since)}))
    earlier = min(pair.before, pair.after, key=lambda facts: (facts.as_of, facts.id))
    formed = reader.scalar(
        "SELECT count(*) FROM area WHERE edition_id = :areas AND valid_from > :day",
        areas=pair.area_edition.id,
        day=earlier.as_of,
    )
    if formed:
        found.append(("borders", {"id": earlier.id, "n": int(formed)}))
    return [
        (NOTES[name][0].format(**values), NOTES[name][1].format(**values)) for name, values in found
    ]
