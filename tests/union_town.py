"""A small town whose enterprises found, join and leave unions, put straight into the tables."""

from dataclasses import dataclass, field
from datetime import date

import rows
import shapely
from hostile import HOSTILE_NAME

from geo import partitions
from geo.database import Database, Writer
from geo.imports import activation
from geo.settings import Settings

AS_OF = date(2026, 6, 30)
TODAY = date(2026, 11, 20)
WEST, SOUTH = 101.0, 40.0
SHELLS = 52
"""Units registered at one address without anybody in them: a mass registration."""


@dataclass(frozen=True)
class Town:
    """Areas: 1 a city without a boundary, 2 and 3 its districts, 21 … 32 their subdistricts, 41 a
    park across both districts, 99 a suburb where nothing is. Units: 1 … 40 and the shells."""

    areas: int
    enterprises: int
    settings: Settings = field(default_factory=lambda: Settings(database_url=None))


def build(writer: Writer, *, settings: Settings | None = None) -> Town:
    """Put the town into the tables and in force."""
    areas = rows.edition(writer, "areas", as_of=AS_OF)
    _areas(writer, areas)
    enterprises = rows.edition(writer, "enterprises", as_of=AS_OF)
    put_enterprises(writer, enterprises, [unit(number) for number in range(1, 41)] + shells())
    town = Town(areas, enterprises, settings or Settings(database_url=None))
    activation.prepare(writer, town.settings, "enterprises")
    return town


def _areas(writer: Writer, edition: int) -> None:
    rows.area(writer, edition, 1, kind="prefecture", code="150100", name="云杉市")
    for district, west in ((2, 0.0), (3, 0.2)):
        rows.area(
            writer,
            edition,
            district,
            shapely.box(WEST + west, SOUTH, WEST + west + 0.2, SOUTH + 0.2),
            kind="district",
            code=f"15010{district}",
            name=f"{HOSTILE_NAME}区",
            parent_id=1,
        )
        for part in (1, 2):
            left = WEST + west + 0.1 * (part - 1)
            rows.area(
                writer,
                edition,
                10 * district + part,
                shapely.box(left, SOUTH, left + 0.1, SOUTH + 0.2),
                code=f"15010{district}00{part}",
                parent_id=district,
            )
    rows.area(
        writer,
        edition,
        41,
        shapely.box(WEST + 0.15, SOUTH + 0.05, WEST + 0.25, SOUTH + 0.15),
        kind="industrial_park",
        name="云杉园区",
    )
    rows.area(writer, edition, 99, shapely.box(WEST + 1, SOUTH, WEST + 1.1, SOUTH + 0.1))


def unit(number: int) -> dict:
    """Unit 1 … 40 on a grid over the town; what it states turns with its number."""
    column, row = number % 8, number // 8
    placed = number % 13 != 0
    state = ("none", "own", "joint", "none", "unknown", "joint", "in_preparation", "none")[column]
    unionised = state in ("own", "joint")
    name = f"第{number % 3}联合工会" if state == "joint" else f"单位{number}工会"
    return {
        "id": number,
        "name": f"{HOSTILE_NAME}单位{number}" if number % 5 == 0 else f"云杉单位{number}",
        "address": None if number % 7 == 0 else f"云杉路{number % 6}号",
        "employees": None if number % 6 == 0 else (number * 7) % 130,
        "members": (number * 7) % 130 // 2 if unionised and number % 4 else None,
        "new_employment_workers": number if number % 3 == 0 else None,
        "new_employment_members": number // 2 if number % 6 == 3 else None,
        "industry": ("制造业", "住宿和餐饮业", None, "I")[number % 4],
        "unit_class": ("非公有制企业", None, "事业单位")[number % 3],
        "business_state": (None, "operating", "dormant", "closed")[0 if number % 9 else 2],
        "union_state": state,
        "union_name": name if unionised and number != 9 else None,
        "union_uscc": "81150100MC0000001X" if number in (1, 17) else None,
        "lon": WEST + 0.025 + 0.05 * column if placed else None,
        "lat": SOUTH + 0.02 + 0.04 * row,
    }


def shells() -> list[dict]:
    """Units of a mass registration; one of them has a union all the same."""
    return [
        unit(1)
        | {
            "id": 1000 + number,
            "name": f"壳{number}",
            "address": "集群注册地址1号",
            "employees": number % 2,
            "members": None,
            "business_state": None,
            "union_state": "own" if number == 0 else "none",
            "union_name": None,
            "union_uscc": None,
            "lon": WEST + 0.06,
            "lat": SOUTH + 0.06,
        }
        for number in range(SHELLS)
    ]


def put_enterprises(writer: Writer, edition: int, units: list[dict]) -> None:
    """Load an edition's enterprises through a partition, as the product does."""
    child = partitions.create(writer, "enterprise", edition)
    names = [name for name in units[0] if name not in ("lon", "lat")]
    writer.execute(
        f"INSERT INTO {child} (location, located_by, {', '.join(names)}) VALUES ("
        "CASE WHEN CAST(:lon AS float8) IS NULL THEN NULL ELSE ST_Point(:lon, :lat, 4326) END, "
        f"'coordinates', {', '.join(f':{name}' for name in names)})",
        units,
    )
    partitions.attach(writer, "enterprise", edition)


def in_town(database: Database, actor) -> Town:
    """A committed town in a database of its own."""
    with database.write(actor) as writer:
        return build(writer)


def later_edition(writer: Writer, town: Town, as_of: date, units: list[dict]) -> int:
    """Another edition of enterprises, not in force yet."""
    edition = rows.edition(writer, "enterprises", state="draft", as_of=as_of)
    put_enterprises(writer, edition, units)
    return edition
