"""p-median and p-centre on published instances, each to the proof, beside pbp-pmedian and spopt.

    nuanyi bench median
    python tests/benchmarks/bench_median.py ../shared/data/siting --only pmed --peers 1
    python tests/benchmarks/bench_median.py ../shared/data/siting --only rl1304

The peers are `pip install pbp-pmedian spopt pulp`; each solve of a peer has `--limit` seconds, and
one that does not end by then counts as that long. Ours and the peer's take turns on the same
matrix; ours begins from the pairs, the peer's from its matrix. Compiled before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from siting_walk_oracle import complete_reach, or_library, tsplib  # noqa: E402

from geo.siting.centre.solve import p_centre  # noqa: E402
from geo.siting.control import Control  # noqa: E402
from geo.siting.median import p_median  # noqa: E402
from geo.siting.problem import Answer, Demand, Rules, Sites  # noqa: E402

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "siting"
CENTRES = (127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13)
RL1304 = {
    5: 3_099_073,
    10: 2_134_295,
    20: 1_412_108,
    50: 795_012,
    100: 491_639,
    200: 268_573,
    300: 177_326,
    400: 128_332,
    500: 97_024,
}
SJC324 = {5: 4_393_323.5, 10: 2_751_168.8, 20: 1_738_437.5}
LIMIT = 60.0
SELF, CHILDREN = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
SPOPT_CENTRES = 2
"""spopt's p-centre takes minutes from the third on."""


def run(
    folder: Path = FOLDER,
    only: frozenset[str] = frozenset({"pmed", "centre", "sjc", "rl1304"}),
    limit: float = LIMIT,
    *,
    peers: bool = True,
) -> Iterator[dict[str, Any]]:
    """Each instance beside its peers, then the totals with their bars."""
    if not folder.is_dir():
        yield {"name": "siting instances", "ours": None, "note": f"needs {folder}"}
        return
    _warm(folder)
    if "pmed" in only:
        yield from _pmed(folder, limit, peers=peers)
    if "centre" in only:
        yield from _centres(folder, limit, peers=peers)
    if "sjc" in only:
        yield from _sjc(folder)
    if "rl1304" in only:
        yield from _cities(folder)


