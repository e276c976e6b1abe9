"""Why somebody got a campaign, or did not: every decision about it with its evidence and the promise it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, select

from preferences.address import Address
from preferences.basis import from_json
from preferences.basis_record import Basis
from preferences.calendar import zone_named
from preferences.campaign import ExpiryBasis
from preferences.decision import Decision, Outcome, Reason
from preferences.delivery import State
from preferences.errors import Conflict, NotFound
from preferences.expectation import Terms
from preferences.links import Kind, PublicIds
from preferences.promise import clauses
from preferences.store.auditing.terms import TermsThen
from preferences.store.destinations import Destination, what_holds
from preferences.store.evidence import evidence_of_text
from preferences.store.open_deliveries import campaign_topics
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import SubscriberRow, subscriber_at
from preferences.store.tables import (
    ATTEMPT,
    CAMPAIGN,
    COUNTED,
    DECISION,
    DELIVERY,
    EVENT,
    EXPECTATION,
    EXPECTATION_TOPIC,
    TOPIC,
)
from preferences.wording import plain, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision. `promise` is the sentence it was judged under, None where the terms are not named."""

    decided_at: datetime
    decision: Decision
    topic: str | None
    expectation_id: int | None
    zone: tzinfo
    zone_name: str
    promise: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt to hand over the mail it was in; `outcome` None while it is under way.

    `relay` is the mail server that was asked, None where only one was set.
    """

    committed_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    code: int | None
    reply: str | None
    relay: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something else that was recorded about the delivery."""

    kind: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything about one campaign for one subscriber; `carried_by` names the mail it travels in, None by itself.

    `slowed` is where it goes, where that holds it back now. `next_try_at` is when what was put off is tried again, and
    `expires_at` until when it is worth sending.
    """

    subscriber_id: int
    campaign_id: int
    campaign: str
    state: str
    carried_by: str | None
    steps: tuple[Step, ...]
    tried: tuple[Tried, ...]
    happened: tuple[Happened, ...]
    slowed: Destination | None = None
    next_try_at: datetime | None = None
    expires_at: datetime | None = None


def campaign_called(connection: Connection, publication_id: int, called: str, ids: PublicIds) -> int:
    """The campaign with that public number, number or exact name. Raises `NotFound`, and `Conflict` for several."""
    here = CAMPAIGN.c.publication_id == publication_id
    number = ids.number_of(Kind.CAMPAIGN, called)
    if number is None and called.isascii() and called.isdigit() and len(called) < 19:
        number = int(called)
    if number is not None:
        numbered = connection.execute(select(CAMPAIGN.c.id).where(here & (CAMPAIGN.c.id == number))).first()
        if numbered is not None:
            return number
    statement = select(CAMPAIGN.c.id).where(here & (CAMPAIGN.c.name == called)).order_by(CAMPAIGN.c.id)
    found: list[int] = list(connection.execute(statement.limit(10)).scalars())
    if len(found) > 1:
        numbers = ", ".join(ids.public_id(Kind.CAMPAIGN, one) for one in found)
        raise Conflict(f"several campaigns are called {called!r}; say which by its number: {numbers}")
    if not found:
        raise NotFound(f"there is no campaign {called!r} in this publication: name it by its number or its exact name")
    return found[0]


def explain(connection: Connection, publication: PublicationRow, address: Address, campaign_id: int) -> Explanation:
    """Why the subscriber at an address got a campaign or did not. Raises `NotFound`, which says why there is nothing."""
    person, campaign, delivery = _found(connection, publication.id, address, campaign_id)
    return Explanation(
        subscriber_id=person.id,
        campaign_id=campaign_id,
        campaign=campaign["name"],
        state=delivery["state"],
        carried_by=None if delivery["carrier_id"] is None else _mail(connection, delivery["carrier_id"]),
        steps=tuple(_steps(connection, publication, person, delivery["id"])),
        tried=tuple(_tried(connection, person.id, delivery["carrier_id"] or delivery["id"])),
        happened=tuple(_happened(connection, delivery["id"])),
        slowed=_slowed(connection, person, delivery),
        next_try_at=delivery["wakes_at"] if delivery["state"] == State.DEFERRED.value else None,
        expires_at=delivery["expires_at"],
    )


def _slowed(connection: Connection, person: SubscriberRow, delivery: Mapping[Any, Any]) -> Destination | None:
    """What is handed over has waited, though it keeps the instant until which it did."""
    is_leaving = delivery["state"] == State.HANDING_OVER.value
    return None if is_leaving else what_holds(connection, person.address_normalised, delivery["wakes_at"])


def mail_of(connection: Connection, publication_id: int, address: Address, campaign_id: int) -> int:
    """The delivery that is the mail in which a campaign reached an address: its own, or its carrier's. As `explain`."""
    _, _, delivery = _found(connection, publication_id, address, campaign_id)
    mail: int = delivery["carrier_id"] or delivery["id"]
    return mail


def _found(
    connection: Connection, publication_id: int, address: Address, campaign_id: int
) -> tuple[SubscriberRow, Mapping[Any, Any], Mapping[Any, Any]]:
    person = subscriber_at(connection, publication_id, address)
    campaign = connection.execute(select(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id)).mappings().one()
    if person is None:
        raise NotFound("nobody is subscribed at this address, so no campaign has decided anything about it")
    chosen = (DELIVERY.c.campaign_id == campaign_id) & (DELIVERY.c.subscriber_id == person.id)
    delivery = connection.execute(select(DELIVERY).where(chosen)).mappings().first()
    if delivery is None:
        raise NotFound(_why_not_in_audience(connection, person, campaign))
    return person, campaign, delivery


