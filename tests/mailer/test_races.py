"""Two that act on the same hand-over, campaign or audience at the same instant. On a real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from mailer.schedule import plan_due, tend
from preferences.delivery import State
from preferences.errors import Conflict
from preferences.store.clock import SystemClock
from preferences.store.doubts import it_did_not_arrive
from preferences.store.events import SYSTEM
from preferences.store.gate import Group, decide_group
from preferences.store.planning import plan_campaign
from preferences.store.read_on_web import leave_out
from preferences.store.results import Came, Result, record_results
from preferences.store.schedules import end
from preferences.store.sweep import settle_campaigns
from preferences.store.tables import CAMPAIGN, DECISION, DELIVERY
from tests.mailer.town import TUESDAY, Town, town_at

HELD_SECONDS = 1.0


@pytest.fixture
def town(postgresql_url: str) -> Iterator[Town]:
    with town_at(postgresql_url) as town:
        town.topic("letter", days={1})
        town.reader("anna", {"letter": "each"})
        town.clock.instant = TUESDAY
        yield town


def _group(town: Town) -> Group:
    tend(town.office)
    with town.database.write() as connection:
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=10)
    assert group is not None
    return group


def _recorded(town: Town, group: Group, came: Came) -> Callable[[Connection], object]:
    mail = group.mails[0]
    result = Result(
        attempt_id=mail.attempt_id,
        delivery_id=mail.delivery_id,
        subscriber_id=mail.subscriber.id,
        came=came,
        ended_at=town.now,
    )
    return lambda connection: record_results(connection, 1, [result], town.now, town.office.jitter)


def _while_held(town: Town, first: Callable[[Connection], object], second: Callable[[], object]) -> list[object]:
    """`second` begins while `first` is done and not yet committed; answers what `second` answered or raised."""
    answers: list[object] = []

    def act() -> None:
        try:
            answers.append(second())
        except Conflict as error:
            answers.append(error)

    with town.database.write() as connection:
        first(connection)
        other = threading.Thread(target=act)
        other.start()
        other.join(HELD_SECONDS)
    other.join()
    return answers


def _in_a_transaction(town: Town, act: Callable[[Connection], object]) -> Callable[[], object]:
    def acted() -> object:
        with town.database.write() as connection:
            return act(connection)

    return acted


def _status(town: Town) -> str:
    with town.database.read() as connection:
        status: str = connection.execute(select(CAMPAIGN.c.status)).scalar_one()
    return status


def test_of_two_schedulers_that_plan_at_once_one_plans_and_the_other_waits(town: Town) -> None:
    campaign = town.campaign("letter", "letter")
    answers = _while_held(
        town, lambda connection: plan_campaign(connection, campaign, town.now), lambda: plan_due(town.office)
    )
    assert len(answers) == 1
    assert town.counts(campaign) == {"due": 1}
    with town.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(DECISION)).scalar_one() == 1


def test_a_person_answers_too_late_what_a_process_is_just_recording(town: Town) -> None:
    campaign = town.campaign("letter", "letter")
    group = _group(town)
    town.lose_the_lease()
    answer = _in_a_transaction(
        town,
        lambda connection: it_did_not_arrive(connection, 1, group.mails[0].delivery_id, SYSTEM, town.now),
    )
    answers = _while_held(town, _recorded(town, group, Came.ACCEPTED), answer)
    assert isinstance(answers[0], Conflict)
    assert town.stands(campaign)[0] == "accepted"


@pytest.mark.parametrize("who_is_first", ["settled", "opened again"])
def test_a_campaign_is_not_settled_as_finished_while_something_of_it_is_opened_again(
    town: Town, who_is_first: str
) -> None:
    campaign = town.campaign("letter", "letter")
    group = _group(town)
    town.lose_the_lease()
    with town.database.write() as connection:
        connection.execute(update(CAMPAIGN).values(status="sending", finished_at=None))

    def settle(connection: Connection) -> object:
        return settle_campaigns(connection, town.now)

    record = _recorded(town, group, Came.DEFERRED)
    first, second = (settle, record) if who_is_first == "settled" else (record, settle)
    _while_held(town, first, _in_a_transaction(town, second))
    assert (town.stands(campaign)[0], _status(town)) == ("deferred", "sending")
    town.go_to(TUESDAY + timedelta(hours=1))
    assert (town.stands(campaign)[0], _status(town)) == ("accepted", "finished")


@pytest.mark.parametrize("who_is_first", ["ended", "deferred"])
def test_what_is_deferred_while_its_campaign_is_ended_is_not_sent(town: Town, who_is_first: str) -> None:
    campaign = town.campaign("letter", "letter")
    group = _group(town)

    def stop(connection: Connection) -> object:
        return end(connection, 1, campaign, SYSTEM, town.now)

    record = _recorded(town, group, Came.DEFERRED)
    first, second = (stop, record) if who_is_first == "ended" else (record, stop)
    _while_held(town, first, _in_a_transaction(town, second))
    assert town.stands(campaign) == ("not_sent", "campaign_ended")


def _left_out(town: Town) -> Callable[[Connection], object]:
    with town.database.read() as connection:
        delivery, reader = connection.execute(select(DELIVERY.c.id, DELIVERY.c.subscriber_id)).one()
    return lambda connection: leave_out(connection, 1, reader, delivery, SYSTEM, town.now)


def test_a_mail_whose_hand_over_has_begun_is_not_left_out_by_who_read_it_meanwhile(town: Town) -> None:
    campaign = town.campaign("letter", "letter")
    tend(town.office)
    real = SystemClock().now()
    answers = _while_held(
        town,
        lambda connection: decide_group(connection, 1, town.lease_id, town.now, real, limit=10),
        _in_a_transaction(town, _left_out(town)),
    )
    assert answers == [State.HANDING_OVER]
    assert town.counts(campaign) == {"handing_over": 1}


def test_a_mail_that_its_reader_is_just_leaving_out_is_not_handed_over(town: Town) -> None:
    campaign = town.campaign("letter", "letter")
    tend(town.office)
    real = SystemClock().now()
    _while_held(
        town,
        _left_out(town),
        _in_a_transaction(
            town, lambda connection: decide_group(connection, 1, town.lease_id, town.now, real, limit=10)
        ),
    )
    town.hand_over()
    assert town.counts(campaign) == {"web": 1}
    assert town.outcomes() == []
