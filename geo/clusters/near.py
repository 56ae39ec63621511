"""What is read to look again at the places of a few enterprises: as little as answers for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.areas.assign import find_assignment
from geo.clusters.facts import RunFacts
from geo.clusters.gather import RANKS, SCANNED_KINDS
from geo.clusters.ground import BUILDING, PLACE, WIDE
from geo.clusters.identity import Known
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.inforce import IN_FORCE, changes, units_in_force
from geo.enterprises.units import STATE, Units, listed
from geo.schema.areas import UNIT_KINDS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]

CORE_METRES, READ_METRES = 200.0, 400.0
"""Outside units, and in units of very many enterprises: what is judged again, and what is read for
it."""
MANY = 4_000
METRES_A_DEGREE = 111_000.0
SLACK = 1e-6  # degrees, for rounding


@dataclass(frozen=True)
class Near:
    """Enterprises by ascending id; `judged` (N,) which are judged again; memberships as ids of
    enterprise and area; how many each area has in all; the clusters that are judged again, with all
    their members, and which enterprises other clusters hold."""

    units: Units
    judged: Flags
    pairs: tuple[Integers, Integers]
    sizes: dict[int, int]
    old: Known
    held: Integers


@dataclass(frozen=True)
class _Asking:
    """What all questions need."""

    reader: Reader
    edition: EditionFacts
    areas: int | None
    assignment: int | None


def read_near(reader: Reader, edition: EditionFacts, run: RunFacts, changed: Sequence[Any]) -> Near:
    """Read the pools that hold the changed enterprises; outside units, or in one of very many, what
    stands around.

    Args:
        reader: the transaction.
        edition: of enterprises.
        run: the last scan of all.
        changed: rows of id, lon and lat, near each other.
    """
    assignment = (
        None
        if run.area_edition_id is None
        else find_assignment(reader, edition.id, run.area_edition_id)
    )
    asking = _Asking(reader, edition, run.area_edition_id, assignment)
    members, apart = _pools(asking, [int(row.id) for row in changed])
    if members is not None:
        units = _units(asking, f"e.id IN {listed(members)}")
        core = np.ones(len(units), dtype=bool)
        pairs, sizes = _memberships(asking, units)
    else:
        units = _units(asking, f"e.location && {_envelope(_wider(changed, READ_METRES))}")
        pairs, sizes = _memberships(asking, units)
        # Who stands in a park is judged with the park, in a building outside all with the building.
        of_kind = np.array([sizes[area][0] in apart for area in pairs[1].tolist()], dtype=bool)
        units = _some(units, ~np.isin(units.ids, pairs[0][of_kind]))
        west, south, east, north = _wider(changed, CORE_METRES)
        core = (
            (units.lon >= west) & (units.lon <= east) & (units.lat >= south) & (units.lat <= north)
        )
    here = _clusters_in(asking, units)
    touched = np.zeros(len(here.ids), dtype=bool)
    touched[here.cluster[np.isin(here.enterprise, units.ids[core])]] = True
    old = here.only(touched)
    beyond = np.setdiff1d(old.enterprise, units.ids)
    if len(beyond):
        # The whole of each cluster that is judged again.
        everyone = np.union1d(units.ids, beyond)
        core_ids = units.ids[core]
        units = _units(asking, f"e.id IN {listed(everyone)}")
        core = np.isin(units.ids, core_ids)
        pairs, sizes = _memberships(asking, units)
    read = np.isin(pairs[0], units.ids)
    return Near(
        units=units,
        judged=core | np.isin(units.ids, old.enterprise),
        pairs=(pairs[0][read], pairs[1][read]),
        sizes={area: size for area, (_, size) in sizes.items()},
        old=old,
        held=here.enterprise[~touched[here.cluster]],
    )


def _wider(changed: Sequence[Any], metres: float) -> Box:
    """A box so far around the changed ones."""
    lon, lat = [row.lon for row in changed], [row.lat for row in changed]
    high = metres / METRES_A_DEGREE
    wide = high / max(float(np.cos(np.radians(np.mean(lat)))), 0.01)
    return min(lon) - wide, min(lat) - high, max(lon) + wide, max(lat) + high


def _extent(units: Units) -> Box:
    """The box around some enterprises."""
    if not np.isfinite(units.lon).any():
        return 0.0, 0.0, 0.0, 0.0
    return (
        float(np.nanmin(units.lon)) - SLACK,
        float(np.nanmin(units.lat)) - SLACK,
        float(np.nanmax(units.lon)) + SLACK,
        float(np.nanmax(units.lat)) + SLACK,
    )


def _envelope(box: Box) -> str:
    return f"ST_MakeEnvelope({', '.join(map(repr, map(float, box)))}, 4326)"


def _some(units: Units, keep: Flags) -> Units:
    return Units(
        **{field.name: getattr(units, field.name)[keep] for field in dataclasses.fields(Units)}
    )


def _pools(asking: _Asking, changed: list[int]) -> tuple[Integers | None, tuple[str, ...]]:
    """The enterprises of the pools that hold the changed ones; or None where these are no units or
    have very many, and the kinds of units whose enterprises are then left out."""
    if asking.assignment is None or asking.areas is None:
        return None, ()
    rows = asking.reader.all(
        "SELECT DISTINCT a.id, a.kind, (SELECT count(*) FROM (SELECT FROM area_membership m "
        f"WHERE m.assignment_id = :assignment AND m.area_id = a.id LIMIT {MANY + 1}) AS counted) "
        "AS size FROM enterprise e JOIN area a ON a.edition_id = :areas AND a.kind = ANY(:kinds) "
        "AND (a.boundary && e.location OR a.boundary IS NULL) JOIN area_membership m "
        "ON m.assignment_id = :assignment AND m.area_id = a.id AND m.member_id = e.id "
        f"WHERE e.edition_id = :edition AND e.id IN {listed(changed)}",
        assignment=asking.assignment,
        areas=asking.areas,
        edition=asking.edition.id,
        kinds=list(UNIT_KINDS),
    )
    for rank in (PLACE, WIDE, BUILDING):
        pools = [row for row in rows if RANKS.get(row.kind, PLACE) == rank]
        if pools and all(row.size <= MANY for row in pools):
            (found,) = asking.reader.copy_out_integers(
                "SELECT DISTINCT member_id FROM area_membership "
                f"WHERE assignment_id = {asking.assignment} "
                f"AND area_id IN {listed(row.id for row in pools)} ORDER BY 1",
                1,
            )
            return found, ()
        if pools:
            apart = [kind for kind in UNIT_KINDS if RANKS.get(kind, PLACE) == PLACE != rank]
            return None, tuple(apart)
    return None, UNIT_KINDS


def _units(asking: _Asking, chosen: str) -> Units:
    """Of some enterprises what a scan looks at: place, state in force, employees."""
    edition = asking.edition
    few = f"SELECT e.id FROM enterprise e WHERE e.edition_id = {int(edition.id)} AND {chosen}"
    if asking.assignment is None:
        # Which are set apart is then told from what they state.
        (ids,) = asking.reader.copy_out_integers(few, 1)
        return units_in_force(asking.reader, edition, ids.tolist())
    states = " ".join(f"WHEN '{name}' THEN {code}" for name, code in STATE.items())
    held = changes(edition.as_of, f"AND enterprise_id IN ({few})")
    number, lon, lat, state, employees = asking.reader.copy_out_fixed(
        "SELECT e.id, coalesce(ST_X(e.location), 'NaN'), coalesce(ST_Y(e.location), 'NaN'), "
        f"CAST(CASE {IN_FORCE['union_state']} {states} END AS smallint), "
        "coalesce(CAST(e.employees AS float8), 'NaN') FROM enterprise AS e "
        f"LEFT JOIN ({held}) AS c ON c.enterprise_id = e.id "
        f"WHERE e.edition_id = {int(edition.id)} AND {chosen} ORDER BY e.id",
        ["i8", "f8", "f8", "i2", "f8"],
    )
    unknown, nothing = np.full(len(number), np.nan), np.zeros(len(number), dtype=np.int64)
    return Units(
        ids=number,
        lon=lon,
        lat=lat,
        state=state.astype(np.int8),
        union_key=nothing,
        employees=employees,
        members=unknown,
        new_employment_workers=unknown,
        new_employment_members=unknown,
        industry=nothing.astype(np.int8),
        unit_class=nothing.astype(np.int8),
        business=nothing.astype(np.int8),
        address_key=nothing,
    )


def _memberships(
    asking: _Asking, units: Units
) -> tuple[tuple[Integers, Integers], dict[int, tuple[str, int]]]:
    """The memberships of some enterprises, as ids of enterprise and area; kind and size of each
    area: of a subdistrict or functional area one more than MANY if it has more."""
    nothing = np.empty(0, dtype=np.int64)
    if asking.assignment is None or asking.areas is None or len(units) == 0:
        return (nothing, nothing), {}
    areas = asking.reader.all(
        "SELECT id, kind, CASE kind WHEN 'functional_area' THEN (SELECT count(*) FROM (SELECT FROM "
        "area_membership m WHERE m.assignment_id = :assignment AND m.area_id = a.id "
        f"LIMIT {MANY + 1}) AS counted) ELSE 0 END AS size FROM area a WHERE edition_id = :areas "
        f"AND kind = ANY(:kinds) AND (boundary && {_envelope(_extent(units))} OR boundary IS NULL)",
        assignment=asking.assignment,
        areas=asking.areas,
        kinds=list(SCANNED_KINDS),
    )
    # Of small areas all; of those that may be large the ones asked for, one by one.
    large = [row.id for row in areas if row.kind == "subdistrict" or row.size > MANY]
    small = [row.id for row in areas if row.id not in set(large)]
    member, area = asking.reader.copy_out_integers(
        "SELECT member_id, area_id FROM area_membership "
        f"WHERE assignment_id = {asking.assignment} AND area_id IN {listed(small)} UNION ALL "
        f"SELECT m.member_id, m.area_id FROM unnest('{{{','.join(map(str, units.ids.tolist()))}}}'"
        f"::bigint[]) AS one(id) JOIN area_membership m ON m.assignment_id = {asking.assignment} "
        f"AND m.area_id IN {listed(large)} AND m.member_id = one.id",
        2,
    )
    held, many = np.unique(area, return_counts=True)
    size = {row.id: (row.kind, int(row.size)) for row in areas}
    for one, count in zip(held.tolist(), many.tolist(), strict=True):
        size[one] = (size[one][0], max(size[one][1], count))
    return (member, area), size


def _clusters_in(asking: _Asking, units: Units) -> Known:
    """The clusters around some enterprises, with all their members."""
    rows = asking.reader.all(
        "SELECT id, first_seen FROM cluster WHERE edition_id = :edition "
        f"AND outline && {_envelope(_extent(units))} ORDER BY id",
        edition=asking.edition.id,
    )
    ids = np.array([row.id for row in rows], dtype=np.int64)
    cluster, enterprise = asking.reader.copy_out_integers(
        "SELECT cluster_id, enterprise_id FROM cluster_member "
        f"WHERE edition_id = {int(asking.edition.id)} AND cluster_id IN {listed(ids)}",
        2,
    )
    return Known(ids, [row.first_seen for row in rows], np.searchsorted(ids, cluster), enterprise)
