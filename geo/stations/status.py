"""Dated facts laid over the active edition: closed for repair until Friday.

They belong to the station, not to an edition: an import does not touch them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from geo import editions
from geo.database import Writer
from geo.errors import Invalid
from geo.schema import StationStatus
from geo.schema.stations import STATION_STATUSES
from geo.stations.queries import StationFacts, get_station

LONGEST_REASON = 500


def set_status(
    writer: Writer,
    station_id: int,
    status: str,
    *,
    starts_at: datetime,
    ends_at: datetime | None = None,
    reason: str | None = None,
) -> StationFacts:
    """Give a station a dated status; the latest one that holds at a moment counts.

    Args:
        writer: the transaction.
        station_id: a station of the active edition.
        status: open, closed, limited or moved. `open` ends what was said before.
        starts_at: from when, with a time zone.
        ends_at: until when; None: until further notice.
        reason: what a worker is told.

    Raises:
        NotFound: the active edition has no such station.
        Invalid: no such status, or it ends before it starts.
    """
    if status not in STATION_STATUSES:
        raise Invalid(
            f"没有状态 {status}。 '{status}' is not a status.",
            remedy=f"可用 / use {', '.join(STATION_STATUSES)}.",
            field="status",
        )
    if ends_at is not None and ends_at <= starts_at:
        raise Invalid(
            "结束时间不晚于开始时间。 The status ends before it starts.",
            remedy="请检查两个时间。 Check both times.",
            field="ends_at",
        )
    station = get_station(writer, station_id)
    writer.execute(
        insert(StationStatus).values(
            station_id=station_id,
            status=status,
            reason=reason[:LONGEST_REASON] if reason else None,
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=str(writer.actor),
        )
    )
    editions.tell(writer, f"station_status {station_id}")
    return station
