"""How answers leave: caching by edition, pages of lists, JSON or GeoJSON, coordinate systems."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import numpy as np
import shapely
from fastapi import Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.words import Crs
from geo import coordinates, editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.errors import Invalid
from geo.filters import Box
from maps import geojson

JSON = "application/json"
Format = Literal["json", "geojson"]
NOT_STORED = "no-store"
LARGEST_PAGE = 1000


# ---------------------------------------------------------------------- what is asked
class Question(BaseModel):
    """The parameters of an address. One that is not known is refused: a misspelt filter must not
    look like an unfiltered answer."""

    model_config = ConfigDict(extra="forbid")


class OfFormat(Question):
    """A question that can be answered as GeoJSON."""

    format: Format | None = Field(
        None,
        description="json, or geojson (RFC 7946); without it the Accept header decides.",
        examples=["geojson"],
    )


class InCrs(Question):
    """A question that is answered in a coordinate system."""

    crs: Crs = Field(
        "wgs84",
        description="Coordinate system of every position in the question and in the answer: wgs84 "
        "(GPS, Tianditu), gcj02 (Amap, Tencent) or bd09 (Baidu).",
        examples=["gcj02"],
    )


class OfCrs(InCrs, OfFormat):
    """The same, as GeoJSON too."""


class Page(BaseModel):
    """The parameters of a list."""

    after: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Where the page before ended; take it from `next`.",
        examples=["NDI"],
    )
    limit: int = Field(100, ge=1, le=LARGEST_PAGE, description="How many at most.", examples=[20])


def split_commas(value: object) -> object:
    """`a,b` and `a&…=b` are the same."""
    if not isinstance(value, list):
        return value
    parts = (item.split(",") if isinstance(item, str) else [item] for item in value)
    return [part for several in parts for part in several]


Commas = BeforeValidator(split_commas)
PlainText = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[^\u0000-\u001f\u007f]*$")
]
Identity = Annotated[int, Field(ge=0, le=geojson.SAFE_INTEGER)]
"""A stable identity: 53 bits."""
BBOX = r"^-?[0-9]{1,3}(\.[0-9]{1,20})?(,-?[0-9]{1,3}(\.[0-9]{1,20})?){3}$"


def read_box(text: str | None, crs: Crs = "wgs84") -> Box | None:
    """`west,south,east,north` as a box in WGS 84.

    A box in another system is turned by its corners; its sides bend by a few metres.

    Raises:
        Invalid: a value is no longitude or latitude.
    """
    if text is None:
        return None
    west, south, east, north = (float(part) for part in text.split(","))
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise Invalid(
            "The box reaches beyond the earth.",
            remedy="Give bbox=west,south,east,north; longitude comes first.",
            field="bbox",
        )
    if crs == "wgs84":
        return west, south, east, north
    lon, lat = coordinates.to_wgs84([west, east], [south, north], crs)
    return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


# ---------------------------------------------------------------------- editions and caching
class EditionBrief(BaseModel):
    """Which edition an answer speaks from, and of which day."""

    dataset: str = Field(examples=["stations"])
    id: int = Field(examples=[7])
    as_of: date = Field(description="The day the data speak for.", examples=["2026-06-30"])


def briefs(found: Iterable[EditionFacts]) -> list[EditionBrief]:
    """The editions of an answer."""
    return [EditionBrief(dataset=one.dataset, id=one.id, as_of=one.as_of) for one in found]


def read_editions(reader: Reader, *datasets: str) -> list[EditionFacts]:
    """The active editions of these datasets; those without one are left out."""
    found = (editions.active(reader, dataset) for dataset in datasets)
    return [facts for facts in found if facts is not None]


def etag(found: Iterable[EditionFacts], *more: str) -> str:
    """`W/"areas-3.stations-7"`: the same as long as the editions are; `more` is what else the
    answer depends on."""
    return 'W/"' + ".".join([*(f"{one.dataset}-{one.id}" for one in found), *more]) + '"'


def fingerprint(*values: object) -> str:
    """A short mark of values that an answer depends on."""
    return hashlib.blake2b(repr(values).encode(), digest_size=6).hexdigest()


def unchanged(request: Request, tag: str) -> bool:
    """Whether the asker already has this answer (RFC 9110 §13.1.2, compared weakly)."""
    header = request.headers.get("if-none-match")
    return header is not None and matches(header, tag)


def matches(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names a tag."""
    if header.strip() == "*":
        return True
    opaque = tag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") == opaque for part in header.split(","))


