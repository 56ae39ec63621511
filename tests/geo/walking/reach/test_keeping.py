"""By what the answers about service areas are kept, and of whom they tell."""

import numpy as np
from numpy.testing import assert_allclose
from reach_streets import LONG, TUESDAY, ZONE, demand_of, finder_of

from geo.walking.reach import Question, counting


def test_the_mark_changes_with_the_stations_that_count():
    finder = finder_of(LONG, [(0, 0), (1000, 0)], ["08:00-18:00", "24/7"])

    def mark(**more):
        return counting(finder, Question.asked("12", TUESDAY, ZONE, **more)).mark()

    assert mark() == mark()
    assert mark() != mark(kinds=["driver_rest_home"])
    later = finder_of(LONG, [(0, 0), (1000, 0)], ["08:00-19:00", "24/7"])
    assert counting(later, Question.asked("12", TUESDAY, ZONE)).mark() != mark()


def test_people_at_an_hour_are_those_of_that_hour():
    finder = finder_of(LONG, [])
    places = demand_of(finder, [(0, 0), (10, 0)], np.arange(24)[:, None] * [[1, 2]]).places
    everyone = np.ones(2, bool)
    assert_allclose(np.sort(places.at_hour(5, everyone)), [5, 10])
    assert_allclose(np.sort(places.at_hour(None, everyone)), [11.5, 23])
