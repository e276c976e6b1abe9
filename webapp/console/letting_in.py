"""Never writing to somebody, and the way back: an operator lets in who was blocked, or who complained and wrote since."""

from __future__ import annotations

from datetime import date, timedelta

from werkzeug.wrappers import Response as Answer

from preferences.calendar import local_date
from preferences.errors import Conflict, Invalid
from preferences.expectation import Suppression
from preferences.links import Kind
from preferences.store.subscribers import SubscriberRow, subscriber
from preferences.store.suppressions import LetIn, lift_suppression, suppress
from webapp.console.desk import Desk, Pages
from webapp.console.person import reason_in, show

# A mail that is older says nothing about what they want now.
OLDEST = timedelta(days=366)


def add_routes(pages: Pages) -> None:
    """Two buttons on the page of one subscriber."""
    path = "subscribers/<subscriber_id>"
    pages.post(f"{path}/block", "subscriber_block", show, block)
    pages.post(f"{path}/let-in", "subscriber_let_in", show, let_in)


def _person(desk: Desk, subscriber_id: str) -> SubscriberRow:
    return subscriber(desk.connection, desk.owner.id, desk.number(Kind.SUBSCRIBER, subscriber_id))


def block(desk: Desk, subscriber_id: str) -> Answer:
    """Write to somebody no more, whoever signs up with the address."""
    person, reason = _person(desk, subscriber_id), reason_in(desk.filled)
    blocked = Suppression.OPERATOR
    if not suppress(desk.connection, desk.owner.id, person.id, blocked, desk.by, desk.now, words=reason):
        raise Conflict("nothing is written to them already")
    return desk.see(f"subscribers/{subscriber_id}")


def let_in(desk: Desk, subscriber_id: str) -> Answer:
    """Write to somebody again; who complained is let in on a mail received from them, whose day is kept."""
    person, reason = _person(desk, subscriber_id), reason_in(desk.filled)
    today = local_date(desk.zone, desk.now)
    received = mail_day(desk.filled.one("received"), today, is_needed=person.suppressed is Suppression.COMPLAINT)
    why = LetIn(words=reason, mail_received_on=received)
    if not lift_suppression(desk.connection, desk.owner.id, person.id, desk.by, desk.now, why):
        raise Conflict("they are not kept out any more")
    return desk.see(f"subscribers/{subscriber_id}")


def mail_day(typed: str, today: date, *, is_needed: bool, name: str = "received") -> date | None:
    """The day on which somebody's mail was received; None where none was typed and none is needed. Raises `Invalid`."""
    if not typed and not is_needed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or not today - OLDEST <= day <= today:
        raise Invalid.one(name, "must be a day of the last year, such as 2027-03-01, on which their mail came")
    return day
