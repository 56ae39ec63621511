"""Everything the rules look at, for some clusters at once: arrays and one statement a question."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo import editions
from geo.areas.assign import find_assignment
from geo.clusters.facts import ClusterFacts
from geo.clusters.forms import around, existing
from geo.clusters.forms.choose import Form, choose, sentence
from geo.clusters.forms.members import Members, member_rows, read_members
from geo.clusters.forms.regional import rules_of
from geo.clusters.forms.rules import Rules, Words, rules
from geo.clusters.forms.situation import (
    MEETING_KINDS,
    Counts,
    Largest,
    MeetingPlace,
    Situation,
    Unit,
)
from geo.coverage.targets import Targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises.classes import INDUSTRIES
from geo.enterprises.filter import Filter
from geo.enterprises.units import STATE
from geo.schema import ACCESS, STATION_KINDS
from geo.walking.finder import Finder
from geo.walking.nearest import nearest_many

MEETING_ACCESS = ("public", "members", "unknown")
"""A host's own staff room is no place to invite others to."""
CANDIDATES = 5


@dataclass(frozen=True)
class Matching:
    """The enterprises without a union of a cluster that a filter keeps, counted as the cluster's
    own are."""

    units: int
    units_25: int
    units_100: int
    employees: int
    employees_unstated: int


@dataclass(frozen=True)
class Advice:
    """A cluster with what is to be said and done about it. `matching` is None without a filter."""

    cluster: ClusterFacts
    sentence: Words
    form: Form
    matching: Matching | None = None


def advise(
    reader: Reader,
    clusters: Sequence[ClusterFacts],
    *,
    edition: EditionFacts | None = None,
    targets: Targets | None = None,
    finder: Finder | None = None,
    now: datetime | None = None,
    members: Members | None = None,
) -> list[Advice]:
    """The form of union for each cluster, in the order given.

    Args:
        reader: the transaction.
        clusters: of one edition of enterprises.
        edition: that edition; by default the active one.
        targets: thresholds by region; without them those of the rule table.
        finder: stations and streets, for where to meet; without it no place is named.
        now: the moment at which stations must not be closed by a dated status.
        members: of these clusters, when the caller has them.

    Cost: some 5 µs a member and 1 ms a cluster; a page of a hundred takes a fifth of a second.
    """
    if not clusters:
        return []
    edition = edition or editions.require_active(reader, "enterprises")
    members = members or read_members(reader, edition, [one.id for one in clusters])
    places = _places(reader, clusters, edition)
    codes = around.codes_of(reader, places.area_edition, set(places.subdistrict.values()))
    tables = [rules_of(targets, codes.get(places.subdistrict.get(one.id, 0))) for one in clusters]
    counts = _counts(clusters, members, tables)
    largest = _largest(reader, edition, members)
    meeting = meeting_places(
        finder,
        np.array([one.lon for one in clusters]),
        np.array([one.lat for one in clusters]),
        tables,
        now,
    )
    near = existing.joint_unions_near(
        reader,
        edition,
        [one.id for one in clusters],
        max(table.values.near_metres for table in tables),
    )
    # A unit that states its union needs no looking for it; near by counts where there is no unit.
    silent = (
        unions
        for number, unions in places.unions.items()
        if (unit := places.areas.get(number)) is None or not unit.union_name
    )
    keys = {one.key for unions in silent for one in unions.largest}
    keys |= {
        one.key for number, several in near.items() if number not in places.unit for one in several
    }
    home = existing.homes(reader, edition, places.area_edition, places.assignment, keys)
    advice = []
    for at, one in enumerate(clusters):
        unit_id = places.unit.get(one.id)
        unit = None if unit_id is None else places.areas[unit_id]
        subdistrict_id = places.subdistrict.get(one.id)
        subdistrict = None if subdistrict_id is None else places.areas[subdistrict_id]
        unions = places.unions.get(unit_id or 0, existing.NO_UNIONS)
        situation = Situation(
            cluster=one,
            counts=counts[at],
            unit=unit,
            subdistrict=subdistrict,
            own_unions=unions.own,
            joint_unions=unions.joint,
            existing=existing.existing_unions(
                unit, places.around.get(one.id, []), places.unions, near.get(one.id, []), home
            ),
            upper=around.upper_of(
                subdistrict,
                places.upper_of_members.get(one.id),
                places.upper_of_areas.get(unit_id or 0),
                places.upper_of_areas.get(subdistrict_id or 0),
            ),
            largest=largest.get(one.id),
            meeting=meeting[at][0],
            hall=meeting[at][1],
        )
        table = tables[at]
        advice.append(Advice(one, sentence(one, table), choose(situation, table)))
    return advice


