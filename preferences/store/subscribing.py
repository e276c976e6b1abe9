"""Subscribing somebody whose consent another program vouches for, with the proof as it states it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from preferences.asked import checked_zone
from preferences.errors import Invalid
from preferences.store.consents import Consent, ConsentKind, record_consent, topics_in_proof
from preferences.store.events import By
from preferences.store.expectations import begin_expectation, terms_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import PublicationRow, publication
from preferences.store.referrals import state_referral
from preferences.store.signups import SignUp, checked_versions
from preferences.store.standings import change_standing
from preferences.store.subscribers import add_subscriber
from preferences.wording import SENTENCE_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A consent that another program vouches for: when it was given and confirmed, and until when it holds.

    `given_at` None is the instant of the confirmation. Jurisdiction and basis are the publication's where they are empty.
    """

    confirmed_at: datetime
    given_at: datetime | None = None
    method: str = "stated_by_program"
    ends_at: datetime | None = None
    jurisdiction: str = ""
    basis: str = ""


def subscribe(
    connection: Connection, publication_id: int, sign_up: SignUp, stated: Stated, by: By, now: datetime
) -> int:
    """Subscribe somebody at once; answers the number. An address that is suppressed arrives so and is not written to.

    Raises `Conflict` with the number where the address is there already, and `Invalid`.
    """
    if not sign_up.asked.topics:
        raise Invalid.one("topics", "choose at least one topic")
    if stated.confirmed_at > now:
        raise Invalid.one("consent.confirmed_at", "lies in the future")
    sender = publication(connection, publication_id)
    subscriber_id = add_subscriber(
        connection,
        publication_id,
        sign_up.address,
        now,
        name=sign_up.name,
        fields=sign_up.fields,
        language=sign_up.language,
        source=sign_up.source,
        brought_by=sign_up.brought_by,
        confirmed_at=stated.confirmed_at,
        consent_ends_at=stated.ends_at,
    )
    if sign_up.brought_by is not None:
        state_referral(connection, publication_id, subscriber_id, sign_up.brought_by, now)
    begin_expectation(
        connection,
        publication_id,
        subscriber_id,
        sign_up.asked,
        by,
        now,
        zone=checked_zone(sign_up.zone) if sign_up.zone else sender.zone,
        zone_assumed=not sign_up.zone,
        accepted_versions=checked_versions(connection, publication_id, sign_up.accepted),
    )
    proof = _proof(connection, sender, subscriber_id, sign_up, stated, now)
    record_consent(connection, publication_id, subscriber_id, proof, by.route, now)
    change_standing(connection, publication_id, subscriber_id, "subscribed", by, now, columns={})
    return subscriber_id


def _proof(
    connection: Connection,
    sender: PublicationRow,
    subscriber_id: int,
    sign_up: SignUp,
    stated: Stated,
    now: datetime,
) -> Consent:
    terms = terms_of(connection, sender.id, [subscriber_id])[subscriber_id]
    return Consent(
        kind=ConsentKind.GIVEN,
        method=stated.method,
        occurred_at=stated.given_at or stated.confirmed_at,
        confirmation_pressed_at=stated.confirmed_at,
        address_typed=sign_up.address.spelled,
        address_normalised=sign_up.address.normalised,
        topics=topics_in_proof(sign_up.asked),
        promise=promise_in_words(connection, sender, terms, now, sign_up.language),
        sentence_version=SENTENCE_VERSION,
        url=sign_up.url,
        language=sign_up.language or sender.language,
        network_address=sign_up.network_address,
        agent=sign_up.agent,
        jurisdiction=stated.jurisdiction,
        basis=stated.basis,
        wording=sign_up.wording,
        ends_at=stated.ends_at,
    )
