"""What the next server puts off: tried again, ever more seldom, never past its expiry, and decided again each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mailer.transport import OutcomeKind
from preferences.store.settling import FIRST_RETRY, LONGEST_RETRY, next_try
from preferences.store.tables import ATTEMPT
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.mailer.town import TUESDAY, Town
from tests.store.newsletter import BY_FOOTER

MINUTES = st.integers(0, 60 * 24 * 9).map(lambda minutes: timedelta(minutes=minutes))


def put_off(town: Town, **values: object) -> int:
    """A campaign to a reader whose mailbox says *not now*, again and again."""
    town.topic("letter", 5)
    town.reader("anna", {"letter": "each"})
    town.clock.instant = TUESDAY
    town.transport._answers = {"anna@example.org": OutcomeKind.DEFERRED}  # type: ignore[attr-defined]
    campaign = town.campaign("first", "letter", **values)  # type: ignore[arg-type]
    town.hand_over()
    return campaign


def tries(town: Town) -> list[datetime]:
    with town.database.read() as connection:
        return list(connection.execute(select(ATTEMPT.c.committed_at).order_by(ATTEMPT.c.id)).scalars())


def test_the_pauses_grow_from_five_minutes_to_hours_and_the_last_try_is_before_the_expiry(town: Town) -> None:
    campaign = put_off(town)
    town.go_to(TUESDAY + timedelta(days=10))
    at = tries(town)
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert FIRST_RETRY <= pauses[0] <= FIRST_RETRY * 1.25
    assert all(one >= FIRST_RETRY for one in pauses)
    assert max(pauses) <= LONGEST_RETRY * 1.25
    assert pauses[0] < pauses[2] < pauses[5]
    expires_at = town.column(campaign, "expires_at")
    assert expires_at == TUESDAY + timedelta(days=8)
    assert expires_at - timedelta(minutes=2) < at[-1] <= expires_at
    assert town.stands(campaign) == ("not_sent", "expired")


def test_where_there_is_no_time_for_another_try_it_is_said_when_it_has_expired(town: Town) -> None:
    campaign = put_off(town, expires_at=TUESDAY + timedelta(minutes=3))
    assert town.stands(campaign) == ("deferred", "expected")
    town.go_to(TUESDAY + timedelta(minutes=4))
    assert len(tries(town)) == 1
    assert town.stands(campaign) == ("not_sent", "expired")


def test_a_greylisted_mail_is_taken_at_the_second_try(town: Town) -> None:
    campaign = put_off(town)
    town.transport._answers = {}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(minutes=7))
    assert town.stands(campaign) == ("accepted", "expected")
    assert len(tries(town)) == 2


def test_who_leaves_between_two_tries_is_not_tried_again(town: Town) -> None:
    campaign = put_off(town)
    with town.database.write() as connection:
        unsubscribe(connection, 1, 1, Scope.ALL, BY_FOOTER, town.now)
    town.transport._answers = {}  # type: ignore[attr-defined]
    town.go_to(TUESDAY + timedelta(days=1))
    assert town.stands(campaign) == ("not_sent", "unsubscribed")
    assert town.transport.messages == []  # type: ignore[attr-defined]
    assert len(tries(town)) == 1


@given(pause=MINUTES.filter(lambda pause: pause >= FIRST_RETRY), left=MINUTES)
def test_no_try_is_planned_past_the_expiry_nor_sooner_than_in_five_minutes(pause: timedelta, left: timedelta) -> None:
    at = next_try(TUESDAY, pause, TUESDAY + left)
    assert at > TUESDAY + left or at >= TUESDAY + FIRST_RETRY
    assert at <= TUESDAY + max(pause, left + timedelta(seconds=1))
    assert next_try(TUESDAY, pause, None) == TUESDAY + pause
