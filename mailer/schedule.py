"""The schedule: planning what is due, bringing campaigns to their end, and driving a sandbox's clock."""

from __future__ import annotations

import logging

from mailer.office import Office
from preferences.store.agenda import campaigns_to_plan, close_outbox
from preferences.store.planning import plan_campaign
from preferences.store.sweep import settle_campaigns, sweep_leases

log = logging.getLogger(__name__)


def plan_due(office: Office) -> int:
    """Plan every campaign whose instant has come, each in a transaction of its own; answers how many."""
    with office.database.read() as connection:
        due = campaigns_to_plan(connection, office.clock.now())
    for campaign in due:
        with office.database.write() as connection:
            audience = plan_campaign(connection, campaign, office.clock.now())
        log.info("planned", extra={"campaign": campaign, "audience": audience})
    return len(due)


def tend(office: Office) -> None:
    """Everything that is nobody's in particular: sweep what ended processes left, plan, bring campaigns to their end.

    Each in transactions of its own, and planning after the sweep: what cannot be planned holds up nothing else.
    """
    with office.database.write() as connection:
        swept = sweep_leases(connection, office.clock.now(), office.machine_clock.now())
    if swept:
        log.warning("put in doubt", extra={"attempts": swept})
    with office.database.write() as connection:
        settle_campaigns(connection, office.clock.now())
    plan_due(office)
    with office.database.write() as connection:
        close_outbox(connection, office.clock.now())
