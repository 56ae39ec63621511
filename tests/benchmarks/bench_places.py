"""Places by name at city scale, beside pg_trgm and ILIKE on the same rows in PostGIS.

25,000 stations, 22,000 areas and 20,000 streets of some 40 pieces each: real names of Shanghai and
Zhengzhou as far as they go, invented ones beside them. What is typed are real names: whole, in
pinyin, by initials, with a slip of the finger, with a character of the same sound. Found is what is
among the first five. The peer has name, address and, more than a plain table would have, a column
of pinyin, each with a GIN index of trigrams; both sides take turns, question by question.
"""

from __future__ import annotations

import csv
import re
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pypinyin import lazy_pinyin
from sqlalchemy import text

from geo import partitions
from geo.database import Actor, Database, Reader, Writer
from geo.places.folding import fold
from geo.places.gather import gather
from geo.places.index import PlaceIndex, build
from geo.places.search import find
from geo.sample.names import BRANDS, WORDS, street_names

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
STATIONS, AREAS, STREETS, PIECES = 25_000, 22_000, 20_000, 40
ASKED = 150
FIRST = 5
BAR_MILLISECONDS = 20.0
BAR_BUILD = 10.0
ACTOR = Actor("bench")
ROAD = re.compile("[\u4e00-\u9fff]{2,5}(?:路|街|大道|巷)")
WEST, SOUTH, SIDE = 121.0, 31.0, 0.6


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; about three minutes, of which two make the city."""
    real, names = _names()
    with database.write(ACTOR) as writer:
        found = _city(writer, names)
        _peer(writer, names)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with database.read(ACTOR) as reader:
        began = time.perf_counter()
        table = gather(reader, found)
        gathered = time.perf_counter() - began
        index = build(table)
        built = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield _record(
        "places: from PostGIS into memory",
        built,
        "s",
        bar=BAR_BUILD,
        note=f"{len(table):,} places, {gathered:.1f} s of it reading; index "
        f"{index.octets / 2**20:.0f} MiB, process {(after - before) / 1024:.0f} MiB more at most",
    )
    with database.read(ACTOR) as reader:
        yield from _ask(index, reader, real)


def _record(
    name: str, ours: float, unit: str, *, peer: float | None = None, bar: float | None = None,
    note: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": peer / ours if peer is not None and unit == "ms" else None,
        "unit": unit,
        "bar": None if bar is None else f"<= {bar:g} {unit}",
        "holds": None if bar is None else ours <= bar,
        "note": note,
    }


# ---------------------------------------------------------------------- the city
def _names() -> tuple[list[str], dict[str, list[Any]]]:
    """Real names to ask for (invented ones where there is no real data), and the city's columns."""
    rng = np.random.default_rng(11)
    named: list[tuple[str, str | None]] = []
    for path in (
        DATA / "stations" / "zhengzhou_gcj02.csv",
        DATA / "places" / "shanghai_places_wgs84.csv",
    ):
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    address = row.get("地址") or row.get("address")
                    named.append(
                        (row.get("名称") or row["name"], None if address == "[]" else address)
                    )
    roads = {road for _, address in named for road in ROAD.findall(address or "")}
    streets = [*sorted(roads), *street_names(STREETS, rng).tolist()]
    streets = list(dict.fromkeys(streets))[:STREETS]
    real = [name for name, _ in named] or streets
    while len(named) < STATIONS + AREAS:
        word = WORDS[rng.integers(len(WORDS))] + BRANDS[rng.integers(len(BRANDS))]
        road = streets[rng.integers(len(streets))]
        named.append((f"{word}大厦", f"{road}{rng.integers(1, 999)}号"))
    return real, {
        "stations": named[:STATIONS],
        "areas": named[STATIONS : STATIONS + AREAS],
        "streets": streets,
    }


