"""Chains of edits of random questions: whatever a search goes on from, it ends where one from
nothing ends, and its certificate says so."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from geo.siting.checker import check
from geo.siting.checker_served import check_served
from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.plans import looking
from geo.siting.plans.jobs import Job, Solved, work
from geo.siting.plans.looking import Looks
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, FREE, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem

KINDS = (
    "forbid", "forbid", "force", "free", "number", "budget", "budget", "both", "costs", "costs",
    "floors", "chains", "spacing", "backup", "steps", "least", "at night", "station", "place",
)  # fmt: skip
WITHIN = (
    "forbid", "forbid", "force", "free", "number", "budget", "both", "costs", "chains", "spacing",
    "at night", "station", "place", "capacities", "capacities",
)  # fmt: skip
EDITS = 3


@dataclass
class Town:
    """A question on a small town, as it is edited."""

    here: Any
    there: Any
    stations: Any
    weight: Any
    cost: Any
    chain: Any
    at_night: Any
    fixed: Any
    radius: float
    parts: int
    rules: dict[str, Any] = field(default_factory=dict)
    room: float = 0.0
    """Of each place, by its cost; 0: enough for everybody."""

    @classmethod
    def of(cls, rng: np.random.Generator) -> Town:
        points, sites = int(rng.integers(100, 900)), int(rng.choice([12, 30, 50, 80]))
        whole = rng.random() < 0.6
        return cls(
            here=rng.random((points, 2)),
            there=rng.random((sites, 2)),
            stations=rng.random((int(rng.integers(0, 4)), 2)),
            weight=rng.integers(0, 30, points).astype(float) if whole else rng.random(points) * 10,
            cost=rng.integers(1, 10, sites).astype(float) if whole else rng.random(sites) * 5,
            chain=rng.integers(-1, 5, sites),
            at_night=rng.random(sites) < 0.3,
            fixed=np.zeros(sites, np.int8),
            radius=float(rng.choice([0.1, 0.15, 0.25])),
            parts=int(rng.integers(1, 5)),
            rules={"p": int(rng.integers(2, 9))},
        )

    def problem(self) -> Problem:
        old = len(self.stations)
        there = np.vstack((self.there, self.stations))
        room = np.ceil(self.room * (self.cost + 1.0)) if self.room else None
        sites = Sites.of(
            len(there),
            capacity=None if room is None else np.concatenate((room, np.full(old, self.room))),
            cost=np.concatenate((self.cost, np.zeros(old))),
            fixed=np.concatenate((self.fixed, np.full(old, EXISTING))),
            district=np.floor(there[:, 0] * self.parts).astype(int),
            chain=np.concatenate((self.chain, np.full(old, -1))),
            open_24h=np.concatenate((self.at_night, np.zeros(old, bool))),
            x=there[:, 0],
            y=there[:, 1],
        )
        part = np.floor(self.here[:, 0] * self.parts).astype(int)
        demand = Demand.of(self.weight, district=part, x=self.here[:, 0], y=self.here[:, 1])
        reach = euclidean(self.here, there, self.radius)
        refs = [f"place {at}" for at in range(len(self.there))]
        return Problem("max-cover", demand, sites, reach, Rules(**self.rules), refs, Names(), 0)

    def edited(self, rng: np.random.Generator, chosen: Any, kinds: Any) -> Town:
        town = replace(self, fixed=self.fixed.copy(), rules=dict(self.rules))
        for _ in range(int(rng.integers(1, 4))):
            town.edit(str(rng.choice(kinds)), rng, chosen)
        return town

    def edit(self, kind: str, rng: np.random.Generator, chosen: Any) -> None:
        sites, rules = len(self.there), self.rules
        every = range(self.parts)
        match kind:
            case "forbid":
                mine = chosen[chosen < sites]
                self.fixed[rng.choice(mine) if len(mine) else rng.integers(sites)] = FORBIDDEN
            case "force" | "free":
                self.fixed[rng.integers(sites)] = FORCED if kind == "force" else FREE
            case "number":
                rules.pop("budget", None)
                rules["p"] = int(rng.integers(1, 12))
            case "budget" | "both":
                rules["p"] = int(rng.integers(1, 12)) if kind == "both" else None
                rules["budget"] = float(rng.integers(3, 40))
            case "costs":
                other = rng.permutation(self.cost)
                self.cost = other if rng.random() < 0.5 else self.cost * rng.choice([0.3, 3.0])
            case "floors":
                share = rng.choice([0.0, 0.05, 0.1, 0.2, 0.3], self.parts).tolist()
                rules["district_least_share"] = dict(zip(every, share, strict=True))
            case "chains":
                rules["per_chain_most"] = int(rng.integers(1, 4))
            case "spacing":
                rules["spacing_metres"] = float(rng.choice([0.0, 0.1, 0.2]))
            case "backup":
                rules["backup"] = float(rng.choice([0.0, 0.25, 0.5]))
            case "steps":
                near = self.radius * float(rng.choice([0.4, 0.6]))
                rules["steps"] = ((near, 1.0), (self.radius, 0.5)) if rng.random() < 0.7 else ()
            case "least":
                rules["district_least_sites"] = dict.fromkeys(every, int(rng.integers(0, 2)))
            case "at night":
                rules["open_24h_least"] = int(rng.integers(0, 3))
            case "capacities":
                self.room = float(rng.choice([5.0, 40.0, 300.0]) * len(self.weight) / 100)
                rules["capacities"] = True
            case "station":
                self.stations = np.vstack((self.stations, rng.random((1, 2))))
            case "place":
                self.there = np.vstack((self.there, rng.random((1, 2))))
                self.cost, self.chain = np.append(self.cost, 3.0), np.append(self.chain, -1)
                self.at_night = np.append(self.at_night, np.False_)
                self.fixed = np.append(self.fixed, np.int8(FREE))


def through_a_pipe(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, protocol=5))


def multiplied_out(problem: Problem, certificate: Any) -> tuple[float, float]:
    site = np.repeat(np.arange(len(problem.reach)), np.diff(problem.reach.start))
    metres = problem.reach.metres if problem.rules.steps else None
    if problem.rules.capacities:
        within = (problem.demand.weight, problem.reach.demand, site, problem.sites.capacity)
        return check_served(*within, problem.sites.cost, certificate)
    pairs = (problem.demand.weight, problem.reach.demand, site, metres)
    return check(*pairs, problem.sites.cost, certificate, problem.demand.district)


def looked_around(told: Solved, memory: Memory) -> None:
    """What a process does until the next question comes, which it may just have answered."""
    looks = Looks(memory)
    assert told.looking is (told.look is not None)
    if told.look is not None:
        looks.take(told.look)
    words = [around for _ in range(1000) if looks and (around := looks.step(Control()))]
    assert not looks
    assert all(around.mistake == "" for around in words)


def a_chain_of_edits(seed: int, kinds: Any = KINDS) -> int:
    """How many edits went on from a plan."""
    rng = np.random.default_rng(seed)
    town, memory, went_on = Town.of(rng), Memory(), 0
    earlier, chosen, last = None, np.empty(0, np.int64), None
    if kinds is WITHIN:
        town.edit("capacities", rng, chosen)
    for number in range(1, EDITS + 2):
        problem = town.problem()
        job = Job(problem, 0.0, 0.5, 0, around=True, number=number, earlier=earlier)
        told = work(through_a_pipe(job), Control(60.0), memory)
        anew = work(through_a_pipe(Job(problem, 0.0, 60.0, 0)), Control(60.0))
        assert isinstance(told, Solved), told
        assert isinstance(anew, Solved), anew
        found, best = told.answer, anew.answer
        went_on += told.begun_from is not None
        assert (found.status == "infeasible") == (best.status == "infeasible")
        if found.status != "infeasible":
            near = pytest.approx(best.objective, rel=1e-6, abs=1e-6)
            assert found.objective == near, (number, town.rules)
            value, bound = multiplied_out(problem, found.certificate)
            assert value == near
            assert bound >= best.objective - 1e-6 * max(1.0, best.objective)
            if seed % 5 < 2:
                looked_around(told, memory)
            refs = [problem.refs[at] for at in found.sites.tolist() if at < len(problem.refs)]
            earlier, chosen, last = Earlier(number, refs), found.sites, town
        elif last is None:
            break
        else:
            town = last
        town = town.edited(rng, chosen, kinds)
    return went_on


@pytest.mark.parametrize("seed", range(20))
def test_a_chain_of_edits_ends_where_searches_from_nothing_end(seed):
    a_chain_of_edits(seed)


@pytest.fixture
def soon_over(monkeypatch):
    """Each edit may need HiGHS: it is looked around a plan for two seconds, not for two minutes."""
    monkeypatch.setattr(looking, "MOST_SECONDS", 2.0)


@pytest.mark.usefixtures("soon_over")
@pytest.mark.parametrize("seed", range(10))
def test_a_chain_of_edits_within_capacities_does_too(seed):
    a_chain_of_edits(seed, WITHIN)


@pytest.mark.slow
@pytest.mark.usefixtures("soon_over")
def test_dozens_of_chains_within_capacities_do():
    assert sum(a_chain_of_edits(seed, WITHIN) for seed in range(100, 140)) > 60


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 700, 100))
def test_hundreds_of_chains_do(start):
    assert sum(a_chain_of_edits(seed) for seed in range(start, start + 100)) > 150


def test_what_sites_cost_now_is_what_the_budget_is_kept_with():
    """Only the cost of one place is edited: people and reach are the same."""
    wrong = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        town = Town.of(rng)
        town.there = np.vstack((town.there[:-1], town.there.mean(axis=0)))
        town.rules = {"p": None, "budget": float(rng.integers(8, 30))}
        memory = Memory()
        first = work(Job(town.problem(), 0.0, 5.0, 0, number=1), Control(20.0), memory)
        edited = replace(town, cost=town.cost.copy())
        edited.cost[-1] = float(rng.choice([9.0, 15.0, 0.1]))
        problem = edited.problem()
        earlier = Earlier(1, [f"place {at}" for at in first.answer.sites])
        told = work(
            through_a_pipe(Job(problem, 0.0, 5.0, 0, earlier=earlier)), Control(20.0), memory
        )
        best = work(Job(problem, 0.0, 5.0, 0), Control(20.0)).answer.objective
        assert told.begun_from == 1
        spent = problem.sites.cost[told.answer.sites].sum()
        right = told.answer.objective == pytest.approx(best, rel=1e-6)
        if spent > town.rules["budget"] + 1e-6 or not right:
            wrong.append((seed, spent, town.rules, told.answer.objective, best))
    assert wrong == []


def test_a_plan_elsewhere_is_nothing_to_begin_from():
    problem = Town.of(np.random.default_rng(1)).problem()
    told = work(Job(problem, 0.0, 20.0, 0, earlier=Earlier(7, ["another town"])), Control(20.0))
    anew = work(Job(problem, 0.0, 20.0, 0), Control(20.0))
    assert told.begun_from is None
    assert told.answer.sites.tolist() == anew.answer.sites.tolist()
