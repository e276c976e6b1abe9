"""What follows where a mail turned out not to have left: it counts no longer, and what is open is decided again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from preferences.decision import Outcome, Reason
from preferences.delivery import CampaignStatus, State
from preferences.store.open_deliveries import UNDECIDED
from preferences.store.openings import recompute
from preferences.store.redecide import decide_waiting_again
from preferences.store.tables import CAMPAIGN, COUNTED, DECISION, DELIVERY, UNCOUNTED

_C, _D = CAMPAIGN.c, DELIVERY.c


def uncount(connection: Connection, publication_id: int, whys: Mapping[int, str], now: datetime) -> None:
    """Un-count what these attempts counted, with why; what counts no longer is left as it is."""
    still = (
        select(COUNTED.c.id, COUNTED.c.attempt_id)
        .outerjoin(UNCOUNTED, UNCOUNTED.c.counted_id == COUNTED.c.id)
        .where(COUNTED.c.attempt_id.in_(sorted(whys)) & UNCOUNTED.c.counted_id.is_(None))
    )
    rows = [
        {
            "counted_id": row.id,
            "publication_id": publication_id,
            "why": whys[row.attempt_id],
            "occurred_at": now,
            "recorded_at": now,
        }
        for row in connection.execute(still.order_by(COUNTED.c.id)).all()
    ]
    if rows:
        connection.execute(insert(UNCOUNTED), rows)


def decide_open_again(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> None:
    """Decide again what is open for these subscribers, who are locked; what was ended meanwhile is not sent."""
    _end_with_their_campaigns(connection, publication_id, subscriber_ids, now)
    recompute(connection, publication_id, subscriber_ids, now)
    decide_waiting_again(connection, publication_id, subscriber_ids, now)


def lock_campaigns(connection: Connection, mail_ids: Collection[int]) -> list[int]:
    """Hold the campaigns that travelled in these mails until the transaction ends; answers their numbers.

    Before the subscribers, as whoever ends or plans a campaign does: so that nobody ends or settles one without having
    seen what becomes of these, and no two wait for each other.
    """
    theirs = select(_D.campaign_id).where(
        (_D.id.in_(sorted(mail_ids)) | _D.carrier_id.in_(sorted(mail_ids))) & _D.campaign_id.is_not(None)
    )
    locked = select(_C.id).where(_C.id.in_(theirs)).order_by(_C.id).with_for_update(key_share=True)
    return list(connection.execute(locked).scalars())


def begin_again(connection: Connection, campaign_ids: Collection[int]) -> None:
    """Campaigns of which something final is open again are sending, and not finished. They must be locked."""
    done = (CampaignStatus.FINISHED.value, CampaignStatus.WAITING.value)
    again = {"status": CampaignStatus.SENDING.value, "finished_at": None}
    connection.execute(update(CAMPAIGN).where(_C.id.in_(campaign_ids) & _C.status.in_(done)).values(**again))


def _end_with_their_campaigns(
    connection: Connection, publication_id: int, subscriber_ids: Collection[int], now: datetime
) -> None:
    """Whoever ended a campaign could not hold back what was handing over; where that did not leave, it is over too."""
    ended = select(_C.id).where(_C.status == CampaignStatus.ENDED.value)
    open_ones = _D.subscriber_id.in_(sorted(subscriber_ids)) & _D.state.in_(UNDECIDED) & _D.campaign_id.in_(ended)
    ids = connection.execute(select(_D.id).where(open_ones).order_by(_D.id)).scalars().all()
    if ids:
        over = {"state": State.NOT_SENT.value, "reason": Reason.CAMPAIGN_ENDED.value}
        connection.execute(update(DELIVERY).where(_D.id.in_(ids)).values(**over, wakes_at=None, opens_at=None))
        append_plain_decision(connection, publication_id, ids, Reason.CAMPAIGN_ENDED, now)


def append_plain_decision(
    connection: Connection, publication_id: int, delivery_ids: Collection[int], reason: Reason, now: datetime
) -> None:
    """Append *not sent* with a reason that comes from elsewhere than the rules; there is nothing to decide again."""
    rows: list[dict[str, Any]] = [
        {
            "publication_id": publication_id,
            "delivery_id": delivery_id,
            "decided_at": now,
            "outcome": Outcome.NOT_SENT.value,
            "reason": reason.value,
            "basis": "{}",
        }
        for delivery_id in delivery_ids
    ]
    if rows:
        connection.execute(insert(DECISION), rows)
