"""What tests of the mailer may ask for."""

from collections.abc import Iterator

import pytest

from tests.conftest import BOTH_DATABASES
from tests.mailer.town import Town, town_at


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """Where workers meet, PostgreSQL is asked in the fast tests, too."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """A town in a database of its own, once on SQLite and once on PostgreSQL."""
    with town_at(database_url) as town:
        yield town
