"""Union coverage as rates: never a bare number.

Each rate carries numerator, denominator, scope, the edition and date it speaks for, the share of
units left out because they did not state what it needs, a Wilson interval, and a mark where the
denominator is small. No denominator means *no data*, which is not 0 %.

Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
J. Am. Stat. Assoc. 22: centre (p + z²/2n) / (1 + z²/n), half-width
z·sqrt(p(1−p)/n + z²/4n²) / (1 + z²/n), z = 1.96.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from sqlalchemy import select

from geo import editions
from geo.areas.assign import find_assignment
from geo.coverage.figures import WHOLE
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid, NotFound
from geo.schema import Area, AreaFigures
from geo.schema.areas import AREA_KINDS
from geo.settings import Settings


@dataclass(frozen=True)
class RateDefinition:
    """How one rate is made from the counts of `area_figures`."""

    name: str
    title: str
    title_zh: str
    scope: str
    scope_zh: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    left_out: tuple[str, ...]
    """Counts of units that belong to the scope but did not state what the rate needs."""
    whole: tuple[str, ...]
    """Counts of all units of the scope, stated or not."""
    target: str | None = None


UNIONISED = ("units_own", "units_joint")
STATED = (*UNIONISED, "units_in_preparation", "units_none")

RATES: Mapping[str, RateDefinition] = {
    definition.name: definition
    for definition in (
        RateDefinition(
            "establishment",
            "Union establishment rate, all units",
            "建会率（全部单位）",
            "units covered by an own or joint union ÷ all units whose union state is known",
            "已建会或联合工会覆盖的单位 ÷ 建会状态已知的全部单位",
            UNIONISED,
            STATED,
            ("units_unknown",),
            ("units",),
            "target_establishment",
        ),
        RateDefinition(
            "establishment_25",
            "Union establishment rate, units with 25 employees or more",
            "建会率（职工25人以上单位）",
            "units covered by a union ÷ units that state 25 employees or more",
            "已建会单位 ÷ 职工人数25人及以上的单位",
            ("units_25_unionised",),
            ("units_25",),
            ("units_25_unknown",),
            ("units_25",),
            "target_establishment",
        ),
        RateDefinition(
            "establishment_100",
            "Union establishment rate, units with 100 employees or more",
            "建会率（百人以上企业）",
            "units covered by a union ÷ units that state 100 employees or more",
            "已建会单位 ÷ 职工人数100人及以上的单位",
            ("units_100_unionised",),
            ("units_100",),
            ("units_100_unknown",),
            ("units_100",),
            "target_establishment",
        ),
        RateDefinition(
            "membership_unionised",
            "Membership rate in unionised units",
            "入会率（已建会单位）",
            "members ÷ employees of units with a union that state both",
            "会员 ÷ 职工（已建会且两数齐全的单位）",
            ("unionised_members",),
            ("unionised_employees",),
            ("unionised_left_out",),
            UNIONISED,
            "target_membership",
        ),
        RateDefinition(
            "membership_all",
            "Membership rate, all employees",
            "入会率（全部职工）",
            "members ÷ employees of units that state both; a unit without a union counts 0 members",
            "会员 ÷ 职工（两数齐全的单位；未建会单位会员计0）",
            ("all_members",),
            ("all_employees",),
            ("all_left_out",),
            ("units",),
        ),
        RateDefinition(
            "new_employment",
            "Membership rate of new-employment workers",
            "新就业形态劳动者入会率",
            "members ÷ known new-employment workers of units that state both",
            "会员 ÷ 已知新就业形态劳动者（两数齐全的单位）",
            ("new_employment_members",),
            ("new_employment_workers",),
            ("new_employment_left_out",),
            ("new_employment_units",),
            "target_new_employment",
        ),
    )
}


@dataclass(frozen=True)
class Rate:
    """One rate of one area; see :data:`RATES` for its scope."""

    name: str
    value: float | None
    numerator: int
    denominator: int
    scope: str
    scope_zh: str
    edition_id: int
    as_of: date
    missing_share: float | None
    small_denominator: bool
    target: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class AreaCoverage:
    """An area with its counts and rates; `rates` is empty of values where nothing lies in it."""

    id: int
    name: str | None
    kind: str
    code: str | None
    parent_id: int | None
    has_boundary: bool
    figures: dict[str, int]
    rates: dict[str, Rate]


@dataclass(frozen=True)
class CoverageAnswer:
    """The rates of every area of a kind, and which editions they come from."""

    kind: str
    areas: list[AreaCoverage]
    whole: AreaCoverage
    enterprises: EditionFacts
    area_edition: EditionFacts


FIGURES = tuple(
    column.name
    for column in AreaFigures.__table__.columns
    if column.name not in ("assignment_id", "area_id")
)


def area_rates(reader: Reader, kind: str, settings: Settings) -> CoverageAnswer:
    """The rates of all areas of one kind, from the counts made when the edition became active.

    Raises:
        Invalid: no such kind of area.
        NotFound: no active edition of areas or enterprises.
    """
    if kind not in AREA_KINDS:
        raise Invalid(
            f"'{kind}' is not a kind of area.",
            remedy=f"Use one of {', '.join(AREA_KINDS)}.",
            field="kind",
        )
    enterprises = editions.require_active(reader, "enterprises")
    area_edition = editions.require_active(reader, "areas")
    assignment = find_assignment(reader, enterprises.id, area_edition.id)
    if assignment is None:
        raise NotFound(
            f"Edition {enterprises.id} of enterprises has not been counted over edition "
            f"{area_edition.id} of areas.",
            remedy=f"Run `nuanyi editions activate {enterprises.id}`.",
        )
    rows = reader.all(
        select(
            Area.id,
            Area.name,
            Area.kind,
            Area.code,
            Area.parent_id,
            Area.boundary.is_not(None).label("has_boundary"),
            *[AreaFigures.__table__.c[name] for name in FIGURES],
        )
        .outerjoin(
            AreaFigures,
            (AreaFigures.area_id == Area.id) & (AreaFigures.assignment_id == assignment),
        )
        .where(Area.edition_id == area_edition.id, Area.kind == kind)
        .order_by(Area.code, Area.id)
    )
    whole = reader.first(
        select(*[AreaFigures.__table__.c[name] for name in FIGURES]).where(
            AreaFigures.assignment_id == assignment, AreaFigures.area_id == WHOLE
        )
    )
    counts = {name: int(getattr(whole, name)) if whole else 0 for name in FIGURES}
    return CoverageAnswer(
        kind=kind,
        areas=[_area(row, enterprises, settings) for row in rows],
        whole=AreaCoverage(
            id=WHOLE,
            name=None,
            kind="whole",
            code=None,
            parent_id=None,
            has_boundary=False,
            figures=counts,
            rates=rates_of(counts, enterprises, settings),
        ),
        enterprises=enterprises,
        area_edition=area_edition,
    )


def _area(row: Any, enterprises: EditionFacts, settings: Settings) -> AreaCoverage:
    counts = {name: int(getattr(row, name) or 0) for name in FIGURES}
    return AreaCoverage(
        id=row.id,
        name=row.name,
        kind=row.kind,
        code=row.code,
        parent_id=row.parent_id,
        has_boundary=row.has_boundary,
        figures=counts,
        rates=rates_of(counts, enterprises, settings),
    )


def rates_of(
    counts: Mapping[str, int], enterprises: EditionFacts, settings: Settings
) -> dict[str, Rate]:
    """Every rate of :data:`RATES` from one area's counts."""
    return {
        name: _rate(definition, counts, enterprises, settings) for name, definition in RATES.items()
    }


