"""What is known of one person at a glance: the proofs of their consent, and how much there is of everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from preferences.delivery import State
from preferences.store.consents import ConsentKind
from preferences.store.subscribers import SubscriberRow
from preferences.store.tables import ANSWER, CONSENT, DELIVERY, VOTE

_SENT = (State.ACCEPTED, State.CAME_ALONG, State.IN_DIGEST, State.IN_DOUBT)
_PROOFS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One piece of proof in short: agreed to this sentence, or withdrawn."""

    occurred_at: datetime
    kind: ConsentKind
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """`texts` counts what was sent, however it travelled; answers count once for each issue. Proofs newest first."""

    texts: int
    answers: int
    votes: int
    proofs: tuple[Proof, ...]


def own_data(connection: Connection, person: SubscriberRow) -> OwnData:
    """What there is of a subscriber's; at most twenty proofs."""
    of = CONSENT.c
    newest = select(of.occurred_at, of.kind, of.promise).where(of.subscriber_id == person.id)
    proofs = connection.execute(newest.order_by(of.id.desc()).limit(_PROOFS)).mappings()
    sent = DELIVERY.c.state.in_([state.value for state in _SENT]) & DELIVERY.c.campaign_id.is_not(None)
    mine = DELIVERY.c.subscriber_id == person.id
    texts: int = connection.execute(select(func.count()).select_from(DELIVERY).where(mine & sent)).scalar_one()
    return OwnData(
        texts=texts,
        answers=_distinct(connection, ANSWER, "campaign_id", person),
        votes=_distinct(connection, VOTE, "delivery_id", person),
        proofs=tuple(Proof(**{**row, "kind": ConsentKind(row["kind"])}) for row in proofs),
    )


def _distinct(connection: Connection, table: Table, column: str, person: SubscriberRow) -> int:
    counted = select(func.count(table.c[column].distinct())).where(table.c.subscriber_id == person.id)
    number: int = connection.execute(counted).scalar_one()
    return number
