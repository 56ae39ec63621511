"""Service areas: who is within so many minutes' walk of a station, at which hour of the day."""

from geo.walking.reach.areas import People, gather
from geo.walking.reach.keeper import Keeper
from geo.walking.reach.outline import Outline, outlines
from geo.walking.reach.places import Places
from geo.walking.reach.question import MINUTES_CAP, Counting, Question, counting
from geo.walking.reach.shares import (
    OfArea,
    OfHour,
    ReachAnswer,
    Share,
    reach,
)

__all__ = [
    "MINUTES_CAP",
    "Counting",
    "Keeper",
    "OfArea",
    "OfHour",
    "Outline",
    "People",
    "Places",
    "Question",
    "ReachAnswer",
    "Share",
    "counting",
    "gather",
    "outlines",
    "reach",
]
