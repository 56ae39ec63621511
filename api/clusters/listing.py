"""`/api/clusters`: where enterprises without a union stand together, and what fits there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api import answers
from api.answers import EditionBrief, OfCrs, Page
from api.clusters.answer import ClusterAnswer, cluster_answer
from api.clusters.asking import FAILURES, UNCHANGED, Ground, OfClusters
from api.service import SECURED, Seeing, Serving
from api.words import Crs
from geo.clusters import RunFacts, forms, get_run
from geo.clusters.forms.rules import Basis, FormKind
from geo.coverage.targets import read_targets
from geo.errors import Invalid
from maps import geojson

router = APIRouter(prefix="/api/clusters", tags=["clusters"])


class ClustersQuestion(Page, OfCrs, OfClusters):
    """The parameters of the list."""


class RunAnswer(BaseModel):
    """How the clusters were found, and of what moment they speak."""

    method: str = Field(description="unit_scan: against what is usual; dbscan: density alone.")
    replicates: int = Field(description="Shuffled runs that the tiers rest on.")
    found_at: datetime
    as_of: datetime = Field(description="When any of it was last looked at again.")


class ClusterList(BaseModel):
    """A page of clusters, the most employees first."""

    clusters: list[ClusterAnswer]
    total: int = Field(description="Clusters that meet the question, on all pages.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    run: RunAnswer | None = Field(description="Null: nobody has looked for clusters.")
    crs: Crs
    editions: list[EditionBrief]


class RuleAnswer(BaseModel):
    """One row of the rule table."""

    id: str
    kind: FormKind
    when: list[str] = Field(description="Names of the conditions, all of which must hold.")
    condition_zh: str = Field(description="The same in words.")
    condition_en: str
    title_zh: str
    title_en: str
    reason_zh: str = Field(description="With placeholders in braces.")
    reason_en: str
    article_zh: str
    article_en: str
    law_text_zh: str
    law_text_en: str
    basis: Basis


class ThresholdAnswer(BaseModel):
    """A number of the rules, and where it comes from."""

    name: str
    value: float
    meaning_zh: str
    meaning_en: str
    source: str


class DutyAnswer(BaseModel):
    """What the law says of every form."""

    article_zh: str
    article_en: str
    text_zh: str
    text_en: str


class RulesAnswer(BaseModel):
    """Which union fits: the rules, from the top; the first one that holds decides."""

    law_zh: str
    law_en: str
    rules: list[RuleAnswer]
    thresholds: list[ThresholdAnswer]
    duties: list[DutyAnswer]


@router.get(
    "",
    response_model=ClusterList,
    openapi_extra=SECURED,
    responses={200: {"content": answers.GEOJSON_CONTENT}, 304: UNCHANGED, **FAILURES},
)
def list_clusters(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[ClustersQuestion, Query()]
) -> Response:
    """Clusters of enterprises without a union, page by page. 未建会企业聚集区与建会形式建议。

    Each with how it stands out, the union that fits and why. A filter (`size`, `industry`,
    `unit_class`) keeps clusters with at least one such enterprise without a union and counts these
    in `matching`; everything else is of the whole cluster.
    """
    after = answers.read_cursor(asked.after, 2)
    with service.database.read(actor) as reader:
        ground = Ground(service, reader)
        edition = ground.edition
        tag = ground.tag()
        if answers.unchanged(request, tag):
            return answers.not_modified(tag, public=False)
        chosen = asked.asked()
        found = forms.select(reader, edition, chosen)
        run = get_run(reader, edition.id)
        start = 0
        if after is not None:
            ids = [one.cluster.id for one in found]
            if after[0] != edition.id or after[1] not in ids:
                raise Invalid(
                    "The list has changed since that page: another edition is in force.",
                    remedy="数据有了新版本，请从第一页重新开始（不带 after）。 "
                    "Begin again without `after`.",
                    field="after",
                )
            start = ids.index(after[1]) + 1
        page = found[start : start + asked.limit]
        advice = forms.advise_selected(
            reader,
            page,
            edition=edition,
            targets=ground.targets,
            finder=ground.finder,
            now=ground.now,
        )
    more = start + len(page) < len(found)
    end = answers.cursor(edition.id, page[-1].cluster.id) if more else None
    next_page = None if end is None else answers.page_after(request, end)
    shown = [cluster_answer(one, asked.crs) for one in advice]
    if not answers.as_geojson(request, asked.format):
        body = ClusterList(
            clusters=shown,
            total=len(found),
            next=next_page,
            run=_run(run),
            crs=asked.crs,
            editions=ground.briefs,
        )
        return answers.reply(body, tag, public=False, next_page=next_page)
    return answers.reply(
        collection(advice, shown, asked.crs, ground.briefs, next_page, total=len(found)),
        tag,
        public=False,
        media_type=geojson.MEDIA_TYPE,
        next_page=next_page,
    )


def _run(run: RunFacts | None) -> RunAnswer | None:
    if run is None:
        return None
    return RunAnswer(
        method=run.method, replicates=run.replicates, found_at=run.found_at, as_of=run.as_of
    )


def collection(
    advice: list[forms.Advice],
    shown: list[ClusterAnswer],
    crs: Crs,
    editions: list[EditionBrief],
    next_page: str | None,
    total: int,
) -> bytes:
    """Clusters with their outlines as GeoJSON."""
    outlines: npt.NDArray[np.object_] = np.full(len(advice), None, dtype=object)
    outlines[:] = [one.cluster.outline for one in advice]
    return geojson.feature_collection(
        [one.id for one in shown],
        answers.geometry_in_crs(outlines, crs),
        [one.model_dump(mode="json", exclude={"id"}) for one in shown],
        extra={
            "next": next_page,
            "total": total,
            "crs_used": crs,
            "editions": [one.model_dump(mode="json") for one in editions],
        },
    )


class RulesQuestion(answers.Question):
    """Whose thresholds."""

    code: str | None = Field(
        None,
        pattern=r"^[0-9]{2,12}$",
        description="Division code: the thresholds are those of its region, told with their "
        "source. Without one those of the whole country.",
        examples=["310000"],
    )


@router.get(
    "/rules",
    response_model=RulesAnswer,
    openapi_extra=SECURED,
    responses={304: {"description": "Not modified."}, **FAILURES},
)
def cluster_rules(
    request: Request, service: Serving, actor: Seeing, asked: Annotated[RulesQuestion, Query()]
) -> Response:
    """Which union fits: the rule table with the law beside it. 建会形式规则表与法律依据。"""
    del actor  # the key is all that counts
    table = forms.rules_of(read_targets(service.settings), asked.code)
    body = RulesAnswer(
        law_zh=table.law.zh,
        law_en=table.law.en,
        rules=[
            RuleAnswer(
                id=rule.id,
                kind=rule.kind,
                when=list(rule.when),
                condition_zh=rule.condition.zh,
                condition_en=rule.condition.en,
                title_zh=rule.title.zh,
                title_en=rule.title.en,
                reason_zh=rule.reason.zh,
                reason_en=rule.reason.en,
                article_zh=rule.article.zh,
                article_en=rule.article.en,
                law_text_zh=rule.law_text.zh,
                law_text_en=rule.law_text.en,
                basis=rule.basis,
            )
            for rule in table.table
        ],
        thresholds=[
            ThresholdAnswer(
                name=one.name,
                value=one.value,
                meaning_zh=one.meaning.zh,
                meaning_en=one.meaning.en,
                source=one.source,
            )
            for one in table.thresholds
        ],
        duties=[
            DutyAnswer(
                article_zh=one.article.zh,
                article_en=one.article.en,
                text_zh=one.text.zh,
                text_en=one.text.en,
            )
            for one in table.duties
        ],
    )
    tag = f'W/"rules-{answers.fingerprint(body.model_dump_json())}"'
    if answers.unchanged(request, tag):
        return answers.not_modified(tag, public=False)
    return answers.reply(body, tag, public=False)
