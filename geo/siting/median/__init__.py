"""Models of walking: p-median, with capacities too, and coverage first, then the walk."""

from geo.siting.median.lexicographic import Lexicographic, cover_then_walk
from geo.siting.median.solve import p_median

__all__ = ["Lexicographic", "cover_then_walk", "p_median"]
