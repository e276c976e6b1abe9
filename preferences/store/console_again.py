"""What a person decides for all of a campaign at once: trying what was refused again, and what became of what is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, true

from preferences.delivery import CampaignStatus, State
from preferences.store.doubts import it_arrived, it_did_not_arrive, try_refused_again
from preferences.store.events import By
from preferences.store.tables import CAMPAIGN, DELIVERY

_D = DELIVERY.c


def refused_in_time(connection: Connection, campaign_id: int, now: datetime) -> list[int]:
    """The refused deliveries of a campaign that is not ended which are still worth sending, by their readers' numbers."""
    is_over = select(CAMPAIGN.c.id).where(CAMPAIGN.c.status == CampaignStatus.ENDED.value)
    in_time = _D.expires_at.is_(None) | (_D.expires_at >= now)
    return _of_state(connection, campaign_id, State.REFUSED, in_time & _D.campaign_id.not_in(is_over))


def _of_state(connection: Connection, campaign_id: int, state: State, which: ColumnElement[bool]) -> list[int]:
    chosen = (_D.campaign_id == campaign_id) & (_D.state == state.value) & which
    # In the order in which readers are locked everywhere, so that no two wait for each other.
    return list(connection.execute(select(_D.id).where(chosen).order_by(_D.subscriber_id)).scalars())


def try_all_refused_again(connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime) -> int:
    """Try everything again that was refused and is still worth sending, decided anew first; answers how many."""
    refused = refused_in_time(connection, campaign_id, now)
    for delivery in refused:
        try_refused_again(connection, publication_id, delivery, by, now)
    return len(refused)


def all_arrived(connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime) -> int:
    """Say of everything of a campaign that is in doubt that it arrived; answers how many."""
    return _say(connection, publication_id, campaign_id, it_arrived, by, now)


def none_arrived(connection: Connection, publication_id: int, campaign_id: int, by: By, now: datetime) -> int:
    """Say of everything of a campaign that is in doubt that it did not arrive: due again; answers how many."""
    return _say(connection, publication_id, campaign_id, it_did_not_arrive, by, now)


def _say(
    connection: Connection,
    publication_id: int,
    campaign_id: int,
    say: Callable[[Connection, int, int, By, datetime], None],
    by: By,
    now: datetime,
) -> int:
    doubtful = _of_state(connection, campaign_id, State.IN_DOUBT, true())
    for delivery in doubtful:
        say(connection, publication_id, delivery, by, now)
    return len(doubtful)
