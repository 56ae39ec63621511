"""The coded words of the API, as types: what a parameter may be, told in OpenAPI.

They repeat the tuples of :mod:`geo.schema`; a contract test holds them equal.
"""

from __future__ import annotations

from typing import Literal

Crs = Literal["wgs84", "gcj02", "bd09"]
StationKind = Literal[
    "warm_station",
    "union_service_station",
    "workers_home",
    "mother_baby_room",
    "childcare_class",
    "driver_rest_home",
]
Service = Literal[
    "drinking_water",
    "hot_water",
    "meal_heating",
    "refrigerator",
    "rest",
    "air_conditioning",
    "heating",
    "toilet",
    "phone_charging",
    "battery_swap",
    "wifi",
    "first_aid",
    "defibrillator",
    "sewing_kit",
    "rain_gear",
    "tools",
    "reading",
    "shower",
    "laundry",
    "parking",
    "mother_baby",
    "legal_help",
    "join_union",
]
Access = Literal["public", "members", "internal", "unknown"]
Status = Literal["open", "closed", "limited", "moved"]
ReportKind = Literal["closed", "refused", "wrong_place", "broken_kit", "wrong_facts", "other"]
ReportState = Literal["open", "confirmed", "dismissed"]
HoursState = Literal["open", "closed", "unknown"]
AreaKind = Literal[
    "province",
    "prefecture",
    "district",
    "subdistrict",
    "community",
    "functional_area",
    "industrial_park",
    "commercial_district",
    "office_building",
    "marketplace",
]
Dataset = Literal["areas", "streets", "stations", "enterprises", "candidate_sites", "demand"]
EditionState = Literal["draft", "active", "retired", "discarded"]
RateName = Literal[
    "establishment",
    "establishment_25",
    "establishment_100",
    "membership_unionised",
    "membership_all",
    "new_employment",
]
