"""`/api/enterprises`: the units of the list in force, and what becomes of their unions.

Units, never persons: counts and names of organisations. Noting a change needs the key, as reading
does; it holds at once, on every map and in every rate.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.enterprises import figures, listing, noting
from api.enterprises.figures import enterprise_figures
from api.enterprises.listing import get_enterprise, list_enterprises
from api.enterprises.noting import note_union, revoke_union

router = APIRouter()
router.include_router(figures.router)  # before /{enterprise_id}, which would take it for a number
router.include_router(listing.router)
router.include_router(noting.router)

__all__ = [
    "enterprise_figures",
    "get_enterprise",
    "list_enterprises",
    "note_union",
    "revoke_union",
    "router",
]
