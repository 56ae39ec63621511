"""The pages at the front door, and the files they load."""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator

from api import answers, problems
from api.answers import Identity
from api.door import POLICY
from api.service import Asking, Seeing, Service, Serving
from geo import coordinates
from geo.errors import DomainError, NotFound
from geo.stations import queries
from maps import leader, plan, worker
from maps.handover import MAPS, Maps, handover_address
from maps.start import FILES, ErrorHelp, docs_page, problem_page, start_page
from maps.texts import LANGUAGES, Language

router = APIRouter(include_in_schema=False)

WEB = Path(str(files("maps"))) / "web"
SERVED = (
    "start/*.css",
    "start/*.js",
    "start/*.svg",
    "map/*.css",
    "map/*.js",
    "cards/*.css",
    "vendor/echarts/*.js",
    "vendor/maplibre-gl/*.css",
    "vendor/maplibre-gl/*.js",
    "vendor/swagger-ui-dist/*.css",
    "vendor/swagger-ui-dist/*.js",
)
SQUEEZED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
"""Media types that gzip makes smaller."""
FOR_EVER = "public, max-age=31536000, immutable"
WORKER_POLICY = f"{POLICY}; worker-src 'self'; manifest-src 'self'; connect-src 'self'"
LEADER_POLICY = f"{POLICY}; worker-src 'self'; connect-src 'self'"
Lang = Annotated[
    Language | None, BeforeValidator(lambda given: given if given in LANGUAGES else None), Query()
]
"""Of a page; in any other language than its own it speaks its first."""


@dataclass(frozen=True)
class Sent:
    """A file as it is sent: its bytes, the same bytes gzipped when that is worth it, its media
    type, and the hash that its ETag is made of."""

    content: bytes
    zipped: bytes | None
    kind: str
    digest: str


def sent(content: bytes, kind: str) -> Sent:
    """Compressed once, and sent to everyone."""
    zipped = gzip.compress(content, 9, mtime=0) if kind.startswith(SQUEEZED) else None
    if zipped is not None and len(zipped) >= len(content):
        zipped = None
    return Sent(content, zipped, kind, hashlib.blake2b(content, digest_size=8).hexdigest())


@functools.cache
def served() -> dict[str, Sent]:
    """The files of `maps/web` that pages load, by path. Read once: they come with the program and
    change only with it."""
    paths = [path for pattern in SERVED for path in sorted(WEB.glob(pattern))]
    found = {path.relative_to(WEB).as_posix(): path.read_bytes() for path in paths}
    found |= {f"worker/{name}": content for name, content in worker.files().items()}
    found |= {f"leader/{name}": content for name, content in leader.files().items()}
    found |= {f"plan/{name}": content for name, content in plan.files().items()}
    return {name: sent(content, _media_type(name)) for name, content in found.items()}


