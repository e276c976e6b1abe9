"""What a person asks of a campaign that is going out is obeyed by the next group, and its counts always add up."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from mailer.compose import Message
from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import MemoryTransport, Outcome
from preferences.store.campaigns import campaign as campaign_row
from preferences.store.clock import SystemClock
from preferences.store.counts import counts
from preferences.store.events import SYSTEM
from preferences.store.gate import decide_group
from preferences.store.schedules import end, pause, resume
from preferences.store.tables import ATTEMPT
from tests.mailer.steps import machine_of
from tests.mailer.town import TUESDAY, Town

READERS = 12


def letters(town: Town) -> int:
    """A letter that is due to twelve readers."""
    town.topic("letter", 5)
    for number in range(READERS):
        town.reader(f"r{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    campaign = town.campaign("first", "letter")
    tend(town.office)
    return campaign


def decided(town: Town) -> int:
    with town.database.read() as connection:
        number: int = connection.execute(select(func.count()).select_from(ATTEMPT)).scalar_one()
        return number


def test_a_pause_is_answered_when_no_group_can_be_decided_any_more(town: Town) -> None:
    campaign = letters(town)
    is_deciding, may_commit, is_paused = threading.Event(), threading.Event(), threading.Event()

    def decide() -> None:
        with town.database.write() as connection:
            group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=3)
            assert group is not None
            is_deciding.set()
            may_commit.wait(10)

    def hold_back() -> None:
        with town.database.write() as connection:
            pause(connection, 1, campaign, SYSTEM, town.now)
        is_paused.set()

    deciding, pausing = threading.Thread(target=decide), threading.Thread(target=hold_back)
    deciding.start()
    assert is_deciding.wait(10)
    pausing.start()
    assert not is_paused.wait(0.3)
    may_commit.set()
    deciding.join()
    pausing.join()
    assert is_paused.is_set()
    assert decided(town) == 3
    with town.database.write() as connection:
        assert decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=3) is None
    assert decided(town) == 3


class Watching(MemoryTransport):
    """Looks at how the campaign stands before each message, and has something done at the third."""

    def __init__(self, town: Town, campaign: int) -> None:
        super().__init__(town.clock)
        self.town, self.campaign = town, campaign
        self.seen: list[dict[str, int]] = []
        self.decided_when_paused = 0

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract."""
        for message in messages:
            self.look()
            if len(self.seen) == 3:
                with self.town.database.write() as connection:
                    pause(connection, 1, self.campaign, SYSTEM, self.town.now)
                self.decided_when_paused = decided(self.town)
            yield from super().hand_over([message], not_after=not_after)

    def look(self) -> None:
        with self.town.database.read() as connection:
            row = campaign_row(connection, 1, self.campaign)
            counted = counts(connection, self.campaign)
        assert row.audience == READERS == sum(counted.by_state.values()) == sum(counted.by_reason.values())
        self.seen.append({state.value: count for state, count in counted.by_state.items() if count})


def send(town: Town, transport: Watching) -> None:
    object.__setattr__(town.office, "transport", transport)
    machine_of(town)
    Sender(town.office, town.mails, town.lease_id, lambda: True, Pace(steady=5)).run(1)


def test_after_a_pause_only_what_was_decided_is_handed_over_and_after_resuming_the_rest(town: Town) -> None:
    campaign = letters(town)
    transport = Watching(town, campaign)
    send(town, transport)
    assert 3 <= len(transport.messages) == transport.decided_when_paused == decided(town) < READERS
    transport.look()
    with town.database.write() as connection:
        resume(connection, 1, campaign, SYSTEM, town.now)
    send(town, transport)
    transport.look()
    assert transport.seen[-1] == {"accepted": READERS}
    assert decided(town) == READERS


def test_after_an_end_nothing_more_leaves_and_the_counts_still_add_up(town: Town) -> None:
    campaign = letters(town)
    transport = Watching(town, campaign)
    send(town, transport)
    with town.database.write() as connection:
        end(connection, 1, campaign, SYSTEM, town.now)
    town.go_to(town.now + timedelta(days=1))
    transport.look()
    left = len(transport.messages)
    assert transport.seen[-1] == {"accepted": left, "not_sent": READERS - left}
