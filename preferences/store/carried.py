"""What travels in another mail, as a line or in a digest, shares the fate of what carries it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, literal, update

from preferences.delivery import State
from preferences.store.among import among_named
from preferences.store.tables import DELIVERY

_CARRIED = (State.HANDING_OVER.value, State.IN_DOUBT.value)
_D = DELIVERY.c


def settle_carried(connection: Connection, carrier_ids: Collection[int], in_digest: State, along: State) -> None:
    """What these mails carried stands as they do: what stood in a digest, and what came along as a line."""
    if carrier_ids:
        becomes = {"in_digest": in_digest.value, "along": along.value}
        connection.execute(_SETTLED, {"numbers": carrier_ids, **becomes})


# Writing the statement takes longer than running it.
_SETTLED = (
    update(DELIVERY)
    .where(among_named(_D.carrier_id, "numbers") & _D.state.in_(_CARRIED))
    .values(
        state=case((_D.reason.like("digest_%"), bindparam("in_digest")), else_=bindparam("along")),
    )
)


def release_carried(connection: Connection, carrier_id: int, again_at: datetime) -> None:
    """What a mail carried that did not leave is pending again, as it was before; whoever releases it decides it again.

    What was due at the same instant is due again at `again_at`, when its carrier is tried again if it is, so that it
    does not take the opening of the mail it came along in. What waited wakes for nothing yet.
    """
    carried = (_D.carrier_id == carrier_id) & _D.state.in_(_CARRIED)
    is_item = _D.reason.like("digest_%") | _D.digest_stopped
    waits = case((is_item, literal(State.DIGEST_TO_COME.value)), else_=literal(State.WAITING.value))
    was_due = ~is_item & ~_D.has_waited
    connection.execute(
        update(DELIVERY)
        .where(carried)
        .values(
            state=case((was_due, literal(State.DUE.value)), else_=waits),
            wakes_at=case((was_due, literal(again_at, _D.wakes_at.type)), else_=None),
            carrier_id=None,
        )
    )