def not_modified(tag: str, *, public: bool = True) -> Response:
    """304, with what a 200 would have said of caching."""
    return Response(status_code=304, headers=_caching(tag, public=public))


def _caching(tag: str | None, *, public: bool) -> dict[str, str]:
    if tag is None:
        return {"Cache-Control": NOT_STORED}
    scope = "public" if public else "private"
    return {
        "ETag": tag,
        "Cache-Control": f"{scope}, max-age=0, must-revalidate",
        "Vary": "Accept" if public else "Accept, Authorization",
    }


# ---------------------------------------------------------------------- what is answered
def as_geojson(request: Request, format_: Format | None) -> bool:
    """Whether GeoJSON is wanted: by `format`, or else by an Accept header that names it."""
    if format_ is not None:
        return format_ == "geojson"
    return geojson.MEDIA_TYPE in request.headers.get("accept", "").lower()


def reply(
    body: BaseModel | bytes,
    tag: str | None,
    *,
    public: bool = True,
    media_type: str = JSON,
    next_page: str | None = None,
) -> Response:
    """200 with a body.

    Args:
        body: a model, or bytes that are ready.
        tag: of :func:`etag`; None for what must not be stored, such as an answer to a position.
        public: whether a cache between us and the asker may keep it.
        media_type: of the bytes.
        next_page: address of the next page of a list, for the Link header (RFC 8288).
    """
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    headers = _caching(tag, public=public)
    if next_page is not None:
        headers["Link"] = f'<{next_page}>; rel="next"'
    return Response(content, media_type=media_type, headers=headers)


def takes_gzip(header: str | None) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110 §12.5.3); none at all allows any,
    though who sends none mostly wants plain text."""
    if header is None:
        return True
    weights = {}
    for part in header.lower().split(","):
        name, _, parameters = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameters.replace(" ", "").removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


GEOJSON_CONTENT = {
    geojson.MEDIA_TYPE: {
        "schema": {"$ref": "#/components/schemas/FeatureCollection"},
    }
}


# ---------------------------------------------------------------------- pages of lists
def cursor(*numbers: int) -> str:
    """Where a page ended, as a text nobody has to understand."""
    plain = ".".join(str(number) for number in numbers)
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(text: str | None, count: int = 1) -> tuple[int, ...] | None:
    """The numbers of a cursor.

    Raises:
        Invalid: it is none of ours.
    """
    if text is None:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        numbers = tuple(int(part) for part in plain.split("."))
    except (binascii.Error, ValueError):
        numbers = ()
    if len(numbers) != count or not all(0 <= number <= geojson.SAFE_INTEGER for number in numbers):
        raise Invalid(
            "This is not the end of any page.",
            remedy="Take `after` from `next` of the page before, or leave it out.",
            field="after",
        )
    return numbers


def page_after(request: Request, end: str) -> str:
    """The address of the next page: the same question, after `end`."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{request.url.path}?{urlencode([*asked, ('after', end)])}"


# ---------------------------------------------------------------------- coordinate systems
def in_crs(lon: Sequence[float | None], lat: Sequence[float | None], crs: Crs) -> list[Any]:
    """Positions in the asked system, rounded to a centimetre; a pair (None, None) stays one.

    Args:
        lon, lat: WGS 84 degrees, N each.
        crs: the system that is asked for.
    """
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    placed = ~np.isnan(x)
    x[placed], y[placed] = coordinates.from_wgs84(x[placed], y[placed], crs)
    pairs = np.round(np.column_stack([x, y]), geojson.DECIMALS).tolist()
    return [pair if there else (None, None) for pair, there in zip(pairs, placed, strict=True)]


def geometry_in_crs(geometries: Any, crs: Crs) -> Any:
    """Geometries in the asked system, vertex by vertex.

    Args:
        geometries: an array of shapely geometries in WGS 84, None among them.
        crs: the system that is asked for.
    """
    if crs == "wgs84":
        return geometries
    return shapely.transform(
        geometries,
        lambda xy: np.column_stack(coordinates.from_wgs84(xy[:, 0], xy[:, 1], crs)),
    )
