"""A basis read back from its JSON text, and what is left of one whose details were given up."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from preferences.basis_record import EPOCH, FORMAT, MICROSECOND, Basis, Counted, written
from preferences.campaign import Candidate, DigestDue, ExpiryBasis, Origin
from preferences.expectation import Arrives, Standing, Suppression

# A basis that was emptied: what the audit reads beside deciding again is left, and nobody can decide again from it.
_EMPTIED = 0
_LEFT = ("rules", "zones", "now", "expectation", "cadences", "standing", "carrier")


def from_json(text: str) -> Basis:
    """The basis that was written. Raises ValueError for anything that `to_json` would not have written."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        basis = _read(found)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError) as error:
        raise ValueError(f"this stored basis cannot be read: {error}") from error
    # As texts, so that a true in the place of a 1 is noticed as well.
    if json.dumps(written(basis), sort_keys=True) != json.dumps(found, sort_keys=True):
        raise ValueError("this stored basis was not written by this program: it says the same in another way")
    return basis


def emptied(text: str) -> str | None:
    """A stored basis without what was counted and asked about; None where there is none, or it is emptied already.

    When it was decided, under what terms and which standing stays: by that every counted mail is still judged.
    """
    found = json.loads(text)
    if found.get("format") != FORMAT:
        return None
    left = {"format": _EMPTIED} | {name: found[name] for name in _LEFT if name in found}
    return json.dumps(left, separators=(",", ":"), allow_nan=False)


def is_emptied(text: str) -> bool:
    """Whether a stored basis was emptied, and no decision can be made again from it."""
    return text.startswith(f'{{"format":{_EMPTIED},')


def _read(found: dict[str, Any]) -> Basis:
    return Basis(
        rules=found["rules"],
        zone_data=found["zones"],
        now=_instant(found["now"]),
        expectation=found["expectation"],
        cadences=tuple((topic, accepted, current) for topic, accepted, current in found["cadences"]),
        standing=_read_standing(found["standing"]),
        subject=_read_digest(found["digest"]) if "digest" in found else _read_candidate(found["campaign"]),
        counted=_read_counted(found["counted"]),
        had=_flag(found, "had"),
        before=_read_counted(found["before"]) if "before" in found else None,
        carrier=found.get("carrier"),
        in_mail=_flag(found, "in_mail"),
    )


def _read_standing(found: dict[str, Any]) -> Standing:
    return Standing(
        confirmed=_flag(found, "confirmed"),
        unsubscribed=_flag(found, "unsubscribed"),
        suppressed=Suppression(found["suppressed"]) if "suppressed" in found else None,
        consent_ends_at=_instant(found["consent_ends"]) if "consent_ends" in found else None,
    )


def _read_digest(found: dict[str, Any]) -> DigestDue:
    return DigestDue(
        id=found["id"],
        rhythm=Arrives(found["rhythm"]),
        slot_on=date.fromisoformat(found["on"]),
        slot_at=_instant(found["at"]),
        topics=frozenset(found["topics"]),
    )


def _read_candidate(found: dict[str, Any]) -> Candidate:
    return Candidate(
        id=found["id"],
        campaign=found["campaign"],
        topics=tuple(found["topics"]),
        scheduled_at=_instant(found["scheduled"]),
        expires_at=_instant(found["expires"]) if "expires" in found else None,
        expiry=ExpiryBasis(found["expiry"]),
        priority=found["priority"],
        relevance=found["relevance"],
        has_waited=_flag(found, "has_waited"),
        coming_at=_instant(found["coming"]) if "coming" in found else None,
        digest_stopped=_flag(found, "digest_stopped"),
        origin=Origin(found["origin"]),
    )


def _read_counted(found: dict[str, Any]) -> Counted:
    return Counted(**{scope: tuple(_instant(at) for at in instants) for scope, instants in found.items()})


def _flag(found: dict[str, Any], name: str) -> bool:
    """A flag that may be absent; a 1 in its place is no flag."""
    value = found.get(name, False)
    if type(value) is not bool:
        raise ValueError(f"{name} is not true or false")
    return value


def _instant(micros: int) -> datetime:
    return EPOCH + micros * MICROSECOND
