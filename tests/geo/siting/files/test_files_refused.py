"""A clear sentence for whatever files of siting, and what is asked of them, can have wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from siting_files import asked

from geo.errors import Invalid, InvalidFile
from geo.siting.control import Control
from geo.siting.files.load import load
from geo.siting.files.plan import solve
from geo.siting.problem import FORBIDDEN, FORCED

CANDIDATES = "id,x,y,cost\np,0,0,5\nq,9,9,7\n"
DEMAND = "id,x,y,weight\na,0,0,2\nb,9,9,3\n"
DISTRICTS = "id,x,y,weight,district\na,0,0,2,东\nb,9,9,3,西\n"


@pytest.mark.parametrize(
    ("demand", "candidates", "more", "says"),
    [
        (DEMAND, "id,x,y,cost\n", {}, "只有表头"),
        (DEMAND, "", {}, "文件是空的"),
        ("id,x,y,weight\na,0,0,-2\nb,9,9,3\n", CANDIDATES, {}, r"第 2 \(id a\) 行: -2"),
        ("id,x,y,weight\na,0,0,NaN\nb,9,9,3\n", CANDIDATES, {}, r"row 2 \(id a\)"),
        ("id,x,y,weight\na,0,0,inf\nb,9,9,3\n", CANDIDATES, {}, r"row 2 \(id a\)"),
        ("id,x,y,weight\na,0,0,许多\n", CANDIDATES, {}, "不是数：许多"),
        ("id,x,y,weight\na,,0,1\n", CANDIDATES, {}, "横坐标"),
        ("id,x,y,weight\na,0,0,1\na,1,1,1\n", CANDIDATES, {}, "1 个编号重复：a"),
        (DEMAND, "id,x,y\np,0,0\np,1,1\nq,1,1\n", {}, "重复：p"),
        (DEMAND, "id,x,y\n,0,0\nq,1,1\n", {}, "第 2 行没有编号"),
        ("id,weight\na,1\n", CANDIDATES, {}, "缺少列：横坐标、纵坐标"),
        (DEMAND, "id,x,y,cost\np,0,0,-5\n", {}, "成本有 1 行"),
        (DEMAND, CANDIDATES, {"force": ("p",), "forbid": ("p",)}, "既必选又禁选"),
        (DEMAND, CANDIDATES, {"force": ("p", "q"), "sites": 1}, "必选 2 个候选点，但只设 1 个站"),
        (DEMAND, CANDIDATES, {"force": ("z",)}, "没有候选点 z"),
        (DEMAND, CANDIDATES, {"sites": None}, "--sites 或 --budget"),
        (DEMAND, CANDIDATES, {"radius": None}, "--radius"),
        (DEMAND, CANDIDATES, {"radius": -3.0}, "服务半径不能是"),
        (DEMAND, CANDIDATES, {"share": 0.5}, "不用 --share"),
        (DEMAND, CANDIDATES, {"model": "p-centre", "backup": 0.5}, "不用 --backup"),
        (DEMAND, CANDIDATES, {"model": "p-median", "then_walk": True}, "不用 --then-walk"),
        (DEMAND, CANDIDATES, {"unserved": 900.0}, "max-cover does not take --unserved"),
        (DEMAND, CANDIDATES, {"capacity": 3.0, "backup": 0.5}, "--capacity 与 --backup 不能同时"),
        (DEMAND, CANDIDATES, {"area_share": 1.5}, "比例不能是 1.5"),
        (DEMAND, CANDIDATES, {"area_share": 0.5}, "没有“街道”列"),
        (DEMAND, CANDIDATES, {"per_area": (("马坡镇", 0.5),)}, "没有街道“马坡镇”"),
        (DISTRICTS, CANDIDATES, {"per_area": (("马坡镇", 0.5),)}, "没有街道“马坡镇”"),
        (DISTRICTS, CANDIDATES, {"per_area": (("东", 1.5),)}, "街道“东”的比例不能是 1.5"),
        (DISTRICTS, CANDIDATES, {"per_area": (("东", 1),)}, r"C\.csv 没有“街道”列"),
        (DISTRICTS, CANDIDATES, {"area_sites": 1}, "--area-sites"),
        (DEMAND, CANDIDATES, {"per_chain": 1}, "no column chain"),
        (DEMAND, CANDIDATES, {"open_24h": 1}, "no column open_24h"),
        (DEMAND, CANDIDATES, {"capacity": float("nan")}, "容量不能是 nan"),
        (DEMAND, CANDIDATES, {"capacity": -3.0}, "容量不能是 -3"),
        (DEMAND, CANDIDATES, {"radius": float("inf")}, "服务半径不能是 inf"),
        (DEMAND, CANDIDATES, {"spacing": -5.0}, "间距不能是 -5"),
        (DEMAND, CANDIDATES, {"spacing": float("nan")}, "间距不能是 nan"),
        (DEMAND, CANDIDATES, {"steps": ((5.0, 1.0), (float("inf"), 0.5))}, "分级的距离不能是 inf"),
        ("id,x,y,weight\na,0,0,1e308\nb,9,9,1e308\n", CANDIDATES, {}, "权重之和太大"),
        ("id,x,y,h7\na,0,0,-1\n", CANDIDATES, {"hours": "7"}, r"h7有 1 行.*第 2 \(id a\) 行"),
        (DEMAND, "id,x,y,cost\np,0,0,inf\n", {}, r"第 2 \(id p\) 行: inf"),
        ("id,lon,lat\na,39.9,116.4\n", "id,lon,lat\np,39.9,116.4\n", {}, "seem to be swapped"),
        ("id,lon,lat\na,200,40\n", "id,lon,lat\np,1,2\n", {}, "is no longitude"),
        ("id,lon\na,116.4\n", "id,lon,lat\np,116.4,39.9\n", {}, "缺少列：纬度"),
        ("id,x,y\na,0,0\n", "id,lon,lat\np,116.4,39.9\n", {}, "经纬度，另一个用平面坐标"),
        ("id,lon,lat\na,116.4,39.9\n", "id,x,y\np,116.6,40\n", {}, "经纬度，另一个用平面坐标"),
        (DEMAND, CANDIDATES, {"with_capacities": True}, "缺少列：容量"),
        (DEMAND, CANDIDATES, {"metric": "file"}, "--distances"),
        (DEMAND, CANDIDATES, {"metric": "walk"}, "需要路网"),
        (DEMAND, CANDIDATES, {"metric": "taxi"}, "没有距离 taxi"),
        (DEMAND, CANDIDATES, {"model": "gravity"}, "没有模型 gravity"),
        (DEMAND, CANDIDATES, {"model": "p-median", "sites": None}, "--sites"),
        (DEMAND, "id,x,y,fixed\np,0,0,perhaps\n", {}, "不是 free"),
    ],
)
def test_bad_input_gets_a_sentence_in_two_languages(
    tmp_path: Path, demand: str, candidates: str, more: dict, says: str
) -> None:
    (tmp_path / "D.csv").write_text(demand)
    (tmp_path / "C.csv").write_text(candidates)
    with pytest.raises(Invalid, match=says) as told:
        load(asked(tmp_path, **more))
    detail = told.value.detail
    assert told.value.remedy
    assert any("\u4e00" <= c <= "\u9fff" for c in detail)
    assert any(word.isascii() and word.isalpha() for word in detail.split())


@pytest.mark.parametrize(
    ("more", "note", "chosen"),
    [
        ({"sites": 7}, "7 sites are asked for; there are 2 candidates", 2),
        ({"sites": None, "budget": 4.0}, "below the cheapest candidate", 0),
    ],
)
def test_what_is_odd_but_no_mistake_works_and_is_remarked(tmp_path, more, note, chosen) -> None:
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,2\nb,9,9,0\n")
    (tmp_path / "C.csv").write_text(CANDIDATES)
    problem = load(asked(tmp_path, **more))
    answer = solve(problem, Control())
    assert any(note in one for one in problem.notes)
    assert (answer.status, len(answer.sites)) == ("optimal", chosen)


@pytest.mark.parametrize(
    ("demand", "more", "note"),
    [
        ("id,x,y,weight,人数\na,0,0,2,9\n", {}, "could be the weight: weight, 人数; weight was"),
        ("某市\n,,\nid,x,y,weight,weight\na,0,0,2,9\n", {}, "weight was taken"),
        (DEMAND, {"force": ("q",)}, r"C.csv says otherwise of q: --force counts"),
        (DEMAND, {"forbid": ("p",)}, r"C.csv says otherwise of p: --forbid counts"),
    ],
)
def test_what_files_say_twice_is_told(tmp_path: Path, demand: str, more: dict, note: str) -> None:
    (tmp_path / "D.csv").write_text(demand)
    (tmp_path / "C.csv").write_text("id,x,y,fixed\np,0,0,forced\nq,9,9,forbidden\n")
    problem = load(asked(tmp_path, **more))
    assert any(note in one for one in problem.notes)
    assert problem.demand.weight[0] == 2
    state = dict(zip("pq", problem.sites.fixed.tolist(), strict=True))
    wanted = {"force": FORCED, "forbid": FORBIDDEN}
    assert all(state[name] == wanted[how] for how, (name,) in more.items())


def test_two_files_that_share_an_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text(DEMAND)
    (tmp_path / "C.csv").write_text(CANDIDATES)
    (tmp_path / "E.csv").write_text("id,x,y\nq,1,1\n")
    with pytest.raises(InvalidFile, match="share ids: q"):
        load(asked(tmp_path, existing=tmp_path / "E.csv"))


def test_lines_that_end_with_a_carriage_return_alone_are_lines(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_bytes(b"id,x,y,weight\ra,0,0,5\rb,9,0,3\r")
    (tmp_path / "C.csv").write_text(CANDIDATES)
    problem = load(asked(tmp_path))
    assert problem.demand.weight.tolist() == [5, 3]
    assert problem.demand.x.tolist() == [0, 9]


@pytest.mark.parametrize("body", [b"", b"id,x,y\n", b"\x00\x01\x02\xff" * 50])
@pytest.mark.parametrize("name", ["D.csv", "C.csv"])
def test_which_of_the_files_is_none_is_told(tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / "D.csv").write_text(DEMAND)
    (tmp_path / "C.csv").write_text(CANDIDATES)
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InvalidFile) as told:
        load(asked(tmp_path))
    assert name in told.value.detail
    assert told.value.remedy


def test_a_kind_of_day_that_is_none_counts_on_no_day_unasked(tmp_path: Path) -> None:
    (tmp_path / "C.csv").write_text(CANDIDATES)
    rows = "id,x,y,weight,day\na,0,0,5,{}\nb,9,0,3,工作日\nc,9,9,2,\nd,9,8,1,weekend\n"
    (tmp_path / "D.csv").write_text(rows.format("holiday"))
    with pytest.raises(InvalidFile, match=r"row 2 \(id a\)") as told:
        load(asked(tmp_path, day="workday"))
    assert told.value.field == "day"
    (tmp_path / "D.csv").write_text(rows.format("周末"))
    assert load(asked(tmp_path, day="workday")).demand.weight.tolist() == [3, 2]
    assert load(asked(tmp_path, day="weekend")).demand.weight.tolist() == [5, 2, 1]
