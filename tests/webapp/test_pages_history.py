"""The mail history: everything that was meant for a reader, with its reason in plain words, and what did not come."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select, update

from preferences.cadence import Cadence, Cap, Period
from preferences.links import Purpose
from preferences.store.came import Came, Result
from preferences.store.destinations import FIRST_PAUSE, slow_down
from preferences.store.mail_history import history_page
from preferences.store.reported import report
from preferences.store.tables import DELIVERY
from preferences.store.topics import state_cadence, topic_named
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.lived import Lived, letter_with_an_extra
from tests.store.newsletter import BY_FOOTER, BY_LINK, asked
from tests.webapp.visitor import Visitor, visitor


def history(anna: Visitor, reader: int, **more: int) -> str:
    """The first page of the history of a reader, by the link of a mail."""
    return anna.get(f"/h/{anna.token(Purpose.PREFERENCES, reader, **more)}")


def delivery_of(anna: Visitor, campaign: int) -> int:
    with anna.there.database.read() as connection:
        number: int = connection.execute(select(DELIVERY.c.id).where(DELIVERY.c.campaign_id == campaign)).scalar_one()
    return number


def words(page: str) -> str:
    """The page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_what_came_along_says_in_which_mail_and_its_story_says_since_when_it_waited(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        told = letter_with_an_extra(anna.there)
        anna.clock.instant = told.lived.now
        page = words(history(anna, told.reader, delivery=delivery_of(anna, told.extra)))
        assert "Came along in “The issue”, Tuesday 1 December at 13:00." in page
        story = page[: page.index("December 2026")]
        waits, went, taken = (
            story.index(said) for said in ("Waits: at most one mail a week", "Goes out", "mailbox took it")
        )
        assert waits < went < taken
        assert "You get" not in story
        assert "At most one mail a week from everything you chose" in page


def test_what_went_into_a_digest_says_in_which_and_the_digest_how_much_it_held(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked({"topic": "events", "arrives": "weekly"}))
        lived.send(anna.there.events, "One")
        lived.send(anna.there.events, "Two")
        lived.wait(days=7)
        lived.hand_over()
        anna.clock.instant = lived.now
        page = words(history(anna, reader))
        assert page.count("Came in your mail of the week, Tuesday 1 December at 13:00.") == 2
        assert "Your mail of the week" in page
        assert "with 2 texts." in page


def test_weeks_in_which_nothing_came_are_shown_as_such(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked("letter", "events"))
        lived.send(anna.there.letter, "Letter")
        lived.hand_over()
        lived.wait(days=28)
        lived.send(anna.there.letter, "Letter")
        lived.hand_over()
        anna.clock.instant = lived.now
        page = words(history(anna, reader))
        assert "From Monday 30 November to Sunday 20 December nothing came about Letter" in page
        assert "once a week, usually on Tuesdays" in page
        assert "nothing came about Events" not in page


def test_a_broken_promise_stands_first(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked("letter"))
        lived.send(anna.there.letter, "Letter")
        lived.hand_over()
        lived.wait(days=1)
        anna.clock.instant = lived.now
        with anna.there.database.write() as connection:
            topics, at = (anna.there.letter,), lived.now
            report(connection, anna.there.publication, reader, topics, sent_at=at, external_id="x", by=BY_LINK, now=at)
        page = words(history(anna, reader))
        assert page.index("Broken promises") < page.index("November 2026")
        assert page.count("A mail came that you had not asked for.") == 2


def test_a_link_older_than_30_days_shows_its_own_mail_only_and_how_to_see_more(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        told = letter_with_an_extra(anna.there)
        anna.clock.instant = told.lived.now
        link = f"/h/{anna.token(Purpose.PREFERENCES, told.reader, delivery=delivery_of(anna, told.extra))}"
        anna.later(days=31)
        page = anna.get(link)
        assert "Came along in" in page
        assert "The whole story" not in page
        assert "You get" not in words(page)
        assert 'href="/p/newsletter/fresh"' in page
        assert anna.get(f"{link}?until=2026-11-25T00:00:00%2B00:00") == page


def test_a_history_of_many_mails_is_read_page_by_page_and_none_is_missing_or_there_twice(
    database_url: str, tmp_path: Path
) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked("letter", "events"))
        for day in range(5):
            lived.send(anna.there.letter, "Letter")
            lived.send(anna.there.events, "Event")
            lived.wait(days=1)
            lived.hand_over() if day % 2 else None
        with anna.there.database.read() as connection:
            seen, until, sizes = [], None, []
            while True:
                page = history_page(connection, anna.there.publication, reader, until, 3)
                seen += [entry.delivery_id for entry in page.entries]
                sizes.append(len(page.entries))
                until = page.since
                if until is None:
                    break
        assert len(seen) == len(set(seen)) == 10
        assert max(sizes) <= 3
        anna.clock.instant = lived.now
        link = f"/h/{anna.token(Purpose.PREFERENCES, reader)}"
        assert anna.get(f"{link}?until=2026-11-26T00:00:00%2B00:00").count("Read it now") == 4
        anna.get(f"{link}?until=yesterday", 404)
        anna.get(f"{link}?until=2026-11-26", 404)


def test_the_history_says_what_was_promised_since_when_and_what_was_left(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked("letter", "events"))
        lived.wait(days=2)
        with anna.there.database.write() as connection:
            number = anna.there.publication
            unsubscribe(connection, number, reader, Scope.TOPIC, BY_FOOTER, lived.now, topic_id=anna.there.events)
        anna.clock.instant = lived.now
        page = words(history(anna, reader))
        assert page.index("You unsubscribed from Events.") < page.index("Events at most 4 times a month")
        assert page.count("The promise from here on") == 2


def test_a_digest_that_was_left_without_items_has_nothing_to_read(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        monthly = {"topic": "letter", "arrives": "daily"}
        reader = lived.reader(asked(monthly, "events", at_most={"count": 1, "per": "day"}))
        lived.send(anna.there.letter, "Letter")
        lived.wait(days=1)
        lived.send(anna.there.events, "Event", priority=5)
        lived.hand_over()
        anna.clock.instant = lived.now
        page = history(anna, reader)
        for token in re.findall(r'href="/r/([^"]+)"', page):
            anna.get(f"/r/{token}")


def test_a_cadence_with_a_floor_shows_its_silent_months(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        with anna.there.database.write() as connection:
            topic = topic_named(connection, anna.there.publication, "events")
            cadence = Cadence(id=0, at_most=Cap(count=4, per=Period.MONTH), at_least=1)
            state_cadence(connection, anna.there.publication, topic, cadence, BY_LINK, lived.now)
        reader = lived.reader(asked("events"))
        lived.wait(days=75)
        anna.clock.instant = lived.now
        page = words(history(anna, reader))
        assert "From Tuesday 1 December to Sunday 31 January nothing came about Events" in page


def test_a_reader_is_told_until_when_their_provider_takes_less_mail(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path) as anna:
        lived = Lived(anna.there)
        reader = lived.reader(asked({"topic": "events", "arrives": "each"}))
        campaign = lived.send(anna.there.events, "One")
        with anna.there.database.write() as connection:
            slowed = Result(
                attempt_id=0,
                delivery_id=0,
                subscriber_id=reader,
                came=Came.SLOWED,
                ended_at=lived.now,
                reply="slow down",
            )
            slow_down(connection, [slowed], lived.now)
            waits = {"state": "due", "wakes_at": lived.now + FIRST_PAUSE}
            connection.execute(update(DELIVERY).where(DELIVERY.c.campaign_id == campaign).values(**waits))
        anna.clock.instant = lived.now
        page = words(history(anna, reader, delivery=delivery_of(anna, campaign)))
        assert "at the earliest: until then your mailbox provider takes less mail from us." in page
        with anna.there.database.write() as connection:
            connection.execute(update(DELIVERY).values(wakes_at=lived.now + 2 * FIRST_PAUSE))
        page = words(history(anna, reader, delivery=delivery_of(anna, campaign)))
        assert "It leaves at that moment at the earliest." in page
