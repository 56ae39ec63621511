"""A page of the areas in force, for comparisons and series: what they are called, what they were
formed from, and whether anything can lie in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from geo.coverage.figures import WHOLE
from geo.coverage.places import among, check_kind, read_places, whole_region
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid, NotFound


@dataclass(frozen=True)
class Listed:
    """An area in force. `region` is the code its targets hang on; `predecessor_code` what it was
    formed from, `valid_from` when. Without a border and areas below it, it `holds` nothing."""

    id: int
    name: str | None
    kind: str
    code: str | None
    parent_id: int | None
    region: str | None
    predecessor_code: str | None = None
    valid_from: date | None = None
    holds: bool = True

    def formed_after(self, day: date) -> bool:
        """Whether it was formed only after a day."""
        return self.valid_from is not None and self.valid_from > day


def everything(reader: Reader, areas: EditionFacts) -> Listed:
    """All units of an edition, wherever they lie."""
    return Listed(WHOLE, None, "whole", None, None, whole_region(reader, areas.id))


def list_areas(
    reader: Reader,
    areas: EditionFacts,
    kind: str,
    *,
    area_id: int | None = None,
    parent_id: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> tuple[list[Listed], bool]:
    """Areas of a kind by code, and whether there are more.

    Args:
        reader: the transaction.
        areas: the edition in force.
        kind: of the areas; with `area_id`, that area's.
        area_id: this area alone.
        parent_id: only areas below this one, however far.
        after: the area the page before ended with.
        limit: how many at most.

    Raises:
        Invalid: no such kind, or `after` is none of the list.
        NotFound: there is no such area.
    """
    if area_id is not None:
        kind = _kind_of(reader, areas, area_id)
    check_kind(kind)
    places = read_places(reader, areas.id, kind)
    chosen = np.arange(len(places))
    if area_id is not None:
        chosen = np.flatnonzero(places.ids == area_id)
    elif parent_id is not None:
        try:
            below = among(reader, areas, places, parent_id)
        except NotFound as error:
            raise NotFound(error.detail, remedy=error.remedy, field="parent_id") from error
        chosen = chosen if below is None else np.flatnonzero(below)
    start = 0
    if after is not None:
        at = np.flatnonzero(places.ids[chosen] == after)
        if len(at) == 0:
            raise Invalid(
                "列表已经变化。 The list has changed since that page.",
                remedy="去掉 after 重新开始。 Begin again without `after`.",
                field="after",
            )
        start = int(at[0]) + 1
    page = chosen[start : start + limit].tolist()
    more = _further(reader, areas, [int(places.ids[number]) for number in page])
    listed = [
        Listed(
            int(places.ids[number]),
            places.names[number],
            kind,
            places.codes[number],
            places.parents[number],
            places.regions[number],
            *more[int(places.ids[number])],
        )
        for number in page
    ]
    return listed, start + len(page) < len(chosen)


def _further(
    reader: Reader, areas: EditionFacts, ids: Sequence[int]
) -> dict[int, tuple[str | None, date | None, bool]]:
    rows = reader.all(
        "SELECT a.id, a.predecessor_code, a.valid_from, a.boundary IS NOT NULL OR EXISTS ("
        "SELECT FROM area b WHERE b.edition_id = a.edition_id AND b.parent_id = a.id) AS holds "
        "FROM area a WHERE a.edition_id = :areas AND a.id = ANY(:ids)",
        areas=areas.id,
        ids=list(ids),
    )
    return {row.id: (row.predecessor_code, row.valid_from, row.holds) for row in rows}


def _kind_of(reader: Reader, areas: EditionFacts, area_id: int) -> str:
    """The kind of an area in force; of one that is no longer, what became of it.

    Raises:
        NotFound: it is not in force.
    """
    row = reader.first(
        "SELECT a.kind, a.edition_id = :areas AS here, coalesce(a.name, a.code) AS called, "
        "b.id AS successor, b.name AS successor_name FROM area a LEFT JOIN area b "
        "ON b.edition_id = :areas AND b.predecessor_code = a.code WHERE a.id = :area "
        "ORDER BY here DESC, a.edition_id DESC LIMIT 1",
        areas=areas.id,
        area=area_id,
    )
    if row is not None and row.here:
        return str(row.kind)
    detail = f"没有区域{area_id}。 There is no area {area_id}."
    remedy = (
        "按名称重新查找区域（/api/areas?text=…）。 "
        "Look the area up by its name (/api/areas?text=…)."
    )
    if row is not None:
        detail = f"{row.called or area_id}已不在现行区域中。 It is no longer an area in force."
        if row.successor is not None:
            called = row.successor_name or ""
            remedy = f"其后继为{called}（{row.successor}）。 Its successor is {row.successor}."
    raise NotFound(detail, remedy=remedy, field="area_id")
