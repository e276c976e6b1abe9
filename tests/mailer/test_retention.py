"""What is kept for a time goes by itself, a few times a day of the clock that decides."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from mailer.retention import EVERY, Retention
from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.store.events import SYSTEM
from preferences.store.signups import SignUp, request
from preferences.store.tables import SIGN_UP_REQUEST
from tests.mailer.town import town_at


def test_the_mailer_empties_what_is_over_when_the_clock_says_so_and_not_at_every_turn(database_url: str) -> None:
    with town_at(database_url) as there:
        there.topic("letter")
        sign_up = SignUp(
            address=parse_address("anna@example.org"),
            asked=asked_from_json({"topics": [{"topic": "letter"}]}),
            network_address="192.0.2.1",
        )
        with there.database.write() as connection:
            request(connection, 1, sign_up, SYSTEM, there.now)
        retention = Retention(there.office)
        assert retention.run() == 0
        there.clock.instant += timedelta(days=2) - EVERY / 2
        retention.run()
        there.clock.instant += EVERY / 2
        assert retention.run() == 0
        there.clock.instant += EVERY
        assert retention.run() == 1
        with there.database.read() as connection:
            assert connection.execute(select(SIGN_UP_REQUEST.c.network)).scalar_one() is None
