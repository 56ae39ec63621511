"""The served city behind a real server, for the browser."""

from served import city, open_app

__all__ = ["city", "live", "open_app"]
