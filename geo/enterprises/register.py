"""The register: the active enterprises in the memory of one process.

What tiles, filtered figures and lists of areas are made from. Changes of unions are applied in
place (see :mod:`geo.enterprises.holder`); a new edition is a new register.

Memory: 90 bytes a unit, 4 a membership, 300 an area; some 110 MB for a million units in 2.2 million
memberships of 20,000 areas.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo import editions
from geo.areas.assign import KIND, find_assignment
from geo.coverage.figures import FIGURES, USUAL_RULES, WHOLE, apart_by
from geo.coverage.keeping import read_apart
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.classes import sizes
from geo.enterprises.filter import TIER_NAMES, Filter
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import Units

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

MOST_MASKS = 24


@dataclass
class Register:
    """N units in A areas, M memberships. Arrays are shared: read them, never write.

    `tier` is a position in :data:`geo.enterprises.filter.TIER_NAMES`, `cluster` the cluster's id, 0
    for none. `apart` is a position in :data:`geo.enterprises.apart.APART`. The units of area
    position a are `member_unit[member_start[a] : member_start[a + 1]]`, ascending.
    `figures` are the columns of `area_figures`, the whole edition last. `version` rises with every
    change of a union, and is the same in all processes that have applied the same changes.
    """

    edition: EditionFacts
    area_edition: EditionFacts | None
    assignment: int | None
    units: Units
    apart: Codes
    tier: Codes
    cluster: Integers
    area_ids: Integers
    area_kinds: Codes
    area_parents: Integers
    area_names: list[str | None]
    area_codes: list[str | None]
    member_start: Integers
    member_unit: npt.NDArray[np.int32]
    figures: dict[str, Integers]
    version: int
    sizes: Codes = field(init=False)
    """(N,) positions in :data:`geo.enterprises.classes.SIZES`."""
    _masks: OrderedDict[str, tuple[int, npt.NDArray[np.bool_]]] = field(
        init=False, repr=False, default_factory=OrderedDict
    )

    def __post_init__(self) -> None:
        """Compute the bands of size."""
        self.sizes = sizes(self.units.employees)

    def __len__(self) -> int:
        return len(self.units)

    def area_position(self, area_id: int) -> int | None:
        """Where an area stands in the arrays."""
        return _position(self.area_ids, area_id)

    def unit_position(self, enterprise_id: int) -> int | None:
        """Where a unit stands in the arrays."""
        return _position(self.units.ids, enterprise_id)

    def members_of(self, position: int) -> npt.NDArray[np.int32]:
        """Positions of the units in an area, ascending."""
        return self.member_unit[self.member_start[position] : self.member_start[position + 1]]

    def areas_of(self, rows: Integers) -> Integers:
        """Positions of the areas that hold any of some units, ascending; 1 ms for one unit."""
        if len(rows) == 1:
            found = np.flatnonzero(self.member_unit == rows[0])
        else:
            wanted = np.zeros(len(self), dtype=bool)
            wanted[rows] = True
            found = np.flatnonzero(wanted[self.member_unit])
        return np.unique(np.searchsorted(self.member_start, found, side="right") - 1)

    @functools.cached_property
    def by_size(self) -> tuple[Integers, Integers]:
        """(N,) the rank of each unit by size, and (N,) the units by rank: the most employees first,
        those that do not state them last, then by id."""
        employees = np.nan_to_num(self.units.employees, nan=-1)
        order = np.lexsort((self.units.ids, -employees))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return rank, order

    def mask(self, chosen: Filter) -> npt.NDArray[np.bool_]:
        """(N,) the units a filter keeps, remembered until the next change."""
        key, version = chosen.key, self.version
        held = self._masks.get(key)
        if held is not None and held[0] == version:
            return held[1]
        kept = chosen.mask_of(self)
        kept.flags.writeable = False
        self._masks[key] = (version, kept)
        while len(self._masks) > MOST_MASKS:
            self._masks.popitem(last=False)
        return kept

    def forget_masks(self) -> None:
        """Compute filters anew: something they read was changed though the version was not."""
        self._masks.clear()


def load_register(reader: Reader) -> Register:
    """Read the active enterprises with the changes of unions in force over them.

    Give a reader whose transaction sees one moment (:func:`one_moment`), or one that nobody writes
    beside.

    Raises:
        NotFound: no edition of enterprises is active.

    Cost: some 5 s for a million units.
    """
    version = revision(reader)
    edition = editions.require_active(reader, "enterprises")
    area_edition = editions.active(reader, "areas")
    units = units_in_force(reader, edition)
    units = dataclasses.replace(
        units,
        **{
            name: np.array(getattr(units, name))
            for name in ("state", "union_key", "members", "new_employment_members")
        },
    )
    tier, cluster = read_tiers(reader, edition.id, units.ids)
    assignment = None
    if area_edition is not None:
        assignment = find_assignment(reader, edition.id, area_edition.id)
    ids, kinds, parents, names, codes = _areas(reader, area_edition)
    start, member = _members(reader, assignment, ids, units.ids)
    return Register(
        edition=edition,
        area_edition=area_edition,
        assignment=assignment,
        units=units,
        apart=apart_by(units, USUAL_RULES)
        if assignment is None
        else read_apart(reader, assignment, units.ids),
        tier=tier,
        cluster=cluster,
        area_ids=ids,
        area_kinds=kinds,
        area_parents=parents,
        area_names=names,
        area_codes=codes,
        member_start=start,
        member_unit=member,
        figures=read_figures(reader, assignment, ids),
        version=version,
    )


def one_moment(reader: Reader) -> None:
    """Let everything that the transaction reads be of one moment; before its first query."""
    reader.connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def revision(reader: Reader) -> int:
    """The number of the last change of a union, noted or revoked; 0 before the first."""
    return int(reader.scalar("SELECT coalesce(max(revision), 0) FROM union_change"))


def clusters_mark(reader: Reader) -> str | None:
    """When the clusters of the active enterprises were last searched for, everywhere and around an
    enterprise; None for never."""
    found = reader.scalar(
        "SELECT concat_ws(' ', r.found_at, r.facts ->> 'rescanned_at') FROM cluster_run r "
        "JOIN edition e ON e.id = r.edition_id "
        "WHERE e.dataset = 'enterprises' AND e.state = 'active'"
    )
    return None if found is None else str(found)


def read_tiers(reader: Reader, edition_id: int, ids: Integers) -> tuple[Codes, Integers]:
    """(N,) the tier and the cluster of each unit; the surer one where two hold it."""
    tier, cluster = np.zeros(len(ids), dtype=np.int8), np.zeros(len(ids), dtype=np.int64)
    rank = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(TIER_NAMES))
    member, of, rank_of = reader.copy_out_fixed(
        f"SELECT m.enterprise_id, m.cluster_id, CAST(CASE c.tier {rank} END AS smallint) "
        "FROM cluster_member m JOIN cluster c ON c.edition_id = m.edition_id "
        f"AND c.id = m.cluster_id WHERE m.edition_id = {int(edition_id)} ORDER BY 3, 2 DESC",
        ["i8", "i8", "i2"],
    )
    row, known = places(ids, member)
    # Of several the last that is written stays.
    tier[row[known]] = rank_of[known]
    cluster[row[known]] = of[known]
    return tier, cluster


def read_figures(
    reader: Reader, assignment: int | None, area_ids: Integers, only: Integers | None = None
) -> dict[str, Integers]:
    """The counts of an assignment, (A + 1,) a column, the whole edition last; 0 where nothing was
    counted. With `only`, positions of areas: (len(only) + 1,)."""
    ids = np.append(area_ids if only is None else area_ids[only], WHOLE)
    found = {name: np.zeros(len(ids), dtype=np.int64) for name in FIGURES}
    if assignment is None:
        return found
    chosen = ""
    if only is not None:
        chosen = f" AND area_id IN ({', '.join(str(int(number)) for number in ids)})"
    table = reader.copy_out(
        f"SELECT area_id, {', '.join(FIGURES)} FROM area_figures "
        f"WHERE assignment_id = {int(assignment)}{chosen}"
    )
    if table.num_rows == 0:
        return found
    # WHOLE is not in its order: it stands last.
    order = np.argsort(ids)
    row, known = places(ids[order], table.column("area_id").to_numpy())
    for name in FIGURES:
        found[name][order[row[known]]] = table.column(name).to_numpy()[known]
    return found


def places(ids: Integers, wanted: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Where each of `wanted` stands in the ascending `ids`, and whether it does at all."""
    if len(ids) == 0:
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    row = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return row, ids[row] == wanted


