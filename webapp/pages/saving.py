"""What the buttons of "my preferences" do, each in one transaction; what cannot be done is a value the page answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from preferences.address import Address
from preferences.asked import Asked, checked_zone
from preferences.calendar import local_date
from preferences.links import Right
from preferences.opt_down import compare
from preferences.store.changes import change_expectation
from preferences.store.confirmations import come_back
from preferences.store.expectations import terms_asked
from preferences.store.promises import promise_in_words
from preferences.store.service_mails import ServiceKind, queue
from preferences.store.signups import SignUp, checked_versions
from preferences.store.signups import request as request_sign_up
from preferences.store.transactions import Transaction
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from webapp.forms import Filled, accepted_in, asked_in
from webapp.pages.access import Visit, by_link
from webapp.pages.desk import Desk

_BY = by_link(Route.PREFERENCE_PAGE)


class Saved(Enum):
    """What became of a form."""

    DONE = "done"
    ASKED_TO_CONFIRM = "asked_to_confirm"
    """Who had left asks to come back, and the mailbox must answer first."""
    FRESH_LINK_SENT = "fresh_link_sent"
    """It asks for more than this link may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a form asks for."""

    asked: Asked
    zone: str
    accept: tuple[str, ...]
    accepted: dict[str, int]


def save(connection: Transaction, desk: Desk, filled: Filled, url: str) -> Saved:
    """Save the form of a visitor. Raises `Invalid`, `Stale` where another tab was faster, `Conflict`."""
    if not filled.all("topic") and filled.one("version") and not desk.has_left:
        _leave(connection, desk.seen)
        return Saved.DONE
    wanted = _wanted(connection, desk, filled)
    if desk.has_left or desk.terms is None:
        return _return(connection, desk, wanted, url)
    if not desk.seen.may(Right.MORE) and not _is_only_less(desk, wanted):
        send_fresh_link(connection, desk.seen, filled)
        return Saved.FRESH_LINK_SENT
    change(connection, desk, wanted, filled.number("version"))
    return Saved.DONE


def promised_by(connection: Transaction, desk: Desk, filled: Filled) -> str:
    """The sentence that saving this form would lead to; nothing is written. Raises `Invalid`."""
    wanted = _wanted(connection, desk, filled)
    slugs = {topic.id: topic.slug for topic in desk.topics}
    kept = {} if desk.terms is None else {slugs[one.topic]: one.accepted for one in desk.terms.expectation.topics}
    accepted = {**wanted.accepted, **{slug: number for slug, number in kept.items() if slug not in wanted.accept}}
    seen = desk.seen
    terms = terms_asked(connection, seen.publication.id, wanted.asked, zone=wanted.zone, accepted_versions=accepted)
    return promise_in_words(connection, seen.publication, terms, seen.now, seen.person.language)


def _wanted(connection: Transaction, desk: Desk, filled: Filled) -> Wanted:
    slugs = [topic.slug for topic in desk.topics]
    accepted = checked_versions(connection, desk.seen.publication.id, accepted_in(filled, slugs))
    accept = tuple(slug for slug in filled.all("accept") if slug in accepted and filled.has("topic", slug))
    zone = filled.one("zone", desk.zone) or desk.zone
    return Wanted(asked=asked_in(filled, slugs), zone=checked_zone(zone), accept=accept, accepted=accepted)


def _is_only_less(desk: Desk, wanted: Wanted) -> bool:
    if desk.terms is None or wanted.accept or wanted.zone != desk.zone:
        return False
    today = local_date(desk.terms.zone, desk.seen.now)
    return compare(desk.asked, wanted.asked, today).is_only_less


def change(connection: Transaction, desk: Desk, wanted: Wanted, version: int | None) -> None:
    """Begin the next expectation, and send the receipt. Raises `Stale` and `Invalid`."""
    seen = desk.seen
    change_expectation(
        connection,
        seen.publication.id,
        seen.person.id,
        wanted.asked,
        _BY,
        seen.now,
        zone=None if wanted.zone == desk.zone else wanted.zone,
        accept=wanted.accept,
        accepted_versions=wanted.accepted,
        expected_version=version,
        delivery_id=seen.claim.delivery,
    )
    _queue(connection, seen, ServiceKind.CHANGED)


def change_to(connection: Transaction, desk: Desk, asked: Asked) -> None:
    """One of the quick ways to less. Where it changes nothing, nothing is written."""
    if asked != desk.asked:
        change(connection, desk, Wanted(asked=asked, zone=desk.zone, accept=(), accepted={}), None)


def _leave(connection: Transaction, seen: Visit) -> None:
    """A form without a topic is leaving."""
    delivery = seen.claim.delivery
    unsubscribe(connection, seen.publication.id, seen.person.id, Scope.ALL, _BY, seen.now, delivery_id=delivery)


def _return(connection: Transaction, desk: Desk, wanted: Wanted, url: str) -> Saved:
    """Who had left comes back: at once with a fresh link, else the mailbox is asked."""
    seen = desk.seen
    if seen.may(Right.MORE):
        come_back(
            connection, seen.publication.id, seen.person.id, wanted.asked, _BY, seen.now, zone=wanted.zone, url=url
        )
        return Saved.DONE
    address = Address(spelled=seen.person.address or "", normalised=seen.person.address_normalised or "")
    sign_up = SignUp(address=address, asked=wanted.asked, zone=wanted.zone, accepted=wanted.accepted, url=url)
    request_sign_up(connection, seen.publication.id, sign_up, _BY, seen.now)
    return Saved.ASKED_TO_CONFIRM


def send_fresh_link(connection: Transaction, seen: Visit, filled: Filled) -> None:
    """Mail a link that may do everything, with what was typed, to the address that only its owner reads."""
    typed = [[name, value] for name, value in filled.pairs if name not in ("version", "do")]
    _queue(connection, seen, ServiceKind.FRESH_LINK, {"typed": typed})


def _queue(connection: Transaction, seen: Visit, kind: ServiceKind, details: dict[str, object] | None = None) -> None:
    person = seen.person
    if person.address is None or person.address_normalised is None:
        return
    address = Address(spelled=person.address, normalised=person.address_normalised)
    queue(connection, seen.publication.id, kind, address, seen.now, subscriber_id=person.id, details=details)
