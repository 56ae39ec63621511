"""Today's stations as a question: which to close at the least loss, which moves gain most; and one
plan for several days or editions of demand.

What counts is reached people (steps and backup as the question has them); its conditions on new
sites (number, budget, spacing, floors) are about plans, and are not looked at for closing and
moving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

import numpy as np

from geo.errors import Invalid
from geo.siting.ground.ground import Ground
from geo.siting.ground.posing import check_asked, check_candidates, pose
from geo.siting.ground.weighing import weigh
from geo.siting.plans.jobs import Cases, Change, Job
from geo.siting.problem import Answer, Bools, Floats, Longs, Reach, Rules, Sites
from geo.siting.question import Question
from geo.siting.solving import Problem
from geo.siting.variations.changes import gone_and_come
from geo.siting.variations.robust import Aim, check_case_count

OTHER_CASES: Final = "调整日类型或需求版本。 Ask for other days or editions of demand."
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, eq=False)
class Today:
    """Today's s stations that matter in a question.

    Attributes:
        which: (s,) positions among the city's. may: (s,) whether they lie in the question's area.
        loss: (s,) people lost when one alone closes. serves: (s,) people within its reach.
        covered: people whom all of them reach, as the question counts.
    """

    which: Longs
    may: Bools
    loss: Floats
    serves: Floats
    covered: float


def today_of(ground: Ground, asked: Question) -> Today:
    """What each station of today is worth; a pass over their pairs."""
    which, reach = ground.stations_near
    nobody = np.zeros(len(ground)), np.zeros(len(ground))
    every = np.arange(len(which), dtype=np.int64)
    found = weigh(ground.weight, nobody, reach, every, [], asked.rings, asked.backup)
    inside = ground.city.places.within(2, len(ground.city.standing), asked.area_id)[which]
    near = reach.within(asked.rings[-1][0])
    owner = np.repeat(every, np.diff(near.start))
    serves = np.bincount(owner, ground.weight[near.demand], minlength=len(which))
    covered = float((ground.weight * (found.first + asked.backup * found.second)).sum())
    return Today(which, inside, found.loss, serves.astype(np.float64), covered)


def change_job(
    ground: Ground, asked: Question, kind: Literal["close", "move"], count: int, now: Today
) -> Job:
    """The job of closing or moving so many stations of the area.

    Raises:
        Invalid: the model is not maximum coverage, or there are not so many stations.
    """
    _cover_only(asked)
    if kind == "move":
        check_candidates(ground, asked)
    standing = asked.model_copy(update={"keep_existing": True, "capacity_per_place": None})
    problem = pose(ground, standing, every_station=True)
    rules = Rules(steps=problem.rules.steps, backup=problem.rules.backup)
    there = int(now.may.sum())
    if not 1 <= count <= there:
        raise Invalid(
            f"该区域有 {there} 个现有站点，不能调整 {count} 个。 "
            f"There are {there} stations of today in the area, not {count} to close or move.",
            remedy=f"填写 1 到 {there}。 Give 1 to {there}."
            if there
            else "换一个区域。 Choose another area.",
            field="count",
        )
    may = np.concatenate((np.zeros(len(problem.refs), np.bool_), now.may))
    posed = replace(problem, rules=rules)
    return Job(posed, asked.gap, asked.seconds, asked.seed, change=Change(kind, count, may))


def changed(job: Job, answer: Answer, now: Today) -> tuple[Longs, Longs]:
    """Positions among the city's stations that go, and among the problem's candidates and own
    places that come."""
    change = job.change
    assert change is not None
    new = len(job.problem.refs)
    existing = np.arange(len(job.problem.sites)) >= new
    loss = np.concatenate((np.zeros(new), now.loss))
    closing = change.count if change.kind == "close" else None
    gone, come = gone_and_come(answer, existing, change.may, loss, closing)
    return now.which[gone - new], come


def cases_job(grounds: list[Ground], asked: Question, aim: Aim) -> Job:
    """One plan for several grounds with the same candidates: the people of all, each case counting
    its own.

    Raises:
        Invalid: more cases than can be, another model, neither number nor budget, or see
            :func:`geo.siting.ground.posing.pose`.
    """
    _cover_only(asked)
    check_asked(asked)
    check_case_count(len(grounds), "days", OTHER_CASES)
    posed = [pose(ground, asked) for ground in grounds]
    first = posed[0]
    new = len(first.refs)
    before = np.cumsum([0, *(len(one.demand) for one in posed)])
    table = np.zeros((len(posed), before[-1]))
    for row, one in enumerate(posed):
        table[row, before[row] : before[row + 1]] = one.demand.weight
    sites, reach, later = _stacked(posed, before, new)
    # Stations that come again with a later case count once where sites are counted.
    sites.open_24h[later] = False
    sites.district[later] = -1
    demand = replace(
        first.demand,
        weight=table.mean(axis=0),
        district=np.concatenate([one.demand.district for one in posed]),
        x=np.concatenate([one.demand.x for one in posed]),
        y=np.concatenate([one.demand.y for one in posed]),
    )
    # A subdistrict may have people on some of the days, or in some of the editions, alone.
    rules = replace(
        first.rules,
        district_least_sites=_united([one.rules.district_least_sites for one in posed]),
        district_least_share=_united([one.rules.district_least_share for one in posed]),
    )
    whole = replace(first, demand=demand, sites=sites, reach=reach, rules=rules)
    return Job(whole, asked.gap, asked.seconds, asked.seed, cases=Cases(table, aim))


def _united(floors: list[Mapping[int, Number]]) -> dict[int, Number]:
    return {at: least for one in floors for at, least in one.items()}


def _stacked(posed: list[Problem], before: Longs, new: int) -> tuple[Sites, Reach, slice]:
    """The candidates of the first, the stations of all; who of them reaches whom."""
    owner, demand, metres = [], [], []
    shift = 0
    for at, one in enumerate(posed):
        assert one.reach.metres is not None
        mine = np.repeat(np.arange(len(one.sites)), np.diff(one.reach.start))
        owner.append(np.where(mine >= new, mine + shift, mine))
        demand.append(one.reach.demand + before[at])
        metres.append(one.reach.metres)
        shift += len(one.sites) - new
    owners, demands = np.concatenate(owner), np.concatenate(demand).astype(np.int32)
    order = np.lexsort((demands, owners))
    count = new + shift
    start = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owners, minlength=count), out=start[1:])
    reach = Reach(start, demands[order], np.concatenate(metres)[order])

    def column(name: str) -> np.typing.NDArray[np.generic]:
        own = getattr(posed[0].sites, name)
        return np.concatenate([own, *(getattr(one.sites, name)[new:] for one in posed[1:])])

    names = ("cost", "fixed", "district", "chain", "open_24h", "x", "y")
    sites = Sites.of(count, **{name: column(name) for name in names}, degrees=True)
    return sites, reach, slice(len(posed[0].sites), count)


def _cover_only(asked: Question) -> None:
    if asked.model != "max-cover":
        raise Invalid(
            "只有最大覆盖模型可以这样问。 Only maximum coverage can be asked this.",
            remedy="选择 max-cover。 Choose max-cover.",
            field="model",
        )
