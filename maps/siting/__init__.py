"""A plan of new stations, taken away: spreadsheet, GeoJSON, GeoPackage, a map in one file, two
printed pages."""

from maps.siting.files import geojson_of, geopackage_of
from maps.siting.gather import gather
from maps.siting.page import draw
from maps.siting.print import pdf
from maps.siting.sheet import xlsx
from maps.siting.view import PlanView

__all__ = ["PlanView", "draw", "gather", "geojson_of", "geopackage_of", "pdf", "xlsx"]
