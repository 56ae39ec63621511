"""The demand proxy model: people outdoors by place and hour, from what stands in the editions.

For where nobody has counted: employees by industry, courier outlets, restaurants, markets,
construction sites, main streets, each with a weight that is stated, can be traced and switched off
(:mod:`geo.siting.inputs.weights`). People are put into cells, so that no count tells of one unit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from geo import editions, partitions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.apart import set_apart
from geo.enterprises.classes import INDUSTRIES
from geo.enterprises.units import Units, fetch_units
from geo.errors import NotFound
from geo.progress import SILENT, Progress
from geo.schema import Street
from geo.siting.inputs.weights import GROUPS, Source, Weights
from geo.siting.problem import Bools, Floats, Ints, Longs

METRES_A_DEGREE: Final = 111_320.0
DATASETS: Final = ("enterprises", "candidate_sites", "areas", "streets")
_DATASET: Final = {
    "enterprises": "enterprises",
    "hosts": "candidate_sites",
    "areas": "areas",
    "streets": "streets",
}
WORDS: Final = dict(
    zip(GROUPS, ("快递员", "外卖骑手", "环卫工人", "司机", "户外劳动者"), strict=True)
)
PIECE_METRES: Final = 200.0
"""Streets are counted in pieces of so many metres at most."""


@dataclass(frozen=True, eq=False)
class Places:
    """k places of one source: where, how many of `per` there are, and how many places could not be
    counted (no position, or no stated head count)."""

    lon: Floats
    lat: Floats
    count: Floats
    missing: int = 0

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True, eq=False)
class Estimate:
    """People by the model.

    Attributes:
        weights: as they were used.
        places: of each source that is on, by its name.
        editions: what they were counted from.
        without: datasets that have no edition in force, so that their sources count nothing.
    """

    weights: Weights
    places: dict[str, Places]
    editions: list[EditionFacts]
    without: list[str] = field(default_factory=list)

    def people(self, name: str) -> float:
        """Of a source in its busiest hour."""
        return float(self.places[name].count.sum()) * self.weights.sources[name].weight

    def may_tell(self, name: str, least: float) -> bool:
        """Whether a source has enough people in its busiest hour to tell of them, or of what they
        were counted from: the weight would tell them."""
        return name in self.places and self.people(name) >= least

    def cells(self) -> Cells:
        """People by cell, group and hour."""
        return _cells(self)


@dataclass(frozen=True, eq=False)
class Cells:
    """c rows: the middle of a cell, its group (position in GROUPS), (c, 24) people on working days
    and at weekends."""

    lon: Floats
    lat: Floats
    group: Ints
    workday: Floats
    weekend: Floats

    def __len__(self) -> int:
        return len(self.lon)


def estimate(reader: Reader, weights: Weights, progress: Progress = SILENT) -> Estimate:
    """Count what the sources that are on speak of.

    Raises:
        NotFound: none of the datasets they need is in force.

    Cost: some 3 s for a million enterprises, 1 s for a million pieces of street.
    """
    on = {name: one for name, one in weights.sources.items() if name not in weights.off}
    wanted = sorted({_DATASET[one.from_] for one in on.values()})
    active = {dataset: editions.active(reader, dataset) for dataset in wanted}
    found = [facts for facts in active.values() if facts is not None]
    if not found:
        raise NotFound(
            "没有可用于估算需求的数据。 Nothing is in force from which demand could be estimated.",
            remedy="先导入企业、区域或路网，或直接导入需求。 "
            "Import enterprises, areas or streets first, or demand itself.",
        )
    places: dict[str, Places] = {}
    with progress.step("估算需求 / estimating demand"):
        units = active.get("enterprises")
        if units is not None:
            of_enterprises = {n: one for n, one in on.items() if one.from_ == "enterprises"}
            places |= _of_enterprises(reader, units.id, of_enterprises, weights)
        for name, one in on.items():
            facts = active.get(_DATASET[one.from_])
            if facts is None or one.from_ == "enterprises":
                continue
            places[name] = _READERS[one.from_](reader, facts.id, one)
    return Estimate(
        weights,
        {name: places[name] for name in on if name in places},
        found,
        [dataset for dataset, facts in active.items() if facts is None],
    )


# ---------------------------------------------------------------------- what is counted
def _of_enterprises(
    reader: Reader, edition_id: int, sources: dict[str, Source], weights: Weights
) -> dict[str, Places]:
    if not sources:
        return {}
    units = fetch_units(reader, edition_id)
    free: Bools = set_apart(units) == 0
    found: dict[str, Places] = {}
    # Also sources that are switched off take their units: nobody is counted elsewhere instead.
    every = [(n, one) for n, one in weights.sources.items() if one.from_ == "enterprises"]
    for name, source in every:
        fits = free & _fits(reader, edition_id, units, source)
        free &= ~fits
        if name not in sources:
            continue
        located = fits & np.isfinite(units.lon)
        count = np.ones(len(units))
        if source.per == "employee":
            count = units.employees
        counted = located & np.isfinite(count)
        found[name] = Places(
            units.lon[counted],
            units.lat[counted],
            count[counted],
            int(fits.sum() - counted.sum()),
        )
    return found


def _fits(reader: Reader, edition_id: int, units: Units, source: Source) -> Bools:
    codes = [INDUSTRIES.index(letter) for letter in source.industries]
    fits: Bools = np.isin(units.industry, codes)
    if source.words:
        holds = " OR ".join(f"position(:w{n} in name) > 0" for n in range(len(source.words)))
        rows = reader.all(
            f"SELECT id FROM enterprise WHERE edition_id = :edition AND ({holds})",
            edition=edition_id,
            **{f"w{n}": word for n, word in enumerate(source.words)},
        )
        fits |= np.isin(units.ids, np.array([row.id for row in rows], np.int64))
    return fits


def _of_hosts(reader: Reader, edition_id: int, source: Source) -> Places:
    return _rows(
        reader.all(
            "SELECT ST_X(location) AS lon, ST_Y(location) AS lat FROM candidate_site "
            "WHERE edition_id = :edition AND host_type = ANY(:kinds) AND source = 'register'",
            edition=edition_id,
            kinds=list(source.host_types),
        )
    )


def _of_areas(reader: Reader, edition_id: int, source: Source) -> Places:
    return _rows(
        reader.all(
            "SELECT ST_X(spot) AS lon, ST_Y(spot) AS lat FROM (SELECT ST_PointOnSurface(boundary) "
            "AS spot FROM area WHERE edition_id = :edition AND kind = ANY(:kinds)) AS spots",
            edition=edition_id,
            kinds=list(source.area_kinds),
        )
    )


def _of_streets(reader: Reader, edition_id: int, source: Source) -> Places:
    if not partitions.exists(reader, Street, edition_id):
        nothing = np.empty(0)
        return Places(nothing, nothing, nothing)
    told = reader.all(
        "SELECT ST_X(spot) AS lon, ST_Y(spot) AS lat, metres FROM (SELECT "
        "ST_LineInterpolatePoint(path, (piece - 0.5) / pieces) AS spot, length / pieces AS metres "
        "FROM (SELECT path, length, greatest(1, ceil(length / :piece))::int AS pieces FROM street "
        "WHERE edition_id = :edition AND highway = ANY(:kinds) AND NOT is_tunnel) AS main, "
        "generate_series(1, pieces) AS piece) AS spots",
        edition=edition_id,
        kinds=list(source.highways),
        piece=PIECE_METRES,
    )
    return Places(
        np.array([row.lon for row in told]),
        np.array([row.lat for row in told]),
        np.array([row.metres for row in told]) / 1000.0,
    )


_READERS: Final = {"hosts": _of_hosts, "areas": _of_areas, "streets": _of_streets}


def _rows(told: Sequence[Any]) -> Places:
    placed = [row for row in told if row.lon is not None]
    return Places(
        np.array([row.lon for row in placed], np.float64),
        np.array([row.lat for row in placed], np.float64),
        np.ones(len(placed)),
        len(told) - len(placed),
    )


# ---------------------------------------------------------------------- by cell and hour
def _cells(made: Estimate) -> Cells:
    """Cells are squares of `cell_metres`, in rows of latitude; the same wherever data begin."""
    names = [name for name in made.places if len(made.places[name])]
    if not names:
        nothing = np.empty(0)
        return Cells(nothing, nothing, np.empty(0, np.int32), np.empty((0, 24)), np.empty((0, 24)))
    weights = made.weights
    size = weights.cell_metres
    lon = np.concatenate([made.places[name].lon for name in names])
    lat = np.concatenate([made.places[name].lat for name in names])
    amount = np.concatenate(
        [made.places[name].count * weights.sources[name].weight for name in names]
    )
    sizes = [len(made.places[name]) for name in names]
    source = np.repeat(np.arange(len(names)), sizes)
    group = np.array([GROUPS.index(weights.sources[name].group) for name in names])[source]
    line: Longs = np.floor(lat * METRES_A_DEGREE / size).astype(np.int64)
    # One width for all cells of a line, so that they are squares wherever they lie.
    middle = (line + 0.5) * size / METRES_A_DEGREE
    width = size / (METRES_A_DEGREE * np.cos(np.radians(middle)))
    column: Longs = np.floor(lon / width).astype(np.int64)
    keys = np.column_stack((line, column, group))
    cells, of_cell = np.unique(keys, axis=0, return_inverse=True)
    of_cell = of_cell.reshape(-1)
    days = []
    for weekend in (False, True):
        people = np.zeros((len(cells), 24))
        for number, name in enumerate(names):
            mine = source == number
            sums = np.bincount(of_cell[mine], amount[mine], minlength=len(cells))
            people += sums[:, None] * np.array(weights.hours(name, weekend=weekend))
        days.append(people)
    middle = (cells[:, 0] + 0.5) * size / METRES_A_DEGREE
    width = size / (METRES_A_DEGREE * np.cos(np.radians(middle)))
    return Cells(
        (cells[:, 1] + 0.5) * width, middle, cells[:, 2].astype(np.int32), days[0], days[1]
    )


def write_demand(cells: Cells, path: Path) -> int:
    """Write cells as a file that `nuanyi import demand --crs wgs84` takes; how many rows.

    Cells with nobody at any hour are left out.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["编号", "经度", "纬度", "人群", "日类型", *(f"h{hour}" for hour in range(24))]
        )
        for row in _lines(cells):
            writer.writerow(row)
            count += 1
    return count


def _lines(cells: Cells) -> Iterator[list[Any]]:
    for at in range(len(cells)):
        group = GROUPS[int(cells.group[at])]
        place = [f"{cells.lon[at]:.6f}", f"{cells.lat[at]:.6f}"]
        days = {"工作日": cells.workday[at], "周末": cells.weekend[at]}
        for day, people in days.items():
            if people.any():
                # The same cell is the same place in every edition that the model makes.
                key = f"估算 {place[0]} {place[1]} {group} {day}"
                yield [key, *place, WORDS[group], day, *(f"{one:.3f}" for one in people)]
