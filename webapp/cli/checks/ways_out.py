"""The ways out: the broker that tickets take, and the mail server that mail takes. Both are tried, within seconds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from mailer.transport.probe import probe
from preferences.settings import Settings
from preferences.settings.values import without_password
from preferences.store.clock import SystemClock
from webapp.cli.checks.finding import Finding, ok, problem, warning

_PATIENCE_SECONDS = 3.0
_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


def look_at_broker(settings: Settings) -> Finding:
    """Whether something answers where the broker is said to be. Without it everything goes on, only slower."""
    about, url = "broker", urlsplit(settings.broker_url)
    if url.scheme == "memory":
        return ok(about, "in the process: one machine, one process")
    host, port = url.hostname or "localhost", url.port or _PORTS.get(url.scheme, 0)
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE_SECONDS):
            return ok(about, f"{without_password(settings.broker_url)} answers")
    except OSError as error:
        said = f"{without_password(settings.broker_url)}: {error.strerror or error}"
        return problem(about, said, "start it, or correct TROTH_BROKER_URL; nothing is lost, and little goes out")


def look_at_relay(settings: Settings) -> Iterator[Finding]:
    """Connect to each mail server, encrypt and sign in as for a mail, and hand nothing over."""
    about = "mail server"
    if settings.smtp is None:
        yield warning(about, "none is set: mail stays in the test inbox", "set TROTH_SMTP_URL to send for real")
        return
    for server in (settings.smtp, *settings.smtp_others):
        found = probe(server, SystemClock())
        if found.problem:
            yield problem(about, found.problem, found.advice)
        else:
            yield from (ok(about, said) for said in found.done)
