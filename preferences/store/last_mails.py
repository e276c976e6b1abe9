"""The last mails that were accepted, as they were when they were handed over: told from the ledger alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from preferences.delivery import AttemptOutcome
from preferences.expectation import Arrives
from preferences.history import History
from preferences.store.captured import Finished
from preferences.store.hand_overs import HandOver, Line
from preferences.store.histories import histories_of
from preferences.store.subscribers import subscribers
from preferences.store.tables import ATTEMPT, CAPTURED_MAIL, DECISION, DELIVERY
from preferences.store.terms import terms_at

_A, _D, _X = ATTEMPT.c, DELIVERY.c, DECISION.c


def last_hand_overs(
    connection: Connection, publication_id: int, limit: int, of_each: int | None = None
) -> list[HandOver]:
    """At most `limit` of the mails that were accepted last, oldest first, with what each was made from.

    `of_each`: at most so many of one campaign, or of digests of one rhythm. The cadences that are current are those of
    now. Whose reader was erased since is left out.
    """
    rows = _accepted(connection, publication_id, limit, of_each)
    readers = subscribers(connection, {row["subscriber_id"] for row in rows})
    terms = terms_at(connection, publication_id, {row["expectation_id"] for row in rows})
    lines = _lines(connection, [row["delivery_id"] for row in rows])
    newest = max((row["committed_at"] for row in rows), default=None)
    histories = {} if newest is None else histories_of(connection, list(readers), newest)
    found = []
    for row in rows:
        reader = readers[row["subscriber_id"]]
        if reader.address is None:
            continue
        rhythm = None if row["rhythm"] is None else Arrives(row["rhythm"])
        carried = lines.get(row["delivery_id"], [])
        found.append(
            HandOver(
                delivery_id=row["delivery_id"],
                publication_id=publication_id,
                subscriber=reader,
                terms=terms[row["expectation_id"]],
                history=_until(histories[reader.id], row["committed_at"]),
                rhythm=rhythm,
                topic_id=row["topic_id"] if rhythm is None else None,
                committed_at=row["committed_at"],
                campaign_id=row["campaign_id"],
                revision=row["revision"],
                attempt_id=row["id"],
                lines=[] if rhythm is not None else carried,
                items=tuple(carried) if rhythm is not None else (),
                vote_share=row["vote_share"],
            )
        )
    return found


def _accepted(connection: Connection, publication_id: int, limit: int, of_each: int | None) -> list[Mapping[Any, Any]]:
    """The accepted attempts with their deliveries, and the expectation under which each was decided last."""
    place = func.row_number().over(partition_by=(_D.campaign_id, _D.rhythm), order_by=_A.id.desc())
    accepted = (
        select(
            _A.id,
            _A.delivery_id,
            _A.revision,
            _A.committed_at,
            _A.vote_share,
            _D.subscriber_id,
            _D.campaign_id,
            _D.rhythm,
            _D.topic_id,
            place.label("place"),
        )
        .join(DELIVERY, _D.id == _A.delivery_id)
        .where((_A.publication_id == publication_id) & (_A.outcome == AttemptOutcome.ACCEPTED.value))
        .subquery()
    )
    wanted = select(accepted).order_by(accepted.c.id.desc()).limit(limit)
    if of_each is not None:
        wanted = wanted.where(accepted.c.place <= of_each)
    last = wanted.subquery()
    decided = select(func.max(_X.id)).where((_X.delivery_id == last.c.delivery_id) & _X.expectation_id.is_not(None))
    chosen = (
        select(last, _X.expectation_id)
        .select_from(last)
        .join(DECISION, _X.id == decided.correlate(last).scalar_subquery())
        .order_by(last.c.id.desc())
    )
    return list(reversed(connection.execute(chosen).mappings().all()))


def _lines(connection: Connection, carriers: Sequence[int]) -> dict[int, list[Line]]:
    chosen = (
        select(_D.carrier_id, _D.id, _D.campaign_id, _D.revision, _D.topic_id)
        .where(_D.carrier_id.in_(sorted(carriers)) & _D.campaign_id.is_not(None))
        .order_by(_D.id)
    )
    lines: dict[int, list[Line]] = {}
    for row in connection.execute(chosen):
        line = Line(delivery_id=row.id, campaign_id=row.campaign_id, revision=row.revision, topic_id=row.topic_id)
        lines.setdefault(row.carrier_id, []).append(line)
    return lines


def _until(history: History, at: datetime) -> History:
    """A history as it was at an instant, that included."""

    def kept(instants: Sequence[datetime]) -> tuple[datetime, ...]:
        return tuple(instant for instant in instants if instant <= at)

    return replace(
        history,
        total=kept(history.total),
        charged={topic: kept(instants) for topic, instants in history.charged.items()},
        along={topic: kept(instants) for topic, instants in history.along.items()},
        digests={rhythm: kept(instants) for rhythm, instants in history.digests.items()},
    )


def keep_captured(connection: Connection, mails: Sequence[tuple[HandOver, Finished]]) -> None:
    """Keep finished mails in the test inbox, each as of its hand-over."""
    if mails:
        connection.execute(
            insert(CAPTURED_MAIL),
            [
                {
                    "publication_id": mail.publication_id,
                    "subscriber_id": mail.subscriber.id,
                    "sender": message.mail_from,
                    "recipient": message.rcpt_to,
                    "subject": message.subject,
                    "source": message.data,
                    "captured_at": mail.committed_at,
                }
                for mail, message in mails
            ],
        )
