"""How large the invented city is, and what came of writing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LABEL = "（演示数据）"
"""Ends every name that a person sees: nothing here is a real place, unit, union or station."""
CITY_NAME = "演示市"
CITY_CODE = "990100"
"""No division of China has a code that begins with 99."""
CENTRE = (101.0, 40.2)
"""Longitude and latitude (WGS 84) in an empty desert, so that no map of it looks real."""
AS_OF = date(2026, 6, 30)
"""The day the demo data speaks for."""
EARLIER = (date(2025, 6, 30), date(2025, 12, 31))
"""The days of the earlier lists of enterprises."""

BLOCK_STEP = 4
"""Parks and commercial districts lie in squares of this many blocks; rivers, expressways and
railways only ever take the first row or column of such a square, so none cuts through a park."""


@dataclass(frozen=True)
class CityShape:
    """What the generator makes how many of.

    `cells` blocks a side, `half_side` metres from the centre to the edge of the streets (the
    centre is four times denser than the rim), `border_points` vertices a border of a community has
    between two corners, `building_reach` the share of the city, from the centre, whose ordinary
    buildings are drawn into the street file.
    """

    cells: int
    half_side: float
    districts: int
    subdistricts: int
    communities: int
    parks: int
    commercial_districts: int
    marketplaces: int
    office_buildings: int
    stations: int
    enterprises: int
    candidate_sites: int
    demand: int
    rivers: int = 1
    expressways: int = 1
    railways: int = 1
    shell_addresses: int = 4
    shell_enterprises: int = 1_000
    planted_units: int = 26
    planted_parts: int = 9
    planted_strips: int = 5
    border_points: int = 8
    building_reach: float = 1.0

    def __post_init__(self) -> None:
        """Refuses a shape that cannot be built, and says which number to change.

        Raises:
            Invalid: with the field to change.
        """
        squares = (self.cells // BLOCK_STEP) ** 2
        lines = self.cells // BLOCK_STEP - 1
        for field, fits, remedy in (
            ("cells", self.cells >= 12, "Use at least 12 blocks a side."),
            (
                "parks",
                self.parks + self.commercial_districts <= squares,
                f"Parks and commercial districts together: at most {squares}.",
            ),
            (
                "rivers",
                self.rivers + self.expressways <= lines and self.railways <= lines,
                f"Rivers and expressways together, and railways: at most {lines}.",
            ),
            (
                "subdistricts",
                1 <= self.districts <= self.subdistricts <= self.communities
                and self.districts < 100,
                "districts <= subdistricts <= communities, and fewer than 100 districts.",
            ),
            (
                "communities",
                self.communities <= self.cells**2,
                f"At most {self.cells**2} communities for that many blocks.",
            ),
            (
                "office_buildings",
                self.office_buildings <= self.cells**2 // 2,
                f"At most {self.cells**2 // 2} office buildings for that many blocks.",
            ),
            (
                "border_points",
                self.border_points in (2, 4, 8, 16, 32, 64),
                "Use a power of two from 2 to 64.",
            ),
            (
                "shell_enterprises",
                self.shell_addresses * 50 <= self.shell_enterprises <= self.enterprises // 2,
                "At least 50 mass registrations an address, at most half of all enterprises.",
            ),
        ):
            if not fits:
                raise Invalid(
                    f"A city with {field}={getattr(self, field)} cannot be built.",
                    remedy=remedy,
                    field=field,
                )


Size = Literal["small", "city", "huge"]
SIZES: dict[Size, CityShape] = {
    "small": CityShape(
        cells=12,
        half_side=1_500,
        districts=3,
        subdistricts=10,
        communities=30,
        parks=3,
        commercial_districts=2,
        marketplaces=2,
        office_buildings=16,
        stations=60,
        enterprises=1_500,
        candidate_sites=40,
        demand=300,
        shell_addresses=1,
        shell_enterprises=80,
        planted_units=3,
        planted_parts=1,
        planted_strips=1,
    ),
    "city": CityShape(
        cells=53,
        half_side=6_000,
        districts=6,
        subdistricts=50,
        communities=250,
        parks=40,
        commercial_districts=40,
        marketplaces=20,
        office_buildings=300,
        stations=600,
        enterprises=25_000,
        candidate_sites=400,
        demand=3_000,
        border_points=4,
    ),
    "huge": CityShape(
        cells=252,
        half_side=30_000,
        districts=16,
        subdistricts=350,
        communities=1_750,
        parks=400,
        commercial_districts=300,
        marketplaces=200,
        office_buildings=19_300,
        stations=25_000,
        enterprises=1_000_000,
        candidate_sites=3_000,
        demand=200_000,
        rivers=2,
        expressways=4,
        railways=3,
        shell_addresses=40,
        shell_enterprises=47_000,
        planted_units=150,
        planted_parts=50,
        planted_strips=30,
        border_points=16,
        building_reach=0.5,
    ),
}


def shape_of(size: Size | CityShape) -> CityShape:
    """The numbers of a named size; a shape is handed back as it is.

    Raises:
        Invalid: when no size has that name.
    """
    if isinstance(size, CityShape):
        return size
    if size not in SIZES:
        raise Invalid(
            f"There is no city size {size!r}.", remedy="Use small, city or huge.", field="size"
        )
    return SIZES[size]


@dataclass(frozen=True)
class City:
    """The files of one written city, all in WGS 84, and how many rows each holds."""

    directory: Path
    shape: CityShape
    seed: int
    counts: dict[str, int]
    as_of: date = AS_OF

    @property
    def streets(self) -> Path:
        """An ordinary OpenStreetMap extract."""
        return self.directory / "streets.osm.pbf"

    @property
    def areas(self) -> Path:
        """Divisions and organising units with their polygons."""
        return self.directory / "areas.geojson"

    @property
    def stations(self) -> Path:
        """Stations of all six kinds; UTF-8 with a byte order mark."""
        return self.directory / "stations.csv"

    @property
    def enterprises(self) -> Path:
        """Employer units and their unions; UTF-8."""
        return self.directory / "enterprises.csv"

    @property
    def earlier(self) -> dict[date, Path]:
        """The same list as it was on earlier days."""
        return {day: self.directory / f"enterprises-{day}.csv" for day in EARLIER}

    @property
    def ledger(self) -> Path:
        """The organising ledger of the last year."""
        return self.directory / "ledger.csv"

    @property
    def candidate_sites(self) -> Path:
        """Hosts that could take a station."""
        return self.directory / "candidate_sites.csv"

    @property
    def demand(self) -> Path:
        """People outdoors by hour."""
        return self.directory / "demand.csv"

    @property
    def truth(self) -> Path:
        """What was planted, to score detection against. No import reads it."""
        return self.directory / "truth.json"
