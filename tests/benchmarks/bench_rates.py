"""Figures of 350 areas over a million enterprises, from memory, beside polars and SQL.

All 41 counts of `area_figures` at once, with different unions counted, of 350 areas that tile the
city; all units, and under a filter of some. Peers: polars with both cores (all counts, and the four
that the establishment rate needs), and SQL in PostGIS over a narrow table that has the area stored
with each enterprise. The three take turns; their counts must be the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from geo.coverage.counting import Counter
from geo.coverage.figures import USUAL_RULES
from geo.coverage.rating import Rated
from geo.coverage.shrink import of_shares
from geo.coverage.targets import read_targets
from geo.database import Actor, Database
from geo.enterprises.apart import set_apart
from geo.enterprises.units import Units
from geo.settings import Settings

UNITS = int(os.environ.get("BENCH_UNITS", "1000000"))
COLUMNS, ROWS = 25, 14
AREAS = COLUMNS * ROWS
TURNS = 7
BAR_MILLISECONDS = 10.0
ACTOR = Actor("bench")
FLOATS = ("employees", "members", "new_employment_workers", "new_employment_members")


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; about a minute and a half for a million enterprises."""
    units, area = _city()
    apart = set_apart(units)
    order = np.argsort(area, kind="stable")
    start = np.searchsorted(area[order], np.arange(AREAS + 1))
    began = time.perf_counter()
    counter = Counter(units, apart, USUAL_RULES, start, order)
    built = time.perf_counter() - began
    counter.count(whole=False)
    began = time.perf_counter()
    Counter(units, apart, USUAL_RULES, start, order)
    built = min(built, time.perf_counter() - began)
    some = (units.employees >= 5) & (units.industry != 6)
    yield _record("rates: packing the register", built, "s", note=f"{UNITS:,} enterprises")
    sides = [("ours", lambda mask: counter.count(mask=mask, whole=False))]
    sides += list(_polars(units, area, apart))
    sides += list(_sql(database, units, area, apart))
    for label, mask in (("all enterprises", None), ("under a filter", some)):
        yield from _compare(label, mask, sides)
    yield from _further(counter, some)


def _further(counter: Counter, some: Any) -> Iterator[dict[str, Any]]:
    """What comes with the counts in an answer."""
    counted = counter.count(mask=some)
    yield _record(
        "rates: 350 areas and the whole under a filter",
        1000 * _best(lambda: counter.count(mask=some)),
        "ms",
    )
    areas = {name: column[:-1] for name, column in counted.items()}
    edition: Any = SimpleNamespace(id=1, as_of=date(2026, 6, 30))
    targets = read_targets(Settings())
    yield _record(
        "rates: eight rates of 350 areas, shrunk, ranked, with gaps",
        1000 * _best(lambda: Rated(areas, ["990101"] * AREAS, edition, targets, 30)),
        "ms",
    )
    hits = areas["units_own"] + areas["units_joint"]
    yield _record(
        "rates: one likelihood maximised",
        1000 * _best(lambda: of_shares(hits, areas["units"])),
        "ms",
    )
    yield _record("rates: a look whether unions changed", 1000 * _best(counter.refresh), "ms")


