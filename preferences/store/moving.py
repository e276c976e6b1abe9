"""Moving a person to another address: everything else of them stays, and what was still to be written goes there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from preferences.address import Address
from preferences.store.changes import slugs
from preferences.store.consents import Consent, ConsentKind, record_consent, topics_in_proof
from preferences.store.events import By
from preferences.store.expectations import asked_of, terms_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import publication
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import ServiceState, queue
from preferences.store.standings import change_standing
from preferences.store.subscribers import SubscriberRow
from preferences.store.suppressions import forget_suppression
from preferences.store.tables import SERVICE_MAIL
from preferences.wording import SENTENCE_VERSION

# What is meant for the person, wherever they are; the questions to the two ends are for those mailboxes alone.
_FOLLOWS = (ServiceKind.CHANGED, ServiceKind.GOODBYE, ServiceKind.FRESH_LINK)


def move(
    connection: Connection, person: SubscriberRow, to: Address, answered_at: datetime, by: By, now: datetime
) -> None:
    """Send a locked subscriber's mail to another address, with a row of the proof, and receipts to both.

    Its owner has answered from it at `answered_at`: what was dead or erased there is so no more.
    """
    here, before = (
        person.publication_id,
        Address(spelled=person.address or "", normalised=person.address_normalised or ""),
    )
    forget_suppression(connection, here, to)
    columns = {"address": to.spelled, "address_normalised": to.normalised}
    change_standing(connection, here, person.id, "address_changed", by, now, columns=columns)
    _redirect(connection, person, to)
    _prove(connection, person, to, answered_at, by, now)
    queue(connection, here, ServiceKind.MOVED, to, now, subscriber_id=person.id)
    queue(connection, here, ServiceKind.MOVED_AWAY, before, now, subscriber_id=person.id)


def _redirect(connection: Connection, person: SubscriberRow, to: Address) -> None:
    """What waits to be written to the person is written to the new address. A campaign reads the address when it leaves."""
    of = SERVICE_MAIL.c
    due = (of.subscriber_id == person.id) & (of.state == ServiceState.DUE.value)
    follows = due & of.kind.in_([kind.value for kind in _FOLLOWS])
    values = {"address": to.spelled, "address_normalised": to.normalised}
    connection.execute(update(SERVICE_MAIL).where(follows).values(**values))


def _prove(
    connection: Connection, person: SubscriberRow, to: Address, answered_at: datetime, by: By, now: datetime
) -> None:
    """The consent is the same; the proof says that its owner answered from the new address, and what was promised then."""
    here = person.publication_id
    sender, terms = publication(connection, here), terms_of(connection, here, [person.id]).get(person.id)
    promised = "" if terms is None else promise_in_words(connection, sender, terms, now, person.language)
    asked = None if terms is None else asked_of(terms, slugs(connection, here))
    proof = Consent(
        kind=ConsentKind.MOVED,
        method="confirmed_by_mail",
        occurred_at=now,
        address_typed=to.spelled,
        address_normalised=to.normalised,
        topics=() if asked is None else topics_in_proof(asked),
        promise=promised,
        sentence_version=SENTENCE_VERSION,
        language=person.language or sender.language,
        jurisdiction=sender.jurisdiction,
        basis=sender.legal_basis,
        confirmation_pressed_at=answered_at,
    )
    record_consent(connection, here, person.id, proof, by.route, now)
