"""`/api/coverage/columns`: the rates of many areas at once, as columns, for maps and tables."""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers, problems
from api.answers import EditionBrief, Identity, Question
from api.coverage.rates import (
    CoverageOfAll,
    CoverageOfArea,
    Definition,
    Note,
    clusters_found_at,
    coverage_of,
    definitions,
    notes,
    of_settings,
)
from api.coverage.setup import beginning
from api.filters import Filters
from api.service import SECURED, Seeing, Service, Serving
from api.words import AreaKind
from geo import editions
from geo.areas.shown import areas_shown
from geo.coverage.definitions import RATES
from geo.coverage.places import kind_of
from geo.coverage.rates import AreaCoverage
from geo.database import Reader
from geo.enterprises.register import revision
from geo.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized, Unavailable
from maps.geojson import to_json

router = APIRouter(tags=["coverage"])

MOST_AREAS = 5_000
"""More than a map shows or a person reads; the rest is told as cut."""
ZIP_LEVEL = 4
_DECIMALS = 5


class ColumnsQuestion(Filters, Question):
    """The parameters of the columns."""

    kind: AreaKind | None = Field(
        None,
        description="Kind of area; by default subdistricts, or the next division there is.",
        examples=["subdistrict"],
    )
    parent_id: Identity | None = Field(
        None,
        description="Only areas below this one, however far; its own rates are told besides.",
        examples=[100],
    )


class RateColumns(BaseModel):
    """One rate of every area, in the order of `ids`. The value is numerator / denominator, and no
    data where the denominator is 0."""

    numerator: list[int]
    denominator: list[int]
    low: list[float | None] = Field(description="Lower end of the 95 % Wilson interval.")
    high: list[float | None]
    shrunk: list[float | None] = Field(description="For ranking; see /api/coverage.")
    gap: list[int | None] = Field(description="Units or people missing to the target.")
    missing_share: list[float | None]
    target: list[float | None]


class Columns(BaseModel):
    """The areas, by code, and their rates as columns."""

    kind: AreaKind
    ids: list[int]
    names: list[str | None]
    codes: list[str | None]
    parents: list[int | None]
    has_boundary: list[bool]
    employees: list[int]
    rates: dict[str, RateColumns]
    areas_in_all: int = Field(description="How many there are; at most 5,000 are told.")
    small_denominator: int = Field(description="A rate over fewer rests on few.")
    whole: CoverageOfAll
    own: CoverageOfArea | None = Field(description="The area of `parent_id`.")
    definitions: list[Definition]
    notes: list[Note]
    version: int = Field(description="Number of the last change of a union that is counted.")
    editions: list[EditionBrief]


@router.get(
    "/api/coverage/columns",
    response_model=Columns,
    openapi_extra=SECURED,
    responses={
        304: {"description": "Not modified: editions and unions are those of your ETag."},
        **problems.told(Invalid, Unauthorized, Forbidden, NotFound, Busy, Unavailable),
    },
)
def coverage_columns(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[ColumnsQuestion, Query()]
) -> Response:
    """The rates of every area of a kind at once, a twentieth of the size of /api/coverage.

    各区域比率（按列），供地图和表格使用。
    """
    chosen = asked.filter()
    zipped = answers.takes_gzip(request.headers.get("accept-encoding", ""))
    with service.database.read(actor) as reader:
        for dataset in ("areas", "enterprises"):
            editions.require_active(reader, dataset)
        found = answers.read_editions(reader, "areas", "enterprises")
        changed = revision(reader)
        marks = [f"c{changed}", of_settings(service.settings), "gz" if zipped else "plain"]
        if chosen.tiers:
            marks.append(answers.fingerprint(clusters_found_at(reader)))
        tag = answers.etag(found, *marks)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        kind = asked.kind or service.map_setups.get(
            f"first kind of {found[0].id}", lambda: beginning(areas_shown(reader)) or ""
        )
        if not kind:
            raise NotFound(
                "现行版本没有区域。 The edition in force has no areas.",
                remedy="请导入区域。 Load areas: `nuanyi import areas FILE --commit`.",
            )
        key = f"{tag} {kind} {asked.parent_id} {chosen.key}"
        content = service.map_setups.get(key, lambda: _drawn(service, reader, asked, kind, changed))
    body = content.encode()
    response = answers.reply(
        gzip.compress(body, ZIP_LEVEL, mtime=0) if zipped else body, tag, public=False
    )
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Authorization"
    return response


def _drawn(
    service: Service, reader: Reader, asked: ColumnsQuestion, kind: str, changed: int
) -> str:
    """The answer as JSON."""
    chosen = asked.filter()
    answer = coverage_of(service, reader, kind, chosen, changed, asked.parent_id)
    own = None
    if asked.parent_id is not None:
        above = kind_of(reader, asked.parent_id)
        of_own = coverage_of(service, reader, above, chosen, changed, area_id=asked.parent_id)
        own = of_own.areas[0]
    body: dict[str, Any] = {
        **columns_of(answer.some(0, MOST_AREAS)),
        "kind": kind,
        "areas_in_all": len(answer),
        "small_denominator": service.settings.small_denominator,
        "whole": _told(CoverageOfAll, answer.whole),
        "own": None if own is None else _told(CoverageOfArea, own),
        "definitions": [one.model_dump() for one in definitions(answer)],
        "notes": [one.model_dump() for one in notes(chosen)],
        "version": changed,
        "editions": [
            one.model_dump(mode="json")
            for one in answers.briefs([answer.area_edition, answer.enterprises])
        ],
    }
    return to_json(body)


def columns_of(areas: list[AreaCoverage]) -> dict[str, Any]:
    """The areas' names and rates, column by column."""
    return {
        "ids": [area.id for area in areas],
        "names": [area.name for area in areas],
        "codes": [area.code for area in areas],
        "parents": [area.parent_id for area in areas],
        "has_boundary": [area.has_boundary for area in areas],
        "employees": [area.figures["employees"] for area in areas],
        "rates": {name: _rate_columns(areas, name) for name in RATES},
    }


def _rate_columns(areas: list[AreaCoverage], name: str) -> dict[str, Any]:
    of_areas = [area.rates[name] for area in areas]
    return {
        "numerator": [rate.numerator for rate in of_areas],
        "denominator": [rate.denominator for rate in of_areas],
        "low": [_short(rate.low) for rate in of_areas],
        "high": [_short(rate.high) for rate in of_areas],
        "shrunk": [_short(rate.shrunk) for rate in of_areas],
        "gap": [rate.gap for rate in of_areas],
        "missing_share": [_short(rate.missing_share) for rate in of_areas],
        "target": [rate.target for rate in of_areas],
    }


def _short(share: float | None) -> float | None:
    return None if share is None else round(share, _DECIMALS)


def _told(model: type[BaseModel], one: AreaCoverage) -> Any:
    return model.model_validate(one, from_attributes=True).model_dump(mode="json")


__all__ = ["Columns", "columns_of", "router"]
