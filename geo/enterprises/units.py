"""The enterprises of an edition as arrays: what counting, clustering and drawing read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.database import Reader
from geo.enterprises import classes
from geo.schema import UNION_STATES

STATE = {name: code for code, name in enumerate(UNION_STATES)}
"""Codes of `Units.state`: the position in :data:`geo.schema.UNION_STATES`."""
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Units:
    """N employer units by ascending id; all arrays have shape (N,).

    Counts are NaN where the unit did not state them; lon and lat (WGS 84) are NaN where it has no
    place. `union_key` tells unions apart (a joint union has one key in all its units), 0 where the
    unit has none. `address_key` tells registered addresses apart, 0 where none is stated.
    `industry`, `unit_class` and `business` are positions in the tuples of
    :mod:`geo.enterprises.classes`.
    """

    ids: npt.NDArray[np.int64]
    lon: Floats
    lat: Floats
    state: Codes
    union_key: npt.NDArray[np.int64]
    employees: Floats
    members: Floats
    new_employment_workers: Floats
    new_employment_members: Floats
    industry: Codes
    unit_class: Codes
    business: Codes
    address_key: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


def fetch_units(reader: Reader, edition_id: int, only: Sequence[int] | None = None) -> Units:
    """All units of an edition as it states them, by COPY; some 3 s for a million.

    Args:
        reader: the transaction.
        edition_id: of enterprises.
        only: ids of the units wanted; those that are not there are left out.
    """
    chosen = "" if only is None else f" AND id IN {listed(only)}"
    rows = f"FROM enterprise WHERE edition_id = {int(edition_id)}{chosen}"
    columns = reader.copy_out_fixed(
        f"SELECT {', '.join(sql for sql, _ in _COLUMNS.values())} {rows}",
        [kind for _, kind in _COLUMNS.values()],
    )
    order = np.argsort(columns[0], kind="stable")
    found = {name: column[order] for name, column in zip(_COLUMNS, columns, strict=True)}
    for name in COUNTS:
        found[name] = np.where(found[name] >= 0, found[name], np.nan)
    for name in ("state", "business"):
        found[name] = found[name].astype(np.int8)
    for name, codes in (("industry", classes.industries), ("unit_class", classes.unit_classes)):
        found[name] = _coded(reader, name, rows, found[name], codes)
    return Units(**found)


COUNTS = ("employees", "members", "new_employment_workers", "new_employment_members")


def _case(column: str, codes: Mapping[str, int]) -> str:
    told = " ".join(f"WHEN '{name}' THEN {code}" for name, code in codes.items())
    return f"CAST(CASE {column} {told} END AS smallint)"


_UNION_KEY = (
    "CASE WHEN union_state IN ('own', 'joint') THEN "
    "coalesce(hashtextextended(coalesce(union_uscc, union_name), 0), id) ELSE 0 END"
)
_COLUMNS = {
    "ids": ("id", "i8"),
    "lon": ("coalesce(ST_X(location), 'NaN')", "f8"),
    "lat": ("coalesce(ST_Y(location), 'NaN')", "f8"),
    "state": (_case("union_state", STATE), "i2"),
    "union_key": (_UNION_KEY, "i8"),
    **{name: (f"coalesce({name}, -1)", "i4") for name in COUNTS},
    "industry": ("coalesce(hashtextextended(industry, 0), 0)", "i8"),
    "unit_class": ("coalesce(hashtextextended(unit_class, 0), 0)", "i8"),
    "business": (_case("coalesce(business_state, 'unstated')", classes.BUSINESS), "i2"),
    "address_key": ("coalesce(hashtextextended(address, 0), 0)", "i8"),
}
"""SQL of each column, never null, and its type: texts as hashes, counts not stated as -1."""


def _coded(
    reader: Reader,
    column: str,
    rows: str,
    hashes: npt.NDArray[np.int64],
    codes: Callable[[Iterable[str]], Codes],
) -> Codes:
    """(N,) codes of a column of texts, each different text read once."""
    texts = reader.all(
        f"SELECT hashtextextended({column}, 0) AS hash, min({column}) AS text {rows} "
        f"AND {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    known = np.array([0, *(row.hash for row in texts)], dtype=np.int64)
    of_text = codes(["", *(row.text for row in texts)])
    order = np.argsort(known)
    found: Codes = of_text[order[np.searchsorted(known[order], hashes)]]
    return found


def listed(ids: Iterable[int]) -> str:
    """Whole numbers as the list of an SQL condition `IN`, which none meets if there are none."""
    return f"({', '.join(str(int(number)) for number in ids) or 'NULL'})"


def no_units() -> Units:
    """An edition without units."""
    floats, whole, codes = np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)
    return Units(
        whole, floats, floats, codes, whole, floats, floats, floats, floats, codes, codes, codes,
        whole,
    )  # fmt: skip


def coded(column: pa.ChunkedArray, codes: Callable[[Iterable[str]], Codes]) -> Codes:
    """(N,) codes of a column of texts, each different text looked at once; missing is empty."""
    texts = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.unify_dictionaries().combine_chunks()
    of_word = codes(texts.dictionary.to_pylist())
    found: Codes = of_word[texts.indices.to_numpy(zero_copy_only=False)]
    return found
