"""What questions about clusters share: filters, the finder, the mark of what an answer rests on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import Commas, Identity
from api.clusters.answer import ClusterKind, Tier
from api.service import Service
from api.words import Industry, Size, UnionState, UnitClass
from geo import editions
from geo.clusters import forms
from geo.coverage.targets import Targets, read_targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.filter import Filter
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from geo.walking.finder import Finder

DATASETS = ("areas", "enterprises", "stations", "streets")
FAILURES: dict[int | str, dict[str, Any]] = problems.told(
    Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable
)
UNCHANGED = {"description": "Not modified: the editions are those of your ETag."}
ClusterId = Annotated[Identity, Path(description="The cluster's id.", examples=[5120934471822001])]


class OfMembers(BaseModel):
    """Filters of the enterprises of clusters: those of :class:`api.filters.Filters` without the
    tier, which here is the cluster's."""

    size: Annotated[list[Size], Commas] | None = Field(
        None,
        max_length=5,
        description="规模（职工人数）。 Size by stated employees.",
        examples=[["25_99", "100_plus"]],
    )
    industry: Annotated[list[Industry], Commas] | None = Field(
        None,
        max_length=22,
        description="行业门类。 Section of GB/T 4754-2017.",
        examples=[["C", "I"]],
    )
    unit_class: Annotated[list[UnitClass], Commas] | None = Field(
        None,
        max_length=8,
        description="单位性质。 Nature of the unit.",
        examples=[["non_public_enterprise"]],
    )

    def chosen(self) -> Filter:
        """The filter."""
        return Filter(
            sizes=frozenset(self.size or ()),
            industries=frozenset(self.industry or ()),
            unit_classes=frozenset(self.unit_class or ()),
            states=frozenset(getattr(self, "state", None) or ()),
        )


class WithState(OfMembers):
    """The same, and the union state."""

    state: Annotated[list[UnionState], Commas] | None = Field(
        None,
        max_length=5,
        description="建会状态，含登记的变更。 Union state, with the changes noted.",
        examples=[["none"]],
    )


class OfClusters(OfMembers):
    """Which clusters."""

    tier: Annotated[list[Tier], Commas] | None = Field(
        None,
        max_length=2,
        description="确信度。 How sure: confirmed, to_check; both by default.",
        examples=[["confirmed"]],
    )
    kind: Annotated[list[ClusterKind], Commas] | None = Field(
        None,
        max_length=3,
        description="类型。 whole_unit, part_of_unit, street; all by default.",
        examples=[["whole_unit", "street"]],
    )
    area_id: Identity | None = Field(
        None,
        description="区域。 Only clusters in this area or an area below it.",
        examples=[6102330440716319],
    )

    def asked(self) -> forms.Asked:
        """What is asked."""
        return forms.Asked(
            tuple(self.tier or ()), tuple(self.kind or ()), self.area_id, self.chosen()
        )


class Ground:
    """What an answer about clusters rests on, read in one transaction.

    Raises:
        NotFound: no enterprises have been imported.
    """

    def __init__(self, service: Service, reader: Reader) -> None:
        self.edition: EditionFacts = editions.require_active(reader, "enterprises")
        self.targets: Targets = read_targets(service.settings)
        self.finder: Finder = service.finder()
        self.now: datetime = datetime.now(self.finder.zone)
        self.found = answers.read_editions(reader, *DATASETS)
        self._clusters = forms.clusters_mark(reader, self.edition)

    def tag(self, *more: str) -> str:
        """The ETag: what the answer depends on. The stations are those in memory, closed ones
        too."""
        stations = answers.fingerprint(
            self.finder.network_edition,
            self.finder.station_edition,
            self.finder.closures.at(self.now).tobytes(),
            self.targets.mark,
        )
        return answers.etag(self.found, self._clusters, stations, *more)

    @property
    def briefs(self) -> list[answers.EditionBrief]:
        """The editions, told."""
        return answers.briefs(self.found)
