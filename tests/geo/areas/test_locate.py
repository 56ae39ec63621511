"""Which polygon holds which point, against shapely off borders and against counting on them."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.areas.locate import locator


def partition(seed: int, count: int, side: float = 1.0) -> np.ndarray:
    """Polygons that tile a square, with the very same vertices on both sides of each border."""
    rng = np.random.default_rng(seed)
    square = shapely.box(0, 0, side, side)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(rng.random((count, 2)) * side), extend_to=square
        )
    )
    return np.array([cell for cell in cells if not cell.is_empty], dtype=object)


def oracle(polygons: np.ndarray, x: np.ndarray, y: np.ndarray) -> set[tuple[int, int]]:
    tree = shapely.STRtree(polygons)
    point, polygon = tree.query(shapely.points(np.column_stack([x, y])), predicate="within")
    return set(zip(point.tolist(), polygon.tolist(), strict=True))


@pytest.mark.parametrize(("count", "seed"), [(2, 1), (17, 2), (350, 3)])
def test_points_off_borders_lie_where_shapely_says(count: int, seed: int) -> None:
    polygons = partition(seed, count)
    x, y = np.random.default_rng(seed).random((2, 20_000)) * 1.4 - 0.2
    point, polygon = locator(polygons).pairs(x, y)
    assert set(zip(point.tolist(), polygon.tolist(), strict=True)) == oracle(polygons, x, y)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_a_point_on_a_shared_border_is_in_exactly_one_area(seed: int, count: int) -> None:
    polygons = partition(seed, count)
    vertices = shapely.get_coordinates(polygons)
    rng = np.random.default_rng(seed)
    # Vertices, and points somewhere on the borders, that lie well inside the tiled square.
    along = rng.random(len(vertices) - 1)[:, None]
    between = vertices[:-1] * along + vertices[1:] * (1 - along)
    tried = np.vstack([vertices, between])
    tried = tried[(np.abs(tried - 0.5) < 0.45).all(axis=1)]
    point, _ = locator(polygons).pairs(tried[:, 0], tried[:, 1])
    assert np.bincount(point, minlength=len(tried)).tolist() == [1] * len(tried)


def test_holes_parts_and_overlaps_are_respected() -> None:
    ring = shapely.box(0, 0, 10, 10) - shapely.box(4, 4, 6, 6)
    parts = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(4.5, 4.5, 5.5, 5.5)])
    big = shapely.box(-1, -1, 30, 30)
    polygons = np.array([ring, parts, big, None, shapely.Polygon()], dtype=object)
    x = np.array([1.0, 5.0, 4.2, 20.5, 29.0, 99.0, np.nan])
    y = np.array([1.0, 5.0, 4.2, 0.5, 29.0, 99.0, 1.0])
    point, polygon = locator(polygons).pairs(x, y)
    assert list(zip(point.tolist(), polygon.tolist(), strict=True)) == [
        (0, 0), (0, 2), (1, 1), (1, 2), (2, 2), (3, 1), (3, 2), (4, 2),
    ]  # fmt: skip


def test_no_polygons_and_no_points_are_no_error() -> None:
    none = np.empty(0, dtype=object)
    point, _ = locator(none).pairs(np.array([1.0]), np.array([2.0]))
    assert len(point) == 0
    point, _ = locator(partition(1, 5)).pairs(np.empty(0), np.empty(0))
    assert len(point) == 0


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_any_scale_of_coordinates_works(scale: float) -> None:
    polygons = shapely.transform(partition(5, 30), lambda at: at * scale)
    x, y = np.random.default_rng(5).random((2, 5_000)) * scale
    point, polygon = locator(polygons).pairs(x, y)
    assert set(zip(point.tolist(), polygon.tolist(), strict=True)) == oracle(polygons, x, y)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([3, 40, 900]))
def test_wound_borders_long_level_runs_and_thin_needles_are_answered_as_by_shapely(
    seed: int, count: int, corners: int
) -> None:
    # Stars with many corners, combs whose teeth lie level, and needles thinner than a cell.
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.random((count, corners)), axis=1) * 2 * np.pi
    radius = 0.05 + rng.random((count, corners))
    middle = rng.random((count, 1, 2)) * 3
    stars = middle + radius[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    teeth = [shapely.box(0.1, i / 10, 2.9, i / 10 + 0.03) for i in range(20)]
    comb = shapely.union_all([*teeth, shapely.box(0.05, 0, 0.15, 2)])
    needle = shapely.Polygon([(0, 0), (3, 2.9), (3, 2.900001)])
    polygons = np.array([*shapely.make_valid(shapely.polygons(stars)), comb, needle], dtype=object)
    polygons = np.array([shapely.MultiPolygon(
        [one for one in shapely.get_parts(polygon) if one.geom_type == "Polygon"]
    ) for polygon in polygons], dtype=object)  # fmt: skip
    x, y = rng.random((2, 4000)) * 4 - 0.5
    point, polygon = locator(polygons).pairs(x, y)
    assert set(zip(point.tolist(), polygon.tolist(), strict=True)) == oracle(polygons, x, y)


def test_many_points_are_answered_by_several_threads_in_order() -> None:
    polygons = partition(9, 50)
    x, y = np.random.default_rng(9).random((2, 300_000))
    point, polygon = locator(polygons).pairs(x, y)
    assert (np.diff(point) > 0).all()
    few = locator(polygons).pairs(x[:1000], y[:1000])
    assert polygon[:1000].tolist() == few[1].tolist()
