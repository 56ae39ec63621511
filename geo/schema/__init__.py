"""The tables of Nuanyi, one module a subject.

Every row of imported data belongs to an *edition* (`edition_id`), one numbered import of one
dataset; see :mod:`geo.editions`. Large tables (`enterprise`, `street`, `street_node`,
`surrounding`, `demand`, `area_membership`, `cluster_member`) are partitioned by list, one partition
an edition, so that dropping an edition is a `DROP TABLE`. Geometry is WGS 84 (EPSG:4326). Every
`id` except `edition.id` is a *stable identity*: 53 bits of a hash of the natural key (credit code,
division code, name and address), the same in each edition, safe in JSON; see
:func:`geo.files.identity.stable_ids`.
"""

from geo.schema.areas import (
    Area,
    AreaChange,
    AreaFigures,
    AreaMembership,
    AreaStations,
    Assignment,
    SetApart,
)
from geo.schema.base import Base
from geo.schema.clusters import CLUSTER_KINDS, TIERS, Cluster, ClusterMember, ClusterRun
from geo.schema.editions import DATASETS, Edition
from geo.schema.enterprises import (
    BUSINESS_STATES,
    UNION_STATES,
    Enterprise,
    LedgerEntry,
    UnionChange,
)
from geo.schema.plans import PLAN_STATES, TASK_STATES, SitingPlan, SitingTask
from geo.schema.siting import ASSESSED, CANDIDATE_SOURCES, HOST_TYPES, CandidateSite, Demand
from geo.schema.stations import (
    ACCESS,
    REPORT_KINDS,
    REPORT_STATES,
    SERVICES,
    STATION_KINDS,
    Station,
    StationDuplicate,
    StationReport,
    StationStatus,
)
from geo.schema.streets import SURROUNDING_KINDS, Street, StreetNode, Surrounding

__all__ = [
    "ACCESS",
    "ASSESSED",
    "BUSINESS_STATES",
    "CANDIDATE_SOURCES",
    "CLUSTER_KINDS",
    "DATASETS",
    "HOST_TYPES",
    "PLAN_STATES",
    "REPORT_KINDS",
    "REPORT_STATES",
    "SERVICES",
    "STATION_KINDS",
    "SURROUNDING_KINDS",
    "TASK_STATES",
    "TIERS",
    "UNION_STATES",
    "Area",
    "AreaChange",
    "AreaFigures",
    "AreaMembership",
    "AreaStations",
    "Assignment",
    "Base",
    "CandidateSite",
    "Cluster",
    "ClusterMember",
    "ClusterRun",
    "Demand",
    "Edition",
    "Enterprise",
    "LedgerEntry",
    "SetApart",
    "SitingPlan",
    "SitingTask",
    "Station",
    "StationDuplicate",
    "StationReport",
    "StationStatus",
    "Street",
    "StreetNode",
    "Surrounding",
    "UnionChange",
]
