"""The OpenAPI document is complete, and the service does what it says."""

import inspect
from typing import get_args

from api import (
    areas,
    bulletin,
    cards,
    changes,
    clusters,
    coverage,
    editions,
    enterprises,
    health,
    ledger,
    live,
    openapi,
    places,
    reach,
    reports,
    siting,
    stations,
    tiles,
    unions,
    walking,
    words,
)
from api.problems import EVERYWHERE, MEDIA_TYPE, classes
from api.siting import hosts as siting_hosts
from geo import schema
from geo.areas.unions import UNION_LEVELS
from geo.coordinates import CRS_NAMES
from geo.coverage.rates import RATES
from geo.enterprises.apart import APART
from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES
from geo.enterprises.filter import TIER_NAMES
from geo.hours import HoursState
from geo.schema.areas import AREA_KINDS
from geo.schema.editions import DATASETS, EDITION_STATES
from geo.schema.stations import STATION_STATUSES
from geo.walking.telling import STATES


def operations(app):
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_words_of_the_api_are_those_of_the_tables():
    assert get_args(words.Crs) == CRS_NAMES
    assert get_args(words.StationKind) == schema.STATION_KINDS
    assert get_args(words.Service) == schema.SERVICES
    assert get_args(words.Access) == schema.ACCESS
    assert get_args(words.Status) == STATION_STATUSES
    assert get_args(words.ReportKind) == schema.REPORT_KINDS
    assert get_args(words.ReportState) == schema.REPORT_STATES
    assert get_args(unions.Level) == UNION_LEVELS
    assert get_args(words.AreaKind) == AREA_KINDS
    assert get_args(words.Dataset) == DATASETS
    assert get_args(words.EditionState) == EDITION_STATES
    assert get_args(words.Size) == SIZES
    assert get_args(words.Industry) == INDUSTRIES
    assert get_args(words.UnitClass) == UNIT_CLASSES
    assert get_args(words.UnionState) == schema.UNION_STATES
    assert get_args(words.TierOfUnit) == TIER_NAMES
    assert get_args(words.Apart) == APART
    assert get_args(siting_hosts.HostType) == schema.HOST_TYPES
    assert get_args(siting_hosts.CandidateSource) == schema.CANDIDATE_SOURCES
    assert get_args(siting_hosts.Point) == schema.ASSESSED
    assert get_args(HoursState) == STATES
    assert set(get_args(words.RateName)) == set(RATES)


def filled(path, operation) -> str:
    """The path of something that is there, else of the examples."""
    there = {"station_id": "1", "area_id": "110", "cluster_id": "1"}
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            value = there.get(one["name"], one["schema"]["examples"][0])
            path = path.replace(f"{{{one['name']}}}", str(value))
    return path


def test_every_parameter_is_described_and_has_an_example_that_is_accepted(open_app, client):
    for path, method, operation in operations(open_app):
        for one in operation.get("parameters", []):
            where = (path, one["name"])
            assert one.get("description") or one["schema"].get("description"), where
            examples = one["schema"].get("examples")
            assert examples, where
            if one["in"] != "query":
                continue
            here = path.endswith(("nearest", "unions/here", "route"))
            base = {"lon": 113.65, "lat": 34.75} if here else {}
            if path.endswith("changes"):
                base = {"cells": "12-3341-1630"}
            if path.endswith("places"):
                base = {"q": "人民路"}
            for example in examples:
                answer = client.request(
                    method,
                    filled(path, operation),
                    params={**base, one["name"]: example},
                )
                # An example of an id or a page is of some other city: not there, but well-formed.
                problem = answer.json() if answer.status_code >= 400 else {}
                assert "errors" not in problem, (where, example, answer.text)


def test_every_operation_is_named_as_its_function_and_says_what_it_does(open_app):
    names = [operation["operationId"] for _, _, operation in operations(open_app)]
    assert len(names) == len(set(names))
    rooms = (
        areas,
        bulletin,
        cards,
        changes,
        clusters,
        coverage,
        editions,
        enterprises,
        health,
        ledger,
        live,
        places,
        reach,
        reports,
        siting,
        stations,
        tiles,
        unions,
        walking,
    )
    functions = {name for room in rooms for name, _ in inspect.getmembers(room, inspect.isfunction)}
    for _, _, operation in operations(open_app):
        assert operation["operationId"] in functions
        assert operation["description"]
        assert operation["tags"]


