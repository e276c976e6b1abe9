"""The rows of an export: what is read for each section, and how each is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, select

from preferences.asked import asked_to_json
from preferences.calendar import zone_named
from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Outcome, Reason
from preferences.store.changes import slugs
from preferences.store.evidence import evidence_of_text
from preferences.store.expectations import asked_of, terms_at
from preferences.store.export_values import Exporting, Row, SectionOf, listed
from preferences.store.promises import promise_in_words
from preferences.store.tables import (
    ADDRESS_CHANGE,
    ANSWER,
    ATTEMPT,
    CAMPAIGN_CONTENT,
    CONSENT,
    DECISION,
    DELIVERY,
    EVENT,
    EXPECTATION,
    FOREIGN_MAIL,
    OBSERVATION,
    PATTERN,
    REFERRAL,
    SERVICE_MAIL,
    SIGN_UP_REQUEST,
    UNSUBSCRIBE,
    VOTE,
)
from preferences.wording import Leaves, decision_in_words

_D = DELIVERY.c


def _own(telling: Exporting, table: Table, names: tuple[str, ...]) -> Iterator[Row]:
    """The person's rows of a table, as they stand."""
    mine = select(*(table.c[name] for name in names)).where(table.c.subscriber_id == telling.person.id)
    return telling.pages(mine, table.c.id)


_EXPECTATION = ("since", "until", "promise", "asked", "zone", "made_by", "route")


def _expectations(telling: Exporting) -> Iterator[Row]:
    """What was promised since when, in the sentence as it is said of those terms, and as it was asked for."""
    here, known = telling.publication.id, slugs(telling.connection, telling.publication.id)
    for row in _own(telling, EXPECTATION, ("id", "since", "until", "made_by", "route")):
        terms = terms_at(telling.connection, here, [row["id"]])[row["id"]]
        said = promise_in_words(telling.connection, telling.publication, terms, row["since"], telling.language)
        asked = asked_to_json(asked_of(terms, known))
        yield {**row, "promise": said, "asked": asked, "zone": terms.expectation.zone}


_CONSENT = (
    "occurred_at",
    "kind",
    "method",
    "route",
    "address_typed",
    "address_normalised",
    "topics",
    "promise",
    "wording",
    "url",
    "language",
    "network_address",
    "agent",
    "jurisdiction",
    "basis",
    "file_hash",
    "confirmation_sent_at",
    "confirmation_pressed_at",
    "ends_at",
)


def _consents(telling: Exporting) -> Iterator[Row]:
    for row in _own(telling, CONSENT, _CONSENT):
        topics = [f"{one['topic']}: {one['arrives']}" for one in listed(row["topics"])]
        yield {**row, "topics": topics}


_SIGN_UP = (
    "made_at",
    "address",
    "name",
    "fields",
    "asked",
    "promise",
    "wording",
    "zone",
    "language",
    "source",
    "url",
    "network_address",
    "agent",
    "route",
    "confirmation_sent_at",
    "confirmed_at",
)


def _sign_ups(telling: Exporting) -> Iterator[Row]:
    """Those that were confirmed, and those that somebody made with the address and nobody confirmed."""
    of = SIGN_UP_REQUEST.c
    theirs = (of.subscriber_id == telling.person.id) | (of.address_normalised == telling.person.address_normalised)
    here = of.publication_id == telling.publication.id
    for row in telling.pages(select(*(of[name] for name in _SIGN_UP)).where(here & theirs), of.id):
        yield {**row, "fields": listed(row["fields"]), "asked": listed(row["asked"])}


_MAIL = ("mail", "kind", "title", "topic", "scheduled_at", "state", "reason", "came_in_mail")


