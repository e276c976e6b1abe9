"""Subscribers: finding them. What is searched for travels in the form, because no address stands in a page's address."""

from __future__ import annotations

from werkzeug.wrappers import Response as Answer

from preferences.links import Kind
from preferences.store.console_people import count_people, find_people
from preferences.store.subscribers import SubscriberRow
from webapp.console.desk import Desk, Pages

_SHOWN = 100


def add_routes(pages: Pages) -> None:
    """`subscribers`."""
    pages.show("subscribers", "subscribers", show)
    pages.post_outside("subscribers", "find_subscribers", show, show)


def show(desk: Desk) -> Answer:
    """The newest subscribers, or those whose address or name has what was searched for."""
    words = desk.filled.one("words")
    found = find_people(desk.connection, desk.owner.id, words, _SHOWN + 1)
    there, expecting = count_people(desk.connection, desk.owner.id)
    return desk.page(
        "subscribers.html",
        words=words,
        lines=[(one, desk.id(Kind.SUBSCRIBER, one.id), standing(one)) for one in found[:_SHOWN]],
        has_more=len(found) > _SHOWN,
        there=there,
        expecting=expecting,
    )


def standing(person: SubscriberRow) -> str:
    """Whether somebody may be written to, in a few words."""
    if person.erased_at is not None:
        return "erased"
    if person.suppressed is not None:
        return f"never written to ({person.suppressed.value.replace('_', ' ')})"
    if person.unsubscribed_at is not None:
        return "unsubscribed"
    return "confirmed" if person.confirmed_at is not None else "not confirmed"
