"""Clusters as they are asked for, with filters, and the advice for those that are shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo.clusters.facts import ClusterFacts
from geo.clusters.forms.gather import Advice, Matching, advise, matching
from geo.clusters.forms.listing import clusters_of
from geo.clusters.forms.members import Members, read_members
from geo.coverage.targets import Targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.filter import Filter
from geo.walking.finder import Finder


@dataclass(frozen=True)
class Asked:
    """Which clusters: any of the tiers, any of the kinds, in an area, and with at least one
    enterprise without a union that the filter keeps."""

    tiers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    area_id: int | None = None
    chosen: Filter = dataclasses.field(default_factory=Filter)


@dataclass(frozen=True)
class Selected:
    """A cluster that was asked for; `matching` is what a filter keeps of it, None without one."""

    cluster: ClusterFacts
    matching: Matching | None


def select(reader: Reader, edition: EditionFacts, asked: Asked) -> list[Selected]:
    """The clusters asked for, the most employees first.

    A filter chooses clusters and counts anew (`matching`); tier, score, share and form remain those
    of the whole cluster, which was found and is to be organised as one.

    Raises:
        NotFound: there is no such area.

    Cost: with a filter some 5 µs a member of all clusters.
    """
    found = clusters_of(
        reader, edition, tiers=asked.tiers, kinds=asked.kinds, area_id=asked.area_id
    )
    if not asked.chosen:
        return [Selected(one, None) for one in found]
    members = read_members(reader, edition, [one.id for one in found])
    kept = matching(members, asked.chosen)
    return [Selected(one, of) for one, of in zip(found, kept, strict=True) if of.units]


def advise_selected(
    reader: Reader,
    selected: Sequence[Selected],
    *,
    edition: EditionFacts,
    targets: Targets | None = None,
    finder: Finder | None = None,
    now: datetime | None = None,
    members: Members | None = None,
) -> list[Advice]:
    """:func:`geo.clusters.forms.gather.advise` for them, their `matching` kept."""
    found = advise(
        reader,
        [one.cluster for one in selected],
        edition=edition,
        targets=targets,
        finder=finder,
        now=now,
        members=members,
    )
    return [
        dataclasses.replace(one, matching=of.matching)
        for one, of in zip(found, selected, strict=True)
    ]
