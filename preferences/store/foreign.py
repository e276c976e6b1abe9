"""Mails of other systems: asked about before they are sent, reserved under the subscriber's lock, or reported after.

A mail that is reserved counts from that commit until its outcome says otherwise; one that is reported counts at the
instant at which it was sent, and is a broken promise where the terms of then did not allow it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from preferences.basis import basis_of, to_json
from preferences.campaign import Candidate, Origin
from preferences.decision import Decision, Outcome, decide
from preferences.errors import Conflict, Invalid, NotFound
from preferences.expectation import Standing, Terms
from preferences.history import History
from preferences.store import openings
from preferences.store.events import By, record
from preferences.store.evidence import evidence_text
from preferences.store.gate_opens import check_newest_count
from preferences.store.histories import histories_of
from preferences.store.open_deliveries import judged_terms
from preferences.store.redecide import decide_waiting_again
from preferences.store.rows import inserted_key
from preferences.store.subscribers import SubscriberRow, lock_subscribers, subscriber
from preferences.store.tables import COUNTED, FOREIGN_MAIL, UNCOUNTED
from preferences.store.topics import topics

# What is asked about a moment ago is asked about now.
GRACE = timedelta(minutes=1)
_F = FOREIGN_MAIL.c


class MailState(StrEnum):
    """Where a mail of another system stands. `declined`: a reservation that was not given."""

    RESERVED = "reserved"
    DECLINED = "declined"
    SENT = "sent"
    NOT_SENT = "not_sent"
    REPORTED = "reported"


COUNTS = frozenset({MailState.RESERVED, MailState.SENT, MailState.REPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision about a mail of another system, with the terms that it was made under."""

    subscriber_id: int
    decision: Decision
    standing: Standing
    terms: Terms
    history: History
    candidate: Candidate
    at: datetime

    @property
    def counts_in_total(self) -> bool:
        """Whether it counts in total, as everything but a notice does."""
        charged = self.terms.topics.get(self.decision.topic or 0)
        return charged is None or not charged.notice


def topic_ids(connection: Connection, publication_id: int, slugs: Sequence[str]) -> tuple[int, ...]:
    """The numbers of topics, in order. Raises `Invalid`."""
    known = {topic.slug: topic.id for topic in topics(connection, publication_id)}
    there = ", ".join(known) or "none yet"
    if not slugs:
        raise Invalid.one("topics", "name at least one topic")
    for index, slug in enumerate(slugs):
        if slug not in known:
            raise Invalid.one(f"topics[{index}]", f"there is no topic {slug!r}; there are: {there}")
        if slug in slugs[:index]:
            raise Invalid.one(f"topics[{index}]", "this topic stands in the list already")
    return tuple(known[slug] for slug in slugs)


def judge_foreign(
    connection: Connection, person: SubscriberRow, topic_numbers: tuple[int, ...], at: datetime
) -> Judged:
    """What is decided at `at` about a mail that another system wants to send. Changes nothing."""
    history = histories_of(connection, [person.id], at)[person.id]
    terms = judged_terms(connection, person.publication_id, [person.id])[person.id]
    return judged_from(person.id, person.standing, terms, history, topic_numbers, at)


def judged_from(
    subscriber_id: int, standing: Standing, terms: Terms, history: History, topic_numbers: tuple[int, ...], at: datetime
) -> Judged:
    """The decision about a mail with these topics at `at`, and what it was made from."""
    candidate = Candidate(id=0, campaign=0, topics=topic_numbers, scheduled_at=at, origin=Origin.OTHER_SYSTEM)
    decision = decide(standing, terms, history, candidate, at)
    return Judged(
        subscriber_id=subscriber_id,
        decision=decision,
        standing=standing,
        terms=terms,
        history=history,
        candidate=candidate,
        at=at,
    )


