"""Mails that another system has sent without asking: counted at the instant of sending, judged by what held then."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from preferences.decision import Outcome
from preferences.errors import Conflict, Invalid
from preferences.expectation import Expectation, Standing, Suppression, Terms, TopicCadences
from preferences.history import History, Instants
from preferences.store import openings
from preferences.store.events import By, record
from preferences.store.expectations import terms_at
from preferences.store.foreign import GRACE, Judged, MailState, count_foreign, foreign_row, judged_from
from preferences.store.histories import histories_of
from preferences.store.rows import inserted_key
from preferences.store.subscribers import SubscriberRow, lock_subscribers, subscriber
from preferences.store.tables import CADENCE, EVENT, EXPECTATION, FOREIGN_MAIL
from preferences.store.topics import cadence_of

# Nothing was sent to anybody's preferences before; earlier instants are mistakes.
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_F, _E = FOREIGN_MAIL.c, EXPECTATION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A reported mail: its number, what would have been decided then, and whether it broke a promise."""

    mail_id: int
    outcome: str
    reason: str
    broken: bool
    was_new: bool


def report(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    topic_numbers: tuple[int, ...],
    *,
    sent_at: datetime,
    external_id: str,
    by: By,
    now: datetime,
) -> Reported:
    """Count a mail that was sent. The same `external_id` again counts nothing and answers the same.

    Raises `Invalid` for an instant in the future, and `Conflict` where the id is another mail's.
    """
    if sent_at > now + GRACE:
        raise Invalid.one("sent_at", "lies in the future; only what was sent is reported")
    if sent_at < FIRST:
        raise Invalid.one("sent_at", f"lies before {FIRST.year}")
    lock_subscribers(connection, [subscriber_id])
    at = min(sent_at, now)
    known = _known(connection, publication_id, external_id)
    if known is not None:
        return _again(known, subscriber_id, topic_numbers)
    person = subscriber(connection, publication_id, subscriber_id)
    terms = _terms_then(connection, person, at)
    judged = _judge(connection, person, terms, topic_numbers, at)
    broken = terms is not None and judged.decision.outcome is not Outcome.SEND
    row = foreign_row(publication_id, judged, MailState.REPORTED, now) | {"external_id": external_id, "broken": broken}
    mail_id = inserted_key(connection.execute(insert(FOREIGN_MAIL).values(**row)))
    count_foreign(connection, publication_id, mail_id, judged)
    openings.recompute(connection, publication_id, [subscriber_id], now)
    details = {"mail": mail_id, "broken": broken}
    record(connection, publication_id, "mail_elsewhere_reported", by, now, subscriber_id=subscriber_id, details=details)
    return Reported(mail_id=mail_id, outcome=row["outcome"], reason=row["reason"], broken=broken, was_new=True)


def _known(connection: Connection, publication_id: int, external_id: str) -> Any:
    this = (_F.publication_id == publication_id) & (_F.external_id == external_id)
    return connection.execute(select(FOREIGN_MAIL).where(this)).mappings().first()


def _again(row: Any, subscriber_id: int, topic_numbers: tuple[int, ...]) -> Reported:
    if row["subscriber_id"] != subscriber_id or json.loads(row["topics"]) != list(topic_numbers):
        raise Conflict("this id was reported before for another mail", existing=row["id"])
    return Reported(
        mail_id=row["id"], outcome=row["outcome"], reason=row["reason"], broken=row["broken"], was_new=False
    )


def _judge(
    connection: Connection, person: SubscriberRow, terms: Terms | None, topic_numbers: tuple[int, ...], at: datetime
) -> Judged:
    history = _history_then(histories_of(connection, [person.id], at)[person.id], at)
    nothing = Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
    return judged_from(person.id, _standing_then(connection, person, at), terms or nothing, history, topic_numbers, at)


def _history_then(history: History, at: datetime) -> History:
    """What had been counted by then: what came later is no reason why this should not have been sent."""

    def by_then(instants: Instants) -> Instants:
        return tuple(instant for instant in instants if instant <= at)

    return History(
        total=by_then(history.total),
        charged={topic: by_then(instants) for topic, instants in history.charged.items()},
        along={topic: by_then(instants) for topic, instants in history.along.items()},
        digests={rhythm: by_then(instants) for rhythm, instants in history.digests.items()},
    )


def _terms_then(connection: Connection, person: SubscriberRow, at: datetime) -> Terms | None:
    """The terms in force at an instant, with the cadences that were current; empty ones after leaving everything.

    None before anything was promised to this subscriber: there was nothing to break.
    """
    begun = (_E.subscriber_id == person.id) & (_E.since <= at)
    last = connection.execute(select(_E.id, _E.until).where(begun).order_by(_E.id.desc()).limit(1)).first()
    if last is None:
        return None
    if last.until is not None and last.until <= at:
        return Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
    terms = terms_at(connection, person.publication_id, [last.id])[last.id]
    return Terms(expectation=terms.expectation, cadences=_cadences_then(connection, terms, at))


def _cadences_then(connection: Connection, terms: Terms, at: datetime) -> dict[int, TopicCadences]:
    of = CADENCE.c
    stated = of.topic_id.in_(sorted(terms.cadences)) & (of.occurred_at <= at)
    newest = select(func.max(of.id)).where(stated).group_by(of.topic_id)
    rows = connection.execute(select(CADENCE).where(of.id.in_(newest))).mappings()
    current = {row["topic_id"]: cadence_of(row) for row in rows}
    return {
        topic: TopicCadences(accepted=known.accepted, current=current.get(topic, known.current), notice=known.notice)
        for topic, known in terms.cadences.items()
    }


def _standing_then(connection: Connection, person: SubscriberRow, at: datetime) -> Standing:
    """The standing at an instant: each event that changed it says what it was from then on."""
    said = (EVENT.c.subscriber_id == person.id) & (EVENT.c.occurred_at <= at) & EVENT.c.details.like('%"standing":{%')
    details = connection.execute(select(EVENT.c.details).where(said).order_by(EVENT.c.id.desc()).limit(1)).scalar()
    if details is None:
        return Standing(confirmed=person.confirmed_at is not None and person.confirmed_at <= at)
    found = json.loads(details)["standing"]
    ends_at = found["consent_ends_at"]
    return Standing(
        confirmed=found["confirmed"],
        unsubscribed=found["unsubscribed"],
        suppressed=None if found["suppressed"] is None else Suppression(found["suppressed"]),
        consent_ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
    )
