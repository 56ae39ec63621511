"""The served city behind a real server, for the browser."""

from served import city, live, open_app

__all__ = ["city", "live", "open_app"]