def _media_type(name: str) -> str:
    if name.endswith(".js"):
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _send(request: Request, file: Sent, *, kept: str | None = None) -> Response:
    """A file, gzipped for whoever takes that; the two are different to every cache."""
    zipped = file.zipped is not None and answers.takes_gzip(
        request.headers.get("accept-encoding", "")
    )
    tag = f'W/"{file.digest}{"-gz" if zipped else ""}"'
    if answers.unchanged(request, tag):
        response = answers.not_modified(tag)
    elif file.zipped is not None and zipped:
        response = answers.reply(file.zipped, tag, media_type=file.kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = answers.reply(file.content, tag, media_type=file.kind)
    if file.zipped is not None:
        response.headers["Vary"] = "Accept-Encoding"
    if kept is not None:
        response.headers["Cache-Control"] = kept
    return response


@functools.lru_cache(maxsize=64)
def _html(html: str) -> Sent:
    file = sent(html.encode(), "text/html; charset=utf-8")
    return Sent(file.content, file.zipped, file.kind, f"{version('nuanyi')}-{file.digest}")


def _page(request: Request, html: str) -> Response:
    return _send(request, _html(html))


# ---------------------------------------------------------------------- the worker's page
def _worker_page(service: Service, language: Language) -> str:
    settings = service.settings
    return worker.worker_page(language, settings.walking_metres_per_second, settings.time_zone)


@router.get("/", response_class=HTMLResponse)
async def worker_page(request: Request, service: Serving, lang: Lang = None) -> Response:
    """The worker's page; Chinese unless English is asked for."""
    response = _page(request, _worker_page(service, lang or "zh"))
    response.headers["Content-Security-Policy"] = WORKER_POLICY
    return response


@router.get("/manifest.webmanifest")
async def manifest(request: Request, lang: Lang = None) -> Response:
    """What a phone needs to keep the page on its home screen."""
    return _send(request, sent(worker.manifest(lang or "zh"), "application/manifest+json"))


@router.get("/sw.js")
async def service_worker(request: Request, service: Serving) -> Response:
    """The service worker; at the root, so that it may serve the page at `/`."""
    program = worker.service_worker(_worker_page(service, language) for language in LANGUAGES)
    return _send(request, sent(program, "text/javascript"))


@router.get("/go/{maps}/{station_id}")
def hand_over(service: Serving, actor: Asking, maps: Maps, station_id: Identity) -> Response:
    """On to somebody's own map, with the station's place in that map's coordinate system. Nothing
    about the person goes along."""
    with service.database.read(actor) as reader:
        facts = queries.get_station(reader, station_id)
    lon = facts.entrance_lon if facts.entrance_lon is not None else facts.lon
    lat = facts.entrance_lat if facts.entrance_lat is not None else facts.lat
    if lon is None or lat is None:
        raise NotFound(
            "这个驿站还没有位置。 This station has no place yet.",
            remedy="请按地址前往。 Go by its address.",
        )
    x, y = coordinates.from_wgs84(lon, lat, MAPS[maps].crs)
    address = handover_address(maps, float(x), float(y), facts.name, facts.address)
    return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


# ---------------------------------------------------------------------- the leader's page
@router.get("/coverage", response_class=HTMLResponse)
async def leader_page(
    request: Request, service: Serving, _actor: Seeing, lang: Lang = None
) -> Response:
    """The leader's live page; Chinese unless English is asked for. A browser asks for the key."""
    response = _page(request, leader.leader_page(lang or "zh", service.settings.time_zone))
    response.headers["Content-Security-Policy"] = LEADER_POLICY
    return response


# ---------------------------------------------------------------------- the planner's page
@router.get("/plan", response_class=HTMLResponse)
async def plan_page(
    request: Request, service: Serving, _actor: Seeing, lang: Lang = None
) -> Response:
    """The planner's page; Chinese unless English is asked for. A browser asks for the key."""
    response = _page(request, plan.plan_page(lang or "zh", service.settings.time_zone))
    response.headers["Content-Security-Policy"] = LEADER_POLICY
    return response


# ---------------------------------------------------------------------- the others
@router.get("/start", response_class=HTMLResponse)
async def start(request: Request, lang: Lang = None) -> Response:
    """The page of those who plan, lead and run it; Chinese unless English is asked for."""
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


def of_nothing(request: Request, error: DomainError) -> Response | None:
    """The page for a browser that asked for an address where nothing is; None for programs."""
    browser = "text/html" in request.headers.get("accept", "").lower()
    if not browser or request.method not in ("GET", "HEAD"):
        return None
    asked = request.query_params.get("lang")
    language = next((one for one in LANGUAGES if one == asked), None)
    language = language or problems.preferred_language(request.headers.get("accept-language"))
    others = [_help(other) for other in problems.classes() if other is not type(error)]
    response = HTMLResponse(
        problem_page(language, _help(type(error)), others), status_code=error.status
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


@router.get(FILES + "{path:path}")
async def web_file(request: Request, path: str) -> Response:
    """A file that a page loads. `@mark/` before its path is the version a page was made for: the
    newest may be kept for ever; a page of yesterday still finds its files, and keeps none."""
    mark, _, rest = path.partition("/")
    marked = mark.startswith("@")
    found = served().get(rest if marked else path)
    if found is None:
        raise NotFound("There is nothing at this address.")
    newest = marked and mark in (f"@{worker.mark()}", f"@{leader.mark()}", f"@{plan.mark()}")
    return _send(request, found, kept=FOR_EVER if newest else None)


def _help(error: type[DomainError]) -> ErrorHelp:
    return ErrorHelp(error.slug, error.status, error.title, error.title_zh)
