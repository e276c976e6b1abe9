"""Somebody new: subscribed at once where the consent is confirmed, else asked by mail whether it was them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response
from pydantic import ValidationError

from preferences.address import Address, parse_address
from preferences.asked import Asked, asked_from_json
from preferences.errors import FieldProblem, Invalid
from preferences.links import Kind
from preferences.store.signups import SignUp, request, the_request
from preferences.store.subscribers import subscriber_at, subscribers
from preferences.store.subscribing import Stated, subscribe
from preferences.store.tokens import TokenScope
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, needs, one_by_one, writes, writes_each
from webapp.api.schemas.subscribers import (
    MOST_AT_ONCE,
    NewSubscriber,
    NewSubscribers,
    RequestDocument,
    SubscriberDocument,
)
from webapp.api.told.subscribers import told_subscriber
from webapp.errors import Problem, problems_of


@api.post("/subscribers", responses={201: SubscriberDocument, 202: RequestDocument})
@needs(TokenScope.WRITE)
def post_subscribers(body: NewSubscribers) -> Response:
    """Subscribe somebody, or up to 1,000.

    With `consent.confirmed_at` at once (201); without, a confirmation is mailed (202). A known address answers 409 with
    its id. A list answers 200 with one result per entry, in order.
    """
    given: Any = body.root
    if not isinstance(given, list):
        return _one(given=given)
    if len(given) > MOST_AT_ONCE:
        raise Invalid.one("body", f"has {len(given)} entries; at most {MOST_AT_ONCE} are taken at once")
    return _many(given)


@writes(TokenScope.WRITE)
def _one(call: Call, given: Any) -> Answer:
    call.afterwards.append(call.site.wake)
    asked_for, sign_up = _wanted(call, given)
    if asked_for.consent.confirmed_at is None:
        return Answer(body=_request(call, asked_for, sign_up), status=202)
    return Answer(body=told_subscriber(call, _subscribe(call, asked_for, sign_up)), status=201)


@writes_each
def _many(call: Call, entries: list[Any]) -> list[dict[str, Any]]:
    return one_by_one(call, entries, _result)


def _result(call: Call, given: Any) -> dict[str, Any]:
    asked_for, sign_up = _wanted(call, given)
    if asked_for.consent.confirmed_at is None:
        return {"status": 202, "id": _request(call, asked_for, sign_up)["request"]}
    return {"status": 201, "id": call.id(Kind.SUBSCRIBER, _subscribe(call, asked_for, sign_up))}


def _wanted(call: Call, given: Any) -> tuple[NewSubscriber, SignUp]:
    """What is asked for by somebody who is not known yet. Raises `Invalid`, and `Problem` 409."""
    asked_for, sign_up = _read(given)
    if asked_for.brought_by is not None:
        sign_up = replace(sign_up, brought_by=_who_brought(call, asked_for.brought_by))
    known = subscriber_at(call.connection, call.publication_id, sign_up.address)
    if known is not None:
        raise Problem(
            409,
            "Known already",
            "This address belongs to a subscriber already; `id` is who. Change what is there instead.",
            id=call.id(Kind.SUBSCRIBER, known.id),
        )
    return asked_for, sign_up


def _subscribe(call: Call, asked_for: NewSubscriber, sign_up: SignUp) -> int:
    consent = asked_for.consent
    stated = Stated(confirmed_at=consent.confirmed_at or consent.at, given_at=consent.at)
    return subscribe(call.connection, call.publication_id, sign_up, stated, call.by, call.now)


def _request(call: Call, asked_for: NewSubscriber, sign_up: SignUp) -> dict[str, Any]:
    number = request(call.connection, call.publication_id, sign_up, call.by, call.now)
    promise = the_request(call.connection, call.publication_id, number).promise
    return {"request": call.id(Kind.REQUEST, number), "email": asked_for.email.strip(), "promise": promise}


def _who_brought(call: Call, public_id: str) -> int:
    number = call.ids.number_of(Kind.SUBSCRIBER, public_id)
    known = {} if number is None else subscribers(call.connection, [number])
    if number is None or number not in known or known[number].publication_id != call.publication_id:
        raise Invalid.one("brought_by", "must be the id of a subscriber of this publication")
    return number


def _read(given: Any) -> tuple[NewSubscriber, SignUp]:
    """One entry as it is meant. Raises `Invalid` with the problems of all its fields at once."""
    problems: list[FieldProblem] = []
    asked_for: NewSubscriber | None = None
    try:
        asked_for = NewSubscriber.model_validate(given)
    except ValidationError as error:
        problems += problems_of(error)
    fields: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    asked = _asked(fields, problems)
    address = _address(fields, problems)
    if problems or asked_for is None or asked is None or address is None:
        raise Invalid(problems)
    return asked_for, SignUp(
        address=address,
        asked=asked,
        zone=asked_for.zone,
        name=asked_for.name,
        fields=asked_for.fields,
        language=asked_for.language,
        source=asked_for.consent.source,
        wording=asked_for.consent.wording,
        url=_address_in(asked_for.consent.source),
    )


def _address_in(source: str) -> str:
    """Where somebody agreed, if the program names a page: without what stands behind its question mark."""
    found = source.strip().partition("?")[0].partition("#")[0]
    return found if found.startswith(("https://", "http://")) else ""


def _asked(fields: Mapping[str, Any], problems: list[FieldProblem]) -> Asked | None:
    if "expectation" not in fields:
        return None
    try:
        return asked_from_json(fields["expectation"], "expectation.")
    except Invalid as error:
        problems += error.problems
        return None


def _address(fields: Mapping[str, Any], problems: list[FieldProblem]) -> Address | None:
    if not isinstance(fields.get("email"), str):
        return None
    try:
        return parse_address(fields["email"])
    except Invalid as error:
        problems += error.problems
        return None
