"""The coverage map of the active editions: reads what was counted, hands it to the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from geo import editions
from geo.clusters import list_clusters
from geo.clusters.forms import rules
from geo.clusters.forms.choose import sentence
from geo.coverage.rates import RATES, area_rates
from geo.database import Reader
from geo.errors import Invalid
from geo.settings import Settings
from maps.coverage.page import draw
from maps.coverage.view import AreaMark, ClusterMark, CoverageView, StationMark
from maps.editions import line_of, notice_of
from maps.texts import Both, both

MEASURE = "establishment"
EVERY = 10**9
USUAL_KINDS = ("subdistrict", "district", "community", "prefecture", "province")
"""What is coloured unless told otherwise: the kind that rates are reported by, or the next there
is."""


def page(
    reader: Reader,
    settings: Settings,
    *,
    kind: str | None = None,
    measure: str = MEASURE,
    language: str = "zh",
) -> str:
    """The portable coverage map as one HTML file.

    Args:
        reader: the transaction.
        settings: targets, approval number, attribution.
        kind: kind of area to colour; by default subdistricts, or the next division there is.
        measure: name of a rate in :data:`geo.coverage.rates.RATES`.
        language: zh or en, the one it opens in; the page holds both.

    The same editions and dated statuses give the same bytes.

    Raises:
        Invalid: no such kind, measure or language.
        NotFound: nothing imported yet.
    """
    if measure not in RATES:
        raise Invalid(
            f"'{measure}' is not a rate.", remedy=f"Use one of {', '.join(RATES)}.", field="measure"
        )
    if language not in ("zh", "en"):
        raise Invalid(
            f"'{language}' is not a language of the map.", remedy="Use zh or en.", field="language"
        )
    seen = view(reader, settings, kind=kind or usual_kind(reader), measure=measure)
    return draw(seen, language=language)


def usual_kind(reader: Reader) -> str:
    """The kind of area that a map shows unless told otherwise; see :data:`USUAL_KINDS`.

    Raises:
        NotFound: no areas are in force.
    """
    kinds = {
        row.kind
        for row in reader.all(
            "SELECT DISTINCT kind FROM area WHERE edition_id = :edition",
            edition=editions.require_active(reader, "areas").id,
        )
    }
    usual = (kind for kind in USUAL_KINDS if kind in kinds)
    return next(usual, min(kinds, default=USUAL_KINDS[0]))


def view(reader: Reader, settings: Settings, *, kind: str, measure: str) -> CoverageView:
    """Everything the map shows, of the active editions; see :func:`page`."""
    answer = area_rates(reader, kind, settings)
    boundaries = {
        row.id: bytes(row.boundary)
        for row in reader.all(
            "SELECT id, ST_AsBinary(boundary) AS boundary FROM area "
            "WHERE edition_id = :edition AND kind = :kind AND boundary IS NOT NULL",
            edition=answer.area_edition.id,
            kind=kind,
        )
    }
    lines = [answer.enterprises, answer.area_edition]
    stations: list[StationMark] = []
    station_edition = editions.active(reader, "stations")
    if station_edition is not None:
        lines.append(station_edition)
        stations = [
            StationMark(
                id=row.id,
                name=row.name,
                kind=row.kind,
                lon=row.lon,
                lat=row.lat,
                hours_text=row.hours_text,
                state=row.state or "unknown",
            )
            for row in reader.all(
                "SELECT id, name, kind, ST_X(location) AS lon, ST_Y(location) AS lat, hours_text, "
                "(SELECT status FROM station_status AS s WHERE s.station_id = station.id "
                "AND s.starts_at <= now() AND (s.ends_at IS NULL OR s.ends_at > now()) "
                "ORDER BY s.starts_at DESC LIMIT 1) AS state "
                "FROM station WHERE edition_id = :edition ORDER BY id",
                edition=station_edition.id,
            )
        ]
    # All of them: the drawing cuts, and says how many there are.
    clusters = list_clusters(reader, answer.enterprises.id, limit=EVERY)
    places = _places(reader, answer.area_edition.id, [(one.lon, one.lat) for one in clusters])
    in_force = max((facts.activated_at for facts in lines if facts.activated_at), default=None)
    table = rules()
    whole = answer.whole
    return CoverageView(
        title=both("coverage.title"),
        measure=measure,
        areas=[
            AreaMark(
                id=area.id,
                name=area.name,
                kind=area.kind,
                geometry=shapely.from_wkb(boundaries.get(area.id)),
                rate=area.rates[measure],
                rank=area.rank[measure],
            )
            for area in answer.areas
        ],
        stations=stations,
        clusters=[
            ClusterMark(
                id=cluster.id,
                outline=cluster.outline,
                units=cluster.units,
                employees=cluster.employees,
                units_25=cluster.units_25,
                share_text=Both(*sentence(cluster, table)),
                name=cluster.place,
                place=place,
                tier=cluster.tier,
            )
            for cluster, place in zip(clusters, places, strict=True)
        ],
        editions=[line_of(facts) for facts in lines],
        total=whole.rates[measure],
        set_apart=whole.set_apart,
        attribution=Both(zh=settings.map_attribution, en=settings.map_attribution)
        if settings.map_attribution
        else None,
        approval_number=settings.map_approval_number,
        notice=notice_of(lines),
        made_at=in_force.astimezone(ZoneInfo(settings.time_zone)).date() if in_force else None,
    )


def _places(
    reader: Reader, edition_id: int, centres: Sequence[tuple[float, float]]
) -> list[str | None]:
    """The subdistrict (else the district) that holds each centre, by name; None where none does or
    it has no name. One query and one tree: clusters may be many."""
    names: npt.NDArray[Any] = np.full(len(centres), None, dtype=object)
    points: Any = shapely.points(np.array(centres, dtype=np.float64).reshape(-1, 2))
    for kind in ("district", "subdistrict"):
        rows = reader.all(
            "SELECT name, ST_AsBinary(boundary) AS boundary FROM area WHERE edition_id = :edition "
            "AND kind = :kind AND boundary IS NOT NULL AND name IS NOT NULL ORDER BY id",
            edition=edition_id,
            kind=kind,
        )
        if not rows or not len(points):
            continue
        tree = shapely.STRtree(shapely.from_wkb([bytes(row.boundary) for row in rows]))
        point, area = tree.query(points, predicate="intersects")
        names[point] = np.array([row.name for row in rows], dtype=object)[area]
    return list(names)
