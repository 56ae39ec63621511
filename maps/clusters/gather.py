"""Clusters of the active editions, read for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo import editions
from geo.clusters import forms
from geo.coordinates import Crs
from geo.coverage.targets import read_targets
from geo.database import Reader
from geo.demo import LABEL
from geo.editions import EditionFacts
from geo.errors import Invalid
from geo.settings import Settings
from geo.walking.finder import Finder
from maps.clusters.page import draw
from maps.clusters.sheet import workbook
from maps.clusters.view import ClustersView, ContextMark
from maps.texts import LANGUAGES, Both, both, named

DATASETS = ("enterprises", "areas", "stations", "streets")
CONTEXT_KINDS = ("subdistrict", "district", "community", "prefecture", "province")
"""Whose borders are drawn for orientation: the first kind there is."""


def page(
    reader: Reader,
    settings: Settings,
    *,
    finder: Finder | None = None,
    asked: forms.Asked | None = None,
    language: str = "zh",
    now: datetime | None = None,
) -> str:
    """The portable map of clusters as one HTML file.

    Args:
        reader: the transaction.
        settings: thresholds, approval number, attribution.
        finder: stations and streets, for where to meet.
        asked: which clusters; all by default.
        language: zh or en, the one it opens in; the page holds both.
        now: the moment at which stations must not be closed by a dated status.

    Raises:
        Invalid: another language.
        NotFound: nothing imported yet, or no such area.
    """
    if language not in LANGUAGES:
        raise Invalid(
            f"'{language}' is not a language of the map.", remedy="Use zh or en.", field="language"
        )
    edition = editions.require_active(reader, "enterprises")
    lines = in_force(reader)
    advice = forms.advise_selected(
        reader,
        forms.select(reader, edition, asked or forms.Asked()),
        edition=edition,
        targets=read_targets(settings),
        finder=finder,
        now=now,
    )
    since = max((facts.activated_at for facts in lines if facts.activated_at), default=None)
    attribution = settings.map_attribution
    return draw(
        ClustersView(
            clusters=advice,
            areas=_context(reader),
            editions=lines,
            notice=_notice(lines),
            attribution=Both(attribution, attribution) if attribution else None,
            approval_number=settings.map_approval_number,
            made_at=since.astimezone(ZoneInfo(settings.time_zone)).date() if since else None,
        ),
        language=language,
    )


def workbook_of(
    reader: Reader,
    settings: Settings,
    *,
    finder: Finder | None = None,
    asked: forms.Asked | None = None,
    crs: Crs = "wgs84",
    now: datetime | None = None,
) -> bytes:
    """The workbook of clusters with their enterprises; with a filter those that it keeps.

    Args:
        reader: the transaction.
        settings: thresholds.
        finder: stations and streets, for where to meet.
        asked: which clusters; all by default.
        crs: coordinate system of the positions.
        now: the moment at which stations must not be closed by a dated status.

    Raises:
        NotFound: nothing imported yet, or no such area.
    """
    asked = asked or forms.Asked()
    edition = editions.require_active(reader, "enterprises")
    selected = forms.select(reader, edition, asked)
    members = forms.read_members(reader, edition, [one.cluster.id for one in selected])
    advice = forms.advise_selected(
        reader,
        selected,
        edition=edition,
        targets=read_targets(settings),
        finder=finder,
        now=now,
        members=members,
    )
    kept = members.keep(asked.chosen)
    # Every member is an enterprise of this edition, so none is left out and both fit.
    rows = forms.member_rows(reader, edition, members.ids[kept].tolist())

    return workbook(
        advice,
        rows,
        members.cluster[kept].tolist(),
        editions=in_force(reader),
        table=forms.rules(),
        chosen=asked.chosen.key,
        crs=crs,
    )


def in_force(reader: Reader) -> list[EditionFacts]:
    """The active editions that clusters and advice rest on."""
    found = (editions.active(reader, dataset) for dataset in DATASETS)
    return [facts for facts in found if facts is not None]


def _context(reader: Reader) -> list[ContextMark]:
    areas = editions.active(reader, "areas")
    if areas is None:
        return []
    for kind in CONTEXT_KINDS:
        rows = reader.all(
            "SELECT name, ST_AsBinary(boundary) AS boundary FROM area WHERE edition_id = :edition "
            "AND kind = :kind AND boundary IS NOT NULL ORDER BY id",
            edition=areas.id,
            kind=kind,
        )
        if rows:
            shapes = shapely.from_wkb(np.array([bytes(row.boundary) for row in rows], dtype=object))
            return [ContextMark(row.name, shape) for row, shape in zip(rows, shapes, strict=True)]
    return []


def _notice(lines: Sequence[EditionFacts]) -> Both | None:
    """That the data, or which of them, are the demo city's; None for real data."""
    invented = [facts.dataset for facts in lines if facts.source.startswith(LABEL)]
    if lines and len(invented) == len(lines):
        return both("demo.all")
    if not invented:
        return None
    words = [named("dataset", dataset) for dataset in invented]
    zh, en = "、".join(word.zh for word in words), ", ".join(word.en for word in words)
    return Both(both("demo.some", datasets=zh).zh, both("demo.some", datasets=en).en)
