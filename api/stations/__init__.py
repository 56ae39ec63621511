"""`/api/stations`: stations as they are stated, and the nearest by walking.

`listing` is the list and the single station, `nearest` the walking search, `shortcut` the short way
to it.
"""

from fastapi import APIRouter

from api.stations import listing, nearest
from api.stations.listing import get_station, list_stations
from api.stations.nearest import nearest_stations

router = APIRouter()
router.include_router(nearest.router)  # before /{station_id}, which would take it for a number
router.include_router(listing.router)

__all__ = ["get_station", "list_stations", "nearest_stations", "router"]
