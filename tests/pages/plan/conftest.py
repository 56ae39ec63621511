"""The town along one street behind a real server, and screens, for the tests of this folder."""

from plan_hall import bench, planner, planners
from served import city, client, keyed_app, open_app, stranger

__all__ = ["bench", "city", "client", "keyed_app", "open_app", "planner", "planners", "stranger"]
