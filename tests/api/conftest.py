"""The served city for the tests of this folder."""

from planning_desk import plan, planner, town
from served import city, client, keyed_app, live, open_app, stranger

__all__ = [
    "city", "client", "keyed_app", "live", "open_app", "plan", "planner", "stranger", "town",
]  # fmt: skip
