"""Identities that stay: a cluster is the one it was while at least half of it is.

Two clusters are the same when the Jaccard index of their members, |A ∩ B| / |A ∪ B|, is 0.5 or
more. At that height a cluster has at most one such partner if clusters of one run do not overlap,
so nothing has to be decided between several.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from geo.database import Reader
from geo.files.identity import stable_ids

Integers = npt.NDArray[np.int64]
SAME = 0.5


@dataclass(frozen=True)
class Known:
    """Clusters of an earlier run: their ids (K,), since when they are known, and their members as
    pairs (position of the cluster, enterprise)."""

    ids: Integers
    first_seen: list[date]
    cluster: Integers
    enterprise: Integers

    def only(self, keep: npt.NDArray[np.bool_]) -> Known:
        """Some of them, (K,) which."""
        members = keep[self.cluster]
        return Known(
            self.ids[keep],
            [day for day, kept in zip(self.first_seen, keep.tolist(), strict=True) if kept],
            (np.cumsum(keep) - 1)[self.cluster[members]],
            self.enterprise[members],
        )


def read_known(reader: Reader, edition_id: int) -> Known:
    """The clusters to match with: those of the edition itself when it was scanned before, else of
    the edition of enterprises that was last in force."""
    source = reader.scalar(
        "SELECT r.edition_id FROM cluster_run r JOIN edition e ON e.id = r.edition_id "
        "ORDER BY r.edition_id = :edition DESC, e.activated_at DESC NULLS LAST, e.id DESC LIMIT 1",
        edition=edition_id,
    )
    nothing = np.empty(0, dtype=np.int64)
    if source is None:
        return Known(nothing, [], nothing, nothing)
    rows = reader.all(
        "SELECT id, first_seen FROM cluster WHERE edition_id = :edition ORDER BY id", edition=source
    )
    ids = np.array([row.id for row in rows], dtype=np.int64)
    cluster, enterprise = reader.copy_out_integers(
        f"SELECT cluster_id, enterprise_id FROM cluster_member WHERE edition_id = {int(source)}", 2
    )
    place = np.searchsorted(ids, cluster)
    known = np.isin(cluster, ids)
    return Known(ids, [row.first_seen for row in rows], place[known], enterprise[known])


def matched(known: Known, cluster: Integers, enterprise: Integers, count: int) -> Integers:
    """(count,) the position of the known cluster each new one is, -1 for a new one.

    Args:
        known: K clusters.
        cluster, enterprise: the members of the new ones, as pairs.
        count: how many new ones there are.
    """
    answer = np.full(count, -1, dtype=np.int64)
    if len(known.ids) == 0 or count == 0:
        return answer
    order = np.argsort(known.enterprise, kind="stable")
    there = known.enterprise[order]
    low = np.searchsorted(there, enterprise, side="left")
    high = np.searchsorted(there, enterprise, side="right")
    new = np.repeat(cluster, high - low)
    offset = np.arange(len(new)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    old = known.cluster[order[np.repeat(low, high - low) + offset]]
    pair, common = np.unique(new * len(known.ids) + old, return_counts=True)
    new, old = pair // len(known.ids), pair % len(known.ids)
    size_new = np.bincount(cluster, minlength=count)[new]
    size_old = np.bincount(known.cluster, minlength=len(known.ids))[old]
    alike = common / (size_new + size_old - common)
    taken = np.zeros(len(known.ids), dtype=bool)
    for at in np.lexsort((known.ids[old], -alike)).tolist():
        # Exactly a half may come twice: each old one goes on as one new one.
        if alike[at] >= SAME and answer[new[at]] < 0 and not taken[old[at]]:
            answer[new[at]] = old[at]
            taken[old[at]] = True
    return answer


def new_ids(method: str, smallest: Integers, taken: set[int]) -> list[int]:
    """Ids for new clusters, from their smallest member; none that is `taken`, each its own."""
    answer = []
    for number in smallest.tolist():
        step = 0
        while True:
            found = int(stable_ids(np.array([f"{method} {number} {step}"]))[0])
            if found not in taken:
                break
            step += 1
        taken.add(found)
        answer.append(found)
    return answer
