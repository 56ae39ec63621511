"""Writes the whole city into a folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import shapely

from geo.progress import SILENT, Progress
from geo.sample.blocks import lay_blocks, write_buildings
from geo.sample.desks import Desks, division_desks, no_desks, unit_desks
from geo.sample.divisions import DIGITS, Divisions, Places, divide
from geo.sample.earlier import earlier_register, past_of, talks
from geo.sample.enterprises import settle, staff, subdistricts
from geo.sample.names import WORDS
from geo.sample.osm import OsmParts
from geo.sample.plane import Plane, plan
from geo.sample.register import register, truth_of
from geo.sample.shape import (
    AS_OF,
    CENTRE,
    CITY_CODE,
    CITY_NAME,
    LABEL,
    City,
    CityShape,
    Size,
    shape_of,
)
from geo.sample.siting import candidate_sites, demand
from geo.sample.stations import open_stations
from geo.sample.streets import lay_streets, name_streets
from geo.sample.unions import NONE, organise, plant
from geo.sample.units import BUILDING, Addresses, place_units, unit_rows

SEED = 20261121
EARLIER_BELOW = 200_000
"""Of larger cities the earlier lists are written only when they are asked for."""
_LAST_DAY = (AS_OF - date(1970, 1, 1)).days


def write_city(
    directory: Path,
    size: Size | CityShape,
    seed: int = SEED,
    progress: Progress = SILENT,
    *,
    earlier: bool | None = None,
) -> City:
    """Writes an invented city as ordinary input files (all positions WGS 84).

    `streets.osm.pbf`, `areas.geojson`, `stations.csv` (with byte order mark), `enterprises.csv`,
    `candidate_sites.csv`, `demand.csv`, and beside them `truth.json` (what was planted) and
    `README.txt`. With `earlier` (by default of cities with fewer than 200,000 enterprises) also the
    lists of enterprises of earlier days, `enterprises-<day>.csv`, and the ledger of the talks held
    meanwhile, `ledger.csv`. The same shape and seed give the same bytes; existing files are
    replaced. Cost: small 0.3 s, city 1.2 s, huge 30 s and 1.4 GB (one core).

    Raises:
        Invalid: for an unknown size or a shape that cannot be built.
    """
    shape = shape_of(size)
    directory.mkdir(parents=True, exist_ok=True)
    city = City(directory, shape, seed, {})
    osm = OsmParts()
    with progress.step("Ground and streets 地面与街道"):
        plane = plan(shape, seed)
        names = name_streets(plane, seed)
        edges = lay_streets(plane, names, osm, seed)
        blocks = lay_blocks(plane, edges, shape, osm, seed)
    with progress.step("Areas 区划与单元"):
        divisions = divide(plane, shape, seed)
        places = Places(divisions)
        addresses = Addresses.of(blocks, names)
        units = place_units(plane, blocks, shape, seed)
        unit_table = unit_rows(units, plane, places, addresses)
    write_buildings(
        plane,
        blocks,
        shape,
        units.building_slots,
        units.name[units.kind == BUILDING].tolist(),
        osm,
        seed,
    )
    city.counts["street_nodes"] = len(osm.nodes_of("highway"))
    city.counts["ways"] = osm.way_count()
    osm.write(city.streets, progress)
    del osm
    with progress.step("Stations, sites, demand 站点、候选点、需求"):
        stations = open_stations(plane, edges, blocks, units, places, addresses, shape, seed)
        city.counts["stations"] = write_csv(city.stations, stations.columns, mark=True)
        city.counts["candidate_sites"] = write_csv(
            city.candidate_sites,
            candidate_sites(plane, edges, blocks, places, addresses, shape, seed),
        )
        city.counts["demand"] = write_csv(city.demand, demand(plane, edges, blocks, shape, seed))
    with progress.step("Enterprises 企业"):
        where = settle(plane, edges, blocks, units, shape, seed)
        work = staff(where, seed)
        sub = subdistricts(where, places)
        planted = plant(where, work, edges, units, shape, seed)
        unions = organise(where, work, sub, units, planted, _LAST_DAY, seed)
        desks = unit_desks(units, unit_table["address"], unions, seed)
        city.counts["areas"] = _write_areas(
            city.areas, plane, divisions, division_desks(divisions, seed), unit_table, desks
        )
        table = register(where, work, unions, sub, units, places, addresses, planted, seed)
        city.counts["enterprises"] = write_csv(city.enterprises, table.columns)
        truth = truth_of(table, where, unions, work, planted, units, edges, names)
        if earlier if earlier is not None else shape.enterprises < EARLIER_BELOW:
            past = past_of(where, unions, seed)
            for day, path in city.earlier.items():
                then = earlier_register(table, work, unions, places, past, day)
                city.counts[path.stem] = write_csv(path, then)
            held = talks(unions, sub, places, seed)
            city.counts["ledger"] = write_csv(city.ledger, held)
    city.counts["clusters"] = len(truth["clusters"])
    head = {
        "note": "演示数据：全部为虚构 / demo data, all of it invented",
        "seed": seed,
        "as_of": AS_OF.isoformat(),
        "crs": "wgs84",
        "units_without_union_share": round(float((unions.state == NONE).mean()), 4),
    }
    tail = {"station_duplicates": stations.duplicates, "counts": city.counts}
    city.truth.write_text(
        json.dumps(head | truth | tail, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (directory / "README.txt").write_text(_readme(city), encoding="utf-8")
    return city


def write_csv(path: Path, columns: dict[str, Any], *, mark: bool = False) -> int:
    """Writes columns as UTF-8 CSV, with a byte order mark if asked; says how many rows."""
    table = pa.table({name: _column(values) for name, values in columns.items()})
    with path.open("wb") as out:
        if mark:
            out.write(b"\xef\xbb\xbf")
        out.write((",".join(columns) + "\n").encode())
        options = pa.csv.WriteOptions(include_header=False, batch_size=65_536)
        pa.csv.write_csv(table, out, options)
    return int(table.num_rows)


def _column(values: Any) -> Any:
    return pa.array(values) if isinstance(values, np.ndarray) else values


def _write_areas(
    path: Path,
    plane: Plane,
    divisions: Divisions,
    federations: Desks,
    units: dict[str, Any],
    joint_unions: Desks,
) -> int:
    """Divisions, units, one functional area, and three names without a polygon."""
    n = len(divisions.kind)
    parents = divisions.code[divisions.parent]
    parents[divisions.parent < 0] = None
    features = [
        _features(
            np.array(divisions.kind, dtype=object), divisions.code, divisions.name + LABEL,
            divisions.type_name, parents, np.full(n, None), divisions.polygon, federations,
        ),
        _features(
            np.array(["functional_area"], dtype=object), np.array(["GN00001"]),
            np.array([f"演示经济技术开发区{LABEL}"]), np.array(["开发区"]), np.array([CITY_CODE]),
            np.full(1, None), np.array([_functional_area(plane)]), no_desks(1),
        ),
        _features(
            units["kind"], units["code"], units["name"], units["type_name"],
            units["parent_code"], units["address"], units["polygon"], joint_unions,
        ),
        _unmapped(divisions),
    ]  # fmt: skip
    lines = [line for part in features for line in part]
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"type":"FeatureCollection","name":"演示数据","features":[\n')
        out.write(",\n".join(lines))
        out.write("\n]}\n")
    return len(lines)


def _features(
    kind: Any,
    code: Any,
    name: Any,
    type_name: Any,
    parent: Any,
    address: Any,
    polygon: Any,
    desks: Desks,
) -> list[str]:
    keys = (
        *("kind", "code", "name", "type_name", "parent_code", "address"),
        *("union_name", "union_address", "union_phone", "union_link"),
    )
    shapes = shapely.to_geojson(polygon)
    rows = zip(kind, code, name, type_name, parent, address, *desks, strict=True)
    return [
        '{"type":"Feature","properties":'
        + json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False)
        + ',"geometry":'
        + (shape if shape is not None else "null")
        + "}"
        for row, shape in zip(rows, shapes, strict=True)
    ]


def _functional_area(plane: Plane) -> Any:
    """An oval across several districts: functional areas are no divisions."""
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    wave = 1 + 0.05 * np.sin(5 * turn)
    u = plane.cells * (0.62 + 0.24 * wave * np.cos(turn))
    v = plane.cells * (0.66 + 0.20 * wave * np.sin(turn))
    return shapely.polygons(plane.lonlat(u, v, jittered=False, digits=DIGITS))


def _unmapped(divisions: Divisions) -> list[str]:
    """Names that nobody has drawn yet; legal."""
    sub = divisions.rows("subdistrict")[0]
    code, full = divisions.code[sub], CITY_NAME + divisions.name[divisions.parent[sub]]
    full += divisions.name[sub]
    rows = (
        ("community", f"{code}999", f"{WORDS[7]}规划社区", "社区", None),
        ("industrial_park", "YQ99999", f"{WORDS[31]}筹建产业园", "工业园区", f"{full}规划一路1号"),
        ("office_building", "LY99999", f"{WORDS[57]}在建大厦", "写字楼", f"{full}规划二路2号"),
    )
    kind, codes, name, type_name, address = (
        np.array(column, dtype=object) for column in zip(*rows, strict=True)
    )
    parent, nothing = np.array([code] * len(rows), dtype=object), np.full(len(rows), None)
    desks = no_desks(len(rows))
    return _features(kind, codes, name + LABEL, type_name, parent, address, nothing, desks)


def _readme(city: City) -> str:
    counts = "\n".join(f"  {name}: {count}" for name, count in city.counts.items())
    return f"""演示数据 Demo data

本文件夹中的一切都是虚构的：地名、边界、街道、站点、企业、工会、统一社会信用代码。
坐标位于无人荒漠（{CENTRE[0]}, {CENTRE[1]}），行政区划代码以 99 开头，均不对应任何真实地点或单位。
请勿作为真实地图或真实名单使用。

Everything in this folder is invented: places, borders, streets, stations, employer units, unions,
credit codes. The coordinates lie in an empty desert and no real division code begins with 99.
Never show it as a real place.

Coordinates: WGS 84. Speaks for: {city.as_of.isoformat()}. Seed: {city.seed}. Licence: CC0.
Written by geo.sample. truth.json holds what was planted, to score detection against.

{counts}
"""
