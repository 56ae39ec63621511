"""The proof.json of a saved plan: whether its certificate proves what it states, by the checker of
its model, from the weights, costs and pairs that stand beside it.

Who reaches whom and what was asked are taken from the file: of that it is no proof.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from geo.errors import InvalidFile
from geo.siting.centre_proof import check_centre
from geo.siting.checker import check, check_served
from geo.siting.files import cases, changing, plan
from geo.siting.files.checking import BEYOND, Checked
from geo.siting.median.certificate import check_walk
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Floats, Longs, Reach, Rules
from geo.siting.problem import Sites as SitesOf
from geo.siting.proofs import UNREADABLE, Question, proved

PARTS: Final = ("weight", "cost", "demand", "site", "certificate")
FORMATS: Final = (plan.FORMAT, changing.FORMAT, cases.FORMAT)
GZIP: Final = b"\x1f\x8b"


def read_checkable(path: Path) -> dict[str, Any]:
    """Read what `nuanyi siting check` can check: PLAN.json, CHANGES.json, ROBUST.json, or the
    proof.json of a saved plan, also gzipped.

    Raises:
        InvalidFile: there is no such file, or it is none of these.
    """
    try:
        content = path.read_bytes()
        told = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
    except OSError as error:
        raise InvalidFile(
            f"{path} 无法读取。 {path} cannot be read: {error.strerror or error}.",
            remedy="请检查路径与权限。 Check the path and its permissions.",
        ) from error
    except (ValueError, EOFError, RecursionError):
        told = None
    if isinstance(told, dict) and (told.get("format") in FORMATS or is_proof(told)):
        return told
    raise InvalidFile(
        f"{path.name} 既不是 PLAN.json 也不是 proof.json。 "
        f"{path.name} is neither a PLAN.json nor a proof.json of this program.",
        remedy="给出 nuanyi siting solve、close、move 或 robust 写出的文件，或 "
        "/api/siting/plans/编号/proof.json。 Give a file that nuanyi siting solve, close, move or "
        "robust wrote, or /api/siting/plans/NUMBER/proof.json.",
    )


def is_proof(told: Mapping[str, Any]) -> bool:
    """Whether it is a proof.json: a certificate with the arrays its checker needs."""
    return set(PARTS) <= set(told) and isinstance(told["certificate"], dict)


class _Given(NamedTuple):
    """The arrays of a proof.json: (n,) weight and district, (m,) cost, capacity and fixed state,
    (k,) demand, site and metres of the pairs; None where there are none."""

    weight: Floats
    district: Longs | None
    cost: Floats
    capacity: Floats | None
    fixed: Longs
    demand: Longs
    site: Longs
    metres: Floats | None


def check_proof(told: Mapping[str, Any]) -> Checked:
    """Multiply a proof.json out.

    Returns:
        `stated` and `stated_bound` are the certificate's own. `value` is None where the certificate
        does not say who walks where (p-median with capacities).

    Raises:
        InvalidFile: no checker of that model, or an array that it needs is missing.

    Cost: a pass over the pairs for each price vector of the certificate.
    """
    proof = told["certificate"]
    model = str(proof.get("model", "max-cover"))
    if model not in _CHECKERS:
        raise InvalidFile(
            f"没有模型“{model}”的核对程序。 There is no checker of the model '{model}'.",
            remedy="可核对 / There are: " + "、".join(_CHECKERS) + "。",
            field="certificate",
        )
    try:
        given = _given(told, proof)
        _require(given, model, proof)
        value, bound = _CHECKERS[model](given, proof)
        stated, stated_bound = float(proof["value"]), float(proof["bound"])
    except UNREADABLE as error:
        raise InvalidFile(
            "证书读不懂，什么也没有证明。 The certificate cannot be read: it proves nothing.",
            remedy="重新下载 proof.json。 Download the proof.json again.",
            field="certificate",
        ) from error
    broken = []
    if value is not None and np.isnan(value):
        broken.append("方案不满足证书的条件。 The plan breaks a condition of its certificate.")
    more = model.startswith("max-cover")
    worth = stated if value is None or np.isnan(value) else value
    for which, one in ((("所记的界", "The bound as stated"), stated_bound), (BEYOND, bound)):
        near = 1e-6 * max(1.0, abs(worth))
        if one is not None and (worth > one + near if more else worth < one - near):
            broken.append(f"{which[0]}与方案矛盾。 {which[1]} contradicts the plan.")
    return Checked(value, stated, bound, stated_bound, broken)


def _given(told: Mapping[str, Any], proof: Mapping[str, Any]) -> _Given:
    cost = np.array(told["cost"], np.float64)
    fixed = np.zeros(len(cost), np.int64)
    for name, state in (("existing", EXISTING), ("forced", FORCED), ("forbidden", FORBIDDEN)):
        fixed[np.array(proof[name], np.int64)] = state
    rooms, district, metres = (told.get(name) for name in ("capacity", "district", "metres"))
    given = _Given(
        np.array(told["weight"], np.float64),
        None if district is None else np.array(district, np.int64),
        cost,
        # JSON has no infinity.
        None
        if rooms is None
        else np.array([np.inf if one is None else one for one in rooms], float),
        fixed,
        np.array(told["demand"], np.int64),
        np.array(told["site"], np.int64),
        None if metres is None else np.array(metres, np.float64),
    )
    sizes = [(given.demand, len(given.weight)), (given.site, len(cost))]
    for which, size in sizes:
        if len(which) and not 0 <= which.min() <= which.max() < size:
            raise ValueError(size)
    if len(given.demand) != len(given.site):
        raise ValueError(len(given.demand))
    return given


def _rooms(told: list[float | None]) -> Floats:
    # JSON has no infinity: a site without a limit has none.
    return np.array([np.inf if one is None else one for one in told], np.float64)


def _require(given: _Given, model: str, proof: Mapping[str, Any]) -> None:
    """Refuse a file without an array that its checker needs."""
    needs = {
        "metres": model.startswith("p-") or bool(proof.get("layers") or proof.get("steps")),
        "capacity": model.endswith("with capacities"),
        "district": bool(proof.get("floors") or proof.get("district_least_share")),
    }
    lacking = [name for name, needed in needs.items() if needed and getattr(given, name) is None]
    if lacking:
        raise InvalidFile(
            f"proof.json 缺少 {'、'.join(lacking)}，无法核对。 "
            f"The proof.json lacks {', '.join(lacking)}: its bound cannot be derived.",
            remedy="用现在的版本重新计算方案，再下载。 "
            "Work the plan out again with this version, and download it then.",
            field=lacking[0],
        )


Found = tuple[float | None, float | None]


def _max_cover(given: _Given, proof: dict[str, Any]) -> Found:
    metres = given.metres if proof["layers"] else None
    pairs = (given.demand, given.site, metres)
    return check(given.weight, *pairs, given.cost, proof, given.district)


def _with_capacities(given: _Given, proof: dict[str, Any]) -> Found:
    return check_served(given.weight, given.demand, given.site, given.capacity, given.cost, proof)


def _p_median(given: _Given, proof: dict[str, Any]) -> Found:
    rooms = given.capacity if str(proof["model"]).endswith("with capacities") else None
    value, bound = check_walk(
        given.weight, given.demand, given.site, given.metres, given.cost, proof, rooms
    )
    fits = _within_limits(given, proof)
    return (None if rooms is not None and fits else value if fits else np.nan), bound


def _p_centre(given: _Given, proof: dict[str, Any]) -> Found:
    assert given.metres is not None
    bound = check_centre(given.weight, given.demand, given.site, given.metres, given.fixed, proof)
    usable = (given.fixed[given.site] != FORBIDDEN) & (given.weight[given.demand] > 0)
    stands = np.isin(given.site, _open(given, proof))
    nearest, reachable = (np.full(len(given.weight), np.inf) for _ in range(2))
    for near, some in ((nearest, stands), (reachable, usable)):
        np.minimum.at(near, given.demand[some], given.metres[some])
    needy = (given.weight > 0) & np.isfinite(reachable)
    value = float(nearest[needy].max(initial=0.0))
    return (value if _within_limits(given, proof) and np.isfinite(value) else np.nan), bound


def _set_cover(given: _Given, proof: dict[str, Any]) -> Found:
    steps = tuple((float(metres), float(share)) for metres, share in proof["steps"])
    floors = {int(name): float(share) for name, share in proof["district_least_share"].items()}
    order = np.lexsort((given.demand, given.site))
    start = np.zeros(len(given.cost) + 1, np.int64)
    np.cumsum(np.bincount(given.site, minlength=len(given.cost)), out=start[1:])
    metres = None if given.metres is None else given.metres[order].astype(np.float32)
    question = Question(
        "set-cover",
        Demand.of(given.weight, district=given.district),
        SitesOf.of(len(given.cost), cost=given.cost, fixed=given.fixed),
        Reach(start, given.demand[order].astype(np.int32), metres),
        Rules(share=proof["share"], district_least_share=floors, steps=steps),
    )
    _, bound, wrong = proved(
        question, proof | {"district_least_share": floors}, _open(given, proof)
    )
    if wrong:
        raise ValueError(wrong)
    return _cost_if_covered(given, proof, steps, floors), bound


def _cost_if_covered(
    given: _Given,
    proof: dict[str, Any],
    steps: tuple[tuple[float, float], ...],
    floors: dict[int, float],
) -> float:
    """What the plan costs; NaN where it covers less than is asked."""

    def share_of(some: Any) -> Floats:
        share = np.zeros(len(given.weight))
        far = np.zeros(len(given.site)) if given.metres is None else given.metres
        counts = np.zeros(len(far)) if steps else np.ones(len(far))
        for metres, part in reversed(steps):
            counts[far <= np.float32(metres)] = part
        np.maximum.at(share, given.demand[some], counts[some])
        return share

    covered = given.weight * share_of(np.isin(given.site, _open(given, proof)))
    whole = float(given.weight.sum())
    fits = proof["share"] is None or covered.sum() >= proof["share"] * whole * (1 - 1e-9) - 1e-9
    for at, share in floors.items():
        inside = given.district == at
        least = share * float(given.weight[inside].sum())
        fits = fits and float(covered[inside].sum()) >= least * (1 - 1e-9) - 1e-9
    if proof["share"] is None and not floors:
        can = given.weight * share_of(given.fixed[given.site] != FORBIDDEN)
        fits = covered.sum() >= can.sum() * (1 - 1e-9) - 1e-9
    new = np.setdiff1d(np.array(proof["sites"], np.int64), proof["existing"])
    return float(given.cost[new].sum()) if fits else float("nan")


def _open(given: _Given, proof: Mapping[str, Any]) -> Longs:
    found: Longs = np.union1d(
        np.array(proof["sites"], np.int64), np.flatnonzero(given.fixed == EXISTING)
    ).astype(np.int64)
    return found


def _within_limits(given: _Given, proof: Mapping[str, Any]) -> bool:
    """Whether the plan keeps to number and budget, with all that are forced and none forbidden."""
    new = np.setdiff1d(np.array(proof["sites"], np.int64), proof["existing"])
    fits = proof["p"] is None or len(new) <= proof["p"]
    budget = proof.get("budget")
    fits = fits and (budget is None or given.cost[new].sum() <= budget * (1 + 1e-9))
    fits = fits and bool(np.isin(np.flatnonzero(given.fixed == FORCED), new).all())
    return bool(fits and not (given.fixed[new] == FORBIDDEN).any())


_CHECKERS: Final[Mapping[str, Callable[[_Given, dict[str, Any]], Found]]] = {
    "max-cover": _max_cover,
    "max-cover with capacities": _with_capacities,
    "set-cover": _set_cover,
    "p-median": _p_median,
    "p-median with capacities": _p_median,
    "p-centre": _p_centre,
}
