"""Outlines of service areas: who is within is inside, who is far is not."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reach_streets import LONG, TUESDAY, ZONE, demand_of, finder_of
from street_makers import METRES, ORIGIN, network_of, place

from geo.walking import empty_network
from geo.walking.reach import Keeper, Question, counting, outlines


# ---------------------------------------------------------------------- outlines
def lattice(cells: int = 8, side: float = 250.0):
    """Streets every 250 m both ways."""
    nodes = [(side * i, side * j) for i in range(cells + 1) for j in range(cells + 1)]
    at = {xy: number for number, xy in enumerate(nodes)}
    pieces = [
        (at[x, y], at[x + dx, y + dy], [])
        for x, y in nodes
        for dx, dy in ((side, 0), (0, side))
        if (x + dx, y + dy) in at
    ]
    return network_of(nodes, pieces)


LATTICE = lattice()


def seconds_at(finder, good, spots) -> np.ndarray:
    """Walking time from places in metres, as it is counted."""
    from geo.walking.reach.places import seconds_to_station

    places = demand_of(finder, spots).places
    found = np.empty(len(spots))
    found[places.ids] = seconds_to_station(finder.on_streets, places, good, 1e9)
    return found


def points(spots) -> np.ndarray:
    return shapely.points(np.array(ORIGIN) + np.asarray(spots) * METRES)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_an_outline_holds_whoever_is_well_within_and_nobody_far_outside(seed, count):
    rng = np.random.default_rng(seed)
    finder = finder_of(LATTICE, [tuple(xy) for xy in rng.uniform(0, 2000, (count, 2))])
    good = np.ones(count, np.uint8)
    drawn = outlines(Keeper(), finder, good, (5, 10))
    assert [one.minutes for one in drawn] == [10, 5]
    assert shapely.covers(drawn[0].area.buffer(2e-4), drawn[1].area)
    # Nowhere near 500 m from a street, where the time goes from minutes to never.
    spots = [tuple(xy) for xy in rng.uniform(-300, 2300, (4000, 2))]
    here = points(spots)
    time_ = seconds_at(finder, good, spots)
    # Where no foot changes from one street to another, time changes by at most 1 s for 1.25 m; on
    # this lattice a change of the foot makes no difference to the time but at the middle of a
    # block, where it is less than the width of a block.
    for one in drawn:
        assert one.area.is_valid
        inside = shapely.contains(one.area, here)
        slack = 3 * one.spacing_metres / 1.25
        jump = 250 / 1.25
        assert inside[time_ <= 60 * one.minutes - jump - slack].all()
        assert not inside[time_ > 60 * one.minutes + jump + slack].any()
        # And nearly all of what is nearer to the border is right too.
        assert (inside == (time_ <= 60 * one.minutes)).mean() > 0.97


def test_an_outline_ends_where_the_street_is_cut_by_the_time():
    finder = finder_of(LONG, [(1000, 0)])
    drawn = outlines(Keeper(), finder, np.ones(1, np.uint8), (5,))[0]
    for metres, within in ((640, True), (1360, True), (590, False), (1410, False)):
        assert shapely.contains(drawn.area, points([(metres, 0)]))[0] == within, metres
    assert drawn.spacing_metres <= 20
    assert len(drawn.area.geoms) == 1


def test_an_outline_leaves_out_what_lies_across_the_river():
    # two banks 120 m apart, bridged only at the far end
    network = network_of(
        [(0, 0), (3000, 0), (3000, 120), (0, 120)], [(0, 1, []), (1, 2, []), (2, 3, [])]
    )
    finder = finder_of(network, [(0, 0)])
    drawn = outlines(Keeper(), finder, np.ones(1, np.uint8), (10,))[0]
    assert shapely.contains(drawn.area, points([(300, 0)]))[0]
    assert not shapely.contains(drawn.area, points([(300, 120)]))[0]


def test_a_smaller_box_is_drawn_finer_and_cut():
    finder = finder_of(LATTICE, [(1000, 1000)])
    good = np.ones(1, np.uint8)
    west, south = place(500, 500)
    east, north = place(1000, 1000)
    box = (west, south, east, north)
    part = outlines(Keeper(), finder, good, (15,), box=box)[0]
    assert shapely.box(*box).buffer(1e-4).covers(part.area)
    boundary = shapely.Polygon([(west, south), (east, south), (east, north)])
    cut = outlines(Keeper(), finder, good, (15,), boundary=boundary)[0]
    assert boundary.buffer(1e-9).covers(cut.area)
    assert cut.area.area == pytest.approx(boundary.area, rel=0.05)
    elsewhere = outlines(Keeper(), finder, good, (15,), box=(0.0, 0.0, 1.0, 1.0))[0]
    assert elsewhere.area.is_empty


def test_without_streets_or_stations_an_outline_is_empty():
    for finder in (finder_of(empty_network(), [(0, 0)]), finder_of(LONG, [(0, 9000)])):
        good = counting(finder, Question.asked(None, TUESDAY, ZONE)).sure[24].astype(np.uint8)
        assert [one.area.is_empty for one in outlines(Keeper(), finder, good, (5, 10))] == [
            True,
            True,
        ]
