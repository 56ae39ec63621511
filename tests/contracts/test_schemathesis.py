"""Thousands of questions made from the OpenAPI document: the service keeps to what it says.

Each answer must have a documented status, content type and shape, and none may be a mistake of
ours; questions that break the document must be refused.
"""

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from planning_town import a_town
from schemathesis import GenerationMode
from schemathesis.checks import ignored_auth, positive_data_acceptance
from schemathesis.config import SchemathesisConfig
from served import KEY

from api.app import create_app
from geo.settings import Settings

BOUNDED = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
OPERATIONS = [
    "list_areas",
    "get_area",
    "list_clusters",
    "cluster_rules",
    "clusters_geojson",
    "clusters_workbook",
    "clusters_page",
    "get_cluster",
    "cluster_members",
    "cluster_visits",
    "list_coverage",
    "coverage_columns",
    "set_up_map",
    "stations_coverage",
    "stations_pockets",
    "stations_pockets_outlines",
    "bulletin_pdf",
    "bulletin_xlsx",
    "compare_coverage",
    "coverage_series",
    "coverage_visits",
    "read_ledger",
    "list_editions",
    "list_enterprises",
    "enterprise_figures",
    "get_enterprise",
    "note_union",
    "revoke_union",
    "siting_ground",
    "siting_models",
    "evaluate_sites",
    "siting_curve",
    "closings_and_moves",
    "robust_plan",
    "make_plan",
    "list_plans",
    "get_plan",
    "rename_plan",
    "delete_plan",
    "stop_plan",
    "run_plan",
    "copy_plan",
    "plan_proof",
    "plan_geojson",
    "plan_geopackage",
    "plan_workbook",
    "plan_report",
    "plan_map",
    "make_tasks",
    "list_tasks",
    "change_task",
    "live_state",
    "list_stations",
    "nearest_stations",
    "get_station",
    "find_places",
    "stations_reach",
    "stations_reach_outlines",
    "station_changes",
    "station_route",
    "stations_along",
    "send_report",
    "get_report",
    "list_reports",
    "unions_at_position",
    "base_tile",
    "station_tile",
    "enterprise_tile",
    "area_tile",
    "cluster_tile",
    "style_of_map",
    "station_card",
    "area_cards",
    "healthz",
    "readyz",
    "coverage_page",
    "list_hosts",
    "demand_sources",
    "units_without_station",
]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
QUESTIONS = [
    pytest.param(8, id="a few"),
    pytest.param(100, id="many", marks=pytest.mark.slow),
]
"""How many for each operation and mode."""
WITHOUT_PARAMETERS = {"healthz", "readyz", "live_state"}
STREAMS = {"live_events", "plan_events"}
"""They never end; see tests/api/test_live.py and tests/api/test_siting.py."""
NUMBERED = {"get_plan", "delete_plan", "stop_plan", "run_plan", "copy_plan", "plan_proof"} | {
    "plan_geojson", "plan_geopackage", "plan_workbook", "plan_report", "plan_map"
}  # fmt: skip
"""They take little more than a number, in the same way: few questions try them."""
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
"""How a question that breaks the document may be answered: a body of too many items can be too long
before it is read."""
HERE = {"Host": "127.0.0.1"}
THERE = {"Authorization": "Bearer " + KEY.encode().decode("latin-1")}


@pytest.fixture(scope="module")
def operations():
    """What an application's document says it does, by name; read once for each application."""
    kept = {}
    checks = {"negative_data_rejection": {"expected-statuses": REFUSED}}
    config = SchemathesisConfig.from_dict({"checks": checks})

    def read(app, headers):
        if app not in kept:
            schema = schemathesis.openapi.from_asgi(
                "/openapi.json", app, headers=headers, config=config
            )
            found = (result.ok() for result in schema.get_all_operations())
            kept[app] = {one.definition.raw["operationId"]: one for one in found}
        return kept[app]

    return read


def test_every_operation_is_tried(open_app, operations):
    assert set(operations(open_app, HERE)) == {*OPERATIONS, *STREAMS}


@pytest.mark.parametrize("questions", QUESTIONS)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_any_question_at_this_machine(open_app, operations, name, mode, questions):
    if mode is GenerationMode.NEGATIVE and name in WITHOUT_PARAMETERS:
        return
    # A box, a time or a page can have the right form and still be none: 422 says which. And
    # without a key nothing can be refused for lack of one.
    without = [positive_data_acceptance, ignored_auth]
    ask(operations(open_app, HERE)[name], mode, HERE, without, questions)


@pytest.mark.parametrize(
    "name", ["list_clusters", "list_coverage", "list_editions", "list_reports"]
)
def test_any_question_with_the_key(keyed_app, operations, name):
    # It is asked with the key, without, and with another: the secured ones must tell them apart.
    operation = operations(keyed_app, {})[name]
    ask(operation, GenerationMode.POSITIVE, THERE, [positive_data_acceptance], 40)


def ask(operation, mode, headers, without, questions):
    if operation.definition.raw["operationId"] in NUMBERED:
        questions = min(questions, 15)

    @settings(BOUNDED, max_examples=questions)
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case):
        case.call_and_validate(headers=headers, excluded_checks=without)

    asked()


@pytest.fixture(scope="module")
def planner_app(cluster, tmp_path_factory):
    """The service of a town with candidates and demand."""
    with a_town(cluster) as town:
        app = create_app(Settings(state=tmp_path_factory.mktemp("planner")), town.database)
        with TestClient(app):
            yield app


@pytest.mark.parametrize("questions", QUESTIONS)
@pytest.mark.parametrize("name", ["siting_ground", "evaluate_sites"])
def test_any_question_about_siting_where_there_is_an_answer(
    planner_app, operations, name, questions
):
    without = [positive_data_acceptance, ignored_auth]
    ask(operations(planner_app, HERE)[name], GenerationMode.POSITIVE, HERE, without, questions)
