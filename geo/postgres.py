"""The embedded PostGIS: a private PostgreSQL cluster in the state directory.

It listens on a Unix socket only, belongs to whoever runs Nuanyi (as root: to the unprivileged user
`postgres`, because `initdb` refuses root), and never looks at another PostgreSQL of the machine.

Every process that uses the cluster holds a shared lock on `users.lock`; the last one to leave stops
the server. A process that is killed loses its lock with its life, so nothing is left to clean up:
the next start finds a server still running and uses it, or a dead one's files and PostgreSQL
recovers from its log.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg2
from sqlalchemy import URL

from geo.errors import Busy, Unavailable
from geo.progress import SILENT, Progress

SOCKET_LIMIT = 107  # bytes of a Unix socket address on Linux, less one
PORT = 5432  # only part of the socket's name; nothing listens on TCP
SUPERUSER = "nuanyi"
DATABASE = "nuanyi"
INSTALL = (
    "Install PostgreSQL with PostGIS: on Debian or Ubuntu `apt-get install postgresql "
    "postgresql-<version>-postgis-3`; elsewhere the packages that hold `initdb`, `postgres` and "
    "`postgis-3.so`, with `pg_config` on the PATH."
)

LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 256, 2048


def buffers_mb(memory_bytes: int) -> int:
    """What PostgreSQL keeps in memory itself on a machine with so much: an eighth, within bounds.
    Pages that it has to ask the system for take ten times as long."""
    return int(min(MOST_BUFFERS_MB, max(LEAST_BUFFERS_MB, memory_bytes // 2**20 // 8)))


DURABLE: Mapping[str, str] = {
    "shared_buffers": f"{buffers_mb(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))}MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "on",
    "max_connections": "60",
}
THROWAWAY: Mapping[str, str] = {
    **DURABLE,
    "shared_buffers": f"{LEAST_BUFFERS_MB}MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
"""For clusters that live only as long as a test run, with many services side by side."""


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres` of the newest PostgreSQL that has PostGIS.

    Raises:
        Unavailable: there is none; says what to install.
    """
    candidates: list[Path] = []
    for root in Path("/usr/lib/postgresql").glob("*/bin"):
        candidates.append(root)
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(answer.stdout.strip()))
    usable = [path for path in candidates if (path / "initdb").exists() and _has_postgis(path)]
    if not usable:
        raise Unavailable("No PostgreSQL server with PostGIS was found.", remedy=INSTALL)
    return max(usable, key=_version)


def _version(binaries: Path) -> int:
    answer = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)(\.|devel|beta|rc)", answer.stdout)
    return int(found.group(1)) if found else 0


def _has_postgis(binaries: Path) -> bool:
    for pattern in ("../lib/postgis-3.so", "../lib/postgresql/postgis-3.so"):
        if (binaries / pattern).exists():
            return True
    config = binaries / "pg_config"
    if not config.exists():
        return False
    answer = subprocess.run([config, "--pkglibdir"], capture_output=True, text=True, check=False)
    return (Path(answer.stdout.strip()) / "postgis-3.so").exists()


