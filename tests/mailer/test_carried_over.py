"""The first mail to somebody who was carried over from another system says so; the next ones do not."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from mailer.transport import MemoryTransport
from preferences.store.subscribers import IMPORTED
from preferences.store.tables import SUBSCRIBER
from tests.mailer.town import Town

SAID = "You are on this list since Sunday 3 May 2020, because your subscription was carried over"


def carried_over(town: Town, name: str, arrives: str) -> None:
    """A reader as an import leaves them, confirmed as long ago as the file proves."""
    reader = town.reader(name, {"letter": arrives})
    confirmed = datetime(2020, 5, 3, 12, tzinfo=UTC)
    with town.database.write() as connection:
        values = {"source": IMPORTED, "confirmed_at": confirmed}
        connection.execute(update(SUBSCRIBER).where(SUBSCRIBER.c.id == reader).values(**values))


def texts(town: Town, name: str) -> list[str]:
    """What reached a reader, oldest first, with its soft line ends taken out."""
    assert isinstance(town.transport, MemoryTransport)
    sent = [message for message in town.transport.messages if message.rcpt_to.startswith(name)]
    return [" ".join(message.data.decode().replace("=\r\n", "").split()) for message in sent]


def test_the_first_mail_of_who_was_carried_over_says_so_and_the_next_says_what_was_asked_for(town: Town) -> None:
    town.topic("letter")
    carried_over(town, "anna", "each")
    town.campaign("one", "letter")
    town.go_to(town.now + timedelta(days=7))
    town.campaign("two", "letter")
    town.go_to(town.now + timedelta(days=7))
    first, second = texts(town, "anna")
    assert first.count(SAID) == 2
    assert "You asked for" not in first
    assert SAID not in second
    assert "You asked for Letter, each message." in second


def test_a_first_digest_says_it_too(town: Town) -> None:
    town.topic("letter")
    carried_over(town, "anna", "weekly")
    town.campaign("one", "letter")
    town.go_to(town.now + timedelta(days=8))
    assert [SAID in text for text in texts(town, "anna")] == [True]


def test_who_signed_up_here_was_not_carried_over(town: Town) -> None:
    town.topic("letter")
    town.reader("carla", {"letter": "each"})
    town.campaign("one", "letter")
    town.hand_over()
    assert ["carried over" in text for text in texts(town, "carla")] == [False]
