"""`/api/places`: places and addresses by name, for people who give no position."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief
from api.position import PositionHeader, position_of
from api.service import NO_WRONG_KEY, Serving
from api.words import Crs
from geo import coordinates
from geo.errors import Busy, Invalid, Unavailable
from geo.places.search import MOST, find_or_point

router = APIRouter(prefix="/api/places", tags=["places"])

HEADER = "Nuanyi-Query"
LONGEST = 64
PlaceKind = Literal["station", "area", "street", "building", "point"]

QueryHeader = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="What is looked for, in UTF-8 with percent signs, instead of `q`: a header "
        "stands in no log. It wins over it.",
        examples=["%E4%BA%BA%E6%B0%91%E8%B7%AF"],
    ),
]


class PlacesQuestion(answers.InCrs):
    """The parameters of the search."""

    q: str | None = Field(
        None,
        max_length=4 * LONGEST,
        description="What is looked for, 1 to 64 characters: a name in Chinese, in pinyin, by its "
        "initials or mixed; an address; or a position such as 116.38,39.90.",
        examples=["人民路", "renminlu", "rml", "人民路12号"],
    )
    limit: int = Field(8, ge=1, le=MOST, description="How many places at most.", examples=[5])


class PlaceAnswer(BaseModel):
    """A place that fits."""

    id: int | None = Field(
        description="Of a station or an area its own; of a street or a building one that stays "
        "while it does; null for a point.",
        examples=[4821930177623114],
    )
    kind: PlaceKind
    type: str | None = Field(
        description="The kind of station or of area, such as warm_station, subdistrict.",
        examples=["subdistrict"],
    )
    name: str = Field(examples=["人民路"])
    detail: str | None = Field(
        description="What tells places of one name apart: district, subdistrict, address.",
        examples=["石榴区 银杏街道"],
    )
    lon: float = Field(description="Longitude, in `crs`.", examples=[101.0])
    lat: float = Field(description="Latitude, in `crs`.", examples=[40.2])
    score: float = Field(description="How well it fits, from 0 to 1.", examples=[0.97])


class PlacesFound(BaseModel):
    """The places that fit best, the best first."""

    places: list[PlaceAnswer]
    notes: list[str] = Field(description="What the asker should know of this answer.")
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "",
    response_model=PlacesFound,
    dependencies=[NO_WRONG_KEY],
    responses=problems.told(Invalid, Busy, Unavailable),
)
def find_places(
    service: Serving,
    request: Request,
    asked: Annotated[PlacesQuestion, Query()],
    query: QueryHeader = None,
    position: PositionHeader = None,
) -> Response:
    """Stations, areas, streets and buildings by name or address, however it is typed.

    查找地点：中文、拼音、首字母、门牌号均可，容许错字。With a position in the header the nearer of
    two that fit alike comes first. What was asked is neither stored nor logged.
    """
    del request
    text = asked_text(query, asked.q)
    near = None
    if position is not None:
        lon, lat = coordinates.to_wgs84(*position_of(position, None, None), asked.crs)
        near = float(lon), float(lat)
    places = service.places.current()
    found = find_or_point(places, text, limit=asked.limit, near=near, crs=asked.crs)
    where = answers.in_crs(
        [one.lon for one in found.places], [one.lat for one in found.places], asked.crs
    )
    shown = [
        PlaceAnswer.model_validate(
            {**{name: getattr(one, name) for name in _PLAIN_FIELDS}, "lon": lon, "lat": lat}
        )
        for one, (lon, lat) in zip(found.places, where, strict=True)
    ]
    body = PlacesFound(
        places=shown,
        notes=found.notes,
        crs=asked.crs,
        editions=answers.briefs(places.editions),
    )
    return answers.reply(body, None)


_PLAIN_FIELDS = tuple(name for name in PlaceAnswer.model_fields if name not in ("lon", "lat"))


def asked_text(header: str | None, query: str | None) -> str:
    """What is looked for: the header's text, else the query's, trimmed.

    Raises:
        Invalid: neither is given, or it is empty, too long, or holds control characters.
    """
    field = "q" if header is None else HEADER
    text = query if header is None else _unquoted(header)
    text = None if text is None else text.strip()
    if not text:
        raise Invalid(
            "没有给出要查找的内容。 Nothing to look for is given.",
            remedy=f"用参数 q 或请求头 {HEADER}。 Send q, or the header {HEADER}.",
            field=field,
        )
    if len(text) > LONGEST:
        raise Invalid(
            f"查找内容超过 {LONGEST} 个字符。 It is longer than {LONGEST} characters.",
            remedy="请缩短，例如只写路名。 Shorten it, to the street's name for example.",
            field=field,
        )
    if any(unicodedata.category(one) == "Cc" for one in text):
        raise Invalid(
            "查找内容含有控制字符。 It holds control characters.",
            remedy="请去掉换行等字符。 Leave out line breaks and the like.",
            field=field,
        )
    return text


def _unquoted(header: str) -> str:
    try:
        return unquote_to_bytes(header.encode("ascii")).decode("utf-8")
    except UnicodeError as error:
        raise Invalid(
            f"请求头 {HEADER} 不是百分号编码的 UTF-8。 The header {HEADER} is not UTF-8 with "
            "percent signs.",
            remedy="encodeURIComponent(text)",
            field=HEADER,
        ) from error
