"""Reading and writing PostGIS: one transaction a `with`, and types that say which.

A function that takes a :class:`Reader` cannot write: its transaction is READ ONLY, and it has no
method that would; mypy refuses to hand a Reader to a function that wants a :class:`Writer`.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2.alembic_helpers import writer as _  # noqa: F401  registers the spatial operations
from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo.errors import Busy, Conflict, Unavailable
from geo.postgres import DATABASE, Cluster
from geo.progress import SILENT, Progress
from geo.settings import Settings

ROWS_A_PIECE = 1 << 17
BUFFER = 1 << 20  # bytes that the driver takes at once; its own 8 kB cost a fifth more time


@dataclass(frozen=True)
class Actor:
    """Who asks. Every read and write takes one, so that accounts, area scopes and row-level
    security can come later without touching the rooms."""

    name: str
    sees_enterprises: bool = False

    def __str__(self) -> str:
        return self.name


ANYONE = Actor("anyone")
"""A person without a key: stations, walking and places."""


class Reader:
    """A read-only transaction."""

    def __init__(self, connection: Connection, actor: Actor) -> None:
        self.connection = connection
        self.actor = actor

    def all(self, statement: Executable | str, /, **parameters: Any) -> Sequence[Row[Any]]:
        """Every row of a query."""
        rows: Sequence[Row[Any]] = self._run(statement, parameters).all()
        return rows

    def first(self, statement: Executable | str, /, **parameters: Any) -> Row[Any] | None:
        """The first row, or None."""
        row: Row[Any] | None = self._run(statement, parameters).first()
        return row

    def scalar(self, statement: Executable | str, /, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        return self._run(statement, parameters).scalar()

    def _run(self, statement: Executable | str, parameters: Mapping[str, Any]) -> Any:
        if isinstance(statement, str):
            statement = text(statement)
        return self.connection.execute(statement, dict(parameters))

    def copy_out(self, query: str, texts: Sequence[str] = ()) -> pa.Table:
        """The rows of a query as an Arrow table, by COPY: some 1,000,000 rows a second.

        Args:
            query: SQL without parameters; never build it from what a person typed.
            texts: columns that are texts even where all of them look like numbers, such as `06`.
        """
        buffer = io.BytesIO()
        with self._cursor() as cursor:
            cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", buffer)
        buffer.seek(0)
        if buffer.getbuffer().nbytes == 0:
            return pa.table({})
        return pacsv.read_csv(
            buffer,
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                column_types=dict.fromkeys(texts, pa.string()),
            ),
        )

    def copy_out_integers(self, query: str, columns: int) -> list[npt.NDArray[np.int64]]:
        """The rows of a query whose columns are all of type bigint; see :meth:`copy_out_fixed`."""
        return self.copy_out_fixed(query, ["i8"] * columns)

    def copy_out_fixed(self, query: str, types: Sequence[str]) -> list[npt.NDArray[Any]]:
        """The rows of a query by binary COPY, which neither side writes as text nor parses: three
        times as fast as :meth:`copy_out`.

        Args:
            query: SQL without parameters; never build it from what a person typed. No column may be
                null.
            types: of each column: `i2` smallint, `i4` integer, `i8` bigint, `f8` float8.

        Returns:
            One array for each column, of that type of numpy.

        Raises:
            TypeError: a column is null or of another type.
        """
        layout = np.dtype(
            [("fields", ">i2")]
            + [(f"{part}{number}", kind) for number, type_ in enumerate(types)
               for part, kind in (("length", ">i4"), ("value", f">{type_}"))]
        )  # fmt: skip
        buffer = io.BytesIO()
        with self._cursor() as cursor:
            cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", buffer, BUFFER)
        rows = buffer.getbuffer()[19:-2]
        if len(rows) % layout.itemsize:
            raise TypeError(f"the columns are not {', '.join(types)}")
        records = np.frombuffer(rows, dtype=layout)
        found = []
        for number, type_ in enumerate(types):
            if (records[f"length{number}"] != np.dtype(type_).itemsize).any():
                raise TypeError(f"column {number} is not {type_} in every row")
            found.append(records[f"value{number}"].astype(type_))
        return found

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        cursor: Any = self.connection.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


class Writer(Reader):
    """A transaction that may write; committed when its `with` ends without an error."""

    def execute(
        self,
        statement: Executable | str,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> Any:
        """Run a statement; many parameter sets run it once for each."""
        if isinstance(statement, str):
            statement = text(statement)
        return self.connection.execute(statement, parameters)

    def copy_in(self, table: str, columns: Sequence[str], rows: pa.Table | IO[bytes]) -> None:
        """Load rows by COPY. Null is an unquoted empty field, an empty text a quoted one.

        Args:
            table: name of a table of ours.
            columns: the columns, in the order of `rows`.
            rows: an Arrow table, or bytes in CSV without a header line.
        """
        names = ", ".join(f'"{column}"' for column in columns)
        statement = f'COPY "{table}" ({names}) FROM STDIN (FORMAT csv)'
        with self._cursor() as cursor:
            if isinstance(rows, pa.Table):
                for batch in rows.to_batches(max_chunksize=100_000):
                    buffer = io.BytesIO()
                    pacsv.write_csv(
                        batch,
                        buffer,
                        pacsv.WriteOptions(include_header=False, quoting_style="needed"),
                    )
                    buffer.seek(0)
                    cursor.copy_expert(statement, buffer, BUFFER)
            else:
                cursor.copy_expert(statement, rows, BUFFER)

    def copy_in_integers(
        self, table: str, columns: Sequence[str], values: Sequence[npt.NDArray[np.int64]]
    ) -> None:
        """Load whole numbers (columns of type bigint, no nulls) by binary COPY, which PostgreSQL
        need not parse: twice as fast as text."""
        layout = np.dtype(
            [("fields", ">i2")]
            + [(f"{part}{number}", kind) for number in range(len(columns))
               for part, kind in (("length", ">i4"), ("value", ">i8"))]
        )  # fmt: skip

        def pieces() -> Iterator[bytes]:
            yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
            for start in range(0, len(values[0]), ROWS_A_PIECE):
                some = [column[start : start + ROWS_A_PIECE] for column in values]
                records = np.zeros(len(some[0]), dtype=layout)
                records["fields"] = len(columns)
                for number, column in enumerate(some):
                    records[f"length{number}"] = 8
                    records[f"value{number}"] = column
                yield records.tobytes()
            yield b"\xff\xff"

        names = ", ".join(f'"{column}"' for column in columns)
        with self._cursor() as cursor:
            cursor.copy_expert(
                f'COPY "{table}" ({names}) FROM STDIN (FORMAT binary)', _Pieces(pieces()), BUFFER
            )

    def lock(self, name: str) -> None:
        """Wait for the named lock, held until this transaction ends: two imports of one dataset go
        one after the other."""
        self.execute("SELECT pg_advisory_xact_lock(hashtext(:name))", {"name": f"nuanyi {name}"})


class _Pieces:
    """Bytes that are made as they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = memoryview(piece)
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


