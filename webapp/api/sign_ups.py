"""Somebody new: subscribed at once where the consent is confirmed, else asked by mail whether it was them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from preferences.address import Address, parse_address
from preferences.asked import Asked, asked_from_json
from preferences.errors import FieldProblem, Invalid, TrothError
from preferences.links import Kind
from preferences.store.signups import SignUp, request, the_request
from preferences.store.subscribers import subscriber_at, subscribers
from preferences.store.subscribing import Stated, subscribe
from preferences.store.tokens import TokenScope
from preferences.store.transactions import part_of
from webapp.api.blueprint import api
from webapp.api.calls import Answer, Call, writes
from webapp.api.schemas.subscribers import (
    MOST_AT_ONCE,
    NewSubscriber,
    NewSubscribers,
    RequestDocument,
    SubscriberDocument,
)
from webapp.api.told.subscribers import told_subscriber
from webapp.errors import Problem, problem_of, problems_of


@api.post("/subscribers", responses={201: SubscriberDocument, 202: RequestDocument})
@writes(TokenScope.WRITE)
def post_subscribers(call: Call, body: NewSubscribers) -> Answer:
    """Subscribe somebody, or up to 1,000.

    With `consent.confirmed_at` at once (201); without, a confirmation is mailed (202). A known address answers 409 with
    its id. A list answers 200 with one result per entry, in order.
    """
    call.afterwards.append(call.site.wake)
    given: Any = body.root
    if not isinstance(given, list):
        return _one(call, given)
    if len(given) > MOST_AT_ONCE:
        raise Invalid.one("body", f"has {len(given)} entries; at most {MOST_AT_ONCE} are taken at once")
    return Answer(body=[_result(call, entry) for entry in given])


def _result(call: Call, given: Any) -> dict[str, Any]:
    """What becomes of one entry; its problems undo nothing but itself."""
    try:
        with part_of(call.connection):
            answer = _one(call, given)
    except (TrothError, ValidationError) as error:
        problem = problem_of(error)
        if problem.status >= 500:
            raise
        return {"status": problem.status, "id": problem.members.get("id"), "problem": problem.document()}
    return {"status": answer.status, "id": answer.body.get("id") or answer.body.get("request"), "problem": None}


def _one(call: Call, given: Any) -> Answer:
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
    if asked_for.consent.confirmed_at is None:
        return _request(call, asked_for, sign_up)
    stated = Stated(confirmed_at=asked_for.consent.confirmed_at, given_at=asked_for.consent.at)
    number = subscribe(call.connection, call.publication_id, sign_up, stated, call.by, call.now)
    return Answer(body=told_subscriber(call, number), status=201)


def _request(call: Call, asked_for: NewSubscriber, sign_up: SignUp) -> Answer:
    number = request(call.connection, call.publication_id, sign_up, call.by, call.now)
    promise = "" if number is None else the_request(call.connection, call.publication_id, number).promise
    told = {"request": call.id(Kind.REQUEST, number), "email": asked_for.email.strip(), "promise": promise}
    return Answer(body=told, status=202)


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
    )


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