def _mails(telling: Exporting) -> Iterator[Row]:
    title = CAMPAIGN_CONTENT.c
    chosen = (
        select(_D.id, _D.rhythm, _D.topic_id, _D.scheduled_at, _D.state, _D.reason, _D.carrier_id)
        .add_columns(title.title, title.subject)
        .outerjoin(CAMPAIGN_CONTENT, (title.campaign_id == _D.campaign_id) & (title.revision == _D.revision))
        .where(_D.subscriber_id == telling.person.id)
    )
    for row in telling.pages(chosen, _D.id):
        yield {
            **row,
            "mail": telling.mail(row["id"]),
            "kind": "campaign" if row["rhythm"] is None else f"{row['rhythm']} digest",
            "title": row["title"] or row["subject"],
            "topic": telling.topic(row["topic_id"]),
            "came_in_mail": telling.mail(row["carrier_id"]),
        }


_DECISION = ("mail", "decided_at", "outcome", "reason", "in_words", "topic", "opens_at")


def _decisions(telling: Exporting) -> Iterator[Row]:
    of = DECISION.c
    chosen = (
        select(of.decided_at, of.outcome, of.reason, of.topic_id, of.opens_at, of.evidence)
        .add_columns(_D.id.label("delivery"), _D.rhythm, _D.expires_at, _D.expiry, _D.carrier_id, PATTERN.c.zone)
        .join(DELIVERY, _D.id == of.delivery_id)
        .outerjoin(EXPECTATION, EXPECTATION.c.id == of.expectation_id)
        .outerjoin(PATTERN, PATTERN.c.id == EXPECTATION.c.pattern_id)
        .where(_D.subscriber_id == telling.person.id)
    )
    for row in telling.pages(chosen, of.id):
        topic = telling.topic(row["topic_id"])
        yield {**row, "mail": telling.mail(row["delivery"]), "in_words": _in_words(telling, row, topic), "topic": topic}


def _in_words(telling: Exporting, row: Row, topic: str | None) -> str:
    decision = Decision(
        outcome=Outcome(row["outcome"]),
        reason=Reason(row["reason"]),
        topic=row["topic_id"],
        expires_at=row["expires_at"],
        expiry=ExpiryBasis(row["expiry"]),
        opens_at=row["opens_at"],
        evidence=evidence_of_text(row["evidence"]),
        carrier=row["carrier_id"],
    )
    return decision_in_words(
        decision,
        zone=telling.zone if row["zone"] is None else zone_named(row["zone"]),
        at=row["decided_at"],
        topic=topic,
        leaves=Leaves.ALONG if row["rhythm"] is None else Leaves.DIGEST,
        language=telling.language,
    )


_HAND_OVER = ("mail", "committed_at", "begun_at", "ended_at", "outcome", "code", "reply", "asked_for_a_vote")


def _hand_overs(telling: Exporting) -> Iterator[Row]:
    of = ATTEMPT.c
    names = ("delivery_id", "committed_at", "begun_at", "ended_at", "outcome", "code", "reply", "vote_share")
    chosen = select(*(of[name] for name in names)).join(DELIVERY, _D.id == of.delivery_id)
    for row in telling.pages(chosen.where(_D.subscriber_id == telling.person.id), of.id):
        mail = telling.mail(row["delivery_id"])
        yield {**row, "mail": mail, "asked_for_a_vote": row["vote_share"] is not None}


_EVENT = ("occurred_at", "kind", "mail", "made_by", "route", "said")
# What stands in the details of an event and is no number of the database.
_SAID = ("reason", "words", "changed", "steps", "mail_received_on")


def _events(telling: Exporting) -> Iterator[Row]:
    for row in _own(telling, EVENT, ("occurred_at", "kind", "delivery_id", "made_by", "route", "details")):
        details = listed(row["details"])
        said = {name: _told(details[name]) for name in _SAID if details.get(name)}
        yield {**row, "mail": telling.mail(row["delivery_id"]), "said": said or None}


