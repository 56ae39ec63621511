"""The files of a question as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import Invalid, InvalidFile
from geo.progress import SILENT, Progress
from geo.siting.files import tables
from geo.siting.files.asked import HOURS, Metric, Question, check_question, rules_of
from geo.siting.files.reaching import Walk, metric_of, positions, reach_of
from geo.siting.files.tables import Table
from geo.siting.plans.remarks import remarks_of
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Bytes,
    Covering,
    Demand,
    Floats,
    Ints,
    Reach,
    Rules,
    Sites,
)

STATES: Final = {
    **dict.fromkeys(("", "0", "free", "可选"), FREE),
    **dict.fromkeys(("1", "forced", "必选", "锁定", "lock", "locked"), FORCED),
    **dict.fromkeys(("2", "forbidden", "禁选", "排除", "forbid"), FORBIDDEN),
}


@dataclass(frozen=True, eq=False)
class Problem:
    """The same in arrays. `site_ids` are those of the candidates and, behind them, of the existing
    stations; `districts` and `chains` name the positions in the arrays."""

    question: Question
    demand: Demand
    sites: Sites
    reach: Covering
    rules: Rules
    metric: Metric
    demand_ids: Any
    site_ids: Any
    districts: list[str]
    chains: list[str]
    notes: list[str] = field(default_factory=list)

    @property
    def candidates(self) -> int:
        """How many of the sites are candidates."""
        return int((self.sites.fixed != EXISTING).sum())


def load(
    question: Question,
    walk: Walk | None = None,
    progress: Progress = SILENT,
    *,
    standing: bool = False,
) -> Problem:
    """Read the files of a question.

    Args:
        walk: for the metric `walk`, when no extract of streets is given.
        standing: the candidates are stations that exist already, and read as such.

    Raises:
        InvalidFile: a file that cannot be used; says where and why.
        Invalid: a question that contradicts itself, or needs what the files do not have.
    """
    check_question(question)
    with progress.step(f"读取 {question.demand.name} / reading"):
        points = tables.read(
            question.demand,
            ["x", "y", "lon", "lat", "weight", *(f"h{hour}" for hour in range(24))],
            ["id", "district", "day"],
        )
        points = _of_day(points, question)
    with progress.step(f"读取 {question.candidates.name} / reading"):
        hosts = _stations(question.candidates) if standing else _hosts(question.candidates)
        stations = None if question.existing is None else _hosts(question.existing)
    _check_columns(question, points, hosts, stations)
    metric = metric_of(question, points)
    notes = [*points.notes, *hosts.notes, *(stations.notes if stations is not None else [])]
    demand_ids = tables.ids_of(points)
    site_ids = _site_ids(hosts, stations)
    districts, of_point, of_site = _coded("district", points, hosts, stations)
    chains, _, of_chain = _coded("chain", None, hosts, stations)
    with np.errstate(over="ignore"):
        weight = _weight(points, question, notes)
    fixed = _fixed(question, hosts, site_ids, notes)
    if standing:
        fixed[:] = EXISTING
    cost = _column(hosts, stations, "cost", 1.0)
    own = cost[: len(hosts)]
    hosts.refuse(~((own >= 0) & np.isfinite(own)), "cost", "不是不小于 0 的数", "is not 0 or more")
    xy, site_xy, degrees = positions(question, metric, points, hosts, stations)
    demand = Demand.of(weight, district=of_point, x=xy[:, 0], y=xy[:, 1])
    sites = Sites.of(
        len(site_ids),
        cost=cost,
        capacity=_capacity(question, hosts, stations, float(weight.sum())),
        fixed=fixed,
        district=of_site,
        chain=of_chain,
        open_24h=_open(hosts, stations),
        x=site_xy[:, 0],
        y=site_xy[:, 1],
        degrees=degrees,
    )
    with progress.step("计算可达关系 / who reaches whom"):
        reach = reach_of(question, metric, demand, xy, site_xy, demand_ids, site_ids, walk)
    rules = rules_of(question, demand, districts)
    problem = Problem(
        question,
        demand,
        sites,
        reach,
        rules,
        metric,
        demand_ids,
        site_ids,
        districts,
        chains,
        notes,
    )
    _remark(problem, points)
    return problem


def _hosts(path: Path) -> Table:
    return tables.read(
        path,
        ["x", "y", "lon", "lat", "cost", "capacity"],
        ["id", "district", "chain", "open_24h", "fixed"],
    )


def _stations(path: Path) -> Table:
    # What a list of stations calls its state, and what it once cost, does not matter.
    return tables.read(path, ["x", "y", "lon", "lat"], ["id", "district", "chain", "open_24h"])


def _check_columns(question: Question, points: Table, hosts: Table, stations: Table | None) -> None:
    """Refuse conditions on what no file tells: they would change nothing, or never be met.

    Raises:
        InvalidFile: says which column is missing, and in which file.
    """
    sites = [hosts, *([] if stations is None else [stations])]
    # Where no file has any, the name of the subdistrict is what is told.
    known = any("district" in table.texts for table in (points, *sites))
    numbers = known and any(isinstance(wanted, int) for _, wanted in question.per_area)
    shares = known and any(not isinstance(wanted, int) for _, wanted in question.per_area)
    for option, given, column, zh, files in (
        ("--per-chain", question.per_chain is not None, "chain", "品牌", sites),
        ("--open-24h", question.open_24h > 0, "open_24h", "24小时", sites),
        ("--area-sites", bool(question.area_sites) or numbers, "district", "街道", sites),
        ("--area-share", bool(question.area_share) or shares, "district", "街道", [points]),
    ):
        if given and not any(column in table.texts for table in files):
            raise InvalidFile(
                f"{files[0].path.name} 没有“{zh}”列，无法按 {option} 要求。 "
                f"{files[0].path.name} has no column {column}, so nothing can be asked by "
                f"{option}.",
                remedy=f"加上 {column}（{zh}）列，或去掉 {option}。 "
                f"Add a column {column}, or leave out {option}.",
                field=column,
            )


def _of_day(points: Table, question: Question) -> Table:
    """Only the rows of the kind of day that is asked for.

    Raises:
        InvalidFile: there are none.
    """
    if question.day is None:
        return points
    if "day" not in points.texts:
        points.notes.append(
            f"{points.path.name} 没有日类型列，--day {question.day} 不起作用。 "
            f"{points.path.name} has no column day: --day {question.day} changes nothing."
        )
        return points
    from geo.files.choices import choice

    said = choice(points.texts["day"], "day_class")
    points.refuse(
        said.bad,
        "day",
        "不是 workday、weekend、any（工作日、周末、不限）",
        "is not workday, weekend or any",
    )
    kind = pc.fill_null(said.values, "any")
    keep = pc.or_(pc.equal(kind, question.day), pc.equal(kind, "any"))
    mask = keep.to_numpy(zero_copy_only=False)
    if not mask.any():
        raise InvalidFile(
            f"{points.path.name} 没有 {question.day} 的需求。 "
            f"{points.path.name} has no demand of the kind of day {question.day}.",
            remedy="核对日类型列，或去掉 --day。 Check the column day, or leave out --day.",
            field="day",
        )
    rows = np.arange(len(points)) + 2 if points.rows is None else points.rows
    return Table(
        points.path,
        {name: column[mask] for name, column in points.numbers.items()},
        {name: column.filter(keep) for name, column in points.texts.items()},
        int(mask.sum()),
        rows[mask].astype(np.int64),
        points.notes,
    )


def _weight(points: Table, question: Question, notes: list[str]) -> Floats:
    hourly = [f"h{hour}" for hour in range(24) if f"h{hour}" in points.numbers]
    if "weight" in points.numbers:
        weight = points.numbers["weight"]
        if question.hours is not None:
            notes.append(
                f"{points.path.name} 有权重列，--hours {question.hours} 不起作用。 "
                f"{points.path.name} has a column weight: --hours {question.hours} changes nothing."
            )
    elif hourly:
        hours = question.hours or HOURS
        wanted = [f"h{hour}" for hour in tables.hours_of(hours)]
        points.require(*wanted)
        for name in wanted:
            bad = (points.numbers[name] < 0) | np.isinf(points.numbers[name])
            points.refuse(bad, name, "不是不小于 0 的数", "is not a number of 0 or more")
        weight = np.sum([np.nan_to_num(points.numbers[name]) for name in wanted], axis=0)
        notes.append(f"权重为 {hours} 时之和。 Weights are the sum of hours {hours}.")
    else:
        if question.hours is not None:
            notes.append(
                f"{points.path.name} 没有 h0 到 h23 列，--hours {question.hours} 不起作用。 "
                f"{points.path.name} has no columns h0 to h23: --hours {question.hours} changes "
                "nothing."
            )
        notes.append("没有权重列，每个需求点计 1。 No column weight: each demand point counts 1.")
        weight = np.ones(len(points))
    bad = ~(np.isfinite(weight) & (weight >= 0))
    points.refuse(bad, "weight", "不是不小于 0 的数", "is not a number of 0 or more")
    if not np.isfinite(weight.sum()):
        raise InvalidFile(
            f"{points.path.name} 的权重之和太大。 The weights of {points.path.name} add up to more "
            "than can be counted.",
            remedy="换用更大的单位，如千人。 Tell them in larger units, such as thousands.",
            field="weight",
        )
    if not (weight > 0).any():
        notes.append("所有权重都是 0：任何方案的值都是 0。 All weights are 0: so is every plan.")
    return weight


def _site_ids(hosts: Table, stations: Table | None) -> Any:
    own = tables.ids_of(hosts)
    if stations is None:
        return own
    if "id" not in stations.texts:
        numbered = [f"existing {number + 1}" for number in range(len(stations))]
        return pa.concat_arrays([own, pa.array(numbered, pa.large_string())])
    theirs = tables.ids_of(stations)
    shared = pc.is_in(theirs, own)
    if pc.any(shared).as_py():
        told = ", ".join(theirs.filter(shared).slice(0, tables.SHOWN).to_pylist())
        raise InvalidFile(
            f"候选点与现有站点有相同的编号：{told}。 "
            f"Candidates and existing stations share ids: {told}.",
            remedy="为现有站点换用别的编号，如加前缀。 Give the stations other ids, with a prefix.",
            field="id",
        )
    return pa.concat_arrays([own, theirs])


def _fixed(question: Question, hosts: Table, site_ids: Any, notes: list[str]) -> Bytes:
    fixed = np.full(len(site_ids), FREE, np.int8)
    fixed[len(hosts) :] = EXISTING
    if "fixed" in hosts.texts:
        said = pc.utf8_lower(pc.fill_null(hosts.texts["fixed"], ""))
        words = said.dictionary_encode()
        meant = np.array([STATES.get(word, -1) for word in words.dictionary.to_pylist()] or [0])
        codes = meant[words.indices.to_numpy(zero_copy_only=False)]
        hosts.refuse(
            codes < 0, "fixed", "不是 free、forced、forbidden", "is not free, forced or forbidden"
        )
        fixed[: len(hosts)] = codes
    for chosen, state in ((question.force, FORCED), (question.forbid, FORBIDDEN)):
        if not chosen:
            continue
        places = tables.places_of(chosen, site_ids.slice(0, len(hosts)))
        unknown = [name for name, one in zip(chosen, places.tolist(), strict=True) if one < 0]
        if unknown:
            raise Invalid(
                f"没有候选点 {'、'.join(unknown)}。 There is no candidate {', '.join(unknown)}.",
                remedy=f"编号见 {hosts.path.name}。 The ids are those of {hosts.path.name}.",
                field="force" if state == FORCED else "forbid",
            )
        other = FORBIDDEN if state == FORCED else FORCED
        turned = [name for name, was in zip(chosen, fixed[places], strict=True) if was == other]
        if turned:
            option, was = ("--force", "禁选") if state == FORCED else ("--forbid", "必选")
            notes.append(
                f"{hosts.path.name} 中{was}的 {'、'.join(turned)} 按 {option} 处理。 "
                f"{hosts.path.name} says otherwise of {', '.join(turned)}: {option} counts."
            )
        fixed[places] = state
    return fixed


def _coded(name: str, *files: Table | None) -> tuple[list[str], Ints | None, Ints | None]:
    """The words of a column in all files, and the positions of the first file's and of the others'
    rows in them; -1 where a cell is empty."""
    columns: list[Any] = []
    for table in files:
        size = 0 if table is None else len(table)
        there = table is not None and name in table.texts
        columns.append(table.texts[name] if there and table else pa.nulls(size, pa.large_string()))
    whole = pa.concat_arrays([column.cast(pa.large_string()) for column in columns])
    encoded = whole.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    words = encoded.dictionary.to_pylist()
    first = len(columns[0])
    return words, codes[:first], codes[first:]


def _column(hosts: Table, stations: Table | None, name: str, otherwise: float) -> Floats:
    parts = [hosts.numbers.get(name, np.full(len(hosts), otherwise))]
    if stations is not None:
        theirs = stations.numbers.get(name, np.full(len(stations), otherwise))
        parts.append(np.where(np.isnan(theirs), otherwise, theirs))
    return np.concatenate(parts)


def _capacity(
    question: Question, hosts: Table, stations: Table | None, everybody: float
) -> Floats | None:
    """(m,) how many each can serve; an existing station that does not say, or one without a limit,
    all of them."""
    if question.capacity is not None:
        return np.full(len(hosts) + (0 if stations is None else len(stations)), question.capacity)
    if not question.with_capacities:
        return None
    hosts.require("capacity")
    capacity = _column(hosts, stations, "capacity", np.nan)
    hosts.refuse(
        ~(capacity[: len(hosts)] >= 0), "capacity", "不是不小于 0 的数", "is not 0 or more"
    )
    return np.where(np.isfinite(capacity), capacity, everybody)


def _open(hosts: Table, stations: Table | None) -> npt.NDArray[np.bool_]:
    parts = [
        tables.yes_or_no(one, "open_24h") if "open_24h" in one.texts else np.zeros(len(one), bool)
        for one in (hosts, stations)
        if one is not None
    ]
    return np.concatenate(parts)


def _remark(problem: Problem, points: Table) -> None:
    """What a person should know before the plan."""
    question, sites, notes = problem.question, problem.sites, problem.notes
    if problem.metric == "euclidean" and not {"x", "y"} <= set(points.numbers):
        notes.append(
            "经纬度按平面直线计算，单位为度。 "
            "Longitude and latitude were taken as a plane: distances are in degrees."
        )
    odd = remarks_of(sites, question.sites, question.budget)
    notes += [f"{zh} {en}" for zh, en in odd]
    if isinstance(problem.reach, Reach):
        idle = int(((np.diff(problem.reach.start) == 0) & (sites.fixed != EXISTING)).sum())
        if idle:
            notes.append(
                f"{idle} 个候选点够不到任何需求（过远，或在不连通的路网上）。 "
                f"{idle} candidates reach no demand: too far from it, or on an island of the "
                "network."
            )
