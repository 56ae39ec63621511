"""Imports under rough treatment: killed, cancelled, and side by side."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from geo import editions
from geo.areas.assign import find_assignment
from geo.database import Actor, Database

ROWS = 60_000
PATIENCE_SECONDS = 60
# A runner may have made Ctrl-C go unheard; a terminal never does.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from api.cli import main; main()"
)
AREAS = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"kind":"subdistrict",'
    '"name":"云杉街道"},"geometry":{"type":"Polygon","coordinates":[[[100,39],[102,39],[102,41],'
    "[100,41],[100,39]]]}}]}"
)


def write_units(path: Path, first: int, count: int) -> Path:
    """A file of units with places, none of them in another file of another `first`."""
    random = np.random.default_rng(first)
    lon, lat = 101 + random.random(count) / 10, 40 + random.random(count) / 10
    lines = [
        f"第{first + number}公司,{x:.6f},{y:.6f}"
        for number, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
    ]
    path.write_text("单位名称,经度,纬度\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def begin(database: Database, tmp_path: Path) -> Iterator:
    """Start `nuanyi import …` as a process of its own; none outlives the test."""
    environment = os.environ | {
        "NUANYI_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "NUANYI_STATE": str(tmp_path / "state"),
    }
    with ExitStack() as stack:

        def start(dataset: str, path: Path, *more: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    PROGRAM,
                    *("import", dataset, str(path), "--crs", "wgs84", "--commit", *more),
                ],
                env=environment,
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield start


@contextmanager
def held(database: Database, actor: Actor, turn: str) -> Iterator[None]:
    """Hold the turn that imports take, so that they meet exactly there."""
    with database.write(actor) as writer:
        writer.lock(turn)
        yield


def await_waiting(database: Database, actor: Actor, count: int, *, loaded: bool = False) -> None:
    """Until so many imports wait for their turn; `loaded`: with rows in tables of their own."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity AS a WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND query LIKE '%pg_try_advisory%'"
    )
    if loaded:
        statement += (
            " AND EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid "
            "AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock')"
        )
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with database.read(actor) as reader:
            if reader.scalar(statement) >= count:
                return
        time.sleep(0.05)
    raise AssertionError("the imports did not get that far")


def await_alone(database: Database, actor: Actor) -> None:
    """Until PostgreSQL has noticed that the other side is gone."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    )
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with database.read(actor) as reader:
            if reader.scalar(statement) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("a transaction of a dead process lives on")


def assert_nothing_is_there(database: Database, actor: Actor) -> None:
    with database.read(actor) as reader:
        assert editions.list_editions(reader) == []
        assert reader.scalar("SELECT count(*) FROM enterprise") == 0
        assert reader.scalar("SELECT count(*) FROM cluster") == 0
        partitions = reader.all("SELECT relname FROM pg_class WHERE relname ~ '_p[0-9]+$'")
        assert partitions == [], "a partition was left behind"


def active_names(database: Database, actor: Actor) -> int:
    with database.read(actor) as reader:
        found = editions.require_active(reader, "enterprises")
        return reader.scalar("SELECT count(*) FROM enterprise WHERE edition_id = :e", e=found.id)


def test_an_import_killed_in_the_middle_leaves_nothing(begin, database, actor, tmp_path) -> None:
    file = write_units(tmp_path / "units.csv", 0, ROWS)
    with held(database, actor, "put in force"):
        process = begin("enterprises", file)
        await_waiting(database, actor, 1, loaded=True)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    await_alone(database, actor)
    assert_nothing_is_there(database, actor)
    again = begin("enterprises", file)
    assert again.wait(PATIENCE_SECONDS) == 0, "and the same file can be imported afterwards"
    assert active_names(database, actor) == ROWS


@pytest.mark.slow
def test_an_import_killed_while_rows_stream_in_leaves_nothing(
    begin, database, actor, tmp_path
) -> None:
    process = begin("enterprises", write_units(tmp_path / "units.csv", 0, 5 * ROWS))
    copying = "SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database()"
    end = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with database.read(actor) as reader:
            if reader.scalar(copying):
                break
    process.kill()
    assert process.wait() == -signal.SIGKILL
    await_alone(database, actor)
    assert_nothing_is_there(database, actor)


@pytest.mark.slow
def test_a_cancelled_import_rolls_back_and_says_so(begin, database, actor, tmp_path) -> None:
    with held(database, actor, "put in force"):
        process = begin("enterprises", write_units(tmp_path / "units.csv", 0, ROWS))
        await_waiting(database, actor, 1, loaded=True)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert "已取消 / cancelled" in err
    assert "Traceback" not in out + err
    assert_nothing_is_there(database, actor)


@pytest.mark.slow
def test_the_same_file_twice_at_once_is_one_edition(begin, database, actor, tmp_path) -> None:
    file = write_units(tmp_path / "units.csv", 0, 500)
    with held(database, actor, "import enterprises"):
        both = [begin("enterprises", file), begin("enterprises", file)]
        await_waiting(database, actor, 2)
    told = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("同一文件" in out for out in told) == 1, "the later one changed nothing"
    with database.read(actor) as reader:
        assert len(editions.list_editions(reader)) == 1
    assert active_names(database, actor) == 500


@pytest.mark.slow
def test_two_files_at_once_are_two_editions_and_one_is_in_force(
    begin, database, actor, tmp_path
) -> None:
    with held(database, actor, "import enterprises"):
        both = [
            begin("enterprises", write_units(tmp_path / f"{count}.csv", count, count))
            for count in (300, 400)
        ]
        await_waiting(database, actor, 2)
    assert [process.wait(PATIENCE_SECONDS) for process in both] == [0, 0]
    with database.read(actor) as reader:
        found = editions.list_editions(reader, "enterprises")
        assert sorted(one.rows_accepted for one in found) == [300, 400]
        assert sorted(one.state for one in found) == ["active", "retired"]
        for one in found:
            stored = "SELECT count(*) FROM enterprise WHERE edition_id = :e"
            assert reader.scalar(stored, e=one.id) == one.rows_accepted


@pytest.mark.slow
def test_two_files_added_at_once_are_both_there(begin, database, actor, tmp_path) -> None:
    assert begin("enterprises", write_units(tmp_path / "0.csv", 0, 100)).wait() == 0
    with held(database, actor, "import enterprises"):
        both = [
            begin("enterprises", write_units(tmp_path / f"{first}.csv", first, 100), "--add")
            for first in (1000, 2000)
        ]
        await_waiting(database, actor, 2)
    assert [process.wait(PATIENCE_SECONDS) for process in both] == [0, 0]
    assert active_names(database, actor) == 300


@pytest.mark.slow
def test_areas_and_enterprises_that_come_at_once_are_laid_over_each_other(
    begin, database, actor, tmp_path
) -> None:
    areas = tmp_path / "areas.geojson"
    areas.write_text(AREAS, encoding="utf-8")
    with held(database, actor, "put in force"):
        both = [
            begin("areas", areas),
            begin("enterprises", write_units(tmp_path / "units.csv", 0, 200)),
        ]
        await_waiting(database, actor, 2)
    told = [process.communicate(timeout=PATIENCE_SECONDS)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    with database.read(actor) as reader:
        units = editions.require_active(reader, "enterprises")
        places = editions.require_active(reader, "areas")
        assert find_assignment(reader, units.id, places.id) is not None
        counted = reader.scalar("SELECT max(units) FROM area_figures WHERE area_id <> 0")
    assert counted == 200
