"""What is still open for some subscribers, and everything the law needs to decide about it, read after their lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal_column, select

from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.expectation import Arrives, Expectation, Terms
from preferences.history import History
from preferences.store.among import among
from preferences.store.expectations import terms_at, terms_of
from preferences.store.histories import histories_of
from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.store.tables import ATTEMPT, CAMPAIGN, CAMPAIGN_TOPIC, DELIVERY, EXPECTATION

RUNNING = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value)
# What a person holds back is decided again all the same when its reader changes something; only nothing of it leaves.
RUNNING_OR_PAUSED = (*RUNNING, CampaignStatus.PAUSED.value)
UNDECIDED = (State.DUE.value, State.WAITING.value, State.DIGEST_TO_COME.value, State.DEFERRED.value)
_OPEN = (
    State.WAITING.value,
    State.DIGEST_TO_COME.value,
    State.DEFERRED.value,
    State.HANDING_OVER.value,
    State.DUE.value,
)
_D = DELIVERY.c


def _as_written(states: tuple[str, ...]) -> ColumnElement[bool]:
    """The states in the statement's text, in the order of the partial index: a parameter could be anything, and the
    index would not be used."""
    return _D.state.in_(bindparam(None, states, expanding=True, literal_execute=True))


# As `ix_delivery_wakes` and `ix_delivery_open` have it.
IS_UNDECIDED = _as_written(UNDECIDED)
IS_OPEN = _as_written(_OPEN)
# Those of them that leave by themselves, or do so now.
IS_LEAVING = IS_OPEN & _as_written((State.DUE.value, State.HANDING_OVER.value))
# As `ix_delivery_in_doubt` has it.
IS_IN_DOUBT = _D.state == literal_column(f"'{State.IN_DOUBT.value}'")
# By the lease, so that its partial index is searched and not the table: an attempt has one always.
IS_UNDER_WAY = ATTEMPT.c.outcome.is_(None) & (ATTEMPT.c.lease_id > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDelivery:
    """One delivery that is not decided for good; `topics` are its campaign's in order, empty for a digest.

    `is_paused` says that its campaign is held back by a person.
    """

    id: int
    subscriber_id: int
    campaign_id: int | None
    rhythm: Arrives | None
    slot_on: date | None
    state: State
    reason: Reason
    topic_id: int | None
    scheduled_at: datetime
    wakes_at: datetime | None
    opens_at: datetime | None
    expires_at: datetime | None
    expiry: ExpiryBasis
    has_waited: bool
    digest_stopped: bool
    tries: int
    revision: int
    priority: int
    topics: tuple[int, ...]
    is_paused: bool = False

    def candidate(self, coming_at: datetime | None, *, has_waited: bool | None = None) -> Candidate:
        """This delivery of a campaign as the law sees it."""
        return Candidate(
            id=self.id,
            campaign=self.campaign_id or 0,
            topics=self.topics,
            scheduled_at=self.scheduled_at,
            expires_at=self.expires_at,
            expiry=self.expiry,
            priority=self.priority,
            has_waited=self.has_waited if has_waited is None else has_waited,
            coming_at=coming_at,
            digest_stopped=self.digest_stopped,
        )

    def is_awake(self, now: datetime) -> bool:
        """Whether it is to be looked at now."""
        return self.wakes_at is not None and self.wakes_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One subscriber as everything is decided about: standing, terms, history and what is open."""

    subscriber: SubscriberRow
    terms: Terms
    history: History
    open: tuple[OpenDelivery, ...]

    def kept_digest(self, rhythm: Arrives) -> OpenDelivery | None:
        """The digest that is to be tried again, of several the one that wakes first; all its items go with it."""
        rows = [(one.wakes_at, one.id, one) for one in self.open if one.rhythm is rhythm and one.wakes_at is not None]
        return min(rows)[2] if rows else None


def situations(
    connection: Connection,
    publication_id: int,
    subscriber_ids: Collection[int],
    now: datetime,
    statuses: Collection[str] = RUNNING,
) -> dict[int, Situation]:
    """The situation of each of these subscribers, who must be locked, with what is open of campaigns in `statuses`.

    Whose expectation cannot be read is missing from the answer.
    """
    people = subscribers(connection, subscriber_ids)
    terms = _readable(partial(judged_terms, connection, publication_id), subscriber_ids)
    histories = histories_of(connection, subscriber_ids, now)
    deliveries: dict[int, list[OpenDelivery]] = {}
    for delivery in open_deliveries(connection, subscriber_ids, statuses):
        deliveries.setdefault(delivery.subscriber_id, []).append(delivery)
    return {
        one: Situation(
            subscriber=people[one],
            terms=terms[one],
            history=histories[one],
            open=tuple(deliveries.get(one, ())),
        )
        for one in sorted(terms)
    }


