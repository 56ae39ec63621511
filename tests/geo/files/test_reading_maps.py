"""GeoJSON, GeoPackage and Shapefile."""

import json
import shutil
import zipfile

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from hostile import HOSTILE_NAME

from geo.errors import InvalidFile
from geo.files.read import read_table

NAMES = ["云杉驿站", HOSTILE_NAME, "石榴服务中心"]
POINTS = [(113.5, 34.8), (113.6, 34.9), (113.7, 34.7)]


def frame(crs="EPSG:4326"):
    return geopandas.GeoDataFrame(
        {"名称": NAMES, "容纳人数": [8, 12, 20], "面积": [30.0, 12.5, None]},
        geometry=[shapely.Point(point) for point in POINTS],
        crs=crs,
    )


def collection(features, **more):
    return json.dumps({"type": "FeatureCollection", **more, "features": features})


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_geojson_keeps_every_feature_and_writes_values_as_a_person_would(tmp_path):
    path = tmp_path / "f.geojson"
    path.write_text(
        collection(
            [
                feature(
                    {"type": "Point", "coordinates": [113.5, 34.8, 12]},
                    name=HOSTILE_NAME,
                    capacity=8,
                    area=30.0,
                    share=0.5,
                    open=True,
                    since="2021/03/05",
                    code="007",
                    services=["水", "电"],
                ),
                feature(None, name="乙", capacity=None, open=False),
                feature({"type": "Point", "coordinates": []}, name="丙"),
            ]
        ),
        "utf-8",
    )
    raw = read_table(path)
    assert raw.format == "geojson"
    assert raw.row_numbers.tolist() == [1, 2, 3]
    first = raw.frame.iloc[0]
    assert first["name"] == HOSTILE_NAME
    assert (first["capacity"], first["area"], first["share"]) == ("8", "30", "0.5")
    assert (first["open"], first["since"], first["code"]) == ("是", "2021/03/05", "007")
    assert json.loads(first["services"]) == ["水", "电"]
    assert shapely.get_coordinates(raw.geometry[:1], include_z=True).tolist()[0][:2] == [
        113.5,
        34.8,
    ]
    assert not shapely.has_z(raw.geometry[0])
    assert raw.geometry[1] is None
    assert raw.geometry[2] is None


def test_geojson_states_its_system_only_by_a_crs_member(tmp_path):
    features = [feature({"type": "Point", "coordinates": [1, 2]}, name="a", crs={"x": 1})]
    silent, stated = tmp_path / "a.geojson", tmp_path / "b.geojson"
    silent.write_text(collection(features))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    stated.write_text(collection(features, crs=crs))
    assert read_table(silent).declared_crs_of_file is None
    assert read_table(stated).declared_crs_of_file == "EPSG:4490"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_geojson_in_another_encoding_is_read(tmp_path, encoding):
    path = tmp_path / "f.geojson"
    features = [feature({"type": "Point", "coordinates": [1, 2]}, 名称="云杉驿站服务中心")]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    assert read_table(path).frame["名称"].tolist() == ["云杉驿站服务中心"]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{"type": "FeatureCollection", "features": [',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Topology", "objects": {}, "arcs": []}',
    ],
)
def test_what_is_no_complete_geojson_is_refused(tmp_path, text):
    path = tmp_path / "f.geojson"
    path.write_text(text)
    with pytest.raises(InvalidFile) as refused:
        read_table(path)
    assert refused.value.remedy
    assert "vsimem" not in str(refused.value)
    assert "Warning" not in str(refused.value)


def test_a_broken_ring_rejects_its_feature_and_no_other(tmp_path):
    path = tmp_path / "f.geojson"
    bad = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    good = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    path.write_text(collection([feature(bad, name="a"), feature(good, name="b")]))
    raw = read_table(path)
    assert len(raw) == 2
    assert raw.problems.rejected_mask.tolist() == [True, False]
    assert raw.geometry[1].area == 0.5


def test_a_geopackage_is_read(tmp_path):
    path = tmp_path / "f.gpkg"
    frame().to_file(path, driver="GPKG", layer="驿站")
    raw = read_table(path)
    assert (raw.format, raw.declared_crs_of_file) == ("gpkg", "EPSG:4326")
    assert raw.frame["名称"].tolist() == NAMES
    assert raw.frame["面积"].tolist()[:2] == ["30", "12.5"]
    assert raw.frame["面积"].isna().tolist() == [False, False, True]
    assert shapely.get_coordinates(raw.geometry).tolist() == [list(point) for point in POINTS]
    assert raw.geometry_in_file is None


