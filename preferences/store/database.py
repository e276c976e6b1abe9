"""The database: one engine for SQLite or PostgreSQL, and transactions that read or write.

Statements go through SQLAlchemy's core, with nothing cached in between: what a transaction reads after a lock is what
is there. Must not know what the tables mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from preferences.errors import TrothError

LOCK_TIMEOUT_SECONDS = 10
# A process that was stopped, or whose machine is gone, in the middle of a transaction holds its locks no longer than this.
IDLE_TIMEOUT_SECONDS = 30


class DatabaseAway(TrothError):
    """The database cannot be reached, is locked, full or broken: nothing was changed, and nothing is sent."""


class Database:
    """An open database. Cheap to share between threads; `close` it once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._looking = engine if self.is_sqlite else engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction of which nothing stays; its end is a rollback. Raises `DatabaseAway`."""
        with self._translated(), self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A transaction that can only read, for what is asked again and again. Raises `DatabaseAway`.

        A rollback would make its connection to PostgreSQL forget every statement that it has prepared, also those of the
        transactions that write: so the end of this one is a commit.
        """
        if self.is_sqlite:
            with self.read() as connection:
                yield connection
        else:
            with self._translated(), self._looking.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at its end, and changes nothing when anything is raised. Raises `DatabaseAway`."""
        with (
            self._translated(),
            self.engine.connect().execution_options(troth_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if _is_away(error):
                raise DatabaseAway(
                    f"the database cannot be used now: {type(error.orig).__name__}: {_first_line(error)}{_advice(error)}"
                ) from error
            raise

    def own_now(self) -> datetime:
        """What the database's own clock says, in UTC; only ever compared with the clock that decides."""
        with self.look() as connection:
            if self.is_sqlite:
                value = connection.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")).scalar_one()
                return datetime.fromisoformat(value)
            now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            return now

    def migrate(self) -> None:
        """Bring the tables to the newest revision."""
        from preferences.store.migrations import migrate

        migrate(self)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


_AWAY_WORDS = (
    "locked",
    "full",
    "closed",
    "connect",
    "unable to open",
    "timeout",
    "terminat",
    "starting up",
    "shutting down",
    "readonly",
    "read-only",
    "disk i/o",
    "not a database",
    "malformed",
)


_AWAY_ERRORS = frozenset(
    {"AdminShutdown", "CannotConnectNow", "DeadlockDetected", "DiskFull", "LockNotAvailable", "SerializationFailure"}
)


def _is_away(error: DBAPIError) -> bool:
    """Whether the database rather than the statement is at fault; a deadlock's victim may simply try again."""
    if error.connection_invalidated or type(error.orig).__name__ in _AWAY_ERRORS:
        return True
    message = str(error.orig).lower()
    # Of a broken file SQLite says so with its most general error.
    is_told_so = type(error.orig).__name__ in ("OperationalError", "DatabaseError")
    return is_told_so and any(word in message for word in _AWAY_WORDS)


def _advice(error: DBAPIError) -> str:
    """What to do, where that is plain."""
    is_full = type(error.orig).__name__ == "DiskFull" or "disk is full" in str(error.orig).lower()
    return "; there is no room on its disk: free some, and everything goes on by itself" if is_full else ""


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no message"


class Durability(StrEnum):
    """What a SQLite database has after a power cut: every commit, or all but the last ones; it is whole in any case."""

    EVERY_COMMIT = "FULL"
    ALL_BUT_THE_LAST = "NORMAL"


# What is not known yet of a young table makes its plans for tables that are empty, and a connection keeps them while the
# first campaign fills it: checks of foreign keys then read all of it for each row. Where there is an index, it is used.
# Before PostgreSQL 18 a table without one then seems to cost ten thousand millions, and each statement that reads it would be
# compiled to machine code first: most of a second for some microseconds of work, measured with PostgreSQL 15 as Debian has it.
_POSTGRESQL_OPTIONS = (
    f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_SECONDS}s"
    " -c timezone=UTC -c enable_seqscan=off -c jit=off"
)


def open_database(url: str, *, pool_size: int = 10, durability: Durability = Durability.EVERY_COMMIT) -> Database:
    """The database at a SQLAlchemy URL (sqlite or postgresql). Connects on first use; migrates nothing.

    `durability` is for a SQLite database whose mails stay in it: what hands mails to anybody else must know of them
    for ever, and waits for the disk at every commit.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(_sqlite_engine(parsed, pool_size, durability))
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        # The connection that was used last has prepared what is asked again and again.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"options": _POSTGRESQL_OPTIONS, "connect_timeout": 10},
    )
    # Before anything else is asked on a connection: answers in another encoding break what asks.
    event.listen(engine, "connect", _require_utf8, insert=True)
    event.listen(engine, "connect", _answer_in_utc)
    return Database(engine)


def _require_utf8(connection: Any, _record: Any) -> None:
    """Names of people are kept as they are written: a database of any other encoding would lose or refuse some."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseAway(
            f"the database is in {encoding}, which cannot hold every name; make it anew:"
            " createdb --owner troth --encoding UTF8 --template template0 troth"
        )


def _answer_in_utc(connection: Any, _record: Any) -> None:
    """Instants are read as they are answered; what stands between may have dropped the options that ask for UTC."""
    if connection.info.parameter_status("TimeZone") != "UTC":
        connection.execute("SET timezone TO 'UTC'")
        connection.commit()


def _sqlite_engine(url: URL, pool_size: int, durability: Durability) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
        connect_args={"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, durability))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(durability: Durability, connection: Any, _record: Any) -> None:
    """Foreign keys, a log that survives power cuts, and transactions that begin where we say so.

    With a log ahead of writing, `synchronous=NORMAL` waits for the disk at checkpoints only (sqlite.org/pragma.html).
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    synchronous = f"synchronous={durability.value}"
    for pragma in ("journal_mode=WAL", synchronous, "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-32000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A deferred transaction that reads and then writes fails at once with "locked"; an immediate one waits."""
    writes = connection.get_execution_options().get("troth_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def read_whole_tables(connection: Connection) -> None:
    """Let this transaction read tables from end to end where that is faster: it asks about most of their rows."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = on"))
