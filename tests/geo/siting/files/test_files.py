"""Siting on plain files: the same answer as from arrays, and a plan that can be checked."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE_NAME
from osm_files import write_osm
from pyproj import Geod
from scipy.spatial.distance import cdist
from siting_files import RADIUS, asked
from siting_oracle import a_town, worth_of

from geo.errors import InvalidFile
from geo.siting.control import Control
from geo.siting.files import tables
from geo.siting.files.asked import Question
from geo.siting.files.checking import check_plan
from geo.siting.files.load import load
from geo.siting.files.plan import plan_of, question_of, read, solve, why_not, write
from geo.siting.files.reaching import STREAMED_POINTS
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED
from geo.siting.reach import Discs


@pytest.fixture
def town(tmp_path: Path):
    """Two hundred people, twenty hosts, three stations; ids as people write them."""
    here, there, weight, rng = a_town(7, 200, 23, clustered=True)
    here, there = here * 1000, there * 1000
    district = np.where(here[:, 0] > 500, "空港街道", HOSTILE_NAME)
    pd.DataFrame(
        {"id": [f"D{k}" for k in range(200)], "x": here[:, 0], "y": here[:, 1], "weight": weight,
         "district": district}
    ).to_csv(tmp_path / "D.csv", index=False)  # fmt: skip
    hosts = pd.DataFrame(
        {
            "编号": [f"C{k}" for k in range(20)],
            "x": there[:20, 0],
            "y": there[:20, 1],
            "建设成本（元）": rng.integers(1, 9, 20),
            "连锁品牌": rng.choice(["邻里荷", "", "=云杉"], 20),
            "24小时": rng.choice(["是", "否", ""], 20),
            "街道": np.where(there[:20, 0] > 500, "空港街道", HOSTILE_NAME),
        }
    )
    hosts.to_csv(tmp_path / "C.csv", index=False, encoding="gb18030")
    pd.DataFrame({"id": ["S1", "S2", "S3"], "x": there[20:, 0], "y": there[20:, 1]}).to_csv(
        tmp_path / "E.csv", index=False
    )
    return tmp_path, here, there, weight, hosts


def test_the_files_are_the_problem_they_look_like(town) -> None:
    folder, here, there, weight, hosts = town
    problem = load(asked(folder, existing=folder / "E.csv", force=("C4",), forbid=("C5", "C6")))
    assert problem.demand.weight.tolist() == weight.tolist()
    assert problem.sites.cost[:20].tolist() == hosts["建设成本（元）"].tolist()
    fixed = problem.sites.fixed.tolist()
    assert fixed[4:7] == [FORCED, FORBIDDEN, FORBIDDEN]
    assert fixed[20:] == [EXISTING] * 3
    assert sorted(problem.districts) == sorted([HOSTILE_NAME, "空港街道"])
    wanted = {(k, j) for j, k in zip(*np.nonzero(cdist(there, here) <= RADIUS), strict=True)}
    who = np.repeat(np.arange(23), np.diff(problem.reach.start))
    assert set(zip(problem.reach.demand.tolist(), who.tolist(), strict=True)) == wanted
    assert [problem.sites.open_24h[k] for k in range(20)] == list(hosts["24小时"] == "是")


def test_a_plan_is_written_read_and_holds(town) -> None:
    folder, *_ = town
    question = asked(folder, existing=folder / "E.csv", area_share=0.2, steps=((90, 1), (160, 0.5)))
    problem = load(question)
    answer = solve(problem, Control())
    write(plan_of(problem, answer, folder=folder, assigned=True), folder / "PLAN.json")
    plan = read(folder / "PLAN.json")
    assert plan["status"] == "optimal"
    assert plan["objective"] == pytest.approx(
        worth_of(answer.sites, problem.demand, problem.sites, problem.reach, problem.rules)
    )
    assert plan["coverage"]["after"] == pytest.approx(plan["objective"])
    assert str(folder) not in json.dumps(plan["question"])
    again = load(question_of(plan, folder))
    checked = check_plan(plan, again)
    assert checked.holds, checked.broken
    assert checked.bound >= plan["objective"] - 1e-9
    # Whoever is assigned stands within reach of an open site, and of the nearest.
    spots = {f"D{k}": k for k in range(200)}
    open_now = [*plan["sites"], "S1", "S2", "S3"]
    names = [*(f"C{k}" for k in range(20)), "S1", "S2", "S3"]
    xy = np.column_stack((problem.sites.x, problem.sites.y))
    far = cdist(
        np.column_stack((problem.demand.x, problem.demand.y)),
        xy[[names.index(one) for one in open_now]],
    )
    told = plan["assignment"]
    for point, site, metres in zip(told["demand"], told["site"], told["distance"], strict=True):
        nearest = far[spots[point]].min()
        assert (site is None) == (nearest > RADIUS)
        if site is not None:
            assert metres == pytest.approx(nearest, abs=1e-3)
            assert far[spots[point], open_now.index(site)] == pytest.approx(nearest)


@pytest.mark.parametrize(
    "more",
    [
        {"model": "set-cover", "sites": None, "share": 0.8},
        {"model": "set-cover", "sites": None},
        {"model": "set-cover", "sites": None, "area_share": 0.6, "share": 0.7},
        {"model": "p-median", "sites": 4, "radius": 900.0},
        {"model": "p-median", "sites": 3, "radius": 100.0, "unserved": 300.0},
        {"model": "p-centre", "sites": 5, "radius": None},
        {"model": "p-centre", "sites": 9, "budget": 30.0, "radius": None},
        {"model": "set-cover", "sites": 9, "share": 0.5, "spacing": 120.0, "spacing_rule": "warn"},
        {"sites": 3, "with_capacities": True},
        {"model": "p-median", "sites": 9, "radius": 900.0, "with_capacities": True},
        {"sites": None, "budget": 9.0, "backup": 0.5},
        {"sites": 5, "spacing": 120.0, "per_chain": 2, "open_24h": 1},
    ],
    ids="-".join,
)
def test_every_model_is_solved_and_its_proof_checked_from_the_files(town, more) -> None:
    folder, *_ = town
    hosts = pd.read_csv(folder / "C.csv", encoding="gb18030")
    hosts["capacity"] = 400
    hosts.to_csv(folder / "C.csv", index=False)
    problem = load(asked(folder, **more))
    answer = solve(problem, Control())
    assert answer.status == "optimal"
    plan = json.loads(json.dumps(plan_of(problem, answer, folder=folder)))
    checked = check_plan(plan, load(question_of(plan, folder)))
    assert checked.holds, (checked, answer.objective)
    assert checked.bound is not None
    # What the prices prove is on the right side of the best, and not far from it.
    sign = 1 if plan["sense"] == "max" else -1
    assert sign * checked.bound >= sign * answer.objective - 1e-6 * answer.objective
    # A few sites cannot be had in parts: the prices of a set cover may stop one short.
    near = 0.25 if more.get("model") == "set-cover" else 0.05
    assert checked.bound == pytest.approx(answer.objective, rel=near)
    assert checked.proved == (checked.bound == pytest.approx(answer.bound, rel=1e-6))


@pytest.mark.parametrize("change", ["sites", "objective", "file", "forced", "bound", "proof"])
def test_a_plan_that_was_tampered_with_does_not_hold(town, change: str) -> None:
    folder, *_ = town
    problem = load(asked(folder, force=("C4",)))
    plan = plan_of(problem, solve(problem, Control()), folder=folder)
    if change == "sites":
        plan["sites"] = [*plan["sites"], "C19" if "C19" not in plan["sites"] else "C18"]
    elif change == "objective":
        plan["objective"] += 1
    elif change == "bound":
        plan["bound"] = plan["objective"] - 1
    elif change == "proof":
        plan["certificate"]["rows"] = [[[0], [1.0], 0.0]]
    elif change == "forced":
        plan["sites"] = [one for one in plan["sites"] if one != "C4"]
        plan["objective"] = None
    else:
        lines = (folder / "D.csv").read_text().splitlines()
        (folder / "D.csv").write_text("\n".join(lines[:-1]) + "\n")
    assert not check_plan(plan, load(question_of(plan, folder))).holds


def test_longitudes_mean_the_ellipsoid_and_gcj02_is_turned(tmp_path: Path) -> None:
    pd.DataFrame({"编号": ["a"], "经度": [113.66], "纬度": [34.75], "人数": [5]}).to_csv(
        tmp_path / "D.csv", index=False
    )
    frame = pd.DataFrame({"id": ["near", "far"], "cost": [1, 2]})
    points = geopandas.points_from_xy([113.665, 113.672], [34.75, 34.75])
    geopandas.GeoDataFrame(frame, geometry=points, crs=4326).to_file(tmp_path / "C.geojson")
    question = Question(
        model="max-cover", sites=1, radius=600,
        demand=tmp_path / "D.csv", candidates=tmp_path / "C.geojson",
    )  # fmt: skip
    problem = load(question)
    assert problem.metric == "geodesic"
    assert problem.reach.demand.tolist() == [0]
    exact = Geod(ellps="WGS84").inv(113.66, 34.75, 113.665, 34.75)[2]
    assert problem.reach.metres[0] == pytest.approx(exact, abs=0.01)
    from dataclasses import replace

    turned = load(replace(question, crs="gcj02"))
    assert abs(turned.demand.x[0] - 113.66) > 0.004


def test_a_candidate_on_an_island_of_the_streets_reaches_nobody(tmp_path: Path) -> None:
    ends = {1: (0, 0), 2: (900, 0), 3: (450, 3000), 4: (470, 3000)}
    write_osm(
        tmp_path / "streets.osm",
        ends,
        [((1, 2), {"highway": "residential"}), ((3, 4), {"highway": "footway"})],
    )
    # The file's origin is where osm_files puts it.
    import osmium

    at = {}
    for node in osmium.FileProcessor(str(tmp_path / "streets.osm"), osmium.osm.NODE):
        at[node.id] = (node.lon, node.lat)
    pd.DataFrame({"lon": [at[1][0]], "lat": [at[1][1]], "weight": [3]}).to_csv(
        tmp_path / "D.csv", index=False
    )
    pd.DataFrame(
        {"id": ["joined", "island"], "lon": [at[2][0], at[4][0]], "lat": [at[2][1], at[4][1]]}
    ).to_csv(tmp_path / "C.csv", index=False)
    problem = load(
        Question(
            model="max-cover",
            sites=2,
            radius=1000,
            streets=tmp_path / "streets.osm",
            demand=tmp_path / "D.csv",
            candidates=tmp_path / "C.csv",
        )
    )
    assert problem.metric == "walk"
    assert np.diff(problem.reach.start).tolist() == [1, 0]
    assert problem.reach.metres[0] == pytest.approx(900, rel=0.01)
    assert any("1 candidates reach no demand" in note for note in problem.notes)
    assert solve(problem, Control()).objective == 3


def test_distances_of_a_file_need_no_positions(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,weight\na,2\nb,3\nc,4\n")
    (tmp_path / "C.csv").write_text("id,cost\np,1\nq,1\n")
    (tmp_path / "F.csv").write_text(
        "demand_id,candidate_id,distance\na,p,10\nb,p,700\nb,q,20\nb,q,15\n"
    )
    question = Question(
        model="max-cover", sites=1, demand=tmp_path / "D.csv", candidates=tmp_path / "C.csv",
        distances=tmp_path / "F.csv",
    )  # fmt: skip
    problem = load(question)
    assert problem.metric == "file"
    answer = solve(problem, Control())
    assert (answer.objective, problem.site_ids[int(answer.sites[0])].as_py()) == (5, "p")
    from dataclasses import replace

    near = load(replace(question, radius=100))
    assert solve(near, Control()).objective == 3
    (tmp_path / "F.csv").write_text("demand_id,candidate_id,distance\nz,p,10\n")
    with pytest.raises(InvalidFile, match="first is z"):
        load(question)
    (tmp_path / "F.csv").write_text("demand_id,candidate_id,distance\na,p,1\n,p,10\n")
    with pytest.raises(InvalidFile, match=r"demand_id in F\.csv is empty in 1 row\(s\): row 3"):
        load(question)
    # Infinitely far is not within reach, also where no radius limits it.
    (tmp_path / "F.csv").write_text("demand_id,candidate_id,distance\na,p,inf\nb,q,15\n")
    assert load(question).reach.demand.tolist() == [1]


def test_hours_of_a_file_of_demand_are_summed(tmp_path: Path) -> None:
    hourly = {f"h{hour}": [hour, 1] for hour in range(24)}
    pd.DataFrame(
        {"编号": ["a", "b"], "x": [0, 9], "y": [0, 9], "日类型": ["工作日", "周末"]} | hourly
    ).to_csv(tmp_path / "D.csv", index=False)
    (tmp_path / "C.csv").write_text("id,x,y\np,0,0\n")
    problem = load(asked(tmp_path, hours="7-9,12", day="workday", sites=1))
    assert problem.demand.weight.tolist() == [7 + 8 + 9 + 12]
    assert len(load(asked(tmp_path, sites=1)).demand) == 2
    with pytest.raises(InvalidFile, match="no demand of the kind of day weekend"):
        pd.DataFrame({"x": [0], "y": [0], "day": ["workday"]}).to_csv(
            tmp_path / "D.csv", index=False
        )
        load(asked(tmp_path, day="weekend", sites=1))


@pytest.mark.parametrize(
    ("columns", "more", "note"),
    [
        ("weight", {"hours": "7-9"}, "has a column weight: --hours 7-9 changes nothing"),
        ("cost", {"hours": "7-9"}, "has no columns h0 to h23: --hours 7-9 changes nothing"),
        ("weight", {"day": "workday"}, "has no column day: --day workday changes nothing"),
    ],
)
def test_hours_and_days_that_a_file_does_not_tell_are_remarked(
    tmp_path, columns, more, note
) -> None:
    (tmp_path / "D.csv").write_text(f"id,x,y,{columns}\na,0,0,2\n")
    (tmp_path / "C.csv").write_text("id,x,y\np,0,0\n")
    assert any(note in one for one in load(asked(tmp_path, **more)).notes)
    assert not any("changes nothing" in one for one in load(asked(tmp_path)).notes)


METRE = 1 / 111_319.49  # of longitude at the equator


@pytest.fixture
def by_distance(tmp_path: Path):
    """Two homes, each beside a host; the hosts stand 1 km apart, as a file of distances says."""
    (tmp_path / "D.csv").write_text("id,weight\na,20\nb,20\n")
    (tmp_path / "F.csv").write_text("demand_id,candidate_id,distance\na,p,10\nb,q,10\n")
    hosts = pd.DataFrame({"id": ["p", "q"], "lon": [0, 1000 * METRE], "lat": [0.0, 0.0]})

    def best(spacing: float, columns: dict[str, str] | None = None, **more) -> float:
        named = hosts[["id", *(columns or {})]].rename(columns=columns or {})
        named.to_csv(tmp_path / "C.csv", index=False)
        distances = tmp_path / "F.csv"
        problem = load(asked(tmp_path, sites=2, distances=distances, spacing=spacing, **more))
        return solve(problem, Control()).objective

    return best


def test_spacing_is_in_metres_where_distances_come_from_a_file(by_distance) -> None:
    degrees = {"lon": "lon", "lat": "lat"}
    assert by_distance(990, degrees) == 40
    assert by_distance(1010, degrees) == 20
    # In a plane it is in whatever the columns are in.
    plane = {"lon": "x", "lat": "y"}
    assert by_distance(990 * METRE, plane) == 40
    assert by_distance(1010 * METRE, plane) == 20


def test_spacing_of_sites_at_no_place_is_refused(by_distance, tmp_path) -> None:
    assert by_distance(0) == 40
    with pytest.raises(InvalidFile, match=r"C\.csv has no positions"):
        by_distance(1_000_000)
    (tmp_path / "E.csv").write_text("id,x,y\nr,5,5\n")
    with pytest.raises(InvalidFile, match=r"C\.csv: lon, lat; E\.csv: x, y"):
        by_distance(5, {"lon": "lon", "lat": "lat"}, existing=tmp_path / "E.csv")


def test_a_plane_is_preferred_where_files_have_longitudes_too(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,lon,lat,x,y\na,116.4,39.9,0,0\n")
    (tmp_path / "C.csv").write_text("id,lon,lat,x,y\np,116.4,39.9,0,500\n")
    assert np.diff(load(asked(tmp_path, radius=499)).reach.start).tolist() == [0]
    problem = load(asked(tmp_path, radius=501))
    assert problem.reach.metres.tolist() == [500]
    assert not any("in degrees" in note for note in problem.notes)


def test_what_cannot_be_met_names_the_district(town) -> None:
    folder, *_ = town
    problem = load(asked(folder, per_area=(("空港街道", 0.999),), sites=20))
    answer = solve(problem, Control())
    assert answer.status == "infeasible"
    told = why_not(problem)
    assert "空港街道 cannot reach 100%" in told.en
    assert {one.rule for one in told.changes} == {"district_least_share", "radius"}
    plan = plan_of(problem, answer, folder=folder, explained=told)
    assert (plan["objective"], plan["sites"]) == (None, [])
    assert plan["infeasible"]["reasons"][0]["reachable"] < 0.999


def test_plain_and_careful_reading_agree(tmp_path: Path) -> None:
    rows = "".join(f"k{n},{n / 7},{n},{n % 5}\n" for n in range(500))
    (tmp_path / "plain.csv").write_text("id,x,y,weight\n" + rows)
    (tmp_path / "title.csv").write_text("某市需求表\n,,,\n编号,x,y,权重\n" + rows)
    fields = (["x", "y", "weight"], ["id"])
    plain, careful = (tables.read(tmp_path / f"{n}.csv", *fields) for n in ("plain", "title"))
    assert plain.rows is None
    assert careful.rows is not None
    for name in fields[0]:
        assert plain.numbers[name].tolist() == careful.numbers[name].tolist()
    assert plain.texts["id"].to_pylist() == careful.texts["id"].to_pylist()


@pytest.mark.slow
def test_ten_million_demand_points_simply_work(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    rng = np.random.default_rng(3)
    count = 10_000_000
    pacsv.write_csv(
        pa.table(
            {
                "id": np.arange(count),
                "x": np.round(rng.random(count) * 30_000, 1),
                "y": np.round(rng.random(count) * 30_000, 1),
                "weight": rng.integers(1, 100, count),
            }
        ),
        tmp_path / "D.csv",
    )
    hosts = pd.DataFrame(rng.random((200, 2)) * 30_000, columns=["x", "y"])
    hosts.to_csv(tmp_path / "C.csv", index=False)
    problem = load(asked(tmp_path, sites=20, radius=1500.0))
    assert count > STREAMED_POINTS
    assert isinstance(problem.reach, Discs)
    answer = solve(problem, Control(60, 0.01))
    assert answer.gap <= 0.01
    plan = plan_of(problem, answer, folder=tmp_path)
    assert plan["coverage"]["after"] == pytest.approx(answer.objective)