def _cpu() -> float:
    """Seconds of this process, all its threads, and of the processes it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (SELF, CHILDREN))


def _timed(model: Any, metres: Any, p: int, weight: Any = None) -> tuple[Answer, float, float]:
    """The answer, seconds by the clock, and seconds of processor."""
    points = len(metres)
    reach = complete_reach(metres)
    demand = Demand.of(np.ones(points) if weight is None else weight)
    began, used = time.perf_counter(), _cpu()
    answer = model(demand, Sites.of(points), reach, Rules(p=p), Control(600.0))
    return answer, time.perf_counter() - began, _cpu() - used


def _warm(folder: Path) -> None:
    for number in (2, 9):
        metres, p = or_library(folder, number)
        _timed(p_median, metres, p)
        _timed(p_centre, metres, p)


def _proved(answer: Answer, best: float) -> bool:
    near = abs(answer.objective - best) <= 0.06 and abs(answer.bound - best) <= 0.06
    return near and answer.status == "optimal"


def _pmed(folder: Path, limit: float, *, peers: bool) -> Iterator[dict[str, Any]]:
    words = (folder / "pmed" / "optimal.txt").read_text().split()
    total, proved, sooner, beside, spopts, busy = 0.0, 0, 0, 0, [], 0.0
    for number in range(1, 21):
        metres, p = or_library(folder, number)
        best = float(words[words.index(f"pmed{number}") + 1])
        answer, ours, cpu = _timed(p_median, metres, p)
        total += ours
        busy += cpu
        proved += _proved(answer, best)
        peer = _pbp(metres, p, best, limit) if peers else None
        other = _spopt("PMedian", metres, p, limit) if peers else None
        if peer is not None:
            beside += 1
            sooner += ours < peer
        if other is not None:
            spopts.append(other / ours)
        yield {
            "name": f"p-median pmed{number} ({len(metres)}, {p}), proved",
            "ours": ours,
            "peer": peer,
            "ratio": None if peer is None else peer / ours,
            "unit": "s",
            "holds": _proved(answer, best),
            "cpu": cpu,
            "note": "pbp-pmedian" + ("" if other is None else f"; spopt + HiGHS {other:.2f} s"),
        }
    yield {
        "name": "p-median pmed1-20 in all",
        "ours": total,
        "unit": "s",
        "bar": 25.0,
        "holds": total <= 25.0 and proved == 20,
        "cpu": busy,
        "note": f"{proved} of 20 proved",
    }
    if beside:
        yield {
            "name": "p-median: sooner than pbp-pmedian",
            "ours": sooner,
            "unit": f"of {beside}",
            "bar": 15,
            "holds": sooner >= 15,
        }
    if spopts:
        yield {
            "name": "p-median: least ratio to spopt",
            "ours": min(spopts),
            "unit": "x",
            "bar": 1.0,
            "holds": min(spopts) > 1.0,
            "note": f"geometric mean {np.exp(np.mean(np.log(spopts))):.0f}",
        }


def _centres(folder: Path, limit: float, *, peers: bool) -> Iterator[dict[str, Any]]:
    total, proved, busy = 0.0, 0, 0.0
    for number in range(1, 21):
        metres, p = or_library(folder, number)
        answer, ours, cpu = _timed(p_centre, metres, p)
        total += ours
        busy += cpu
        proved += _proved(answer, CENTRES[number - 1])
        if peers and number <= SPOPT_CENTRES:
            peer = _spopt("PCenter", metres, p, limit)
            yield {
                "name": f"p-centre pmed{number} ({len(metres)}, {p}), proved",
                "ours": ours,
                "peer": peer,
                "ratio": None if peer is None else peer / ours,
                "unit": "s",
                "holds": _proved(answer, CENTRES[number - 1]),
                "note": "spopt + HiGHS",
            }
    yield {
        "name": "p-centre pmed1-20 in all",
        "ours": total,
        "unit": "s",
        "bar": 30.0,
        "holds": total <= 30.0 and proved == 20,
        "cpu": busy,
        "note": f"{proved} of 20 proved",
    }


def _sjc(folder: Path) -> Iterator[dict[str, Any]]:
    lines = (folder / "sjc" / "SJC324.txt").read_text().splitlines()[1:]
    table = np.array([line.split()[:3] for line in lines if line.strip()], float)
    metres = np.linalg.norm(table[:, None, :2] - table[None, :, :2], axis=2)
    for p, best in SJC324.items():
        answer, ours, cpu = _timed(p_median, metres, p, table[:, 2])
        yield {
            "name": f"weighted p-median SJC324, p = {p}, proved",
            "ours": ours,
            "unit": "s",
            "cpu": cpu,
            "holds": _proved(answer, best),
        }


def _cities(folder: Path) -> Iterator[dict[str, Any]]:
    metres = tsplib(folder, "rl1304")
    for p, best in RL1304.items():
        answer, ours, cpu = _timed(p_median, metres, p)
        yield {
            "name": f"p-median rl1304, p = {p}, proved",
            "ours": ours,
            "unit": "s",
            "bar": 60.0,
            "holds": ours <= 60.0 and _proved(answer, best),
            "cpu": cpu,
            "note": f"gap {answer.gap:.4%}",
        }


def _pbp(metres: Any, p: int, best: float, limit: float) -> float | None:
    try:
        from pbp_pmedian import solve
    except ImportError:
        return None
    began = time.perf_counter()
    value = solve(np.asarray(metres, float), p, time_limit=limit)[0]
    took = time.perf_counter() - began
    return took if value is not None and abs(float(value) - best) < 0.5 else max(took, limit)


def _spopt(model: str, metres: Any, p: int, limit: float) -> float | None:
    try:
        import pulp
        from spopt import locate
    except ImportError:
        return None
    solver = pulp.HiGHS(msg=False, timeLimit=limit)
    began = time.perf_counter()
    if model == "PMedian":
        locate.PMedian.from_cost_matrix(metres, np.ones(len(metres)), p).solve(solver)
    else:
        locate.PCenter.from_cost_matrix(metres, p).solve(solver)
    return time.perf_counter() - began


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--only", default="pmed,centre,sjc,rl1304")
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--peers", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    records = []
    only = frozenset(asked.only.split(","))
    for record in run(asked.folder, only, asked.limit, peers=bool(asked.peers)):
        records.append(record)
        print(json.dumps(record, default=float), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(records, indent=1, default=float), encoding="utf-8")


if __name__ == "__main__":
    main()
