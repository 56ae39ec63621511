"""A station closed for repair until Friday, without a new edition."""

from datetime import UTC, datetime, timedelta

import pytest
import rows

from geo.database import Writer
from geo.errors import Invalid, NotFound
from geo.stations.queries import get_station
from geo.stations.status import set_status

NOW = datetime.now(UTC)


@pytest.fixture
def station(writer: Writer) -> int:
    edition = rows.edition(writer, "stations")
    rows.station(writer, edition, 7, lon=101.0, lat=40.2)
    return 7


def test_a_station_closed_for_repair_says_so_until_it_opens(writer: Writer, station: int) -> None:
    set_status(
        writer, station, "closed", starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(days=2), reason="维修",
    )  # fmt: skip
    now = get_station(writer, station).status_now
    assert now is not None
    assert (now.status, now.reason) == ("closed", "维修")
    set_status(writer, station, "open", starts_at=NOW - timedelta(minutes=1))
    now = get_station(writer, station).status_now
    assert now is not None
    assert now.status == "open"


def test_what_has_not_begun_does_not_hold_yet(writer: Writer, station: int) -> None:
    set_status(writer, station, "closed", starts_at=NOW + timedelta(days=1))
    assert get_station(writer, station).status_now is None


def test_an_unknown_station_word_or_order_is_refused(writer: Writer, station: int) -> None:
    with pytest.raises(NotFound):
        set_status(writer, 8, "closed", starts_at=NOW)
    with pytest.raises(Invalid, match="is not a status"):
        set_status(writer, station, "shut", starts_at=NOW)
    with pytest.raises(Invalid, match="before it starts"):
        set_status(writer, station, "closed", starts_at=NOW, ends_at=NOW - timedelta(days=1))
