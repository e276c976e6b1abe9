"""What a person says about a hand-over in doubt, and trying a refused one again. Both are events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from preferences.delivery import AttemptOutcome, State
from preferences.errors import Conflict, NotFound
from preferences.store.aftermath import begin_again, decide_open_again, lock_campaigns, uncount
from preferences.store.carried import release_carried, settle_carried
from preferences.store.events import By, record
from preferences.store.subscribers import lock_subscribers
from preferences.store.tables import ATTEMPT, DELIVERY

_A, _D = ATTEMPT.c, DELIVERY.c


def it_arrived(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person says that a mail in doubt arrived: it is accepted. Raises `NotFound` and `Conflict`.

    About what travels in another mail, this and the next are said of that mail.
    """
    mail, _, _ = _locked_in(connection, publication_id, delivery_id, State.IN_DOUBT)
    connection.execute(
        update(ATTEMPT)
        .where((_A.delivery_id == mail) & (_A.outcome == AttemptOutcome.IN_DOUBT.value))
        .values(outcome=AttemptOutcome.ACCEPTED.value)
    )
    connection.execute(update(DELIVERY).where(_D.id == mail).values(state=State.ACCEPTED.value))
    settle_carried(connection, [mail], State.IN_DIGEST, State.CAME_ALONG)
    record(connection, publication_id, "said_arrived", by, now, delivery_id=mail)


def it_did_not_arrive(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person says that a mail in doubt did not arrive: un-counted, due again. Raises `NotFound` and `Conflict`."""
    mail = _again(connection, publication_id, delivery_id, State.IN_DOUBT, AttemptOutcome.IN_DOUBT, now)
    record(connection, publication_id, "said_not_arrived", by, now, delivery_id=mail)


def try_refused_again(connection: Connection, publication_id: int, delivery_id: int, by: By, now: datetime) -> None:
    """A person wants a refused mail tried again: due, decided again first. Raises `NotFound` and `Conflict`."""
    mail = _again(connection, publication_id, delivery_id, State.REFUSED, AttemptOutcome.REFUSED, now)
    record(connection, publication_id, "refused_again", by, now, delivery_id=mail)


def _again(
    connection: Connection,
    publication_id: int,
    delivery_id: int,
    state: State,
    outcome: AttemptOutcome,
    now: datetime,
) -> int:
    """The mail is due again, and a campaign of it that was finished is sending; answers the mail's number."""
    mail, subscriber_id, campaigns = _locked_in(connection, publication_id, delivery_id, state)
    tried = (_A.delivery_id == mail) & (_A.outcome == outcome.value)
    attempts = connection.execute(select(_A.id).where(tried)).scalars().all()
    connection.execute(update(ATTEMPT).where(_A.id.in_(attempts)).values(outcome=AttemptOutcome.REFUSED.value))
    uncount(connection, publication_id, dict.fromkeys(attempts, "person"), now)
    connection.execute(update(DELIVERY).where(_D.id == mail).values(state=State.DUE.value, wakes_at=now))
    release_carried(connection, mail, now)
    begin_again(connection, campaigns)
    decide_open_again(connection, publication_id, [subscriber_id], now)
    return mail


def _locked_in(
    connection: Connection, publication_id: int, delivery_id: int, state: State
) -> tuple[int, int, list[int]]:
    """Lock what a delivery travelled in and check its state; answers the mail, its subscriber and its campaigns.

    The attempts are locked too: a process that learns just now what became of one is waited for, and then right.
    """
    of_publication = (_D.id == delivery_id) & (_D.publication_id == publication_id)
    found = connection.execute(
        select(_D.subscriber_id, func.coalesce(_D.carrier_id, _D.id).label("mail")).where(of_publication)
    ).first()
    if found is None:
        raise NotFound("there is no such delivery in this publication")
    campaigns = lock_campaigns(connection, [found.mail])
    lock_subscribers(connection, [found.subscriber_id])
    connection.execute(select(_A.id).where(_A.delivery_id == found.mail).order_by(_A.id).with_for_update()).all()
    standing = connection.execute(select(_D.state).where(_D.id == found.mail)).scalar_one()
    if standing != state.value:
        raise Conflict(f"this delivery is {standing}, not {state.value}: there is nothing to answer")
    return found.mail, found.subscriber_id, campaigns
