"""Confirming a request: it makes a subscriber, and the proof.

The first confirmation counts; pressing it again is harmless, also after an unsubscribe. For somebody who is subscribed
it adds the topics of the request and changes nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from preferences.address import Address
from preferences.asked import Asked
from preferences.errors import Conflict, NotFound, Said
from preferences.expectation import Suppression
from preferences.store.changes import asked_now, change_expectation, locked_subscriber, settle
from preferences.store.consents import Consent, ConsentKind, record_consent, topics_in_proof
from preferences.store.events import By
from preferences.store.expectations import begin_expectation, terms_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import publication
from preferences.store.referrals import confirm_referral
from preferences.store.signups import RequestRow, lock_requests, mark_confirmed, the_request
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow, add_subscriber, subscriber_at, suppression_of
from preferences.store.suppressions import forget_suppression
from preferences.wording import SENTENCE_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What a confirmation did: `was_new` is False where this request had been confirmed before."""

    subscriber_id: int
    request: RequestRow
    was_new: bool


def confirm(connection: Connection, publication_id: int, request_id: int, by: By, now: datetime) -> Confirmed:
    """Confirm a request. Idempotent. Raises `NotFound` (also once erased) and `Conflict` for an address to which nothing
    is written any more, because it complained or was blocked: an operator lets it back in.
    """
    lock_requests(connection, publication_id, _address_asked(the_request(connection, publication_id, request_id)))
    found = the_request(connection, publication_id, request_id)
    # It may have been erased while somebody else held it.
    _address_asked(found)
    if found.confirmed_at is not None and found.subscriber_id is not None:
        return Confirmed(subscriber_id=found.subscriber_id, request=found, was_new=False)
    subscriber_id = _subscribed(connection, publication_id, found, by, now)
    mark_confirmed(connection, request_id, subscriber_id, now)
    proof = replace(
        _proof(found),
        confirmation_sent_at=found.confirmation_sent_at,
        confirmation_pressed_at=now,
        occurred_at=now,
    )
    record_consent(connection, publication_id, subscriber_id, proof, by.route, now)
    return Confirmed(subscriber_id=subscriber_id, request=found, was_new=True)


def _address_asked(found: RequestRow) -> str:
    """The normalised address of a request. Raises `NotFound` once erased."""
    if found.address is None or found.address_normalised is None:
        raise NotFound("this sign-up was erased")
    return found.address_normalised


def come_back(
    connection: Connection,
    publication_id: int,
    subscriber_id: int,
    asked: Asked,
    by: By,
    now: datetime,
    *,
    zone: str,
    url: str = "",
    network_address: str | None = None,
    agent: str | None = None,
) -> None:
    """Somebody who has left asks anew, with a link that only the mailbox has: confirmed by that, with a proof.

    Raises `Conflict` where nothing is written to the address any more, `Invalid` and `NotFound`.
    """
    person = locked_subscriber(connection, publication_id, subscriber_id)
    if person.suppressed in _FOR_GOOD:
        raise Conflict(_REFUSED)
    if person.suppressed is not None and person.address is not None:
        forget_suppression(connection, publication_id, _address_of(person))
    begin_expectation(connection, publication_id, subscriber_id, asked, by, now, zone=zone)
    change_standing(connection, publication_id, subscriber_id, "subscribed", by, now, columns=_good_standing(now))
    settle(connection, publication_id, [subscriber_id], now)
    sender = publication(connection, publication_id)
    terms = terms_of(connection, publication_id, [subscriber_id])[subscriber_id]
    proof = Consent(
        kind=ConsentKind.GIVEN,
        method="by_link",
        occurred_at=now,
        address_typed=person.address,
        address_normalised=person.address_normalised,
        topics=topics_in_proof(asked),
        promise=promise_in_words(connection, sender, terms, now, person.language),
        sentence_version=SENTENCE_VERSION,
        url=url,
        language=person.language or sender.language,
        network_address=network_address,
        agent=agent,
    )
    record_consent(connection, publication_id, subscriber_id, proof, by.route, now)


def _address_of(person: SubscriberRow) -> Address:
    return Address(spelled=person.address or "", normalised=person.address_normalised or "")


