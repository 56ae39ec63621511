"""The door every request passes: who may come in at all, what is written down, what goes out.

Outermost of all: it checks the Host, refuses large bodies, answers HEAD, adds the security headers,
writes one line to the log without query string, and turns a mistake of ours into a problem with an
incident number.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import identity, problems
from geo.errors import DomainError
from geo.settings import Settings

LARGEST_BODY = 65_536
"""Bytes. Reports, ways and plans are the bodies there are; none needs so much."""

access = logging.getLogger("nuanyi.access")

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}
"""Sent with every answer that does not bring its own."""
DATA_HEADERS = {
    name: HEADERS[name] for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
}
"""Of them those for answers that are no document, so that nothing in them is ever run or framed: on
a bad network every byte counts."""
DATA_TYPES = (
    "application/json",
    "application/geo+json",
    "application/problem+json",
    "application/vnd.mapbox-vector-tile",
)


class Door:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        going_out = _Outgoing(send, drop_body=scope["method"] == "HEAD")
        inside = {**scope, "method": "GET"} if scope["method"] == "HEAD" else dict(scope)
        try:
            try:
                self._check(scope)
                await self.app(inside, _limited(receive), going_out)
            except DomainError as error:
                await self._answer(error, scope, receive, going_out)
            except Exception as error:  # noqa: BLE001  this is where a mistake of ours ends
                told, incident = problems.unexpected(error, scope["method"], _route(inside))
                await self._answer(told, scope, receive, going_out, incident=incident)
        finally:
            milliseconds = (time.monotonic() - began) * 1000
            access.info(
                "%s %s %d %.0f ms", scope["method"], _route(inside), going_out.status, milliseconds
            )

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if self.settings.key is None:
            client = scope.get("client")
            identity.check_loopback(headers, client[0] if client else None)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise _too_large()

    async def _answer(
        self, error: DomainError, scope: Scope, receive: Receive, send: _Outgoing, **more: Any
    ) -> None:
        if send.status:
            # Half an answer is out already: end the connection, so that nobody takes it for whole.
            raise ConnectionAbortedError("the answer could not be finished")
        language = Headers(scope=scope).get("accept-language")
        await problems.answer(error, language, **more)(scope, receive, send)


class _Outgoing:
    """`send` that adds the headers and remembers the status."""

    def __init__(self, send: Send, *, drop_body: bool) -> None:
        self._send = send
        self._drop_body = drop_body
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            # What says nothing of its type has no body: a stored document keeps its headers.
            data = headers.get("content-type", DATA_TYPES[0]).startswith(DATA_TYPES)
            for name, value in (DATA_HEADERS if data else HEADERS).items():
                headers.setdefault(name, value)
        elif self._drop_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _limited(receive: Receive) -> Receive:
    """`receive` that refuses a body longer than it said it would be, or that said nothing."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise _too_large()
        return message

    return limited


def _too_large() -> problems.TooLarge:
    return problems.TooLarge.than_read(f" (> {LARGEST_BODY} bytes)")


def _route(scope: Scope) -> str:
    """The template of the path. A path that is no address of ours is not written down: it may hold
    anything, a position too."""
    return str(getattr(scope.get("route"), "path", None) or "(no such address)")
