"""Read on the web, and left out of the mail: by its reader's button, for good, and never what is on its way already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailer.transport import MemoryTransport
from preferences.delivery import State
from preferences.errors import NotFound
from preferences.store.auditing import Audit
from preferences.store.publications import publication
from preferences.store.read_on_web import leave_out
from preferences.store.results import Came
from preferences.store.tables import COUNTED, DELIVERY, EVENT
from tests.mailer.steps import A_MONTH, FRIDAY, decided, letter_and_extra, recorded, status, weekly_item
from tests.mailer.town import TUESDAY, Town, town_at
from tests.store.newsletter import BY_LINK


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_at(database_url) as town:
        yield town


def left_out(town: Town, campaign: int) -> State:
    """The only reader of a campaign has read it, and leaves it out."""
    with town.database.write() as connection:
        row = connection.execute(select(DELIVERY).where(DELIVERY.c.campaign_id == campaign)).mappings().one()
        return leave_out(connection, 1, row["subscriber_id"], row["id"], BY_LINK, town.now)


def assert_nothing_is_broken(town: Town) -> None:
    with town.database.read() as connection:
        row = publication(connection, 1)
    assert list(Audit(town.database, row).broken(town.now)) == []


def mails_of(town: Town) -> list[str]:
    """The texts of the mails that the server took."""
    assert isinstance(town.transport, MemoryTransport)
    return [message.data.decode() for message in town.transport.messages]


def test_an_item_that_was_read_is_left_out_of_its_digest_and_the_others_come(town: Town) -> None:
    read = weekly_item(town)
    other = town.campaign("other", "events")
    town.hand_over()
    assert left_out(town, read) is State.WEB
    town.go_to(TUESDAY + timedelta(days=5))
    assert town.stands(read) == ("web", "read_on_web")
    assert town.stands(other) == ("in_digest", "digest_weekly")
    assert [("about other" in mail, "about item" in mail) for mail in mails_of(town)] == [(True, False)]
    assert status(town, read) == "finished"
    assert town.counts(read) == {"web": 1}
    assert_nothing_is_broken(town)


def test_a_digest_of_which_everything_was_read_is_not_sent_and_counts_nothing(town: Town) -> None:
    item = weekly_item(town)
    town.hand_over()
    left_out(town, item)
    town.go_to(TUESDAY + timedelta(days=40))
    assert town.outcomes() == []
    with town.database.read() as connection:
        assert connection.execute(select(COUNTED.c.id)).first() is None
    assert_nothing_is_broken(town)


def test_a_digest_that_is_to_be_tried_again_goes_without_what_was_read_meanwhile(town: Town) -> None:
    read = weekly_item(town)
    other = town.campaign("other", "events")
    town.go_to(TUESDAY + timedelta(days=3, hours=8))
    town.clock.instant = TUESDAY + timedelta(days=3, hours=10)
    recorded(town, decided(town), Came.DEFERRED)
    left_out(town, read)
    town.go_to(TUESDAY + timedelta(days=5))
    assert (town.stands(read)[0], town.stands(other)[0]) == ("web", "in_digest")
    assert_nothing_is_broken(town)


def test_what_waits_to_come_along_may_be_left_out(town: Town) -> None:
    town.topic("letter", days={1})
    town.topic("events", 5)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most={"count": 1, "per": "week"})
    town.clock.instant = TUESDAY
    town.campaign("letter", "letter")
    town.hand_over()
    town.clock.instant += timedelta(days=1)
    extra = town.campaign("extra", "events")
    town.hand_over()
    assert town.stands(extra)[0] == "waiting"
    assert left_out(town, extra) is State.WEB
    town.go_to(A_MONTH)
    assert town.decisions(extra)[-1] == ("web", "read_on_web")
    assert len(town.outcomes()) == 1
    assert_nothing_is_broken(town)


def test_what_is_handing_over_or_was_had_is_not_left_out(town: Town) -> None:
    letter, extra = letter_and_extra(town)
    group = decided(town)
    assert {left_out(town, letter), left_out(town, extra)} == {State.HANDING_OVER}
    recorded(town, group, Came.ACCEPTED)
    assert (left_out(town, letter), left_out(town, extra)) == (State.ACCEPTED, State.CAME_ALONG)
    assert ("web", "read_on_web") not in [*town.decisions(letter), *town.decisions(extra)]


def test_pressing_twice_is_one_decision_and_one_event(town: Town) -> None:
    item = weekly_item(town)
    town.hand_over()
    assert (left_out(town, item), left_out(town, item)) == (State.WEB, State.WEB)
    assert town.decisions(item).count(("web", "read_on_web")) == 1
    with town.database.read() as connection:
        assert len(connection.execute(select(EVENT.c.id).where(EVENT.c.kind == "read_on_web")).all()) == 1


def test_nobody_leaves_out_what_is_meant_for_another(town: Town) -> None:
    item = weekly_item(town)
    other = town.reader("ben", {"events": "weekly"}, digest=FRIDAY)
    town.hand_over()
    with town.database.write() as connection:
        delivery = connection.execute(select(DELIVERY.c.id).where(DELIVERY.c.subscriber_id != other)).scalars().first()
        with pytest.raises(NotFound):
            leave_out(connection, 1, other, delivery or 0, BY_LINK, town.now)
    assert town.counts(item) == {"digest_to_come": 2}
