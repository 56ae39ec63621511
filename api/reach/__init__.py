"""`/api/stations/reach`: who is within so many minutes' walk of an open station."""

from api.reach.asked import router
from api.reach.outlines import features, stations_reach_outlines
from api.reach.shares import stations_reach, told

__all__ = ["features", "router", "stations_reach", "stations_reach_outlines", "told"]
