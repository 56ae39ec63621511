"""The embedded PostGIS under rough treatment: kill -9, two of them, long paths, closed folders."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from served import commanded

from geo.database import Actor, connect
from geo.errors import Unavailable
from geo.postgres import DURABLE, Cluster, buffers_mb
from geo.settings import Settings

ACTOR = Actor("test")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="nuanyi-fault-"))
    path.chmod(0o711)
    yield path
    Cluster(path).stop()
    shutil.rmtree(path, ignore_errors=True)


def settings(folder: Path) -> Settings:
    return Settings(state=folder, database_url=None)


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def remember(folder: Path, value: str) -> None:
    with connect(settings(folder)) as database, database.write(ACTOR) as writer:
        writer.execute("CREATE TABLE IF NOT EXISTS memory (value text)")
        writer.execute("INSERT INTO memory VALUES (:value)", {"value": value})


def memory(folder: Path) -> list[str]:
    with connect(settings(folder)) as database, database.read(ACTOR) as reader:
        return [row.value for row in reader.all("SELECT value FROM memory ORDER BY 1")]


@pytest.mark.slow
def test_the_last_user_stops_the_server(folder: Path) -> None:
    with Cluster(folder).running() as first:
        with Cluster(folder).running() as second:
            assert second.is_up()
        assert first.is_up(), "somebody still uses it"
    assert not first.is_up()
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_it_survives_kill_nine_of_everything(folder: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from geo.database import Actor, connect\n"
        "from geo.settings import Settings\n"
        "with connect(Settings(state=Path(sys.argv[1]), database_url=None)) as database:\n"
        "    with database.write(Actor('test')) as writer:\n"
        "        writer.execute('CREATE TABLE memory (value text)')\n"
        "        writer.execute(\"INSERT INTO memory VALUES ('committed')\")\n"
        "    with database.write(Actor('test')) as writer:\n"
        "        writer.execute(\"INSERT INTO memory VALUES ('half done')\")\n"
        "        print('ready', flush=True)\n"
        "        time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    server = postmaster(folder)
    os.kill(process.pid, signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    process.wait()
    assert memory(folder) == ["committed"]


@pytest.mark.slow
def test_a_server_left_running_by_a_killed_program_is_taken_over(folder: Path) -> None:
    remember(folder, "before")
    cluster = Cluster(folder).running()
    server = postmaster(folder)
    # What kill -9 does to the lock: the file is closed without the server being stopped.
    assert cluster._users is not None
    cluster._users.close()
    assert memory(folder) == ["before"]
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(server, 0)
            time.sleep(0.05)


@pytest.mark.slow
def test_two_installations_run_side_by_side(folder: Path) -> None:
    one, two = folder / "one", folder / "two"
    with Cluster(one).running() as first, Cluster(two).running() as second:
        assert first.is_up()
        assert second.is_up()
        assert postmaster(one) != postmaster(two)
        assert first.socket_directory != second.socket_directory
    Cluster(one).stop()
    Cluster(two).stop()


def test_it_listens_on_no_network(folder: Path) -> None:
    with Cluster(folder).running() as cluster:
        connection = psycopg2.connect(
            host=str(cluster.socket_directory), user="nuanyi", dbname="postgres"
        )
        with connection.cursor() as cursor:
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchone() == ("",)
        connection.close()
        mode = cluster.socket_directory.stat().st_mode & 0o777
        assert mode == 0o700, "nobody else reaches the socket"


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    deep = folder / ("很深的目录" * 8)
    with Cluster(deep).running() as cluster:
        assert cluster.is_up()
        assert len(os.fsencode(cluster.socket_directory)) < 80
    shutil.rmtree(cluster.socket_directory)


@pytest.mark.slow
def test_an_interrupted_first_start_is_begun_again(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "half").write_text("written before the power went")
    with Cluster(folder).running() as cluster:
        assert cluster.is_up()


@pytest.mark.slow
def test_two_first_starts_at_once_make_one_cluster(folder: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from geo.database import Actor, connect\n"
        "from geo.settings import Settings\n"
        "with connect(Settings(state=Path(sys.argv[1]), database_url=None)) as database:\n"
        "    with database.read(Actor('test')) as reader:\n"
        "        print(reader.scalar('SELECT count(*) FROM edition'))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=120)[0] for process in both] == ["0\n", "0\n"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_a_folder_closed_to_the_server_is_named_with_a_remedy(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match="closed") as caught:
        Cluster(closed / "state").running()
    assert caught.value.remedy is not None
    assert "NUANYI_STATE" in caught.value.remedy


@pytest.mark.slow
def test_a_broken_cluster_says_where_its_log_is(folder: Path) -> None:
    with Cluster(folder).running():
        pass
    conf = folder / "postgres" / "nuanyi.conf"
    conf.write_text(conf.read_text() + "no_such_setting = 1\n")
    with pytest.raises(Unavailable, match="no_such_setting") as caught:
        Cluster(folder).running()
    assert str(folder / "postgres.log") in str(caught.value)


def test_no_statement_with_a_position_is_ever_logged(folder: Path) -> None:
    with connect(settings(folder)) as database:
        with database.read(ACTOR) as reader:
            assert reader.scalar("SELECT CAST(:lon AS float8)", lon=113.56452) == 113.56452
        with pytest.raises(Exception, match="division"), database.read(ACTOR) as reader:
            reader.scalar("SELECT 1 / (CAST(:lon AS float8) - CAST(:lon AS float8))", lon=113.56452)
    log = (folder / "postgres.log").read_text()
    assert "113.56452" not in log


def test_settings_that_keep_data_safe_are_the_default() -> None:
    assert "fsync" not in DURABLE
    assert "full_page_writes" not in DURABLE


@pytest.mark.parametrize(("gigabytes", "buffers"), [(1, 256), (8, 1024), (24, 2048), (512, 2048)])
def test_it_keeps_an_eighth_of_the_memory_for_pages_within_bounds(gigabytes, buffers) -> None:
    assert buffers_mb(gigabytes * 2**30) == buffers


@pytest.mark.parametrize(
    ("told", "workers"),
    [
        (signal.SIGTERM, "1"),
        (signal.SIGINT, "1"),
        pytest.param(signal.SIGTERM, "2", marks=pytest.mark.slow),
    ],
)
def test_a_service_that_is_told_to_end_leaves_no_server_behind(
    folder: Path, tmp_path: Path, told: int, workers: str
) -> None:
    log = tmp_path / "log"
    environment = {
        "NUANYI_STATE": str(folder),
        "NUANYI_WORKERS": workers,
        "NUANYI_DATABASE_URL": None,
    }
    with commanded(log, **environment) as service:
        assert (folder / "postgres" / "postmaster.pid").exists()
        service.process.send_signal(told)
        service.process.wait(timeout=60)
    assert not (folder / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in log.read_text()
