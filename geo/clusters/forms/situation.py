"""What the rules look at: a cluster as it is today, what unions there are, where one can meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geo.clusters.facts import ClusterFacts

MEETING_KINDS = ("warm_station", "union_service_station", "workers_home")
"""Stations in which a talk can be held."""


@dataclass(frozen=True)
class Unit:
    """The organising unit that holds the cluster, or its subdistrict. What was not stated is
    None."""

    id: int
    kind: str
    name: str | None
    address: str | None
    union_name: str | None
    union_address: str | None
    union_phone: str | None


@dataclass(frozen=True)
class ExistingUnion:
    """A joint union that could take the cluster in.

    Attributes:
        name: None where its enterprises do not state it.
        source: `unit`: stated by the organising unit itself; `register`: by the enterprises it
            covers.
        in_unit: whether it is of the cluster's own organising unit, or of a larger one around it.
        metres: from the outline of the cluster to the nearest enterprise it covers; 0 in the same
            unit.
        covers: enterprises of the unit that it covers; None where not counted.
        unit: name of the unit it is of, where `in_unit`.
        address, phone: where the organising unit states them.
    """

    name: str | None
    source: Literal["unit", "register"]
    in_unit: bool
    metres: float
    covers: int | None
    unit: str | None = None
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class UpperUnion:
    """The union above: it approves what is founded.

    `source`: `subdistrict`: as the subdistrict states it; `members`, `unit`, `neighbours`: what
    most of the cluster's own enterprises, of those of its unit, or of its subdistrict state;
    `unknown`: nobody states any, and `name` is None.
    """

    name: str | None
    source: Literal["subdistrict", "members", "unit", "neighbours", "unknown"]
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class MeetingPlace:
    """A station to hold the talk in. Metres and minutes on foot from the centre of the cluster; a
    straight line where no way over streets is known. `hall`: room for a talk; None where its
    capacity is not stated. `lon`, `lat` in WGS 84."""

    id: int
    kind: str
    name: str
    address: str | None
    phone: str | None
    access: str
    capacity: int | None
    hall: bool | None
    metres: float
    minutes: float
    straight_line: bool
    lon: float
    lat: float


@dataclass(frozen=True)
class Seat:
    """Where the union could have its seat. `source`: `union_office` of the unit or the existing
    union, `station` with a hall, `enterprise`: at the largest one. `lon`, `lat` in WGS 84."""

    source: Literal["union_office", "station", "enterprise"]
    name: str | None
    address: str | None
    station_id: int | None = None
    enterprise_id: int | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Largest:
    """The largest enterprise without a union."""

    id: int
    name: str
    address: str | None
    employees: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Counts:
    """The enterprises of a cluster as they are today, union changes in force included.

    Attributes:
        without: enterprises without a union.
        workers: their employees, of those that state them.
        unstated: of `without`, those that do not state them.
        own: of `without`, those large enough for a union of their own by employees.
        shall: of `without`, those that have the members for which the law says *shall*.
        chair: of `without`, those that may have a full-time chair.
        own_workers: employees of `own`.
        in_preparation: enterprises that prepare a union.
        rest_industry: position in :data:`geo.enterprises.classes.INDUSTRIES` of the section most
            of the rest are of, and their number; (0, 0) where none states it.
        known: whether the members of the cluster are on record; without them the counts are those
            of the day it was found.
    """

    without: int
    workers: int
    unstated: int
    own: int
    shall: int
    chair: int
    own_workers: int
    in_preparation: int
    rest_industry: tuple[int, int]
    known: bool = True

    @property
    def rest(self) -> int:
        """Those left for a joint union."""
        return self.without - self.own

    @property
    def rest_workers(self) -> int:
        """Their employees, of those that state them."""
        return self.workers - self.own_workers


@dataclass(frozen=True)
class Situation:
    """Everything the rules and their sentences need of one cluster.

    `unit` holds it, None along a street; `own_unions` and `joint_unions` are those of the unit's
    enterprises. `existing` are joint unions that could take it in, the one that fits best first.
    """

    cluster: ClusterFacts
    counts: Counts
    unit: Unit | None
    subdistrict: Unit | None
    own_unions: int
    joint_unions: int
    existing: tuple[ExistingUnion, ...]
    upper: UpperUnion
    largest: Largest | None
    meeting: MeetingPlace | None
    hall: MeetingPlace | None
    """The nearest station with room for a talk, within the distance the rules allow for a seat."""
