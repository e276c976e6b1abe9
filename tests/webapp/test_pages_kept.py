"""Kept promises: the page and the badge say what the ledger says, and never more."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from preferences.cadence import Cadence, Cap, Period
from preferences.store.events import SYSTEM
from preferences.store.kept import KeptPromises, kept_promises, note_audit
from preferences.store.reported import report
from preferences.store.tables import CAMPAIGN
from preferences.store.topics import state_cadence, topic_named
from preferences.wording import at_most
from tests.store.newsletter import NOON, Newsletter, asked, mail_handed_over, newsletter, signed_up
from tests.webapp.visitor import visitor
from webapp.pages import kept

WEEK = timedelta(weeks=1)
PAGE, BADGE = "/p/newsletter/kept", "/p/newsletter/kept.svg"


def sent(there: Newsletter, person: int, topic: int, at: datetime) -> None:
    """A letter that left, of a campaign that was planned then."""
    mail_handed_over(there, person, topic, at)
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.scheduled_at == at).values(planned_at=at))


def another_program_writes(there: Newsletter, person: int, topic: int, at: datetime, name: str = "a") -> None:
    with there.database.write() as connection:
        report(connection, there.publication, person, (topic,), sent_at=at, external_id=name, by=SYSTEM, now=at)


def found(there: Newsletter, now: datetime) -> KeptPromises:
    with there.database.read() as connection:
        return kept_promises(connection, there.publication, now)


def test_nothing_is_kept_before_something_was_sent(database_url: str) -> None:
    with newsletter(database_url) as there:
        signed_up(there, asked("letter"))
        promises = found(there, NOON + 9 * WEEK)
        assert promises.whole.since is None
        assert all(one.kept.since is None and one.kept.weeks == 0 for one in promises.topics)


def test_weeks_are_counted_from_the_first_mail_in_whole_ones(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        sent(there, person, there.letter, NOON)
        for passed, weeks in ((timedelta(days=6, hours=23), 0), (WEEK, 1), (61 * WEEK, 61)):
            promises = found(there, NOON + passed)
            letter, events, _ = promises.topics
            assert (letter.kept.weeks, promises.whole.weeks, events.kept.since) == (weeks, weeks, None)
            assert letter.kept.broken == 0


def test_another_cadence_begins_its_count_anew_and_the_whole_goes_on(database_url: str) -> None:
    with newsletter(database_url) as there:
        sent(there, signed_up(there, asked("letter")), there.letter, NOON)
        with there.database.write() as connection:
            letter = topic_named(connection, there.publication, "letter")
            thrice = Cadence(id=0, at_most=Cap(count=3, per=Period.WEEK))
            state_cadence(connection, there.publication, letter, thrice, SYSTEM, NOON + 5 * WEEK)
        promises = found(there, NOON + 7 * WEEK)
        assert (promises.topics[0].kept.weeks, promises.whole.weeks) == (2, 7)


def test_a_broken_promise_is_counted_and_ends_the_weeks_of_its_topic_and_of_the_whole(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"))
        sent(there, person, there.letter, NOON)
        sent(there, person, there.events, NOON + timedelta(days=1))
        another_program_writes(there, person, there.letter, NOON + timedelta(hours=3))
        promises = found(there, NOON + 3 * WEEK)
        letter, events, _ = promises.topics
        assert (letter.kept.broken, letter.kept.weeks) == (1, 2)
        assert (events.kept.broken, promises.whole.broken) == (0, 1)
        (line,) = promises.broken
        assert (line.at, line.mails, line.topics) == (NOON + timedelta(hours=3), 1, (there.letter,))


def test_a_mail_about_what_nobody_asked_for_is_broken_for_that_topic(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        another_program_writes(there, person, there.events, NOON + timedelta(hours=3))
        sent(there, person, there.events, NOON - WEEK)
        events = found(there, NOON + WEEK).topics[1]
        assert events.kept.broken == 1


def test_a_mail_of_another_program_that_was_allowed_breaks_nothing(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        another_program_writes(there, person, there.letter, NOON + timedelta(hours=3))
        promises = found(there, NOON + 2 * WEEK)
        assert (promises.whole.broken, promises.topics[0].kept.weeks) == (0, 1)


def test_the_page_says_what_was_broken_first_with_its_day(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path, NOON + 3 * WEEK) as anna:
        person = signed_up(anna.there, asked("letter"))
        sent(anna.there, person, anna.there.letter, NOON)
        for number in range(3):
            another_program_writes(
                anna.there, person, anna.there.letter, NOON + timedelta(hours=1 + number), name=str(number)
            )
        page = anna.get(PAGE)
        assert "Tuesday 24 November:" in page
        assert "3 mails about <bdi>Letter</bdi> were each one more than was promised." in page
        assert page.index("one more than") < page.index("Topic by topic")
        assert "Kept for 2 weeks. Broken: 3." in page
        assert "At most one mail a week, usually on Tuesdays" in page


def test_the_page_is_read_once_in_two_minutes_and_says_nothing_old_afterwards(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(database_url, tmp_path, NOON + 3 * WEEK) as anna:
        assert "Nothing was sent yet" in anna.get(PAGE)
        sent(anna.there, signed_up(anna.there, asked("letter")), anna.there.letter, NOON)
        assert "Nothing was sent yet" in anna.get(PAGE)
        monkeypatch.setattr(kept, "KEPT_FOR_SECONDS", -1.0)
        assert "Kept for 3 weeks. Broken: 0." in anna.get(PAGE)


def test_the_badge_is_a_picture_that_says_the_same_and_is_not_fetched_twice(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path, NOON + 61 * WEEK) as anna:
        sent(anna.there, signed_up(anna.there, asked("letter")), anna.there.letter, NOON)
        answer = anna.client.get(f"{BADGE}?topic=letter")
        assert answer.mimetype == "image/svg+xml"
        assert "script" not in answer.headers["Content-Security-Policy"]
        root = ET.fromstring(answer.get_data(as_text=True))
        assert root.attrib["aria-label"] == "At most one mail a week: kept for 61 weeks"
        again = anna.client.get(f"{BADGE}?topic=letter", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "3 promises: kept for 61 weeks" in anna.get(BADGE)
        assert anna.client.get(f"{BADGE}?topic=nothing").status_code == 404


@pytest.mark.parametrize(
    ("count", "per", "said"),
    [(1, Period.WEEK, "At most one mail a week"), (2, Period.MONTH, "At most 2 mails a month"),
     (3, Period.YEAR, "At most 3 mails a year")],
)  # fmt: skip
def test_what_a_cadence_promises_is_said_once(count: int, per: Period, said: str) -> None:
    assert at_most(Cadence(id=1, at_most=Cap(count=count, per=per))) == said


def test_the_badge_of_a_broken_promise_says_so(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path, NOON + 3 * WEEK) as anna:
        person = signed_up(anna.there, asked("letter"))
        sent(anna.there, person, anna.there.letter, NOON)
        another_program_writes(anna.there, person, anna.there.letter, NOON + timedelta(hours=3))
        assert "kept for 2 weeks, broken: 1" in anna.get(f"{BADGE}?topic=letter")


def test_what_an_audit_found_is_counted_and_said(database_url: str, tmp_path: Path) -> None:
    with visitor(database_url, tmp_path, NOON + 3 * WEEK) as anna:
        sent(anna.there, signed_up(anna.there, asked("letter")), anna.there.letter, NOON)
        with anna.there.database.write() as connection:
            note_audit(connection, anna.there.publication, mails=1200, broken=2, by=SYSTEM, now=NOON + 2 * WEEK)
        page = anna.get(PAGE)
        assert "On Tuesday 8 December every promise was computed anew from the ledger, over 1,200 mails." in page
        assert "2 were broken." in page
        assert "Kept for 1 week. Broken: 2." in page