def _city() -> tuple[Units, Any]:
    """Enterprises spread over the tiles, thicker in the middle, and the tile of each; three in a
    hundred do not state their employees, a quarter are in some thousands of joint unions or have
    their own."""
    rng = np.random.default_rng(5)
    n = UNITS
    lon, lat = (np.clip(rng.normal(0.5, 0.22, n), 0, 0.999999) for _ in range(2))
    area = (lon * COLUMNS).astype(np.int64) * ROWS + (lat * ROWS).astype(np.int64)
    employees = np.floor(rng.lognormal(1.5, 1.4, n)) + 1
    employees[rng.random(n) < 0.03] = np.nan
    state = rng.choice(5, n, p=[0.12, 0.13, 0.70, 0.02, 0.03]).astype(np.int8)
    union = np.where(state == 0, np.arange(n) + 10**9, 0)
    union = np.where(state == 1, rng.integers(1, n // 120 + 2, n), union)
    members = np.where(state < 2, np.floor(employees * rng.uniform(0.5, 1, n)), 0)
    members[rng.random(n) < 0.04] = np.nan
    new = np.where(rng.random(n) < 0.05, employees * 2, 0)
    new[rng.random(n) < 0.3] = np.nan
    business = rng.choice(4, n, p=[0.93, 0.025, 0.025, 0.02]).astype(np.int8)
    address = rng.integers(1, n // 3, n)
    shells = rng.random(n) < 0.047
    address[shells] = -rng.integers(1, 41, int(shells.sum()))
    employees[shells] = 1
    return Units(
        ids=np.arange(1, n + 1), lon=lon, lat=lat, state=state, union_key=union,
        employees=employees, members=members, new_employment_workers=new,
        new_employment_members=np.floor(new * 0.4),
        industry=rng.integers(0, 22, n).astype(np.int8),
        unit_class=rng.integers(0, 8, n).astype(np.int8), business=business, address_key=address,
    ), area  # fmt: skip


Answer = Callable[[Any], Any]


def _polars(units: Units, area: Any, apart: Any) -> Iterator[tuple[str, Answer]]:
    try:
        import polars as pl
    except ImportError:
        yield "polars is not installed (extra: peers)", lambda _: None
        return
    columns = {name: pl.Series(getattr(units, name)).fill_nan(None) for name in FLOATS}
    frame = pl.DataFrame(
        {"area": area.astype(np.int32), "state": units.state, "apart": apart,
         "union": units.union_key, "business": units.business, **columns}
    )  # fmt: skip
    counted = pl.col("apart") == 0
    own, joint, none = ((pl.col("state") == code) for code in (0, 1, 2))
    unknown = pl.col("state") == 4
    union = (own | joint) & counted
    employees, members = pl.col("employees"), pl.col("members")
    new, new_members = pl.col("new_employment_workers"), pl.col("new_employment_members")
    pair = counted & employees.is_not_null() & (members.is_not_null() | none)
    union_pair = union & employees.is_not_null() & members.is_not_null()
    new_pair = counted & new.is_not_null() & (new_members.is_not_null() | none)

    def sum_of(column: Any, where: Any) -> Any:
        return column.filter(where).sum()

    few = {
        "units_own": (own & counted).sum(),
        "units_joint": (joint & counted).sum(),
        "units_in_preparation": ((pl.col("state") == 3) & counted).sum(),
        "units_none": (none & counted).sum(),
    }
    every: dict[str, Any] = {
        **few,
        "units": counted.sum(),
        "units_unknown": (unknown & counted).sum(),
        "unions": pl.col("union").filter(union).n_unique(),
        "joint_unions": pl.col("union").filter(joint & counted).n_unique(),
        "employees": sum_of(employees, counted),
        "employees_unstated": (employees.is_null() & counted).sum(),
        "employees_without_union": sum_of(employees, none & counted),
        "members": sum_of(members, counted),
        "members_unstated": (members.is_null() & counted).sum(),
        "all_employees": sum_of(employees, pair),
        "all_members": sum_of(members, pair),
        "all_left_out": (counted & ~pair).sum(),
        "unionised_employees": sum_of(employees, union_pair),
        "unionised_members": sum_of(members, union_pair),
        "unionised_left_out": (union & ~union_pair).sum(),
        "new_employment_units": (counted & new.is_not_null()).sum(),
        "new_employment_workers": sum_of(new, new_pair),
        "new_employment_members": sum_of(new_members, new_pair),
        "new_employment_left_out": (counted & new.is_not_null() & ~new_pair).sum(),
        "units_mass_registration": (pl.col("apart") == 1).sum(),
        "units_dormant": (pl.col("apart") == 2).sum(),
        "units_closed": (pl.col("apart") == 3).sum(),
        "employees_set_apart": sum_of(employees, ~counted),
    }
    for name, least in (("25", 25), ("100", 100), ("eligible", 1)):
        some = counted & (employees >= least).fill_null(value=False)
        every[f"units_{name}"] = some.sum()
        every[f"units_{name}_unionised"] = (some & union).sum()
        every[f"units_{name}_unknown"] = (some & unknown).sum()
        if name != "eligible":
            every[f"units_{name}_none"] = (some & none).sum()
            every[f"employees_{name}_without_union"] = sum_of(employees, some & none)

    def ask(columns: dict[str, Any]) -> Answer:
        expressions = [column.alias(name) for name, column in columns.items()]

        def answer(mask: Any) -> Any:
            rows = frame if mask is None else frame.filter(pl.Series(mask))
            found = rows.group_by("area").agg(expressions).sort("area")
            return _spread(found["area"].to_numpy(), found.drop("area").to_dict(as_series=True))

        return answer

    yield "polars, all counts", ask(every)
    yield "polars, the four of the establishment rate", ask(few)


def _sql(database: Database, units: Units, area: Any, apart: Any) -> Iterator[tuple[str, Answer]]:
    """A narrow table with the area stored, as an index-friendly design would keep it."""
    table = pa.table(
        {
            "area": area.astype(np.int32),
            "state": units.state.astype(np.int16),
            "apart": apart.astype(np.int16),
            "union_key": units.union_key,
            **{name: pa.array(getattr(units, name), from_pandas=True) for name in FLOATS},
            "chosen": (units.employees >= 5) & (units.industry != 6),
        }
    )
    kinds = ("int", "smallint", "smallint", "bigint", *["real"] * 4, "boolean")
    with database.write(ACTOR) as writer:
        columns = ", ".join(
            f"{name} {kind}" for name, kind in zip(table.column_names, kinds, strict=True)
        )
        writer.execute(f"CREATE TABLE stored ({columns})")
        writer.copy_in("stored", table.column_names, table)
        writer.execute("ALTER TABLE stored SET (parallel_workers = 2)")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE stored")
    pair = "employees IS NOT NULL AND (members IS NOT NULL OR state = 2)"
    both = "employees IS NOT NULL AND members IS NOT NULL AND state < 2"
    new = "new_employment_workers IS NOT NULL"
    new_pair = f"{new} AND (new_employment_members IS NOT NULL OR state = 2)"
    few = {
        "units_own": "count(*) FILTER (WHERE state = 0)",
        "units_joint": "count(*) FILTER (WHERE state = 1)",
        "units_in_preparation": "count(*) FILTER (WHERE state = 3)",
        "units_none": "count(*) FILTER (WHERE state = 2)",
    }
    every = {
        **few,
        "units": "count(*)",
        "units_unknown": "count(*) FILTER (WHERE state = 4)",
        "unions": "count(DISTINCT union_key) FILTER (WHERE state < 2)",
        "joint_unions": "count(DISTINCT union_key) FILTER (WHERE state = 1)",
        "employees": "sum(employees)",
        "employees_unstated": "count(*) FILTER (WHERE employees IS NULL)",
        "employees_without_union": "sum(employees) FILTER (WHERE state = 2)",
        "members": "sum(members)",
        "members_unstated": "count(*) FILTER (WHERE members IS NULL)",
        "all_employees": f"sum(employees) FILTER (WHERE {pair})",
        "all_members": f"sum(members) FILTER (WHERE {pair})",
        "all_left_out": f"count(*) FILTER (WHERE NOT ({pair}))",
        "unionised_employees": f"sum(employees) FILTER (WHERE {both})",
        "unionised_members": f"sum(members) FILTER (WHERE {both})",
        "unionised_left_out": f"count(*) FILTER (WHERE state < 2 AND NOT ({both}))",
        "new_employment_units": f"count(*) FILTER (WHERE {new})",
        "new_employment_workers": f"sum(new_employment_workers) FILTER (WHERE {new_pair})",
        "new_employment_members": f"sum(new_employment_members) FILTER (WHERE {new_pair})",
        "new_employment_left_out": f"count(*) FILTER (WHERE {new} AND NOT ({new_pair}))",
    }
    for name, least in (("25", 25), ("100", 100), ("eligible", 1)):
        some = f"employees >= {least}"
        every[f"units_{name}"] = f"count(*) FILTER (WHERE {some})"
        every[f"units_{name}_unionised"] = f"count(*) FILTER (WHERE {some} AND state < 2)"
        every[f"units_{name}_unknown"] = f"count(*) FILTER (WHERE {some} AND state = 4)"

    def ask(columns: dict[str, str]) -> Answer:
        selected = ", ".join(f"{what} AS {name}" for name, what in columns.items())

        def answer(mask: Any) -> Any:
            chosen = "" if mask is None else "AND chosen"
            with database.read(ACTOR) as reader:
                rows = reader.all(
                    f"SELECT area, {selected} FROM stored WHERE apart = 0 {chosen} "
                    "GROUP BY area ORDER BY area"
                )
            return _spread(
                np.array([row.area for row in rows]),
                {name: np.array([getattr(row, name) or 0 for row in rows]) for name in columns},
            )

        return answer

    yield "SQL on the stored area, 32 counts", ask(every)
    yield "SQL on the stored area, the four of the establishment rate", ask(few)


def _spread(area: Any, columns: Any) -> dict[str, Any]:
    """(AREAS,) of each column: an area without rows counts nothing."""
    found = {}
    for name, column in columns.items():
        found[name] = np.zeros(AREAS, dtype=np.int64)
        found[name][area] = np.nan_to_num(np.asarray(column, dtype=np.float64))
    return found


def _compare(label: str, mask: Any, sides: list[tuple[str, Answer]]) -> Iterator[dict[str, Any]]:
    times: dict[str, list[float]] = {name: [] for name, _ in sides}
    ours: Any = None
    for turn in range(TURNS):
        for name, answer in sides:
            began = time.perf_counter()
            found = answer(mask)
            times[name].append(1000 * (time.perf_counter() - began))
            if name == "ours":
                ours = found
            elif turn == 0 and found is not None:
                _check(ours, found, name)
    middle = float(np.median(times["ours"]))
    yield _record(
        f"rates: all counts of {AREAS} areas, {label}", middle, "ms", bar=BAR_MILLISECONDS,
        note=f"{UNITS:,} enterprises; quickest {min(times['ours']):.1f} ms",
    )  # fmt: skip
    for name, taken in times.items():
        if name != "ours":
            yield _record(
                f"rates: {label}, beside {name}", middle, "ms", peer=float(np.median(taken))
            )


def _check(ours: dict[str, Any], theirs: dict[str, Any], name: str) -> None:
    for column, counts in theirs.items():
        if not (ours[column][:AREAS] == counts).all():
            raise AssertionError(f"{name} counts {column} otherwise")


def _best(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _record(
    name: str, ours: float, unit: str, *, peer: float | None = None, bar: float | None = None,
    note: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": None if peer is None else peer / ours,
        "unit": unit,
        "bar": None if bar is None else f"<= {bar:g} {unit}",
        "holds": None if bar is None else ours <= bar,
        "note": note,
    }