def test_of_several_layers_none_is_guessed(tmp_path):
    path = tmp_path / "f.gpkg"
    frame().to_file(path, driver="GPKG", layer="东区")
    frame().to_file(path, driver="GPKG", layer="西区")
    with pytest.raises(InvalidFile, match="several layers") as refused:
        read_table(path)
    assert "东区" in str(refused.value)
    assert len(read_table(path, layer="西区")) == 3
    with pytest.raises(InvalidFile, match="南区"):
        read_table(path, layer="南区")


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:3857", "EPSG:4214"])
def test_a_projected_file_comes_in_degrees_and_keeps_what_it_had(tmp_path, crs):
    path = tmp_path / "f.gpkg"
    projected = frame("EPSG:4490").to_crs(crs)
    projected.to_file(path, driver="GPKG")
    raw = read_table(path)
    assert raw.declared_crs_of_file == crs
    oracle = projected.to_crs("EPSG:4326").geometry
    metres = pyproj.Geod(ellps="WGS84").inv(
        shapely.get_x(raw.geometry),
        shapely.get_y(raw.geometry),
        oracle.x.to_numpy(),
        oracle.y.to_numpy(),
    )[2]
    assert np.max(metres) < 0.001
    np.testing.assert_allclose(
        shapely.get_coordinates(raw.geometry_in_file), projected.get_coordinates().to_numpy()
    )
    assert any(crs in note for note in raw.notes)


def test_cgcs2000_counts_as_the_stored_system(tmp_path):
    path = tmp_path / "f.gpkg"
    frame("EPSG:4490").to_file(path, driver="GPKG")
    raw = read_table(path)
    assert raw.declared_crs_of_file == "EPSG:4490"
    assert raw.geometry_in_file is None


@pytest.fixture
def shapefile(tmp_path):
    def make(encoding, cpg):
        folder = tmp_path / f"{encoding}-{cpg}"
        folder.mkdir()
        path = folder / "站点.shp"
        frame("EPSG:4490").rename(columns={"容纳人数": "容纳"}).to_file(path, encoding=encoding)
        side = path.with_suffix(".cpg")
        side.unlink(missing_ok=True)
        if cpg is not None:
            side.write_text(cpg)
        return path

    return make


@pytest.mark.parametrize(
    ("encoding", "cpg"),
    [
        ("GBK", "GBK"),
        ("GBK", None),
        ("GBK", "936"),
        ("UTF-8", "UTF-8"),
        ("UTF-8", None),
        ("GBK", "UTF-8"),
        ("UTF-8", "GBK"),
    ],
)
def test_the_attributes_of_a_shapefile_are_read_whatever_the_cpg_says(shapefile, encoding, cpg):
    raw = read_table(shapefile(encoding, cpg))
    assert raw.format == "shp"
    assert raw.frame["名称"].tolist() == NAMES
    assert raw.frame["容纳"].tolist() == ["8", "12", "20"]
    assert raw.declared_crs_of_file == "EPSG:4490"
    assert raw.geometry[2].coords[0] == POINTS[2]


@pytest.mark.parametrize("missing", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_is_refused_by_name(shapefile, missing):
    path = shapefile("GBK", None)
    path.with_suffix(missing).unlink()
    with pytest.raises(InvalidFile, match=missing):
        read_table(path)


def test_a_shapefile_without_prj_states_no_system(shapefile):
    path = shapefile("GBK", None)
    path.with_suffix(".prj").unlink()
    raw = read_table(path)
    assert raw.declared_crs_of_file is None
    assert any(".prj" in note for note in raw.notes)


def test_a_zipped_shapefile_is_read_from_any_folder_in_it(shapefile, tmp_path):
    path = shapefile("GBK", None)
    archive = tmp_path / "站点.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for part in path.parent.iterdir():
            target.write(part, f"数据/{part.name.upper() if part.suffix == '.prj' else part.name}")
    raw = read_table(archive)
    assert raw.frame["名称"].tolist() == NAMES


def test_a_zip_with_two_shapefiles_is_refused(shapefile, tmp_path):
    path = shapefile("GBK", None)
    archive = tmp_path / "f.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for part in path.parent.iterdir():
            target.write(part, f"a{part.suffix}")
            target.write(part, f"b{part.suffix}")
    with pytest.raises(InvalidFile, match="holds 2"):
        read_table(archive)


def test_a_damaged_geopackage_is_refused(tmp_path):
    path = tmp_path / "f.gpkg"
    frame().to_file(path, driver="GPKG")
    content = path.read_bytes()
    path.write_bytes(content[:5000])
    with pytest.raises(InvalidFile):
        read_table(path)


def test_the_real_warm_spaces_agree_with_the_json_they_are(shared_data):
    path = shared_data / "stations" / "uk_warm_spaces_west.geojson"
    raw = read_table(path)
    oracle = json.loads(path.read_text("utf-8"))["features"]
    assert len(raw) == len(oracle) == 4766
    for name in ("name", "address", "hours_text", "opening_hours"):
        read = raw.frame[name].astype(object).where(raw.frame[name].notna(), None).tolist()
        assert read == [item["properties"][name] or None for item in oracle]
    assert shapely.get_coordinates(raw.geometry).tolist() == [
        item["geometry"]["coordinates"] for item in oracle
    ]


def test_the_real_boundaries_of_beijing_are_all_there(shared_data, tmp_path):
    path = shared_data / "boundaries" / "beijing_subdistricts_111_wgs84.geojson"
    copy = tmp_path / "boundaries.json"
    shutil.copy(path, copy)
    raw = read_table(copy)
    assert len(raw) == 111
    assert raw.declared_crs_of_file == "EPSG:4326"
    assert int((~shapely.is_valid(raw.geometry)).sum()) == 6
