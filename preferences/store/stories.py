"""The whole story of one delivery, for its reader: every decision in order, every hand-over, and what was said since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Outcome, Reason
from preferences.delivery import AttemptOutcome, State
from preferences.store.destinations import what_holds
from preferences.store.evidence import evidence_of_text
from preferences.store.tables import ATTEMPT, DECISION, DELIVERY, SUBSCRIBER

_X, _A = DECISION.c, ATTEMPT.c
# What waits is decided again at most once a day, and rarely says anything new.
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision; its carrier is the mail in which it left, where that is another."""

    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One hand-over of the mail that it was in; `outcome` None while it is under way. What never began is left out."""

    at: datetime
    outcome: AttemptOutcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavesFrom:
    """When something leaves at the earliest; `is_slowed` says that until then less mail is wanted where it goes."""

    from_at: datetime
    is_slowed: bool


def steps_of(connection: Connection, delivery_id: int) -> list[Step]:
    """The newest decisions about a delivery, oldest of them first."""
    in_mail = _A.delivery_id.label("mail_id")
    columns = (_X.id, _X.decided_at, _X.outcome, _X.reason, _X.topic_id, _X.opens_at, _X.evidence)
    chosen = (
        select(*columns, in_mail)
        .outerjoin(ATTEMPT, _A.id == _X.attempt_id)
        .where(_X.delivery_id == delivery_id)
        .order_by(_X.id.desc())
        .limit(_MOST)
    )
    return [
        Step(
            at=row.decided_at,
            decision=Decision(
                outcome=Outcome(row.outcome),
                reason=Reason(row.reason),
                topic=row.topic_id,
                expires_at=None,
                expiry=ExpiryBasis.DEFAULT,
                opens_at=row.opens_at,
                evidence=evidence_of_text(row.evidence),
                carrier=None if row.mail_id in (None, delivery_id) else row.mail_id,
            ),
        )
        for row in reversed(connection.execute(chosen).all())
    ]


def leaves_from(connection: Connection, delivery_id: int, now: datetime) -> LeavesFrom | None:
    """Before when something that is to leave is not looked at again; None where it is looked at now."""
    of = DELIVERY.c
    chosen = (
        select(of.wakes_at, SUBSCRIBER.c.address_normalised)
        .join(SUBSCRIBER, SUBSCRIBER.c.id == of.subscriber_id)
        .where((of.id == delivery_id) & of.state.in_((State.DUE.value, State.DEFERRED.value)) & (of.wakes_at > now))
    )
    row = connection.execute(chosen).first()
    if row is None:
        return None
    is_slowed = what_holds(connection, row.address_normalised, row.wakes_at) is not None
    return LeavesFrom(from_at=row.wakes_at, is_slowed=is_slowed)


def tries_of(connection: Connection, mail_id: int) -> list[Tried]:
    """The newest hand-overs of a mail that began on the wire or are under way, oldest of them first."""
    begun = _A.begun_at.is_not(None) | _A.outcome.is_(None)
    # Each began with a decision about the mail, and by those they are found without reading every attempt there is.
    decided = select(_X.attempt_id).where((_X.delivery_id == mail_id) & _X.attempt_id.is_not(None))
    chosen = select(_A.committed_at, _A.outcome).where(_A.id.in_(decided) & (_A.delivery_id == mail_id) & begun)
    rows = connection.execute(chosen.order_by(_A.id.desc()).limit(_MOST)).all()
    return [
        Tried(at=row.committed_at, outcome=None if row.outcome is None else AttemptOutcome(row.outcome))
        for row in reversed(rows)
    ]
