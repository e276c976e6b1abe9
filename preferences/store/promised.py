"""What a subscriber was promised since when, what came about each topic meanwhile, and which promise was broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from preferences.expectation import Terms
from preferences.silence import Promised
from preferences.store.expectations import terms_at
from preferences.store.foreign import COUNTS
from preferences.store.tables import DELIVERY, EXPECTATION, FOREIGN_MAIL, UNSUBSCRIBE

_D, _E, _F, _U = DELIVERY.c, EXPECTATION.c, FOREIGN_MAIL.c, UNSUBSCRIBE.c
# More than anybody changes their mind, or is written to, within what one page of a history shows.
_MOST_CHANGES = 200
_MOST_MAILS = 2000


def promised_since(
    connection: Connection, publication_id: int, subscriber_id: int, limit: int = 20
) -> list[tuple[datetime, datetime | None, Terms]]:
    """What was expected since when and until when, newest first; None is still in force."""
    found = promised_between(connection, publication_id, subscriber_id, None, None, limit)
    return [(one.since, one.until, one.terms) for one in found]


def promised_between(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    since: datetime | None,
    until: datetime | None,
    limit: int = _MOST_CHANGES,
) -> list[Promised]:
    """What was expected at some time in `[since, until)`, newest first; None is without an end."""
    theirs = (_E.publication_id == publication_id) & (_E.subscriber_id == subscriber_id)
    chosen = select(_E.id, _E.since, _E.until).where(theirs).order_by(_E.id.desc()).limit(limit)
    if since is not None:
        chosen = chosen.where(_E.until.is_(None) | (_E.until >= since))
    if until is not None:
        chosen = chosen.where(_E.since < until)
    rows = connection.execute(chosen).all()
    terms = terms_at(connection, publication_id, [row.id for row in rows])
    return [Promised(since=row.since, until=row.until, terms=terms[row.id]) for row in rows]


def written_between(
    connection: Connection, publication_id: int, subscriber_id: int, since: datetime, until: datetime
) -> list[tuple[int, datetime]]:
    """Which topics wrote to a subscriber when, in `[since, until)`, oldest first: whatever became of it."""
    theirs = (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
    within = (_D.scheduled_at >= since) & (_D.scheduled_at < until) & _D.topic_id.is_not(None)
    campaigns = select(_D.topic_id, _D.scheduled_at).where(theirs & within).order_by(_D.scheduled_at).limit(_MOST_MAILS)
    elsewhere = mails_elsewhere(connection, publication_id, subscriber_id, since, until)
    found = [(topic, at) for topic, at in connection.execute(campaigns)]
    return [*found, *((one.topic_id, one.at) for one in elsewhere if one.topic_id is not None)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailElsewhere:
    """A mail that another system sent. `is_broken`: the promise of then did not allow it."""

    at: datetime
    topic_id: int | None
    is_broken: bool


def mails_elsewhere(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    since: datetime | None,
    until: datetime | None,
    *,
    only_broken: bool = False,
    limit: int = 200,
) -> list[MailElsewhere]:
    """What other systems sent to a subscriber in `[since, until)`, newest first; None is without an end."""
    theirs = (_F.publication_id == publication_id) & (_F.subscriber_id == subscriber_id)
    counts = _F.state.in_([state.value for state in COUNTS])
    chosen = select(_F.occurred_at, _F.topic_id, _F.broken).where(theirs & counts)
    if only_broken:
        chosen = chosen.where(_F.broken.is_(True))
    if since is not None:
        chosen = chosen.where(_F.occurred_at >= since)
    if until is not None:
        chosen = chosen.where(_F.occurred_at < until)
    rows = connection.execute(chosen.order_by(_F.occurred_at.desc(), _F.id.desc()).limit(limit))
    return [MailElsewhere(at=row.occurred_at, topic_id=row.topic_id, is_broken=row.broken) for row in rows]


def broken_promises(
    connection: Connection, publication_id: int, subscriber_id: int, limit: int = 50
) -> list[MailElsewhere]:
    """The mails that came though the terms did not allow them, newest first; only other systems can send one."""
    return mails_elsewhere(connection, publication_id, subscriber_id, None, None, only_broken=True, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An unsubscribe: from a topic, or from everything where that is None; `was_undone` if it was taken back."""

    at: datetime
    topic_id: int | None
    was_undone: bool


def left_between(
    connection: Connection, publication_id: int, subscriber_id: int, since: datetime | None, until: datetime | None
) -> list[Left]:
    """When a subscriber left something in `[since, until)`, newest first; None is without an end."""
    chosen = select(_U.occurred_at, _U.topic_id, _U.undone_at).where(
        (_U.publication_id == publication_id) & (_U.subscriber_id == subscriber_id)
    )
    if since is not None:
        chosen = chosen.where(_U.occurred_at >= since)
    if until is not None:
        chosen = chosen.where(_U.occurred_at < until)
    rows = connection.execute(chosen.order_by(_U.occurred_at.desc(), _U.id.desc()).limit(_MOST_CHANGES))
    return [Left(at=row.occurred_at, topic_id=row.topic_id, was_undone=row.undone_at is not None) for row in rows]
