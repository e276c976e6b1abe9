"""What a running site is made of: handed to `create_app`, so that no page asks the environment for anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from preferences.links import Links
from preferences.settings import Settings
from preferences.store.clock import Clock
from preferences.store.database import Database

if TYPE_CHECKING:
    # What tries the mail server composes a mail, which the command line has no need to load.
    from webapp.relay import TryRelay


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One database and everything that serves it: the installation's own, or the sandbox beside it.

    `wake` tells the workers that there may be something to do; losing the call loses nothing. `advance` drives a
    sandbox's clock to an instant and answers when everything due until then has happened; None elsewhere.
    `reset` puts a sandbox back to how it began; None where that cannot be done. `sandbox` is the sandbox that stands
    beside the installation's own site, for the front door. `try_relay` connects to the mail server, hands a message over
    where it is given one, and takes some seconds; None where there is no mail server.
    `base_url` is where this site's pages are, without a trailing slash (a sandbox's ends in /sandbox).
    """

    database: Database
    clock: Clock
    links: Links
    settings: Settings
    base_url: str
    wake: Callable[[], None]
    advance: Callable[[datetime], None] | None = None
    reset: Callable[[], None] | None = None
    sandbox: Site | None = None
    try_relay: TryRelay | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the sandbox."""
        return self.advance is not None
