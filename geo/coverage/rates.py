"""Union coverage as rates: never a bare number.

Each rate carries numerator, denominator, scope, the edition and date it speaks for, the share of
units left out because they did not state what it needs, its target with its source and what is
missing to it, a Wilson interval, a value for ranking, and a mark where the denominator is small. No
denominator means *no data*, which is not 0 %. What each divides: :mod:`geo.coverage.definitions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.areas.assign import find_assignment
from geo.coverage.definitions import RATES, STATED, UNIONISED, RateDefinition
from geo.coverage.figures import FIGURES, WHOLE
from geo.coverage.places import Places, among, check_kind, no_area, read_places, whole_region
from geo.coverage.ranking import wilson_all
from geo.coverage.rating import Rate, Rated
from geo.coverage.targets import Targets, read_targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import NotFound
from geo.settings import Settings

__all__ = [
    "FIGURES", "RATES", "STATED", "UNIONISED", "AreaCoverage", "CoverageAnswer", "Rate",
    "RateDefinition", "area_rates", "rates_of", "wilson",
]  # fmt: skip

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class AreaCoverage:
    """An area with its counts and rates; rates have no value where nothing lies in it.

    `rank` is its place by each shrunk rate among the areas asked for, 1 the highest; `rank_gap` by
    what is missing to the target, 1 the most; None for no data. `set_apart` are the units that no
    rate holds, and the employees they state.
    """

    id: int
    name: str | None
    kind: str
    code: str | None
    parent_id: int | None
    has_boundary: bool
    figures: dict[str, int]
    rates: dict[str, Rate]
    set_apart: dict[str, int]
    rank: dict[str, int | None]
    rank_gap: dict[str, int | None]


class CoverageAnswer:
    """The rates of every area of a kind, and which editions they come from.

    Areas are told by the page (:meth:`some`), so that a page of many costs a page.
    """

    def __init__(
        self,
        kind: str,
        places: Places,
        counts: Mapping[str, Integers],
        whole_region: str | None,
        enterprises: EditionFacts,
        area_edition: EditionFacts,
        settings: Settings,
        *,
        chosen: npt.NDArray[np.bool_] | None = None,
        alone: int | None = None,
        untold: tuple[str, ...] = (),
    ) -> None:
        """`counts` have a last row for the whole edition; `chosen` (A,) are the areas asked for,
        `alone` the one of them to be told; `untold` rates have no value.

        Raises:
            NotFound: the one to be told is not among them.
        """
        self.kind = kind
        self.enterprises = enterprises
        self.area_edition = area_edition
        self.targets: Targets = read_targets(settings)
        self.untold = untold
        self._places = places
        self._counts = counts
        self._rows = np.arange(len(places)) if chosen is None else np.flatnonzero(chosen)
        if alone is not None:
            self._rows = self._rows[places.ids[self._rows] == alone]
            if len(self._rows) == 0:
                raise no_area(alone)
        self.ids: list[int] = places.ids[self._rows].tolist()
        few = settings.small_denominator
        self._rated = Rated(
            {name: column[:-1] for name, column in counts.items()},
            places.regions, enterprises, self.targets, few, ranked=chosen, untold=untold,
        )  # fmt: skip
        self._of_whole = Rated(
            {name: column[-1:] for name, column in counts.items()},
            [whole_region], enterprises, self.targets, few, untold=untold,
        )  # fmt: skip
        self.region = whole_region
        self._region_of = dict(zip(places.ids.tolist(), places.regions, strict=True))

    def __len__(self) -> int:
        """How many areas there are."""
        return len(self.ids)

    @property
    def areas(self) -> list[AreaCoverage]:
        """All areas, by code."""
        return self.some(0, len(self))

    def some(self, first: int, last: int) -> list[AreaCoverage]:
        """Those from one place in the list to before another."""
        rows, places = self._rows[first:last], self._places
        return [
            AreaCoverage(
                id=int(places.ids[row]),
                name=places.names[row],
                kind=self.kind,
                code=places.codes[row],
                parent_id=places.parents[row],
                has_boundary=bool(places.has_boundary[row]),
                figures=(figures := self._figures(row)),
                rates=rates,
                set_apart=set_apart_of(figures),
                rank=self._rated.rank(row),
                rank_gap=self._rated.rank_gap(row),
            )
            for row, rates in zip(rows.tolist(), self._rated.rates(rows), strict=True)
        ]

    def values(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """(len,) one rate of each area, NaN for no data, and whether it rests on few."""
        value, few = self._rated.values(name)
        return value[self._rows], few[self._rows]

    def counts(self, name: str) -> Integers:
        """(len,) one count of each area."""
        return self._counts[name][self._rows]

    def numbers(self, area: AreaCoverage) -> dict[str, int]:
        """The thresholds of an area's region: obliged, large, eligible."""
        return self.targets.of(self._region_of.get(area.id, self.region)).numbers

    @property
    def whole(self) -> AreaCoverage:
        """The whole edition, wherever its units lie: also those outside every area."""
        return AreaCoverage(
            id=WHOLE,
            name=None,
            kind="whole",
            code=None,
            parent_id=None,
            has_boundary=False,
            figures=self._figures(-1),
            rates=self._of_whole.rates([0])[0],
            set_apart=set_apart_of(self._figures(-1)),
            rank=dict.fromkeys(RATES),
            rank_gap=dict.fromkeys(RATES),
        )

    def _figures(self, row: int) -> dict[str, int]:
        return {name: int(column[row]) for name, column in self._counts.items()}