def _rate(
    definition: RateDefinition,
    counts: Mapping[str, int],
    enterprises: EditionFacts,
    settings: Settings,
) -> Rate:
    numerator = sum(counts[name] for name in definition.numerator)
    denominator = sum(counts[name] for name in definition.denominator)
    left_out = sum(counts[name] for name in definition.left_out)
    whole = sum(counts[name] for name in definition.whole)
    low, high = wilson(numerator, denominator)
    return Rate(
        name=definition.name,
        value=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        scope=definition.scope,
        scope_zh=definition.scope_zh,
        edition_id=enterprises.id,
        as_of=enterprises.as_of,
        missing_share=left_out / whole if whole else None,
        small_denominator=0 < denominator < settings.small_denominator,
        target=getattr(settings, definition.target) if definition.target else None,
        low=low,
        high=high,
    )


def wilson(numerator: int, denominator: int, z: float = 1.959963984540054) -> tuple[Any, Any]:
    """The Wilson score interval of a share, or (None, None) without a denominator.

    A numerator above its denominator (more members than employees stated) has no interval.
    """
    if denominator <= 0 or not 0 <= numerator <= denominator:
        return None, None
    share = numerator / denominator
    weight = z * z / denominator
    centre = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / denominator + weight / (4 * denominator)) / (1 + weight)
    # At none and at all the interval ends exactly there, which floating point misses by a hair.
    low = 0.0 if numerator == 0 else max(0.0, centre - half)
    high = 1.0 if numerator == denominator else min(1.0, centre + half)
    return low, high