def _readable(read: Callable[[Collection[int]], dict[int, Terms]], ids: Collection[int]) -> dict[int, Terms]:
    """The terms that can be read: all at once, and each by itself where one cannot, so that it holds nobody else."""
    try:
        return read(ids)
    except ValueError:
        if len(ids) == 1:
            return {}
        return {key: terms for one in ids for key, terms in _readable(read, [one]).items()}


def judged_terms(connection: Connection, publication_id: int, subscriber_ids: Collection[int]) -> dict[int, Terms]:
    """The terms in force; for who has left everything those that ended last, under which nothing is sent any more.

    Raises ValueError where somebody's expectation cannot be read: a zone that is unknown by now.
    """
    terms = terms_of(connection, publication_id, subscriber_ids)
    missing = set(subscriber_ids) - set(terms)
    if missing:
        newest = connection.execute(
            select(EXPECTATION.c.subscriber_id, func.max(EXPECTATION.c.id))
            .where(EXPECTATION.c.subscriber_id.in_(sorted(missing)))
            .group_by(EXPECTATION.c.subscriber_id)
        ).all()
        # Nobody is sent anything under these: what cannot be read of them need not be.
        ended = _readable(partial(terms_at, connection, publication_id), [expectation for _, expectation in newest])
        terms.update({subscriber: ended[expectation] for subscriber, expectation in newest if expectation in ended})
    nothing = Terms(expectation=Expectation(id=0, zone="UTC", topics=()), cadences={})
    return {one: terms.get(one, nothing) for one in subscriber_ids}


def open_deliveries(
    connection: Connection, subscriber_ids: Collection[int], statuses: Collection[str] = RUNNING
) -> list[OpenDelivery]:
    """What is undecided for these subscribers, oldest first: digests, and deliveries of campaigns in `statuses`."""
    rows = connection.execute(
        select(*(_D[name] for name in _PLAIN), *_SPELLED, CAMPAIGN.c.priority, CAMPAIGN.c.status)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == _D.campaign_id)
        .where(
            among(connection, _D.subscriber_id, subscriber_ids)
            & IS_OPEN
            & (_D.campaign_id.is_(None) | CAMPAIGN.c.status.in_(statuses))
        )
        .order_by(_D.id)
    ).all()
    rows = [row for row in rows if row.state in _UNDECIDED]  # here, so that the index by subscriber is the one used
    topics = campaign_topics(connection, {row.campaign_id for row in rows if row.campaign_id is not None})
    return [_open(row, topics) for row in rows]


_OTHERS = {"rhythm", "state", "reason", "expiry", "priority", "topics", "is_paused"}
_PLAIN = tuple(name for name in OpenDelivery.__dataclass_fields__ if name not in _OTHERS)
_SPELLED = (_D.rhythm, _D.state, _D.reason, _D.expiry)
_UNDECIDED = frozenset(UNDECIDED)


def _open(row: Sequence[Any], topics: Mapping[int, tuple[int, ...]]) -> OpenDelivery:
    plain = dict(zip(_PLAIN, row, strict=False))
    rhythm, state, reason, expiry, priority, status = row[len(_PLAIN) :]
    return OpenDelivery(
        **plain,
        rhythm=None if rhythm is None else Arrives(rhythm),
        state=State(state),
        reason=Reason(reason),
        expiry=ExpiryBasis(expiry),
        priority=priority or 0,
        topics=topics.get(plain["campaign_id"], ()),
        is_paused=status == CampaignStatus.PAUSED.value,
    )


def campaign_topics(connection: Connection, campaign_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """The topics of campaigns, in their own order, by campaign."""
    if not campaign_ids:
        return {}
    of = CAMPAIGN_TOPIC.c
    rows = connection.execute(
        select(of.campaign_id, of.topic_id)
        .where(among(connection, of.campaign_id, campaign_ids))
        .order_by(of.campaign_id, of.position)
    )
    topics: dict[int, tuple[int, ...]] = {}
    for campaign, topic in rows:
        topics[campaign] = (*topics.get(campaign, ()), topic)
    return topics
