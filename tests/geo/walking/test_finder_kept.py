"""The finder kept fresh: snapshots of the streets, new editions, a stopped database; on PostGIS."""

import struct
import threading
import time
from datetime import datetime, timedelta

import pytest
import rows
from one_street import EAST, ELLIPSOID, LAT, WEST, ZONE, along, ask, close, ids, station
from sqlalchemy import text

from geo.database import ANYONE, Database
from geo.errors import Unavailable
from geo.settings import Settings
from geo.walking.finder import Finder
from geo.walking.holder import FinderHolder
from geo.walking.snapshot import load_graph, snapshot_path


def test_the_network_comes_from_its_snapshot_the_second_time(writer, stations, settings):
    station(writer, stations, 1, 700)
    first = Finder.load(writer, settings)
    [file] = (settings.state / "cache").iterdir()
    # With the streets gone only the snapshot can answer as before.
    writer.execute("DELETE FROM street")
    second = Finder.load(writer, settings)
    assert [file] == list((settings.state / "cache").iterdir())
    assert ask(second).stations == ask(first).stations
    file.unlink()
    assert ask(Finder.load(writer, settings)).stations[0].straight_line


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "moved"])
def test_a_damaged_snapshot_is_built_again(writer, stations, settings, damage):
    station(writer, stations, 1, 700)
    expected = ask(Finder.load(writer, settings)).stations
    [file] = (settings.state / "cache").iterdir()
    whole = file.read_bytes()
    assert struct.pack("<d", EAST) in whole
    middle = len(whole) // 2
    file.write_bytes(
        {
            "empty": b"",
            "cut": whole[:middle],
            "garbage": b"\x00\xff" * middle,
            "moved": whole.replace(struct.pack("<d", EAST), struct.pack("<d", WEST + 0.001)),
        }[damage]
    )
    assert ask(Finder.load(writer, settings)).stations == expected
    assert file.read_bytes() == whole


def test_a_snapshot_of_another_pace_is_not_used(writer, stations, settings):
    station(writer, stations, 1, 750)
    assert ask(Finder.load(writer, settings)).stations[0].minutes == pytest.approx(10, abs=0.1)
    slow = settings.model_copy(update={"walking_metres_per_second": 0.625})
    assert ask(Finder.load(writer, slow)).stations[0].minutes == pytest.approx(20, abs=0.1)


def test_a_state_directory_that_cannot_be_written_only_costs_time(writer, stations, tmp_path):
    station(writer, stations, 1, 700)
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(state=tmp_path / "file", database_url=None)
    assert ids(ask(Finder.load(writer, settings))) == [1]


def test_editions_have_snapshots_of_their_own(writer, stations, settings):
    streets = writer.scalar("SELECT id FROM edition WHERE dataset = 'streets'")
    load_graph(writer, settings, streets)
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": streets})
    other = rows.edition(writer, "streets")
    rows.street(writer, other, WEST, along(100), LAT)
    assert snapshot_path(settings, writer, streets) != snapshot_path(settings, writer, other)
    lengths = [
        float(load_graph(writer, settings, one).streets.chain_metres.sum())
        for one in (other, streets, other)
    ]
    assert lengths == pytest.approx([100, ELLIPSOID.inv(WEST, LAT, EAST, LAT)[2], 100], abs=0.1)


@pytest.fixture
def town(database, actor) -> int:
    """One station 300 m down the street, committed; the number of its edition."""
    with database.write(actor) as writer:
        rows.street(writer, rows.edition(writer, "streets"), WEST, EAST, LAT)
        edition = rows.edition(writer, "stations")
        station(writer, edition, 1, 300)
    return edition


def until(told, seconds=4.0) -> float:
    """Wait until it is so; how long it took."""
    started = time.monotonic()
    while not told():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - started


def test_a_new_edition_and_a_new_status_are_picked_up_within_about_a_second(
    database, actor, settings, town
):
    holder = FinderHolder(database, settings)
    now = datetime.now(ZONE)

    def offered():
        return ids(holder.current().nearest(WEST, LAT, now=now))

    assert offered() == [1]
    assert holder.current() is holder.current()
    with database.write(actor) as writer:
        writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": town})
        station(writer, rows.edition(writer, "stations"), 2, 500)
    assert until(lambda: offered() == [2]) < 2.5
    with database.write(actor) as writer:
        close(writer, 2, "closed", now - timedelta(days=1), now + timedelta(days=1))
    assert until(lambda: offered() == []) < 2.5
    with database.write(actor) as writer:
        writer.execute("UPDATE station_status SET status = 'limited'")
    assert until(lambda: offered() == [2]) < 2.5
    unchanged = holder.current()
    time.sleep(1.1)
    assert holder.current() is unchanged, "nothing changed, nothing is loaded"


def test_it_goes_on_without_the_database_and_says_how_old_the_data_are(
    cluster, database, actor, settings, town
):
    holder = FinderHolder(database, settings)
    fresh = holder.current().nearest(WEST, LAT)
    assert fresh.notes == []
    name = database.url.database
    admin = Database(cluster.url("postgres"), pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as outside:
        outside.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        outside.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        try:
            with pytest.raises(Unavailable), database.read(ANYONE):
                pass
            until(lambda: holder.current().nearest(WEST, LAT).notes)
            stale = holder.current().nearest(WEST, LAT)
            assert ids(stale) == [1]
            assert stale.loaded_at == fresh.loaded_at
            assert stale.as_of > fresh.as_of
            [note] = stale.notes
            assert "数据库" in note
            assert f"{fresh.loaded_at:%Y-%m-%d %H:%M}"[:13] in note
            with pytest.raises(Unavailable):
                FinderHolder(database, settings).current()
        finally:
            outside.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.close()
    until(lambda: not holder.current().nearest(WEST, LAT).notes)


def test_many_threads_ask_at_once_while_it_loads(database, settings, town):
    for _ in range(5):
        holder = FinderHolder(database, settings)
        start = threading.Barrier(8)
        told: list[object] = []

        def asking(holder=holder, start=start, told=told):
            start.wait()
            try:
                told.append(tuple(ids(holder.current().nearest(WEST, LAT))))
            except BaseException as error:  # noqa: BLE001 - a thread's error must reach the test
                told.append(error)

        threads = [threading.Thread(target=asking) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert told == [(1,)] * 8
