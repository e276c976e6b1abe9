"""Read on the web, and left out of the mail: a reader's own decision about one item that is still to come.

Not the rules decide it, so there is nothing from which it could be decided again. What is handing over, or had, stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from preferences.decision import Outcome, Reason
from preferences.delivery import State
from preferences.errors import NotFound
from preferences.store.changes import locked_subscriber
from preferences.store.events import By, record
from preferences.store.open_deliveries import UNDECIDED
from preferences.store.redecide import decide_waiting_again
from preferences.store.tables import DECISION, DELIVERY

_D = DELIVERY.c


def leave_out(
    connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int, by: By, now: datetime
) -> State:
    """Leave one item out of the mail it would have come in; answers where it stands then.

    *Web* where it is left out, by this or before. Whatever else is answered is how it stands, and nothing was changed:
    the mail is on its way, or was had. What waits for a mail that has become empty is decided again. Raises `NotFound`,
    for a digest too, which is no item.
    """
    locked_subscriber(connection, publication_id, subscriber_id)
    # Read after the lock, in a statement of its own: a hand-over that held it has committed by now.
    theirs = (_D.id == delivery_id) & (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
    found = connection.execute(select(_D.state, _D.topic_id).where(theirs & _D.campaign_id.is_not(None))).first()
    if found is None:
        raise NotFound("there is no such item")
    if found.state not in UNDECIDED:
        return State(found.state)
    _decide(connection, publication_id, delivery_id, found.topic_id, now)
    record(connection, publication_id, "read_on_web", by, now, subscriber_id=subscriber_id, delivery_id=delivery_id)
    decide_waiting_again(connection, publication_id, [subscriber_id], now)
    return State.WEB


def _decide(connection: Connection, publication_id: int, delivery_id: int, topic_id: int | None, now: datetime) -> None:
    connection.execute(
        insert(DECISION).values(
            publication_id=publication_id,
            delivery_id=delivery_id,
            decided_at=now,
            outcome=Outcome.WEB.value,
            reason=Reason.READ_ON_WEB.value,
            topic_id=topic_id,
            basis="{}",
        )
    )
    connection.execute(
        update(DELIVERY)
        .where(_D.id == delivery_id)
        .values(
            state=State.WEB.value,
            reason=Reason.READ_ON_WEB.value,
            wakes_at=None,
            opens_at=None,
            digest_stopped=False,
        )
    )
