"""Clusters of enterprises without a union: found once per edition, listed for maps and the API."""

from geo.clusters.again import find_again
from geo.clusters.facts import (
    ClusterFacts,
    RunFacts,
    get_cluster,
    get_run,
    list_clusters,
    member_ids,
    up_to_date,
)
from geo.clusters.find import DENSITY, METHODS, QUICK_REPLICATES, REPLICATES, find
from geo.clusters.gather import SCANNED_KINDS
from geo.clusters.rescan import rescan
from geo.clusters.rules import METHOD, ScanRules

__all__ = [
    "DENSITY",
    "METHOD",
    "METHODS",
    "QUICK_REPLICATES",
    "REPLICATES",
    "SCANNED_KINDS",
    "ClusterFacts",
    "RunFacts",
    "ScanRules",
    "find",
    "find_again",
    "get_cluster",
    "get_run",
    "list_clusters",
    "member_ids",
    "rescan",
    "up_to_date",
]
