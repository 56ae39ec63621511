"""What the rooms are given to check a file with."""

from __future__ import annotations

from dataclasses import dataclass

from geo.areas.naming import Districts, KnownPlaces
from geo.coordinates import Bounds
from geo.imports.options import ImportOptions


@dataclass(frozen=True)
class Context:
    """What was said and what is known.

    Options of the import; the area outside of which a position is a mistake; the places that an
    address may name and the districts that a list may declare (None: no areas loaded).
    """

    options: ImportOptions
    service_area: Bounds | None = None
    places: KnownPlaces | None = None
    districts: Districts | None = None
