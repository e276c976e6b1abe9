"""How much life there is in a publication: its readers, and the mails that reached them lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from preferences.delivery import AttemptOutcome
from preferences.store.tables import ATTEMPT, SUBSCRIBER

_S, _A = SUBSCRIBER.c, ATTEMPT.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Readership:
    """Subscribers who may be written to, and mails that were accepted for anybody."""

    readers: int
    mails: int


def readership(connection: Connection, publication_id: int, since: datetime) -> Readership:
    """The readers of a publication as they are now, and its accepted mails committed at or after `since`."""
    readers = (
        select(func.count())
        .select_from(SUBSCRIBER)
        .where(
            (_S.publication_id == publication_id)
            & _S.confirmed_at.is_not(None)
            & _S.unsubscribed_at.is_(None)
            & _S.suppressed.is_(None)
            & _S.erased_at.is_(None)
        )
    )
    mails = (
        select(func.count())
        .select_from(ATTEMPT)
        .where(
            (_A.publication_id == publication_id)
            & (_A.outcome == AttemptOutcome.ACCEPTED.value)
            & (_A.committed_at >= since)
        )
    )
    return Readership(readers=connection.execute(readers).scalar_one(), mails=connection.execute(mails).scalar_one())
