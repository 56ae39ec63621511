"""The coverage map of the active editions: reads what was counted, hands it to the drawing."""

from __future__ import annotations

import shapely

from geo import editions
from geo.clusters import list_clusters
from geo.coverage.rates import RATES, area_rates
from geo.database import Reader
from geo.errors import Invalid
from geo.settings import Settings
from maps.coverage.page import draw
from maps.coverage.view import AreaMark, ClusterMark, CoverageView, EditionLine, StationMark
from maps.texts import Both, both

MEASURE = "establishment"
CLUSTERS_SHOWN = 2000


def page(
    reader: Reader,
    settings: Settings,
    *,
    kind: str = "subdistrict",
    measure: str = MEASURE,
    language: str = "zh",
) -> str:
    """The portable coverage map as one HTML file.

    Args:
        reader: the transaction.
        settings: targets, approval number, attribution.
        kind: kind of area to colour.
        measure: name of a rate in :data:`geo.coverage.rates.RATES`.
        language: zh or en, the one it opens in; the page holds both.

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
    return draw(view(reader, settings, kind=kind, measure=measure), language=language)


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
    clusters = list_clusters(reader, answer.enterprises.id, limit=CLUSTERS_SHOWN)
    usual = answer.whole.figures["units_none"] / max(answer.whole.figures["units"], 1)
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
                share_text=both(
                    "coverage.share", share=f"{cluster.share:.0%}", usual=f"{usual:.0%}"
                ),
            )
            for cluster in clusters
        ],
        editions=[
            EditionLine(
                dataset=facts.dataset, number=facts.id, as_of=facts.as_of, source=facts.source
            )
            for facts in lines
        ],
        total=answer.whole.rates[measure],
        attribution=Both(zh=settings.map_attribution, en=settings.map_attribution)
        if settings.map_attribution
        else None,
        approval_number=settings.map_approval_number,
    )