def _city(writer: Writer, names: dict[str, list[Any]]) -> dict[str, int]:
    editions = {
        dataset: writer.scalar(
            "INSERT INTO edition (dataset, state, as_of, source, content_hash, rows_read, "
            "rows_accepted, rows_rejected, rows_unlocated, created_by, report) VALUES (:dataset, "
            "'active', '2026-06-30', 'bench', :dataset, 1, 1, 0, 0, 'bench', '{}') RETURNING id",
            dataset=dataset,
        )
        for dataset in ("areas", "stations", "streets")
    }
    writer.execute("CREATE TEMP TABLE named (n int, name text, address text)")
    places = [*names["stations"], *names["areas"]]
    _fill(writer, "named", places)
    writer.execute("CREATE TEMP TABLE road (n int, name text, address text)")
    _fill(writer, "road", [(name, None) for name in names["streets"]])
    at = f"ST_Point({WEST} + {SIDE} * random(), {SOUTH} + {SIDE} * random(), 4326)"
    writer.execute(
        "INSERT INTO station (edition_id, id, kind, name, address, host, access, services, "
        f"location, located_by) SELECT {editions['stations']}, n, 'warm_station', name, address, "
        f"NULL, 'public', '{{}}', {at}, 'coordinates' FROM named WHERE n < {STATIONS}"
    )
    writer.execute(
        "INSERT INTO area (edition_id, id, kind, name, address, boundary, square_metres) SELECT "
        f"{editions['areas']}, n, 'office_building', name, address, "
        f"ST_Multi(ST_Expand({at}, 0.0003)), 3000 FROM named WHERE n >= {STATIONS}"
    )
    # Four by four districts, each with twenty subdistricts.
    writer.execute(
        "INSERT INTO area (edition_id, id, kind, name, boundary, square_metres) SELECT "
        f"{editions['areas']}, 1000000 + d, 'district', '第' || d || '区', ST_Multi("
        f"ST_MakeEnvelope({WEST} + {SIDE} * (d % 4) / 4, {SOUTH} + {SIDE} * (d / 4) / 4, "
        f"{WEST} + {SIDE} * (d % 4 + 1) / 4, {SOUTH} + {SIDE} * (d / 4 + 1) / 4, 4326)), 2e8 "
        "FROM generate_series(0, 15) AS d"
    )
    writer.execute(
        "INSERT INTO area (edition_id, id, kind, name, boundary, square_metres) SELECT "
        f"{editions['areas']}, 2000000 + s, 'subdistrict', '第' || s || '街道', ST_Multi("
        f"ST_MakeEnvelope({WEST} + {SIDE} * (s % 20) / 20, {SOUTH} + {SIDE} * (s / 20) / 20, "
        f"{WEST} + {SIDE} * (s % 20 + 1) / 20, {SOUTH} + {SIDE} * (s / 20 + 1) / 20, 4326)), 1e7 "
        "FROM generate_series(0, 399) AS s"
    )
    child = partitions.create(writer, "street", editions["streets"])
    writer.execute(
        f"INSERT INTO {child} (id, from_node, to_node, part, name, highway, access, layer, "
        "is_bridge, is_tunnel, is_steps, length, path) SELECT "
        f"r.n * {PIECES} + p, 0, 1, 0, r.name, 'residential', 'yes', 0, false, false, false, 100, "
        "ST_MakeLine(ST_Point(x + 0.001 * p, y, 4326), ST_Point(x + 0.001 * (p + 1), y, 4326)) "
        f"FROM (SELECT n, name, {WEST} + {SIDE} * random() AS x, {SOUTH} + {SIDE} * random() AS y "
        f"FROM road) AS r, generate_series(0, {PIECES - 1}) AS p"
    )
    partitions.attach(writer, "street", editions["streets"])
    return editions


def _fill(writer: Writer, table: str, rows: list[tuple[str, str | None]]) -> None:
    columns = {
        "n": pa.array(range(len(rows)), pa.int32()),
        "name": pa.array([name for name, _ in rows]),
        "address": pa.array([address for _, address in rows], pa.string()),
    }
    writer.copy_in(table, list(columns), pa.table(columns))


def _peer(writer: Writer, names: dict[str, list[Any]]) -> None:
    writer.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    writer.execute("CREATE TABLE peer (name text, address text, pinyin text)")
    rows = [*names["stations"], *names["areas"], *((name, None) for name in names["streets"])]
    columns = {
        "name": pa.array([name for name, _ in rows]),
        "address": pa.array([address for _, address in rows], pa.string()),
        "pinyin": pa.array(["".join(lazy_pinyin(name)) for name, _ in rows]),
    }
    writer.copy_in("peer", list(columns), pa.table(columns))
    for column in columns:
        writer.execute(f"CREATE INDEX ON peer USING gin ({column} gin_trgm_ops)")
    writer.execute("ANALYZE peer")


