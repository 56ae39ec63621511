"""Clusters of enterprises without a union: found once per edition, listed for maps and the API."""

from geo.clusters.find import METHOD, ClusterFacts, ClusterRules, find, list_clusters

__all__ = ["METHOD", "ClusterFacts", "ClusterRules", "find", "list_clusters"]
