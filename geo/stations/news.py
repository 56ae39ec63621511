"""What changes from hour to hour: dated statuses that hold or will, and open reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from geo.database import Reader
from geo.stations.reports import recent_doubts


@dataclass(frozen=True)
class DatedFact:
    """A status of a station from `starts_at` until `ends_at` (None: until further notice)."""

    status: str
    reason: str | None
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class News:
    """By station: its dated statuses in the order they begin, and its open reports of the last
    fortnight, how many of each kind."""

    statuses: Mapping[int, tuple[DatedFact, ...]]
    doubts: Mapping[int, Mapping[str, int]]


def read_news(reader: Reader) -> News:
    """The statuses that are not over, and the doubts. Two statements by index."""
    statuses: dict[int, tuple[DatedFact, ...]] = {}
    for row in reader.all(
        "SELECT station_id, status, reason, starts_at, ends_at FROM station_status "
        "WHERE ends_at IS NULL OR ends_at > now() ORDER BY starts_at, id"
    ):
        fact = DatedFact(row.status, row.reason, row.starts_at, row.ends_at)
        statuses[row.station_id] = (*statuses.get(row.station_id, ()), fact)
    return News(statuses, recent_doubts(reader))
