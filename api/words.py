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
    "establishment_eligible",
    "establishment_100",
    "joint_coverage",
    "membership_unionised",
    "membership_all",
    "new_employment",
]
Size = Literal["unstated", "1_4", "5_24", "25_99", "100_plus"]
Industry = Literal[
    "unstated", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q",
    "R", "S", "T", "other",
]  # fmt: skip
UnitClass = Literal[
    "unstated",
    "non_public_enterprise",
    "state_owned_enterprise",
    "individual_business",
    "public_institution",
    "government_organ",
    "social_organisation",
    "other",
]
UnionState = Literal["own", "joint", "none", "in_preparation", "unknown"]
TierOfUnit = Literal["none", "to_check", "confirmed"]
Apart = Literal["counted", "mass_registration", "dormant", "closed"]