def matching(members: Members, chosen: Filter) -> list[Matching]:
    """What a filter keeps of each cluster's enterprises without a union; of nothing where the
    filter keeps none."""
    kept = members.keep(chosen) & members.without
    employees = members.employees
    stated = ~np.isnan(employees)
    units, workers = members.count(kept), members.workers(kept)
    of_25, of_100 = (members.count(kept & stated & (employees >= n)) for n in (25, 100))
    unstated = members.count(kept & ~stated)
    return [
        Matching(*(int(value) for value in row))
        for row in zip(units, of_25, of_100, workers, unstated, strict=True)
    ]


# ---------------------------------------------------------------------- numbers
def _counts(
    clusters: Sequence[ClusterFacts], members: Members, tables: Sequence[Rules]
) -> list[Counts]:
    own_at = np.array([table.values.own_workers for table in tables], dtype=np.float64)
    chair_at = np.array([table.values.chair_workers for table in tables], dtype=np.float64)
    employees, without = members.employees, members.without
    stated = ~np.isnan(employees)
    own = without & stated & (employees >= own_at[members.cluster])
    chair = without & stated & (employees >= chair_at[members.cluster])
    joined = members.units.members[members.row]
    shall = without & ~np.isnan(joined) & (joined >= own_at[members.cluster])
    preparing = members.units.state[members.row] == STATE["in_preparation"]
    rest = without & ~own
    section = np.zeros((len(clusters), len(INDUSTRIES)), dtype=np.int64)
    np.add.at(section, (members.cluster[rest], members.units.industry[members.row[rest]]), 1)
    section[:, 0] = 0  # not stated is no industry
    columns = {
        "without": members.count(without),
        "workers": members.workers(without),
        "unstated": members.count(without & ~stated),
        "own": members.count(own),
        "shall": members.count(shall),
        "chair": members.count(chair),
        "own_workers": members.workers(own),
        "in_preparation": members.count(preparing),
    }
    everyone = members.count(np.ones(len(members.row), dtype=bool))
    found = []
    for at, one in enumerate(clusters):
        if everyone[at] == 0:
            found.append(_as_found(one))
            continue
        most = int(section[at].argmax())
        number = int(section[at, most])
        found.append(
            dataclasses.replace(
                _as_found(one),
                **{name: int(column[at]) for name, column in columns.items()},
                rest_industry=(most if number else 0, number),
                known=True,
            )
        )
    return found


def _as_found(one: ClusterFacts) -> Counts:
    """Of a cluster whose members are not on record: as it was found."""
    return Counts(
        without=one.units,
        workers=one.employees,
        unstated=one.employees_unstated,
        own=one.units_25,
        shall=0,
        chair=0,
        # At least: how the rest divides is not on record.
        own_workers=min(one.employees, 25 * one.units_25),
        in_preparation=0,
        rest_industry=(0, 0),
        known=False,
    )


def _largest(reader: Reader, edition: EditionFacts, members: Members) -> dict[int, Largest]:
    """The largest enterprise without a union of each cluster, one with a place or an address."""
    rows = np.flatnonzero(members.without)
    # Members are sorted: of each cluster the first is the largest.
    cluster, first = np.unique(members.cluster[rows], return_index=True)
    ids = members.ids[rows[first]].tolist()
    known = {row.id: row for row in member_rows(reader, edition, ids)}
    found = {}
    for position, number in zip(cluster.tolist(), ids, strict=True):
        row = known[number]
        found[int(members.clusters[position])] = Largest(
            row.id, row.name, row.address, row.employees, row.lon, row.lat
        )
    return found


# ---------------------------------------------------------------------- places
@dataclass(frozen=True)
class _Places:
    """By cluster its unit, its subdistrict and the units around it; by area what it states, its
    unions and the upper union most of its enterprises state."""

    area_edition: int | None
    assignment: int | None
    unit: Mapping[int, int]
    subdistrict: Mapping[int, int]
    around: Mapping[int, Sequence[Unit]]
    areas: Mapping[int, Unit]
    unions: Mapping[int, existing.UnionsOfUnit]
    upper_of_members: Mapping[int, str]
    upper_of_areas: Mapping[int, str]