# ---------------------------------------------------------------------- questions
def _slip(word: str, rng: np.random.Generator, letters: str) -> str:
    """One letter dropped, added, changed, or swapped with the next."""
    at = int(rng.integers(len(word) - 1))
    other = letters[rng.integers(len(letters))]
    return (
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + other + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )[rng.integers(4)]


def _kinds(rng: np.random.Generator, names: list[str]) -> dict[str, Callable[[str], str]]:
    by_sound: dict[str, list[str]] = {}
    for one in sorted({letter for name in names for letter in name if "一" <= letter <= "鿿"}):
        by_sound.setdefault(lazy_pinyin(one)[0], []).append(one)

    def pinyin(name: str) -> str:
        return "".join(lazy_pinyin(name))

    def homophone(name: str) -> str:
        for at in rng.permutation(len(name)).tolist():
            others = [one for one in by_sound[lazy_pinyin(name)[at]] if one != name[at]]
            if others:
                return name[:at] + others[rng.integers(len(others))] + name[at + 1 :]
        return name

    return {
        "whole names": lambda name: name,
        "whole pinyin": pinyin,
        "initials": lambda name: "".join(one[0] for one in lazy_pinyin(name)),
        "a slip in the pinyin": lambda name: _slip(pinyin(name), rng, "abcdefghijklmnopqrstuvwxyz"),
        "two slips in the pinyin": lambda name: _slip(
            _slip(pinyin(name), rng, "aeioungh"), rng, "aeioungh"
        ),
        "a slip in the characters": lambda name: _slip(name, rng, "人民路中大小上下天"),
        "a character of the same sound": homophone,
        "beginning and pinyin mixed": lambda name: name[:2] + pinyin(name[2:]),
    }


_PEER = text(
    "SELECT name FROM peer WHERE name ILIKE :part OR address ILIKE :part OR pinyin ILIKE :part "
    "OR name % :typed OR pinyin % :typed "
    "ORDER BY greatest(similarity(name, :typed), similarity(pinyin, :typed)) DESC LIMIT 5"
)


def _ask(index: PlaceIndex, reader: Reader, real: list[str]) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(23)
    names = sorted({name for name in real if re.fullmatch("[\u4e00-\u9fff]{4,14}", name)})
    asked = [names[at] for at in rng.choice(len(names), ASKED, replace=False)]
    times: dict[str, list[float]] = {"ours": [], "peer": [], "ours, CPU": []}
    find(index, "暖")
    for label, turn in _kinds(rng, names).items():
        right = {"ours": 0, "peer": 0}
        for name in asked:
            typed = turn(name)
            sides: dict[str, Callable[[str], list[str]]] = {
                "ours": lambda typed: [one.name for one in find(index, typed, limit=FIRST)],
                "peer": lambda typed: [
                    row.name for row in reader.all(_PEER, typed=typed, part=f"%{typed}%")
                ],
            }
            for side, answer in sides.items():
                began, work = time.perf_counter(), time.thread_time()
                found = answer(typed)
                times[side].append(1000 * (time.perf_counter() - began))
                if side == "ours":
                    times["ours, CPU"].append(1000 * (time.thread_time() - work))
                right[side] += any(_same(name, one) for one in found)
        yield _record(
            f"places: {label}, among the first {FIRST}",
            100 * right["ours"] / len(asked),
            "%",
            peer=100 * right["peer"] / len(asked),
            note=f"{len(asked)} names",
        )
    for label, part in (("middle", 50), ("slowest of a hundred", 99)):
        ours, peer, work = (float(np.percentile(times[side], part)) for side in times)
        yield _record(f"places: time of a question, {label}", ours, "ms", peer=peer)
        yield _record(
            f"places: work of a question, {label}",
            work,
            "ms CPU",
            bar=BAR_MILLISECONDS,
            note=f"{len(times['ours']):,} questions",
        )
    short = [1000 * _seconds(index, typed) for typed in ("r", "sh", "路", "l", "1", "shan")]
    yield _record(
        "places: work of the vaguest questions",
        max(short),
        "ms CPU",
        bar=BAR_MILLISECONDS,
        note="one letter, one character",
    )


def _same(name: str, other: str) -> bool:
    return fold([name]).text(0) == fold([other]).text(0)


def _seconds(index: PlaceIndex, typed: str) -> float:
    best = np.inf
    for _ in range(5):
        began = time.thread_time()
        find(index, typed, near=(WEST, SOUTH))
        best = min(best, time.thread_time() - began)
    return float(best)
