"""`/api/clusters/{id}`: one cluster, its enterprises, and whom to visit in which order."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import EditionBrief, OfCrs, Page, Question
from api.clusters.answer import (
    ClusterAnswer,
    MeetingPlaceAnswer,
    MemberAnswer,
    cluster_answer,
    meeting_answer,
    member_answers,
    place_in,
)
from api.clusters.asking import FAILURES, UNCHANGED, ClusterId, Ground, WithState
from api.clusters.listing import collection
from api.service import SECURED, Seeing, Serving
from api.words import Crs
from geo import coordinates
from geo.clusters import forms
from geo.database import Reader
from geo.errors import Invalid
from maps import geojson

router = APIRouter(prefix="/api/clusters", tags=["clusters"])


class ClusterDetail(BaseModel):
    """One cluster."""

    cluster: ClusterAnswer
    crs: Crs
    editions: list[EditionBrief]


class InCrs(Question):
    """A question that is answered in a coordinate system, as JSON."""

    crs: Crs = Field(
        "wgs84",
        description="Coordinate system of every position in the answer: wgs84, gcj02 or bd09.",
        examples=["gcj02"],
    )


class MembersQuestion(Page, InCrs, WithState):
    """The parameters of the enterprises of a cluster."""


class MemberList(BaseModel):
    """A page of the enterprises of a cluster, the largest first; those that do not state their
    employees are last."""

    members: list[MemberAnswer]
    total: int = Field(description="Enterprises that meet the question, on all pages.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    crs: Crs
    editions: list[EditionBrief]


class VisitsQuestion(InCrs):
    """The parameters of the visiting list."""

    limit: int = Field(
        forms.USUAL_VISITS,
        ge=1,
        le=forms.MOST_VISITS,
        description="How many enterprises at most, the largest first.",
        examples=[12],
    )


class StopAnswer(BaseModel):
    """One door on the walk."""

    position: int = Field(description="1 for the first.")
    lon: float = Field(description="In `crs`.")
    lat: float
    metres: float = Field(description="On foot from the stop before; from the start for the first.")
    minutes: float
    straight_line: bool = Field(description="No way over streets is known: the walk is longer.")
    enterprises: list[MemberAnswer] = Field(description="All to see there, the largest first.")


class LineAnswer(BaseModel):
    """A GeoJSON LineString in `crs`."""

    type: str = "LineString"
    coordinates: list[tuple[float, float]]


class VisitsAnswer(BaseModel):
    """Whom to visit, as a walk."""

    start: MeetingPlaceAnswer | None = Field(
        description="The station of the talk, where the walk begins; null: at the first stop."
    )
    stops: list[StopAnswer]
    unplaced: list[MemberAnswer] = Field(description="On the list, but nobody knows where.")
    metres: float
    minutes: float
    exact: bool = Field(description="Proved to be the shortest order of these stops.")
    straight_line: bool = Field(description="Some of the walk is a straight line.")
    more: int = Field(description="Smaller enterprises without a union that are not on the list.")
    line: LineAnswer | None
    notes: list[str]
    crs: Crs
    editions: list[EditionBrief]


@router.get(
    "/{cluster_id}",
    response_model=ClusterDetail,
    openapi_extra=SECURED,
    responses={200: {"content": answers.GEOJSON_CONTENT}, 304: UNCHANGED, **FAILURES},
)
def get_cluster(
    request: Request,
    service: Serving,
    actor: Seeing,
    cluster_id: ClusterId,
    asked: Annotated[OfCrs, Query()],
) -> Response:
    """One cluster, with the union that fits it. 一个聚集区与建会形式建议。"""
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        facts = forms.one_cluster(reader, ground.edition, cluster_id)
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        advice = forms.advise(
            reader,
            [facts],
            edition=ground.edition,
            targets=ground.targets,
            finder=ground.finder,
            now=ground.now,
        )
    shown = cluster_answer(advice[0], asked.crs)
    if answers.as_geojson(request, asked.format):
        return answers.reply(
            collection(advice, [shown], asked.crs, ground.briefs, None, total=1),
            tag,
            public=False,
            media_type=geojson.MEDIA_TYPE,
        )
    body = ClusterDetail(cluster=shown, crs=asked.crs, editions=ground.briefs)
    return answers.reply(body, tag, public=False)


@router.get(
    "/{cluster_id}/members",
    response_model=MemberList,
    openapi_extra=SECURED,
    responses={304: UNCHANGED, **FAILURES},
)
def cluster_members(
    request: Request,
    service: Serving,
    actor: Seeing,
    cluster_id: ClusterId,
    asked: Annotated[MembersQuestion, Query()],
) -> Response:
    """The enterprises of a cluster, the largest first. 聚集区内的企业名单，从大到小。

    Union changes in force count; with `state=none` those that have no union today.
    """
    after = answers.read_cursor(asked.after, 3)
    chosen = asked.chosen()
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        forms.one_cluster(reader, ground.edition, cluster_id)
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        members = forms.read_members(reader, ground.edition, [cluster_id])
        kept = members.keep(chosen)
        ids, size = members.ids[kept], np.nan_to_num(members.employees[kept] + 1).astype(np.int64)
        total = len(ids)
        if after is not None:
            if after[0] != ground.edition.id:
                raise Invalid(
                    "The list has changed since that page: another edition is in force.",
                    remedy="数据有了新版本，请从第一页重新开始（不带 after）。 "
                    "Begin again without `after`.",
                    field="after",
                )
            left = (size < after[1]) | ((size == after[1]) & (ids > after[2]))
            ids, size = ids[left], size[left]
        page = ids[: asked.limit].tolist()
        rows = forms.member_rows(reader, ground.edition, page)
    end = None
    if len(page) < len(ids):
        end = answers.cursor(ground.edition.id, int(size[len(page) - 1]), page[-1])
    next_page = None if end is None else answers.page_after(request, end)
    body = MemberList(
        members=member_answers(rows, asked.crs),
        total=total,
        next=next_page,
        crs=asked.crs,
        editions=ground.briefs,
    )
    return answers.reply(body, tag, public=False, next_page=next_page)


@router.get(
    "/{cluster_id}/visits",
    response_model=VisitsAnswer,
    openapi_extra=SECURED,
    responses={304: UNCHANGED, **FAILURES},
)
def cluster_visits(
    request: Request,
    service: Serving,
    actor: Seeing,
    cluster_id: ClusterId,
    asked: Annotated[VisitsQuestion, Query()],
) -> Response:
    """Whom to visit, as a walk. 走访名单与步行路线。

    The largest enterprises without a union, in the order of a short round on foot that begins at
    the station where the talk is; with metres and minutes of each leg, and the line.
    """
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        facts = forms.one_cluster(reader, ground.edition, cluster_id)
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        found = _visits(reader, ground, facts, asked.limit)
    body = VisitsAnswer(
        start=meeting_answer(found.start, asked.crs),
        stops=[_stop(number, stop, asked.crs) for number, stop in enumerate(found.stops, 1)],
        unplaced=member_answers(found.unplaced, asked.crs),
        metres=found.metres,
        minutes=found.minutes,
        exact=found.exact,
        straight_line=found.straight_line,
        more=found.more,
        line=_line(found, asked.crs),
        notes=found.notes,
        crs=asked.crs,
        editions=ground.briefs,
    )
    return answers.reply(body, tag, public=False)


def _visits(reader: Reader, ground: Ground, facts: Any, limit: int) -> forms.Visits:
    return forms.visits(
        reader,
        facts,
        forms.read_members(reader, ground.edition, [facts.id]),
        edition=ground.edition,
        finder=ground.finder,
        limit=limit,
        now=ground.now,
    )


def _stop(number: int, stop: forms.Stop, crs: Crs) -> StopAnswer:
    lon, lat = place_in(stop.lon, stop.lat, crs)
    return StopAnswer(
        position=number,
        lon=lon,
        lat=lat,
        metres=stop.metres,
        minutes=stop.minutes,
        straight_line=stop.straight_line,
        enterprises=member_answers(stop.enterprises, crs),
    )


def _line(found: forms.Visits, crs: Crs) -> LineAnswer | None:
    if len(found.line) < 2:
        return None
    x, y = coordinates.from_wgs84(found.line[:, 0], found.line[:, 1], crs)
    places = np.round(np.column_stack([x, y]), geojson.DECIMALS).tolist()
    return LineAnswer(coordinates=[(lon, lat) for lon, lat in places])
