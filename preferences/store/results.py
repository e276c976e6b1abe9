"""What became of hand-overs: recorded once it is known, un-counted where the mail surely did not leave."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from preferences.delivery import AttemptOutcome
from preferences.store.aftermath import begin_again, decide_open_again, lock_campaigns, uncount
from preferences.store.among import among, among_named
from preferences.store.bulk import update_rows, update_rows_where
from preferences.store.came import OUTCOMES, STAYS_COUNTED, Came, Result
from preferences.store.hand_overs import HandOver
from preferences.store.restraint import note_results
from preferences.store.settling import accept, settle
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT, SUBSCRIBER

_A = ATTEMPT.c

__all__ = ["Came", "Result", "give_back", "record_results"]


def record_results(
    connection: Connection, publication_id: int, results: Sequence[Result], now: datetime, jitter: random.Random
) -> int:
    """Record what became of these attempts; answers how many were still this process's to record.

    An attempt that somebody else has answered meanwhile (a person, after a lease had ended) is left as it is; one that
    was put in doubt because its lease ended is corrected by what is known now.
    """
    gone = [result for result in results if result.came not in STAYS_COUNTED]
    campaigns = lock_campaigns(connection, [result.delivery_id for result in gone]) if gone else []
    lock_subscribers(connection, {result.subscriber_id for result in gone})
    known, doubted = _close_attempts(connection, results)
    note_results(connection, known, now)
    _forget_replies_about_the_erased(connection, known)
    accept(connection, [result for result in known if result.came is Came.ACCEPTED])
    for result in known:
        was_in_doubt = result.came is Came.IN_DOUBT and result.attempt_id in doubted
        if not was_in_doubt and result.came is not Came.ACCEPTED:
            settle(connection, publication_id, result, now, jitter)
    # What was in doubt was final: a campaign may have been finished with it, and is not any more.
    if doubted:
        begin_again(connection, campaigns)
    _settle_readers(connection, publication_id, [one for one in gone if one in known], now)
    return len(known)


def give_back(
    connection: Connection, publication_id: int, mails: Sequence[HandOver], now: datetime, jitter: random.Random
) -> int:
    """Give back what was decided in a transaction of which nobody knows whether it was committed; answers how many were.

    Where it was not, somebody else may have numbered other attempts the same by now: those are left alone.
    """
    of = ATTEMPT.c
    chosen = select(of.id, of.delivery_id, of.committed_at).where(
        among(connection, of.id, [mail.attempt_id for mail in mails])
    )
    committed = {tuple(row) for row in connection.execute(chosen)}
    results = [
        Result(
            attempt_id=mail.attempt_id,
            delivery_id=mail.delivery_id,
            subscriber_id=mail.subscriber.id,
            came=Came.GIVEN_BACK,
            ended_at=now,
            reply="the database was away when it was to begin",
        )
        for mail in mails
        if (mail.attempt_id, mail.delivery_id, mail.committed_at) in committed
    ]
    return record_results(connection, publication_id, results, now, jitter)


def _close_attempts(connection: Connection, results: Sequence[Result]) -> tuple[list[Result], set[int]]:
    """Close those attempts that stand; answers their results, and the numbers of those that were in doubt.

    Nearly always all are under way, and nothing need be read.
    """
    rows = {result.attempt_id: _closed(result) for result in sorted(results, key=lambda one: one.attempt_id)}
    closed: set[int] = set()
    if connection.dialect.name == "postgresql":
        closed = update_rows_where(connection, ATTEMPT, *_CLOSED, list(rows.values()), "attempt.outcome IS NULL")
    others = rows.keys() - closed
    standing = _standing_attempts(connection, others) if others else {}
    late = [rows[attempt] for attempt, delivery in standing if rows[attempt][-1] == delivery]
    update_rows(connection, ATTEMPT, *_CLOSED, late)
    stood = closed.union(row[_NUMBER] for row in late)
    doubted = {row[_NUMBER] for row in late if standing[row[_NUMBER:]] is not None}
    return [result for result in results if result.attempt_id in stood], doubted


# The key of an attempt, with the delivery: after a restoration somebody else's may have its number. And what is closed.
_CLOSED = (("id", "delivery_id"), ("outcome", "begun_at", "ended_at", "code", "reply", "relay"))
_NUMBER = -2
_OUTCOMES = {came: outcome.value for came, outcome in OUTCOMES.items()}


def _closed(result: Result) -> tuple[Any, ...]:
    """In the order of `_CLOSED`."""
    what = (_OUTCOMES[result.came], result.begun_at, result.ended_at, result.code, result.reply[:1000] or None)
    return (*what, result.relay, result.attempt_id, result.delivery_id)


def _standing_attempts(connection: Connection, attempts: Collection[int]) -> dict[tuple[int, int], str | None]:
    """The outcomes of those attempts that are open, or in doubt because a lease ended, by attempt and delivery; locked."""
    rows = connection.execute(_STANDING, {"numbers": attempts}).all()
    return {(attempt, delivery): outcome for attempt, delivery, outcome in rows}


# Writing the statement takes longer than running it.
_STANDING = (
    select(_A.id, _A.delivery_id, _A.outcome)
    .where(among_named(_A.id, "numbers"))
    .where(_A.outcome.is_(None) | (_A.outcome == AttemptOutcome.IN_DOUBT.value))
    .order_by(_A.id)
    .with_for_update()
)


def _forget_replies_about_the_erased(connection: Connection, known: Sequence[Result]) -> None:
    """A reply often repeats the address: about who was erased while a mail was on its way, nothing is kept."""
    gone = set(connection.execute(_ERASED, {"numbers": {result.subscriber_id for result in known}}).scalars())
    attempts = [result.attempt_id for result in known if result.subscriber_id in gone]
    if attempts:
        connection.execute(update(ATTEMPT).where(ATTEMPT.c.id.in_(attempts)).values(reply=None))


_ERASED = select(SUBSCRIBER.c.id).where(among_named(SUBSCRIBER.c.id, "numbers") & SUBSCRIBER.c.erased_at.is_not(None))


def _settle_readers(connection: Connection, publication_id: int, gone: Collection[Result], now: datetime) -> None:
    """Un-count what surely did not leave, and decide again whatever is open for those readers."""
    if gone:
        uncount(connection, publication_id, {result.attempt_id: result.came.value for result in gone}, now)
        decide_open_again(connection, publication_id, {result.subscriber_id for result in gone}, now)
