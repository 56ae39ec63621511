"""Employer units, unions, stations, hosts and demand of the demo city look like real lists."""

import json
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
import shapely
from sample_reading import by_kind, metres
from stdnum.cn import uscc

from geo.sample import LABEL, SIZES, City


def test_credit_codes_have_the_right_check_character(enterprises):
    own = enterprises["单位统一社会信用代码"]
    unions = enterprises["工会统一社会信用代码"].dropna()
    assert own.map(uscc.is_valid).all()
    assert unions.map(uscc.is_valid).all()
    assert own.is_unique
    assert unions.str.startswith("81").all()
    assert not set(own) & set(unions)


def test_planted_places_are_in_the_register_and_without_a_union(truth, enterprises):
    state = enterprises.set_index("单位统一社会信用代码")["建会状态"]
    assert {cluster["kind"] for cluster in truth["clusters"]} == {
        "whole_unit", "part_of_unit", "street_strip",
    }  # fmt: skip
    planted = [code for cluster in truth["clusters"] for code in cluster["enterprises"]]
    assert len(planted) == len(set(planted))
    assert (state[planted] == "未建会").all()
    for cluster in truth["clusters"]:
        assert len(cluster["enterprises"]) == cluster["units_without_union"]
        assert cluster["units_without_union"] >= 10
        assert cluster["units_without_union"] >= 0.75 * cluster["units"]


def test_a_planted_whole_unit_holds_hardly_anyone_with_a_union(truth, enterprises, areas):
    shapes = {area["code"]: area["shape"] for area in areas}
    located = enterprises.dropna(subset=["经度", "纬度"])
    points = shapely.points(located["经度"], located["纬度"])
    whole = [cluster for cluster in truth["clusters"] if cluster["kind"] == "whole_unit"]
    assert len(whole) == SIZES["small"].planted_units
    for cluster in whole:
        inside = located[shapely.covers(shapes[cluster["unit_code"]], points)]
        assert (inside["建会状态"] == "未建会").mean() >= 0.8
        # Those without coordinates are missing from the map, hardly any other.
        known = set(inside["单位统一社会信用代码"])
        assert len(known & set(cluster["enterprises"])) >= 0.9 * len(cluster["enterprises"])


def test_mass_registrations_share_one_address_and_hardly_employ_anyone(truth, enterprises):
    rows = enterprises.set_index("单位统一社会信用代码")
    assert len(truth["shells"]) == SIZES["small"].shell_addresses
    for shell in truth["shells"]:
        there = rows.loc[shell["enterprises"]]
        assert len(there) >= 50
        assert there[["经度", "纬度", "单位地址"]].drop_duplicates().shape[0] == 1
        assert there["职工人数"].median() <= 2
        assert (there["建会状态"] == "未建会").all()


def test_most_units_are_small_and_larger_ones_have_unions_more_often(enterprises, truth):
    shells = {code for shell in truth["shells"] for code in shell["enterprises"]}
    rows = enterprises[~enterprises["单位统一社会信用代码"].isin(shells)]
    size = rows["职工人数"]
    assert (size < 10).mean() > 0.5
    assert (size >= 100).sum() > 10
    own = (rows["建会状态"] == "已建会") & (rows["基层工会类型"] == "独立")
    shares = [own[(size >= low) & (size < high)].mean()
              for low, high in ((1, 10), (10, 50), (50, 10**6))]  # fmt: skip
    assert shares == sorted(shares)
    assert shares[2] > 3 * shares[0]
    assert 0.5 <= (enterprises["建会状态"] == "未建会").mean() <= 0.85


def test_a_joint_union_covers_many_units_under_one_name_and_code(enterprises):
    joint = enterprises[enterprises["基层工会类型"] == "联合"].groupby("工会名称")
    assert joint.size().max() >= 5
    for column in ("工会统一社会信用代码", "建会日期"):
        assert joint[column].agg(lambda values: len(set(values.dropna()))).max() == 1


def test_registers_lack_some_values_as_real_ones_do(enterprises):
    for column in ("职工人数", "会员人数"):
        assert 0.005 < enterprises[column].isna().mean() < 0.10
    unionised = enterprises["建会状态"] == "已建会"
    assert enterprises.loc[unionised, "工会名称"].notna().all()
    assert enterprises.loc[~unionised, "工会名称"].isna().all()
    both = enterprises[["职工人数", "会员人数"]].dropna()
    assert (both["会员人数"] <= both["职工人数"]).mean() > 0.95
    assert set(enterprises["建会状态"].dropna()) == {"已建会", "未建会", "筹建中"}
    assert enterprises["建会状态"].isna().any()
    for written in enterprises["建会日期"].dropna():
        assert datetime.strptime(written, "%Y/%m/%d").date() <= City.as_of
    workers = enterprises[["新就业形态劳动者人数", "新就业形态会员人数"]].dropna()
    assert workers.iloc[:, 0].sum() > 0
    assert (workers.iloc[:, 1] <= workers.iloc[:, 0]).all()


