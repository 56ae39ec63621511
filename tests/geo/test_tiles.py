"""Tiles drawn by PostGIS, read by GDAL, laid over what shapely and PROJ make of the rows."""

import itertools
from types import SimpleNamespace

import numpy as np
import pyproj
import pytest
import rows
import shapely
from databases import another_database
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import strategies as st
from tile_reading import bounds, read_tile, tile_of, unit

from geo import partitions
from geo.database import ANYONE, Actor
from geo.errors import Invalid
from geo.schema.stations import STATION_KINDS
from geo.stations.tiles import SINGLE_FROM_ZOOM, extent, station_tile
from geo.streets.tiles import base_tile, tolerance_units
from geo.tiles import LARGEST_ZOOM, TileAddress

CENTRE = (106.552, 29.563)
CLASS = {
    "trunk": "primary",
    "primary": "primary",
    "secondary_link": "secondary",
    "tertiary": "tertiary",
    "residential": "minor",
    "service": "service",
    "pedestrian": "pedestrian",
    "footway": "path",
    "steps": "path",
}
TO_MERCATOR = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)


def mercator(shapes):
    return shapely.transform(
        shapes, lambda xy: np.column_stack(TO_MERCATOR.transform(xy[:, 0], xy[:, 1]))
    )


def wander(random, count: int, vertices: int, step: float):
    """Lines that start anywhere around the centre and wander off."""
    begin = random.normal(CENTRE, 0.012, (count, 1, 2))
    steps = random.normal(0, step, (count, vertices - 1, 2))
    points = np.concatenate([begin, begin + np.cumsum(steps, axis=1)], axis=1)
    return shapely.linestrings(np.round(points, 7))


def fill(database) -> SimpleNamespace:
    random = np.random.default_rng(11)
    with database.write(Actor("test")) as writer:
        streets, bare = (
            rows.edition(writer, "streets"),
            rows.edition(writer, "streets", state="retired"),
        )
        lines = wander(random, 260, 6, 0.0006)
        kinds = random.choice(list(CLASS), len(lines))
        names = random.choice(["", "人民路（演示数据）", "云石街", HOSTILE_NAME], len(lines))
        flags = random.random((len(lines), 2)) < 0.1
        pieces = [
            {
                "id": at,
                "name": str(names[at]) or None,
                "highway": str(kinds[at]),
                "layer": int(flags[at, 0]) - int(flags[at, 1] and not flags[at, 0]),
                "bridge": bool(flags[at, 0]),
                "tunnel": bool(flags[at, 1] and not flags[at, 0]),
                "steps": str(kinds[at]) == "steps",
                "path": lines[at].wkt,
            }
            for at in range(len(lines))
        ]
        for edition in (streets, bare):
            child = partitions.create(writer, "street", edition)
            writer.execute(
                f"INSERT INTO {child} (id, from_node, to_node, part, name, highway, access, layer, "
                "is_bridge, is_tunnel, is_steps, length, path) VALUES (:id, 0, 1, 0, :name, "
                ":highway, 'public', :layer, :bridge, :tunnel, :steps, 1, "
                "ST_GeomFromText(:path, 4326))",
                pieces,
            )
            partitions.attach(writer, "street", edition)
        around = surroundings(random)
        child = partitions.create(writer, "surrounding", streets)
        writer.execute(
            f"INSERT INTO {child} (id, kind, name, layer, shape) VALUES "
            "(:id, :kind, :name, :layer, ST_GeomFromText(:shape, 4326))",
            [{**one, "id": at, "shape": one["shape"].wkt} for at, one in enumerate(around)],
        )
        partitions.attach(writer, "surrounding", streets)
        stations = rows.edition(writer, "stations")
        placed = places(random)
        for number, (lon, lat) in enumerate(placed, 1):
            rows.station(
                writer,
                stations,
                number,
                lon=lon,
                lat=lat,
                kind=STATION_KINDS[number % 6],
                services=["toilet", "hot_water"][: number % 3],
                access=("public", "members")[number % 2],
            )
        rows.station(writer, stations, 10**6, lon=None)
    return SimpleNamespace(
        database=database,
        streets=streets,
        bare=bare,
        stations=stations,
        pieces=pieces,
        lines=mercator(lines),
        around=around,
        placed=placed,
    )


