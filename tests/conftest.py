"""What every test may ask for: a database of its own, on both kinds of database.

* ``database_url``: a migrated, empty database; the test runs once on SQLite and once on PostgreSQL
* ``blank_database_url``: the same without a table, for what migrates by itself
* ``sqlite_url``, ``postgresql_url``: a migrated database of one kind, for what is true of that kind alone

Nothing is started for tests that ask for none of these.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.brokers import NO_RABBITMQ
from tests.postgresql import COULD_NOT_START, PostgresqlServer, ServerUnavailableError, running_server
from tests.reused import ReusedDatabases

# How long an example takes, or finding one, says more about the machine than about the law.
hypothesis_settings.register_profile(
    "troth", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("troth")

BOTH_DATABASES = ("sqlite", "postgresql")
# Most say the same on both: the fast tests ask SQLite, and all tests both.
QUICKLY = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(params=QUICKLY)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that is migrated, empty, and this test's alone; on SQLite, and in slow tests on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=BOTH_DATABASES)
def blank_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without a table, this test's alone; on SQLite, then on PostgreSQL."""
    url: str = request.getfixturevalue(f"blank_{request.param}_url")
    return url


@pytest.fixture
def blank_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that nobody has made yet."""
    return f"sqlite:///{tmp_path / 'troth.sqlite3'}"


@pytest.fixture
def sqlite_url(blank_sqlite_url: str, migrated_sqlite_file: Path) -> str:
    """A migrated SQLite file."""
    shutil.copy(migrated_sqlite_file, blank_sqlite_url.removeprefix("sqlite:///"))
    return blank_sqlite_url


@pytest.fixture
def blank_postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """A PostgreSQL database without a table; dropped after the test, whoever is still connected."""
    name = postgresql_server.create()
    yield postgresql_server.database_url(name)
    postgresql_server.drop(name)


@pytest.fixture
def postgresql_url(reused_databases: ReusedDatabases) -> Iterator[str]:
    """A migrated PostgreSQL database, empty, and this test's alone; whoever is still connected afterwards is cut off."""
    with reused_databases.lent() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that is copied for each test: copying takes a millisecond, migrating much longer."""
    path = tmp_path_factory.mktemp("template") / "troth.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The name of the database that is copied for each test."""
    name = postgresql_server.create()
    _migrate(postgresql_server.database_url(name))
    yield name
    postgresql_server.drop(name)


@pytest.fixture(scope="session")
def reused_databases(postgresql_server: PostgresqlServer, migrated_postgresql: str) -> Iterator[ReusedDatabases]:
    """Copies of that one, which one test after the other has for itself."""
    databases = ReusedDatabases(postgresql_server, migrated_postgresql)
    yield databases
    databases.drop()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One server for each process that runs tests. Without one, tests fail in CI, and elsewhere are left out aloud."""
    try:
        with running_server() as server:
            yield server
    except ServerUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def _migrate(url: str) -> None:
    # Only here: the law is tested without the store.
    from preferences.store.database import open_database
    from tests.no_disk import wait_for_no_disk
    from tests.one_compiler import share_what_is_compiled

    share_what_is_compiled()
    wait_for_no_disk()
    database = open_database(url)
    try:
        database.migrate()
    finally:
        database.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say at the very end how many tests did not run for want of a server."""
    result = yield
    for server, why in (("POSTGRESQL", COULD_NOT_START), ("RABBITMQ", NO_RABBITMQ)):
        _say_what_is_missing(terminalreporter, server, why)
    return result


def _say_what_is_missing(terminalreporter: pytest.TerminalReporter, server: str, why: str) -> None:
    missing = [
        report
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple) and why in report.longrepr[2]
    ]
    if missing:
        terminalreporter.section(f"NOT TESTED ON {server}", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"{len(missing)} tests were left out. {missing[0].longrepr[2]}")
