"""What the buttons of "my preferences" do, each in one transaction; what cannot be done is a value the page answers.

What asks for what is there already changes nothing, sends nothing and is never too late: pressing twice is pressing once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from flask import request

from preferences.address import Address
from preferences.asked import Asked
from preferences.calendar import local_date, zone_named
from preferences.errors import Invalid
from preferences.languages import nearest
from preferences.links import Right
from preferences.opt_down import Comparison, compare, once_a_week, paused_for_a_month
from preferences.store.changes import change_expectation
from preferences.store.confirmations import come_back
from preferences.store.events import record
from preferences.store.expectations import terms_asked
from preferences.store.questions import keep_accepted
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.signups import checked_versions
from preferences.store.subscribers import change_person
from preferences.store.topics import topic_named
from preferences.store.transactions import Transaction
from preferences.store.undo import undo_change
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Route, Scope
from webapp.forms import Filled, accepted_in, asked_in, filled_from
from webapp.language import FIELD
from webapp.pages.access import Visit, by_link
from webapp.pages.desk import Desk, promised
from webapp.pages.sign_up_form import agent_of
from webapp.zones import zone_typed

_BY = by_link(Route.PREFERENCE_PAGE)


class Saved(Enum):
    """What became of a form."""

    CHANGED = "changed"
    """What was asked for is in force, and may be taken back for half an hour."""
    AS_IT_WAS = "as_it_was"
    LEFT = "left"
    FRESH_LINK_SENT = "fresh_link_sent"
    """It asks for more than this link may, such as coming back after leaving."""
    NO_LINK_TODAY = "no_link_today"
    """The same, and as many mails of this kind as may go to one address on one day have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a form asks for."""

    asked: Asked
    zone: str
    accept: tuple[str, ...] = ()
    accepted: dict[str, int]
    language: str | None = None
    """Another language than the page was in."""


def press(connection: Transaction, desk: Desk, filled: Filled, url: str) -> Saved:
    """Do what a button says. Raises `Invalid`, `Stale` where another tab was faster, `Conflict`."""
    match filled.one("do", "save"):
        case "once_a_week" if not desk.has_left:
            notices = frozenset(topic.slug for topic in desk.topics if topic.is_notice)
            return change_to(connection, desk, once_a_week(desk.asked, notices))
        case "pause" if not desk.has_left:
            today = local_date(zone_named(desk.zone), desk.seen.now)
            return change_to(connection, desk, paused_for_a_month(desk.asked, today))
        case "unpause" if not desk.has_left:
            return _end_pause(connection, desk)
        case "keep" | "accept" | "leave" if not desk.has_left:
            return _answer(connection, desk, filled)
        case "undo":
            return _take_back(connection, desk, filled)
        case "save":
            return save(connection, desk, filled, url)
        case _:
            raise Invalid.one("do", "this page has no such button")


def save(connection: Transaction, desk: Desk, filled: Filled, url: str) -> Saved:
    """Save the form of a visitor. Raises `Invalid`, `Stale` where another tab was faster, `Conflict`."""
    if not filled.all("topic") and filled.one("version") and not desk.has_left:
        return _leave(connection, desk.seen, None)
    wanted = _wanted(connection, desk, filled)
    if desk.has_left or desk.terms is None:
        return _return(connection, desk, wanted, filled, url)
    differs = _differs(desk, wanted)
    is_else = bool(wanted.accept) or wanted.zone != desk.zone
    if not desk.seen.may(Right.MORE) and (is_else or differs.more or wanted.language):
        return send_fresh_link(connection, desk.seen, filled)
    if wanted.language:
        _speak(connection, desk.seen, wanted.language)
    if not is_else and not differs.less and not differs.more:
        return Saved.AS_IT_WAS
    return _change(connection, desk, wanted, filled.number("version"))


def _speak(connection: Transaction, seen: Visit, language: str) -> None:
    """Write to the visitor in another language from now on; what is promised stays as it is."""
    change_person(connection, seen.person.id, {"language": language})
    about = {"language": language}
    record(
        connection, seen.publication.id, "language_chosen", _BY, seen.now, subscriber_id=seen.person.id, details=about
    )


def promised_by(connection: Transaction, desk: Desk, filled: Filled) -> tuple[str, ...]:
    """The sentence that saving this form would lead to; nothing is written. Raises `Invalid`."""
    wanted = _wanted(connection, desk, filled)
    slugs = {topic.id: topic.slug for topic in desk.topics}
    kept = {} if desk.terms is None else {slugs[one.topic]: one.accepted for one in desk.terms.expectation.topics}
    accepted = {**wanted.accepted, **{slug: number for slug, number in kept.items() if slug not in wanted.accept}}
    number = desk.seen.publication.id
    terms = terms_asked(connection, number, wanted.asked, zone=wanted.zone, accepted_versions=accepted)
    return promised(desk.seen, terms, desk.topics)


def _wanted(connection: Transaction, desk: Desk, filled: Filled) -> Wanted:
    slugs = desk.slugs
    accepted = checked_versions(connection, desk.seen.publication.id, accepted_in(filled, slugs))
    accept = tuple(slug for slug in filled.all("accept") if slug in accepted and filled.has("topic", slug))
    zone = zone_typed(filled.one("zone", desk.zone) or desk.zone)
    language = nearest(filled.one(FIELD)) if filled.one(FIELD) != filled.one("lang-was") else None
    return Wanted(asked=asked_in(filled, slugs), zone=zone, accept=accept, accepted=accepted, language=language)


def _differs(desk: Desk, wanted: Wanted) -> Comparison:
    return compare(desk.asked, wanted.asked, local_date(zone_named(desk.zone), desk.seen.now))


def _change(connection: Transaction, desk: Desk, wanted: Wanted, version: int | None) -> Saved:
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
    return Saved.CHANGED


def change_to(connection: Transaction, desk: Desk, asked: Asked) -> Saved:
    """One of the quick ways to less. Where it changes nothing, nothing is written."""
    if asked == desk.asked:
        return Saved.AS_IT_WAS
    return _change(connection, desk, Wanted(asked=asked, zone=desk.zone, accepted={}), None)


def _end_pause(connection: Transaction, desk: Desk) -> Saved:
    """Mail again, at once with a fresh link; the link of a mail sends one that opens with the form without its pause."""
    unpaused = replace(desk.asked, paused=None)
    if desk.seen.may(Right.MORE):
        return change_to(connection, desk, unpaused)
    return send_fresh_link(connection, desk.seen, filled_from(unpaused, desk.zone))


def _answer(connection: Transaction, desk: Desk, filled: Filled) -> Saved:
    """Keep what was accepted, accept what is planned, or leave the topic. Raises `NotFound` and `Stale`."""
    seen = desk.seen
    topic = topic_named(connection, seen.publication.id, filled.one("about"))
    version = filled.number("cadence") or 0
    if filled.one("do") == "leave":
        return _leave(connection, seen, topic.id)
    if filled.one("do") == "keep":
        keep_accepted(connection, seen.publication.id, seen.person.id, topic.id, version, _BY, seen.now)
        return Saved.AS_IT_WAS
    if not any(one.topic == topic.id for one in desk.questions):
        return Saved.AS_IT_WAS
    if not seen.may(Right.MORE):
        return send_fresh_link(connection, seen)
    accepted = checked_versions(connection, seen.publication.id, {topic.slug: version})
    wanted = Wanted(asked=desk.asked, zone=desk.zone, accept=(topic.slug,), accepted=accepted)
    return _change(connection, desk, wanted, None)


def _leave(connection: Transaction, seen: Visit, topic_id: int | None) -> Saved:
    """Leave a topic, or everything: a form without a topic is leaving."""
    scope = Scope.ALL if topic_id is None else Scope.TOPIC
    unsubscribe(
        connection,
        seen.publication.id,
        seen.person.id,
        scope,
        _BY,
        seen.now,
        topic_id=topic_id,
        delivery_id=seen.claim.delivery,
    )
    return Saved.LEFT


def _take_back(connection: Transaction, desk: Desk, filled: Filled) -> Saved:
    """What the page has found to be undoable; one that was overtaken meanwhile stays as it is."""
    seen = desk.seen
    version = filled.number("version") or 0
    undo_change(connection, seen.publication.id, seen.person.id, version, _BY, seen.now)
    return Saved.AS_IT_WAS


def _return(connection: Transaction, desk: Desk, wanted: Wanted, filled: Filled, url: str) -> Saved:
    """Who had left comes back: at once with a fresh link, else one is sent to the mailbox, with what was typed."""
    seen = desk.seen
    if seen.may(Right.MORE):
        come_back(
            connection,
            seen.publication.id,
            seen.person.id,
            wanted.asked,
            _BY,
            seen.now,
            zone=wanted.zone,
            url=url,
            network_address=request.remote_addr,
            agent=agent_of(request),
        )
        return Saved.AS_IT_WAS
    return send_fresh_link(connection, seen, filled)


def send_fresh_link(connection: Transaction, seen: Visit, filled: Filled | None = None) -> Saved:
    """Mail a link that may do everything, with what was typed, to the address that only its owner reads."""
    pairs = () if filled is None else filled.pairs
    typed = [[name, value] for name, value in pairs if name not in ("version", "do")]
    is_sent = _queue(connection, seen, ServiceKind.FRESH_LINK, {"typed": typed} if typed else None)
    return Saved.FRESH_LINK_SENT if is_sent else Saved.NO_LINK_TODAY


def _queue(connection: Transaction, seen: Visit, kind: ServiceKind, details: dict[str, object] | None = None) -> bool:
    """Whether the mail goes, which the limits of service mail may forbid."""
    person = seen.person
    if person.address is None or person.address_normalised is None:
        return False
    address = Address(spelled=person.address, normalised=person.address_normalised)
    here = seen.publication.id
    return queue(connection, here, kind, address, seen.now, subscriber_id=person.id, details=details) is not None
