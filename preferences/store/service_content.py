"""What stands in a service mail: read and signed when it is composed, so that no link lies in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from preferences.errors import NotFound
from preferences.links import Claim, Links, Purpose
from preferences.store.address_changes import the_change
from preferences.store.expectations import terms_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import publication
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import ServiceMailRow
from preferences.store.signups import the_request
from preferences.store.subscribers import SubscriberRow, subscriber
from preferences.urls import confirm_url, new_address_url, old_address_url, preferences_url, test_address_url


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContent:
    """What one service mail says. `values` are the links and words that its kind has besides; `why` is empty."""

    language: str
    name: str
    message_token: str
    promise: str
    why: str = ""
    preferences_url: str | None = None
    unsubscribe_url: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def service_content(
    connection: Connection, links: Links, base_url: str, row: ServiceMailRow, now: datetime
) -> ServiceContent | None:
    """The content of a service mail; None where there is nothing to say any more, for its subject is gone."""
    try:
        if row.kind is ServiceKind.CONFIRM:
            return _confirmation(connection, links, base_url, row)
        if row.kind is ServiceKind.TEST_ADDRESS:
            return _test_address(connection, links, base_url, row)
        person = subscriber(connection, row.publication_id, row.subscriber_id or 0)
    except NotFound:
        return None
    if person.erased_at is not None:
        return None
    if row.kind in (ServiceKind.NEW_ADDRESS, ServiceKind.OLD_ADDRESS):
        return _question(connection, links, base_url, row, person, now)
    return _about(connection, links, base_url, row, person, now)


def _confirmation(connection: Connection, links: Links, base_url: str, row: ServiceMailRow) -> ServiceContent | None:
    asked_for = the_request(connection, row.publication_id, row.request_id or 0)
    if asked_for.confirmed_at is not None:
        return None
    claim = Claim(purpose=Purpose.CONFIRM, publication=row.publication_id, request=asked_for.id)
    return ServiceContent(
        language=asked_for.language,
        name=asked_for.name,
        message_token=_message_token(links, row),
        promise=asked_for.promise,
        values={"confirm_url": confirm_url(base_url, links.sign(claim))},
    )


def _test_address(connection: Connection, links: Links, base_url: str, row: ServiceMailRow) -> ServiceContent:
    claim = Claim(purpose=Purpose.TEST_ADDRESS, publication=row.publication_id, request=row.id)
    return ServiceContent(
        language=publication(connection, row.publication_id).language,
        name="",
        message_token=_message_token(links, row),
        promise="",
        values={"address_url": test_address_url(base_url, links.sign(claim))},
    )


def _question(
    connection: Connection, links: Links, base_url: str, row: ServiceMailRow, person: SubscriberRow, now: datetime
) -> ServiceContent | None:
    """What one end of a change of address is asked; a mailbox that may be a stranger's learns nothing of the person."""
    change = the_change(connection, row.publication_id, row.details.get("change", 0))
    if not change.is_open(now) or change.address is None:
        return None
    is_new = row.kind is ServiceKind.NEW_ADDRESS
    purpose, url = (Purpose.NEW_ADDRESS, new_address_url) if is_new else (Purpose.OLD_ADDRESS, old_address_url)
    claim = Claim(purpose=purpose, publication=row.publication_id, request=change.id)
    asked = {} if is_new else {"address": change.address}
    return ServiceContent(
        language=person.language or publication(connection, row.publication_id).language,
        name="" if is_new else person.name,
        message_token=_message_token(links, row),
        promise="",
        values={"answer_url": url(base_url, links.sign(claim)), **asked},
    )


def _about(
    connection: Connection,
    links: Links,
    base_url: str,
    row: ServiceMailRow,
    person: SubscriberRow,
    now: datetime,
) -> ServiceContent:
    sender = publication(connection, row.publication_id)
    terms = terms_of(connection, row.publication_id, [person.id]).get(person.id)
    mine = preferences_url(base_url, _link(links, Purpose.PREFERENCES, person, now))
    values = {}
    if row.kind in (ServiceKind.FRESH_LINK, ServiceKind.ADDRESS_TAKEN):
        values = {"fresh_url": _fresh_url(base_url, row, _link(links, Purpose.FRESH, person, now))}
    elif row.kind is ServiceKind.GOODBYE:
        values = {"ended": ", ".join(row.details.get("ended", [])) or sender.name, "return_url": mine}
    return ServiceContent(
        language=person.language or sender.language,
        name=person.name,
        message_token=_message_token(links, row),
        promise="" if terms is None else promise_in_words(connection, sender, terms, now, person.language),
        # Whose mailbox it was so far gets no link that is younger than what it has.
        preferences_url=None if row.kind is ServiceKind.MOVED_AWAY else mine,
        values=values,
    )


def _fresh_url(base_url: str, row: ServiceMailRow, token: str) -> str:
    """The page that the link was asked for: with what was typed there, or one of those that need a fresh link."""
    fresh = preferences_url(base_url, token)
    if "page" in row.details:
        return f"{fresh}/{row.details['page']}"
    return f"{fresh}?typed={row.id}" if "typed" in row.details else fresh


def _link(links: Links, purpose: Purpose, person: SubscriberRow, now: datetime) -> str:
    claim = Claim(purpose=purpose, publication=person.publication_id, subscriber=person.id, issued_at=now)
    return links.sign(claim)


def _message_token(links: Links, row: ServiceMailRow) -> str:
    """Leads back to the subscriber; to nobody (0) while there is only a request."""
    claim = Claim(purpose=Purpose.MESSAGE, publication=row.publication_id, subscriber=row.subscriber_id or 0)
    return links.sign(claim)
