"""Telling the workers that there is a mail to send; in a sandbox the page then waits a moment, so that its inbox has it."""

from __future__ import annotations

from time import monotonic, sleep

from preferences.store.service_mails import is_any_under_way
from webapp.site import Site

# A mail takes some milliseconds; whoever waits longer than this sees the page without it.
_LONGEST_SECONDS = 1.0
_STEP_SECONDS = 0.02


def wake(site: Site) -> None:
    """Wake the workers. In a sandbox, answer when the service mails that are due have been captured, or after a second."""
    site.wake()
    if not site.is_sandbox:
        return
    until = monotonic() + _LONGEST_SECONDS
    while monotonic() < until:
        with site.database.read() as connection:
            if not is_any_under_way(connection, site.clock.now()):
                return
        sleep(_STEP_SECONDS)
