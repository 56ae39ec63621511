"""What the routes stand on, handed to them as arguments."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api import identity
from api.limits import Senders
from api.questions import Questions
from geo.database import Actor, Database
from geo.places.holder import PlacesHolder
from geo.settings import Settings
from geo.stations.changes import ChangesFeed
from geo.walking.facts import FactsKept
from geo.walking.finder import Finder
from geo.walking.reach import Keeper
from maps.tiles.store import TileStore


class Drawings:
    """The last pages that were drawn, by what they show. One is drawn at a time: it takes a whole
    core for a while, and two askers of the same page wait for the one drawing."""

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str, draw: Callable[[], str]) -> str:
        """The page of this tag, drawn if it is not there."""
        with self._lock:
            if tag not in self._kept:
                self._kept[tag] = draw()
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(tag)
            return self._kept[tag]


@dataclass(frozen=True)
class Service:
    """One running service. A route opens the database itself, inside its function: a dependency
    that held a connection would deadlock as soon as clients outnumber the pool."""

    settings: Settings
    database: Database
    finder: Callable[[], Finder]
    """The stations and streets in force, in memory; loaded again when an edition changes."""
    drawings: Drawings = field(default_factory=Drawings)
    tiles: TileStore = field(default_factory=TileStore)
    tile_turns: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    """Two tiles are drawn at a time: the other connections are for people's questions."""
    reach: Keeper = field(default_factory=Keeper)
    """What questions about service areas share."""
    street_facts: FactsKept = field(default_factory=FactsKept)
    """Names, stairs and bridges of the streets, for routes."""
    questions: Questions = field(default_factory=Questions)
    """Questions for the nearest stations that were asked before; see
    :mod:`api.stations.shortcut`."""
    senders: Senders = field(default_factory=Senders)
    """Who has sent how many reports of late, in this process."""
    changes: ChangesFeed = field(default_factory=ChangesFeed)
    """What phones that keep stations were told of late."""
    places: PlacesHolder = field(init=False)
    """Places by name, in memory; made again when an edition changes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", PlacesHolder(self.database))


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _actor(request: Request) -> Actor:
    service: Service = request.app.state.service
    return identity.actor(request, service.settings)


async def _seeing_enterprises(request: Request) -> Actor:
    return identity.require_enterprises(await _actor(request))


Serving = Annotated[Service, Depends(_service)]
Asking = Annotated[Actor, Depends(_actor)]
"""Anyone; a wrong key is refused all the same."""
NO_WRONG_KEY = Depends(_actor)
"""The same for a route that does not use the actor."""
Seeing = Annotated[Actor, Depends(_seeing_enterprises)]
"""Only who may see enterprises, rates and clusters."""
SECURED: dict[str, Any] = {"security": [{"key": []}, {"password": []}]}
"""`openapi_extra` of the routes that take :data:`Seeing`."""
