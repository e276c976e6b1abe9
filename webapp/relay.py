"""The mail server as pages show it: what is configured, never its password; trying it out; and the test mail."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from flask import current_app

from mailer.compose import ComposeError, Envelope, Message, Recipient, ServiceKind, compile_service
from preferences.address import Address, parse_address
from preferences.errors import Conflict, Invalid
from preferences.links import Claim, Purpose
from preferences.settings import SmtpSecurity, SmtpServer
from webapp.errors import problem_of
from webapp.forms import beside

if TYPE_CHECKING:
    from webapp.site import Site

# To one address; whoever types addresses here is not to fill strangers' mailboxes.
TEST_MAILS_A_DAY = 3
_DAY = timedelta(days=1)
_COUNTED = "troth_test_mails"
_SECURITY = {
    SmtpSecurity.REQUIRED: "encrypted by STARTTLS, or no mail leaves",
    SmtpSecurity.IMPLICIT: "encrypted from the first byte",
    SmtpSecurity.OPPORTUNISTIC: "encrypted where the server offers it",
}


class Tried(Protocol):
    """What a try of the mail server found: what went well, in order; then what did not and what to do, or two empty
    texts."""

    @property
    def done(self) -> Sequence[str]: ...

    @property
    def problem(self) -> str: ...

    @property
    def advice(self) -> str: ...


TryRelay = Callable[[Message | None], Tried]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The mail server of an installation, in words; `others` take over while it cannot be reached."""

    server: str
    security: str
    user: str
    others: tuple[str, ...] = ()


def relay_of(server: SmtpServer | None, others: Sequence[SmtpServer] = ()) -> Relay | None:
    """The mail server in words; None where mail stays in the test inbox."""
    if server is None:
        return None
    user = f"signs in as {server.user}, with the password from TROTH_SMTP_URL" if server.user else "signs in as nobody"
    return Relay(
        server=_place(server),
        security=_SECURITY[server.security],
        user=user,
        others=tuple(f"{_place(other)} ({_SECURITY[other.security]})" for other in others),
    )


def _place(server: SmtpServer) -> str:
    return f"{server.host}, port {server.port}"


class TestMails:
    """Counts the test mails of the last day, by address; threads share it."""

    __test__ = False

    def __init__(self) -> None:
        self._lock = Lock()
        self._written: deque[tuple[datetime, str]] = deque()

    def count(self, address: Address, now: datetime) -> None:
        """Count one more. Raises `Invalid` beside `test_address` where there were enough."""
        with self._lock:
            while self._written and self._written[0][0] <= now - _DAY:
                self._written.popleft()
            if sum(one == address.normalised for _, one in self._written) >= TEST_MAILS_A_DAY:
                said = f"{TEST_MAILS_A_DAY} test mails went there within a day; take another address, or leave it empty"
                raise Invalid.one("test_address", said)
            self._written.append((now, address.normalised))


def try_out(site: Site, envelope: Callable[[], Envelope], typed: str) -> Tried:
    """Try the mail server; where an address was typed, with a test mail to it, from what `envelope` answers.

    Takes some seconds: call it with no transaction open. Raises `Conflict` where there is no mail server, and
    `Invalid` or `ComposeError` before anything was tried.
    """
    if site.try_relay is None:
        raise Conflict("no mail server is set")
    if not typed:
        return site.try_relay(None)
    address = parse_address(typed, "test_address")
    message = _test_mail(site, envelope(), address)
    _test_mails().count(address, site.clock.now())
    return site.try_relay(message)


def _test_mails() -> TestMails:
    counted: TestMails = current_app.extensions.setdefault(_COUNTED, TestMails())
    return counted


def _test_mail(site: Site, envelope: Envelope, address: Address) -> Message:
    claim = Claim(purpose=Purpose.MESSAGE, publication=0, subscriber=0)
    recipient = Recipient(
        email=address.spelled,
        message_token=site.links.sign(claim),
        date=site.clock.now(),
        language=envelope.language,
        return_domain=site.settings.return_domain,
    )
    return compile_service(ServiceKind.RELAY_TEST, envelope).render(recipient, {})


def beside_fields(error: Invalid | ComposeError) -> Mapping[str, str]:
    """What kept a test mail from being made, by field of the form."""
    return beside(problem_of(error).problems) or {"test_address": str(error)}
