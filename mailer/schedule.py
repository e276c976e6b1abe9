"""The schedule: planning what is due, sweeping what ended processes left, and bringing campaigns to their end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mailer.office import Office
from preferences.store.agenda import campaigns_to_plan, close_outbox
from preferences.store.leases import check_lead
from preferences.store.planning import plan_campaign
from preferences.store.sweep import settle_campaigns, sweep_leases
from preferences.store.transactions import Transaction

log = logging.getLogger(__name__)


def plan_due(office: Office, lease_id: int | None = None) -> int:
    """Plan every campaign whose instant has come, each in a transaction of its own; answers how many."""
    with office.database.look() as connection:
        due = campaigns_to_plan(connection, office.clock.now())
    for campaign in due:
        with _leading(office, lease_id) as connection:
            audience = plan_campaign(connection, campaign, office.clock.now())
        log.info("planned", extra={"campaign": campaign, "audience": audience})
    return len(due)


def tend(office: Office, lease_id: int | None = None) -> int:
    """Everything that is nobody's in particular: sweep what ended processes left, plan, bring campaigns to their end.

    Each in transactions of its own, and planning after the sweep: what cannot be planned holds up nothing else. Answers
    how many campaigns were planned. Where several processes could do it, each transaction asks first whether the lease
    still leads, and raises `AnyDoubt` where it does not; two that did it at once would do no harm either.
    """
    with _leading(office, lease_id) as connection:
        swept = sweep_leases(connection, office.clock.now(), office.machine_clock.now())
    if swept:
        log.warning("put in doubt", extra={"attempts": swept})
    with _leading(office, lease_id) as connection:
        settle_campaigns(connection, office.clock.now())
    planned = plan_due(office, lease_id)
    with _leading(office, lease_id) as connection:
        close_outbox(connection, office.clock.now())
    return planned


@contextmanager
def _leading(office: Office, lease_id: int | None) -> Iterator[Transaction]:
    """A transaction that writes, of whoever leads; without a lease, of whoever is alone."""
    with office.database.write() as connection:
        if lease_id is not None:
            check_lead(connection, lease_id, office.machine_clock.now())
        yield connection
