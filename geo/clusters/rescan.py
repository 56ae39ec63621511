"""Looking again at the places of a few enterprises whose unions changed.

Only what is near is read and scanned, and held against the thresholds and usual shares of the last
run over the whole city; that run says as of when. The rest of the clusters stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import editions, partitions
from geo.areas.assign import find_assignment
from geo.clusters.chance import Gumbel
from geo.clusters.describe import describe
from geo.clusters.engine import Places, places_of
from geo.clusters.facts import RunFacts, get_run
from geo.clusters.find import rows_of
from geo.clusters.gather import BUILDING, SCANNED_KINDS, Gathered, gather
from geo.clusters.ground import lay
from geo.clusters.identity import Known, matched, new_ids
from geo.clusters.rules import METHOD, ScanRules
from geo.clusters.scan import WHOLE, scan, usual
from geo.coverage.keeping import lying_of
from geo.database import Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.inforce import units_in_force
from geo.enterprises.units import listed
from geo.progress import SILENT, Progress
from geo.schema import ClusterMember
from geo.schema.areas import UNIT_KINDS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CORE_METRES, READ_METRES = 200.0, 400.0
"""Outside units, and in units of very many enterprises: what is judged again, and what is read for
it."""
MANY = 4_000
METRES_A_DEGREE = 111_000.0


def rescan(
    writer: Writer, edition_id: int, enterprise_ids: Sequence[int], progress: Progress = SILENT
) -> int:
    """Look again at the places of a few enterprises, after their unions changed.

    Args:
        writer: the transaction in which they changed.
        edition_id: of the enterprises.
        enterprise_ids: which changed; those without a place are passed over.
        progress: told of the step.

    Returns:
        How many clusters there are now where these enterprises are. Nothing is done when the last
        run was no unit scan.

    Cost: some 40 ms for one enterprise, however large the city.
    """
    run = get_run(writer, edition_id)
    if run is None or run.method != METHOD or "usual" not in run.facts:
        return 0
    edition = editions.show(writer, edition_id)
    with progress.step("复核附近的聚集区 / looking again at the clusters around"):
        count = 0
        for group in _apart(writer, edition_id, enterprise_ids):
            count += _look_again(writer, edition, run, group)
        writer.execute(
            "UPDATE cluster_run r SET facts = r.facts || jsonb_build_object("
            "'rescanned_at', clock_timestamp(), "
            "'confirmed', (SELECT count(*) FROM cluster c WHERE c.edition_id = r.edition_id "
            "AND c.tier = 'confirmed'), "
            "'to_check', (SELECT count(*) FROM cluster c WHERE c.edition_id = r.edition_id "
            "AND c.tier = 'to_check')) WHERE r.edition_id = :edition",
            {"edition": edition_id},
        )
    return count


def _apart(reader: Reader, edition_id: int, enterprise_ids: Sequence[int]) -> list[list[int]]:
    """The located ones, in groups that lie near each other (cells of a kilometre or so)."""
    rows = reader.all(
        "SELECT id, floor(ST_X(location) * 100) AS x, floor(ST_Y(location) * 100) AS y "
        f"FROM enterprise WHERE edition_id = :edition AND id IN {listed(enterprise_ids)} "
        "AND location IS NOT NULL ORDER BY 2, 3, 1",
        edition=edition_id,
    )
    groups: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        groups.setdefault((int(row.x), int(row.y)), []).append(int(row.id))
    return list(groups.values())


def _look_again(writer: Writer, edition: EditionFacts, run: RunFacts, changed: list[int]) -> int:
    assignment = (
        None
        if run.area_edition_id is None
        else find_assignment(writer, edition.id, run.area_edition_id)
    )
    read, core = _near(writer, edition.id, assignment, run.area_edition_id, changed)
    # The whole of each cluster that is judged again; and what others hold is not for taking.
    here = _clusters_at(writer, edition.id, read)
    touched = np.zeros(len(here.ids), dtype=bool)
    touched[here.cluster[np.isin(here.enterprise, core)]] = True
    old = here.only(touched)
    held_by_others = here.enterprise[~touched[here.cluster]]
    read = np.union1d(read, old.enterprise)
    pairs, sizes = _memberships(writer, assignment, run.area_edition_id, read)
    units = units_in_force(writer, edition, read.tolist())
    lon, lat = run.facts["middle"]
    gathered = gather(writer, edition.id, units, run.area_edition_id, pairs, (lon, lat))
    places = None
    if gathered is not None:
        ids = units.ids[gathered.rows]
        judged = np.isin(ids, np.union1d(core, old.enterprise))
        places = _judged(gathered, run, judged, np.isin(ids, held_by_others), sizes, pairs)
    gone = listed(old.ids)
    for table, column in (("cluster_member", "cluster_id"), ("cluster", "id")):
        writer.execute(
            f"DELETE FROM {table} WHERE edition_id = :edition AND {column} IN {gone}",
            {"edition": edition.id},
        )
    if gathered is None or places is None or len(places) == 0:
        return 0
    return _write(writer, edition, gathered, units.ids[gathered.rows], places, old)


def _write(
    writer: Writer,
    edition: EditionFacts,
    gathered: Gathered,
    ids: Integers,
    places: Places,
    old: Known,
) -> int:
    """Write what is there now, under the names it had; how many."""
    count = len(places)
    described = describe(gathered, places.label, count, places.shares[gathered.scene.stratum])
    rows = np.flatnonzero(places.label >= 0)
    cluster, enterprise = places.label[rows], ids[rows]
    same = matched(old, cluster, enterprise, count)
    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, cluster, enterprise)
    fresh = iter(_fresh(writer, edition.id, smallest[same < 0], old))
    numbers = np.array([int(old.ids[one]) if one >= 0 else next(fresh) for one in same.tolist()])
    today = writer.scalar("SELECT current_date")
    seen = [str(old.first_seen[one] if one >= 0 else today) for one in same.tolist()]
    table = rows_of(edition.id, numbers, seen, places, described)
    writer.copy_in("cluster", table.column_names, table)
    writer.copy_in_integers(
        partitions.name(ClusterMember, edition.id),
        ["cluster_id", "enterprise_id"],
        [numbers[cluster], enterprise],
    )
    return count


def _fresh(reader: Reader, edition_id: int, smallest: Integers, old: Known) -> list[int]:
    """Ids for clusters that were not there before."""
    if len(smallest) == 0:
        return []
    rows = reader.all("SELECT id FROM cluster WHERE edition_id = :edition", edition=edition_id)
    return new_ids(METHOD, smallest, {int(row.id) for row in rows} | set(old.ids.tolist()))


def _judged(
    gathered: Gathered,
    run: RunFacts,
    core: Flags,
    held: Flags,
    sizes: dict[int, int],
    pairs: tuple[Integers, Integers],
) -> Places:
    """What stands out near the changed ones, by the standards of the last full run."""
    parameters = dict(run.parameters)
    rules = ScanRules(**{**parameters, "levels": tuple(parameters["levels"])})
    scene = gathered.scene
    known = run.facts["usual"]
    city = known[max(known, key=lambda area: area == "0")] if known else []
    shares = np.array(
        [share for area in gathered.stratum_areas.tolist() for share in known.get(str(area), city)]
    )
    ground = lay(scene, rules)
    finds = scan(ground, usual(shares, rules), gathered.without[ground.order], rules)
    # A unit of which only a part was read cannot be judged as a whole.
    unit, read = np.unique(pairs[1], return_counts=True)
    whole = {int(one) for one, many in zip(unit, read, strict=True) if sizes.get(int(one)) == many}
    inside = np.zeros(ground.addresses, dtype=bool)
    inside[ground.address[core]] = True
    taken = np.zeros(ground.addresses, dtype=bool)
    taken[ground.address[held]] = True
    keep = np.array(
        [
            bool(inside[finds.addresses(one)].any())
            and not taken[finds.addresses(one)].any()
            and (finds.kind[one] != WHOLE or int(gathered.unit_ids[finds.pool[one]]) in whole)
            for one in range(len(finds))
        ],
        dtype=bool,
    )
    by_chance = [Gumbel(*one) for one in run.facts["best_by_chance"]]
    return places_of(
        ground,
        finds.only(keep),
        shares,
        np.array(run.facts["thresholds"]),
        np.array(run.facts["check_from"]),
        (by_chance[0], by_chance[1]),
    )


def _near(
    reader: Reader,
    edition_id: int,
    assignment: int | None,
    area_edition_id: int | None,
    changed: list[int],
) -> tuple[Integers, Integers]:
    """The enterprises to read and those to judge again: of the units that hold the changed ones;
    outside units, or in one of very many, those around."""
    rows: Sequence[Any] = []
    if assignment is not None and area_edition_id is not None:
        area, _ = lying_of(reader, edition_id, assignment, area_edition_id, changed)
        rows = reader.all(
            "SELECT a.id, a.kind, (SELECT count(*) FROM area_membership m "
            "WHERE m.assignment_id = :assignment AND m.area_id = a.id) AS size FROM area a "
            f"WHERE a.edition_id = :areas AND a.id IN {listed(np.unique(area))} "
            "AND a.kind = ANY(:kinds)",
            assignment=assignment,
            areas=area_edition_id,
            kinds=list(UNIT_KINDS),
        )
        pools = [row for row in rows if row.kind != BUILDING] or rows
        if pools and all(row.size <= MANY for row in pools):
            (found,) = reader.copy_out_integers(
                f"SELECT DISTINCT member_id FROM area_membership WHERE assignment_id = {assignment}"
                f" AND area_id IN {listed(row.id for row in pools)} ORDER BY 1",
                1,
            )
            return found, found
    around = _around(reader, edition_id, changed, READ_METRES)
    if not rows and assignment is not None:
        # Outside units nothing within them is judged.
        (pairs, _) = _memberships(reader, assignment, area_edition_id, around, UNIT_KINDS)
        around = np.setdiff1d(around, pairs[0])
    near = _around(reader, edition_id, changed, CORE_METRES)
    return around, np.intersect1d(near, around)


def _around(reader: Reader, edition_id: int, changed: list[int], metres: float) -> Integers:
    """The enterprises in a box so far around the changed ones."""
    (found,) = reader.copy_out_integers(
        "WITH box AS (SELECT ST_SetSRID(ST_Extent(location)::geometry, 4326) AS middle, "
        f"{metres / METRES_A_DEGREE} / cos(radians(avg(ST_Y(location)))) AS wide "
        f"FROM enterprise WHERE edition_id = {int(edition_id)} AND id IN {listed(changed)}) "
        "SELECT e.id FROM box JOIN enterprise e ON e.location && "
        f"ST_Expand(box.middle, box.wide, {metres / METRES_A_DEGREE}) "
        f"WHERE e.edition_id = {int(edition_id)} ORDER BY 1",
        1,
    )
    return found


def _memberships(
    reader: Reader,
    assignment: int | None,
    area_edition_id: int | None,
    ids: Integers,
    of: Sequence[str] = SCANNED_KINDS,
) -> tuple[tuple[Integers, Integers], dict[int, int]]:
    """The memberships of some enterprises, as ids of enterprise and area; and how many each unit
    has in all."""
    nothing = np.empty(0, dtype=np.int64)
    if assignment is None or area_edition_id is None or len(ids) == 0:
        return (nothing, nothing), {}
    kinds = ", ".join(f"'{kind}'" for kind in of)
    chosen = listed(ids)
    member, area = reader.copy_out_integers(
        "WITH box AS (SELECT ST_SetSRID(ST_Extent(e.location)::geometry, 4326) AS shape "
        "FROM enterprise e JOIN assignment s ON s.edition_id = e.edition_id "
        f"WHERE s.id = {assignment} AND e.id IN {chosen}) "
        "SELECT m.member_id, m.area_id FROM box JOIN area a ON a.boundary && box.shape "
        f"OR (a.boundary IS NULL AND a.kind = 'subdistrict') JOIN area_membership m "
        f"ON m.assignment_id = {assignment} AND m.area_id = a.id "
        f"WHERE a.edition_id = {area_edition_id} AND a.kind IN ({kinds}) "
        f"AND (a.kind <> 'subdistrict' OR m.member_id IN {chosen})",
        2,
    )
    unit, size = np.unique(area, return_counts=True)
    read = np.isin(member, ids)
    return (member[read], area[read]), dict(zip(unit.tolist(), size.tolist(), strict=True))


def _clusters_at(reader: Reader, edition_id: int, ids: Integers) -> Known:
    """The clusters that hold any of some enterprises, with all their members."""
    cluster, enterprise = reader.copy_out_integers(
        "SELECT m.cluster_id, m.enterprise_id FROM cluster_member m "
        f"WHERE m.edition_id = {int(edition_id)} AND m.cluster_id IN (SELECT cluster_id FROM "
        f"cluster_member WHERE edition_id = {int(edition_id)} AND enterprise_id IN {listed(ids)})",
        2,
    )
    numbers = np.unique(cluster)
    rows = reader.all(
        "SELECT id, first_seen FROM cluster WHERE edition_id = :edition "
        f"AND id IN {listed(numbers)} ORDER BY id",
        edition=edition_id,
    )
    return Known(
        numbers, [row.first_seen for row in rows], np.searchsorted(numbers, cluster), enterprise
    )
