"""Subscribers: what comes in about one, and how one is shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel, SkipValidation, WithJsonSchema

from preferences.unsubscribe import ASKED, Cause, Scope
from webapp.api.schemas.common import Asked, Instant, ProblemDocument, Scalar, Told, ToldInstant
from webapp.api.schemas.expectations import EXPECTATION_SCHEMA, ExpectationDocument

MOST_AT_ONCE = 1000
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Fields = dict[str, Scalar]


class ConsentDocument(Asked):
    """How somebody agreed, where and when, and to what words; with `confirmed_at` it is confirmed already."""

    source: str = Field(max_length=500)
    at: Instant
    wording: str = Field(max_length=10_000)
    confirmed_at: Instant | None = None


class NewSubscriber(Asked):
    """Somebody who wants to subscribe."""

    email: str
    name: str = ""
    fields: Fields = Field(default_factory=dict)
    zone: str | None = None
    language: Language | None = None
    brought_by: str | None = None
    expectation: ExpectationDocument
    consent: ConsentDocument


class NewSubscribers(
    RootModel[SkipValidation[NewSubscriber | Annotated[list[NewSubscriber], Field(max_length=MOST_AT_ONCE)]]]
):
    """One, or up to 1,000, each of which succeeds or fails by itself: read one by one, not here."""


class OpensAt(Told):
    """When one more mail is allowed in total and for each topic; null is now."""

    total: ToldInstant | None
    topics: dict[str, ToldInstant | None]


class SubscriberDocument(Told):
    """A subscriber. `opens_at` says when one more mail is allowed; null is now."""

    id: str
    email: str
    name: str
    fields: Fields
    zone: str | None
    language: str | None
    standing: Literal["confirmed", "unconfirmed", "consent_expired", "unsubscribed", "suppressed"]
    suppressed: str | None
    expectation: ExpectationDocument
    promise: str | None
    opens_at: OpensAt
    source: str
    brought_by: str | None
    created_at: ToldInstant
    version: int


class RequestDocument(Told):
    """A sign-up that waits for its confirmation, with the promise as the mail shows it."""

    request: str
    email: str
    promise: str


class Result(Told):
    """What became of one entry: 201 and the subscriber's id, 202 and the request's, or a problem."""

    status: int
    id: str | None
    problem: ProblemDocument | None


class Results(RootModel[list[Result]]):
    """One result per entry, in order."""


class AddressDocument(Asked):
    """An address to look for."""

    email: str


class SubscriberList(Told):
    """Who was found: one or nobody."""

    items: list[SubscriberDocument]
    next: str | None


class SubscriberChanges(Asked):
    """What changes about the person; `fields` replaces all of them, and a zone is read into the expectation."""

    name: str | None = None
    fields: Fields | None = None
    zone: str | None = None
    language: Language | None = None


_NEXT = EXPECTATION_SCHEMA | {
    "properties": EXPECTATION_SCHEMA["properties"]
    | {
        "accept": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Topics whose current cadence is accepted; the others keep the one accepted before",
        }
    }
}


class NextExpectation(RootModel[Annotated[Any, WithJsonSchema(_NEXT)]]):
    """The expectation that begins, whole; the one in force ends."""


def _is_asked(cause: Cause) -> Cause:
    if cause not in ASKED:
        raise ValueError(f"must be one of {', '.join(ASKED)}; leave it out where nobody said")
    return cause


AskedCause = Annotated[Cause, Field(strict=False), AfterValidator(_is_asked)]


class NewUnsubscribe(Asked):
    """What ends: one topic or everything; and why, where the person said so."""

    scope: Annotated[Scope, Field(strict=False)]
    topic: str | None = None
    cause: AskedCause | None = None


class UnsubscribeDocument(Told):
    """What ended. `under_way`: a mail was being handed over already and may still arrive."""

    id: str | None
    scope: str
    topic: str | None
    cause: str
    was_new: bool
    under_way: bool


class LedgerEntry(Told):
    """One entry: a decision, a hand-over, an event, or a mail of another system."""

    kind: Literal["decision", "hand_over", "event", "mail_elsewhere"]
    at: ToldInstant
    delivery: str | None = None
    campaign: str | None = None
    decision: dict[str, Any] | None = None
    event: str | None = None
    made_by: str | None = None
    route: str | None = None
    details: dict[str, Any] | None = None
    outcome: str | None = None
    reply: dict[str, Any] | None = None
    mail: str | None = None
    external_id: str | None = None
    state: str | None = None
    broken: bool | None = None


class LedgerPage(Told):
    """Everything about one subscriber, newest first."""

    items: list[LedgerEntry]
    next: str | None
