"""`/api/enterprises` and one of them: as their list states them, their unions as in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import EditionBrief, Identity, OfCrs, Page
from api.enterprises.noting import ChangeAnswer, change_answer
from api.enterprises.shared import AREA_ID, EXAMPLE, READ, EnterpriseId, mark
from api.filters import Filters
from api.service import SECURED, Seeing, Service, Serving
from api.words import Apart, Crs, Industry, Size, TierOfUnit, UnionState, UnitClass
from geo import editions
from geo.database import Reader
from geo.editions import EditionFacts
from geo.enterprises import changes, queries
from geo.enterprises.queries import After, EnterpriseFacts
from geo.enterprises.register import Register, clusters_mark, revision
from geo.errors import Invalid

router = APIRouter(prefix="/api/enterprises", tags=["enterprises"])


class EnterprisesQuestion(Page, OfCrs, Filters):
    """The parameters of the list."""

    area_id: Identity | None = AREA_ID
    cluster_id: Identity | None = Field(
        None, description="Of this cluster, with a union or without.", examples=[5120934857120394]
    )
    q: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        pattern=r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$",
        description="名称或地址的一部分，或信用代码开头。 Part of the name or address, or the "
        "beginning of the credit code.",
        examples=["云杉"],
    )


class EnterpriseAnswer(BaseModel):
    """A unit as its list states it, its union as it is in force. Null is not stated, never 0."""

    id: int = Field(examples=[EXAMPLE])
    name: str
    uscc: str | None = Field(description="Unified social credit code of the unit.")
    address: str | None
    declared_division: str | None
    unit_class: UnitClass
    industry: Industry = Field(description="Section of GB/T 4754-2017.")
    industry_text: str | None = Field(description="As it was written.")
    business_state: str | None = Field(description="operating, dormant or closed.")
    employees: int | None
    size: Size
    members: int | None
    new_employment_workers: int | None
    new_employment_members: int | None
    state: UnionState = Field(description="Of its union, with the changes that were noted.")
    union_name: str | None
    union_uscc: str | None
    upper_union: str | None
    union_founded_on: date | None = Field(description="As the list states it.")
    changed_on: date | None = Field(
        description="Day of the noted change that holds; null where the list itself does."
    )
    lon: float | None = Field(description="Longitude in `crs`; null when it is not placed.")
    lat: float | None
    located_by: str
    cluster_id: int | None = Field(description="The cluster it lies in.")
    tier: TierOfUnit = Field(description="How sure that cluster is.")
    apart: Apart | None = Field(
        description="Whether rates count it, or why not; null where nothing was counted yet."
    )


class EnterpriseList(BaseModel):
    """A page of units, the largest first."""

    enterprises: list[EnterpriseAnswer]
    next: str | None = Field(description="Address of the next page; null on the last.")
    version: int = Field(description="Number of the last change of a union.")
    crs: Crs
    editions: list[EditionBrief]


class EnterpriseOne(BaseModel):
    """One unit and the history of its union."""

    enterprise: EnterpriseAnswer
    stated_state: UnionState = Field(description="The union state as the list itself states it.")
    changes: list[ChangeAnswer] = Field(description="What was noted, the last first.")
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "",
    response_model=EnterpriseList,
    openapi_extra=SECURED,
    responses=READ,
)
def list_enterprises(
    request: Request,
    service: Serving,
    actor: Seeing,
    asked: Annotated[EnterprisesQuestion, Query()],
) -> Response:
    """Units of the list in force that meet every condition, page by page, the largest first.

    企业列表：按条件筛选，从大到小逐页读取。
    """
    after = _read_after(asked.after)
    chosen = asked.filter()
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "enterprises", "areas")
        version = revision(reader)
        tag = answers.etag(found, mark(reader, version))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        edition = editions.require_active(reader, "enterprises")
        if after is not None and after[0] != edition.id:
            raise Invalid(
                "页面之间数据版本变了。 The list has changed since that page: another edition is "
                "in force.",
                remedy="请从第一页重新开始。 Begin again without `after`.",
                field="after",
            )
        end = None if after is None else After(after[1] - 1, after[2])
        register = None
        if asked.q is None and asked.cluster_id is None:
            register = _in_memory(service, reader, found, version)
        if register is not None:
            ids = queries.page_of(
                register, chosen, area_id=asked.area_id, after=end, limit=asked.limit
            )
            page = queries.get_enterprises(reader, ids)
        else:
            page = queries.list_enterprises(
                reader,
                chosen,
                area_id=asked.area_id,
                cluster_id=asked.cluster_id,
                text=asked.q,
                after=end,
                limit=asked.limit,
            )
    next_page = None
    if len(page) == asked.limit:
        last = page[-1]
        employees = 0 if last.employees is None else last.employees + 1
        next_page = answers.page_after(request, answers.cursor(edition.id, employees, last.id))
    body = EnterpriseList(
        enterprises=present(page, asked.crs),
        next=next_page,
        version=version,
        crs=asked.crs,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False, next_page=next_page)


@router.get(
    "/{enterprise_id}",
    response_model=EnterpriseOne,
    openapi_extra=SECURED,
    responses=READ,
)
def get_enterprise(
    request: Request,
    service: Serving,
    actor: Seeing,
    enterprise_id: EnterpriseId,
    asked: Annotated[OfCrs, Query()],
) -> Response:
    """One unit with the history of its union. 一个单位及其工会变更记录。"""
    with service.database.read(actor) as reader:
        found = answers.read_editions(reader, "enterprises", "areas")
        tag = answers.etag(found, mark(reader, revision(reader)))
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        facts = queries.get_enterprise(reader, enterprise_id)
        stated = queries.stated_state(reader, enterprise_id)
        history = changes.list_changes(reader, enterprise_id=enterprise_id, limit=1000)
    body = EnterpriseOne(
        enterprise=present([facts], asked.crs)[0],
        stated_state=stated,
        changes=[change_answer(one) for one in history],
        crs=asked.crs,
        editions=answers.briefs(found),
    )
    return answers.reply(body, tag, public=False)


def _in_memory(
    service: Service, reader: Reader, found: Sequence[EditionFacts], version: int
) -> Register | None:
    """The register, if it is there and just what the database says."""
    register, state = service.register.loaded, service.register.known_state
    if register is None or state is None:
        return None
    held = (register.edition, register.area_edition)
    same = {one.id for one in found} == {one.id for one in held if one is not None}
    fresh = register.version == version and state.clusters == clusters_mark(reader)
    return register if same and fresh else None


def present(found: Sequence[EnterpriseFacts], crs: Crs) -> list[EnterpriseAnswer]:
    """Units as they are shown, their places in the asked system."""
    places = answers.in_crs([one.lon for one in found], [one.lat for one in found], crs)
    shown = []
    for one, (lon, lat) in zip(found, places, strict=True):
        values: dict[str, Any] = {name: getattr(one, name) for name in _PLAIN}
        values |= {
            "unit_class": one.class_name,
            "industry": one.industry_section,
            "industry_text": one.industry,
            "state": one.union_state,
        }
        shown.append(EnterpriseAnswer(**values, lon=lon, lat=lat))
    return shown


_PLAIN = tuple(
    name
    for name in EnterpriseAnswer.model_fields
    if name not in ("unit_class", "industry", "industry_text", "state", "lon", "lat")
)


def _read_after(text: str | None) -> tuple[int, ...] | None:
    """Edition, employees + 1 (0 where not stated) and id of the last unit of a page."""
    return answers.read_cursor(text, 3)
