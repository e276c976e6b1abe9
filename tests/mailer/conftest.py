"""What tests of the mailer may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BOTH_DATABASES
from tests.mailer.town import Town, town_at

# Where workers meet, PostgreSQL is asked in the fast tests, too; elsewhere in the slow ones.
WORKERS_MEET = {
    "test_gate",
    "test_worker",
    "test_control",
    "test_change_while_sending",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put off what takes a database of its own on a server, and is not about two who meet in it."""
    for item in items:
        is_ours = item.path.parent == Path(__file__).parent and item.path.stem not in WORKERS_MEET
        if is_ours and "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that is migrated, empty, and this test's alone."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """A town in a database of its own, once on SQLite and once on PostgreSQL."""
    with town_at(database_url) as town:
        yield town
