"""May another system send a mail? Asked before it is sent, and counted from then on where it is reserved."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from preferences.address import parse_address
from preferences.decision import RULES_VERSION, Outcome, Reason
from preferences.errors import Invalid
from preferences.links import Claim, Kind, Purpose
from preferences.store.foreign import (
    GRACE,
    Judged,
    MailState,
    judge_foreign,
    reserve,
    settle_reserved,
    topic_ids,
)
from preferences.store.subscribers import subscriber_at
from preferences.store.tokens import TokenScope
from preferences.store.topics import topics
from preferences.urls import one_click_url
from webapp.access import check_scope
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, needs, reads, writes
from webapp.api.schemas.common import ById, instant_text
from webapp.api.schemas.decisions import AnswerDocument, OutcomeOfReserved, Question, ReservedDocument
from webapp.api.told.decisions import row_of, told_decision


@api.post("/decisions", responses={200: AnswerDocument})
@needs(TokenScope.READ)
def post_decision(body: Question) -> Response:
    """Ask whether another system may send a mail. It never comes along; *wait* names the instant to ask again.

    With `reserve`, which needs a token that may send, a *send* is counted until its outcome says otherwise.
    """
    if not body.reserve:
        return _ask(body=body)
    check_scope(g.token, TokenScope.SEND)
    return _reserve(body=body)


@reads()
def _ask(call: Call, body: Question) -> Answer:
    at = call.now if body.at is None else body.at
    if at < call.now - GRACE:
        raise Invalid.one("at", "is past; ask about now or later")
    numbers = topic_ids(call.connection, call.publication_id, body.topics)
    person = subscriber_at(call.connection, call.publication_id, parse_address(body.email))
    if person is None:
        return Answer(body=_nobody(call))
    judged = judge_foreign(call.connection, person, numbers, max(at, call.now))
    return Answer(body={**_told(call, judged), "id": None, "headers": None})


@writes(TokenScope.SEND)
def _reserve(call: Call, body: Question) -> Answer:
    if body.at is not None and abs(body.at - call.now) > GRACE:
        raise Invalid.one("at", "what is reserved is decided now; leave it out")
    numbers = topic_ids(call.connection, call.publication_id, body.topics)
    person = subscriber_at(call.connection, call.publication_id, parse_address(body.email))
    if person is None:
        return Answer(body=_nobody(call))
    mail_id, judged = reserve(call.connection, call.publication_id, person.id, numbers, call.by, call.now)
    is_sent = judged.decision.outcome is Outcome.SEND
    headers = _headers(call, judged) if is_sent else None
    return Answer(body={**_told(call, judged), "id": call.id(Kind.MAIL_ELSEWHERE, mail_id), "headers": headers})


def _told(call: Call, judged: Judged) -> dict[str, Any]:
    slugs = {topic.id: topic.slug for topic in topics(call.connection, call.publication_id)}
    return told_decision(call, row_of(judged), slugs) or {}


def _nobody(call: Call) -> dict[str, Any]:
    """What is said about an address that nobody has subscribed with."""
    return {
        "outcome": Outcome.NOT_SENT.value,
        "reason": Reason.OFF_TOPIC.value,
        "topic": None,
        "opens_at": None,
        "evidence": None,
        "decided_at": instant_text(call.now),
        "expectation": None,
        "rules": RULES_VERSION,
        "id": None,
        "headers": None,
    }


def _headers(call: Call, judged: Judged) -> dict[str, str]:
    """What lets the reader leave with one click (RFC 8058)."""
    claim = Claim(
        purpose=Purpose.ONE_CLICK,
        publication=call.publication_id,
        subscriber=judged.subscriber_id,
        topics=() if judged.decision.topic is None else (judged.decision.topic,),
    )
    url = one_click_url(call.site.base_url, call.site.links.sign(claim))
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@api.post("/decisions/<id>/outcome", responses={200: ReservedDocument})
@writes(TokenScope.SEND)
def post_outcome(call: Call, path: ById, body: OutcomeOfReserved) -> Answer:
    """Say what became of a reserved mail: *sent*, or *not_sent*, and then it counts no more."""
    number = call.number(Kind.MAIL_ELSEWHERE, path.id)
    settled = settle_reserved(
        call.connection, call.publication_id, number, outcome=MailState(body.outcome), by=call.by, now=call.now
    )
    call.afterwards.append(call.site.wake)
    return Answer(body={"id": path.id, "outcome": settled.value})
