"""The demo city behind a real server, and screens, for the tests of this folder."""

from leader_hall import hall, screen, screens
from served import city, client, keyed_app, open_app, stranger

__all__ = ["city", "client", "hall", "keyed_app", "open_app", "screen", "screens", "stranger"]
