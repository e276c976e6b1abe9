"""Mails of other systems count like any other, and two cannot take the last opening."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from preferences.basis import decide_again, from_json
from preferences.decision import Outcome, Reason
from preferences.errors import Conflict, NotFound
from preferences.store.events import SYSTEM
from preferences.store.expectations import terms_at
from preferences.store.foreign import MailState, judge_foreign, reserve, settle_reserved
from preferences.store.histories import histories_of
from preferences.store.reported import report
from preferences.store.subscribers import lock_subscribers, subscriber
from preferences.store.tables import FOREIGN_MAIL, OPENING
from tests.store.newsletter import NOON, Newsletter, asked, newsletter, rows, signed_up

HOUR = timedelta(hours=1)


def judge(there: Newsletter, person: int, *topics: int, at=NOON):  # type: ignore[no-untyped-def]
    with there.database.read() as connection:
        return judge_foreign(connection, subscriber(connection, there.publication, person), topics, at)


def reserved(there: Newsletter, person: int, *topics: int, at=NOON):  # type: ignore[no-untyped-def]
    with there.database.write() as connection:
        return reserve(connection, there.publication, person, topics, SYSTEM, at)


def test_a_reserved_mail_is_in_the_history_and_in_the_stored_openings(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", at_most={"count": 2, "per": "week"}))
        reserved(there, person, there.letter)
        with there.database.read() as connection:
            history = histories_of(connection, [person], NOON)[person]
            openings = {row["topic_key"]: row["opens_at"] for row in rows(connection, OPENING)}
        assert history.total == history.charged[there.letter] == (NOON,)
        assert openings[there.letter] > NOON
        assert judge(there, person, there.letter, at=NOON + HOUR).decision.reason is Reason.TOPIC_CAP


def test_a_notice_of_another_system_counts_outside_the_total(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "notices", at_most={"count": 1, "per": "week"}))
        reserved(there, person, there.notices)
        with there.database.read() as connection:
            history = histories_of(connection, [person], NOON)[person]
        assert history.total == ()
        assert history.charged[there.notices] == (NOON,)
        assert judge(there, person, there.letter).decision.outcome is Outcome.SEND


def test_what_the_reader_leaves_out_is_not_sent_and_else_it_is_to_be_asked_again(database_url: str) -> None:
    with newsletter(database_url) as there:
        for number, (overflow, outcome) in enumerate((("leave_out", Outcome.NOT_SENT), ("come_along", Outcome.WAIT))):
            person = signed_up(there, asked("letter", overflow=overflow), address=f"r{number}@example.org")
            reserved(there, person, there.letter)
            decision = judge(there, person, there.letter, at=NOON + HOUR).decision
            assert (decision.outcome, decision.reason) == (outcome, Reason.TOPIC_CAP)


def test_a_paused_subscriber_is_never_reserved_for(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", paused={"from": "2026-11-20", "until": "2026-12-24"}))
        _, judged = reserved(there, person, there.letter)
        assert (judged.decision.outcome, judged.decision.reason) == (Outcome.WAIT, Reason.PAUSED)
        with there.database.read() as connection:
            assert histories_of(connection, [person], NOON)[person].total == ()


def test_two_reservations_at_once_cannot_take_the_last_opening(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        outcomes: list[Outcome] = []

        def try_it() -> None:
            _, judged = reserved(there, person, there.letter)
            outcomes.append(judged.decision.outcome)

        threads = [threading.Thread(target=try_it) for _ in range(4)]
        with there.database.write() as connection:
            # All of them wait for whoever holds the subscriber, and decide by what is there after it.
            lock_subscribers(connection, [person])
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == [Outcome.SEND, Outcome.WAIT, Outcome.WAIT, Outcome.WAIT]


def test_a_mail_that_was_not_sent_is_uncounted_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"))
        number, _ = reserved(there, person, there.letter)
        for _ in range(2):
            with there.database.write() as connection:
                settle_reserved(
                    connection, there.publication, number, outcome=MailState.NOT_SENT, by=SYSTEM, now=NOON + HOUR
                )
        with there.database.read() as connection:
            assert histories_of(connection, [person], NOON)[person].total == ()
        with there.database.write() as connection, pytest.raises(Conflict):
            settle_reserved(connection, there.publication, number, outcome=MailState.SENT, by=SYSTEM, now=NOON)
        with there.database.write() as connection, pytest.raises(NotFound):
            settle_reserved(connection, there.publication + 1, number, outcome=MailState.SENT, by=SYSTEM, now=NOON)


def test_a_stored_decision_about_a_mail_of_another_system_can_be_made_again(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", at_most={"count": 3, "per": "month"}))
        for days in (0, 1, 8, 15, 22):
            reserved(there, person, there.letter, at=NOON + timedelta(days=days))
        with there.database.read() as connection:
            for row in rows(connection, FOREIGN_MAIL):
                terms = terms_at(connection, there.publication, [row["expectation_id"]])[row["expectation_id"]]
                again = decide_again(from_json(row["basis"]), terms)
                assert (again.outcome, again.reason, again.topic) == (row["outcome"], row["reason"], row["topic_id"])


def test_a_mail_reported_after_others_is_judged_by_what_was_counted_before_it(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - timedelta(days=30))

        def said(days: int, name: str) -> bool:
            with there.database.write() as connection:
                sent_at = NOON - timedelta(days=days)
                return report(
                    connection,
                    there.publication,
                    person,
                    (there.letter,),
                    sent_at=sent_at,
                    external_id=name,
                    by=SYSTEM,
                    now=NOON,
                ).broken

        assert said(0, "newest") is False
        # What was counted later is no reason why this should not have been sent.
        assert said(1, "the day before") is False
        assert said(20, "long ago") is False
        assert said(19, "the day after that") is True


def test_a_mail_is_counted_once_whoever_reports_it_how_often(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter"), now=NOON - timedelta(days=30))
        answers = []
        for _ in range(3):
            with there.database.write() as connection:
                answers.append(
                    report(
                        connection,
                        there.publication,
                        person,
                        (there.letter,),
                        sent_at=NOON - HOUR,
                        external_id="m1",
                        by=SYSTEM,
                        now=NOON,
                    )
                )
        assert [answer.was_new for answer in answers] == [True, False, False]
        with there.database.read() as connection:
            assert len(connection.execute(select(FOREIGN_MAIL.c.id)).all()) == 1
            assert histories_of(connection, [person], NOON)[person].total == (NOON - HOUR,)
