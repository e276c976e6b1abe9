"""The preferences with forty topics: five statements, light enough for any phone, and never older than the database."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from preferences.cadence import Cadence, Cap, Period
from preferences.links import Purpose
from preferences.store.events import SYSTEM
from preferences.store.topics import change_topic, create_topic, state_cadence, topic_named
from tests.store.newsletter import asked, signed_up
from tests.webapp.test_pages_fresh import statements
from tests.webapp.visitor import Visitor, visitor

MOST_STATEMENTS = 5
HEAVIEST = 30_000


def with_topics(anna: Visitor, count: int) -> str:
    """A reader of so many topics, who is asked about one of them; answers the path of the page."""
    slugs = [f"topic-{number}" for number in range(count)]
    with anna.there.database.write() as connection:
        for number, slug in enumerate(slugs):
            create_topic(
                connection,
                anna.there.publication,
                slug=slug,
                name=f"What we did about {number * 7919} things",
                description=f"All {number} of them, how they went, and what is to be done about each of them next.",
                cadence=Cadence(id=0, at_most=Cap(count=1 + number % 4, per=list(Period)[number % 6])),
                by=SYSTEM,
                now=anna.clock.now(),
            )
    person = signed_up(anna.there, asked(*slugs, {"topic": "letter", "at_most": {"count": 1, "per": "month"}}))
    with anna.there.database.write() as connection:
        topic = topic_named(connection, anna.there.publication, "letter")
        faster = Cadence(id=0, at_most=Cap(count=3, per=Period.WEEK))
        state_cadence(connection, anna.there.publication, topic, faster, SYSTEM, anna.clock.now())
    return f"/me/{anna.token(Purpose.PREFERENCES, person)}"


@pytest.mark.parametrize("kind", ["sqlite_url", "postgresql_url"])
def test_the_preferences_take_at_most_five_statements_however_many_topics(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with visitor(request.getfixturevalue(kind), tmp_path) as anna:
        path = with_topics(anna, 40)
        with statements(anna.there.database) as said:
            assert "plans to write" in anna.get(path)
        assert len([one for one in said if one.lstrip().startswith("SELECT")]) <= MOST_STATEMENTS
        assert "COMMIT" not in said


def test_a_topic_that_is_changed_between_two_visits_is_on_the_second_as_it_is_now(
    sqlite_url: str, tmp_path: Path
) -> None:
    with visitor(sqlite_url, tmp_path) as anna:
        path = with_topics(anna, 2)
        before = anna.get(path)
        with anna.there.database.write() as connection:
            topic = topic_named(connection, anna.there.publication, "topic-1")
            change_topic(connection, topic, {"name": "Renamed by its sender", "description": "Now about more."})
            slower = Cadence(id=0, at_most=Cap(count=1, per=Period.WEEK))
            state_cadence(connection, anna.there.publication, topic, slower, SYSTEM, anna.clock.now())
        after = anna.get(path)
    promised = "You get Renamed by its sender once a week."
    assert promised in after
    assert "Now about more." in after
    assert "How often we write: once a week." in after
    assert not any(said in before for said in (promised, "Now about more.", "How often we write: once a week."))
    assert "What we did about 7919 things" in before
    assert "What we did about 7919 things" not in after


@pytest.mark.slow
def test_the_preferences_with_forty_topics_weigh_less_than_thirty_kilobytes(sqlite_url: str, tmp_path: Path) -> None:
    with visitor(sqlite_url, tmp_path) as anna:
        page = anna.get(with_topics(anna, 40))
        needs = re.findall(r'<(?:link|script)[^>]+(?:href|src)="([^"]+)"', page)
        parts = [page.encode(), *(anna.client.get(path).data for path in needs)]
    assert len(needs) >= 3
    assert sum(len(gzip.compress(part, 9)) for part in parts) < HEAVIEST