def surroundings(random) -> list[dict]:
    centres = random.normal(CENTRE, 0.012, (120, 2))
    found = []
    for at, (lon, lat) in enumerate(centres):
        house = shapely.box(lon, lat, lon + 0.0004, lat + 0.0003)
        if at % 5 == 0:
            house = house.difference(house.buffer(-0.0001))
        if at % 7 == 0:
            house = shapely.MultiPolygon([house, shapely.affinity.translate(house, 0.001)])
        name = HOSTILE_NAME if at % 9 == 0 else None
        found.append({"kind": "building", "name": name, "layer": 0, "shape": house})
    for kind in ("wall", "fence", "railway", "motorway", "water"):
        found.extend(
            {"kind": kind, "name": None, "layer": 0, "shape": line}
            for line in wander(random, 12, 5, 0.0008)
        )
    cut = shapely.MultiLineString(list(wander(random, 3, 4, 0.0005)))
    found.append({"kind": "hedge", "name": None, "layer": 0, "shape": cut})
    lake = shapely.Point(CENTRE).buffer(0.004)
    found.append({"kind": "water", "name": "云石湖", "layer": 0, "shape": lake})
    found.append({"kind": "green", "name": HOSTILE_NAME, "layer": 0, "shape": lake.buffer(0.002)})
    cellar = shapely.Point(CENTRE).buffer(0.0005)
    found.append({"kind": "building", "name": "地下", "layer": -1, "shape": cellar})
    return found


def places(random) -> list[tuple[float, float]]:
    """Stations crowded, spread over the world, on borders of tiles, at its corners."""
    crowded = random.normal(CENTRE, 0.03, (240, 2))
    spread = np.column_stack([random.uniform(-180, 180, 40), random.uniform(-84, 84, 40)])
    borders = [(0.0, 0.0), (90.0, 0.0), (-180.0, 10.0), (180.0, 10.0), (0.0, 89.9), (45.0, -90.0)]
    return [*map(tuple, np.round(crowded, 7).tolist()), *map(tuple, spread.tolist()), *borders]


@pytest.fixture(scope="module")
def drawn(cluster):
    with another_database(cluster) as database:
        yield fill(database)


@pytest.fixture
def base(drawn, tmp_path):
    def read(z: int, x: int, y: int, edition: int | None = None):
        with drawn.database.read(ANYONE) as reader:
            content = base_tile(reader, edition or drawn.streets, TileAddress(z, x, y))
        return read_tile(content, (z, x, y), tmp_path) if content else {}

    return read


def around_centre(z: int) -> list[tuple[int, int, int]]:
    x, y = tile_of(*CENTRE, z)
    return [(z, x + i, y + j) for i, j in itertools.product((-1, 0, 1), repeat=2)]


def alike(found, expected, box, distance: float, *, whole: bool = True) -> None:
    """The same lines or surfaces inside a box, to a distance; or at least nothing else."""
    found = shapely.unary_union(shapely.make_valid(np.asarray(found, dtype=object)))
    expected = shapely.unary_union(np.asarray(expected, dtype=object))
    missing = shapely.difference(shapely.intersection(expected, box), found.buffer(distance))
    invented = shapely.difference(shapely.intersection(found, box), expected.buffer(distance))
    assert missing.is_empty or not whole, missing.length
    assert invented.is_empty, invented.length


# A corner is rounded to the grid, and one within half a unit of another is left out.
ROUNDING = 1.0


@pytest.mark.parametrize("zoom", [15, 16])
def test_near_by_every_street_is_where_it_is_with_what_it_is(drawn, base, zoom):
    seen = 0
    for tile in around_centre(zoom):
        box = shapely.box(*bounds(*tile))
        layer = base(*tile).get("streets")
        inside = [at for at in range(len(drawn.lines)) if drawn.lines[at].intersects(box)]
        motorways = [one["shape"] for one in drawn.around if one["kind"] == "motorway"]
        if layer is None:
            assert not inside
            continue
        said = [name for name in ("class", "name", "bridge", "tunnel", "steps") if name in layer]
        for row in layer.to_dict("records"):
            what = plain({name: row[name] for name in said})
            same = [drawn.lines[at] for at in inside if wanted(drawn.pieces[at], zoom) == what]
            if what["class"] == "motorway":
                same = mercator(motorways)
            alike([row["geometry"]], same, box, ROUNDING * unit(zoom))
            seen += 1
        expected = [*drawn.lines[inside], *mercator(motorways)]
        alike(layer.geometry, expected, box, ROUNDING * unit(zoom))
    assert seen > 20


