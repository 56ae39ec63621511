"""The served city for the tests of this folder."""

from planning_desk import plan, planner, stations_as_they_were, town
from served import city, client, keyed_app, live, open_app, stranger

__all__ = [
    "city", "client", "keyed_app", "live", "open_app", "plan", "planner", "stations_as_they_were",
    "stranger", "town",
]  # fmt: skip
