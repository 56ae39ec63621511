"""The areas that rates are given of: names, codes, what lies below what, in which region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid, NotFound
from geo.schema.areas import AREA_KINDS, DIVISION_KINDS

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """A areas of one kind, by code; `regions` are the codes of the divisions they belong to."""

    ids: Integers
    names: list[str | None]
    codes: list[str | None]
    parents: list[int | None]
    has_boundary: npt.NDArray[np.bool_]
    regions: list[str | None]

    def __len__(self) -> int:
        return len(self.ids)


def check_kind(kind: str) -> None:
    """Refuse what is no kind of area.

    Raises:
        Invalid: no such kind.
    """
    if kind not in AREA_KINDS:
        raise Invalid(
            f"“{kind}”不是区域类型。 '{kind}' is not a kind of area.",
            remedy=f"可选 / Use one of {', '.join(AREA_KINDS)}.",
            field="kind",
        )


def among(
    reader: Reader, edition: EditionFacts, places: Places, parent_id: int | None
) -> npt.NDArray[np.bool_] | None:
    """(A,) which places lie below an area, however far; None for all of them.

    Raises:
        NotFound: there is none of that number.
    """
    if parent_id is None:
        return None
    require_area(reader, edition, parent_id)
    return np.isin(places.ids, _below(reader, edition.id, parent_id))


def kind_of(reader: Reader, area_id: int) -> str:
    """The kind of an area of the active edition.

    Raises:
        NotFound: there is none of that number.
    """
    edition = editions.require_active(reader, "areas")
    return str(require_area(reader, edition, area_id).kind)


def no_area(area_id: int) -> NotFound:
    """What to say of an area that is not there, or not of the kind or below the area asked for."""
    return NotFound(
        f"没有这样的区域 {area_id}。 There is no such area {area_id}.",
        remedy="按名称重新查找区域（/api/areas?text=…）。 "
        "Look the area up by its name (/api/areas?text=…).",
        field="area_id",
    )


def require_area(reader: Reader, edition: EditionFacts, area_id: int) -> Any:
    """Kind, name and code of an area.

    Raises:
        NotFound: there is none of that number.
    """
    row = reader.first(
        "SELECT id, kind, name, code FROM area WHERE edition_id = :edition AND id = :area",
        edition=edition.id,
        area=area_id,
    )
    if row is None:
        raise no_area(area_id)
    return row


def read_places(reader: Reader, edition_id: int, kind: str) -> Places:
    """The areas of a kind, by code."""
    rows = reader.all(
        "SELECT id, name, code, parent_id, boundary IS NOT NULL AS has_boundary FROM area "
        "WHERE edition_id = :edition AND kind = :kind ORDER BY code, id",
        edition=edition_id,
        kind=kind,
    )
    codes = [row.code for row in rows]
    regions = codes
    if kind not in DIVISION_KINDS:
        above = _divisions_above(reader, edition_id, kind)
        regions = [above.get(row.id) for row in rows]
    return Places(
        ids=np.array([row.id for row in rows], dtype=np.int64),
        names=[row.name for row in rows],
        codes=codes,
        parents=[row.parent_id for row in rows],
        has_boundary=np.array([row.has_boundary for row in rows], dtype=bool),
        regions=regions,
    )


def _divisions_above(reader: Reader, edition_id: int, kind: str) -> dict[int, str]:
    """The code of the first division above each area of a kind."""
    kinds = ", ".join(f"'{name}'" for name in DIVISION_KINDS)
    rows = reader.all(
        "WITH RECURSIVE up AS (SELECT id, parent_id AS at FROM area "
        "WHERE edition_id = :edition AND kind = :kind "
        "UNION SELECT up.id, a.parent_id FROM up JOIN area a ON a.edition_id = :edition "
        f"AND a.id = up.at AND a.kind NOT IN ({kinds})) "
        "SELECT up.id, a.code FROM up JOIN area a ON a.edition_id = :edition AND a.id = up.at "
        f"AND a.kind IN ({kinds}) AND a.code IS NOT NULL",
        edition=edition_id,
        kind=kind,
    )
    return {row.id: row.code for row in rows}


def _below(reader: Reader, edition_id: int, parent_id: int) -> Integers:
    rows = reader.all(
        "WITH RECURSIVE down AS (SELECT CAST(:parent AS bigint) AS id "
        "UNION SELECT a.id FROM area a JOIN down ON a.parent_id = down.id "
        "WHERE a.edition_id = :edition) SELECT id FROM down WHERE id <> :parent",
        edition=edition_id,
        parent=parent_id,
    )
    return np.array([row.id for row in rows], dtype=np.int64)


def whole_region(reader: Reader, edition_id: int) -> str | None:
    """The longest code that all divisions begin with: the region of the whole."""
    row = reader.first(
        'SELECT min(code COLLATE "C") AS low, max(code COLLATE "C") AS high FROM area '
        "WHERE edition_id = :edition AND kind = ANY(:kinds) AND code IS NOT NULL",
        edition=edition_id,
        kinds=list(DIVISION_KINDS),
    )
    return None if row is None else common_start(row.low, row.high)


def common_start(low: str | None, high: str | None) -> str | None:
    """What two codes both begin with; None for nothing."""
    if not low or not high:
        return None
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same] or None
