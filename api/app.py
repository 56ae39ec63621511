"""The application: what the service consists of, on one screen."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api import (
    areas,
    bulletin,
    cards,
    changes,
    clusters,
    coverage,
    editions,
    enterprises,
    health,
    ledger,
    live,
    openapi,
    pages,
    places,
    problems,
    reach,
    reports,
    siting,
    stations,
    tiles,
    unions,
    walking,
)
from api.door import Door
from api.service import Service
from api.stations.shortcut import Shortcut
from api.tiles.shortcut import TileShortcut
from geo.database import Database, connect
from geo.settings import Settings
from geo.walking.finder import Finder
from geo.walking.holder import FinderHolder
from geo.walking.vicinity import survey_soon
from maps.tiles import compiling

COMPILED_SECONDS = 2.0
"""So long a start waits for machine code; where it must be compiled first, that goes on beside."""


def create_app(
    settings: Settings, database: Database | None = None, finder: Finder | None = None
) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: see :mod:`geo.settings`.
        database: one that is open already and stays the caller's to close; otherwise the one that
            the settings name is opened with the application and closed with it.
        finder: stations and streets that are loaded already and stay in force whatever the
            editions; otherwise they follow the active editions.
    """

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        _log_to_standard_error()
        # As many threads as connections: a thread never waits for another's connection.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        with contextlib.ExitStack() as stack:
            opened = database or stack.enter_context(connect(settings))
            if finder is None:
                holder = FinderHolder(opened, settings)
                stack.callback(holder.close)
                app.state.service = Service(settings, opened, holder.current)
            else:
                app.state.service = Service(settings, opened, lambda: finder)
            stack.callback(app.state.service.places.close)
            stack.callback(app.state.service.register.close)
            stack.callback(app.state.service.live.close)
            stack.callback(app.state.service.plans.close)
            _warm(app.state.service, stays=finder is not None)
            assert isinstance(app, _Application)
            stack.enter_context(app.serving(app.state.service))
            yield

    app = _Application(
        title="Nuanyi 暖驿",
        version=version("nuanyi"),
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # A trace would hold the address with its query: somebody's position.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=openapi.operation_id,
    )
    # Before the stations: their /{station_id} would take it for a number.
    for room in (
        changes,
        reach,
        walking,
        stations,
        tiles,
        cards,
        reports,
        unions,
        places,
        areas,
        coverage,
        bulletin,
        ledger,
        clusters,
        enterprises,
        siting,
        live,
        editions,
        health,
        pages,
    ):
        app.include_router(room.router)
    problems.handle(app, pages.of_nothing)
    openapi.describe(app)
    app.add_middleware(Door, settings=settings)
    # Before everything that FastAPI does: the nearest stations, a tile, then the rest.
    tile_shortcut = TileShortcut(
        functools.partial(FastAPI.__call__, app), settings=settings, service=lambda: app.running
    )
    app.shortcut = Shortcut(
        tile_shortcut, loopback_only=settings.key is None, service=lambda: app.running
    )
    return app


class _Application(FastAPI):
    """FastAPI, with the short ways before everything that it does itself."""

    shortcut: Shortcut
    begun: tuple[Service, ...] = ()
    running: Service | None = None
    """The service that answers: of those begun and not yet ended the last. There are several where
    two servers share one application."""

    @contextlib.contextmanager
    def serving(self, service: Service) -> Iterator[None]:
        """Answer with a service for as long."""
        self._answer_with((*self.begun, service))
        try:
            yield
        finally:
            self._answer_with(tuple(one for one in self.begun if one is not service))

    def _answer_with(self, begun: tuple[Service, ...]) -> None:
        self.begun = begun
        self.running = begun[-1] if begun else None
        if self.running is not None:
            self.state.service = self.running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.shortcut(scope, receive, send)


def create_app_of_environment() -> FastAPI:
    """The application of one of several server processes; see :mod:`api.cli.serve`."""
    given: dict[str, Any] = {}  # the environment has them all
    return create_app(Settings(**given))


def _warm(service: Service, *, stays: bool) -> None:
    """Load the streets before anybody can ask: from their snapshot, a second for a city. What is
    missing, /readyz tells. A finder that stays is surveyed here, others by who loads them."""
    with contextlib.suppress(Exception):
        walking.street_facts(service, service.finder())
        if stays and not len(service.finder().on_streets.vicinity):
            survey_soon(service.finder().on_streets)
    service.places.begin()
    # Read in half a second, where it was compiled before: beside answers it would hold up each.
    compiling.begin().join(COMPILED_SECONDS)


def _log_to_standard_error() -> None:
    """Give our own logger a way out, unless the host has set one up."""
    logger = logging.getLogger("nuanyi")
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
