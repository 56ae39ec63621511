"""Every error leaves as one shape: RFC 9457 `application/problem+json`.

The classes of :mod:`geo.errors` and the few that only HTTP knows are the source: of the answer, of
what OpenAPI says of each route, and of the help page that `type` resolves to. No problem ever
repeats what was asked: a query may carry a worker's position.
"""

from __future__ import annotations

import logging
import math
import secrets
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.problems.refusals import SWAPPED, FieldProblem, refused
from geo.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    OutsideServiceArea,
    TooMany,
    Unauthorized,
    Unavailable,
)
from maps.texts import Language

MEDIA_TYPE = "application/problem+json"
HELP = "/help/problems/"
CHALLENGES = ('Basic realm="Nuanyi", charset="UTF-8"', 'Bearer realm="Nuanyi"')

incidents = logging.getLogger("nuanyi.incident")


class MethodNotAllowed(DomainError):
    """The address exists, but not with this method."""

    slug = "method-not-allowed"
    status = 405
    title = "The method is not allowed here"
    title_zh = "此地址不支持该请求方法"


class NotAcceptable(DomainError):
    """The answer exists only in a form that the asker refuses."""

    slug = "not-acceptable"
    status = 406
    title = "No form of the answer is acceptable"
    title_zh = "没有可接受的应答形式"


class TooLarge(DomainError):
    """The body is larger than anything this service reads."""

    slug = "too-large"
    status = 413
    title = "The request is too large"
    title_zh = "请求内容过大"

    @classmethod
    def than_read(cls, most: str = "") -> TooLarge:
        """Larger than is read; `most` says how much that is."""
        return cls(
            f"请求体过大{most}。 The body is too large{most}.",
            remedy="请缩短请求体。 Send a shorter one.",
        )


class Internal(DomainError):
    """A mistake of ours. `incident` finds it in the log."""

    slug = "internal"
    status = 500
    title = "A mistake of this service"
    title_zh = "系统内部错误"


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(
        description="What kind of error; the address of its help page.",
        examples=[f"{HELP}invalid"],
    )
    title: str = Field(
        description="The kind in words: Chinese, or English by Accept-Language.",
        examples=[Invalid.title_zh],
    )
    status: int = Field(description="The HTTP status.", ge=400, le=599, examples=[422])
    detail: str = Field(
        description="What was wrong, and where.", examples=["One parameter is not usable: lat."]
    )
    remedy: str | None = Field(
        None, description="What to do about it.", examples=["Longitude comes first."]
    )
    field: str | None = Field(None, description="The parameter it is about.", examples=["lat"])
    errors: list[FieldProblem] | None = Field(
        None, description="Every parameter that is not usable."
    )
    missing: list[str] | None = Field(
        None,
        description="What the service still lacks (/readyz).",
        examples=[["No edition of stations is active."]],
    )
    incident: str | None = Field(
        None,
        description="Number of the incident in the service's log.",
        examples=["3f9c01d2a7b4"],
    )


def classes() -> list[type[DomainError]]:
    """Every class of error that can be told, the base class first."""
    return list({error.slug: error for error in _ladder(DomainError)}.values())


def _ladder(error: type[DomainError]) -> Iterator[type[DomainError]]:
    yield error
    for below in error.__subclasses__():
        yield from _ladder(below)


def by_slug(slug: str) -> type[DomainError]:
    """The class of a slug.

    Raises:
        NotFound: there is none.
    """
    for error in classes():
        if error.slug == slug:
            return error
    raise NotFound("There is no such kind of error.", remedy="See /docs for those there are.")


# ---------------------------------------------------------------------- answering
_LANGUAGES: Mapping[str, Language] = {"zh": "zh", "*": "zh", "en": "en"}


def preferred_language(header: str | None) -> Language:
    """Chinese unless `Accept-Language` puts English before it (RFC 9110 §12.5.4)."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in (header or "").lower().split(","):
        name, _, parameters = part.strip().partition(";")
        language = _LANGUAGES.get(name.partition("-")[0])
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if language is not None and weight > best[0]:
            best = (weight, language)
    return best[1]


def document(error: DomainError, language: Language = "zh", **more: Any) -> Problem:
    """The problem document of an error."""
    return Problem(
        type=f"{HELP}{error.slug}",
        title=error.title if language == "en" else error.title_zh,
        status=error.status,
        detail=error.detail,
        remedy=error.remedy,
        field=error.field,
        **more,
    )


def answer(
    error: DomainError,
    accept_language: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The answer to an error; `more` are further members of the document."""
    language = preferred_language(accept_language)
    response = Response(
        document(error, language, **more).model_dump_json(exclude_none=True),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers={
            **(headers or {}),
            "Content-Language": "en" if language == "en" else "zh-CN",
            "Vary": "Accept-Language",
            "Cache-Control": "no-store",
        },
    )
    if isinstance(error, Unauthorized):
        for challenge in CHALLENGES:
            response.headers.append("WWW-Authenticate", challenge)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = "2"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
    return response


