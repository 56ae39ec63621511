"""The demo city: invented, the same every time, with the columns that were promised."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sample_reading import by_kind, part_sizes, read_extract

from geo.errors import Invalid
from geo.sample import LABEL, SIZES, write_city
from geo.schema.areas import AREA_KINDS

HEADERS = {
    "stations.csv": "编号,名称,类型,地址,区县,经度,纬度,服务设施,开放时间,开放对象,进入方式,"
    "管理单位,依托单位,品牌,联系电话,容纳人数,面积,星级,核实日期",
    "enterprises.csv": "序号,单位名称,单位统一社会信用代码,单位地址,单位所在政区,单位性质类别,"
    "经济类型,单位所属行业,职工人数,工会名称,工会统一社会信用代码,上级工会名称,建会日期,基层工会类型,"
    "会员人数,新就业形态劳动者人数,新就业形态会员人数,建会状态,登记状态,经度,纬度",
    "candidate_sites.csv": "编号,名称,类型,连锁品牌,地址,经度,纬度,建设成本,"
    "容纳人数,面积,营业时间,是否同意,是否有水,厕所,现场评估",
    "demand.csv": "编号,经度,纬度,人群,日类型," + ",".join(f"h{hour}" for hour in range(24)),
}
ATTACK = "</script><img src=x onerror=alert(1)>"


def test_the_same_seed_writes_the_same_city(city, tmp_path):
    again = write_city(tmp_path / "again", "small")
    for path in sorted(city.directory.iterdir()):
        if path.suffix == ".pbf":
            assert read_extract(path) == read_extract(again.directory / path.name)
        else:
            assert path.read_bytes() == (again.directory / path.name).read_bytes(), path.name
    assert again.counts == city.counts


def test_another_seed_writes_another_city(city, tmp_path):
    other = write_city(tmp_path / "other", "small", seed=7)
    for name in [*HEADERS, "areas.geojson", "streets.osm.pbf", "truth.json"]:
        assert (city.directory / name).read_bytes() != (other.directory / name).read_bytes(), name


def test_random_numbers_drawn_elsewhere_change_nothing(city, tmp_path):
    np.random.seed(1)  # noqa: NPY002 -- the global state is what must not matter
    np.random.random(10)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    again = write_city(tmp_path / "again", "small")
    assert again.enterprises.read_bytes() == city.enterprises.read_bytes()
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize("name", HEADERS)
def test_every_file_has_the_promised_columns(city, name):
    first = (city.directory / name).read_text(encoding="utf-8-sig").split("\n", 1)[0]
    assert first == HEADERS[name]
    with (city.directory / name).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert {len(row) for row in rows} == {HEADERS[name].count(",") + 1}
    assert len(rows) - 1 == city.counts[name.removesuffix(".csv")]


def test_only_the_stations_begin_with_a_byte_order_mark(city):
    marked = {path.name for path in city.directory.glob("*.csv")
              if path.read_bytes().startswith(b"\xef\xbb\xbf")}  # fmt: skip
    assert marked == {"stations.csv"}


def test_a_city_has_as_many_rows_as_its_shape_says(city, areas):
    shape = SIZES["small"]
    assert city.counts["enterprises"] == shape.enterprises
    assert city.counts["stations"] == shape.stations
    assert city.counts["candidate_sites"] == shape.candidate_sites
    assert city.counts["demand"] == shape.demand
    for kind, count in (
        ("district", shape.districts),
        ("subdistrict", shape.subdistricts),
        ("community", shape.communities),
        ("industrial_park", shape.parks),
        ("commercial_district", shape.commercial_districts),
        ("marketplace", shape.marketplaces),
        ("office_building", shape.office_buildings),
    ):
        assert len(by_kind(areas, kind)) == count, kind


def test_every_row_says_that_it_is_demo_data(city, areas, stations, enterprises, extract):
    assert all(area["name"].endswith(LABEL) for area in areas)
    assert stations["名称"].str.endswith(LABEL).all()
    assert enterprises["单位名称"].str.endswith(LABEL).all()
    assert enterprises["工会名称"].dropna().str.endswith(LABEL).all()
    assert pd.read_csv(city.candidate_sites)["名称"].str.endswith(LABEL).all()
    assert pd.read_csv(city.demand)["编号"].str.startswith("演示数据-").all()
    named = [tags["name"] for _, tags, _ in extract["ways"] if "name" in tags]
    assert named
    assert all(name.endswith(LABEL) for name in named)
    assert all(tags["source"] == "演示数据" for _, tags, _ in extract["ways"])
    assert "演示数据" in (city.directory / "README.txt").read_text(encoding="utf-8")


def test_the_city_lies_in_the_desert_and_its_codes_belong_to_nobody(
    areas, stations, enterprises, extract
):
    points = np.array(list(extract["nodes"].values()))
    assert np.abs(points - (101.0, 40.2)).max() < 0.1
    assert np.nanmax(np.abs(stations[["经度", "纬度"]].to_numpy() - (101.0, 40.2))) < 0.1
    codes = [area["code"] for area in areas if area["kind"] in AREA_KINDS[:5]]
    assert all(code.startswith("9901") for code in codes)
    assert enterprises["单位统一社会信用代码"].str[2:4].eq("99").all()


def test_a_hostile_name_is_in_both_lists(stations, enterprises):
    assert stations["名称"].str.startswith(ATTACK).sum() == 1
    assert enterprises["单位名称"].str.startswith(ATTACK).sum() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cells": 8}, "cells"),
        ({"parks": 100}, "parks"),
        ({"rivers": 9}, "rivers"),
        ({"subdistricts": 2}, "subdistricts"),
        ({"communities": 10_000}, "communities"),
        ({"office_buildings": 1_000}, "office_buildings"),
        ({"border_points": 6}, "border_points"),
        ({"shell_enterprises": 1_400}, "shell_enterprises"),
    ],
)
def test_an_impossible_city_is_refused_and_the_number_to_change_is_named(change, field):
    with pytest.raises(Invalid) as refusal:
        replace(SIZES["small"], **change)
    assert refusal.value.field == field
    assert refusal.value.remedy


def test_an_unknown_size_is_refused(tmp_path):
    with pytest.raises(Invalid, match="village"):
        write_city(tmp_path, "village")


def test_a_city_without_river_railway_or_shells_can_be_written(tmp_path):
    shape = replace(
        SIZES["small"], rivers=0, expressways=0, railways=0, shell_addresses=0, shell_enterprises=0,
        parks=0, commercial_districts=0, marketplaces=0, office_buildings=0, planted_units=0,
        planted_parts=0,
    )  # fmt: skip
    city = write_city(tmp_path, shape)
    assert city.counts["enterprises"] == shape.enterprises
    truth = json.loads(city.truth.read_text(encoding="utf-8"))
    assert truth["shells"] == []
    assert part_sizes(read_extract(city.streets))[0] > 1_000
