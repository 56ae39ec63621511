"""The nearest stations as if some were not there: against all distances, by GeographicLib."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.siting.ground.city import City, Hosts, People, Places, Standing

GEOD = Geod(ellps="WGS84")
NONE = np.empty(0)


def a_city(seed, points, stations):
    """People and stations at random in some 3 km, without streets: as the crow flies."""
    draw = np.random.default_rng(seed)
    lon, lat = draw.uniform(113.60, 113.63, points), draw.uniform(34.70, 34.73, points)
    whole = np.arange(points, dtype=np.int32)
    group, hours = np.zeros(points, np.int8), np.ones((points, 24), np.float32)
    people = People(lon, lat, whole, group, group, hours)
    there = draw.uniform(113.60, 113.63, stations), draw.uniform(34.70, 34.73, stations)
    ids = np.arange(1, stations + 1, dtype=np.int64)
    standing = Standing(ids, ["驿站"] * stations, *there, np.zeros(stations, np.bool_))
    nobody = [NONE.astype(np.int64), [], [], [], [], [], NONE, NONE, NONE, NONE]
    hosts = Hosts(*nobody, NONE.astype(np.int8), NONE.astype(np.bool_), 0)
    nowhere = (np.full(points, -1, np.int32), NONE.astype(np.int32), np.full(stations, -1))
    places = Places(None, None, NONE, [], nowhere, NONE, (NONE,) * 3, (NONE,) * 3)
    return City(
        [], (), SimpleNamespace(graph=SimpleNamespace(junctions=0)), people, hosts, standing, places
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(0, 14), st.floats(0, 1))
def test_those_that_stay_are_the_nearest_when_others_close(seed, points, stations, share):
    city = a_city(seed, points, stations)
    gone = np.random.default_rng(seed + 1).random(stations) < share
    found = city.reached_without(gone, 600.0)
    assert found.metres == 750.0
    people, there = city.people, city.standing
    a, b = np.meshgrid(np.arange(points), np.arange(stations), indexing="ij")
    far = GEOD.inv(people.lon[a], people.lat[a], there.lon[b], there.lat[b])[2]
    far = np.where(gone[b], np.inf, far).reshape(points, stations)
    order = np.argsort(far, axis=1, kind="stable")
    for rank, (who, how_far) in enumerate(
        ((found.first, found.first_metres), (found.second, found.second_metres))
    ):
        right = np.full(points, np.inf)
        if rank < stations:
            right = np.take_along_axis(far, order[:, rank : rank + 1], axis=1)[:, 0]
        near = right <= 750.0
        assert np.array_equal(who >= 0, near)
        np.testing.assert_allclose(how_far[near], right[near], rtol=1e-5)
        if rank < stations:
            assert np.array_equal(who[near], order[near, rank])
    # What is kept of the city stays as it was.
    every = city.reached_without(np.zeros(stations, np.bool_), 600.0)
    assert every is city.reached(600.0)
