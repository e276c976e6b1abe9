"""What becomes of hand-overs: what counts, what is tried again, what is in doubt, and what a person says to that."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from mailer.schedule import tend
from mailer.transport import OutcomeKind
from preferences.delivery import MadeBy
from preferences.errors import AnyDoubt, Conflict
from preferences.store.clock import SystemClock
from preferences.store.doubts import it_arrived, it_did_not_arrive, try_refused_again
from preferences.store.events import By
from preferences.store.gate import Group, decide_group
from preferences.store.histories import histories_of
from preferences.store.results import Came, record_results
from preferences.store.settling import put_in_doubt
from preferences.store.tables import ATTEMPT, CAMPAIGN, COUNTED, DELIVERY, LEASE, UNCOUNTED
from preferences.unsubscribe import Route
from tests.mailer.steps import results_of
from tests.mailer.town import ONE_A_WEEK, TUESDAY, Town

PERSON = By(made_by=MadeBy.PERSON, route=Route.CONSOLE)


def _one_reader(town: Town) -> int:
    town.topic("letter", days={1})
    town.topic("events", 5)
    reader = town.reader("anna", {"letter": "each", "events": "each"}, at_most=ONE_A_WEEK)
    town.clock.instant = TUESDAY
    return reader


def _answer(town: Town, kind: OutcomeKind | None) -> None:
    town.transport._answers = {} if kind is None else {"anna@example.org": kind}  # type: ignore[attr-defined]


class _Once(dict[str, OutcomeKind]):
    """Answers the first message with a kind, and takes every later one."""

    def __init__(self, kind: OutcomeKind) -> None:
        self._left = [kind]

    def get(self, _address: str, usual: OutcomeKind) -> OutcomeKind:  # type: ignore[override]
        return self._left.pop() if self._left else usual


def _still_counted(town: Town) -> int:
    with town.database.read() as connection:
        return connection.execute(
            select(func.count())
            .select_from(COUNTED)
            .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
            .where(UNCOUNTED.c.counted_id.is_(None))
        ).scalar_one()


def _group(town: Town) -> Group:
    with town.database.write() as connection:
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=10)
    assert group is not None
    return group


@pytest.mark.parametrize(
    "kind", [OutcomeKind.REFUSED, OutcomeKind.DEFERRED, OutcomeKind.SENDER_REFUSED, OutcomeKind.SLOWED]
)
def test_what_the_server_refused_counts_no_longer_and_what_waited_for_it_is_decided_again(
    town: Town, kind: OutcomeKind
) -> None:
    _one_reader(town)
    _answer(town, kind)
    town.campaign("first", "letter")
    town.hand_over()
    assert _still_counted(town) == 0


def test_what_is_deferred_is_tried_again_after_five_minutes_at_least_and_decided_again_first(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.DEFERRED)
    first = town.campaign("first", "letter")
    town.hand_over()
    assert town.stands(first) == ("deferred", "expected")
    assert town.column(first, "wakes_at") >= TUESDAY + timedelta(minutes=5)
    _answer(town, None)
    town.go_to(TUESDAY + timedelta(minutes=10))
    assert town.stands(first) == ("accepted", "expected")
    assert _still_counted(town) == 1


def test_a_reply_about_the_sender_pauses_the_campaign_and_leaves_the_reader_due(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.SENDER_REFUSED)
    first = town.campaign("first", "letter")
    town.hand_over()
    assert town.stands(first)[0] == "due"
    with town.database.read() as connection:
        row = connection.execute(select(CAMPAIGN.c.status, CAMPAIGN.c.held_because)).one()
    assert row.status == "paused"
    assert "refused the sender" in row.held_because


def test_what_is_in_doubt_stays_counted_and_is_never_sent_again_by_itself(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.IN_DOUBT)
    first = town.campaign("first", "letter")
    town.hand_over()
    _answer(town, None)
    town.go_to(TUESDAY + timedelta(days=30))
    assert town.stands(first) == ("in_doubt", "expected")
    assert _still_counted(town) == 1
    assert town.transport.messages == []  # type: ignore[attr-defined]


def test_a_person_says_that_a_mail_in_doubt_arrived(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.IN_DOUBT)
    first = town.campaign("first", "letter")
    town.hand_over()
    delivery = town.column(first, "id")
    with town.database.write() as connection:
        it_arrived(connection, 1, delivery, PERSON, town.now)
    assert town.stands(first)[0] == "accepted"
    with pytest.raises(Conflict), town.database.write() as connection:
        it_arrived(connection, 1, delivery, PERSON, town.now)


def test_a_mail_in_doubt_that_did_not_arrive_is_uncounted_and_sent_again(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.IN_DOUBT)
    first = town.campaign("first", "letter")
    town.hand_over()
    _answer(town, None)
    with town.database.write() as connection:
        it_did_not_arrive(connection, 1, town.column(first, "id"), PERSON, town.now)
    assert _still_counted(town) == 0
    town.hand_over()
    assert town.stands(first) == ("accepted", "expected")
    assert _still_counted(town) == 1


def test_a_refused_delivery_can_be_tried_again_by_a_person(town: Town) -> None:
    _one_reader(town)
    _answer(town, OutcomeKind.REFUSED)
    first = town.campaign("first", "letter")
    town.hand_over()
    assert town.stands(first)[0] == "refused"
    _answer(town, None)
    with town.database.write() as connection:
        try_refused_again(connection, 1, town.column(first, "id"), PERSON, town.now)
    town.hand_over()
    assert town.stands(first)[0] == "accepted"


def test_what_came_along_in_a_mail_that_was_refused_is_pending_again(town: Town) -> None:
    _one_reader(town)
    low = town.campaign("low", "events")
    high = town.campaign("high", "letter", priority=5)
    town.transport._answers = _Once(OutcomeKind.REFUSED)  # type: ignore[attr-defined]
    town.hand_over()
    assert town.stands(high)[0] == "refused"
    assert town.stands(low) == ("accepted", "expected")
    assert _still_counted(town) == 1


def test_what_was_handing_over_when_a_process_ended_is_in_doubt(town: Town) -> None:
    _one_reader(town)
    first = town.campaign("first", "letter")
    tend(town.office)
    group = _group(town)
    assert [mail.campaign_id for mail in group.mails] == [first]
    assert town.stands(first)[0] == "handing_over"
    with town.database.write() as connection:
        connection.execute(update(LEASE).values(until=SystemClock().now() - timedelta(seconds=1)))
    tend(town.office)
    assert town.stands(first)[0] == "in_doubt"
    assert _still_counted(town) == 1


def test_each_of_a_group_is_recorded_as_it_stands_by_now(town: Town) -> None:
    """Under way, in doubt since a lease ended, answered by a person meanwhile, and another delivery's number."""
    town.topic("letter", days={1})
    for name in ("anna", "ben", "cleo", "dora"):
        town.reader(name, {"letter": "each"})
    town.clock.instant = TUESDAY
    town.campaign("first", "letter")
    tend(town.office)
    group = _group(town)
    under_way, doubted, answered, _ = group.mails
    with town.database.write() as connection:
        for mail in (doubted, answered):
            closed = update(ATTEMPT).where(ATTEMPT.c.id == mail.attempt_id)
            connection.execute(closed.values(outcome="in_doubt", ended_at=town.now, reply="ended"))
            put_in_doubt(connection, 1, mail.delivery_id, town.now)
        it_arrived(connection, 1, answered.delivery_id, PERSON, town.now)

    results = [replace(result, reply="taken") for result in results_of(group, Came.ACCEPTED, town)]
    results[3] = replace(results[3], delivery_id=under_way.delivery_id)
    with town.database.write() as connection:
        assert record_results(connection, 1, results, town.now, town.office.jitter) == 2
        said = {row.id: (row.outcome, row.reply) for row in connection.execute(select(ATTEMPT))}
        stand = {row.id: row.state for row in connection.execute(select(DELIVERY))}
    assert [said[mail.attempt_id] for mail in group.mails] == [
        ("accepted", "taken"),
        ("accepted", "taken"),
        ("accepted", "ended"),
        (None, None),
    ]
    assert [stand[mail.delivery_id] for mail in group.mails] == ["accepted", "accepted", "accepted", "handing_over"]


