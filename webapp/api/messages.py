"""Mails that another system has sent without asking: they count all the same, and are shown where they broke a promise."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from preferences.address import parse_address
from preferences.errors import Invalid, TrothError
from preferences.links import Kind
from preferences.store.foreign import topic_ids
from preferences.store.reported import report
from preferences.store.subscribers import lock_subscribers, subscriber_at
from preferences.store.tokens import TokenScope
from preferences.store.transactions import part_of
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, writes
from webapp.api.schemas.decisions import MOST_AT_ONCE, ReportedDocument, SentMail, SentMails
from webapp.errors import Problem, problem_of


@api.post("/messages", responses={201: ReportedDocument})
@writes(TokenScope.WRITE)
def post_messages(call: Call, body: SentMails) -> Answer:
    """Report a mail that was sent, or up to 1,000. Each is counted at `sent_at`, once for its `id`.

    One answers 201, or 200 where its id was counted before; a list answers 200 with one result per entry, in order.
    """
    given: Any = body.root
    if not isinstance(given, list):
        return _one(call, given)
    if len(given) > MOST_AT_ONCE:
        raise Invalid.one("body", f"has {len(given)} entries; at most {MOST_AT_ONCE} are taken at once")
    _lock_all(call, given)
    return Answer(body=[_result(call, entry) for entry in given])


def _lock_all(call: Call, given: list[Any]) -> None:
    """In one order, so that two lists that name the same people do not wait for each other."""
    texts = {entry["email"] for entry in given if isinstance(entry, dict) and isinstance(entry.get("email"), str)}
    ids = set()
    for text in texts:
        with suppress(Invalid):
            person = subscriber_at(call.connection, call.publication_id, parse_address(text))
            ids.add(0 if person is None else person.id)
    lock_subscribers(call.connection, ids)


def _result(call: Call, given: Any) -> dict[str, Any]:
    """What becomes of one entry; its problems undo nothing but itself."""
    try:
        with part_of(call.connection):
            answer = _one(call, given)
    except (TrothError, ValidationError) as error:
        problem = problem_of(error)
        if problem.status >= 500:
            raise
        return {"status": problem.status, "message": None, "problem": problem.document()}
    return {"status": answer.status, "message": answer.body, "problem": None}


def _one(call: Call, given: Any) -> Answer:
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
    told = {
        "id": call.id(Kind.MAIL_ELSEWHERE, found.mail_id),
        "counted": found.was_new,
        "broken": found.broken,
        "outcome": found.outcome,
        "reason": found.reason,
    }
    return Answer(body=told, status=201 if found.was_new else 200)
