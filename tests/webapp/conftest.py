"""Pages and commands say the same whatever stands behind them: the fast tests ask SQLite, and all tests both."""

import pytest

QUICKLY = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(params=QUICKLY)
def database_url(request: pytest.FixtureRequest) -> str:
    """As in all tests, but on PostgreSQL only where everything is run."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
