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
from geo.clusters.chance import Gumbel
from geo.clusters.describe import describe
from geo.clusters.engine import Places, places_of
from geo.clusters.facts import RunFacts, get_run
from geo.clusters.find import rows_of
from geo.clusters.gather import Gathered, gather
from geo.clusters.ground import lay
from geo.clusters.identity import Known, matched, new_ids
from geo.clusters.near import Near, read_near
from geo.clusters.rules import METHOD, ScanRules
from geo.clusters.scan import WHOLE, scan, usual
from geo.database import Reader, Writer
from geo.editions import EditionFacts
from geo.enterprises.units import listed
from geo.progress import SILENT, Progress
from geo.schema import ClusterMember

Integers = npt.NDArray[np.int64]


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


def _apart(reader: Reader, edition_id: int, enterprise_ids: Sequence[int]) -> list[list[Any]]:
    """The located ones, in groups that lie near each other (cells of a kilometre or so)."""
    rows = reader.all(
        "SELECT id, ST_X(location) AS lon, ST_Y(location) AS lat FROM enterprise "
        f"WHERE edition_id = :edition AND id IN {listed(enterprise_ids)} "
        "AND location IS NOT NULL ORDER BY id",
        edition=edition_id,
    )
    groups: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        groups.setdefault((int(row.lon * 100), int(row.lat * 100)), []).append(row)
    return list(groups.values())


def _look_again(writer: Writer, edition: EditionFacts, run: RunFacts, changed: list[Any]) -> int:
    near = read_near(writer, edition, run, changed)
    lon, lat = run.facts["middle"]
    gathered = gather(writer, edition.id, near.units, run.area_edition_id, near.pairs, (lon, lat))
    places = None if gathered is None else _judged(gathered, run, near)
    gone = listed(near.old.ids)
    for table, column in (("cluster_member", "cluster_id"), ("cluster", "id")):
        writer.execute(
            f"DELETE FROM {table} WHERE edition_id = :edition AND {column} IN {gone}",
            {"edition": edition.id},
        )
    if gathered is None or places is None or len(places) == 0:
        return 0
    return _write(writer, edition, gathered, near.units.ids[gathered.rows], places, near.old)


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


def _judged(gathered: Gathered, run: RunFacts, near: Near) -> Places:
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
    unit, read = np.unique(near.pairs[1], return_counts=True)
    whole = {int(one) for one, many in zip(unit, read, strict=True) if near.sizes[int(one)] == many}
    ids = near.units.ids[gathered.rows]
    inside = np.zeros(ground.addresses, dtype=bool)
    inside[ground.address[near.judged[gathered.rows]]] = True
    taken = np.zeros(ground.addresses, dtype=bool)
    taken[ground.address[np.isin(ids, near.held)]] = True
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