def wanted(piece: dict, zoom: int) -> dict:
    of = CLASS[piece["highway"]]
    named = of != "path" or zoom >= 16
    return {
        "class": of,
        "name": piece["name"] if named else None,
        "bridge": piece["bridge"],
        "tunnel": piece["tunnel"],
        "steps": piece["steps"],
    }


def plain(said: dict) -> dict:
    return {
        "class": said["class"],
        "name": said["name"] if isinstance(said.get("name"), str) else None,
        **{key: said.get(key) in (True, 1) for key in ("bridge", "tunnel", "steps")},
    }


@pytest.mark.parametrize("zoom", [15, 16])
def test_near_by_everything_around_is_where_it_is(drawn, base, zoom):
    layers = {
        "buildings": ("building",),
        "water": ("water",),
        "green": ("green",),
        "railway": ("railway",),
        "walls": ("wall", "fence", "hedge"),
    }
    for tile in around_centre(zoom):
        box = shapely.box(*bounds(*tile))
        found = base(*tile)
        for layer, kinds in layers.items():
            stored = [
                one["shape"] for one in drawn.around if one["kind"] in kinds and one["layer"] >= 0
            ]
            for dimension in (1, 2):
                shapes = [one for one in stored if shapely.get_dimensions(one) == dimension]
                drawn_ = found[layer].geometry.values if layer in found else []
                drawn_ = [one for one in drawn_ if shapely.get_dimensions(one) == dimension]
                alike(drawn_, mercator(np.array(shapes, dtype=object)), box, ROUNDING * unit(zoom))


def test_far_away_only_main_streets_are_drawn_and_nearly_where_they_are(drawn, base):
    for zoom, classes in (
        (14, set(CLASS.values()) | {"motorway"}),
        (13, {"motorway", "primary", "secondary", "tertiary", "minor"}),
        (12, {"motorway", "primary", "secondary", "tertiary"}),
        (9, {"motorway", "primary", "secondary"}),
        (5, {"motorway", "primary"}),
    ):
        tile = (zoom, *tile_of(*CENTRE, zoom))
        layer = base(*tile)["streets"]
        assert set(layer["class"]) == classes
        kept = [line for line, piece in zip(drawn.lines, drawn.pieces, strict=True)
                if CLASS[piece["highway"]] in classes]  # fmt: skip
        kept += list(mercator([one["shape"] for one in drawn.around if one["kind"] == "motorway"]))
        distance = (tolerance_units(zoom) + ROUNDING) * unit(zoom)
        # From farther away these short streets are smaller than a pixel and may be left out.
        alike(layer.geometry, kept, shapely.box(*bounds(*tile)), distance, whole=zoom >= 12)


def test_what_is_smaller_than_a_pixel_is_left_out_and_walls_only_stand_near_by(drawn, base):
    far = base(10, *tile_of(*CENTRE, 10))
    assert "buildings" not in far
    assert "walls" not in far
    assert len(far["water"].query("name == '云石湖'")) == 1
    assert (
        "water" not in base(4, *tile_of(*CENTRE, 4))
        or base(4, *tile_of(*CENTRE, 4))["water"]
        .geom_type.isin(["LineString", "MultiLineString"])
        .all()
    )


def test_a_hostile_name_is_a_name(drawn, base):
    names = {
        name
        for tile in around_centre(16)
        for layer in base(*tile).values()
        if "name" in layer
        for name in layer["name"].dropna()
    }
    assert HOSTILE_NAME in names
    assert names <= {HOSTILE_NAME, "人民路（演示数据）", "云石街", "云石湖"}


def test_an_edition_without_surroundings_is_streets_alone(drawn, base):
    tile = (15, *tile_of(*CENTRE, 15))
    bare = base(*tile, drawn.bare)
    assert set(bare) == {"streets"}
    assert "motorway" not in set(bare["streets"]["class"])
    assert base(*tile, 10**6) == {}
    assert base(15, 0, 0) == {}


# ---------------------------------------------------------------------- stations
def tiles_to_ask(placed, z: int) -> set[tuple[int, int]]:
    """The tiles of all stations and those beside them; near by only beside those on a border."""
    span = 2**z
    asked = {tile_of(lon, lat, z) for lon, lat in placed}
    beside = asked if z < 10 else {tile_of(lon, lat, z) for lon, lat in placed[-6:]}
    asked |= {(x + i, y + j) for x, y in beside for i, j in itertools.product((-1, 0, 1), repeat=2)}
    return {(x, y) for x, y in asked if 0 <= x < span and 0 <= y < span}


