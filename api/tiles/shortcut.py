"""The short way to a tile of enterprises, past everything that an ordinary request passes.

A tile takes a tenth of a millisecond to find or to draw, and the framework's work around it several
times that. So a question whose filters were asked before (:class:`api.questions.Choices`),
about the edition in force, is answered from the socket, after the same checks of who asks. Whatever
is unusual goes the ordinary way each time, so that there is one strictness and one shape of error.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api import answers, identity
from api.door import DATA_HEADERS
from api.questions import without_version
from api.tiles.asked import MARK, PRIVATE_UNTIL_ASKED
from api.tiles.enterprises import tag_of
from geo.settings import Settings
from maps.tiles.enterprises import DEEPEST
from maps.tiles.store import MEDIA_TYPE

LOG_SECONDS = 10.0
NAME = "/tiles/{edition}/enterprises/{z}/{x}/{y}"
_PATH = re.compile(
    r"/tiles/(current|[1-9][0-9]{0,9})/enterprises"
    r"/(0|[1-9][0-9]?)/(0|[1-9][0-9]{0,6})/(0|[1-9][0-9]{0,6})"
)
_VERSION = re.compile(MARK.encode())
_SECURITY = [(name.lower().encode(), value.encode()) for name, value in DATA_HEADERS.items()]
_CACHING = [
    (b"cache-control", PRIVATE_UNTIL_ASKED.encode()),
    (b"vary", b"Accept-Encoding, Authorization"),
    *_SECURITY,
]
_BODY = [(b"content-type", MEDIA_TYPE.encode()), (b"content-encoding", b"gzip"), *_CACHING]
_UNUSUAL = frozenset([b"content-length", b"transfer-encoding", b"range", b"expect"])

access = logging.getLogger("nuanyi.access")


class TileShortcut:
    """ASGI middleware; see the module. Stands before the door, whose checks it repeats.

    Args:
        app: where everything else goes.
        settings: whose key opens the enterprises.
        service: the running service, once there is one.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, service: Callable[[], Any | None]
    ) -> None:
        self.app = app
        self.settings = settings
        self.service = service
        self.answered, self.busy, self.logging = 0, 0.0, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            found = _PATH.fullmatch(scope["path"])
            if found is not None:
                began = time.perf_counter()
                try:
                    answer = self._answer(scope, found)
                except Exception:  # noqa: BLE001  the ordinary route tells it properly
                    answer = None
                if answer is not None:
                    status, headers, body = answer
                    self._count(time.perf_counter() - began)
                    await send(
                        {"type": "http.response.start", "status": status, "headers": headers}
                    )
                    await send({"type": "http.response.body", "body": body})
                    return
        await self.app(scope, receive, send)
        if scope["type"] == "lifespan":
            self.log()  # what the last seconds left

    def _answer(
        self, scope: Scope, found: re.Match[str]
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and body, or None for whatever is not plain."""
        service = self.service()
        z, x, y = int(found[2]), int(found[3]), int(found[4])
        if service is None or z > DEEPEST or x >> z or y >> z:
            return None
        query, version = without_version(scope["query_string"])
        if version is not None and not _VERSION.fullmatch(version):
            return None
        choice = service.tile_choices.get(query)
        if choice is None:
            return None
        known = known_of = encoding = None
        for name, value in scope["headers"]:
            if name in _UNUSUAL:
                return None
            if name == b"accept-encoding":
                if encoding is not None:
                    return None
                encoding = value
            elif name == b"if-none-match":
                if known_of is not None:
                    return None
                known_of = value
        if not _takes_gzip(encoding):
            return None
        self._check(scope)
        tile = service.enterprise_tiles.at_hand(choice, z, x, y, int(version or b"0", 16))
        if tile is None or found[1] not in ("current", str(tile.edition)):
            return None
        tag = tag_of(tile)
        headers = [(b"etag", tag.encode())]
        if not tile.body:
            return 204, headers + _CACHING, b""
        known = known_of is not None and answers.matches(known_of.decode("latin-1"), tag)
        if known:
            return 304, headers + _CACHING, b""
        headers.append((b"content-length", b"%d" % len(tile.body)))
        return 200, headers + _BODY, tile.body

    def _check(self, scope: Scope) -> None:
        """Raise unless whoever asks may see enterprises."""
        request = Request(scope)
        if self.settings.key is None:
            client = scope.get("client")
            identity.check_loopback(request.headers, client[0] if client else None)
        identity.require_enterprises(identity.actor(request, self.settings))

    # ------------------------------------------------------------------ logging
    def _count(self, seconds: float) -> None:
        self.answered += 1
        self.busy += seconds
        if not self.logging:
            self.logging = True
            asyncio.get_running_loop().call_later(LOG_SECONDS, self.log)

    def log(self) -> None:
        """One line for all answers since the last."""
        if self.answered:
            mean = 1000 * self.busy / self.answered
            access.info("GET %s ×%d %.2f ms each", NAME, self.answered, mean)
        self.answered, self.busy, self.logging = 0, 0.0, False


@lru_cache(maxsize=64)
def _takes_gzip(header: bytes | None) -> bool:
    return answers.takes_gzip(None if header is None else header.decode("latin-1"))
