"""The city that planning rests on, read from the editions in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo import editions
from geo.areas import assign
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import NotFound
from geo.schema.areas import AREA_KINDS
from geo.siting.ground.city import DAYS, GROUPS, City, Hosts, People, Places, Said, Standing
from geo.siting.problem import Bytes, Ints
from geo.walking.finder import OFFERED_ACCESS, Finder

DATASETS: Final = ("demand", "candidate_sites", "stations", "streets", "areas")
DISTRICT_KINDS: Final = ("subdistrict", "district", "community", "prefecture", "province")
"""Whose figures are given side by side, the first kind there is."""


def mark_of(found: list[EditionFacts], finder: Finder) -> tuple[Any, ...]:
    """What a city is made of: editions, the walking graph, and which stations are closed for
    good."""
    return (
        tuple((one.dataset, one.id) for one in found),
        finder.network_edition,
        finder.station_edition,
        finder.graph.pace,
        tuple(sorted(closed_for_good(finder))),
    )


def closed_for_good(finder: Finder) -> set[int]:
    """Stations that are closed or moved until further notice."""
    now = datetime.now(UTC)
    gone = set()
    for station, facts in finder.news.statuses.items():
        begun = [fact for fact in facts if fact.starts_at <= now]
        if begun and begun[-1].status in ("closed", "moved") and begun[-1].ends_at is None:
            gone.add(station)
    return gone


def read_editions(reader: Reader) -> list[EditionFacts]:
    """The editions in force that planning rests on.

    Raises:
        NotFound: there are no candidates, or no demand.
    """
    found = [editions.active(reader, dataset) for dataset in DATASETS]
    missing = [name for name, one in zip(DATASETS[:2], found, strict=False) if one is None]
    if missing:
        words = {"demand": "需求", "candidate_sites": "候选点"}
        raise NotFound(
            f"还没有启用的{'和'.join(words[name] for name in missing)}数据。 "
            f"No edition of {' and '.join(missing)} is active.",
            remedy="请先导入。 Load one: "
            + "; ".join(f"`nuanyi import {one.replace('_', '-')} FILE --commit`" for one in missing)
            + ".",
        )
    return [one for one in found if one is not None]


def said_of_hosts(reader: Reader) -> dict[int, Said]:
    """What hosts said when somebody talked with them about a plan, by the candidate's id: the last
    word of each, and the station that it became with whichever plan."""
    rows = reader.all(
        "SELECT DISTINCT ON (candidate_id) candidate_id, state <> 'declined' AS agreed, "
        "changed_at, max(station_id) OVER (PARTITION BY candidate_id) AS station_id "
        "FROM siting_task WHERE candidate_id IS NOT NULL "
        "AND state IN ('agreed', 'opened', 'declined') "
        "ORDER BY candidate_id, changed_at DESC, id DESC"
    )
    return {
        int(row.candidate_id): Said(bool(row.agreed), row.changed_at, row.station_id)
        for row in rows
    }


def read_city(
    reader: Reader, found: list[EditionFacts], finder: Finder, privacy: float = 0.0
) -> City:
    """Read the editions; some 2 s for 200,000 rows of demand.

    Fewer people than `privacy` of one group in one subdistrict at one hour count as none, so that
    no total of hours, groups or areas, nor a difference of such totals, tells of them.
    """
    number = {one.dataset: one.id for one in found}
    people = _people(reader, number["demand"])
    hosts = _hosts(reader, number["candidate_sites"])
    standing = _standing(finder)
    places = _places(reader, number.get("areas"), people, hosts, standing)
    if privacy > 0:
        people = without_few(people, places.home[0], privacy)
    return City(found, mark_of(found, finder), finder, people, hosts, standing, places)


def _people(reader: Reader, edition: int) -> People:
    hours = ", ".join(f"people[{hour + 1}] AS h{hour}" for hour in range(24))
    table = reader.copy_out(
        "SELECT ST_X(location) AS lon, ST_Y(location) AS lat, worker_group, day_class, "
        f"{hours} FROM demand WHERE edition_id = {int(edition)} AND location IS NOT NULL "
        "ORDER BY 1, 2, id",
        ["worker_group", "day_class"],
    )
    if not table.num_rows:
        none = np.empty(0)
        code = np.empty(0, np.int8)
        return People(none, none, np.empty(0, np.int32), code, code, np.empty((0, 24), np.float32))
    lon, lat = _floats(table.column("lon")), _floats(table.column("lat"))
    new = np.ones(len(lon), np.bool_)
    new[1:] = (np.diff(lon) != 0) | (np.diff(lat) != 0)
    counts = np.column_stack([_floats(table.column(f"h{hour}")) for hour in range(24)])
    return People(
        lon[new],
        lat[new],
        (np.cumsum(new) - 1).astype(np.int32),
        _codes(table.column("worker_group"), GROUPS, GROUPS.index("outdoor_worker")),
        _codes(table.column("day_class"), DAYS, 0),
        np.ascontiguousarray(counts, np.float32),
    )


def without_few(people: People, home: Ints, least: float) -> People:
    """The same people, but for those of a group, kind of day and hour of whom there are fewer than
    `least` in a district (`home` of each point, -1: in none)."""
    kinds = len(GROUPS) * len(DAYS)
    cell = (home[people.point].astype(np.int64) + 1) * kinds
    cell += people.group.astype(np.int64) * len(DAYS) + people.day
    kept = people.people.copy()
    for hour in range(kept.shape[1]):
        total = np.bincount(cell, kept[:, hour])
        kept[(total < least)[cell], hour] = 0.0
    return replace(people, people=kept)


def _hosts(reader: Reader, edition: int) -> Hosts:
    rows = reader.all(
        "SELECT id, name, host_type, chain, address, source, ST_X(location) AS lon, "
        "ST_Y(location) AS lat, cost, capacity, agreed, open_24h FROM candidate_site "
        "WHERE edition_id = :edition ORDER BY id",
        edition=edition,
    )
    unlocated = sum(row.lon is None for row in rows)
    rows = [row for row in rows if row.lon is not None]
    nothing = float("nan")
    return Hosts(
        ids=np.array([row.id for row in rows], np.int64),
        names=[row.name for row in rows],
        host_types=[row.host_type for row in rows],
        chains=[row.chain for row in rows],
        addresses=[row.address for row in rows],
        sources=[row.source for row in rows],
        lon=np.array([row.lon for row in rows], np.float64),
        lat=np.array([row.lat for row in rows], np.float64),
        cost=np.array([nothing if row.cost is None else row.cost for row in rows], np.float64),
        capacity=np.array(
            [nothing if row.capacity is None else row.capacity for row in rows], np.float64
        ),
        agreed=np.array([-1 if row.agreed is None else row.agreed for row in rows], np.int8),
        open_24h=np.array([bool(row.open_24h) for row in rows], np.bool_),
        unlocated=unlocated,
    )


def _standing(finder: Finder) -> Standing:
    gone = closed_for_good(finder)
    kept = [
        number
        for number, fact in enumerate(finder.facts)
        if fact["access"] in OFFERED_ACCESS and fact["id"] not in gone
    ]
    facts = [finder.facts[number] for number in kept]
    position = finder.position[kept].reshape(-1, 2)
    return Standing(
        ids=np.array([fact["id"] for fact in facts], np.int64),
        names=[fact["name"] for fact in facts],
        lon=position[:, 0].copy(),
        lat=position[:, 1].copy(),
        open_24h=np.array([fact["opening_hours"] == "24/7" for fact in facts], np.bool_),
    )


def _places(
    reader: Reader, edition: int | None, people: People, hosts: Hosts, standing: Standing
) -> Places:
    nobody = np.empty(0, np.int64)
    positions = [
        (people.lon, people.lat),
        (hosts.lon, hosts.lat),
        (standing.lon, standing.lat),
    ]
    homes = [np.full(len(lon), -1, np.int32) for lon, _ in positions]
    if edition is None:
        home = (homes[0], homes[1], homes[2])
        none = (nobody, nobody, nobody)
        return Places(None, None, nobody, [], home, nobody, none, none)
    index = assign.load_index(reader, edition)
    there = [AREA_KINDS[kind] for kind in np.unique(index.kinds[index.has_boundary])]
    kind = next((one for one in DISTRICT_KINDS if one in there), None)
    rows = reader.all(
        "SELECT id, name FROM area WHERE edition_id = :edition AND kind = :kind ORDER BY code, id",
        edition=edition,
        kind=kind or "",
    )
    ids = np.array([row.id for row in rows], np.int64)
    order = np.argsort(ids, kind="stable")
    pairs = []
    for number, (lon, lat) in enumerate(positions):
        member, area, _ = assign.memberships(index, lon, lat)
        held = index.ids[area]
        pairs.append((member.astype(np.int64), held))
        if len(ids):
            place = np.minimum(np.searchsorted(ids[order], held), len(ids) - 1)
            mine = ids[order][place] == held
            homes[number][member[mine]] = order[place[mine]]
    return Places(
        edition,
        kind,
        ids,
        [row.name for row in rows],
        (homes[0], homes[1], homes[2]),
        index.ids,
        (pairs[0][0], pairs[1][0], pairs[2][0]),
        (pairs[0][1], pairs[1][1], pairs[2][1]),
    )


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = column.cast(pa.float64()).to_numpy()
    return values


def _codes(column: pa.ChunkedArray, names: tuple[str, ...], otherwise: int) -> Bytes:
    encoded = column.combine_chunks().dictionary_encode()
    code = np.array(
        [names.index(one) if one in names else otherwise for one in encoded.dictionary.to_pylist()],
        np.int8,
    )
    coded: Bytes = code[encoded.indices.to_numpy()]
    return coded
