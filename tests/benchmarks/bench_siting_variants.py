"""Maximum coverage with conditions at 10,000 x 1,000, each again after one edit (warm and anew; by
the solver's process, which answers what is likely to be asked ahead, and anew), and 20,000,000
points x 100 sites from raw points.

    python tests/benchmarks/bench_siting_variants.py --p 50 --kind city
    python tests/benchmarks/bench_siting_variants.py --huge 20000000
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from bench_siting import instance

from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.names import Names
from geo.siting.plans.jobs import Job, Solved, work
from geo.siting.plans.looking import Looks
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Answer,
    Demand,
    Longs,
    Reach,
    Rules,
    Sites,
)
from geo.siting.reach import euclidean, euclidean_discs
from geo.siting.solving import Problem

GAP, LIMIT, EDITS = 0.001, 30.0, 5
HUGE_LIMIT, HUGE_MEGABYTES = 30.0, 1024


def questions(kind: str, p: int) -> tuple[Demand, Reach, dict[str, tuple[Sites, Rules]]]:
    """One town, many conditions; the floors of districts bind."""
    plain, discs, _ = instance(10_000, 1_000, 0.002, kind)
    here, there = discs.demand_xy, discs.site_xy
    reach = euclidean(here, there, discs.radius)
    rng = np.random.default_rng(5)
    district = (np.floor(here[:, 0] * 4) * 4 + np.floor(here[:, 1] * 4)).astype(np.int32)
    demand = Demand.of(plain.weight, district=np.minimum(district, 15))
    existing = np.zeros(1000, np.int8)
    existing[rng.choice(1000, 50, replace=False)] = EXISTING
    cost = rng.integers(10, 101, 1000)
    sites = Sites.of(1000, cost=cost, x=there[:, 0], y=there[:, 1], chain=rng.integers(0, 12, 1000))
    best = max_cover(demand, sites, reach, Rules(p=p), Control(20, GAP), with_certificate=False)
    hit = np.zeros(len(demand), bool)
    for j in best.sites:
        hit[reach.of(j)] = True
    people = np.bincount(demand.district, demand.weight, 16)
    share = np.bincount(demand.district, demand.weight * hit, 16) / np.maximum(people, 1.0)
    floors = {int(d): float(min(0.6 * share.max(), share[d] + 0.08)) for d in np.argsort(share)[:4]}
    within = Rules(p=p, capacities=True)

    def room(people: float) -> Sites:
        return replace(sites, capacity=np.full(1000, float(round(people / p))))

    return (
        demand,
        reach,
        {
            "plain": (sites, Rules(p=p)),
            "existing kept": (replace(sites, fixed=existing), Rules(p=p)),
            "budget": (sites, Rules(budget=float(cost.mean() * p))),
            "binding floors": (sites, Rules(p=p, district_least_share=floors)),
            "steps": (
                sites,
                Rules(p=p, steps=((discs.radius * 0.6, 1.0), (discs.radius, 0.5))),
            ),
            "backup": (sites, Rules(p=p, backup=0.5)),
            "spacing": (sites, Rules(p=p, spacing_metres=discs.radius * 0.8)),
            "chains": (sites, Rules(p=p, per_chain_most=max(1, p // 12))),
            "capacities": (room(0.6 * demand.weight.sum()), within),
            # Half as much again as a site covers in the mean, that much, and a fifth less.
            "binding capacities 1.5": (room(1.5 * best.objective), within),
            "binding capacities 1.0": (room(1.0 * best.objective), within),
            "binding capacities 0.8": (room(0.8 * best.objective), within),
        },
    )


def variants(kind: str, p: int, only: str = "") -> Iterator[dict[str, Any]]:
    """Each cold to 0.1 %, then after one edit of each kind: warm, and anew."""
    demand, reach, asked = questions(kind, p)
    for name, (sites, rules) in asked.items():
        if only not in name:
            continue
        first = max_cover(demand, sites, reach, rules, Control(LIMIT, GAP), with_certificate=False)
        yield {
            "name": f"{kind}, p={p}, {name}: to {GAP:.1%}",
            "ours": first.seconds,
            "unit": "s",
            "bar": LIMIT,
            "holds": bool(first.gap <= GAP and first.seconds <= LIMIT),
            "note": f"gap {first.gap:.4%}, {first.objective:.0f}",
        }
        if not len(first.sites) or first.gap > GAP:
            # Both sides of an edit would end by the clock.
            continue
        for edit, some in edits(sites, rules, first.sites).items():
            yield again(f"{kind}, p={p}, {name}: {edit}", (demand, reach), some, first)
        yield from ahead(f"{kind}, p={p}, {name}", (demand, reach), sites, rules)


def edits(sites: Sites, rules: Rules, plan: Longs) -> dict[str, list[tuple[Sites, Rules]]]:
    """Questions that are all but the same: what a planner changes of a plan."""

    def fixed(some: Longs, state: int) -> list[tuple[Sites, Rules]]:
        every = [sites.fixed.copy() for _ in some]
        for one, site in zip(every, some, strict=True):
            one[site] = state
        return [(replace(sites, fixed=one), rules) for one in every]

    def larger(by: int) -> tuple[Sites, Rules]:
        if rules.budget is not None:
            return sites, replace(rules, budget=rules.budget * (1 + 0.02 * by))
        return sites, replace(rules, p=(rules.p or 0) + by)

    # From all over the plan: some of its sites are missed more than others.
    chosen = plan[np.linspace(0, len(plan) - 1, EDITS).astype(int)]
    free = np.setdiff1d(np.flatnonzero(sites.fixed == FREE), plan)
    others = np.random.default_rng(1).choice(free, EDITS, replace=False)
    return {
        "a chosen site says no": fixed(chosen, FORBIDDEN),
        "another is put in": fixed(others, FORCED),
        "a chosen one is locked": fixed(chosen, FORCED),
        "one more, or 2 % of money": [larger(1)],
        "one fewer, or 2 % of money": [larger(-1)],
    }


def again(
    name: str,
    town: tuple[Demand, Reach],
    asked: list[tuple[Sites, Rules]],
    first: Answer,
) -> dict[str, Any]:
    """Each question warm, and anew."""
    demand, reach = town
    took: dict[str, list[float]] = {"warm": [], "cold": []}
    for sites, rules in asked:
        for way, warm in (("warm", first), ("cold", None)):
            began = time.perf_counter()
            control = Control(LIMIT, GAP)
            max_cover(demand, sites, reach, rules, control, warm=warm, with_certificate=False)
            took[way].append(time.perf_counter() - began)
    ratios = np.array(took["cold"]) / took["warm"]
    ratio = float(np.median(ratios))
    return {
        "name": name,
        "ours": float(np.median(took["warm"])),
        "peer": float(np.median(took["cold"])),
        "ratio": ratio,
        "unit": "s",
        "bar": "1/10 of anew",
        "holds": bool(ratio >= 10),
        "note": f"middle of {len(asked)}; {ratios.min():.1f} to {ratios.max():.1f} x",
    }


def ahead(
    name: str, town: tuple[Demand, Reach], sites: Sites, rules: Rules
) -> Iterator[dict[str, Any]]:
    """As the solver's process does it: it goes on working when the plan is told, so that edits that
    come after a while were answered ahead; and, by the same process, each anew."""
    demand, reach = town

    def asked(sites: Sites, rules: Rules, number: int, earlier: Earlier | None) -> Job:
        every = list(range(len(sites)))
        problem = Problem("max-cover", demand, sites, reach, rules, every, Names(), 0)
        return Job(problem, GAP, LIMIT, 0, around=True, number=number, earlier=earlier)

    def done(job: Job, memory: Memory) -> tuple[float, Solved]:
        began = time.perf_counter()
        told = work(job, Control(LIMIT, GAP), memory)
        assert isinstance(told, Solved)
        return time.perf_counter() - began, told

    memory = Memory()
    _, first = done(asked(sites, rules, 1, None), memory)
    plan = first.answer.sites
    began = time.perf_counter()
    looks = Looks(memory)
    looks.take(first.look) if first.look is not None else None
    while looks:
        looks.step(Control())
    took = time.perf_counter() - began
    earlier = Earlier(1, plan.tolist())
    for edit, some in edits(sites, rules, plan).items():
        pairs = []
        for number, (edited, also) in enumerate(some):
            warm, told = done(asked(edited, also, 2 + number, earlier), memory)
            cold, anew = done(asked(edited, also, 2 + number, None), Memory())
            assert told.answer.objective * (1 + GAP) >= anew.answer.objective - 1e-6
            assert told.begun_from == 1
            pairs.append((warm, cold))
            # The plan stays the one in use.
            memory.begin(asked(sites, rules, 1, None).problem, earlier)
        pair = np.array(pairs)
        ratios = pair[:, 1] / pair[:, 0]
        yield {
            "name": f"{name}: {edit}, after {took:.1f} s",
            "ours": float(np.median(pair[:, 0])),
            "peer": float(np.median(pair[:, 1])),
            "ratio": float(np.median(ratios)),
            "unit": "s",
            "bar": "1/10 of anew",
            "holds": bool(np.median(ratios) >= 10),
            "note": f"middle of {len(pairs)}; {ratios.min():.1f} to {ratios.max():.1f} x",
        }


def huge(points: int) -> dict[str, Any]:
    """The class of Cordeau, Furini and Ljubić (EJOR 2019): a square of 30 x 30, 100 sites, R = 5.5,
    a budget of a tenth of all costs."""
    rng = np.random.default_rng(1)
    there = rng.uniform(0, 30, (100, 2))
    here = rng.uniform(0, 30, (points, 2))
    demand = Demand.of(rng.integers(1, 101, points))
    discs = euclidean_discs(here, there, 5.5, metres=False)
    del here
    answer = max_cover(
        demand,
        Sites.of(100),
        discs,
        Rules(p=10),
        Control(4 * HUGE_LIMIT),
        with_certificate=False,
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "name": f"{points:,} x 100 from raw points to the optimum",
        "ours": answer.seconds,
        "unit": "s",
        "bar": HUGE_LIMIT,
        "holds": bool(
            answer.status == "optimal" and answer.seconds <= HUGE_LIMIT and memory <= HUGE_MEGABYTES
        ),
        "note": f"{answer.status}, gap {answer.gap:.4%}, {memory:.0f} MB",
    }


def run() -> Iterator[dict[str, Any]]:
    """What `nuanyi bench siting_variants` measures."""
    yield huge(20_000_000)
    for kind in ("uniform", "city"):
        yield from variants(kind, 50)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--p", type=int, default=50)
    parser.add_argument("--kind", choices=("uniform", "city"), default="city")
    parser.add_argument("--only", default="", help="only variants of this name")
    parser.add_argument("--huge", type=int, default=0, help="only this, with so many points")
    asked = parser.parse_args()
    if asked.huge:
        huge(20_000)
        print(json.dumps(huge(asked.huge)))
        return
    demand, discs, sites = instance(2000, 100, 0.01, "city")
    first = max_cover(demand, sites, discs, Rules(p=8))
    max_cover(demand, sites, discs, Rules(p=9), warm=first)
    for record in variants(asked.kind, asked.p, asked.only):
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
