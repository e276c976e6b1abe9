"""STARTTLS where it is offered, where it is required, and TLS from the first byte. The certificate is of these tests alone."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.transport import Outcome, OutcomeKind, SmtpTransport
from preferences.settings import SmtpSecurity, SmtpServer
from tests.mailer.transport.servers import LATER, HandClock, letter, real_server

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


def test_where_encryption_is_required_a_certificate_of_nobody_is_refused() -> None:
    with real_server(tls_context=of_the_server()) as (server, kept):
        outcomes = handed_over(server, SmtpSecurity.REQUIRED, None)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.RELAY_DOWN] * 2
    assert kept.messages == []
