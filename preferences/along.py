"""Coming along: what waits for a cap or a pause travels as a line in the next counted mail."""

from __future__ import annotations

from datetime import datetime

from preferences.cadence import opening
from preferences.campaign import Candidate, Origin
from preferences.case import Case
from preferences.decision import HELD, Decision, Outcome, Reason, decide
from preferences.expectation import Arrives, Overflow, Standing, Terms
from preferences.history import History


def decide_along(
    standing: Standing,
    terms: Terms,
    history: History,
    candidate: Candidate,
    now: datetime,
    carrier: int,
    in_mail: frozenset[int],
) -> Decision | None:
    """*Send*, `expected`, along in a mail that is going out at `now` and holds the topics `in_mail`; or None.

    It must wait for a cap or a pause, or be an item of a digest that was stopped, its reader must not have chosen to
    leave out, and the own cap and both cadences of its topic must allow it, unless the topic is in the mail already.
    """
    case = Case(standing, terms, history, candidate, now)
    charged = case.charged
    if charged is None or charged.notice or candidate.origin is Origin.OTHER_SYSTEM:
        return None
    if not _may_travel(case, decide(standing, terms, history, candidate, now)):
        return None
    counted = history.along.get(charged.topic, ())
    is_full = any(opening(cap, counted, terms.zone, case.now) is not None for cap in charged.along_caps)
    if is_full and charged.topic not in in_mail:
        return None
    return case.answer(Outcome.SEND, Reason.EXPECTED, carrier=carrier)


def _may_travel(case: Case, decision: Decision) -> bool:
    """Whether it waits for what lets it come along. What would expire before it could leave by itself still may."""
    if case.is_digest_item:
        return case.candidate.digest_stopped and decision.reason not in _ENDED
    if case.terms.expectation.overflow is Overflow.LEAVE_OUT or case.charged is None:
        return False
    if case.charged.arrives is not Arrives.EACH or decision.reason in _ENDED:
        return False
    return case.candidate.has_waited or is_held(decision)


# The reasons of the rules that end it before any cap is asked: with one of these it goes nowhere.
_ENDED = frozenset(
    {reason for reason in Reason if reason.startswith("suppressed")}
    | {Reason.UNCONFIRMED, Reason.CONSENT_EXPIRED, Reason.UNSUBSCRIBED}
    | {Reason.DUPLICATE, Reason.OFF_TOPIC, Reason.EXPIRED}
)


def is_held(decision: Decision) -> bool:
    """Whether a cap, a pause or the next mail holds it: only that lets it come along."""
    return decision.reason in HELD or (decision.reason is Reason.WOULD_EXPIRE and decision.evidence is not None)