@dataclass
class Cluster:
    """A private PostgreSQL cluster below `directory`.

    `with Cluster(directory).running() as cluster:` makes it if needed, starts it if needed, and
    stops it when this was its last user.
    """

    directory: Path
    options: Mapping[str, str] = field(default_factory=lambda: dict(DURABLE))
    _users: IO[str] | None = field(default=None, init=False, repr=False)

    # ------------------------------------------------------------------ where things are
    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.directory / "postgres"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.directory / "postgres.log"

    @property
    def socket_directory(self) -> Path:
        """Where the socket stands: beside the data, or, where that path is too long for a Unix
        socket, in a short folder below /tmp named after a hash of it."""
        beside = self.directory / "socket"
        if len(os.fsencode(f"{beside}/.s.PGSQL.{PORT}")) <= SOCKET_LIMIT:
            return beside
        digest = hashlib.blake2b(os.fsencode(self.directory.resolve()), digest_size=6).hexdigest()
        return Path(tempfile.gettempdir()) / f"nuanyi-{os.geteuid()}-{digest}"

    def url(self, database: str = DATABASE) -> URL:
        """The SQLAlchemy address of one database of this cluster."""
        return URL.create(
            "postgresql+psycopg2",
            username=SUPERUSER,
            database=database,
            query={"host": str(self.socket_directory), "port": str(PORT)},
        )

    # ------------------------------------------------------------------ life
    def running(self, progress: Progress = SILENT) -> Self:
        """Start (and make) the cluster as a user of it; use as a context manager.

        Raises:
            Unavailable: no PostgreSQL, a folder that cannot be used, or a server that will not
                start; the end of its log is in the message.
        """
        self._prepare_directory()
        users = (self.directory / "users.lock").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with _exclusive(self.directory / "start.lock"):
                if not (self.data / "PG_VERSION").exists():
                    with progress.step("创建内置 PostGIS / making the embedded PostGIS"):
                        self._initialise()
                if not self.is_up():
                    with progress.step("启动内置 PostGIS / starting the embedded PostGIS"):
                        self._start()
        except BaseException:
            users.close()
            raise
        self._users = users
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Stop using the cluster; stop the server when nobody else uses it."""
        users, self._users = self._users, None
        if users is None:
            return
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            with _exclusive(self.directory / "start.lock"):
                self.stop()

    def ensure_database(self, name: str) -> None:
        """Make an empty database if there is none of that name. The server must be up."""
        connection = psycopg2.connect(
            host=str(self.socket_directory), port=PORT, user=SUPERUSER, dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor, _exclusive(self.directory / "start.lock"):
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()

    def is_up(self) -> bool:
        """Whether a server of this cluster takes connections."""
        answer = subprocess.run(
            [
                find_binaries() / "pg_isready",
                "-q",
                "-h",
                self.socket_directory,
                "-p",
                str(PORT),
                "-t",
                "2",
            ],
            check=False,
        )
        return answer.returncode == 0

    def stop(self) -> None:
        """Stop the server now, whoever uses it. Nothing happens when it is down."""
        if (self.data / "postmaster.pid").exists():
            self._run(
                "pg_ctl", "-D", self.data, "-m", "fast", "-w", "-t", "60", "stop", check=False
            )

    def status(self) -> dict[str, object]:
        """What a person wants to know about it."""
        return {
            "directory": str(self.directory),
            "socket": str(self.socket_directory),
            "running": self.is_up(),
            "log": str(self.log),
        }

    # ------------------------------------------------------------------ inside
    def _prepare_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                f"The state directory {self.directory} cannot be made: {error.strerror}.",
                remedy="Choose another with NUANYI_STATE=DIR.",
            ) from error
        owner = _server_user()
        if owner is None:
            return
        # PostgreSQL runs as another user: it must be able to pass through our folder (ours to
        # open) and through those above it (not ours: say so instead).
        self.directory.chmod(self.directory.stat().st_mode | 0o711)
        for parent in self.directory.resolve().parents:
            if not parent.stat().st_mode & stat.S_IXOTH:
                raise Unavailable(
                    f"The state directory {self.directory} cannot be reached by the user "
                    f"'{owner.pw_name}', who must own the database, because {parent} is closed.",
                    remedy="Choose another with NUANYI_STATE=DIR, for instance /var/lib/nuanyi, "
                    "or run as an ordinary user.",
                )

    def _initialise(self) -> None:
        owner = _server_user()
        for folder in (self.data, self.socket_directory):
            # What an interrupted first start left is no cluster yet: begin again.
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(mode=0o700, parents=True)
            if owner is not None:
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb",
            "-D",
            self.data,
            "-U",
            SUPERUSER,
            "-A",
            "trust",  # the socket's folder is closed to everybody else
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_directory),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "log_timezone": "UTC",
            "timezone": "UTC",
            # No statement and no parameter is ever logged: a query may carry a position.
            "log_statement": "none",
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            **self.options,
        }
        lines = "".join(f"{key} = '{value}'\n" for key, value in settings.items())
        conf = self.data / "nuanyi.conf"
        conf.write_text(lines, encoding="utf-8")
        if owner is not None:
            os.chown(conf, owner.pw_uid, owner.pw_gid)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as main:
            main.write("include 'nuanyi.conf'\n")

    def _start(self) -> None:
        sockets = self.socket_directory
        if not sockets.exists():  # /tmp is emptied between boots
            sockets.mkdir(mode=0o700)
            if (owner := _server_user()) is not None:
                os.chown(sockets, owner.pw_uid, owner.pw_gid)
        log = self.log
        log.touch(mode=0o600)
        if (owner := _server_user()) is not None:
            os.chown(log, owner.pw_uid, owner.pw_gid)
        _trim(log)
        # After a kill -9 the dead server's last children may still hold its memory for a moment.
        for attempt in range(4):
            answer = self._run(
                "pg_ctl",
                "-D",
                self.data,
                "-l",
                log,
                "-w",
                "-t",
                "120",
                "-o",
                f"-k {sockets}",
                "start",
                check=False,
            )
            if answer.returncode == 0 or self.is_up():
                return
            time.sleep(0.5 * (attempt + 1))
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        raise Unavailable(
            f"The embedded PostGIS in {self.directory} does not start. The end of its log:\n{tail}",
            remedy=f"See {log}. Was the folder changed? Then move it away and load again.",
        )

    def _run(
        self, program: str, *arguments: str | Path, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        owner = _server_user()
        with tempfile.TemporaryFile("w+") as output:
            # Not a pipe: the server inherits it and would keep it open for ever.
            answer = subprocess.run(
                [find_binaries() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                check=False,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                user=None if owner is None else owner.pw_uid,
                group=None if owner is None else owner.pw_gid,
                extra_groups=None if owner is None else [],
                # A Ctrl-C in the terminal is for us; we stop the server in our own time.
                start_new_session=True,
            )
            output.seek(0)
            answer.stdout = output.read()
        if check and answer.returncode != 0:
            raise Unavailable(f"{program} failed: {answer.stdout.strip()[-800:]}", remedy=INSTALL)
        return answer


def _server_user() -> pwd.struct_passwd | None:
    """The user who must own the server, or None when that is us."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Unavailable(
        "PostgreSQL refuses to run as root, and there is no user 'postgres'.",
        remedy="Run as an ordinary user, or install the PostgreSQL package, which makes one.",
    )


def _trim(log: Path, limit: int = 5_000_000) -> None:
    """Keep a log from growing for ever: past the limit only its last part stays."""
    if log.stat().st_size > limit:
        text = log.read_bytes()[-limit // 5 :]
        log.write_bytes(text)


@contextlib.contextmanager
def _exclusive(path: Path, seconds: float = 150.0) -> Iterator[None]:
    """Hold an exclusive lock on a file, waiting for another process for a while."""
    with path.open("a") as file:
        _wait(lambda: _try_lock(file), seconds, f"Another process has held {path} for too long.")
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(ready: Callable[[], bool], seconds: float, message: str) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise Busy(message, remedy="End that process, then try again.")
        time.sleep(0.05)
