"""The basis of a planned decision as text that SQL puts together: the pieces, and between them what is the reader's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func

from preferences.store.planning.audience import OF_TOPIC, OF_TOTAL
from preferences.store.planning.functions import joined, micros
from preferences.store.planning.moments import MOMENTS
from preferences.store.tables import SUBSCRIBER

_M, _S = MOMENTS.c, SUBSCRIBER.c


def basis_text(of_member: Any, delivery_id: ColumnElement[int]) -> ColumnElement[str]:
    """The basis of a decision, from the columns of a member, `MOMENTS` of their pattern, and their openings."""
    return joined(
        _M.before_expectation,
        cast(of_member.expectation_id, Text),
        ',"cadences":[',
        of_member.cadences,
        '],"standing":',
        of_member.standing,
        _M.before_delivery,
        cast(delivery_id, Text),
        _M.after_delivery,
        '"counted":{',
        _counted_text(),
        "}}",
    )


def standing_text() -> ColumnElement[str]:
    """The standing of a subscriber as a basis has it."""
    is_good = and_(
        _S.confirmed_at.is_not(None),
        _S.suppressed.is_(None),
        _S.unsubscribed_at.is_(None),
        _S.consent_ends_at.is_(None),
    )
    other = joined(
        case((_S.confirmed_at.is_(None), '{"confirmed":false'), else_='{"confirmed":true'),
        case((_S.unsubscribed_at.is_(None), ""), else_=',"unsubscribed":true'),
        func.coalesce(joined(',"suppressed":"', _S.suppressed, '"'), ""),
        func.coalesce(joined(',"consent_ends":', cast(micros(_S.consent_ends_at), Text)), ""),
        "}",
    )
    return case((is_good, '{"confirmed":true}'), else_=other)


def _counted_text() -> ColumnElement[str]:
    """The newest counted instants that the caps look at, copied from the openings."""
    total, charged = OF_TOTAL.c.counted, OF_TOPIC.c.counted
    return case(
        (and_(total.is_(None), charged.is_(None)), ""),
        (charged.is_(None), joined('"total":', total)),
        (total.is_(None), joined('"charged":', charged)),
        else_=joined('"total":', total, ',"charged":', charged),
    )
