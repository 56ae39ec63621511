"""Where the pages' files are, and the libraries of others that several pages carry."""

from __future__ import annotations

from pathlib import Path

WEB = Path(__file__).parent / "web"
MAPLIBRE = (
    "maplibre-gl/maplibre-gl-csp.js",
    "maplibre-gl/maplibre-gl-csp-worker.js",
    "maplibre-gl/maplibre-gl.css",
)
"""Files below `web/vendor`."""
