"""A basis as a value and as compact JSON: instants as whole microseconds since 1970, nothing that says nothing.

`basis` makes it from a decision's arguments and decides again from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from preferences.calendar import as_instant
from preferences.campaign import Candidate, DigestDue
from preferences.expectation import Standing
from preferences.history import Instants

FORMAT = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counted instants that can bind a subject, by what they count for, newest first."""

    total: Instants = ()
    charged: Instants = ()
    along: Instants = ()
    rhythm: Instants = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Everything needed to make one decision again, besides the terms, which are named by their ids.

    `cadences` are `(topic, accepted, current)` ids of the subject's topics that are expected. `before` is what was
    counted at the beginning of the transaction, None where nothing was counted in it before this decision. `carrier`
    is set where it came along; `in_mail` says that its topic stood in that mail already.
    """

    rules: int
    zone_data: str
    now: datetime
    expectation: int
    cadences: tuple[tuple[int, int, int], ...]
    standing: Standing
    subject: Candidate | DigestDue
    counted: Counted
    had: bool = False
    before: Counted | None = None
    carrier: int | None = None
    in_mail: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "now", as_instant(self.now, "the instant of a decision"))


def to_json(basis: Basis) -> str:
    """The basis as JSON text without spaces; `from_json` gives an equal one.

    One stands in the ledger for each mail, so what many have in common is spelled once; it is what `written` says.
    """
    subject = basis.subject
    if isinstance(subject, DigestDue):
        return SPELLED(written(basis))
    text = spelling(basis.now, basis.rules, basis.zone_data).text(
        basis.expectation,
        subject.id,
        shared_text(basis.cadences, basis.standing),
        candidate_text(subject),
        counted_text(basis.counted),
    )
    parts = [text[:-1]]
    if basis.had:
        parts.append(',"had":true')
    if basis.before is not None:
        parts.append(f',"before":{counted_text(basis.before)}')
    if basis.carrier is not None:
        parts.append(f',"carrier":{basis.carrier}')
    if basis.in_mail:
        parts.append(',"in_mail":true')
    return "".join([*parts, "}"])


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the bases of one instant begin. `text` is the whole of one that sends a campaign."""

    _head: str

    def text(self, expectation: int, delivery: int, shared: str, candidate: str, counted: str) -> str:
        """The basis about a delivery, from what `shared_text`, `candidate_text` and `counted_text` answer."""
        return f'{self._head}{expectation}{shared}{delivery}{candidate},"counted":{counted}}}'


def spelling(now: datetime, rules: int, zone_data: str) -> Spelling:
    """How bases of decisions at `now` begin."""
    begins = f'"format":{FORMAT},"rules":{rules},"zones":{_text(zone_data)},"now":{micros(now)}'
    return Spelling(f'{{{begins},"expectation":')


@lru_cache(maxsize=64)
def _text(text: str) -> str:
    return SPELLED(text)


@lru_cache(maxsize=4096)
def shared_text(cadences: tuple[tuple[int, int, int], ...], standing: Standing) -> str:
    """The cadences and the standing, up to the number of the delivery."""
    told = SPELLED([list(ids) for ids in cadences])
    return f',"cadences":{told},"standing":{SPELLED(_written_standing(standing))},"campaign":{{"id":'


def candidate_text(subject: Candidate) -> str:
    """A candidate after its number, with the brace that ends it."""
    return _candidate_text(
        *(subject.campaign, subject.topics, subject.scheduled_at, subject.expires_at, subject.expiry),
        *(subject.priority, subject.relevance, subject.has_waited, subject.coming_at, subject.digest_stopped),
        subject.origin,
    )


@lru_cache(maxsize=4096, typed=True)
def _candidate_text(campaign: int, topics: tuple[int, ...], *rest: Any) -> str:
    scheduled_at, expires_at, expiry, priority, relevance, has_waited, coming_at, digest_stopped, origin = rest
    written = _written_subject(
        Candidate(
            id=0,
            campaign=campaign,
            topics=topics,
            scheduled_at=scheduled_at,
            expires_at=expires_at,
            expiry=expiry,
            priority=priority,
            relevance=relevance,
            has_waited=has_waited,
            coming_at=coming_at,
            digest_stopped=digest_stopped,
            origin=origin,
        )
    )
    del written["id"]
    return f",{SPELLED(written)[1:]}"


def counted_text(counted: Counted) -> str:
    """What was counted, by what it counts for."""
    scopes = (
        ("total", counted.total),
        ("charged", counted.charged),
        ("along", counted.along),
        ("rhythm", counted.rhythm),
    )
    return scopes_text([(name, instants) for name, instants in scopes if instants])


def scopes_text(scopes: Sequence[tuple[str, Instants]]) -> str:
    """The same of scopes in their order; mostly all have the same instants, which are spelled once."""
    said: list[str] = []
    before: Instants = ()
    text = ""
    for name, instants in scopes:
        if instants != before:
            before, text = instants, ",".join([str(micros(at)) for at in instants])
        said.append(f'"{name}":[{text}]')
    return f"{{{','.join(said)}}}"


# `json.dumps` would make another one for each basis.
SPELLED = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def written(basis: Basis) -> dict[str, Any]:
    """The basis as JSON has it, without what says nothing."""
    is_digest = isinstance(basis.subject, DigestDue)
    return _without_defaults(
        {
            "format": FORMAT,
            "rules": basis.rules,
            "zones": basis.zone_data,
            "now": micros(basis.now),
            "expectation": basis.expectation,
            "cadences": [list(ids) for ids in basis.cadences],
            "standing": _written_standing(basis.standing),
            "digest" if is_digest else "campaign": _written_subject(basis.subject),
            "counted": _written_counted(basis.counted),
            "had": basis.had or None,
            "before": None if basis.before is None else _written_counted(basis.before),
            "carrier": basis.carrier,
            "in_mail": basis.in_mail or None,
        }
    )


def _written_standing(standing: Standing) -> dict[str, Any]:
    return _without_defaults(
        {
            "confirmed": standing.confirmed,
            "unsubscribed": standing.unsubscribed or None,
            "suppressed": standing.suppressed,
            "consent_ends": _micros_or_none(standing.consent_ends_at),
        }
    )


def _written_subject(subject: Candidate | DigestDue) -> dict[str, Any]:
    if isinstance(subject, DigestDue):
        return {
            "id": subject.id,
            "rhythm": subject.rhythm,
            "on": subject.slot_on.isoformat(),
            "at": micros(subject.slot_at),
            "topics": sorted(subject.topics),
        }
    return _without_defaults(
        {
            "id": subject.id,
            "campaign": subject.campaign,
            "topics": list(subject.topics),
            "scheduled": micros(subject.scheduled_at),
            "expires": _micros_or_none(subject.expires_at),
            "expiry": subject.expiry,
            "priority": subject.priority,
            "relevance": subject.relevance,
            "has_waited": subject.has_waited or None,
            "coming": _micros_or_none(subject.coming_at),
            "digest_stopped": subject.digest_stopped or None,
            "origin": subject.origin,
        }
    )


def _written_counted(counted: Counted) -> dict[str, list[int]]:
    scopes = {field.name: getattr(counted, field.name) for field in fields(Counted)}
    return {scope: [micros(at) for at in instants] for scope, instants in scopes.items() if instants}


def _without_defaults(written: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if value is not None}


def micros(instant: datetime) -> int:
    """An instant as whole microseconds since 1970."""
    return (instant - EPOCH) // MICROSECOND


def _micros_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)
