"""Clocks that are set, and machines that sleep, in the middle of a send: any doubt waits, and nothing comes twice."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailer.schedule import tend
from mailer.send import Sender
from preferences.errors import AnyDoubt
from preferences.store.auditing import Audit
from preferences.store.clock import SystemClock
from preferences.store.gate import decide_group
from preferences.store.publications import publication_named
from tests.mailer.steps import status
from tests.mailer.town import TUESDAY, Town

READERS = 5
HOUR = timedelta(hours=1)


def _send(town: Town, until: int | None = None) -> int:
    """Hand over what is due, or only what is due for the readers up to a number."""
    return Sender(town.office, town.mails, town.lease_id, lambda: True).run(1, until=until)


def _readers(town: Town, **of_the_last: Any) -> None:
    """Five readers of a letter, the last of whom asks for more; then it is Tuesday, nine o'clock."""
    town.topic("letter", 5)
    for number in range(1, READERS + 1):
        town.reader(f"reader{number}", {"letter": "each"}, **(of_the_last if number == READERS else {}))
    town.clock.instant = TUESDAY


def _arrived(town: Town) -> Counter[str]:
    return Counter(message.rcpt_to for message in town.transport.messages)  # type: ignore[attr-defined]


def _is_audited_clean(town: Town) -> bool:
    with town.database.read() as connection:
        publication = publication_named(connection, None)
    return list(Audit(town.database, publication).broken(town.now)) == []


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_clock_that_is_set_wrong_by_an_hour_sends_nothing_until_it_is_right_again(
    town: Town, step: timedelta
) -> None:
    _readers(town)
    town.office = replace(town.office, is_driven=False)
    town.clock.instant = town.database.own_now()
    letter = town.campaign("letter", "letter")
    tend(town.office)
    _send(town, until=2)
    town.clock.instant = town.database.own_now() + step
    with pytest.raises(AnyDoubt, match="clock"):
        _send(town)
    assert town.counts(letter) == {"accepted": 2, "due": 3}
    town.clock.instant = town.database.own_now()
    _send(town)
    tend(town.office)
    assert status(town, letter) == "finished"
    assert _arrived(town) == Counter(f"reader{number}@example.org" for number in range(1, READERS + 1))
    assert _is_audited_clean(town)


def test_mails_counted_on_a_clock_that_ran_ahead_hold_back_the_next_until_it_is_as_late(town: Town) -> None:
    _readers(town)
    town.clock.instant = TUESDAY + HOUR
    letter = town.campaign("letter", "letter")
    tend(town.office)
    _send(town, until=2)
    town.clock.instant = TUESDAY
    with pytest.raises(AnyDoubt, match="newest counted"):
        _send(town)
    assert town.counts(letter) == {"accepted": 2, "due": 3}
    town.clock.instant = TUESDAY + HOUR
    town.hand_over()
    assert town.counts(letter) == {"accepted": READERS}
    assert _is_audited_clean(town)


def test_a_machine_that_slept_for_most_of_a_day_goes_on_as_each_asked_and_repeats_nothing(town: Town) -> None:
    _readers(town, hours={"from": "08:00", "to": "18:00"})
    letter = town.campaign("letter", "letter")
    tend(town.office)
    _send(town, until=2)
    with town.database.write() as connection:
        assert decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=1) is not None
    three_at_night = TUESDAY + timedelta(hours=18)
    town.clock.instant = three_at_night
    town.lose_the_lease()
    town.hand_over()
    assert town.counts(letter) == {"accepted": 3, "in_doubt": 1, "waiting": 1}
    town.go_to(TUESDAY + timedelta(hours=23))
    assert town.counts(letter) == {"accepted": 4, "in_doubt": 1}
    assert set(_arrived(town).values()) == {1}
    assert _is_audited_clean(town)
