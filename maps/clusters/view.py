"""What the map of clusters is given: plain values, no database, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geo.clusters.forms import Advice, Rules, rules
from geo.editions import EditionFacts
from maps.texts import Both, both


@dataclass(frozen=True, slots=True)
class ContextMark:
    """An area drawn for orientation alone: `geometry` a shapely (Multi)Polygon in WGS 84 or
    None."""

    name: str | None
    geometry: Any


@dataclass(frozen=True, slots=True)
class ClustersView:
    """Everything the map of clusters shows; the clusters in the order of the list."""

    clusters: Sequence[Advice] = ()
    areas: Sequence[ContextMark] = ()
    editions: Sequence[EditionFacts] = ()
    table: Rules = field(default_factory=rules)
    title: Both = field(default_factory=lambda: both("clusters_map.title"))
    notice: Both | None = None
    attribution: Both | None = None
    approval_number: str | None = None
    made_at: date | None = None
