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


TURNED = "News\u202egnikcart"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (TURNED, "must not turn the direction"),
        ("News \u2067of today", "must not turn the direction"),
        ("News\u2069", "must not turn the direction"),
        ("News\ufffe", "found U+FFFE"),
        ("News\U0001ffff", "found U+1FFFF"),
    ],
)
def test_a_name_that_reaches_beyond_itself_is_refused_for_topics_and_publications(
    at: Marketer, name: str, said: str
) -> None:
    before = dump(at.at.there)
    topic = {"slug": "more", "name": name, "count": "1", "per": "week"}
    for path, fields in (
        ("topics/new", topic),
        ("settings", {"name": name, "zone": "Europe/Berlin", "language": "en"}),
    ):
        page = at.post(path, fields, 422)
        assert said in page
        assert '<a href="#name">Name</a>: must' in page
    assert dump(at.at.there) == before


def test_a_name_may_be_written_from_right_to_left_and_hold_closed_isolates(at: Marketer) -> None:
    for number, name in enumerate(("אירועים", "News \u2067أخبار\u2069 today", "News\u200f")):
        at.post("topics/new", {"slug": f"more-{number}", "name": name, "count": "1", "per": "week"})