def _told(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [
        " ".join(str(part) for part in one.values() if part) if isinstance(one, dict) else str(one) for one in value
    ]


_UNSUBSCRIBE = ("occurred_at", "scope", "topic", "cause", "words", "route", "mail", "undone_at")


def _unsubscribes(telling: Exporting) -> Iterator[Row]:
    names = ("occurred_at", "scope", "topic_id", "cause", "words", "route", "delivery_id", "undone_at")
    for row in _own(telling, UNSUBSCRIBE, names):
        yield {**row, "topic": telling.topic(row["topic_id"]), "mail": telling.mail(row["delivery_id"])}


_ANSWER = ("occurred_at", "mail", "question", "words", "may_write_back")


def _answers(telling: Exporting) -> Iterator[Row]:
    for row in _own(telling, ANSWER, ("occurred_at", "delivery_id", "question", "words", "may_write_back")):
        yield {**row, "mail": telling.mail(row["delivery_id"])}


_VOTE = ("occurred_at", "mail", "topic", "said")


def _votes(telling: Exporting) -> Iterator[Row]:
    for row in _own(telling, VOTE, ("occurred_at", "delivery_id", "topic_id", "said")):
        yield {**row, "mail": telling.mail(row["delivery_id"]), "topic": telling.topic(row["topic_id"])}


_BROUGHT = ("made_at", "confirmed_at")


def _brought(telling: Exporting) -> Iterator[Row]:
    """When somebody whom the person brought signed up and confirmed; not who."""
    of = REFERRAL.c
    mine = select(of.made_at, of.confirmed_at).where(of.brought_by == telling.person.id)
    return telling.pages(mine, of.id)


_ELSEWHERE = ("occurred_at", "topics", "outcome", "reason", "state", "against_the_promise", "external_id")


def _mails_elsewhere(telling: Exporting) -> Iterator[Row]:
    names = ("occurred_at", "topics", "outcome", "reason", "state", "broken", "external_id")
    for row in _own(telling, FOREIGN_MAIL, names):
        about = [telling.topic(number) or "" for number in listed(row["topics"])]
        yield {**row, "topics": about, "against_the_promise": row["broken"]}


_READ = ("occurred_at", "mail", "kind")


def _reads(telling: Exporting) -> Iterator[Row]:
    of = OBSERVATION.c
    chosen = select(of.occurred_at, of.kind, of.delivery_id).join(DELIVERY, _D.id == of.delivery_id)
    for row in telling.pages(chosen.where(_D.subscriber_id == telling.person.id), of.id):
        yield {**row, "mail": telling.mail(row["delivery_id"])}


_SERVICE_MAIL = ("created_at", "kind", "address", "state", "sent_at")


def _service_mails(telling: Exporting) -> Iterator[Row]:
    return _own(telling, SERVICE_MAIL, _SERVICE_MAIL)


_ADDRESS_CHANGE = ("asked_at", "address", "new_confirmed_at", "old_confirmed_at", "done_at", "ended_at")


def _address_changes(telling: Exporting) -> Iterator[Row]:
    return _own(telling, ADDRESS_CHANGE, _ADDRESS_CHANGE)


# Every section after the person: its name, its columns, and what reads it.
SECTIONS: tuple[tuple[str, tuple[str, ...], SectionOf], ...] = (
    ("expectations", _EXPECTATION, _expectations),
    ("consents", _CONSENT, _consents),
    ("sign_ups", _SIGN_UP, _sign_ups),
    ("mails", _MAIL, _mails),
    ("decisions", _DECISION, _decisions),
    ("hand_overs", _HAND_OVER, _hand_overs),
    ("events", _EVENT, _events),
    ("unsubscribes", _UNSUBSCRIBE, _unsubscribes),
    ("answers", _ANSWER, _answers),
    ("votes", _VOTE, _votes),
    ("readers_you_brought", _BROUGHT, _brought),
    ("mails_of_other_systems", _ELSEWHERE, _mails_elsewhere),
    ("reads", _READ, _reads),
    ("service_mails", _SERVICE_MAIL, _service_mails),
    ("address_changes", _ADDRESS_CHANGE, _address_changes),
)
