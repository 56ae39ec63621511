"""Stations laid onto the streets."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.walking.arrays import (
    ITEM_BITS,
    KNOWN,
    Feet,
    Floats,
    Ints,
    Longs,
    Records,
    Scratch,
    new_scratch,
    records_of,
)
from geo.walking.graph import Snapped, WalkingGraph


@dataclass(eq=False)
class StationsOnStreets:
    """S stations with their feet on a graph, in the order they were given.

    Never changed after it is made, but for its `vicinity`; any number of threads may search it at
    once.

    Args:
        graph: the streets.
        lon, lat: (S,) WGS 84 degrees; a hand-set entrance goes in place of the position.
        ids: (S,) whatever breaks ties: of stations equally far, the lower id comes first. Default:
            the order given.
        features: (S,) uint64, bits for `required` and `any_of` of a search (services, kinds,
            access, as the caller assigns them). Default: none.

    Raises:
        Invalid: arrays of different lengths, or a coordinate that is not a number.
    """

    graph: WalkingGraph
    lon: Floats
    lat: Floats
    ids: npt.NDArray[Any] | None = None
    features: npt.NDArray[np.uint64] | None = None
    snapped: Snapped = field(init=False)
    feet: Feet = field(init=False)
    records: Records = field(init=False, repr=False)
    vicinity: npt.NDArray[np.void] = field(init=False, repr=False)
    """(J, count) :data:`geo.walking.arrays.KNOWN`, or (0, 1) before a
    :func:`geo.walking.vicinity.survey`."""
    _local: threading.local = field(init=False, repr=False, default_factory=threading.local)

    def __post_init__(self) -> None:
        self.lon = np.ascontiguousarray(self.lon, np.float64)
        self.lat = np.ascontiguousarray(self.lat, np.float64)
        count = len(self.lon)
        for name in ("lat", "ids", "features"):
            values = getattr(self, name)
            if values is not None and len(values) != count:
                raise Invalid(f"{len(values)} {name} for {count} stations.", field=name)
        if not (np.isfinite(self.lon).all() and np.isfinite(self.lat).all()):
            raise Invalid(
                "A station's coordinates are not numbers.",
                remedy="Leave stations without a place out.",
            )
        if self.graph.junctions + count >= 1 << ITEM_BITS:
            raise Invalid(
                f"{self.graph.junctions:,} junctions and {count:,} stations are more than one "
                "search holds.",
                remedy=f"Import a smaller extract: {1 << ITEM_BITS:,} together at most.",
            )
        snapped = self.snapped = self.graph.snap(self.lon, self.lat)
        by_rank = np.arange(count) if self.ids is None else np.argsort(self.ids, kind="stable")
        rank = np.empty(count, np.int32)
        rank[by_rank] = np.arange(count, dtype=np.int32)
        order = np.lexsort((snapped.metres, snapped.chain))
        order = order[snapped.chain[order] >= 0]
        chain_start = np.zeros(self.graph.chains + 1, np.int32)
        np.cumsum(
            np.bincount(snapped.chain[order], minlength=self.graph.chains), out=chain_start[1:]
        )
        features = np.zeros(count, np.uint64) if self.features is None else self.features
        self.feet = Feet(
            chain=snapped.chain,
            metres=snapped.metres,
            seconds=snapped.seconds,
            off_street=snapped.off_street,
            chain_start=chain_start,
            on_chain=order.astype(np.int32),
            rank=rank,
            by_rank=by_rank.astype(np.int32),
            features=np.ascontiguousarray(features, np.uint64),
        )
        self.vicinity = np.empty((0, 1), KNOWN)
        self.records = records_of(self.graph.streets, self.feet, snapped.lon, snapped.lat)

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def street(self) -> Ints:
        """(S,) the piece of street (`street.id`) each station hangs on, -1 off the network."""
        segment = self.snapped.segment
        if not len(self.graph.streets.vertex_street):
            return segment
        return np.where(segment < 0, -1, self.graph.streets.vertex_street[segment])

    @property
    def part(self) -> Ints:
        """(S,) the connected part each station hangs on, -1 off the network."""
        chain = self.snapped.chain
        if not self.graph.chains:
            return chain
        return np.where(chain < 0, -1, self.graph.streets.chain_part[chain])

    @property
    def off_network(self) -> Longs:
        """Indices of the stations farther from any street than the cap."""
        return np.flatnonzero(self.snapped.chain < 0)

    @property
    def unreachable(self) -> Longs:
        """Indices of the stations on small separate parts: nobody gets there from the rest of the
        network. To be listed at import."""
        part = self.part
        if not len(self.graph.streets.part_small):
            return np.empty(0, np.int64)
        return np.flatnonzero((part >= 0) & (self.graph.streets.part_small[part] == 1))

    def scratch(self) -> Scratch:
        """The room that searches of the calling thread work in."""
        scratch: Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = new_scratch(self.graph.streets, self.feet)
        return scratch
