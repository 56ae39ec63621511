"""One street with stations along it, and a person near its west end: for tests of the finder."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import rows
from pyproj import Geod

from geo.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
WEST, EAST, LAT = 101.0, 101.07, 40.2
ELLIPSOID = Geod(ellps="WGS84")
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=ZONE)  # a Wednesday
PACE = 1.25


def along(metres: float) -> float:
    """Longitude so many metres east of the person, who stands near the west end of the street."""
    return float(ELLIPSOID.fwd(WEST, LAT, 90, metres)[0])


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path / "state", database_url=None)


@pytest.fixture
def stations(writer) -> int:
    """An empty active edition of stations beside a street of some 6 km."""
    rows.street(writer, rows.edition(writer, "streets"), WEST, EAST, LAT)
    return rows.edition(writer, "stations")


def station(writer, edition, number, metres, hours="24/7", **more):
    """A station on the street, so many metres from the person."""
    rows.station(
        writer, edition, number, lon=along(metres), lat=LAT, opening_hours=hours,
        hours_text=hours, **more,
    )  # fmt: skip


def close(writer, number, status, starts, ends=None):
    writer.execute(
        "INSERT INTO station_status (station_id, status, reason, starts_at, ends_at, created_by) "
        "VALUES (:s, :status, '停水', :starts, :ends, 'test')",
        {"s": number, "status": status, "starts": starts, "ends": ends},
    )


def ids(answer) -> list[int]:
    return [near.station["id"] for near in answer.stations]


def ask(finder, **more):
    return finder.nearest(WEST, LAT, **{"now": NOON, **more})
