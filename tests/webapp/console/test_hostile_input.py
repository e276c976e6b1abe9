"""What nobody types by mistake: it is refused like any other input, and holds up nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webapp.console.marketer import Marketer, marketer
from tests.webapp.console.test_campaigns import DRAFT
from tests.webapp.visitor import dump


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        # The law knows no year after 9000; a draft that holds one could be neither forecast nor planned.
        ("expires_at", "9999-12-31T23:59", "lie before the year 9001"),
        # A Markdown of 300,000 brackets took twenty seconds, in which nobody else could write.
        ("source", "![" * 60_000, "at most 100000 are read"),
    ],
)
def test_a_campaign_beyond_all_bounds_is_refused_beside_its_field(
    at: Marketer, field: str, value: str, said: str
) -> None:
    before = dump(at.at.there)
    assert said in at.post("campaigns/new", {**DRAFT, field: value}, 422)
    assert dump(at.at.there) == before
