"""STARTTLS where it is offered, where it is required, and TLS from the first byte. The certificate is of these tests alone."""

import ssl
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.transport import Outcome, OutcomeKind, SmtpTransport, Timeouts
from mailer.transport.connecting import _new_context, connect
from mailer.transport.envelope import DotMayHaveLeftError, write_message
from mailer.transport.wire import WireDownError
from preferences.settings import SmtpSecurity, SmtpServer
from tests.mailer.transport.servers import LATER, HandClock, Line, greets, letter, real_server, scripted_server

FOLDER = Path(__file__).parents[2] / "samples" / "tls"


def of_the_server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "certificate.pem", FOLDER / "key.pem")
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(FOLDER / "certificate.pem"))


def handed_over(server: SmtpServer, security: SmtpSecurity, tls: ssl.SSLContext | None) -> list[Outcome]:
    transport = SmtpTransport(replace(server, security=security), HandClock(), tls=tls, local_name="test")
    with transport.open() as session:
        return list(session.hand_over([letter(1), letter(2)], not_after=LATER))


@pytest.mark.parametrize("security", [SmtpSecurity.OPPORTUNISTIC, SmtpSecurity.REQUIRED])
def test_encryption_that_is_offered_is_used(security: SmtpSecurity) -> None:
    with real_server(tls_context=of_the_server(), require_starttls=True) as (server, kept):
        outcomes = handed_over(server, security, trusting())
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert [content for _, _, content in kept.messages] == [letter(1).data, letter(2).data]


def test_encryption_from_the_first_byte() -> None:
    with real_server(ssl_context=of_the_server()) as (server, kept):
        outcomes = handed_over(server, SmtpSecurity.IMPLICIT, trusting())
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert len(kept.messages) == 2


def test_encryption_that_is_taken_only_if_offered_asks_for_no_certificate() -> None:
    with real_server(tls_context=of_the_server(), require_starttls=True) as (server, _):
        outcomes = handed_over(server, SmtpSecurity.OPPORTUNISTIC, None)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2


def test_where_nothing_is_encrypted_no_certificates_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", None)
    _new_context.cache_clear()
    with real_server() as (server, _):
        outcomes = handed_over(server, SmtpSecurity.OPPORTUNISTIC, None)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.ACCEPTED] * 2


def test_where_encryption_is_required_a_certificate_of_nobody_is_refused() -> None:
    with real_server(tls_context=of_the_server()) as (server, kept):
        outcomes = handed_over(server, SmtpSecurity.REQUIRED, None)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.RELAY_DOWN] * 2
    assert kept.messages == []


@pytest.mark.parametrize("is_encrypted", [False, True])
@pytest.mark.parametrize(("lines", "after", "may_have_left"), [(1, 5_000_000, True), (100_000, 0, False)])
def test_a_write_that_breaks_before_the_dot_is_told_from_one_that_breaks_behind_it(
    *, is_encrypted: bool, lines: int, after: int, may_have_left: bool
) -> None:
    gone = threading.Event()

    def never_reads(line: Line) -> None:
        greets(line)
        gone.wait(10)

    tls = of_the_server() if is_encrypted else None
    with scripted_server(never_reads, tls=tls) as (server, _):
        security = SmtpSecurity.IMPLICIT if is_encrypted else SmtpSecurity.OPPORTUNISTIC
        wire = connect(replace(server, security=security), Timeouts(), local_name="test", tls=trusting())
        try:
            with pytest.raises(WireDownError) as broken:
                write_message(wire, letter(data=(b"x" * 70 + b"\r\n") * lines), b"x" * after, 0.3)
        finally:
            wire.drop()
            gone.set()
    assert isinstance(broken.value, DotMayHaveLeftError) is may_have_left
