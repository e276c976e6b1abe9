"""Forecasts: they change nothing, know what comes before, and speak in dates of the publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from preferences.decision import Outcome, Reason
from preferences.errors import NotFound
from preferences.store.planning import forecast, plan_campaign
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY, OPENING
from tests.store.planning_cast import DAY, TUESDAY, Letterbox, campaign, letterbox, published, reader


@pytest.fixture
def box(database_url: str) -> Iterator[Letterbox]:
    with letterbox(database_url) as there:
        yield there


def everything(box: Letterbox) -> list[object]:
    with box.database.read() as connection:
        tables = (CAMPAIGN, DELIVERY, DECISION, OPENING)
        return [row for table in tables for row in connection.execute(select(table)).all()]


def test_a_forecast_changes_nothing(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each", "events": "weekly"})
        before = campaign(connection, box.publication, box.events)
        plan_campaign(connection, before, TUESDAY)
        campaign(connection, box.publication, box.letter, at=TUESDAY + DAY)
        number = campaign(connection, box.publication, box.letter, at=None, status="draft")
    there = everything(box)
    for _ in range(2):
        with box.database.read() as connection:
            answer = forecast(connection, box.publication, number, TUESDAY + 3 * DAY, TUESDAY)
        assert answer.audience == 1
    assert everything(box) == there


def test_the_numbers_of_a_forecast_add_up(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "each", {"letter": "each"})
        reader(connection, box.publication, "digest", {"letter": "daily"})
        reader(connection, box.publication, "web", {"letter": "web"})
        reader(connection, box.publication, "unconfirmed", {"letter": "each"}, confirmed=False)
        number = campaign(connection, box.publication, box.letter)
        answer = forecast(connection, box.publication, number, TUESDAY, TUESDAY)
    expected = {Outcome.SEND: 1, Outcome.WAIT: 0, Outcome.DIGEST: 1, Outcome.WEB: 1, Outcome.NOT_SENT: 1}
    assert answer.by_outcome == expected
    assert sum(answer.by_reason.values()) == answer.audience == 4
    assert answer.by_reason[Reason.UNCONFIRMED] == 1


def test_a_forecast_counts_on_the_letter_that_is_scheduled_before(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        before = campaign(connection, box.publication, box.letter, at=TUESDAY + DAY)
        campaign(connection, box.publication, box.letter, at=TUESDAY + 5 * DAY)
        number = campaign(connection, box.publication, box.letter, at=TUESDAY + 2 * DAY)
        answer = forecast(connection, box.publication, number, TUESDAY + 2 * DAY, TUESDAY)
        sooner = forecast(connection, box.publication, number, TUESDAY, TUESDAY)
    assert answer.counts_on == (before,)
    assert answer.by_reason == {Reason.TOPIC_CAP: 1}
    assert (sooner.counts_on, sooner.by_reason) == ((), {Reason.EXPECTED: 1})


def test_a_forecast_counts_on_the_digest_that_comes_before(box: Letterbox) -> None:
    with box.database.write() as connection:
        topics = {"letter": "each", "events": "daily"}
        reader(connection, box.publication, "anna", topics, at_most={"count": 1, "per": "week"})
        item = campaign(connection, box.publication, box.events)
        plan_campaign(connection, item, TUESDAY)
        number = campaign(connection, box.publication, box.letter, at=TUESDAY + DAY)
        answer = forecast(connection, box.publication, number, TUESDAY + DAY, TUESDAY)
    # Its slot is nine in Berlin, which is when the item was planned: the digest leaves at once.
    assert answer.by_reason == {Reason.TOTAL_CAP: 1}


def test_an_audience_that_is_not_shared_is_not_counted_on(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        reader(connection, box.publication, "bert", {"events": "each"})
        campaign(connection, box.publication, box.events, at=TUESDAY + DAY)
        number = campaign(connection, box.publication, box.letter, at=TUESDAY + 2 * DAY)
        answer = forecast(connection, box.publication, number, TUESDAY + 2 * DAY, TUESDAY)
    assert (answer.counts_on, answer.by_reason) == ((), {Reason.EXPECTED: 1})


def test_a_campaign_for_others_is_not_counted_on(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"}, fields={"city": "Berlin"})
        # Something of her own wakes before, so that what comes before is played through for her.
        plan_campaign(connection, campaign(connection, box.publication, box.letter, priority=9), TUESDAY - 6 * DAY)
        campaign(connection, box.publication, box.letter, at=TUESDAY + DAY, segment='{"city": "Rome"}')
        number = campaign(connection, box.publication, box.letter, at=TUESDAY + 9 * DAY)
        answer = forecast(connection, box.publication, number, TUESDAY + 9 * DAY, TUESDAY)
    assert (answer.counts_on, answer.by_reason) == ((), {Reason.EXPECTED: 1})


def test_dates_are_those_of_the_publication(box: Letterbox) -> None:
    midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"}, zone="America/New_York")
        number = campaign(connection, box.publication, box.letter)
        answer = forecast(connection, box.publication, number, midnight, TUESDAY)
    assert answer.reach_by == ((date(2026, 11, 25), 1),)


def test_the_past_is_forecast_as_now(box: Letterbox) -> None:
    with box.database.write() as connection:
        reader(connection, box.publication, "anna", {"letter": "each"})
        number = campaign(connection, box.publication, box.letter)
        answer = forecast(connection, box.publication, number, TUESDAY - 30 * DAY, TUESDAY)
    assert answer.reach_by == ((date(2026, 11, 24), 1),)


def test_a_campaign_of_another_publication_is_not_there(box: Letterbox) -> None:
    with box.database.write() as connection:
        other, letter, _ = published(connection, "another")
        number = campaign(connection, other, letter)
        with pytest.raises(NotFound):
            forecast(connection, box.publication, number, TUESDAY, TUESDAY)


def test_a_draft_without_topics_reaches_nobody(box: Letterbox) -> None:
    with box.database.write() as connection:
        number = campaign(connection, box.publication, status="draft")
        answer = forecast(connection, box.publication, number, TUESDAY + timedelta(hours=1), TUESDAY)
    assert (answer.audience, answer.reach_by) == (0, ())
