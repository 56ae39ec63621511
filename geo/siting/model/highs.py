"""HiGHS on a model of plain arrays; run as a file, it reads a model and writes what it found.

Imports nothing of ours, so that the process starts in the time HiGHS needs to be loaded.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np

LEFT_OUT = (
    "mip_allow_restart",
    "mip_heuristic_run_feasibility_jump",
    "mip_heuristic_run_rens",
    "mip_heuristic_run_rins",
    "mip_heuristic_run_root_reduced_cost",
)
"""Of what HiGHS does, where only the proof is wanted: a fifth to a third of its time is left."""


def program_of(model: dict[str, Any]) -> Any:
    """Its columns, all from 0 to 1, and rows, as HiGHS has them; nothing is whole yet."""
    import highspy

    program = highspy.HighsLp()
    program.num_col_ = model["columns"]
    program.num_row_ = len(model["low"])
    program.col_cost_ = model["cost"]
    program.col_lower_ = np.zeros(model["columns"])
    program.col_upper_ = np.ones(model["columns"])
    program.row_lower_ = np.maximum(model["low"], -highspy.kHighsInf)
    program.row_upper_ = np.minimum(model["high"], highspy.kHighsInf)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = model["begin"].astype(np.int32)
    program.a_matrix_.index_ = model["index"].astype(np.int32)
    program.a_matrix_.value_ = model["value"]
    return program


def quiet() -> Any:
    """HiGHS, on one thread and without a word."""
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def run(model: dict[str, Any]) -> dict[str, Any]:
    """Solve a model of :func:`geo.siting.model.exact.model_of` here and now."""
    import highspy

    if not model["columns"]:
        feasible = bool((model["low"] <= 0).all() and (model["high"] >= 0).all())
        return {"x": np.zeros(0), "bound": 0.0, "infeasible": not feasible, "finished": True}
    program = program_of(model)
    whole = highspy.HighsVarType.kInteger
    free = highspy.HighsVarType.kContinuous
    program.integrality_ = [
        whole if column < model["sites"] else free for column in range(model["columns"])
    ]
    solver = quiet()
    solver.setOptionValue("mip_rel_gap", float(model.get("gap", 0.0)))
    # No plan lies between two whole units.
    solver.setOptionValue("mip_abs_gap", 0.99 * model["unit"] if model["unit"] else 1e-9)
    if np.isfinite(model["time"]):
        solver.setOptionValue("time_limit", max(0.05, float(model["time"])))
    if model.get("proof_only"):
        for option in LEFT_OUT:
            solver.setOptionValue(option, False)
    solver.passModel(program)
    if model["start"] is not None:
        at = np.arange(model["sites"], dtype=np.int32)
        solver.setSolution(model["sites"], at, model["start"])
    solver.run()
    status = solver.getModelStatus()
    facts = solver.getInfo()
    solution = solver.getSolution()
    has_plan = facts.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    infeasible = status == highspy.HighsModelStatus.kInfeasible
    bound = -facts.mip_dual_bound if not infeasible else -np.inf
    return {
        "x": np.array(solution.col_value) if has_plan else None,
        "bound": float(bound),
        "infeasible": infeasible,
        "finished": infeasible or status == highspy.HighsModelStatus.kOptimal,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(run(pickle.loads(sys.stdin.buffer.read())), protocol=5))  # noqa: S301
