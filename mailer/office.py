"""What the mailer works with: a database and its clock, links and where the pages are, and the way out."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preferences.links import Links
from preferences.links.of_mail import MailSigner
from preferences.store.clock import Clock, SystemClock
from preferences.store.database import Database

if TYPE_CHECKING:
    # Who schedules hands nothing over, and loads nothing of what makes, signs and hands over.
    from mailer.compose import Message
    from mailer.high_water import HighWaterMark
    from mailer.signing import Signing
    from mailer.transport import Session, Transport

    # What counts for Prometheus is loaded by the processes that are watched.
    from mailer.watch.measures import Measures


class NoWayOut:
    """The transport of who hands nothing over."""

    def open(self) -> AbstractContextManager[Session]:
        """Raises `NotImplementedError`: nothing leaves from here."""
        raise NotImplementedError("this process hands nothing over")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One database and everything needed to hand over its mails; threads share it.

    `clock` is the one that decides (a sandbox's is driven); leases run on `machine_clock`. `list_host` is the host
    part of List-Id and of nothing else; `return_domain` is where bounces are read, None where nobody reads any.
    `high_water` and `signing` are None where nothing leaves the machine: in a sandbox.
    `measures` counts for who watches, if anybody.
    """

    database: Database
    clock: Clock
    links: Links
    base_url: str
    list_host: str
    transport: Transport
    return_domain: str | None = None
    is_driven: bool = False
    high_water: HighWaterMark | None = None
    signing: Signing | None = None
    measures: Measures | None = None
    machine_clock: Clock = field(default_factory=SystemClock)
    jitter: random.Random = field(default_factory=random.Random)
    signer: MailSigner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signer", MailSigner(self.links))

    def check_keys(self) -> None:
        """Raise `AnyDoubt` where a key that signs cannot be read: nothing leaves unsigned for that."""
        if self.signing is not None:
            self.signing.check()

    def signed(self, message: Message) -> Message:
        """The message as it leaves: signed, where the domain of its sender has a key."""
        return message if self.signing is None else self.signing.signed(message)
