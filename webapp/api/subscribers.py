"""Subscribers who are there: who they are, what they expect, what they leave, and what happened to them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import request

from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.errors import Invalid, NotFound
from preferences.links import Kind
from preferences.store import ledger
from preferences.store.changes import change_expectation, change_zone, locked_subscriber
from preferences.store.events import record
from preferences.store.ledger import Entry, Place
from preferences.store.subscribers import SubscriberRow, change_person, subscriber, subscriber_at
from preferences.store.tokens import TokenScope
from preferences.store.topics import topics
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Scope
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, reads, writes
from webapp.api.lists import not_a_cursor, packed, page_answer, unpacked
from webapp.api.schemas.common import ById, Page
from webapp.api.schemas.subscribers import (
    AddressDocument,
    LedgerPage,
    NewUnsubscribe,
    NextExpectation,
    SubscriberChanges,
    SubscriberDocument,
    SubscriberList,
    UnsubscribeDocument,
)
from webapp.api.told.ledger import told_entry
from webapp.api.told.subscribers import told_subscriber
from webapp.errors import Problem


@api.post("/subscribers/search", responses={200: SubscriberList})
@reads()
def search_subscribers(call: Call, body: AddressDocument) -> Answer:
    """Find somebody by address; no address ever stands in a URL."""
    found = subscriber_at(call.connection, call.publication_id, parse_address(body.email))
    return Answer(body={"items": [] if found is None else [told_subscriber(call, found.id)], "next": None})


@api.get("/subscribers/<id>", responses={200: SubscriberDocument})
@reads()
def show_subscriber(call: Call, path: ById) -> Answer:
    """One subscriber, with the promise and when one more mail is allowed."""
    return Answer(body=told_subscriber(call, _there(call, path).id))


def _there(call: Call, path: ById) -> SubscriberRow:
    found = subscriber(call.connection, call.publication_id, call.number(Kind.SUBSCRIBER, path.id))
    if found.erased_at is not None:
        raise NotFound("this subscriber was erased")
    return found


@api.patch("/subscribers/<id>", responses={200: SubscriberDocument})
@writes(TokenScope.WRITE)
def patch_subscriber(call: Call, path: ById, body: SubscriberChanges) -> Answer:
    """Change name, fields, zone or language of a subscriber."""
    person = locked_subscriber(call.connection, call.publication_id, call.number(Kind.SUBSCRIBER, path.id))
    changes = body.model_dump(exclude_unset=True, exclude={"zone"})
    if changes.get("fields", {}) is None:
        changes["fields"] = {}
    change_person(call.connection, person.id, changes)
    if changes:
        details = {"changed": sorted(changes)}
        record(
            call.connection,
            call.publication_id,
            "person_changed",
            call.by,
            call.now,
            subscriber_id=person.id,
            details=details,
        )
    if body.zone is not None:
        change_zone(call.connection, call.publication_id, person.id, body.zone, call.by, call.now)
        call.afterwards.append(call.site.wake)
    elif "zone" in body.model_fields_set:
        raise Invalid.one("zone", "must be a time zone, such as Europe/Berlin")
    return Answer(body=told_subscriber(call, person.id))


@api.put("/subscribers/<id>/expectation", responses={200: SubscriberDocument})
@writes(TokenScope.WRITE)
def put_expectation(call: Call, path: ById, body: NextExpectation) -> Answer:
    """End the expectation in force and begin the next. Needs `If-Match` with the version that was read.

    Accepted cadences stay; for a topic in `accept` the current one is accepted.
    """
    number = call.number(Kind.SUBSCRIBER, path.id)
    version = _version_to_match()
    asked_for = dict(body.root) if isinstance(body.root, dict) else body.root
    accept = asked_for.pop("accept", []) if isinstance(asked_for, dict) else []
    asked = asked_from_json(asked_for)
    named = {topic.topic for topic in asked.topics}
    if not isinstance(accept, list) or not all(isinstance(slug, str) and slug in named for slug in accept):
        raise Invalid.one("accept", "must be a list of topics of this expectation")
    change_expectation(
        call.connection,
        call.publication_id,
        number,
        asked,
        call.by,
        call.now,
        accept=accept,
        expected_version=version,
    )
    call.afterwards.append(call.site.wake)
    return Answer(body=told_subscriber(call, number))


_VERSION = re.compile(r'^(?:W/)?"?([0-9]{1,18})"?$', re.ASCII)


def _version_to_match() -> int | None:
    """The version that must still be there; None for any. Raises `Problem` 428 where none is named."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(
            428, "Say which version", "Send If-Match with the version that was read, so that no change is lost."
        )
    if given.strip() == "*":
        return None
    found = _VERSION.match(given.strip())
    # What is no version of ours cannot be the current one.
    return int(found.group(1)) if found else -1


@api.post("/subscribers/<id>/unsubscribes", responses={200: UnsubscribeDocument, 201: UnsubscribeDocument})
@writes(TokenScope.WRITE)
def post_unsubscribe(call: Call, path: ById, body: NewUnsubscribe) -> Answer:
    """End one topic or everything, at once. Repeating it changes nothing and answers 200."""
    number = call.number(Kind.SUBSCRIBER, path.id)
    done = unsubscribe(
        call.connection,
        call.publication_id,
        number,
        body.scope,
        call.by,
        call.now,
        topic_id=_topic(call, body),
        cause=body.cause or Cause.UNSTATED,
    )
    told = {
        "id": call.id(Kind.UNSUBSCRIBE, done.id),
        "scope": done.scope.value,
        "topic": body.topic,
        "cause": (body.cause or Cause.UNSTATED).value,
        "was_new": done.was_new,
        "under_way": done.is_under_way,
    }
    return Answer(body=told, status=201 if done.was_new else 200)


def _topic(call: Call, body: NewUnsubscribe) -> int | None:
    if (body.scope is Scope.TOPIC) != (body.topic is not None):
        message = "say which topic ends" if body.topic is None else "goes with the scope topic only"
        raise Invalid.one("topic", message)
    if body.topic is None:
        return None
    known = {topic.slug: topic.id for topic in topics(call.connection, call.publication_id)}
    if body.topic not in known:
        raise Invalid.one("topic", f"there is no topic {body.topic!r}; there are: {', '.join(known) or 'none yet'}")
    return known[body.topic]


@api.get("/subscribers/<id>/ledger", responses={200: LedgerPage})
@reads()
def show_ledger(call: Call, path: ById, query: Page) -> Answer:
    """Every decision, hand-over and event of a subscriber, newest first."""
    number = call.number(Kind.SUBSCRIBER, path.id)
    subscriber(call.connection, call.publication_id, number)
    slugs = {topic.id: topic.slug for topic in topics(call.connection, call.publication_id)}
    before = None if query.cursor is None else _place(unpacked(query.cursor))
    entries = ledger.ledger(call.connection, number, query.limit + 1, before)
    return page_answer(query, entries, lambda entry: told_entry(call, entry, slugs), _cursor)


def _cursor(entry: Entry) -> str:
    return packed(entry.place.at.isoformat(), entry.place.kind, entry.place.id)


def _place(parts: list[Any]) -> Place:
    try:
        at, kind, number = parts
        place = Place(at=datetime.fromisoformat(at), kind=int(kind), id=int(number))
    except (TypeError, ValueError, OverflowError) as error:
        raise not_a_cursor() from error
    if place.at.tzinfo is None or not 0 <= place.kind < 100 or not 0 <= place.id < 2**63:
        raise not_a_cursor()
    return place
