"""What is still open for some subscribers, and everything the law needs to decide about it, read after their lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from preferences.campaign import Candidate, ExpiryBasis
from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.expectation import Arrives, Expectation, Terms
from preferences.history import History
from preferences.store.among import among_named
from preferences.store.expectations import terms_at, terms_of
from preferences.store.histories import histories_of
from preferences.store.rows import filled
from preferences.store.subscribers import SubscriberRow, subscribers
from preferences.store.tables import ATTEMPT, CAMPAIGN, CAMPAIGN_TOPIC, DELIVERY, EXPECTATION

RUNNING = (CampaignStatus.SENDING.value, CampaignStatus.WAITING.value)
# What a person holds back is decided again all the same when its reader changes something; only nothing of it leaves.
RUNNING_OR_PAUSED = (*RUNNING, CampaignStatus.PAUSED.value)
UNDECIDED = (State.DUE.value, State.WAITING.value, State.DIGEST_TO_COME.value, State.DEFERRED.value)
_D = DELIVERY.c


def _as_written(column: ColumnElement[str], values: tuple[str, ...]) -> ColumnElement[bool]:
    """One of these in the statement's text: it is written once, whatever is asked with it."""
    return column.in_([literal_column(f"'{value}'") for value in values])


# Whoever asks for an instant besides reads `ix_delivery_wakes`.
IS_UNDECIDED = _as_written(_D.state, UNDECIDED)
# As `ix_delivery_open` has it: undecided, or being handed over.
IS_OPEN: ColumnElement[bool] = _D.is_open
# Whose it is: a sum, so that what is open is read, and not all that a campaign ever had in the order of campaigns.
OPEN_OF: ColumnElement[int] = _D.campaign_id + literal_column("0")
# Those of them that leave by themselves, or do so now.
IS_LEAVING = IS_OPEN & _as_written(_D.state, (State.DUE.value, State.HANDING_OVER.value))
# As `ix_delivery_in_doubt` has it.
IS_IN_DOUBT: ColumnElement[bool] = _D.is_in_doubt
# By the lease, so that its partial index is searched and not the table: an attempt has one always.
IS_UNDER_WAY = ATTEMPT.c.outcome.is_(None) & (ATTEMPT.c.lease_id > 0)


# Without slots, so that it can be `filled`.
@dataclass(frozen=True, kw_only=True)
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
    found = connection.execute(_open_with(tuple(statuses)), {"numbers": subscriber_ids}).all()
    # Here, so that the index by subscriber is the one used.
    rows = [row for row in found if row[_STATE] in _UNDECIDED]
    topics = campaign_topics(connection, {row[_CAMPAIGN] for row in rows} - {None})
    return [_open(row, topics) for row in rows]


_OTHERS = {"rhythm", "state", "reason", "expiry", "priority", "topics", "is_paused"}
_PLAIN = tuple(name for name in OpenDelivery.__dataclass_fields__ if name not in _OTHERS)
_SPELLED = (_D.rhythm, _D.state, _D.reason, _D.expiry)
_UNDECIDED = frozenset(UNDECIDED)
_CAMPAIGN = _PLAIN.index("campaign_id")
_STATE = len(_PLAIN) + 1


# Asked for each group, and writing the statement takes longer than running it.
@cache
def _open_with(statuses: tuple[str, ...]) -> Select[Any]:
    return (
        select(*(_D[name] for name in _PLAIN), *_SPELLED, CAMPAIGN.c.priority, CAMPAIGN.c.status)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == _D.campaign_id)
        .where(
            among_named(_D.subscriber_id, "numbers")
            & IS_OPEN
            & (_D.campaign_id.is_(None) | _as_written(CAMPAIGN.c.status, statuses))
        )
        .order_by(_D.id)
    )


def _open(row: Sequence[Any], topics: Mapping[int, tuple[int, ...]]) -> OpenDelivery:
    values = dict(zip(_PLAIN, row, strict=False))
    rhythm, state, reason, expiry, priority, status = row[len(_PLAIN) :]
    values["rhythm"] = None if rhythm is None else Arrives(rhythm)
    values["state"] = _STATES[state]
    values["reason"] = _REASONS[reason]
    values["expiry"] = _EXPIRIES[expiry]
    values["priority"] = priority or 0
    values["topics"] = topics.get(row[_CAMPAIGN], ())
    values["is_paused"] = status == CampaignStatus.PAUSED.value
    return filled(OpenDelivery, values)


# Calling an enumeration takes longer.
_STATES = {one.value: one for one in State}
_REASONS = {one.value: one for one in Reason}
_EXPIRIES = {one.value: one for one in ExpiryBasis}


def campaign_topics(connection: Connection, campaign_ids: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """The topics of campaigns, in their own order, by campaign."""
    if not campaign_ids:
        return {}
    topics: dict[int, tuple[int, ...]] = {}
    for campaign, topic in connection.execute(_TOPICS_OF, {"numbers": campaign_ids}).all():
        topics[campaign] = (*topics.get(campaign, ()), topic)
    return topics


_T = CAMPAIGN_TOPIC.c
_TOPICS_OF = (
    select(_T.campaign_id, _T.topic_id)
    .where(among_named(_T.campaign_id, "numbers"))
    .order_by(_T.campaign_id, _T.position)
)
