"""`/api/coverage…` and `/maps/coverage.html`: union coverage as rates, in numbers and as a map.

`rates` are the numbers, `compare` and `series` their change over time, `visits` where to send
people, `page` the map in one file; `stations` and `pockets` the stations' side: who can walk to
one. `setup` and `columns` are what the leader's page is drawn with.
"""

from fastapi import APIRouter

from api.coverage import columns, compare, page, pockets, rates, series, setup, stations, visits
from api.coverage.columns import coverage_columns
from api.coverage.compare import compare_coverage
from api.coverage.page import coverage_page
from api.coverage.pockets import stations_pockets, stations_pockets_outlines
from api.coverage.rates import list_coverage
from api.coverage.series import coverage_series
from api.coverage.setup import set_up_map
from api.coverage.stations import stations_coverage
from api.coverage.visits import coverage_visits

router = APIRouter()
for part in (rates, columns, setup, compare, series, visits, page, stations, pockets):
    router.include_router(part.router)

__all__ = [
    "compare_coverage",
    "coverage_columns",
    "coverage_page",
    "coverage_series",
    "coverage_visits",
    "list_coverage",
    "router",
    "set_up_map",
    "stations_coverage",
    "stations_pockets",
    "stations_pockets_outlines",
]
