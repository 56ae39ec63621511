"""The demo city: an invented city of any size, written as the files that anybody would import."""

from geo.sample.shape import AS_OF, LABEL, SIZES, City, CityShape, Size, shape_of
from geo.sample.write import SEED, write_city

__all__ = [
    "AS_OF",
    "LABEL",
    "SEED",
    "SIZES",
    "City",
    "CityShape",
    "Size",
    "shape_of",
    "write_city",
]