@pytest.mark.parametrize("table", ["stations", "enterprises"])
def test_a_row_without_coordinates_may_name_a_known_place(table, areas, request):
    rows = request.getfixturevalue(table)
    address = "地址" if table == "stations" else "单位地址"
    known = [area["name"].removesuffix(LABEL) for area in areas
             if area["kind"] in ("office_building", "industrial_park", "commercial_district",
                                 "marketplace") and area["shape"]]  # fmt: skip
    lost = rows[rows["经度"].isna()]
    assert (lost["纬度"].isna()).all()
    assert 0 < len(lost) < 0.1 * len(rows)
    assert lost[address].map(lambda text: any(name in text for name in known)).any()


def test_each_row_stands_in_the_subdistrict_its_address_names(enterprises, areas):
    located = enterprises.dropna(subset=["经度"])
    shapes = {area["name"].removesuffix(LABEL): area["shape"]
              for area in by_kind(areas, "subdistrict")}  # fmt: skip
    points = shapely.points(located["经度"], located["纬度"])
    inside = [
        shapely.intersects(shapes[division[division.index("区") + 1 :]], point)
        for division, point in zip(located["单位所在政区"], points, strict=True)
    ]
    assert all(inside)


def test_stations_are_mostly_warm_stations_and_of_every_kind_in_a_whole_city(default_city):
    stations = pd.read_csv(default_city.stations, encoding="utf-8-sig")
    share = stations["类型"].value_counts(normalize=True)
    assert set(share.index) == {"暖心驿站", "工会服务站", "职工之家", "母婴关爱室", "爱心托管班",
                                "司机之家"}  # fmt: skip
    assert share["暖心驿站"] > 0.5
    hours = stations["开放时间"]
    assert 0 < hours.isna().mean() < 0.1
    assert {"24小时", "周一至周五 08:30-12:00,13:00-17:30", "工作日开放", "以现场公告为准"} <= set(
        hours
    )
    assert set(stations["开放对象"].dropna()) == {"所有户外劳动者", "工会会员", "内部职工"}
    assert stations["编号"].is_unique
    assert stations["服务设施"].str.split("、").map(len).mean() > 5


def test_a_place_in_two_lists_is_known_as_a_duplicate(default_city):
    stations = pd.read_csv(default_city.stations, encoding="utf-8-sig").set_index("编号")
    pairs = json.loads(default_city.truth.read_text(encoding="utf-8"))["station_duplicates"]
    assert len(pairs) == SIZES["city"].stations // 25
    one, other = (stations.loc[list(side)] for side in zip(*pairs, strict=True))
    assert (one["品牌"].to_numpy() != other["品牌"].to_numpy()).all()
    gap = metres(one[["经度", "纬度"]].to_numpy() - other[["经度", "纬度"]].to_numpy())
    assert np.nanmax(np.hypot(*gap.T)) < 100


def test_demand_peaks_when_each_group_is_out(default_city):
    demand = pd.read_csv(default_city.demand)
    hours = [f"h{hour}" for hour in range(24)]
    curve = demand.groupby("人群")[hours].sum()
    peak = curve.to_numpy().argmax(axis=1)
    peaks = dict(zip(curve.index, peak.tolist(), strict=True))
    assert set(peaks) == {"快递员", "外卖骑手", "环卫工人", "司机", "户外劳动者"}
    assert peaks["外卖骑手"] in (11, 12, 18)
    assert peaks["环卫工人"] in (4, 5, 6)
    assert curve.loc["外卖骑手", "h12"] > 2 * curve.loc["外卖骑手", "h15"]
    riders = demand[demand["人群"] == "外卖骑手"]
    assert set(riders["日类型"]) == {"工作日", "周末"}
    assert (demand[hours].to_numpy() >= 0).all()


def test_hosts_have_costs_and_kinds(default_city):
    hosts = pd.read_csv(default_city.candidate_sites)
    assert hosts["编号"].is_unique
    assert {"便利店", "银行网点", "快递网点", "党群服务中心"} <= set(hosts["类型"])
    assert hosts["建设成本"].between(500, 200_000).all()
    assert set(hosts["是否同意"].dropna()) == {"是", "否"}
