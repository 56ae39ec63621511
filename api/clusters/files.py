"""`/api/clusters.geojson` and `/api/clusters.xlsx`: all clusters in one file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import answers
from api.clusters.answer import cluster_answer
from api.clusters.asking import FAILURES, UNCHANGED, Ground, OfClusters
from api.clusters.listing import collection
from api.clusters.one import InCrs
from api.service import SECURED, Seeing, Serving
from geo.clusters import forms
from maps import geojson
from maps.clusters import workbook_of
from maps.clusters.sheet import MEDIA_TYPE

router = APIRouter(tags=["clusters"])


class FilesQuestion(InCrs, OfClusters):
    """The parameters of the files."""


@router.get(
    "/api/clusters.geojson",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "All clusters with their outlines.",
            "content": answers.GEOJSON_CONTENT,
        },
        304: UNCHANGED,
        **FAILURES,
    },
)
def clusters_geojson(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[FilesQuestion, Query()]
) -> Response:
    """All clusters with outlines and advice, in one file. 全部聚集区的 GeoJSON。"""
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        advice = forms.advise_selected(
            reader,
            forms.select(reader, ground.edition, asked.asked()),
            edition=ground.edition,
            targets=ground.targets,
            finder=ground.finder,
            now=ground.now,
        )
    shown = [cluster_answer(one, asked.crs) for one in advice]
    body = collection(advice, shown, asked.crs, ground.briefs, None, total=len(shown))
    response = answers.reply(body, tag, public=False, media_type=geojson.MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="clusters.geojson"'
    return response


@router.get(
    "/api/clusters.xlsx",
    response_class=Response,
    openapi_extra=SECURED,
    responses={
        200: {
            "description": "The workbook: clusters, their enterprises, definitions and rules.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: UNCHANGED,
        **FAILURES,
    },
)
def clusters_workbook(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[FilesQuestion, Query()]
) -> Response:
    """All clusters and their enterprises as a workbook. 全部聚集区与成员企业的表格文件。"""
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        body = workbook_of(
            reader,
            service.settings,
            finder=ground.finder,
            asked=asked.asked(),
            crs=asked.crs,
            now=ground.now,
        )
    response = answers.reply(body, tag, public=False, media_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="clusters.xlsx"'
    return response
