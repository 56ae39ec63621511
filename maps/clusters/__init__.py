"""Clusters of enterprises without a union, drawn: a workbook, and a map in one file."""

from maps.clusters.gather import page, workbook_of
from maps.clusters.page import draw
from maps.clusters.sheet import workbook
from maps.clusters.view import ClustersView, ContextMark

__all__ = ["ClustersView", "ContextMark", "draw", "page", "workbook", "workbook_of"]
