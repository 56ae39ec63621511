"""`nuanyi ledger import`: a file of the organising ledger, checked row by row and stored.

An entry is known by its source, its own number where it has one, else by day and place (and which
of several of that day and place it is). So the same file changes nothing the second time, and a
corrected one corrects. Entries that a corrected file no longer has stay, and are counted as
standing, unless `replace` is asked for: then those of this source between the first and the last
day of the file go.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from geo import editions
from geo.database import Actor, Database
from geo.errors import Invalid
from geo.files.headers import Matched, load_synonyms, match_headers
from geo.files.identity import stable_ids
from geo.files.read import read_table
from geo.files.rejects import reject_path, write_rejects
from geo.files.tables import RawTable
from geo.imports.activation import today
from geo.imports.context import Context
from geo.imports.options import ImportOptions
from geo.imports.rows import Rows, stated
from geo.imports.run import EXAMPLES, check_path
from geo.imports.turns import take_turn
from geo.ledger.book import COLUMNS, COUNTS, LedgerReport, against, store
from geo.ledger.places import Places, load_places
from geo.progress import SILENT, Progress
from geo.settings import Settings

MOST = 1_000_000
LONGEST_SOURCE = 200
LISTED = 20
NARROWER = (("enterprises", "without_union"), ("without_union", "agreed"), ("agreed", "founded"))
"""Pairs of which the second is usually part of the first."""


@dataclass(frozen=True)
class LedgerOptions:
    """How a file of the ledger is read. `source` is what it is called, by default its name;
    `mapping` names columns by hand; `commit` stores it."""

    source: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    layer: str | None = None
    rejects: Path | None = None
    replace: bool = False
    commit: bool = False


def import_ledger(
    database: Database,
    actor: Actor,
    settings: Settings,
    path: Path,
    options: LedgerOptions,
    progress: Progress = SILENT,
) -> LedgerReport:
    """Import a file of the ledger, or only check it.

    Args:
        database: where to.
        actor: who imports.
        settings: header synonyms.
        path: CSV, XLSX or any other table.
        options: see :class:`LedgerOptions`.
        progress: told of each step.

    Raises:
        Invalid: options that cannot be used.
        InvalidFile: a file that cannot be read, lacks the day or the place, or lists people.
        Conflict: all of it is there already under another source.
    """
    check_path(path)
    source = _source(options.source or path.name)
    with progress.step(f"读取 {path.name} / reading"):
        raw = read_table(
            path,
            options.layer,
            dataset="ledger",
            extra=settings.headers,
            mapping=options.mapping,
        )
    matched = match_headers(
        "ledger", list(raw.frame.columns), options.mapping, load_synonyms(settings.headers)
    )
    if not any(name in matched.fields for name in ("division", "district", "area_code")):
        matched.missing_required.append("division")
    matched.require()
    with database.read(actor) as reader:
        areas = editions.active(reader, "areas")
        places = load_places(reader, None if areas is None else areas.id)
    with progress.step("检查每一行 / checking every row"):
        rows, frame = _check(raw, matched, places, source)
    report = _report(path, source, raw, matched, rows, frame)
    if rows.problems.rejected:
        report.rejects = write_rejects(
            options.rejects or reject_path(path),
            raw,
            rows.problems,
            without=matched.personal_columns,
        )
    if not options.commit:
        with database.read(actor) as reader:
            against(reader, frame, report, replace=options.replace)
        return report
    with database.write(actor) as writer, progress.step("写入台账 / storing"):
        take_turn(writer, "import ledger", progress)
        gone = against(writer, frame, report, replace=options.replace)
        store(writer, frame, gone)
    report.stored = True
    return report


def _source(said: str) -> str:
    name = said.strip()
    if not name or len(name) > LONGEST_SOURCE or not name.isprintable():
        raise Invalid(
            f"来源名称须为1～{LONGEST_SOURCE}个可见字符。 The source has 1 to {LONGEST_SOURCE} "
            "visible characters.",
            remedy="例如 / for instance --source 双沟通台账2026",
            field="source",
        )
    return name


def _check(
    raw: RawTable, matched: Matched, places: Places, source: str
) -> tuple[Rows, pd.DataFrame]:
    """Every row checked; the accepted ones as the columns of the table."""
    rows = Rows(raw, matched, Context(ImportOptions()))
    day = rows.dates("day")
    division, district, code = (rows.text(name) for name in ("division", "district", "area_code"))
    counts = {name: rows.integers(name, most=MOST) for name in COUNTS}
    key = rows.text("source_key")
    _reject_incomplete(rows, day, (division, district, code), counts)
    table = pd.DataFrame(
        {
            "day": pd.Series(day.to_pylist(), dtype=object),
            "division": _called(district, division, code),
            "area_code": pd.Series(code.to_pylist(), dtype=object),
            **{
                name: pd.array(column.to_pylist(), dtype="Int64") for name, column in counts.items()
            },
            "key": pd.Series(key.to_pylist(), dtype=object),
        }
    ).iloc[rows.kept]
    _place(table, places)
    table["source"] = source
    _identify(table)
    _note_odd(rows, table)
    return rows, table[[*COLUMNS, "place"]].reset_index(drop=True)


def _reject_incomplete(
    rows: Rows, day: Any, place: tuple[Any, ...], counts: dict[str, Any]
) -> None:
    """Rows without a day, a place or any count say nothing."""
    undated = ~stated(day)
    # A day that cannot be read was told as such.
    cells = rows.cells("day")
    blank = np.asarray(cells.isna() | (cells.astype(str).str.strip() == ""), dtype=bool)
    nowhere = ~np.logical_or.reduce([stated(column) for column in place])
    silent = ~np.logical_or.reduce([stated(column) for column in counts.values()])
    silent &= ~rows.problems.rejected_mask
    for mask, name, reason_zh, reason, remedy_zh, remedy in (
        (undated & blank, "day", "没有日期", "There is no day", "补填日期", "Fill in the day"),
        (
            nowhere,
            "division",
            "没有地区",
            "There is no place",
            "补填街道、园区或区划代码",
            "Fill in the subdistrict, the park or the division code",
        ),
        (
            silent,
            "enterprise_talks",
            "没有任何数字",
            "No count is stated",
            "至少填写一项，确实没有的填0",
            "Fill in one of them; write 0 where there was none",
        ),
    ):
        rows.problems.add_mask(
            mask,
            rows.matched.header(name),
            rows.cells(name),
            reason_zh=reason_zh,
            reason=reason,
            remedy_zh=remedy_zh,
            remedy=remedy,
        )


def _called(district: Any, division: Any, code: Any) -> pd.Series[Any]:
    """What the place is called: the district before the division, where both stand in the file."""
    first, second, number = (
        pd.Series(column.to_pylist(), dtype=object) for column in (district, division, code)
    )
    joined = first.fillna("") + second.fillna("")
    # 东区 | 东区翠竹街道 says it twice.
    twice = [bool(a and b and b.startswith(a)) for a, b in zip(first, second, strict=True)]
    return joined.mask(pd.Series(twice, dtype=bool), second).where(joined != "", number)


def _place(table: pd.DataFrame, places: Places) -> None:
    """The code of the area each row means, where one is known by its name or code."""
    said = [
        (str(name), None if pd.isna(code) else str(code))
        for name, code in zip(table["division"], table["area_code"], strict=True)
    ]
    found = {pair: places.find(*pair) for pair in set(said)}
    at = [found[pair] for pair in said]
    table["place"] = pd.Series(at, index=table.index, dtype=object)
    codes = [
        code if where is None else places.code_of(where)
        for (_, code), where in zip(said, at, strict=True)
    ]
    table["area_code"] = pd.Series(codes, index=table.index, dtype=object)


def _identify(table: pd.DataFrame) -> None:
    numbered = table["key"].notna()
    nth = table.groupby(["day", "division"], dropna=False).cumcount()
    texts = [
        pa.array(column, pa.large_string())
        for column in (
            table["source"],
            np.where(numbered, table["key"], table["day"].astype(str)),
            table["division"].where(~numbered, None),
        )
    ]
    table["id"] = stable_ids(*texts, np.where(numbered, -1, nth).astype(np.int64))
    # A number given twice is two entries all the same: the second one by day and place.
    again = table["id"].duplicated()
    if again.any():
        number = table.groupby("id").cumcount().to_numpy(dtype=np.int64)
        other = stable_ids(*texts, pa.array(table["day"].astype(str), pa.large_string()), number)
        table.loc[again, "id"] = other[again.to_numpy()]


def _note_odd(rows: Rows, table: pd.DataFrame) -> None:
    for whole, part in NARROWER:
        more = int((table[part] > table[whole]).fillna(False).sum())
        if more:
            names = rows.matched.header(part), rows.matched.header(whole)
            rows.note(
                f"{more} 行“{names[0]}”多于“{names[1]}”，照录 / rows with more '{part}' than "
                f"'{whole}'; taken as stated"
            )
    ahead = int((table["day"] > today()).sum()) if len(table) else 0
    if ahead:
        rows.note(f"{ahead} 行日期在将来，照录 / rows of a day to come; taken as stated")
    nowhere = int(table["place"].isna().sum())
    if nowhere:
        rows.note(
            f"{nowhere} 行的地区不在现行区域中（或有重名），照录，不计入任何区域 / rows whose "
            "place is none of the areas in force, or several; taken, and counted in no area"
        )


def _report(
    path: Path, source: str, raw: RawTable, matched: Matched, rows: Rows, frame: pd.DataFrame
) -> LedgerReport:
    unplaced = frame.loc[frame["place"].isna(), "division"].value_counts()
    return LedgerReport(
        file=path.name,
        source=source,
        read=rows.count,
        accepted=len(frame),
        rejected=rows.problems.rejected,
        stored=False,
        first_day=frame["day"].min() if len(frame) else None,
        last_day=frame["day"].max() if len(frame) else None,
        unplaced={str(name): int(count) for name, count in unplaced.head(LISTED).items()},
        problems=[asdict(problem) for problem in rows.problems.first(EXAMPLES)],
        problems_in_all=len(rows.problems),
        notes=[*raw.notes, *matched.notes, *rows.notes],
    )
