"""Enterprises from a checked file to rows of the table.

Union state: as the column 建会状态 says; where it says nothing, a stated union (name, union code,
founding date or 基层工会类型) means joint when the type says 联合, else own; a file that has union
columns, but no 建会状态, and leaves them all empty for a unit means none; a file without any union
column says nothing: unknown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.enterprises import classes
from geo.enterprises.units import STATE, Units, coded
from geo.files.codes import credit_codes
from geo.files.headers import Matched
from geo.files.identity import stable_ids
from geo.files.tables import RawTable
from geo.imports.context import Context
from geo.imports.options import Prepared
from geo.imports.rows import Rows, stated
from geo.schema import UNION_STATES

UNION_COLUMNS = ("union_type", "union_name", "union_uscc", "union_founded_on")
COUNTS = ("employees", "members", "new_employment_workers", "new_employment_members")
MOST_EMPLOYEES = 2_000_000
TEXTS = ("declared_division", "unit_class", "economic_type", "industry", "upper_union")


def prepare_enterprises(raw: RawTable, matched: Matched, context: Context) -> Prepared:
    """Check every row of a file of enterprises; see :func:`geo.imports.run.import_file`."""
    rows = Rows(raw, matched, context)
    name = rows.text("name", required=True)
    uscc = rows.read("uscc", credit_codes, pa.large_string())
    union_uscc = rows.read("union_uscc", credit_codes, pa.large_string(), rejects=False)
    address = rows.text("address")
    counts = {field: rows.integers(field, most=MOST_EMPLOYEES) for field in COUNTS}
    founded = rows.dates("union_founded_on")
    business = rows.choice("business_state", "business_state")
    union_name = rows.text("union_name")
    state = _union_state(rows, union_name, union_uscc, founded)
    lon, lat, located_by = rows.located(address)
    key = pc.coalesce(uscc, rows.text("source_key"))
    ids = rows.identities(key, (name, address), lon, lat)
    rows.reject_repeats(ids, "uscc", "name")
    _note_inconsistent(rows, counts)
    keep = rows.only_kept
    columns = {
        "id": ids[rows.kept],
        "name": keep(name),
        "uscc": keep(uscc),
        "address": keep(address),
        **{field: keep(rows.text(field)) for field in TEXTS},
        "business_state": keep(business),
        **{field: keep(column) for field, column in counts.items()},
        "union_state": keep(
            pa.DictionaryArray.from_arrays(pa.array(state), pa.array(UNION_STATES)).cast(
                pa.string()
            )
        ),
        "union_name": keep(union_name),
        "union_uscc": keep(union_uscc),
        "union_founded_on": keep(founded),
        **rows.location_columns(lon, lat, located_by),
        "source_row": rows.source_rows(),
    }
    prepared = rows.prepared(columns, lon)
    prepared.units = _units(rows, columns, state, lon, lat)
    return prepared


def _union_state(
    rows: Rows, union_name: Any, union_uscc: Any, founded: Any
) -> npt.NDArray[np.int8]:
    """(N,) positions in UNION_STATES; see the module."""
    said = _plain(rows.choice("union_state", "union_state"))
    kind = _plain(rows.choice("union_type", "union_type"))
    named = stated(union_name) | stated(union_uscc) | stated(founded) | (kind != "")
    by_kind = np.where(kind == "joint", "joint", "own")
    silent = "unknown"
    if not rows.has("union_state") and any(rows.has(field) for field in UNION_COLUMNS):
        silent = "none"
    derived = np.where(named, by_kind, silent)
    final = np.where(said == "", derived, np.where(said == "unionised", by_kind, said))
    names, inverse = np.unique(final.astype(str), return_inverse=True)
    codes = np.array([STATE[str(name)] for name in names], dtype=np.int8)
    found: npt.NDArray[np.int8] = codes[inverse] if len(codes) else np.empty(0, dtype=np.int8)
    return found


def _note_inconsistent(rows: Rows, counts: dict[str, Any]) -> None:
    kept = rows.kept
    more = pc.greater(counts["members"], counts["employees"]).fill_null(False)
    odd = int(more.to_numpy(zero_copy_only=False)[kept].sum())
    if odd:
        rows.note(
            f"{odd} 个单位会员多于职工，照录 / units that state more members than employees; taken "
            "as stated"
        )
        rows.report["more_members_than_employees"] = odd


def _units(
    rows: Rows,
    columns: dict[str, Any],
    state: npt.NDArray[np.int8],
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
) -> Units:
    """The accepted rows as the arrays that counting reads."""
    kept = rows.kept
    ids = columns["id"]
    codes = state[kept]
    named = pc.coalesce(columns["union_uscc"], columns["union_name"])
    unionised = (codes == STATE["own"]) | (codes == STATE["joint"])
    keys = np.where(stated(named), stable_ids(named), ids)
    return Units(
        ids=ids,
        lon=lon[kept],
        lat=lat[kept],
        state=codes,
        union_key=np.where(unionised, keys, 0),
        **{field: _floats(columns[field]) for field in COUNTS},
        industry=coded(pa.chunked_array([columns["industry"]]), classes.industries),
        unit_class=coded(pa.chunked_array([columns["unit_class"]]), classes.unit_classes),
        business=_business(columns["business_state"]),
        address_key=np.where(stated(columns["address"]), stable_ids(columns["address"]), 0),
    )


def _business(column: Any) -> npt.NDArray[np.int8]:
    words = _plain(column)
    names, inverse = np.unique(words, return_inverse=True)
    codes = np.array([classes.BUSINESS[str(name) or "unstated"] for name in names], dtype=np.int8)
    found: npt.NDArray[np.int8] = codes[inverse] if len(codes) else np.empty(0, dtype=np.int8)
    return found


def _plain(column: Any) -> npt.NDArray[Any]:
    """A column of few different words as numpy text, empty where missing."""
    encoded = pc.fill_null(column, "").dictionary_encode()
    words = np.array(encoded.dictionary.to_pylist(), dtype=np.str_)
    plain: npt.NDArray[Any] = words[encoded.indices.to_numpy(zero_copy_only=False)]
    return plain


def _floats(column: Any) -> npt.NDArray[np.float64]:
    values_: npt.NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values_