class Database:
    """A PostGIS database, embedded or external. Holds the pool of connections."""

    def __init__(
        self, url: str | URL, *, pool_size: int = 8, statement_seconds: float = 30.0
    ) -> None:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg2")
        self.url = address
        self._statement_milliseconds = int(statement_seconds * 1000)
        self.engine: Engine = create_engine(
            address,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            # A position must not travel into an error message or a log.
            hide_parameters=True,
            # A server that is gone without a word is noticed within seconds.
            connect_args={
                "application_name": "nuanyi",
                "connect_timeout": 5,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 8000,
            },
            plugins=["geoalchemy2"],
        )
        event.listen(self.engine, "connect", _set_up_connection)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def read(self, actor: Actor) -> Iterator[Reader]:
        """A read-only transaction with a time limit.

        Raises:
            Unavailable: the database cannot be reached.
            Busy: all connections were taken for ten seconds, or the time limit passed.
        """
        with _translated(), self.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            connection.execute(
                text(f"SET LOCAL statement_timeout = {self._statement_milliseconds}")
            )
            yield Reader(connection, actor)

    @contextlib.contextmanager
    def write(self, actor: Actor) -> Iterator[Writer]:
        """A transaction that commits at the end of the `with`, and rolls back on any error.

        Raises:
            Unavailable, Busy: as :meth:`read`.
            Conflict: two writers wanted the same thing.
        """
        with _translated(), self.engine.begin() as connection:
            yield Writer(connection, actor)

    def listening(self, channel: str) -> Any:
        """A connection of its own, outside the pool, that hears what is told on a channel: a
        psycopg2 connection in autocommit, to be waited for with `select` and read with `poll`. The
        caller closes it.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with _translated():
            pooled = self.engine.raw_connection()
            # Once detached it no longer says what it held.
            connection: Any = pooled.driver_connection
            pooled.detach()
            connection.rollback()
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'LISTEN "{channel}"')
        return connection

    # ------------------------------------------------------------------ migrations
    def migrate(self) -> None:
        """Bring the schema to the newest version; makes the PostGIS extension if it is missing."""
        with _translated(), self.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('nuanyi migrate'))"))
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
            config = migrations_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def is_current(self) -> bool:
        """Whether the schema is the one this program was written for."""
        with _translated(), self.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
        return at == ScriptDirectory.from_config(migrations_config()).get_current_head()


@contextlib.contextmanager
def connect(settings: Settings, progress: Progress = SILENT) -> Iterator[Database]:
    """The database that the settings name, started if it is the embedded one, schema up to date.

    Raises:
        Unavailable: no PostgreSQL, or the external one cannot be reached.
    """
    with contextlib.ExitStack() as stack:
        if settings.database_url:
            url = make_url(settings.database_url)
        else:
            cluster = stack.enter_context(Cluster(settings.state).running(progress))
            cluster.ensure_database(DATABASE)
            url = cluster.url(DATABASE)
        database = Database(
            url, pool_size=settings.pool_size, statement_seconds=settings.statement_seconds
        )
        stack.callback(database.close)
        if not database.is_current():
            with progress.step("升级数据库结构 / bringing the schema up to date"):
                database.migrate()
        yield database


def migrations_config() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", "geo:migrations")
    return config


def _set_up_connection(connection: Any, record: Any) -> None:
    """Session settings of each new connection."""
    del record
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'; SET jit = off; SET search_path = public")
    connection.commit()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except OperationalError as error:
        state = getattr(error.orig, "pgcode", None)
        if state == "57014":
            raise Busy(
                "The question took the database longer than it may.",
                remedy="缩小区域或减少行数。 Ask for a smaller area or fewer rows.",
            ) from error
        raise Unavailable(
            "The database cannot be reached.",
            remedy="请稍后再试；管理员请检查数据库和 NUANYI_DATABASE_URL。 "
            "Try again later; operators: start it with `nuanyi serve` or `nuanyi demo`, or "
            "check NUANYI_DATABASE_URL.",
        ) from error
    except DBAPIError as error:
        state = getattr(error.orig, "pgcode", None)
        if state == "57014":
            raise Busy(
                "The question took the database longer than it may.",
                remedy="缩小区域或减少行数。 Ask for a smaller area or fewer rows.",
            ) from error
        if state in ("40001", "40P01", "23505"):
            raise Conflict(
                "Somebody else changed the same data at the same moment.",
                remedy="请再试一次。 Try again.",
            ) from error
        raise
    except PoolTimeout as error:
        raise Busy(
            "All database connections are in use.", remedy="请再试一次。 Try again."
        ) from error
