"""What a scan looks at, gathered: which enterprises count, the units and the street of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.areas.assign import find_assignment
from geo.clusters.ground import BUILDING, PLACE, WIDE, Scene
from geo.coordinates import LocalPlane
from geo.coverage.keeping import read_apart
from geo.database import Reader
from geo.enterprises.apart import APART, COUNTED, set_apart
from geo.enterprises.classes import SIZES, sizes
from geo.enterprises.units import STATE, Units, listed
from geo.schema.areas import UNIT_KINDS

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

RANKS = {"functional_area": WIDE, "office_building": BUILDING}
"""Of the kinds of units; all others are a PLACE."""
SCANNED_KINDS = (*UNIT_KINDS, "subdistrict")
STREET = (
    r"(?P<street>[^\d\s省市区县旗镇乡村、，,()（）号]{1,12}?(?:大道|公路|胡同|路|街|道|巷|弄|里))"
    r"\d+(?:-\d+)?[号弄]"
)
"""The street of a Chinese address: what stands before the house number."""
MANY = 1_000
"""From so many areas on it is quicker to read all."""
_SUBDISTRICT = re.compile(r"^.*街道(?=.)")
_REMARK = r"（[^（）]*）$"


@dataclass(frozen=True)
class Gathered:
    """N of the edition's units as a scene, and what its numbers stand for.

    rows (N,) positions in the units; without (N,); subdistrict (N,) area id, 0 for none; unit_ids
    (U,) area ids, unit_names (U,); streets: names by the scene's street key, minus one; counts:
    what was left out and why.
    """

    scene: Scene
    strata: int
    rows: Integers
    without: Flags
    subdistrict: Integers
    stratum_areas: Integers
    unit_ids: Integers
    unit_names: list[str | None]
    streets: list[str]
    plane: LocalPlane
    area_edition_id: int | None
    counts: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rows)


def gather(
    reader: Reader,
    edition_id: int,
    units: Units,
    area_edition_id: int | None,
    pairs: tuple[Integers, Integers] | None = None,
    middle: tuple[float, float] | None = None,
) -> Gathered | None:
    """Gather a scene; None where no enterprise has a place and a known state.

    Set-apart units (mass registrations, dormant, closed), those of unknown state and those without
    a place are left out: they are neither with nor without a union, or nobody works there.

    Args:
        reader: the transaction.
        edition_id: of the enterprises.
        units: those in force.
        area_edition_id: of the areas they were assigned to; None if there are none.
        pairs: the memberships at hand, as ids of enterprise and area, of organising units and
            subdistricts; read if not given.
        middle: of the plane to measure in; that of the enterprises if not given.

    Cost: some 4 s for a million.
    """
    assignment = (
        None if area_edition_id is None else find_assignment(reader, edition_id, area_edition_id)
    )
    # Rows of a file come in its own order.
    order = np.argsort(units.ids, kind="stable")
    apart = np.empty(len(units), dtype=np.int8)
    apart[order] = (
        set_apart(units)[order]
        if assignment is None
        else read_apart(reader, assignment, units.ids[order])
    )
    placed = np.isfinite(units.lon) & np.isfinite(units.lat)
    known = units.state != STATE["unknown"]
    taken = placed & known & (apart == COUNTED)
    counts = {
        "units": len(units),
        "scanned": int(taken.sum()),
        "without_union": int((taken & (units.state == STATE["none"])).sum()),
        "without_place": int((~placed).sum()),
        "unknown_state": int((~known).sum()),
        "set_apart": {
            name: int((apart == code).sum()) for code, name in enumerate(APART) if code != COUNTED
        },
    }
    rows = order[taken[order]]
    if len(rows) == 0:
        return None
    lon, lat = units.lon[rows], units.lat[rows]
    if middle is None:
        middle = (round(float(np.median(lon)), 4), round(float(np.median(lat)), 4))
    plane = _plane(*middle)
    x, y = plane.forward(lon, lat)
    ids = units.ids[rows]
    if pairs is None:
        pairs = _memberships(reader, assignment, area_edition_id)
        areas = _areas(reader, area_edition_id)
    else:
        areas = _areas(reader, area_edition_id, np.unique(pairs[1]))
    member, area = _positions(ids, areas.ids, *pairs)
    kind = areas.kinds[area]
    inside = kind != "subdistrict"
    pair_enterprise, pair_unit = member[inside], area[inside]
    pair_enterprise, pair_unit = _by_address(
        reader, edition_id, ids, areas, pair_enterprise, pair_unit
    )
    # Of two subdistricts that overlap the assignment kept one.
    own = np.zeros(len(rows), dtype=np.int64)
    own[member[~inside]] = areas.ids[area[~inside]]
    stratum_areas, place = np.unique(np.append(own, 0), return_inverse=True)
    bands = len(SIZES)
    street, names = _streets(reader, edition_id, ids, pair_enterprise)
    used, pair_unit = np.unique(pair_unit, return_inverse=True)
    scene = Scene(
        x=x,
        y=y,
        employees=units.employees[rows],
        stratum=place[:-1] * bands + sizes(units.employees[rows]),
        bands=bands,
        pair_enterprise=pair_enterprise,
        pair_unit=pair_unit.astype(np.int64),
        rank=areas.ranks[used],
        street=street,
    )
    counts["middle"] = list(middle)
    return Gathered(
        scene=scene,
        strata=len(stratum_areas) * bands,
        rows=rows,
        without=units.state[rows] == STATE["none"],
        subdistrict=own,
        stratum_areas=stratum_areas,
        unit_ids=areas.ids[used],
        unit_names=[areas.names[number] for number in used.tolist()],
        streets=names,
        plane=plane,
        area_edition_id=area_edition_id,
        counts=counts,
    )


@cache
def _plane(lon: float, lat: float) -> LocalPlane:
    """Planes are asked for again with each change of a union."""
    return LocalPlane(lon, lat)


@dataclass(frozen=True)
class _Areas:
    ids: Integers
    kinds: npt.NDArray[np.str_]
    names: list[str | None]

    @property
    def ranks(self) -> npt.NDArray[np.int8]:
        """See :class:`geo.clusters.ground.Scene`."""
        return np.array([RANKS.get(kind, PLACE) for kind in self.kinds.tolist()], dtype=np.int8)


def _areas(reader: Reader, area_edition_id: int | None, only: Integers | None = None) -> _Areas:
    """Organising units and subdistricts, by ascending id."""
    chosen = "" if only is None or len(only) > MANY else f"AND id IN {listed(only)} "
    rows: Sequence[Any] = (
        []
        if area_edition_id is None
        else reader.all(
            "SELECT id, kind, name FROM area WHERE edition_id = :edition AND kind = ANY(:kinds) "
            f"{chosen}ORDER BY id",
            edition=area_edition_id,
            kinds=list(SCANNED_KINDS),
        )
    )
    return _Areas(
        ids=np.array([row.id for row in rows], dtype=np.int64),
        kinds=np.array([row.kind for row in rows], dtype=np.str_),
        names=[row.name for row in rows],
    )


def _memberships(
    reader: Reader, assignment: int | None, area_edition_id: int | None
) -> tuple[Integers, Integers]:
    """Pairs of ids of an enterprise and of an area."""
    nothing = np.empty(0, dtype=np.int64)
    if assignment is None:
        return nothing, nothing
    kinds = ", ".join(f"'{kind}'" for kind in SCANNED_KINDS)
    member, area = reader.copy_out_integers(
        "SELECT m.member_id, m.area_id FROM area_membership m JOIN area a "
        f"ON a.edition_id = {int(area_edition_id or 0)} AND a.id = m.area_id "
        f"WHERE m.assignment_id = {int(assignment)} AND a.kind IN ({kinds})",
        2,
    )
    return member, area


def _positions(
    ids: Integers, areas: Integers, member: Integers, area: Integers
) -> tuple[Integers, Integers]:
    """The pairs as positions among the enterprises and areas looked at; others are left out."""
    if len(member) == 0 or len(areas) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    row = np.minimum(np.searchsorted(ids, member), len(ids) - 1)
    place = np.minimum(np.searchsorted(areas, area), len(areas) - 1)
    known = (ids[row] == member) & (areas[place] == area)
    return row[known], place[known]


def _by_address(
    reader: Reader, edition_id: int, ids: Integers, areas: _Areas, enterprise: Integers,
    unit: Integers,
) -> tuple[Integers, Integers]:  # fmt: skip
    """The pairs without those that an address speaks against.

    Where several parks hold a place, the registered address often names one: then it is that one.
    """
    open_air = areas.ranks[unit] == PLACE
    several = np.bincount(enterprise[open_air], minlength=len(ids)) > 1
    doubtful = np.flatnonzero(open_air & several[enterprise])
    if len(doubtful) == 0:
        return enterprise, unit
    owners = np.unique(enterprise[doubtful])
    text = _addresses(reader, edition_id, ids[owners])
    address = text[np.searchsorted(owners, enterprise[doubtful])].tolist()
    bare = [re.sub(_REMARK, "", name or "") for name in areas.names]
    named = np.array(
        [
            len(bare[of]) > 1 and bare[of] in said
            for of, said in zip(unit[doubtful].tolist(), address, strict=True)
        ],
        dtype=bool,
    )
    decided = np.zeros(len(ids), dtype=bool)
    decided[enterprise[doubtful[named]]] = True
    keep = np.ones(len(unit), dtype=bool)
    keep[doubtful[~named & decided[enterprise[doubtful]]]] = False
    return enterprise[keep], unit[keep]


def _streets(
    reader: Reader, edition_id: int, ids: Integers, enterprise: Integers
) -> tuple[Integers, list[str]]:
    """For those in no unit: the key of the street their address names, 0 for none; and the names
    by key, minus one."""
    street = np.zeros(len(ids), dtype=np.int64)
    loose = np.ones(len(ids), dtype=bool)
    loose[enterprise] = False
    where = np.flatnonzero(loose)
    if len(where) == 0:
        return street, []
    text = pa.array(_addresses(reader, edition_id, ids[where]), pa.large_string())
    found = pc.struct_field(pc.extract_regex(text, STREET), "street")
    coded = pc.fill_null(found, "").dictionary_encode()
    words = coded.dictionary.to_pylist()
    names = [_SUBDISTRICT.sub("", word) for word in words]
    known = {name: key for key, name in enumerate(sorted(set(names) - {""}), start=1)}
    key = np.array([known.get(name, 0) for name in names], dtype=np.int64)
    street[where] = key[coded.indices.to_numpy(zero_copy_only=False)]
    return street, list(known)


def _addresses(reader: Reader, edition_id: int, ids: Integers) -> npt.NDArray[np.object_]:
    """(K,) registered addresses of enterprises by ascending id, empty where none is stated."""
    answer: npt.NDArray[np.object_] = np.full(len(ids), "", dtype=object)
    listed = ",".join(str(number) for number in ids.tolist())
    table = reader.copy_out(
        f"SELECT id, coalesce(address, '') AS address FROM unnest('{{{listed}}}'::bigint[]) AS id "
        f"JOIN enterprise USING (id) WHERE edition_id = {int(edition_id)}",
        texts=("address",),
    )
    if table.num_rows:
        place = np.searchsorted(ids, table.column("id").to_numpy())
        answer[place] = pc.fill_null(table.column("address"), "").to_numpy(zero_copy_only=False)
    return answer
