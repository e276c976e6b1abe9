"""The last mails made anew: what was sent, byte by byte, under whatever key they are shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.compose import Message
from mailer.mails import Mails
from mailer.transport import MemoryTransport
from preferences.links import Links, Purpose
from preferences.store.captured import captured_mails, captured_source
from preferences.store.last_mails import last_hand_overs
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town, town_at
from webapp.example.inbox import fill_inbox

OTHER_KEYS = ("a key that nobody had when the mails were sent",)


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """A town whose readers had a letter, an extra that came along, and a digest."""
    with town_at(database_url) as there:
        there.topic("letter")
        there.topic("events", 3)
        there.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
        there.reader("ben", {"letter": "each", "events": "daily"})
        there.campaign("First letter", "letter", at=TUESDAY)
        there.campaign("An evening", "events", at=TUESDAY + timedelta(days=1))
        there.campaign("Second letter", "letter", at=TUESDAY + timedelta(days=7))
        there.go_to(TUESDAY + timedelta(days=8))
        yield there


def _sent(town: Town) -> list[Message]:
    assert isinstance(town.transport, MemoryTransport)
    return town.transport.messages


def test_a_mail_made_anew_is_the_one_that_was_sent(town: Town) -> None:
    with town.database.read() as connection:
        mails = last_hand_overs(connection, town.publication_id, 100)
    assert [bool(mail.lines) for mail in mails].count(True) == 1  # the extra came along
    assert [mail.campaign_id is None for mail in mails].count(True) == 1  # the digest
    desk = Mails(town.office).desk(town.publication_id, mails)
    assert [desk.message(mail).data for mail in mails] == [message.data for message in _sent(town)]


def test_only_the_last_are_made_and_oldest_first(town: Town) -> None:
    with town.database.read() as connection:
        mails = last_hand_overs(connection, town.publication_id, 2)
    assert [mail.committed_at for mail in mails] == [TUESDAY + timedelta(days=7)] * 2


def test_of_a_campaign_that_went_to_many_some_are_made(town: Town) -> None:
    with town.database.read() as connection:
        mails = last_hand_overs(connection, town.publication_id, 100, of_each=1)
    of = [(mail.campaign_id, mail.rhythm) for mail in mails]
    assert len(set(of)) == len(of) == 3  # two letters and a digest


def test_links_in_the_inbox_are_signed_with_the_key_of_whoever_shows_it(town: Town) -> None:
    office = replace(town.office, links=Links(OTHER_KEYS), base_url="http://127.0.0.1:1/sandbox")
    assert fill_inbox(office) == len(_sent(town))
    with town.database.read() as connection:
        lines = captured_mails(connection)
        sources = [found[1] for line in lines if (found := captured_source(connection, line.id)) is not None]
    assert [line.recipient for line in reversed(lines)] == [message.rcpt_to for message in _sent(town)]
    assert all(b"http://127.0.0.1:8642/" not in source for source in sources)
    for source in sources:
        token = source.partition(b"Message-ID: <")[2].partition(b"@")[0].decode("ascii")
        assert Links(OTHER_KEYS).read(token, Purpose.MESSAGE) is not None
        assert town.office.links.read(token, Purpose.MESSAGE) is None


def test_an_inbox_with_mails_is_left_as_it_is(town: Town) -> None:
    assert fill_inbox(town.office) == len(_sent(town))
    assert fill_inbox(town.office) == 0