def _places(reader: Reader, clusters: Sequence[ClusterFacts], edition: EditionFacts) -> _Places:
    areas = editions.active(reader, "areas")
    area_edition = None if areas is None else areas.id
    assignment = None if areas is None else find_assignment(reader, edition.id, areas.id)
    unit = {one.id: one.area_id for one in clusters if one.area_id is not None}
    loose = [one.id for one in clusters if one.area_id is None]
    share = rules().values.held_share
    unit |= around.holding_units(reader, edition, area_edition, assignment, loose, share)
    subdistrict = {one.id: one.subdistrict_id for one in clusters if one.subdistrict_id is not None}
    loose = [one.id for one in clusters if one.subdistrict_id is None]
    subdistrict |= around.subdistricts_around(reader, edition, area_edition, loose)
    known = around.read_units(reader, area_edition, {*unit.values(), *subdistrict.values()})
    # An area of other areas than those in force is not known: then the cluster is of none.
    unit = {cluster: area for cluster, area in unit.items() if area in known}
    subdistrict = {cluster: area for cluster, area in subdistrict.items() if area in known}
    held = existing.units_around(reader, edition, area_edition, list(unit))
    asked = {*unit.values(), *(one.id for several in held.values() for one in several)}
    silent = {
        one.id
        for one in clusters
        if one.id not in subdistrict or not known[subdistrict[one.id]].union_name
    }
    near = {of[number] for number in silent for of in (unit, subdistrict) if number in of}
    return _Places(
        area_edition,
        assignment,
        unit,
        subdistrict,
        held,
        known,
        existing.unions_of_units(reader, edition, assignment, asked),
        around.uppers_of_members(reader, edition, silent) if silent else {},
        around.uppers_of_areas(reader, edition, assignment, near) if near else {},
    )


def meeting_places(
    finder: Finder | None,
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    tables: Sequence[Rules],
    now: datetime | None = None,
) -> list[tuple[MeetingPlace | None, MeetingPlace | None]]:
    """For each place the nearest station on foot to hold a talk in, and the nearest one with a hall
    that is near enough for a seat.

    Whatever the opening hours: a talk is arranged. Not where a dated status closes it now, nor
    where only a host's own staff may come in.
    """
    nowhere: list[tuple[MeetingPlace | None, MeetingPlace | None]] = [(None, None)] * len(lon)
    if finder is None or len(finder) == 0:
        return nowhere
    at = finder.local(now or datetime.now(finder.zone))
    allow = np.isin(finder.kinds, [STATION_KINDS.index(kind) for kind in MEETING_KINDS])
    allow &= np.isin(finder.access, [ACCESS.index(name) for name in MEETING_ACCESS])
    allow &= ~finder.closures.at(at)
    found = nearest_many(
        finder.on_streets,
        lon,
        lat,
        CANDIDATES,
        max_metres=max(table.values.meeting_metres for table in tables),
        allow=allow,
    )
    told: list[tuple[MeetingPlace | None, MeetingPlace | None]] = []
    for row, table in enumerate(tables):
        numbers = table.values
        near = [
            _meeting(
                finder,
                int(found.station[row, place]),
                float(found.metres[row, place]),
                float(found.seconds[row, place]),
                bool(found.straight_line[row]),
                numbers.hall_seats,
            )
            for place in range(int(found.count[row]))
        ]
        halls = [one for one in near if one.hall and one.metres <= numbers.hall_metres]
        told.append((near[0] if near else None, halls[0] if halls else None))
    return told


def _meeting(
    finder: Finder,
    number: int,
    metres: float,
    seconds: float,
    straight_line: bool,
    hall_seats: int,
) -> MeetingPlace:
    fact = finder.facts[number]
    capacity = fact["capacity"]
    return MeetingPlace(
        id=fact["id"],
        kind=fact["kind"],
        name=fact["name"],
        address=fact["address"],
        phone=fact["phone"],
        access=fact["access"],
        capacity=capacity,
        hall=None if capacity is None else capacity >= hall_seats,
        metres=round(metres, 1),
        minutes=round(seconds / 60, 1),
        straight_line=straight_line,
        lon=float(finder.position[number, 0]),
        lat=float(finder.position[number, 1]),
    )
