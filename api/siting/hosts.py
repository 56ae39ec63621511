"""`/api/siting/hosts` and `/api/siting/units_without_station`: who could take a station, and where
one should be built with a large unit (同步建站)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import Commas, EditionBrief, Identity, InCrs, Page
from api.service import SECURED, Seeing, Serving
from api.siting.asking import FAILURES
from api.words import Crs, UnionState
from geo.schema.siting import ASSESSED
from geo.siting.inputs import hosts
from geo.siting.inputs.hosts import EIGHT, KIT, SIX, HostFilter
from maps.texts import named

router = APIRouter(prefix="/api/siting", tags=["siting"])

HostType = Literal[
    "shop",
    "bank",
    "courier_outlet",
    "service_centre",
    "pharmacy",
    "restaurant",
    "telecom_shop",
    "petrol_station",
    "public_institution",
    "other",
]
CandidateSource = Literal["register", "public_place", "street_corner"]
Point = Literal[
    "sign",
    "layout",
    "facilities",
    "functions",
    "rules",
    "on_map",
    "operator",
    "publicity",
    "drinking_water",
    "meal_heating",
    "rest",
    "climate",
    "first_aid",
    "toilet",
    "usable_area",
]
READ = {304: {"description": "Not modified: your ETag still holds."}, **FAILURES}


class HostsQuestion(Page, InCrs, answers.Question):
    """The parameters of the register."""

    host_type: Annotated[list[HostType], Commas] | None = Field(
        None, max_length=10, description="类型。 Kinds of host.", examples=[["bank", "shop"]]
    )
    agreed: Literal["yes", "no", "unknown"] | None = Field(
        None, description="是否同意。 Whether the host said yes; unknown: not asked.",
        examples=["yes"],
    )  # fmt: skip
    source: CandidateSource | None = Field(
        None, description="来源。 A registered host, or generated.", examples=["register"]
    )
    open_24h: bool | None = Field(None, description="24 小时。 Open 24 hours.", examples=[True])
    water: bool | None = Field(None, description="有水。 Has water.", examples=[True])
    toilet: bool | None = Field(None, description="有厕所。 Has a toilet.", examples=[True])
    assessed: bool | None = Field(
        None, description="是否去看过。 Whether somebody went to look.", examples=[False]
    )
    least_square_metres: float | None = Field(
        None, ge=0, le=1e6, description="最小面积。 At least so much floor area.", examples=[12]
    )
    area_id: Identity | None = Field(None, description="区域。 Only in this area.", examples=[110])
    q: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$",
        description="名称、地址或品牌的一部分。 Part of name, address or chain.",
        examples=["邻里"],
    )

    def filter(self) -> HostFilter:
        """The conditions."""
        return HostFilter(
            tuple(self.host_type or ()),
            self.agreed,
            self.source,
            self.open_24h,
            self.water,
            self.toilet,
            self.assessed,
            self.least_square_metres,
            self.area_id,
            self.q,
        )


class FormPoint(BaseModel):
    """A point of the assessment form."""

    point: Point
    zh: str
    en: str
    part: Literal["six_haves", "eight_haves", "kit", "area"] = Field(
        description="六有、八有、基本配置、面积。 Which part of the standard it belongs to."
    )


class HostAnswer(BaseModel):
    """A host. Null is not known, never no."""

    id: int
    name: str
    host_type: HostType
    chain: str | None
    address: str | None
    lon: float | None
    lat: float | None
    located_by: str
    cost: float | None
    capacity: int | None
    floor_square_metres: float | None
    large_enough: bool | None = Field(description="At least 12 m² by its stated floor area.")
    hours_text: str | None
    opening_hours: str | None
    open_24h: bool | None
    agreed: bool | None = Field(description="Null: not asked yet.")
    water: bool | None
    toilet: bool | None
    photo: str | None = Field(description="Address or number of a photograph.")
    assessment: list[Point] | None = Field(
        description="Points of the form that it meets; null: nobody went to look."
    )
    missing: list[Point] | None = Field(description="Points that it does not meet.")
    six_haves: int | None = Field(description="How many of the six haves (六有) it meets.")
    source: CandidateSource
    source_zh: str
    source_en: str


class HostCounts(BaseModel):
    """Of all hosts that meet the conditions."""

    hosts: int
    agreed: int
    refused: int
    not_asked: int
    assessed: int
    unlocated: int
    generated: int = Field(description="Not registered by anybody: only generated.")


class HostList(BaseModel):
    """A page of the register."""

    hosts: list[HostAnswer]
    counts: HostCounts
    form: list[FormPoint]
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


@router.get("/hosts", response_model=HostList, openapi_extra=SECURED, responses=READ)
def list_hosts(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[HostsQuestion, Query()]
) -> Response:
    """The register of hosts that could take a station, page by page, with what is missing there.

    候选场所登记册：类型、品牌、面积、水、厕所、意愿、现场评估；生成的候选点另有标记。
    """
    after = answers.read_cursor(asked.after)
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "candidate_sites", "areas")
        tag = answers.etag(found)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        chosen = asked.filter()
        told = hosts.list_hosts(
            reader, chosen, None if after is None else after[0], asked.limit + 1
        )
        counts = hosts.count_hosts(reader, chosen)
    page, more = told[: asked.limit], len(told) > asked.limit
    places = answers.in_crs([one.lon for one in page], [one.lat for one in page], asked.crs)
    following = answers.page_after(request, answers.cursor(page[-1].id)) if more else None
    body = HostList(
        hosts=[_host(one, lon, lat) for one, (lon, lat) in zip(page, places, strict=True)],
        counts=HostCounts(**counts),
        form=[_point(name) for name in ASSESSED],
        next=following,
        crs=asked.crs,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False, next_page=following)


def _host(one: hosts.HostFacts, lon: float | None, lat: float | None) -> HostAnswer:
    source = named("candidate_source", one.source)
    told = {name: getattr(one, name) for name in HostAnswer.model_fields if hasattr(one, name)}
    more = {"lon": lon, "lat": lat, "source_zh": source.zh, "source_en": source.en}
    return HostAnswer.model_validate(told | more)


def _point(name: str) -> FormPoint:
    part = "area"
    for title, points in (("six_haves", SIX), ("eight_haves", EIGHT), ("kit", KIT)):
        if name in points:
            part = title
            break
    told = named("assessed", name)
    return FormPoint.model_validate({"point": name, "zh": told.zh, "en": told.en, "part": part})


class UnitsQuestion(InCrs, answers.Question):
    """The parameters of the units without a station."""

    employees: int = Field(
        100, ge=1, le=1_000_000, description="职工不少于。 At least so many employees.",
        examples=[200],
    )  # fmt: skip
    metres: float = Field(
        100.0,
        ge=0,
        le=5_000,
        description="这么近（直线）就算有驿站。 A station so near, in a line, counts as its own.",
        examples=[150],
    )
    area_id: Identity | None = Field(None, description="区域。 Only in this area.", examples=[110])
    limit: int = Field(100, ge=1, le=1000, description="How many at most.", examples=[20])


class UnitAnswer(BaseModel):
    """A unit without a station."""

    id: int
    name: str
    address: str | None
    industry: str | None
    employees: int
    union_state: UnionState
    lon: float
    lat: float
    nearest_station_id: int | None
    nearest_station: str | None
    nearest_metres: float | None = Field(description="In a straight line.")


class UnitsAnswer(BaseModel):
    """Units with many workers and no station, most workers first."""

    units: list[UnitAnswer]
    total: int = Field(description="All of them, shown or not.")
    employees: int = Field(description="Who work in all of them.")
    of_units: int = Field(description="Units of that size.")
    unlocated: int = Field(description="Of these without a place: not judged.")
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "/units_without_station", response_model=UnitsAnswer, openapi_extra=SECURED, responses=READ
)
def units_without_station(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[UnitsQuestion, Query()]
) -> Response:
    """Units with 100 workers or more and no station on their premises (同步建站).

    百人以上单位尚无驿站清单：附近（直线）没有站点，也没有站点以其为依托单位。注销、停业与集群注册不计。
    """
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "enterprises", "stations", "areas")
        tag = answers.etag(found)
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        told = hosts.units_without_station(
            reader,
            least_employees=asked.employees,
            metres=asked.metres,
            area_id=asked.area_id,
            limit=asked.limit,
        )
    places = answers.in_crs([u.lon for u in told.units], [u.lat for u in told.units], asked.crs)
    body = UnitsAnswer(
        units=[
            UnitAnswer.model_validate(
                {name: getattr(one, name) for name in UnitAnswer.model_fields}
                | {
                    "lon": lon,
                    "lat": lat,
                    "nearest_metres": None
                    if one.nearest_metres is None
                    else round(one.nearest_metres, 1),
                }
            )
            for one, (lon, lat) in zip(told.units, places, strict=True)
        ],
        total=told.total,
        employees=told.employees,
        of_units=told.of_units,
        unlocated=told.unlocated,
        crs=asked.crs,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False)
