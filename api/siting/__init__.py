"""`/api/siting/…`: where the next stations go.

`ground` is what a plan stands on, `models` which conditions each model takes, `evaluating` what a
given set of sites covers, `plans` the jobs, `curving` the budget curve, `rearranging` what to close
or move and one plan for several days, `taking` files and prints of a plan, `doing` tasks, `hosts`
who could take a station, `sources` what estimated demand is.
"""

from fastapi import APIRouter

from api.siting import (
    curving,
    doing,
    evaluating,
    ground,
    hosts,
    models,
    plans,
    rearranging,
    sources,
    taking,
)
from api.siting.curving import siting_curve
from api.siting.doing import change_task, list_tasks, make_tasks
from api.siting.evaluating import evaluate_sites
from api.siting.ground import siting_ground
from api.siting.hosts import list_hosts, units_without_station
from api.siting.models import siting_models
from api.siting.plans import (
    copy_plan,
    delete_plan,
    get_plan,
    list_plans,
    make_plan,
    plan_events,
    plan_proof,
    rename_plan,
    run_plan,
    stop_plan,
)
from api.siting.rearranging import closings_and_moves, robust_plan
from api.siting.sources import demand_sources
from api.siting.taking import plan_geojson, plan_geopackage, plan_map, plan_report, plan_workbook

router = APIRouter()
# Before /{plan_id}, which would take 1.xlsx for a number.
for part in (
    ground,
    models,
    hosts,
    sources,
    evaluating,
    curving,
    rearranging,
    taking,
    plans,
    doing,
):
    router.include_router(part.router)

__all__ = [
    "change_task",
    "closings_and_moves",
    "copy_plan",
    "delete_plan",
    "demand_sources",
    "evaluate_sites",
    "get_plan",
    "list_hosts",
    "list_plans",
    "list_tasks",
    "make_plan",
    "make_tasks",
    "plan_events",
    "plan_geojson",
    "plan_geopackage",
    "plan_map",
    "plan_proof",
    "plan_report",
    "plan_workbook",
    "rename_plan",
    "robust_plan",
    "router",
    "run_plan",
    "siting_curve",
    "siting_ground",
    "siting_models",
    "stop_plan",
    "units_without_station",
]
