"""The entries in the database: what a file adds to them, changes and leaves standing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from geo.database import Reader, Writer
from geo.errors import Conflict
from geo.schema.enterprises import LedgerEntry

COUNTS = (
    "enterprise_talks",
    "worker_talks",
    "enterprises",
    "without_union",
    "agreed",
    "founded",
    "sign_ups",
)
"""What an entry counts; any may be missing, which is not 0."""
COLUMNS = ("id", "day", "division", "area_code", *COUNTS, "source")


@dataclass
class LedgerReport:
    """What an import did, or would do: accepted + rejected = read, and added + changed + unchanged
    = accepted. `standing` entries of this source are not in the file, and `removed` ones were taken
    out. `unplaced` are places that no area in force is called by, with how many rows name them."""

    file: str
    source: str
    read: int
    accepted: int
    rejected: int
    stored: bool
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    standing: int = 0
    removed: int = 0
    first_day: date | None = None
    last_day: date | None = None
    unplaced: dict[str, int] = field(default_factory=dict)
    rejects: Path | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    problems_in_all: int = 0
    notes: list[str] = field(default_factory=list)


def against(
    reader: Reader, frame: pd.DataFrame, report: LedgerReport, *, replace: bool
) -> npt.NDArray[np.int64]:
    """Count in the report what is new, changed and the same; ids of the entries that are to go.

    Args:
        reader: the transaction.
        frame: the accepted rows, as columns of the table.
        report: of the file.
        replace: whether entries that the file does not have are to go.

    Raises:
        Conflict: all of it is there already under another source.
    """
    names = [column.name for column in LedgerEntry.__table__.columns]
    found = reader.all(f"SELECT {', '.join(names)} FROM ledger_entry ORDER BY id")
    stored = pd.DataFrame([tuple(row) for row in found], columns=names)
    for name in COUNTS:
        stored[name] = pd.array([getattr(row, name) for row in found], dtype="Int64")
    _refuse_double(frame, stored, report)
    own = stored[stored["source"] == report.source]
    known = frame["id"].isin(own["id"])
    report.added = int((~known).sum())
    compared = ["day", "division", "area_code", *COUNTS]
    same = _rows_as_text(frame[known], compared) == _rows_as_text(
        own.set_index("id").reindex(frame.loc[known, "id"]).reset_index(), compared
    )
    report.unchanged = int(same.sum())
    report.changed = int((~same).sum())
    left = own[~own["id"].isin(frame["id"])]
    if report.first_day is not None:
        within = (left["day"] >= report.first_day) & (left["day"] <= report.last_day)
    else:
        within = pd.Series(False, index=left.index)
    gone = left.loc[within & replace, "id"].to_numpy(dtype=np.int64)
    report.removed = len(gone)
    report.standing = len(left) - len(gone)
    return gone


def _refuse_double(frame: pd.DataFrame, stored: pd.DataFrame, report: LedgerReport) -> None:
    """The same talks told under another name would count twice."""
    others = stored[stored["source"] != report.source]
    compared = ["day", "division", *COUNTS]
    there = set(_rows_as_text(others, compared).tolist())
    double = np.isin(_rows_as_text(frame, compared), list(there))
    if len(frame) and double.all():
        first = _rows_as_text(others, compared) == _rows_as_text(frame, compared)[0]
        name = others["source"].to_numpy()[first][0]
        raise Conflict(
            f"文件中的全部{len(frame)}行已以来源“{name}”入账。 All {len(frame)} rows of it are "
            f"in the ledger, of the source “{name}”.",
            remedy=f"如需更正，请用 --source {name}。 To correct them, use that --source.",
            field="source",
        )
    if double.any():
        report.notes.append(
            f"{int(double.sum())} 行与另一来源的记录完全相同，会重复计数 / rows exactly as another "
            "source has them: they would count twice"
        )


def _rows_as_text(frame: pd.DataFrame, names: list[str]) -> npt.NDArray[np.object_]:
    """Each row as one text, to compare by; missing is nothing."""
    told = [
        ["" if pd.isna(value) else str(value) for value in frame[name].tolist()] for name in names
    ]
    joined = ["\x1f".join(cells) for cells in zip(*told, strict=True)]
    return np.array(joined, dtype=object)


def store(writer: Writer, frame: pd.DataFrame, gone: npt.NDArray[np.int64]) -> None:
    """Write the rows of a file, and take those out that are to go."""
    writer.execute("DELETE FROM ledger_entry WHERE id = ANY(:gone)", {"gone": gone.tolist()})
    writer.execute("CREATE TEMP TABLE staged (LIKE ledger_entry) ON COMMIT DROP")
    kinds: dict[str, pa.DataType] = {
        "id": pa.int64(),
        "day": pa.date32(),
        **dict.fromkeys(("division", "area_code", "source"), pa.string()),
        **dict.fromkeys(COUNTS, pa.int64()),
    }
    table = pa.table(
        {
            name: pa.array(
                [None if pd.isna(value) else value for value in frame[name].tolist()], kinds[name]
            )
            for name in COLUMNS
        }
    )
    writer.copy_in("staged", COLUMNS, table)
    names = ", ".join(COLUMNS)
    changed = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    writer.execute(
        f"INSERT INTO ledger_entry ({names}) SELECT {names} FROM staged "
        f"ON CONFLICT (id) DO UPDATE SET {changed}"
    )
    writer.execute("DROP TABLE staged")
