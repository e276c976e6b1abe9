"""Mails that another system has sent without asking: they count all the same, and are shown where they broke a promise."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Response

from preferences.address import parse_address
from preferences.errors import Invalid
from preferences.links import Kind
from preferences.store.foreign import topic_ids
from preferences.store.reported import report
from preferences.store.subscribers import lock_subscribers, subscriber_at
from preferences.store.tokens import TokenScope
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, needs, one_by_one, writes, writes_each
from webapp.api.schemas.decisions import MOST_AT_ONCE, ReportedDocument, SentMail, SentMails
from webapp.errors import Problem


@api.post("/messages", responses={201: ReportedDocument})
@needs(TokenScope.WRITE)
def post_messages(body: SentMails) -> Response:
    """Report a mail that was sent, or up to 1,000. Each is counted at `sent_at`, once for its `id`.

    One answers 201, or 200 where its id was counted before; a list answers 200 with one result per entry, in order.
    """
    given: Any = body.root
    if not isinstance(given, list):
        return _one(given=given)
    if len(given) > MOST_AT_ONCE:
        raise Invalid.one("body", f"has {len(given)} entries; at most {MOST_AT_ONCE} are taken at once")
    return _many(given)


@writes(TokenScope.WRITE)
def _one(call: Call, given: Any) -> Answer:
    told = _report(call, given)
    return Answer(body=told, status=201 if told["counted"] else 200)


@writes_each
def _many(call: Call, entries: list[Any]) -> list[dict[str, Any]]:
    _lock_all(call, entries)
    return one_by_one(call, entries, _result)


def _result(call: Call, given: Any) -> dict[str, Any]:
    told = _report(call, given)
    return {"status": 201 if told["counted"] else 200, "id": told["id"], "message": told}


def _lock_all(call: Call, given: list[Any]) -> None:
    """In one order, so that two lists that name the same people do not wait for each other."""
    texts = {entry["email"] for entry in given if isinstance(entry, dict) and isinstance(entry.get("email"), str)}
    ids = set()
    for text in texts:
        with suppress(Invalid):
            person = subscriber_at(call.connection, call.publication_id, parse_address(text))
            ids.add(0 if person is None else person.id)
    lock_subscribers(call.connection, ids)


def _report(call: Call, given: Any) -> dict[str, Any]:
    mail = SentMail.model_validate(given)
    numbers = topic_ids(call.connection, call.publication_id, mail.topics)
    person = subscriber_at(call.connection, call.publication_id, parse_address(mail.email))
    if person is None:
        raise Problem(404, "Not found", "Nobody is subscribed at this address, so there is nothing to count.")
    found = report(
        call.connection,
        call.publication_id,
        person.id,
        numbers,
        sent_at=mail.sent_at,
        external_id=mail.id,
        by=call.by,
        now=call.now,
    )
    return {
        "id": call.id(Kind.MAIL_ELSEWHERE, found.mail_id),
        "counted": found.was_new,
        "broken": found.broken,
        "outcome": found.outcome,
        "reason": found.reason,
    }