def unexpected(error: BaseException, method: str, route: str) -> tuple[Internal, str]:
    """Log a mistake of ours, and what to tell of it.

    The log has the kind of error and the lines of the program it passed, never its message, the
    query or the body: they may hold a position.

    Args:
        error: what was raised.
        method: of the request.
        route: the template of the path, such as `/api/stations/{station_id}`.

    Returns:
        The error to answer, and the incident's number.
    """
    incident = secrets.token_hex(6)
    frames = traceback.extract_tb(error.__traceback__)
    lines = "".join(f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    incidents.error("incident %s: %s %s: %s%s", incident, method, route, kind, lines)
    told = Internal(
        "Something went wrong that is no fault of the request.",
        remedy=f"请再试一次；仍不行，请把编号 {incident} 告诉管理员。 "
        f"Try again; if it stays, tell the operator incident {incident}.",
    )
    return told, incident


def handle(
    app: FastAPI, page: Callable[[Request, DomainError], Response | None] = lambda *_: None
) -> None:
    """Hang the handlers into an application. What is not expected is the door's to answer.

    Args:
        app: the application.
        page: the page that somebody gets who typed an address where nothing is; None for programs.
    """

    async def domain_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, DomainError)
        return answer(error, request.headers.get("accept-language"))

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        told = _from_http(error)
        if isinstance(told, NotFound) and (shown := page(request, told)) is not None:
            return shown
        return answer(told, request.headers.get("accept-language"), error.headers or {})

    async def not_valid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        told, fields = refused(error.errors())
        return answer(told, request.headers.get("accept-language"), errors=fields)

    app.add_exception_handler(DomainError, domain_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, not_valid)
    # Our own answer does not fit its model: a mistake of ours, and no detail of it for the world.
    app.exception_handlers.pop(ResponseValidationError, None)


def _from_http(error: HTTPException) -> DomainError:
    if error.status_code == NotFound.status:
        return NotFound(
            "There is nothing at this address.",
            remedy="全部地址见 /docs。 The addresses are listed at /docs.",
        )
    if error.status_code == MethodNotAllowed.status:
        return MethodNotAllowed(
            "This address does not take this method.", remedy="Use one of those in Allow."
        )
    if error.status_code == TooLarge.status:
        return TooLarge.than_read()
    if error.status_code < 500:
        told = Invalid(
            "The request could not be read.",
            remedy="应如何提问见 /docs。 See /docs for what is asked.",
        )
        # A body that is no text (400) is not usable as given, like one that is no JSON.
        told.status = Invalid.status if error.status_code == 400 else error.status_code
        return told
    return Internal("The request could not be answered.")


# ---------------------------------------------------------------------- telling OpenAPI
_EXAMPLES: Mapping[type[DomainError], DomainError] = {
    Invalid: Invalid("One parameter is not usable: lat.", remedy=SWAPPED, field="lat"),
    OutsideServiceArea: OutsideServiceArea(
        "The position lies outside the streets and stations this service knows.",
        remedy="Longitude comes first; check `crs` too.",
    ),
    NotFound: NotFound(
        "Edition 7 of stations has no station 42.",
        remedy="名单可能已更新，按名称重新查找（/api/stations?text=…）。 "
        "The list may have changed: look the station up by its name (/api/stations?text=…).",
    ),
    Conflict: Conflict(
        "Edition 7 of stations has not been assigned to edition 3 of areas.",
        remedy="运行 nuanyi editions activate 7。 Run `nuanyi editions activate 7`.",
    ),
    Unauthorized: Unauthorized(
        "Enterprises, rates and clusters need the key.", remedy="Send Authorization: Bearer KEY."
    ),
    Forbidden: Forbidden(
        "Without a key this service answers on this machine only.",
        remedy="Open http://127.0.0.1:8000, or set NUANYI_KEY.",
    ),
    Busy: Busy("All database connections are in use.", remedy="Try again."),
    Unavailable: Unavailable(
        "The database cannot be reached.", remedy="请稍后再试。 Try again later."
    ),
    TooMany: TooMany(
        "您提交得太频繁。 You have sent too much of late.",
        seconds=100,
        remedy="请稍后再试。 Try again after Retry-After.",
    ),
    MethodNotAllowed: MethodNotAllowed(
        "This address does not take this method.", remedy="Use one of those in Allow."
    ),
    NotAcceptable: NotAcceptable(
        "瓦片只以 gzip 压缩发送。 Tiles are sent compressed with gzip only.",
        remedy="Send Accept-Encoding: gzip, or leave it out.",
    ),
    TooLarge: TooLarge.than_read(),
    Internal: Internal(
        "Something went wrong that is no fault of the request.",
        remedy="Try again; if it stays, tell the operator incident 3f9c01d2a7b4.",
    ),
}
EVERYWHERE: tuple[type[DomainError], ...] = (Forbidden, TooLarge, Internal)
"""What any address can answer."""


def told(*errors: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail in these ways, and in those that any can."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in dict.fromkeys((*errors, *EVERYWHERE)):
        example = document(_EXAMPLES[error]).model_dump(exclude_none=True)
        if error is Invalid:
            example["errors"] = [
                FieldProblem(
                    field="lat", reason="must be at most 90", reason_zh="不得大于 90"
                ).model_dump()
            ]
        if error is Internal:
            example["incident"] = "3f9c01d2a7b4"
        entry = responses.setdefault(
            error.status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        separator = " · " if entry["description"] else ""
        entry["description"] += f"{separator}{error.title_zh} / {error.title}"
        entry["content"][MEDIA_TYPE]["examples"][error.slug] = {
            "summary": f"{error.title_zh} / {error.title}",
            "value": example,
        }
    return responses
