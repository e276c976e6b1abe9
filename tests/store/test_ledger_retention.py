"""When its time is over the ledger loses its details, and nothing that is counted, capped, said or shown by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from mailer.retention import EVERY, Retention
from preferences.basis_reading import is_emptied
from preferences.errors import Invalid
from preferences.store.auditing import Audit
from preferences.store.ledger_retention import AT_ONCE, LARGEST_LEAP, empty_ledger, is_steady
from preferences.store.privacy import LEAST_LEDGER_DAYS, change_ledger_days, ledger_days_typed
from preferences.store.publications import publication
from preferences.store.tables import ATTEMPT, COUNTED, DECISION, DELIVERY, EMPTIED, INSTALLATION, OPENING
from tests.mailer.town import ONE_A_WEEK, Town, town_at

DAYS = LEAST_LEDGER_DAYS


@pytest.fixture
def town(database_url: str) -> Any:
    with town_at(database_url) as there:
        yield there


def _lived(town: Town) -> None:
    """Three campaigns to a reader of one mail a week, with what waits and what comes along, and a digest."""
    town.topic("letter", days={1})
    town.topic("events", 5)
    town.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.reader("ben", {"letter": "each", "events": "weekly"})
    for number in range(3):
        town.campaign(f"letter {number}", "letter")
        town.campaign(f"extra {number}", "events")
        town.go_to(town.now + timedelta(days=7))


def _empty_all(town: Town) -> int:
    total = 0
    while True:
        with town.database.write() as connection:
            some = empty_ledger(connection, town.now)
        if not some:
            return total
        total += some


def _keep_for(town: Town, days: int | None) -> None:
    with town.database.write() as connection:
        change_ledger_days(connection, 1, days)


def _all(town: Town, *columns: Any) -> list[tuple[Any, ...]]:
    with town.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]


def _stands(town: Town) -> list[Any]:
    """Everything that counts, caps and says, and what a decision is remembered by."""
    return [
        _all(town, COUNTED.c.id, COUNTED.c.counted_at, COUNTED.c.topic_id),
        _all(town, DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.reason),
        _all(town, OPENING.c.subscriber_id, OPENING.c.topic_key, OPENING.c.opens_at, OPENING.c.counted),
        _all(town, DECISION.c.id, DECISION.c.outcome, DECISION.c.reason, DECISION.c.evidence, DECISION.c.decided_at),
        _all(town, ATTEMPT.c.id, ATTEMPT.c.outcome, ATTEMPT.c.committed_at),
    ]


def test_what_is_over_loses_its_details_and_nothing_that_counts(town: Town) -> None:
    _lived(town)
    before = _stands(town)
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    assert _empty_all(town)
    assert _stands(town) == before
    assert all(reply is None for (reply,) in _all(town, ATTEMPT.c.reply))


def test_the_audit_is_clean_and_says_how_many_it_can_check_no_more(town: Town) -> None:
    _lived(town)
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    _empty_all(town)
    with town.database.read() as connection:
        audit = Audit(town.database, publication(connection, 1))
    assert list(audit.broken(town.now)) == []
    bases = [basis for (basis,) in _all(town, DECISION.c.basis)]
    assert audit.checked.emptied == sum(is_emptied(basis) for basis in bases) > 0
    assert audit.checked.mails > 0


def test_an_audit_still_finds_what_was_broken_in_what_was_emptied(town: Town) -> None:
    _lived(town)
    with town.database.write() as connection:
        first = connection.execute(select(func.min(COUNTED.c.counted_at))).scalar_one()
        third = timedelta(days=1)
        connection.execute(update(COUNTED).where(COUNTED.c.counted_at > first).values(counted_at=first + third))
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    _empty_all(town)
    with town.database.read() as connection:
        audit = Audit(town.database, publication(connection, 1))
    assert list(audit.broken(town.now))


def test_what_is_young_and_what_is_kept_for_ever_stays_as_it_is(town: Town) -> None:
    _lived(town)
    town.clock.instant += timedelta(days=DAYS - 30)
    _keep_for(town, DAYS)
    assert _empty_all(town) == 0
    _keep_for(town, None)
    town.clock.instant += timedelta(days=4000)
    assert _empty_all(town) == 0
    assert not any(is_emptied(basis) for (basis,) in _all(town, DECISION.c.basis))


def test_it_goes_on_from_where_it_was_left(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preferences.store.ledger_retention.AT_ONCE", 2)
    _lived(town)
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    with town.database.write() as connection:
        assert 0 < empty_ledger(connection, town.now) < AT_ONCE
    first = dict(_all(town, EMPTIED.c.what, EMPTIED.c.last_id))
    _empty_all(town)
    assert _empty_all(town) == 0
    after = dict(_all(town, EMPTIED.c.what, EMPTIED.c.last_id))
    assert after["decision"] > first["decision"]
    assert after["decision"] == _all(town, func.max(DECISION.c.id))[0][0]


@pytest.mark.parametrize("days", [0, -1, LEAST_LEDGER_DAYS - 1, 1_000_000])
def test_a_time_that_is_too_short_or_too_long_is_refused(town: Town, days: int) -> None:
    with pytest.raises(Invalid, match="400"):
        _keep_for(town, days)


@pytest.mark.parametrize("text", ["soon", "4e2", "-400", "४००"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="whole number"):
        ledger_days_typed(text)


def _steady(town: Town, days: int = 1) -> bool:
    with town.database.write() as connection:
        return is_steady(connection, town.now, days)


def _go_steadily(town: Town, days: int) -> None:
    for _ in range(days * 4):
        town.clock.instant += EVERY
        _steady(town)


def test_a_clock_is_believed_only_when_it_has_gone_steadily(town: Town) -> None:
    assert not _steady(town)
    _go_steadily(town, 1)
    assert _steady(town)


@pytest.mark.parametrize(
    "leap",
    [
        pytest.param(lambda: LARGEST_LEAP + timedelta(seconds=1), id="forward"),
        pytest.param(lambda: -timedelta(hours=1), id="back"),
        pytest.param(lambda: timedelta(days=4000), id="by years"),
    ],
)
def test_a_clock_that_leapt_is_not_believed(town: Town, leap: Callable[[], timedelta]) -> None:
    _steady(town)
    _go_steadily(town, 2)
    assert _steady(town)
    town.clock.instant += leap()
    assert not _steady(town)
    town.clock.instant += EVERY
    assert not _steady(town)


def test_a_mailer_whose_clock_leapt_empties_nothing(town: Town) -> None:
    """By the machine's clock the database's disagrees with the town's: that alone stops it."""
    from dataclasses import replace

    _lived(town)
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    office = replace(town.office, is_driven=False)
    retention = Retention(office)
    for _ in range(3):
        retention.run()
        town.clock.instant += EVERY
    assert not any(is_emptied(basis) for (basis,) in _all(town, DECISION.c.basis))
    assert _all(town, INSTALLATION.c.steady_since) == [(None,)]


def test_the_mailer_empties_the_ledger_bit_by_bit(town: Town) -> None:
    _lived(town)
    town.clock.instant += timedelta(days=DAYS + 30)
    _keep_for(town, DAYS)
    retention = Retention(town.office)
    while retention.run() or not _all(town, EMPTIED.c.what):
        pass
    assert any(is_emptied(basis) for (basis,) in _all(town, DECISION.c.basis))
