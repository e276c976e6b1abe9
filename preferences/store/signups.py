"""Sign-ups: a request stores what was asked and what was promised; confirming it makes a subscriber, and the proof.

A stranger who types an address can change nothing: until the owner of the mailbox answers, there is only a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from preferences.address import Address
from preferences.asked import Asked, asked_from_json, asked_to_json, checked_zone
from preferences.errors import Invalid, NotFound, Said
from preferences.store.events import By
from preferences.store.expectations import terms_asked
from preferences.store.networks import network_of
from preferences.store.promises import promise_in_words
from preferences.store.publications import publication
from preferences.store.referrals import PassedOn, note_referral
from preferences.store.rows import inserted_key
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from preferences.store.subscribers import Scalar, checked_fields, checked_name, subscriber_at
from preferences.store.tables import CADENCE, SIGN_UP_REQUEST, TOPIC
from preferences.store.topics import topics
from preferences.wording import SENTENCE_VERSION

_R = SIGN_UP_REQUEST.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What somebody asks for at sign-up. `zone` None is the publication's, assumed.

    `accepted` are the cadences that were on the page, by slug. `wording` is what was agreed to elsewhere than on a page
    of ours; `url` where. `brought_by` is the reader who passed it on, `brought_with` the campaign that was passed on.
    Network address and agent are proof of the request.
    """

    address: Address
    asked: Asked
    zone: str | None = None
    name: str = ""
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    language: str | None = None
    accepted: Mapping[str, int] = field(default_factory=dict)
    source: str = ""
    wording: str = ""
    brought_by: int | None = None
    brought_with: int | None = None
    url: str = ""
    network_address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request as stored; `address` is None once erased."""

    id: int
    publication_id: int
    address: str | None
    address_normalised: str | None
    name: str
    fields: Mapping[str, Scalar]
    asked: Asked
    accepted: Mapping[str, int]
    zone: str
    zone_assumed: bool
    promise: str
    sentence_version: int
    wording: str
    language: str
    source: str
    brought_by: int | None
    url: str
    network_address: str | None
    agent: str | None
    route: str
    made_at: datetime
    confirmation_sent_at: datetime | None
    confirmed_at: datetime | None
    subscriber_id: int | None


_COLUMNS = tuple(_R[name] for name in RequestRow.__dataclass_fields__)


def request(connection: Connection, publication_id: int, sign_up: SignUp, by: By, now: datetime) -> int:
    """Keep a request with the sentence that was shown, and ask for its confirmation mail; answers its number.

    The same is done, statement by statement, whether or not the address is known or may be written to. Raises `Invalid`.
    """
    values = _checked(connection, publication_id, sign_up, now)
    result = connection.execute(
        insert(SIGN_UP_REQUEST).values(publication_id=publication_id, route=by.route.value, made_at=now, **values)
    )
    request_id = inserted_key(result)
    if sign_up.brought_by is not None:
        passed_on = PassedOn(subscriber_id=sign_up.brought_by, campaign_id=sign_up.brought_with)
        note_referral(connection, publication_id, request_id, passed_on, now)
    known = subscriber_at(connection, publication_id, sign_up.address)
    queue(
        connection,
        publication_id,
        ServiceKind.CONFIRM,
        sign_up.address,
        now,
        subscriber_id=None if known is None else known.id,
        request_id=request_id,
    )
    return request_id


def _checked(connection: Connection, publication_id: int, sign_up: SignUp, now: datetime) -> dict[str, Any]:
    """The columns of a request; everything in it could be promised as it stands."""
    if not sign_up.asked.topics:
        raise Invalid.one("topics", Said("choose at least one topic"))
    sender = publication(connection, publication_id)
    zone = checked_zone(sign_up.zone) if sign_up.zone else sender.zone
    accepted = checked_versions(connection, publication_id, sign_up.accepted)
    terms = terms_asked(connection, publication_id, sign_up.asked, zone=zone, accepted_versions=accepted)
    slugs = {topic.id: topic.slug for topic in topics(connection, publication_id)}
    # What the sentence says is what gets accepted, also where the cadence is raised before the mailbox answers.
    accepted = {slugs[choice.topic]: choice.accepted for choice in terms.expectation.topics}
    language = sign_up.language or sender.language
    return {
        "address": sign_up.address.spelled,
        "address_normalised": sign_up.address.normalised,
        "name": checked_name(sign_up.name),
        "fields": json.dumps(checked_fields(sign_up.fields), ensure_ascii=False, sort_keys=True),
        "asked": json.dumps(asked_to_json(sign_up.asked), ensure_ascii=False),
        "accepted": json.dumps(accepted, sort_keys=True),
        "zone": zone,
        "zone_assumed": not sign_up.zone,
        "promise": promise_in_words(connection, sender, terms, now, language),
        "sentence_version": SENTENCE_VERSION,
        "wording": sign_up.wording,
        "language": language,
        "source": sign_up.source,
        "brought_by": sign_up.brought_by,
        "url": sign_up.url,
        "network_address": sign_up.network_address,
        "network": network_of(sign_up.network_address),
        "agent": sign_up.agent,
    }


def checked_versions(connection: Connection, publication_id: int, accepted: Mapping[str, int]) -> dict[str, int]:
    """Those of the cadences on a page that are versions of their topics; others were never on it."""
    if not accepted:
        return {}
    rows = connection.execute(
        select(TOPIC.c.slug, CADENCE.c.id)
        .join(CADENCE, CADENCE.c.topic_id == TOPIC.c.id)
        .where((TOPIC.c.publication_id == publication_id) & CADENCE.c.id.in_(sorted(accepted.values())))
    )
    there = {(row.slug, row.id) for row in rows}
    return {slug: cadence for slug, cadence in accepted.items() if (slug, cadence) in there}


def the_request(connection: Connection, publication_id: int, request_id: int) -> RequestRow:
    """The request of that number. Raises `NotFound`."""
    chosen = select(*_COLUMNS).where((_R.id == request_id) & (_R.publication_id == publication_id))
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NotFound("there is no such sign-up in this publication")
    values: dict[str, Any] = dict(row)
    values["fields"], values["accepted"] = json.loads(values["fields"]), json.loads(values["accepted"])
    values["asked"] = asked_from_json(json.loads(values["asked"]))
    return RequestRow(**values)


def lock_requests(connection: Connection, publication_id: int, normalised: str) -> None:
    """Hold all requests of an address until the transaction ends, so that two confirmations come one after the other."""
    if connection.dialect.name == "postgresql":
        mine = (_R.publication_id == publication_id) & (_R.address_normalised == normalised)
        connection.execute(select(_R.id).where(mine).order_by(_R.id).with_for_update()).all()


def mark_confirmed(connection: Connection, request_id: int, subscriber_id: int, now: datetime) -> None:
    """Note who a request has become."""
    connection.execute(
        update(SIGN_UP_REQUEST).where(_R.id == request_id).values(confirmed_at=now, subscriber_id=subscriber_id)
    )