def _why_not_in_audience(connection: Connection, person: SubscriberRow, campaign: Mapping[Any, Any]) -> str:
    """Which of the conditions of an audience was not met, in the words of whoever asks."""
    planned_at = campaign["planned_at"]
    if planned_at is None:
        when = campaign["scheduled_at"]
        at = "has no date yet" if when is None else f"is scheduled for {when:%Y-%m-%d %H:%M} UTC"
        return f"nothing is decided yet: this campaign {at}, and its audience is fixed then"
    not_in = "not in the audience, which was fixed on"
    begin = f"{not_in} {planned_at:%Y-%m-%d %H:%M} UTC"
    if person.created_at > planned_at:
        return f"{begin}: this subscriber came later, on {person.created_at:%Y-%m-%d %H:%M} UTC"
    of = EXPECTATION.c
    expectation = connection.execute(
        select(of.id)
        .where((of.subscriber_id == person.id) & (of.since <= planned_at))
        .where(of.until.is_(None) | (of.until > planned_at))
        .order_by(of.id.desc())
        .limit(1)
    ).scalar()
    if expectation is None:
        return f"{begin}: nothing was expected by this subscriber then"
    topics = set(campaign_topics(connection, [campaign["id"]]).get(campaign["id"], ()))
    chosen = EXPECTATION_TOPIC.c.expectation_id == expectation
    expected = set(connection.execute(select(EXPECTATION_TOPIC.c.topic_id).where(chosen)).scalars())
    if not topics & expected:
        return f"{begin}: none of its topics was expected by this subscriber then"
    return f"{begin}: this subscriber was not in its segment then"


def _steps(connection: Connection, publication: PublicationRow, person: SubscriberRow, delivery_id: int) -> list[Step]:
    statement = select(DECISION).where(DECISION.c.delivery_id == delivery_id).order_by(DECISION.c.id)
    rows = connection.execute(statement).mappings().all()
    expectations = {row["expectation_id"] for row in rows if row["expectation_id"] is not None}
    then = TermsThen(connection, publication.id, expectations)
    topics = select(TOPIC.c.id, TOPIC.c.name).where(TOPIC.c.publication_id == publication.id)
    names: dict[int, str] = {row.id: row.name for row in connection.execute(topics)}
    language = person.language or publication.language
    return [_step(row, then, names, language, publication.zone) for row in rows]


def _step(row: Mapping[Any, Any], then: TermsThen, names: Mapping[int, str], language: str, zone: str) -> Step:
    basis, terms = _basis(row, then)
    promise = None if terms is None else sentence(clauses(terms, names, row["decided_at"]), language, plain)
    zone_name = zone if terms is None else terms.expectation.zone
    return Step(
        decided_at=row["decided_at"],
        decision=Decision(
            outcome=Outcome(row["outcome"]),
            reason=Reason(row["reason"]),
            topic=row["topic_id"],
            expires_at=None,
            expiry=ExpiryBasis.DEFAULT,
            opens_at=row["opens_at"],
            evidence=evidence_of_text(row["evidence"]),
            carrier=None if basis is None else basis.carrier,
        ),
        topic=names.get(row["topic_id"]),
        expectation_id=row["expectation_id"],
        zone=zone_named(zone_name),
        zone_name=zone_name,
        promise=promise,
    )


def _basis(row: Mapping[Any, Any], then: TermsThen) -> tuple[Basis | None, Terms | None]:
    """What a decision was made from; nothing where it came from elsewhere than the rules, or cannot be read."""
    try:
        basis = from_json(row["basis"])
        return basis, then.of_basis(basis) if basis.expectation else None
    except ValueError:
        return None, None


def _mail(connection: Connection, delivery_id: int) -> str:
    """The name of a mail: its campaign, or the digest and its slot."""
    row = connection.execute(
        select(DELIVERY.c.rhythm, DELIVERY.c.slot_on, CAMPAIGN.c.name)
        .outerjoin(CAMPAIGN, CAMPAIGN.c.id == DELIVERY.c.campaign_id)
        .where(DELIVERY.c.id == delivery_id)
    ).one()
    return f"the {row.rhythm} digest of {row.slot_on}" if row.name is None else f"campaign {row.name!r}"


def _tried(connection: Connection, subscriber_id: int, delivery_id: int) -> list[Tried]:
    """The attempts of a mail in order: each was counted, by which an index leads to it."""
    counted = select(COUNTED.c.attempt_id).where(COUNTED.c.subscriber_id == subscriber_id)
    columns = [ATTEMPT.c[name] for name in Tried.__dataclass_fields__]
    rows = connection.execute(
        select(*columns)
        .where(ATTEMPT.c.id.in_(counted) & (ATTEMPT.c.delivery_id == delivery_id))
        .order_by(ATTEMPT.c.id)
    ).mappings()
    return [Tried(**row) for row in rows]


def _happened(connection: Connection, delivery_id: int) -> list[Happened]:
    statement = select(EVENT.c.kind, EVENT.c.occurred_at).where(EVENT.c.delivery_id == delivery_id)
    return [Happened(**row) for row in connection.execute(statement.order_by(EVENT.c.id)).mappings()]
