"""Restorations: whether the database is older than what has been handed over, and what a person says about it.

A mark is the newest hand-over that a machine knows of, kept outside the database. Where the database does not know it,
a backup was restored: mails may have left that it knows nothing of, and nothing leaves until a person has answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    insert,
    literal,
    null,
    select,
    text,
    update,
)

from preferences.delivery import RestorationAnswer
from preferences.errors import AnyDoubt, Conflict
from preferences.expectation import Suppression
from preferences.store.tables import ATTEMPT, DELIVERY, INSTALLATION, PUBLICATION, RESTORATION, SUBSCRIBER

# A mark may be late by as much as a process writes it; what was to leave by then is taken for having been begun.
MARKED_WITHIN = timedelta(minutes=1)
# Nobody who signed up after the backup was made may meet their number, and their links, in somebody else's hands.
_NUMBERS_LEFT_OUT = 1_000_000
_A, _R = ATTEMPT.c, RESTORATION.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The newest hand-over known: its number and instant, and the highest number of a subscriber at that time."""

    number: int
    at: datetime
    subscriber: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """A restoration that nobody has answered. `known_at` is the newest hand-over in the database, None without one.

    `hand_overs` is how many hand-overs the mark has more than the database, None where there was no mark: on PostgreSQL
    at most so many. What was to leave by `until` may have left.
    """

    found_at: datetime
    known_at: datetime | None
    marked_at: datetime | None
    hand_overs: int | None
    until: datetime


class Restored(AnyDoubt):
    """The database is older than what has been handed over, and nobody has said yet what to do about it."""


def newest_mark(connection: Connection) -> Mark | None:
    """The mark of what the database knows now; None as long as nothing has been handed over."""
    row = connection.execute(select(_A.id, _A.committed_at).order_by(_A.id.desc()).limit(1)).first()
    if row is None:
        return None
    subscriber = connection.execute(select(func.max(SUBSCRIBER.c.id))).scalar()
    return Mark(number=row.id, at=row.committed_at, subscriber=subscriber or 0)


def check_not_restored(connection: Connection, mark: Mark | None) -> datetime | None:
    """Raise `Restored` where the database does not know the mark, or where nobody has answered for a restoration yet.

    Answers until when what was to leave may have left before a restoration that was answered so; None where none was.
    """
    row = _standing(connection, mark)
    if row.unanswered:
        raise Restored("the database was restored from a backup: nothing is sent until a person has answered")
    if _is_behind(row, mark):
        raise Restored("the database does not know the newest hand-over of this machine: it was restored from a backup")
    written_until: datetime | None = row.written_until
    return written_until


def _standing(connection: Connection, mark: Mark | None) -> Row[Any]:
    """Everything about restorations in one statement, because it is asked before every group."""
    if mark is None:
        return connection.execute(_STANDING).one()
    return connection.execute(_STANDING_WITH_MARK, {"number": mark.number}).one()


def _asked(at: ColumnElement[Any]) -> Select[Any]:
    written = select(func.max(_R.until)).where(_R.answer == RestorationAnswer.WRITTEN.value).scalar_subquery()
    unanswered = select(literal(1)).select_from(RESTORATION).where(_R.answer.is_(None)).exists()
    settled = select(func.max(_R.found_at)).scalar_subquery()
    return select(
        at.label("at"), written.label("written_until"), unanswered.label("unanswered"), settled.label("settled_at")
    )


# Writing a statement takes longer than running it.
_STANDING = _asked(null())
_STANDING_WITH_MARK = _asked(select(_A.committed_at).where(_A.id == bindparam("number")).scalar_subquery())


def _is_behind(row: Row[Any], mark: Mark | None) -> bool:
    """Whether the mark is of something that the database does not know, and that no restoration has settled since."""
    if mark is None or row.at == mark.at:
        return False
    return row.settled_at is None or mark.at > row.settled_at


def note_if_restored(connection: Connection, mark: Mark | None, now: datetime) -> bool:
    """Note that the database was restored, where it does not know the mark; answers whether it was noted now."""
    _lock(connection)
    row = _standing(connection, mark)
    if mark is None or row.unanswered or not _is_behind(row, mark):
        return False
    _note(connection, mark, mark.at + MARKED_WITHIN, now)
    return True


def note_restored(connection: Connection, mark: Mark | None, now: datetime) -> bool:
    """Note that a backup was restored, as a person says; answers False where one is noted that nobody has answered.

    Without a mark, whatever was to leave until now may have left.
    """
    _lock(connection)
    if _standing(connection, None).unanswered:
        return False
    _note(connection, mark, now if mark is None else mark.at + MARKED_WITHIN, now)
    return True


def _lock(connection: Connection) -> None:
    connection.execute(select(INSTALLATION.c.id).with_for_update()).all()


def _note(connection: Connection, mark: Mark | None, until: datetime, now: datetime) -> None:
    known = newest_mark(connection)
    connection.execute(
        insert(RESTORATION).values(
            found_at=now,
            known_number=0 if known is None else known.number,
            known_at=None if known is None else known.at,
            marked_number=None if mark is None else mark.number,
            marked_at=None if mark is None else mark.at,
            until=until,
        )
    )
    _leave_out_numbers(connection, mark, now)


def _leave_out_numbers(connection: Connection, mark: Mark | None, now: datetime) -> None:
    """The next subscriber is numbered far beyond whoever the backup does not know: their links must lead to nobody.

    The numbers are kept free by one row that is nobody, as an erased person is, because SQLite goes by the highest row.
    """
    publication = connection.execute(select(func.min(PUBLICATION.c.id))).scalar()
    if publication is None:
        return
    highest = connection.execute(select(func.max(SUBSCRIBER.c.id))).scalar() or 0
    nobody = max(highest, 0 if mark is None else mark.subscriber) + _NUMBERS_LEFT_OUT
    connection.execute(
        insert(SUBSCRIBER).values(
            id=nobody,
            publication_id=publication,
            suppressed=Suppression.ERASED.value,
            suppressed_at=now,
            erased_at=now,
            created_at=now,
        )
    )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval(pg_get_serial_sequence('subscriber', 'id'), :last)"), {"last": nobody})


def open_restoration(connection: Connection) -> Restoration | None:
    """The restoration that waits for a person's answer; None where none does."""
    row = connection.execute(select(RESTORATION).where(_R.answer.is_(None)).order_by(_R.id).limit(1)).first()
    if row is None:
        return None
    more = None if row.marked_number is None else max(row.marked_number - row.known_number, 0)
    return Restoration(
        found_at=row.found_at, known_at=row.known_at, marked_at=row.marked_at, hand_overs=more, until=row.until
    )


def answer_restoration(connection: Connection, answer: RestorationAnswer, now: datetime) -> None:
    """Say what became of what was to leave before the restoration; from then on mail leaves. Raises `Conflict`.

    *Written*: what the law would send of it now is counted and in doubt, so that a person can still say otherwise of
    each. *Not written*: it is sent.
    """
    answered = update(RESTORATION).where(_R.answer.is_(None)).values(answer=answer.value, answered_at=now)
    if not connection.execute(answered).rowcount:
        raise Conflict("nothing is to be answered: the database knows everything that was handed over")


def may_have_left(connection: Connection, delivery_ids: Collection[int], until: datetime) -> set[int]:
    """Which of these were to leave by an instant, and so may have left before the database was restored."""
    of = DELIVERY.c
    chosen = select(of.id).where(of.id.in_(sorted(delivery_ids)) & (of.scheduled_at <= until))
    return set(connection.execute(chosen).scalars())