def set_apart_of(figures: Mapping[str, int]) -> dict[str, int]:
    """The units set apart, as an answer tells them."""
    return {
        "mass_registration": figures["units_mass_registration"],
        "dormant": figures["units_dormant"],
        "closed": figures["units_closed"],
        "employees": figures["employees_set_apart"],
    }


def area_rates(
    reader: Reader,
    kind: str,
    settings: Settings,
    *,
    parent_id: int | None = None,
    area_id: int | None = None,
) -> CoverageAnswer:
    """The rates of all areas of one kind, from the counts that are kept of the active editions.

    Args:
        reader: the transaction.
        kind: of the areas.
        settings: targets, and what denominators are small.
        parent_id: only areas below this one, however far; they are ranked among each other.
        area_id: this one alone, ranked among all.

    Raises:
        Invalid: no such kind of area.
        NotFound: no active edition of areas or enterprises; no such area.
    """
    check_kind(kind)
    enterprises = editions.require_active(reader, "enterprises")
    area_edition = editions.require_active(reader, "areas")
    assignment = find_assignment(reader, enterprises.id, area_edition.id)
    if assignment is None:
        raise NotFound(
            f"企业版本 {enterprises.id} 尚未按区域版本 {area_edition.id} 汇总。 Edition "
            f"{enterprises.id} of enterprises has not been counted over edition {area_edition.id} "
            "of areas.",
            remedy=f"请运行 / Run `nuanyi editions activate {enterprises.id}`.",
        )
    places = read_places(reader, area_edition.id, kind)
    counts = _read_counts(reader, assignment, area_edition.id, kind, places.ids)
    return CoverageAnswer(
        kind, places, counts, whole_region(reader, area_edition.id), enterprises, area_edition,
        settings, chosen=among(reader, area_edition, places, parent_id), alone=area_id,
    )  # fmt: skip


def _read_counts(
    reader: Reader, assignment: int, edition_id: int, kind: str, ids: Integers
) -> dict[str, Integers]:
    """(A + 1,) the kept counts in the order of `ids`, the whole edition last; 0 for none."""
    area, *columns = reader.copy_out_integers(
        f"SELECT f.area_id, {', '.join(f'f.{name}::bigint' for name in FIGURES)} "
        f"FROM area_figures f WHERE f.assignment_id = {int(assignment)} AND (f.area_id = {WHOLE} "
        f"OR f.area_id IN (SELECT id FROM area WHERE edition_id = {int(edition_id)} "
        f"AND kind = '{kind}')) ORDER BY 1",
        1 + len(FIGURES),
    )
    wanted = np.append(ids, WHOLE)
    if len(area) == 0:
        return {name: np.zeros(len(wanted), dtype=np.int64) for name in FIGURES}
    at = np.minimum(np.searchsorted(area, wanted), len(area) - 1)
    known = area[at] == wanted
    return {
        name: np.where(known, column[at], 0) for name, column in zip(FIGURES, columns, strict=True)
    }


def rates_of(
    counts: Mapping[str, int],
    enterprises: EditionFacts,
    settings: Settings,
    code: str | None = None,
) -> dict[str, Rate]:
    """Every rate of one area from its counts; by itself it has nothing to be shrunk towards.

    Args:
        counts: columns of `area_figures`.
        enterprises: the edition.
        settings: targets, and what denominators are small.
        code: of the division it is or belongs to.
    """
    rated = Rated(
        {name: np.array([counts[name]], dtype=np.int64) for name in FIGURES},
        [code], enterprises, read_targets(settings), settings.small_denominator,
    )  # fmt: skip
    return rated.rates([0])[0]


def wilson(numerator: int, denominator: int) -> tuple[float | None, float | None]:
    """The 95 % Wilson score interval of a share, or (None, None) without a denominator; see
    :func:`geo.coverage.ranking.wilson_all`.

    A numerator above its denominator (more members than employees stated) has no interval.
    """
    low, high = wilson_all(np.array([numerator]), np.array([denominator]))
    return (None, None) if np.isnan(low[0]) else (float(low[0]), float(high[0]))