def _areas(
    reader: Reader, edition: EditionFacts | None
) -> tuple[Integers, Codes, Integers, list[str | None], list[str | None]]:
    rows = []
    if edition is not None:
        rows = list(
            reader.all(
                "SELECT id, kind, coalesce(parent_id, -1) AS parent, name, code FROM area "
                "WHERE edition_id = :edition ORDER BY id",
                edition=edition.id,
            )
        )
    ids = np.array([row.id for row in rows], dtype=np.int64)
    parents, known = places(ids, np.array([row.parent for row in rows], dtype=np.int64))
    return (
        ids,
        np.array([KIND[row.kind] for row in rows], dtype=np.int8),
        np.where(known, parents, -1),
        [row.name for row in rows],
        [row.code for row in rows],
    )


def _members(
    reader: Reader, assignment: int | None, area_ids: Integers, unit_ids: Integers
) -> tuple[Integers, npt.NDArray[np.int32]]:
    """The units of each area: where each area's begin, (A + 1,), and their positions, (M,)."""
    if assignment is None:
        return np.zeros(len(area_ids) + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    area, member = reader.copy_out_integers(
        f"SELECT area_id, member_id FROM area_membership WHERE assignment_id = {int(assignment)}", 2
    )
    # Looked up by hash: they stand in the order of areas, which is none among a million units.
    unit = pc.index_in(pa.array(member), pa.array(unit_ids)).to_numpy(zero_copy_only=False)
    where, known = places(area_ids, area)
    known &= ~np.isnan(unit) if unit.dtype.kind == "f" else True
    key = np.sort(where[known] * np.int64(max(len(unit_ids), 1)) + unit[known].astype(np.int64))
    area, found = np.divmod(key, max(len(unit_ids), 1))
    start = np.searchsorted(area, np.arange(len(area_ids) + 1))
    return start.astype(np.int64), found.astype(np.int32)


def _position(ids: Integers, wanted: int) -> int | None:
    at = int(np.searchsorted(ids, wanted))
    return at if at < len(ids) and ids[at] == wanted else None
