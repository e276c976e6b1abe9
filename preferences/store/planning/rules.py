"""The ordered rules of `preferences.decision` over a whole audience, as SQL: the caps are a comparison and a copy.

`decide()` is the authority; a property test holds these expressions to the same answers. Rules that cannot answer at
planning are not here: nobody has the campaign already, everybody expects one of its topics, nothing has waited.

`opens_at` of a wait is the latest of the stored free instants. That is the law's own answer: what is free next never
comes earlier for a later instant, so what is free next after the latest is the latest of what is free next.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Text, and_, case, literal, or_, select, true
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.campaign import ExpiryBasis
from preferences.decision import DIGEST_REASONS, SUPPRESSIONS, Outcome, Reason
from preferences.expectation import Arrives, Overflow
from preferences.store.openings import TOTAL
from preferences.store.planning.audience import OF_TOPIC, OF_TOTAL, WAYS, Audience
from preferences.store.planning.functions import largest
from preferences.store.planning.moments import EXTENDING_DAYS, MOMENTS
from preferences.store.tables import EXPECTATION, SUBSCRIBER

_E, _M, _S = EXPECTATION.c, MOMENTS.c, SUBSCRIBER.c
_NEVER = literal(None, UTCDateTime())
_TOPIC_IS_FULL = OF_TOPIC.c.opens_at > _M.judged_at
_TOTAL_IS_FULL = OF_TOTAL.c.opens_at > _M.judged_at
_DIGESTS = tuple(reason.value for reason in DIGEST_REASONS.values())
_CAPS = (Reason.TOPIC_CAP.value, Reason.TOTAL_CAP.value)
_QUIET = (Reason.QUIET_DAY.value, Reason.QUIET_HOURS.value)


def answers(audience: Audience, *carried: ColumnElement[Any], only: ColumnElement[bool] | None = None) -> Select[Any]:
    """A decision for every member: `outcome, reason, topic_id, opens_at, expires_at, expiry`, as `decide()` gives them.

    With them come `subscriber_id, expectation_id, scheduled_at, judged_at`; `full_key`, which of the reader's openings
    is full and has the evidence; and `carried`, labelled columns of the audience, as they went in. `only` narrows it to
    a part of the audience.
    """
    first = _first(audience, carried, true() if only is None else only).c
    second = _second(audience, first, carried).c
    is_too_late = and_(second.opens_at > second.expires_at, second.expires_at.is_not(None))
    reason = second.first_reason
    outcome = case(
        (is_too_late, Outcome.NOT_SENT.value),
        (reason == Reason.EXPECTED.value, Outcome.SEND.value),
        (reason == Reason.WEB_ONLY.value, Outcome.WEB.value),
        (reason.in_(_DIGESTS), Outcome.DIGEST.value),
        (or_(second.opens_at.is_not(None), reason == Reason.ANY_DOUBT.value), Outcome.WAIT.value),
        else_=Outcome.NOT_SENT.value,
    )
    return select(
        second.subscriber_id,
        second.expectation_id,
        second.topic_id,
        second.scheduled_at,
        second.judged_at,
        second.opens_at,
        second.expires_at,
        second.expiry,
        case((reason == Reason.TOPIC_CAP.value, second.topic_id), (reason == Reason.TOTAL_CAP.value, TOTAL)).label(
            "full_key"
        ),
        case((is_too_late, Reason.WOULD_EXPIRE.value), else_=reason).label("reason"),
        outcome.label("outcome"),
        *(second[column.name] for column in carried),
    )


def _first(audience: Audience, carried: tuple[ColumnElement[Any], ...], only: ColumnElement[bool]) -> CTE:
    """The first rule that answers, and the instants it may need."""
    rows = audience.rows(
        _E.subscriber_id,
        _E.id.label("expectation_id"),
        audience.charged.label("topic_id"),
        audience.is_digest.label("is_digest"),
        (_E.overflow == Overflow.LEAVE_OUT.value).label("is_left_out"),
        audience.is_notice.label("is_notice"),
        _first_reason(audience).label("first_reason"),
        _free_at().label("free_at"),
        audience.slot_at.label("slot_at"),
        _M.scheduled_at,
        _M.judged_at,
        _M.expires_at,
        _expires_when_held().label("held_expires_at"),
        *carried,
    )
    return _apart(rows.where(only), "first")


def _first_reason(audience: Audience) -> ColumnElement[str]:
    """The rules in the order of `preferences.decision.RULES`; before what needs a zone, whether there is one."""
    may_expire = true() if audience.asked.expiry is ExpiryBasis.MARKETER else ~audience.is_digest
    suppressed = case({why.value: reason.value for why, reason in SUPPRESSIONS.items()}, value=_S.suppressed)
    digest = case({WAYS[rhythm]: reason.value for rhythm, reason in DIGEST_REASONS.items()}, value=audience.way)
    return case(
        (_S.suppressed.is_not(None), suppressed),
        (_S.confirmed_at.is_(None), Reason.UNCONFIRMED.value),
        (_S.consent_ends_at <= _M.judged_at, Reason.CONSENT_EXPIRED.value),
        (_S.unsubscribed_at.is_not(None), Reason.UNSUBSCRIBED.value),
        (_M.is_in_doubt, Reason.ANY_DOUBT.value),
        (and_(may_expire, _M.judged_at > _M.expires_at), Reason.EXPIRED.value),
        (audience.way == WAYS[Arrives.WEB], Reason.WEB_ONLY.value),
        (audience.is_digest, digest),
        (and_(_E.pause_since_at <= _M.judged_at, _M.judged_at < _E.pause_until_at), Reason.PAUSED.value),
        (_TOPIC_IS_FULL, Reason.TOPIC_CAP.value),
        (_TOTAL_IS_FULL, Reason.TOTAL_CAP.value),
        (_M.quiet_reason.is_not(None), _M.quiet_reason),
        else_=Reason.EXPECTED.value,
    )


def _free_at() -> ColumnElement[datetime]:
    """The earliest instant that satisfies days, hours, pause and every cap that is full."""
    is_in_pause = and_(_E.pause_since_at <= _M.allowed_at, _M.allowed_at < _E.pause_until_at)
    return largest(
        case((is_in_pause, _E.pause_free_at), else_=_M.allowed_at),
        case((_TOPIC_IS_FULL, OF_TOPIC.c.free_at), else_=_M.allowed_at),
        case((_TOTAL_IS_FULL, OF_TOTAL.c.free_at), else_=_M.allowed_at),
    )


def _expires_when_held() -> ColumnElement[datetime]:
    """The expiry when a cap holds it: by the longest period among the caps that are full then, where that is later."""
    days = largest(
        case((_TOPIC_IS_FULL, _longest_days(OF_TOPIC.c)), else_=0),
        case((_TOTAL_IS_FULL, _longest_days(OF_TOTAL.c)), else_=0),
    )
    return case({days: _M[f"expires_{days}_at"] for days in EXTENDING_DAYS}, value=days, else_=_M.expires_at)


def _longest_days(of: Any) -> ColumnElement[int]:
    """The longest period among the full caps of one opening, which is stored as steps in time."""
    return case(
        (_M.judged_at < of.longest_until, of.longest_days),
        (_M.judged_at < of.next_until, of.next_days),
        else_=of.last_days,
    )


def _second(audience: Audience, first: Any, carried: tuple[ColumnElement[Any], ...]) -> CTE:
    """When it opens and when it expires, by what answered and by what the reader chose for what does not fit."""
    default = audience.asked.expiry is ExpiryBasis.DEFAULT
    # Overflow is for what does not fit; a notice beyond its cap is not sent, whatever its reader chose.
    is_paused = and_(first.first_reason == Reason.PAUSED.value, ~first.is_left_out)
    is_held = and_(first.first_reason.in_(_CAPS), ~first.is_left_out, ~first.is_notice)
    opens_at = case(
        (first.first_reason.in_(_DIGESTS), first.slot_at),
        (or_(is_paused, is_held, first.first_reason.in_(_QUIET)), first.free_at),
        else_=_NEVER,
    )
    expires_at = first.expires_at
    expiry: ColumnElement[str] = literal(audience.asked.expiry.value, Text)
    if default:
        expires_at = case((first.is_digest, _NEVER), (is_held, first.held_expires_at), else_=expires_at)
        expiry = case((is_held, ExpiryBasis.EXTENDED.value), else_=expiry)
    rows = select(
        *(first[name] for name in _PASSED),
        opens_at.label("opens_at"),
        expires_at.label("expires_at"),
        expiry.label("expiry"),
        *(first[column.name] for column in carried),
    )
    return _apart(rows, "second")


_PASSED = ("subscriber_id", "expectation_id", "topic_id", "scheduled_at", "judged_at", "first_reason")


def _apart(rows: Select[Any], name: str) -> CTE:
    """A step whose answers are computed once, instead of wherever the next step names them."""
    return rows.cte(name).prefix_with("MATERIALIZED")
