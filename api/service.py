"""What the routes stand on, handed to them as arguments."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api import identity
from api.broadcast import Broadcast
from api.limits import Senders
from api.prints import Prints
from api.questions import Choices, Questions
from geo.coverage.filtered import CountersKept
from geo.database import Actor, Database
from geo.enterprises.holder import RegisterHolder
from geo.places.holder import PlacesHolder
from geo.settings import Settings
from geo.siting.ground.planning import Planning
from geo.siting.plans.running import Runner
from geo.stations.changes import ChangesFeed
from geo.turns import Kept
from geo.walking.facts import FactsKept
from geo.walking.finder import Finder
from geo.walking.reach import Keeper
from geo.walking.reach.keeper import AREAS_BUSY
from maps.tiles.enterprises import LiveTiles
from maps.tiles.polygons import PolygonTiles
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


PLANS_BUSY: Final = (
    "有其他规划问题正在计算。 Other questions about plans are being worked out already."
)


@dataclass(frozen=True)
class Service:
    """One running service. A route opens the database itself, inside its function: a dependency
    that held a connection would deadlock as soon as clients outnumber the pool."""

    settings: Settings
    database: Database
    finder: Callable[[], Finder]
    """The stations and streets in force, in memory; loaded again when an edition changes."""
    drawings: Drawings = field(default_factory=Drawings)
    prints: Prints = field(default_factory=Prints)
    """The last bulletins that were made."""
    map_setups: Drawings = field(default_factory=lambda: Drawings(32))
    """What maps of coverage are drawn with: classes and rates by kind of area."""
    tiles: TileStore = field(default_factory=TileStore)
    tile_turns: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))
    """Two tiles are drawn at a time: the other connections are for people's questions."""
    reach: Keeper = field(default_factory=Keeper)
    """What questions about service areas share."""
    walks: Kept = field(default_factory=lambda: Kept(10, AREAS_BUSY))
    """What was worked out of the stations' side of coverage."""
    street_facts: FactsKept = field(default_factory=FactsKept)
    """Names, stairs and bridges of the streets, for routes."""
    questions: Questions = field(default_factory=Questions)
    """Questions for the nearest stations that were asked before; see
    :mod:`api.stations.shortcut`."""
    senders: Senders = field(default_factory=Senders)
    """Who has sent how many reports of late, in this process."""
    changes: ChangesFeed = field(default_factory=ChangesFeed)
    """What phones that keep stations were told of late."""
    counters: CountersKept = field(default_factory=CountersKept)
    """The enterprises in force, packed for counting under a filter."""
    places: PlacesHolder = field(init=False)
    """Places by name, in memory; made again when an edition changes."""
    register: RegisterHolder = field(init=False)
    """The enterprises in force, in memory; not loaded before a leader asks."""
    enterprise_tiles: LiveTiles = field(init=False)
    """Their tiles, in memory; made when the first is asked for."""
    tile_choices: Choices = field(default_factory=Choices)
    """Filters that tiles were asked for with; see :mod:`api.tiles.shortcut`."""
    polygon_tiles: PolygonTiles = field(default_factory=PolygonTiles)
    """Tiles of areas and clusters, in memory; a layer is made when it is first asked for."""
    planning: Planning = field(init=False)
    """What plans of new stations stand on, in memory; read when first asked for."""
    plans: Runner = field(init=False)
    """Works plans out in the background; nothing runs before somebody asks for plans."""
    curves: Kept = field(default_factory=lambda: Kept(16, PLANS_BUSY, most_waiting=2))
    """Budget curves, changes and plans for several days that were worked out."""
    live: Broadcast = field(init=False)
    """Who waits to hear of changes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", PlacesHolder(self.database))
        object.__setattr__(self, "register", RegisterHolder(self.database, self.settings))
        object.__setattr__(self, "enterprise_tiles", LiveTiles(self.register))
        privacy = self.settings.privacy_people
        object.__setattr__(self, "planning", Planning(self.database, self.finder, privacy))
        object.__setattr__(self, "plans", Runner(self.database, self.planning))
        object.__setattr__(self, "live", Broadcast(self.register))


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
