"""Votes: in which mails the quiet line stands, what readers said by it, and how many of how many.

Whether a delivery has the line is drawn by a keyed hash of its number, so that whoever tries it again draws the same,
and nobody without the key can tell who is asked. The chance is stored with the attempt: an estimate weighs by it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, insert, select, update

from preferences.delivery import AttemptOutcome
from preferences.errors import Invalid, NotFound
from preferences.store.events import By, record
from preferences.store.hand_overs import HandOver
from preferences.store.tables import ATTEMPT, ATTEMPT_STANDS, DELIVERY, INSTALLATION, PUBLICATION, VOTE
from preferences.vote import Vote

_D, _A, _V = DELIVERY.c, ATTEMPT.c, VOTE.c
# The installation keeps one key, for suppressed addresses; what is drawn by it is drawn under a key of its own.
_PURPOSE = b"which deliveries have a line to vote by"
_OCTETS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The chance with which a mail of one publication has a line to vote by, and the key by which it is drawn."""

    key: bytes = field(repr=False)
    share: float

    def share_of(self, delivery_id: int) -> float | None:
        """The chance, where this delivery was drawn; None where it was not."""
        digest = hmac.digest(self.key, delivery_id.to_bytes(_OCTETS, "big"), "sha256")
        place = int.from_bytes(digest[:_OCTETS], "big") / 2 ** (8 * _OCTETS)
        return self.share if place < self.share else None


def draw_of(connection: Connection, publication_id: int) -> Draw:
    """How the mails of a publication are drawn now."""
    row = connection.execute(_DRAWN_BY, {"publication": publication_id}).one()
    return Draw(key=hmac.digest(row.key, _PURPOSE, "sha256"), share=row.vote_share)


# Asked for each group, and writing the statement takes longer than running it.
_DRAWN_BY = select(
    select(INSTALLATION.c.suppression_key).scalar_subquery().label("key"), PUBLICATION.c.vote_share
).where(PUBLICATION.c.id == bindparam("publication"))


def change_vote_share(connection: Connection, publication_id: int, percent: str, by: By, now: datetime) -> None:
    """Let another share of mails have the line from now on, as typed: a number from 0 to 100. Raises `Invalid`."""
    try:
        share = float(percent) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Invalid.one("percent", "must be a number from 0 to 100, such as 10")
    connection.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication_id).values(vote_share=share))
    record(connection, publication_id, "vote_share_changed", by, now, details={"share": share})


def draw_vote_lines(connection: Connection, publication_id: int, mails: Iterable[HandOver]) -> None:
    """Note in each of these mails whether it has the line. What cannot wait has none: no vote could make it come less."""
    draw = draw_of(connection, publication_id)
    if not draw.share:
        return
    for mail in mails:
        is_notice = mail.topic_id is not None and mail.terms.topics[mail.topic_id].notice
        mail.vote_share = None if is_notice else draw.share_of(mail.delivery_id)


def vote(
    connection: Connection, publication_id: int, subscriber_id: int, delivery_id: int, said: Vote, now: datetime
) -> None:
    """Append what a reader says of a delivery; the newest counts, and saying the same again writes nothing.

    Raises `NotFound` for a delivery that is not theirs.
    """
    mine = (_D.id == delivery_id) & (_D.publication_id == publication_id) & (_D.subscriber_id == subscriber_id)
    delivery = connection.execute(select(_D.topic_id).where(mine)).one_or_none()
    if delivery is None:
        raise NotFound("there is no such mail any more")
    if last_vote(connection, delivery_id) is said:
        return
    connection.execute(
        insert(VOTE).values(
            publication_id=publication_id,
            subscriber_id=subscriber_id,
            delivery_id=delivery_id,
            topic_id=delivery.topic_id,
            said=said.value,
            share=_share_asked(connection, delivery_id),
            occurred_at=now,
            recorded_at=now,
        )
    )


def _share_asked(connection: Connection, delivery_id: int) -> float | None:
    """The chance with which the mail of a delivery that may have arrived had the line; None where it had none."""
    asked = select(_A.vote_share).where((_A.delivery_id == delivery_id) & ATTEMPT_STANDS)
    share: float | None = connection.execute(asked).scalar()
    return share


def last_vote(connection: Connection, delivery_id: int) -> Vote | None:
    """What was said last of a delivery."""
    newest = select(_V.said).where(_V.delivery_id == delivery_id).order_by(_V.id.desc()).limit(1)
    said: str | None = connection.execute(newest).scalar()
    return None if said is None else Vote(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCounts:
    """What was said of a campaign. `asked` are its accepted mails that had the line; `by_vote` counts their readers by
    what they said last, `unasked` those of all others, who said it on the web.
    """

    asked: int
    by_vote: Mapping[Vote, int]
    unasked: Mapping[Vote, int]

    @property
    def answered(self) -> int:
        """How many of those who were asked said something."""
        return sum(self.by_vote.values())


def vote_counts(connection: Connection, campaign_id: int) -> VoteCounts:
    """The votes on the deliveries of one campaign; what came along or stood in a digest was not asked about by itself."""
    of_campaign = _D.campaign_id == campaign_id
    asked = _was_asked()
    said = (
        select(_V.said, asked.label("asked"), func.count().label("readers"))
        .join(DELIVERY, _D.id == _V.delivery_id)
        .where(of_campaign & is_last_vote())
        .group_by(_V.said, asked)
    )
    by_vote = dict.fromkeys(Vote, 0)
    unasked = dict.fromkeys(Vote, 0)
    for row in connection.execute(said):
        (by_vote if row.asked else unasked)[Vote(row.said)] += row.readers
    count = select(func.count()).select_from(DELIVERY).where(of_campaign & asked)
    return VoteCounts(asked=connection.execute(count).scalar_one(), by_vote=by_vote, unasked=unasked)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteLine:
    """What one reader said last of one delivery; `was_asked` where their mail had the line."""

    id: int
    subscriber_id: int
    said: Vote
    was_asked: bool
    occurred_at: datetime


def votes(
    connection: Connection, campaign_id: int, limit: int, *, before: int | None = None, said: Vote | None = None
) -> list[VoteLine]:
    """At most `limit` votes on a campaign as they stand, newest first, of those with a number below `before`."""
    chosen = (
        select(_V.id, _V.subscriber_id, _V.said, _V.occurred_at, _was_asked().label("was_asked"))
        .join(DELIVERY, _D.id == _V.delivery_id)
        .where((_D.campaign_id == campaign_id) & is_last_vote())
        .order_by(_V.id.desc())
        .limit(limit)
    )
    if said is not None:
        chosen = chosen.where(_V.said == said.value)
    if before is not None:
        chosen = chosen.where(_V.id < before)
    return [VoteLine(**{**row, "said": Vote(row["said"])}) for row in connection.execute(chosen).mappings()]


def _was_asked() -> ColumnElement[bool]:
    """Whether a delivery was handed over with the line, and the mailbox took it."""
    had_it = _A.vote_share.is_not(None) & (_A.outcome == AttemptOutcome.ACCEPTED.value) & ATTEMPT_STANDS
    return exists().where((_A.delivery_id == _D.id) & had_it).correlate(DELIVERY)


def is_last_vote() -> ColumnElement[bool]:
    """Whether a row of votes is the newest of its delivery."""
    later = VOTE.alias()
    return ~exists().where((later.c.delivery_id == _V.delivery_id) & (later.c.id > _V.id)).correlate(VOTE)