def test_every_error_is_documented_with_an_example(open_app):
    slugs = {error.slug: error.status for error in classes()}
    told = set()
    for path, _, operation in operations(open_app):
        for error in EVERYWHERE:
            assert str(error.status) in operation["responses"], path
        if operation.get("security"):
            assert {"401", "403"} <= set(operation["responses"]), path
        if operation.get("parameters"):
            assert "422" in operation["responses"], path
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            content = response["content"][MEDIA_TYPE]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            for slug, example in content["examples"].items():
                assert slugs[slug] == int(status) == example["value"]["status"]
                told.add(slug)
    document = str(open_app.openapi())
    assert "HTTPValidationError" not in document
    # Errors of files belong to no question one can ask here.
    assert set(slugs) - told == {"error", "invalid-file"}


def test_no_address_is_forgotten(open_app):
    paths = set(open_app.openapi()["paths"])
    assert paths == {
        "/api/areas",
        "/api/areas/{area_id}",
        "/api/clusters",
        "/api/clusters.geojson",
        "/api/clusters.xlsx",
        "/api/clusters/rules",
        "/api/clusters/{cluster_id}",
        "/api/clusters/{cluster_id}/members",
        "/api/clusters/{cluster_id}/visits",
        "/api/coverage",
        "/api/coverage/columns",
        "/api/coverage/compare",
        "/api/coverage/map",
        "/api/coverage/series",
        "/api/coverage/stations",
        "/api/coverage/stations/pockets",
        "/api/coverage/stations/pockets.geojson",
        "/api/coverage/visits",
        "/api/editions",
        "/api/enterprises",
        "/api/enterprises/figures",
        "/api/enterprises/{enterprise_id}",
        "/api/enterprises/{enterprise_id}/union",
        "/api/enterprises/{enterprise_id}/union/{change_id}",
        "/api/ledger",
        "/api/live",
        "/api/live/state",
        "/api/places",
        "/api/reports",
        "/api/reports/{receipt}",
        "/api/siting/changes",
        "/api/siting/curve",
        "/api/siting/demand/sources",
        "/api/siting/evaluate",
        "/api/siting/ground",
        "/api/siting/hosts",
        "/api/siting/models",
        "/api/siting/plans",
        "/api/siting/plans/{plan_id}",
        "/api/siting/plans/{plan_id}.geojson",
        "/api/siting/plans/{plan_id}.gpkg",
        "/api/siting/plans/{plan_id}.xlsx",
        "/api/siting/plans/{plan_id}/copy",
        "/api/siting/plans/{plan_id}/events",
        "/api/siting/plans/{plan_id}/map.html",
        "/api/siting/plans/{plan_id}/proof.json",
        "/api/siting/plans/{plan_id}/report.pdf",
        "/api/siting/plans/{plan_id}/run",
        "/api/siting/plans/{plan_id}/stop",
        "/api/siting/plans/{plan_id}/tasks",
        "/api/siting/robust",
        "/api/siting/tasks",
        "/api/siting/tasks/{task_id}",
        "/api/siting/units_without_station",
        "/api/stations",
        "/api/stations/along",
        "/api/stations/changes",
        "/api/stations/nearest",
        "/api/stations/reach",
        "/api/stations/reach.geojson",
        "/api/stations/{station_id}",
        "/api/stations/{station_id}/reports",
        "/api/stations/{station_id}/route",
        "/api/unions/here",
        "/cards/area/{area_id}",
        "/cards/{station_id}",
        "/healthz",
        "/map/style.json",
        "/maps/clusters.html",
        "/maps/coverage.html",
        "/readyz",
        "/reports/bulletin.pdf",
        "/reports/bulletin.xlsx",
        "/tiles/{edition}/areas/{z}/{x}/{y}",
        "/tiles/{edition}/base/{z}/{x}/{y}",
        "/tiles/{edition}/clusters/{z}/{x}/{y}",
        "/tiles/{edition}/enterprises/{z}/{x}/{y}",
        "/tiles/{edition}/stations/{z}/{x}/{y}",
    }
    assert {tag["name"] for tag in openapi.TAGS} == {
        tag for _, _, operation in operations(open_app) for tag in operation["tags"]
    }
