"""The way to a station, and the stations along a way.

`GET /api/stations/{station_id}/route` and `POST /api/stations/along`. Where the asker stands comes
in a header or in the body, which no log holds; it is neither stored nor logged.
"""

from fastapi import APIRouter

from api.walking import along, route
from api.walking.along import stations_along
from api.walking.route import station_route, street_facts

router = APIRouter(prefix="/api/stations", tags=["stations"])
router.include_router(route.router)
router.include_router(along.router)

__all__ = ["router", "station_route", "stations_along", "street_facts"]