# No confirmation ends these.
_FOR_GOOD = (Suppression.COMPLAINT, Suppression.OPERATOR)
_REFUSED = Said("nothing is written to this address any more; please write to the publication")


def _good_standing(now: datetime) -> dict[str, object]:
    return {
        "confirmed_at": now,
        "consent_ends_at": None,
        "unsubscribed_at": None,
        "suppressed": None,
        "suppressed_at": None,
    }


def _proof(found: RequestRow) -> Consent:
    return Consent(
        kind=ConsentKind.GIVEN,
        method="confirmed_by_mail",
        occurred_at=found.made_at,
        address_typed=found.address,
        address_normalised=found.address_normalised,
        topics=topics_in_proof(found.asked),
        promise=found.promise,
        sentence_version=found.sentence_version,
        url=found.url,
        language=found.language,
        network_address=found.network_address,
        agent=found.agent,
        wording=found.wording,
    )


def _subscribed(connection: Connection, publication_id: int, found: RequestRow, by: By, now: datetime) -> int:
    """The subscriber that the request becomes, or whose topics it adds to."""
    address = Address(spelled=found.address or "", normalised=found.address_normalised or "")
    if suppression_of(connection, publication_id, address) in _FOR_GOOD:
        raise Conflict(_REFUSED)
    there = subscriber_at(connection, publication_id, address)
    if there is None:
        return _begin(connection, publication_id, address, found, by, now)
    person = locked_subscriber(connection, publication_id, there.id)
    if _is_subscribed(person, now):
        _add_topics(connection, person, found, by, now)
    else:
        _come_back(connection, person, address, found, by, now)
    return person.id


def _is_subscribed(person: SubscriberRow, now: datetime) -> bool:
    standing = person.standing
    has_consent = standing.consent_ends_at is None or standing.consent_ends_at > now
    return standing.confirmed and has_consent and not standing.unsubscribed and standing.suppressed is None


def _begin(
    connection: Connection, publication_id: int, address: Address, found: RequestRow, by: By, now: datetime
) -> int:
    # Who answers from a mailbox that was said to be dead, or was erased, has it.
    forget_suppression(connection, publication_id, address)
    subscriber_id = add_subscriber(
        connection,
        publication_id,
        address,
        now,
        name=found.name,
        fields=found.fields,
        language=found.language,
        source=found.source,
        brought_by=found.brought_by,
    )
    confirm_referral(connection, found.id, subscriber_id, now)
    _expect(connection, subscriber_id, found, by, now)
    return subscriber_id


def _come_back(
    connection: Connection, person: SubscriberRow, address: Address, found: RequestRow, by: By, now: datetime
) -> None:
    """Somebody who had left, was never confirmed, or whose consent or mailbox had ended: confirmed anew."""
    forget_suppression(connection, person.publication_id, address)
    confirm_referral(connection, found.id, person.id, now)
    _expect(connection, person.id, found, by, now)


def _expect(connection: Connection, subscriber_id: int, found: RequestRow, by: By, now: datetime) -> None:
    begin_expectation(
        connection,
        found.publication_id,
        subscriber_id,
        found.asked,
        by,
        now,
        zone=found.zone,
        zone_assumed=found.zone_assumed,
        accept=[topic.topic for topic in found.asked.topics],
        accepted_versions=found.accepted,
    )
    change_standing(
        connection,
        found.publication_id,
        subscriber_id,
        "subscribed",
        by,
        now,
        columns=_good_standing(now),
        details={"request": found.id},
    )
    settle(connection, found.publication_id, [subscriber_id], now)


def _add_topics(connection: Connection, person: SubscriberRow, found: RequestRow, by: By, now: datetime) -> None:
    asked = asked_now(connection, person.publication_id, person.id)
    there = set() if asked is None else {topic.topic for topic in asked.topics}
    more = tuple(topic for topic in found.asked.topics if topic.topic not in there)
    if not more:
        return
    change_expectation(
        connection,
        person.publication_id,
        person.id,
        found.asked if asked is None else replace(asked, topics=(*asked.topics, *more)),
        by,
        now,
        zone=found.zone if asked is None else None,
        accepted_versions=found.accepted,
        details={"request": found.id},
    )
