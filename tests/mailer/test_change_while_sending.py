"""A change that is saved while a campaign is going out is obeyed by the next hand-over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from mailer.compose import Message
from mailer.embedded import EmbeddedMailer
from mailer.pace import Pace
from mailer.transport import MemoryTransport, Outcome
from preferences.delivery import MadeBy, State
from preferences.opt_down import paused_for_a_month
from preferences.store.changes import asked_now, change_expectation
from preferences.store.clock import FixedClock
from preferences.store.database import open_database
from preferences.store.events import By
from preferences.store.tables import ATTEMPT, DELIVERY
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from tests.mailer.town import TUESDAY, Town

BY_PAGE = By(made_by=MadeBy.LINK, route=Route.PREFERENCE_PAGE)
READERS = 12
PATIENCE_SECONDS = 120


class Interrupted(MemoryTransport):
    """Lets something happen while the first message is handed over, when no transaction of the mailer is open."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.meanwhile: Callable[[], None] = lambda: None

    def hand_over(self, messages: Sequence[Message], *, not_after: datetime) -> Iterator[Outcome]:
        """As in the contract."""
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        yield from super().hand_over(messages, not_after=not_after)


def test_who_pauses_or_leaves_while_a_campaign_goes_out_is_not_handed_over_to_any_more(database_url: str) -> None:
    database = open_database(database_url)
    transport: list[Interrupted] = []

    def interrupted(clock: FixedClock) -> Interrupted:
        transport.append(Interrupted(clock))
        return transport[0]

    town = Town(database, interrupted)
    town.topic("letter", days={1})
    readers = [town.reader(f"r{number}", {"letter": "each"}) for number in range(READERS)]
    town.clock.instant = TUESDAY
    campaign = town.campaign("first", "letter")
    changed: dict[int, str] = {}
    transport[0].meanwhile = lambda: changed.update(_change_their_minds(town, readers))
    # Steadily few at once, so that most are still to come when they change their minds.
    worker = EmbeddedMailer(town.office, connections=1, pace=Pace(steady=5))
    worker.start()
    try:
        worker.wake()
        _wait(lambda: _is_over(town.counts(campaign)))
    finally:
        worker.stop()
    assert changed
    assert {reader: town.stands(campaign, reader)[1] for reader in changed} == changed
    assert len(transport[0].messages) == READERS - len(changed) > 0
    with database.read() as connection:
        tried = select(DELIVERY.c.subscriber_id).join(ATTEMPT, ATTEMPT.c.delivery_id == DELIVERY.c.id)
        assert not set(connection.execute(tried).scalars()) & set(changed)
    database.close()


def _is_over(counts: Mapping[str, int]) -> bool:
    """Whether it was planned, and nothing of it is on its way or to come. Both are asked of one look."""
    return bool(counts) and not {"due", "handing_over"} & set(counts)


def _change_their_minds(town: Town, readers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Everybody whose mail is not being handed over already pauses or leaves; answers why nothing goes to them now."""
    with town.database.write() as connection:
        begun = select(DELIVERY.c.subscriber_id).where(DELIVERY.c.state == State.HANDING_OVER.value)
        on_its_way = set(connection.execute(begun).scalars())
        for place, reader in enumerate(one for one in readers if one not in on_its_way):
            if place % 2:
                unsubscribe(connection, 1, reader, Scope.ALL, BY_PAGE, town.now)
                yield reader, "unsubscribed"
                continue
            asked = asked_now(connection, 1, reader)
            assert asked is not None
            paused = paused_for_a_month(asked, town.now.date())
            change_expectation(connection, 1, reader, paused, BY_PAGE, town.now)
            # The pause ends after the letter is worth sending.
            yield reader, "would_expire"


def _wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
