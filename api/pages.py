"""The pages at the front door, and the files they load."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from api import answers, problems
from api.door import POLICY
from geo.errors import DomainError, NotFound
from maps.start import FILES, ErrorHelp, docs_page, problem_page, start_page
from maps.texts import Language

router = APIRouter(include_in_schema=False)

WEB = Path(str(files("maps"))) / "web"
SERVED = (
    "start/*.css",
    "start/*.js",
    "start/*.svg",
    "vendor/swagger-ui-dist/*.css",
    "vendor/swagger-ui-dist/*.js",
)
Lang = Annotated[Language | None, Query()]


@functools.cache
def served() -> dict[str, tuple[bytes, str, str]]:
    """The files of `maps/web` that pages load, by path: content, media type, ETag. Read once: they
    come with the program and change only with it."""
    found = {}
    for pattern in SERVED:
        for path in sorted(WEB.glob(pattern)):
            content = path.read_bytes()
            digest = hashlib.blake2b(content, digest_size=8).hexdigest()
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            if path.suffix == ".js":
                kind = "text/javascript"
            name = path.relative_to(WEB).as_posix()
            found[name] = (content, kind, f'W/"{digest}"')
    return found


def _page(request: Request, html: str) -> Response:
    tag = f'W/"{version("nuanyi")}-{answers.fingerprint(html)}"'
    if answers.unchanged(request, tag):
        return answers.not_modified(tag)
    return answers.reply(html.encode(), tag, media_type="text/html; charset=utf-8")


@router.get("/", response_class=HTMLResponse)
async def start(request: Request, lang: Lang = None) -> Response:
    """The start page; Chinese unless English is asked for."""
    return _page(request, start_page(lang or "zh"))


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request, lang: Lang = None) -> Response:
    """The API documentation."""
    response = _page(request, docs_page(lang or "zh", "/openapi.json"))
    # Swagger UI sets styles of its own elements.
    response.headers["Content-Security-Policy"] = f"{POLICY}; style-src 'self' 'unsafe-inline'"
    return response


@router.get(f"{problems.HELP}{{slug}}", response_class=HTMLResponse)
async def problem_help(request: Request, slug: str, lang: Lang = None) -> Response:
    """What one kind of error means: where the `type` of a problem leads."""
    error = problems.by_slug(slug)
    others = [_help(other) for other in problems.classes() if other is not error]
    language = lang or problems.preferred_language(request.headers.get("accept-language"))
    return _page(request, problem_page(language, _help(error), others))


@router.get(FILES + "{path:path}")
async def web_file(request: Request, path: str) -> Response:
    """A file that a page loads."""
    found = served().get(path)
    if found is None:
        raise NotFound("There is nothing at this address.")
    content, kind, tag = found
    if answers.unchanged(request, tag):
        return answers.not_modified(tag)
    return answers.reply(content, tag, media_type=kind)


def _help(error: type[DomainError]) -> ErrorHelp:
    return ErrorHelp(error.slug, error.status, error.title, error.title_zh)