@pytest.mark.parametrize("zoom", range(LARGEST_ZOOM + 1))
def test_the_counts_of_all_tiles_add_up_to_the_stations(drawn, tmp_path, zoom):
    total, kinds, seen = 0, dict.fromkeys(STATION_KINDS, 0), []
    with drawn.database.read(ANYONE) as reader:
        for x, y in sorted(tiles_to_ask(drawn.placed, zoom)):
            content = station_tile(reader, drawn.stations, TileAddress(zoom, x, y))
            if not content:
                continue
            layer = read_tile(content, (zoom, x, y), tmp_path)["stations"]
            counts = layer["count"].fillna(1) if "count" in layer else np.ones(len(layer))
            total += int(counts.sum())
            several = counts > 1
            for kind in STATION_KINDS:
                if kind in layer:
                    kinds[kind] += int(layer[kind].fillna(0).sum())
            if "kind" in layer:
                assert layer["kind"].notna().eq(~several).all()
                for kind in layer["kind"].dropna():
                    kinds[kind] += 1
                seen += layer["mvt_id"][~several].astype("int64").tolist()
    assert total == len(drawn.placed)
    assert sum(kinds.values()) == total
    for number, kind in enumerate(STATION_KINDS):
        assert kinds[kind] == sum(n % 6 == number for n in range(1, total + 1))
    if zoom >= SINGLE_FROM_ZOOM:
        assert sorted(seen) == list(range(1, total + 1))


@pytest.mark.parametrize("zoom", [12, 16])
def test_a_station_is_where_it_is_with_what_it_is(drawn, tmp_path, zoom):
    with drawn.database.read(ANYONE) as reader:
        for x, y in sorted({tile_of(*place, zoom) for place in drawn.placed[:40]}):
            content = station_tile(reader, drawn.stations, TileAddress(zoom, x, y))
            layer = read_tile(content, (zoom, x, y), tmp_path)["stations"]
            for row in layer.itertuples():
                number = int(row.mvt_id)
                place = mercator(shapely.Point(drawn.placed[number - 1]))
                assert place.distance(row.geometry) <= ROUNDING * unit(zoom)
                assert row.name == f"{HOSTILE_NAME}{number}"
                assert row.kind == STATION_KINDS[number % 6]
                assert row.access == ("public", "members")[number % 2]
                services = getattr(row, "services", None)
                services = services if isinstance(services, str) else ""
                assert services == ",".join(["toilet", "hot_water"][: number % 3])


def test_the_extent_holds_every_placed_station(drawn):
    with drawn.database.read(ANYONE) as reader:
        west, south, east, north = extent(reader, drawn.stations)
        assert extent(reader, 10**6) is None
    lon, lat = np.array(drawn.placed).T
    assert (west, south, east, north) == (lon.min(), lat.min(), lon.max(), lat.max())


# ---------------------------------------------------------------------- addresses
@given(st.integers(0, LARGEST_ZOOM), st.floats(-180, 179.9999), st.floats(-85, 85))
def test_the_box_of_a_tile_holds_its_places_and_is_what_proj_says(z, lon, lat):
    x, y = tile_of(lon, lat, z)
    west, south, east, north = TileAddress(z, x, y).bounds()
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    left, bottom, right, top = bounds(z, x, y)
    back = TO_MERCATOR.transform([left, right], [bottom, top], direction="INVERSE")
    assert west == pytest.approx(back[0][0], abs=1e-8)
    assert east == pytest.approx(back[0][1], abs=1e-8)
    # The outermost rows reach on to the poles, where Web Mercator ends before.
    assert south == pytest.approx(back[1][0], abs=1e-8) or y == 2**z - 1
    assert north == pytest.approx(back[1][1], abs=1e-8) or y == 0


@pytest.mark.parametrize(
    "address", [(-1, 0, 0), (17, 0, 0), (3, 8, 0), (3, 0, 8), (0, -1, 0), (0, 0, 1)]
)
def test_an_address_outside_the_pyramid_is_refused(address):
    with pytest.raises(Invalid):
        TileAddress(*address)
