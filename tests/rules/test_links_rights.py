"""What the holder of a link may do, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from preferences.links import Claim, Purpose, Right, rights_of
from preferences.links.claim import NAMING_A_REQUEST

ISSUED = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
YEARS = timedelta(days=10_000)
OF_A_MAIL = {Right.READ_MAIL, Right.SEE_PROMISE, Right.SEE_DELIVERY, Right.UNSUBSCRIBE, Right.LESS, Right.VOTE}
MAIL_LINKS = (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.READ, Purpose.ONE_CLICK)
NOT_FOR_WHO_GOT_A_FORWARDED_MAIL = {Right.SEE_ADDRESS, Right.MORE, Right.EXPORT, Right.ERASE}


def rights(purpose: Purpose, age: timedelta) -> frozenset[Right]:
    claim = Claim(
        purpose=purpose,
        publication=1,
        subscriber=2,
        delivery=3,
        request=4 if purpose in NAMING_A_REQUEST else None,
        issued_at=None if purpose in (Purpose.MESSAGE, Purpose.MAILTO) else ISSUED,
    )
    return rights_of(claim, ISSUED + age)


@pytest.mark.parametrize("purpose", MAIL_LINKS)
def test_a_link_of_a_mail_does_less_for_ever_and_shows_the_history_for_thirty_days(purpose: Purpose) -> None:
    days = timedelta(days=30)
    assert rights(purpose, YEARS) == rights(purpose, days) == OF_A_MAIL
    assert rights(purpose, days - SECOND) == rights(purpose, timedelta()) == OF_A_MAIL | {Right.SEE_HISTORY}


@pytest.mark.parametrize("purpose", [one for one in Purpose if one not in (Purpose.FRESH, Purpose.CONFIRM)])
@pytest.mark.parametrize("age", [timedelta(), YEARS])
def test_no_link_of_a_mail_ever_shows_the_address_or_does_more(purpose: Purpose, age: timedelta) -> None:
    assert not rights(purpose, age) & NOT_FOR_WHO_GOT_A_FORWARDED_MAIL


def test_a_fresh_link_does_everything_for_an_hour() -> None:
    hour = timedelta(hours=1)
    everything = set(Right) - {Right.CONFIRM, Right.IDENTIFY_DELIVERY}
    assert rights(Purpose.FRESH, timedelta()) == rights(Purpose.FRESH, hour - SECOND) == everything
    assert rights(Purpose.FRESH, hour) == frozenset()


def test_the_confirmation_does_everything() -> None:
    assert rights(Purpose.CONFIRM, YEARS) == set(Right) - {Right.IDENTIFY_DELIVERY}


def test_undo_lasts_half_an_hour() -> None:
    half = timedelta(minutes=30)
    assert Right.UNDO in rights(Purpose.UNDO, half - SECOND)
    assert rights(Purpose.UNDO, half) == frozenset()


def test_a_link_from_the_future_is_not_young() -> None:
    apart = timedelta(seconds=-30)
    assert rights(Purpose.FRESH, apart)
    assert not rights(Purpose.FRESH, apart - SECOND)


def test_the_token_of_a_message_id_lets_nobody_do_anything() -> None:
    assert rights(Purpose.MESSAGE, timedelta()) == {Right.IDENTIFY_DELIVERY}
    assert rights(Purpose.MAILTO, YEARS) == {Right.UNSUBSCRIBE, Right.IDENTIFY_DELIVERY}
