"""`/api/clusters…` and `/maps/clusters.html`: where enterprises without a union stand together,
which union fits there, and whom to visit.

`listing` is the list and the rule table, `files` all of them as GeoJSON and as a workbook, `one` a
single cluster, `page` the map in one file.
"""

from fastapi import APIRouter

from api.clusters import files, listing, one, page
from api.clusters.files import clusters_geojson, clusters_workbook
from api.clusters.listing import cluster_rules, list_clusters
from api.clusters.one import cluster_members, cluster_visits, get_cluster
from api.clusters.page import clusters_page

router = APIRouter()
# Before /{cluster_id}, which would take `rules` for a number.
for part in (listing, files, page, one):
    router.include_router(part.router)

__all__ = [
    "cluster_members",
    "cluster_rules",
    "cluster_visits",
    "clusters_geojson",
    "clusters_page",
    "clusters_workbook",
    "get_cluster",
    "list_clusters",
    "router",
]
