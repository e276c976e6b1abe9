"""A disk that is full stops everything, loses nothing, and sends nothing twice: on it goes when there is room again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from mailer.compose import Message
from mailer.mails import Mails
from mailer.send import Sender
from mailer.transport import MemoryTransport, Outcome
from preferences.store.auditing import Audit
from preferences.store.database import Database, DatabaseAway, open_database
from preferences.store.publications import publication_named
from tests.mailer.town import Town

READERS = 60
# Longer than what a page has left, so that writing down what the mail server said needs another page.
LONG_REPLY = "2.0.0 taken " + "x" * 900


class Disk:
    """A disk on which a database can grow no further, or can again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._most_pages: int | None = None
        event.listen(database.engine, "checkout", self._limit)

    def fill(self) -> None:
        """From now on not one page more."""
        with self._database.read() as connection:
            self._most_pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    def make_room(self) -> None:
        """There is room again."""
        self._most_pages = None

    def _limit(self, connection: Any, *_more: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {self._most_pages or 1_000_000}")
        cursor.close()


class Talkative(MemoryTransport):
    """Takes every message with a long reply, and says when it was asked to for the first time."""

    def __init__(self, clock: Any, when_asked: Callable[[], None]) -> None:
        super().__init__(clock)
        self._when_asked = when_asked

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract."""
        if not self.messages:
            self._when_asked()
        for outcome in super().hand_over(messages, not_after=not_after):
            yield replace(outcome, text=LONG_REPLY)


@pytest.fixture
def there(sqlite_url: str) -> Iterator[Town]:
    with closing(open_database(sqlite_url)) as database:
        town = Town(database)
        town.topic("letter", 5)
        for number in range(READERS):
            town.reader(f"reader{number}", {"letter": "each"})
        yield town


def _is_audited_clean(town: Town) -> bool:
    with town.database.read() as connection:
        publication = publication_named(connection, None)
    return list(Audit(town.database, publication).broken(town.now)) == []


def test_on_a_full_disk_nothing_leaves_and_what_is_said_says_what_to_do(there: Town) -> None:
    letter = there.campaign("letter", "letter")
    disk = Disk(there.database)
    disk.fill()
    with pytest.raises(DatabaseAway, match="free some"):
        there.hand_over()
    assert there.transport.messages == []  # type: ignore[attr-defined]
    disk.make_room()
    there.hand_over()
    assert there.counts(letter) == {"accepted": READERS}
    assert len(there.transport.messages) == READERS  # type: ignore[attr-defined]
    assert _is_audited_clean(there)


def test_what_left_before_the_disk_was_full_is_written_down_when_there_is_room_again(there: Town) -> None:
    disk = Disk(there.database)
    there.transport = Talkative(there.clock, disk.fill)
    there.office = replace(there.office, transport=there.transport)
    there.mails = Mails(there.office)
    asked = []

    def goes_on() -> bool:
        asked.append(1)
        if len(asked) > 2:
            disk.make_room()
        return True

    letter = _planned(there)
    Sender(there.office, there.mails, there.lease_id, goes_on).run(1)
    there.hand_over()
    assert len(there.transport.messages) == READERS
    assert there.counts(letter) == {"accepted": READERS}
    assert _is_audited_clean(there)


def _planned(town: Town) -> int:
    letter = town.campaign("letter", "letter")
    # Only here: it tends, and does not hand over.
    from mailer.schedule import tend

    tend(town.office)
    town.begin_lease()
    return letter


def test_what_left_and_could_never_be_written_down_is_in_doubt_and_not_sent_again(there: Town) -> None:
    disk = Disk(there.database)
    there.transport = Talkative(there.clock, disk.fill)
    there.office = replace(there.office, transport=there.transport)
    there.mails = Mails(there.office)
    letter = _planned(there)
    begun = []

    def goes_on_until_it_was_asked() -> bool:
        begun.append(1)
        return not there.transport.messages  # type: ignore[attr-defined]

    with pytest.raises(DatabaseAway):
        Sender(there.office, there.mails, there.lease_id, goes_on_until_it_was_asked).run(1)
    left = len(there.transport.messages)
    assert left > 0
    disk.make_room()
    there.transport = MemoryTransport(there.clock)
    there.office = replace(there.office, transport=there.transport)
    there.mails = Mails(there.office)
    there.lose_the_lease()
    there.hand_over()
    assert there.counts(letter).get("in_doubt", 0) >= left
    assert len(there.transport.messages) + there.counts(letter)["in_doubt"] == READERS
    assert _is_audited_clean(there)
