"""The publication of the token, and its topics."""

from __future__ import annotations

from typing import Any

from preferences.asked import DAY_NAMES, cap_to_json
from preferences.cadence import Cadence, Cap, Weekday
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store.privacy import change_ledger_days
from preferences.store.publications import change_publication, publication
from preferences.store.tokens import TokenScope
from preferences.store.topics import TopicRow, change_topic, create_topic, state_cadence, topic_named, topics
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, reads, writes
from webapp.api.schemas.common import BySlug
from webapp.api.schemas.publications import (
    CadenceDocument,
    NewTopic,
    PublicationChanges,
    PublicationDocument,
    TopicChanges,
    TopicDocument,
    TopicList,
)


@api.get("/publication", responses={200: PublicationDocument})
@reads()
def show_publication(call: Call) -> Answer:
    """The publication of the token."""
    return Answer(body=_publication(call))


@api.patch("/publication", responses={200: PublicationDocument})
@writes(TokenScope.ADMIN)
def patch_publication(call: Call, body: PublicationChanges) -> Answer:
    """Change the publication."""
    changes = body.model_dump(exclude_unset=True)
    if "ledger_days" in changes:
        change_ledger_days(call.connection, call.publication_id, changes.pop("ledger_days"))
    change_publication(call.connection, call.publication_id, changes)
    return Answer(body=_publication(call))


def _publication(call: Call) -> dict[str, Any]:
    found = publication(call.connection, call.publication_id)
    return {
        "id": call.id(Kind.PUBLICATION, found.id),
        "slug": found.slug,
        "name": found.name,
        "sender": found.sender,
        "reply_to": found.reply_to,
        "postal_address": found.postal_address,
        "zone": found.zone,
        "language": found.language,
        "ledger_days": found.ledger_days,
        "may_send": found.may_send,
    }


@api.get("/topics", responses={200: TopicList})
@reads()
def list_topics(call: Call) -> Answer:
    """All topics, oldest first."""
    return Answer(body={"items": [_topic(row) for row in topics(call.connection, call.publication_id)], "next": None})


@api.post("/topics", responses={201: TopicDocument})
@writes(TokenScope.WRITE)
def post_topic(call: Call, body: NewTopic) -> Answer:
    """Make a topic."""
    create_topic(
        call.connection,
        call.publication_id,
        slug=body.slug,
        name=body.name,
        cadence=_cadence(body.cadence),
        by=call.by,
        now=call.now,
        description=body.description,
        is_notice=body.notice,
        sender=body.sender,
        reply_to=body.reply_to,
    )
    return Answer(body=_topic(topic_named(call.connection, call.publication_id, body.slug)), status=201)


@api.get("/topics/<slug>", responses={200: TopicDocument})
@reads()
def show_topic(call: Call, path: BySlug) -> Answer:
    """One topic."""
    return Answer(body=_topic(topic_named(call.connection, call.publication_id, path.slug)))


@api.patch("/topics/<slug>", responses={200: TopicDocument})
@writes(TokenScope.WRITE)
def patch_topic(call: Call, path: BySlug, body: TopicChanges) -> Answer:
    """Change a topic, or state its cadence anew."""
    found = topic_named(call.connection, call.publication_id, path.slug)
    change_topic(call.connection, found, body.model_dump(exclude_unset=True, exclude={"cadence"}))
    if "cadence" in body.model_fields_set:
        if body.cadence is None:
            raise Invalid.one("cadence", "every topic states how often it writes")
        state_cadence(call.connection, call.publication_id, found, _cadence(body.cadence), call.by, call.now)
    return Answer(body=_topic(topic_named(call.connection, call.publication_id, path.slug)))


def _cadence(given: CadenceDocument) -> Cadence:
    try:
        return Cadence(
            id=0,
            at_most=Cap(count=given.at_most.count, per=given.at_most.per),
            at_least=given.at_least,
            days=frozenset(DAY_NAMES[day] for day in given.days),
        )
    except ValueError as error:
        raise Invalid.one("cadence.at_least", str(error)) from error


def _topic(row: TopicRow) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "description": row.description,
        "sender": row.sender,
        "reply_to": row.reply_to,
        "notice": row.is_notice,
        "cadence": {
            "at_most": cap_to_json(row.cadence.at_most),
            "at_least": row.cadence.at_least,
            "days": [Weekday(day).name.lower() for day in sorted(row.cadence.days)],
        },
        "cadence_version": row.version,
    }
