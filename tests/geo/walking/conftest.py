"""One street with stations for the tests of this folder."""

from one_street import settings, stations

__all__ = ["settings", "stations"]
