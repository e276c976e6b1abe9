"""What readers answer to the question under an issue. Another answer takes the place of the one before.

Every answer is a row, so that it stays known when somebody answered; the words of one that was replaced are emptied,
because a reader who writes anew means the new words, and who takes an answer back leaves no words at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from preferences.errors import Conflict, Invalid, NotFound, Said
from preferences.store.changes import locked_subscriber
from preferences.store.tables import ANSWER, CAMPAIGN, CAMPAIGN_CONTENT, DELIVERY, SUBSCRIBER

_A, _D, _C, _X, _S = ANSWER.c, DELIVERY.c, CAMPAIGN.c, CAMPAIGN_CONTENT.c, SUBSCRIBER.c
LONGEST = 5000
# Nobody changes an answer as often; a program that was given a link might.
_MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question as it stands under one reader's mail; `question` is empty where nothing was asked."""

    campaign_id: int
    title: str
    question: str


def asking(connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int) -> Asking:
    """What was asked under a delivery of a campaign. Raises `NotFound`, also for a digest."""
    mine = (_D.id == delivery_id) & (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
    chosen = (
        select(_D.campaign_id, _X.title, _X.subject, _X.question)
        .join(CAMPAIGN_CONTENT, (_X.campaign_id == _D.campaign_id) & (_X.revision == _D.revision))
        .where(mine)
    )
    row = connection.execute(chosen).one_or_none()
    if row is None:
        raise NotFound("there is no such mail any more")
    return Asking(campaign_id=row.campaign_id, title=row.title or row.subject, question=row.question)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The answer of one reader to one campaign, as it stands."""

    words: str
    may_write_back: bool
    occurred_at: datetime


def kept_answer(connection: Connection, subscriber_id: int, campaign_id: int) -> KeptAnswer | None:
    """What a reader answered last; None where they did not, or took it back."""
    mine = (_A.subscriber_id == subscriber_id) & (_A.campaign_id == campaign_id)
    chosen = select(_A.words, _A.may_write_back, _A.occurred_at).where(mine).order_by(_A.id.desc()).limit(1)
    row = connection.execute(chosen).mappings().one_or_none()
    return None if row is None or not row["words"] else KeptAnswer(**row)


def checked_answer(words: str) -> str:
    """Words that can be kept, with their lines. Raises `Invalid` for none, too many, and for NUL."""
    text = "\n".join(line.rstrip() for line in words.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
    if not text:
        raise Invalid.one("words", Said("write something, or leave this page as it is"))
    if len(text) > LONGEST:
        raise Invalid.one(
            "words", Said("must be at most {most} characters long; this has {count}", most=LONGEST, count=len(text))
        )
    if "\x00" in text:
        raise Invalid.one("words", Said("must not hold the character NUL"))
    return text


def keep_answer(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    delivery_id: int,
    words: str,
    now: datetime,
    *,
    may_write_back: bool,
) -> None:
    """Keep an answer; the same one again writes nothing. Raises `Invalid`, `NotFound`, and `Conflict` where nothing was
    asked or the answer was changed too often.
    """
    text = checked_answer(words)
    asked = _locked(connection, publication_id, subscriber_id, delivery_id)
    before = kept_answer(connection, subscriber_id, asked.campaign_id)
    if before is not None and (before.words, before.may_write_back) == (text, may_write_back):
        return
    _append(
        connection,
        asked,
        publication_id=publication_id,
        subscriber_id=subscriber_id,
        delivery_id=delivery_id,
        words=text,
        may_write_back=may_write_back,
        occurred_at=now,
    )


def take_answer_back(
    connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int, now: datetime
) -> None:
    """Leave no words of an answer; harmless where there is none. Raises `NotFound`."""
    asked = _locked(connection, publication_id, subscriber_id, delivery_id)
    if kept_answer(connection, subscriber_id, asked.campaign_id) is None:
        return
    _append(
        connection,
        asked,
        publication_id=publication_id,
        subscriber_id=subscriber_id,
        delivery_id=delivery_id,
        words="",
        may_write_back=False,
        occurred_at=now,
    )


def _locked(connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int) -> Asking:
    # Who was erased while this waited has no words any more.
    locked_subscriber(connection, publication_id, subscriber_id)
    asked = asking(connection, publication_id, subscriber_id, delivery_id)
    if not asked.question:
        raise Conflict(Said("nothing is asked under this issue"))
    return asked


def _append(connection: Connection, asked: Asking, **values: Any) -> None:
    mine = (_A.subscriber_id == values["subscriber_id"]) & (_A.campaign_id == asked.campaign_id)
    versions = connection.execute(select(func.count()).select_from(ANSWER).where(mine)).scalar_one()
    if versions >= _MOST_VERSIONS and values["words"]:
        raise Conflict(Said("this answer was changed very often already: please reply to the mail instead"))
    connection.execute(update(ANSWER).where(mine & (_A.words != "")).values(words=""))
    connection.execute(
        insert(ANSWER).values(
            campaign_id=asked.campaign_id, question=asked.question, recorded_at=values["occurred_at"], **values
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One answer as the console lists it. `address` is None where the reader did not say that one may write back."""

    id: int
    subscriber_id: int
    campaign_id: int
    campaign: str
    question: str
    words: str
    name: str
    address: str | None
    may_write_back: bool
    occurred_at: datetime


def answers(
    connection: Connection,
    publication_id: int,
    limit: int,
    *,
    before: int | None = None,
    campaign_id: int | None = None,
    subscriber_id: int | None = None,
) -> list[AnswerLine]:
    """At most `limit` answers as they stand, newest first, of those with a number below `before`."""
    chosen = (
        select(*(_A[name] for name in _PLAIN), _C.name.label("campaign"), _S.name, _S.address)
        .join(CAMPAIGN, _C.id == _A.campaign_id)
        .join(SUBSCRIBER, _S.id == _A.subscriber_id)
        .where((_A.publication_id == publication_id) & _stands())
        .order_by(_A.id.desc())
        .limit(limit)
    )
    for column, value in ((_A.campaign_id, campaign_id), (_A.subscriber_id, subscriber_id)):
        if value is not None:
            chosen = chosen.where(column == value)
    if before is not None:
        chosen = chosen.where(_A.id < before)
    return [_line(row) for row in connection.execute(chosen).mappings()]


_PLAIN = ("id", "subscriber_id", "campaign_id", "question", "words", "may_write_back", "occurred_at")


def _line(row: Any) -> AnswerLine:
    kept = {name: row[name] for name in (*_PLAIN, "campaign", "name")}
    return AnswerLine(**kept, address=row["address"] if row["may_write_back"] else None)


def count_answers(connection: Connection, publication_id: int, campaign_id: int | None = None) -> int:
    """How many answers stand."""
    which = (_A.publication_id == publication_id) & _stands()
    if campaign_id is not None:
        which &= _A.campaign_id == campaign_id
    return connection.execute(select(func.count()).select_from(ANSWER).where(which)).scalar_one()


def _stands() -> ColumnElement[bool]:
    """What was not replaced, taken back or erased still has its words."""
    return _A.words != ""