def reserve(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    topic_numbers: tuple[int, ...],
    by: By,
    now: datetime,
) -> tuple[int, Judged]:
    """Decide under the subscriber's lock, and count where the answer is *send*; answers the mail's number.

    Raises `AnyDoubt` where something was counted in the future: this clock, or the one that counted, is wrong.
    """
    check_newest_count(connection, now)
    lock_subscribers(connection, [subscriber_id])
    judged = judge_foreign(connection, subscriber(connection, publication_id, subscriber_id), topic_numbers, now)
    is_sent = judged.decision.outcome is Outcome.SEND
    state = MailState.RESERVED if is_sent else MailState.DECLINED
    mail_id = inserted_key(
        connection.execute(insert(FOREIGN_MAIL).values(**foreign_row(publication_id, judged, state, now)))
    )
    if is_sent:
        count_foreign(connection, publication_id, mail_id, judged)
        openings.recompute(connection, publication_id, [subscriber_id], now)
    record(
        connection,
        publication_id,
        f"mail_elsewhere_{state}",
        by,
        now,
        subscriber_id=subscriber_id,
        details={"mail": mail_id},
    )
    return mail_id, judged


def foreign_row(publication_id: int, judged: Judged, state: MailState, now: datetime) -> dict[str, Any]:
    """The columns of a mail of another system."""
    decision = judged.decision
    basis = basis_of(judged.terms, judged.history, judged.candidate, judged.standing, judged.at)
    return {
        "publication_id": publication_id,
        "subscriber_id": judged.subscriber_id,
        "topics": json.dumps(list(judged.candidate.topics)),
        "state": state.value,
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "topic_id": decision.topic,
        "expectation_id": judged.terms.expectation.id or None,
        "evidence": None if decision.evidence is None else evidence_text(decision.evidence),
        "basis": to_json(basis),
        "occurred_at": judged.at,
        "recorded_at": now,
    }


def count_foreign(connection: Connection, publication_id: int, mail_id: int, judged: Judged) -> None:
    """Count a mail of another system at the instant it was judged at."""
    connection.execute(
        insert(COUNTED).values(
            publication_id=publication_id,
            subscriber_id=judged.subscriber_id,
            topic_id=judged.decision.topic,
            foreign_mail_id=mail_id,
            counted_at=judged.at,
            in_total=judged.counts_in_total,
        )
    )


def settle_reserved(
    connection: Connection, publication_id: int, mail_id: int, *, outcome: MailState, by: By, now: datetime
) -> MailState:
    """Say what became of a reserved mail: *sent*, or *not sent*, which un-counts it. Repeating it changes nothing.

    Raises `NotFound`, and `Conflict` for a mail that was not reserved, or whose outcome was another.
    """
    this = (_F.publication_id == publication_id) & (_F.id == mail_id)
    subscriber_id = connection.execute(select(_F.subscriber_id).where(this)).scalar()
    if subscriber_id is None:
        raise NotFound("there is no such decision in this publication")
    lock_subscribers(connection, [subscriber_id])
    before = MailState(connection.execute(select(_F.state).where(this)).scalar_one())
    if before is outcome:
        return outcome
    if before is not MailState.RESERVED:
        raise Conflict(f"this mail is {before.value}: its outcome cannot be {outcome.value} any more")
    connection.execute(update(FOREIGN_MAIL).where(this).values(state=outcome.value))
    if outcome is MailState.NOT_SENT:
        _uncount(connection, publication_id, mail_id, now)
        openings.recompute(connection, publication_id, [subscriber_id], now)
        decide_waiting_again(connection, publication_id, [subscriber_id], now)
    record(
        connection,
        publication_id,
        f"mail_elsewhere_{outcome}",
        by,
        now,
        subscriber_id=subscriber_id,
        details={"mail": mail_id},
    )
    return outcome


def _uncount(connection: Connection, publication_id: int, mail_id: int, now: datetime) -> None:
    counted = connection.execute(select(COUNTED.c.id).where(COUNTED.c.foreign_mail_id == mail_id)).scalars().all()
    rows = [
        {"counted_id": one, "publication_id": publication_id, "why": "not_sent", "occurred_at": now, "recorded_at": now}
        for one in counted
    ]
    connection.execute(insert(UNCOUNTED), rows)
