"""Plain files whose sites have room for so many: who goes where, and who counts as covered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow
from scipy.spatial.distance import cdist
from siting_files import asked
from siting_oracle import a_town

from geo.siting.control import Control
from geo.siting.files.load import load
from geo.siting.files.plan import plan_of, solve, why_not


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("model", ["max-cover", "p-median"])
def test_within_capacities_nobody_is_sent_where_there_is_no_room(tmp_path, model, seed) -> None:
    here, there, weight, rng = a_town(seed, 60, 9, clustered=True)
    here, there = here * 1000, there * 1000
    rooms = rng.integers(20, 90, 9) if model == "max-cover" else rng.integers(250, 400, 9)
    district = rng.choice(["东", "西"], 60)
    pd.DataFrame(
        {"id": [f"D{k}" for k in range(60)], "x": here[:, 0], "y": here[:, 1], "weight": weight,
         "district": district}
    ).to_csv(tmp_path / "D.csv", index=False)  # fmt: skip
    hosts = pd.DataFrame(
        {"id": [f"C{k}" for k in range(9)], "x": there[:, 0], "y": there[:, 1], "capacity": rooms}
    )
    hosts[:7].to_csv(tmp_path / "C.csv", index=False)
    hosts[7:].to_csv(tmp_path / "E.csv", index=False)
    radius = 300.0 if model == "max-cover" else None
    problem = load(
        asked(tmp_path, model=model, existing=tmp_path / "E.csv", with_capacities=True,
              sites=4, radius=radius, force=("C2",))
    )  # fmt: skip
    answer = solve(problem, Control())
    plan = json.loads(json.dumps(plan_of(problem, answer, folder=tmp_path, assigned=True)))
    told = pd.DataFrame(plan["assignment"])
    assert set(told["demand"]) == {f"D{k}" for k in range(60)}
    assert told.groupby("demand")["people"].sum().reindex(
        [f"D{k}" for k in range(60)]
    ).tolist() == pytest.approx(weight.tolist())
    went = told.dropna(subset="site")
    load_of = went.groupby("site")["people"].sum()
    capacity = hosts.set_index("id")["capacity"]
    assert (load_of <= capacity.reindex(load_of.index) + 1e-6).all()
    assert set(load_of.index) <= {*plan["sites"], "C7", "C8"}
    spots = went["demand"].str[1:].astype(int)
    far = np.hypot(*(here[spots] - there[went["site"].str[1:].astype(int)]).T)
    assert (far <= (radius or np.inf)).all()
    assert went["distance"].to_numpy() == pytest.approx(far, abs=1e-3)
    # The people served are the objective, or they walk it; the rest stays uncovered.
    worth = went["people"] if model == "max-cover" else went["people"] * far
    assert worth.sum() == pytest.approx(plan["objective"], rel=1e-6)
    coverage = plan["coverage"]
    assert coverage["after"] == pytest.approx(went["people"].sum())
    assert coverage["share"] == pytest.approx(went["people"].sum() / weight.sum())
    by_district = {one["district"]: one["after"] for one in plan["districts"]}
    for name in ("东", "西"):
        inside = went["people"][(district[spots] == name)].sum()
        assert by_district[name] == pytest.approx(inside)
    if model == "max-cover":
        assert coverage["before"] == pytest.approx(most_served(here, there, weight, rooms, [7, 8]))
        opened = [int(one[1:]) for one in plan["sites"]]
        for one, at in zip(plan["site_facts"], opened, strict=True):
            rest = [k for k in opened if k != at]
            without = most_served(here, there, weight, rooms, [*rest, 7, 8])
            only = most_served(here, there, weight, rooms, [at, 7, 8])
            assert one["adds_last"] == pytest.approx(plan["objective"] - without)
            assert one["alone"] == pytest.approx(only - coverage["before"])


def most_served(here, there, weight, rooms, opened: list[int]) -> float:
    """People within 300 m whom some sites have room for: a maximal flow, by scipy."""
    near = cdist(here, there[opened]) <= 300.0
    points, sites = len(weight), len(opened)
    size = points + sites + 2
    graph = np.zeros((size, size), np.int32)
    graph[0, 1 : points + 1] = weight
    graph[1 : points + 1, points + 1 : -1] = near * 10_000
    graph[points + 1 : -1, -1] = rooms[opened]
    return maximum_flow(csr_array(graph), 0, size - 1).flow_value


def test_a_station_that_states_no_capacity_has_room_for_all(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,20\nb,900,0,30\n")
    (tmp_path / "C.csv").write_text("id,x,y,capacity\np,0,0,12\n")
    (tmp_path / "E.csv").write_text("id,x,y\nq,900,0\n")
    problem = load(asked(tmp_path, sites=1, with_capacities=True, existing=tmp_path / "E.csv"))
    assert solve(problem, Control()).objective == 42


def test_a_plan_within_capacities_covers_what_it_serves(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,20\nb,900,0,20\n")
    (tmp_path / "C.csv").write_text("id,x,y,capacity\np,0,0,12\nq,900,0,12\n")
    problem = load(asked(tmp_path, sites=2, with_capacities=True))
    plan = plan_of(problem, solve(problem, Control()), folder=tmp_path, assigned=True)
    assert plan["objective"] == plan["coverage"]["after"] == 24
    assert plan["coverage"]["share"] == 0.6
    rows = zip(*(plan["assignment"][name] for name in ("demand", "site", "people")), strict=True)
    assert list(rows) == [("a", "p", 12), ("a", None, 8), ("b", "q", 12), ("b", None, 8)]


def test_where_being_left_counts_as_a_walk_no_capacity_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,20\nb,900,0,20\n")
    (tmp_path / "C.csv").write_text("id,x,y,capacity,open_24h\np,0,0,5,否\nq,900,0,5,否\n")
    more = {"model": "p-median", "sites": 2, "with_capacities": True, "open_24h": 1, "radius": None}
    everybody = why_not(load(asked(tmp_path, **more)))
    assert {one.rule for one in everybody.reasons} == {"capacities", "open_24h_least"}
    some = why_not(load(asked(tmp_path, **more, unserved=500.0)))
    assert {one.rule for one in some.reasons} == {"open_24h_least"}