def test_who_has_lost_the_lease_counts_nothing(town: Town) -> None:
    _one_reader(town)
    town.campaign("first", "letter")
    tend(town.office)
    with town.database.write() as connection:
        connection.execute(update(LEASE).values(ended_at=SystemClock().now()))
    with pytest.raises(AnyDoubt):
        _group(town)
    with town.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(ATTEMPT)).scalar_one() == 0


def test_a_clock_behind_the_newest_counted_mail_sends_nothing(town: Town) -> None:
    _one_reader(town)
    town.campaign("first", "letter")
    town.hand_over()
    second = town.campaign("second", "events", at=TUESDAY + timedelta(hours=1))
    town.clock.instant = TUESDAY + timedelta(hours=1)
    tend(town.office)
    town.clock.instant = TUESDAY - timedelta(minutes=1)
    with pytest.raises(AnyDoubt, match="disagree"):
        _group(town)
    assert town.stands(second)[0] in {"due", "waiting"}


def test_the_history_of_a_reader_is_what_is_still_counted(town: Town) -> None:
    reader = _one_reader(town)
    town.campaign("first", "letter")
    town.hand_over()
    with town.database.read() as connection:
        history = histories_of(connection, [reader], town.now)[reader]
    assert history.total == (TUESDAY,)
    with town.database.read() as connection:
        assert connection.execute(select(DELIVERY.c.state)).scalars().all() == ["accepted"]
